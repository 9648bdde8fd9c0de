/** Which places of its tables' histories a database stands at, and which it has come from. */
import type { Place } from "./erp.ts";

/** The histories that a table has come through, the present one last: each was left after this many changes. */
type Course = readonly Place[];

/** Follows a database through changes, copies and rebuildings. */
export class TableHistories {
  #courses: Readonly<Record<string, Course>>;
  #aside: Readonly<Record<string, Course>>;
  /** Tables that were put back and have not changed since. */
  readonly #isAtFork = new Set<string>();
  #histories = 0;

  constructor(tables: readonly string[]) {
    this.#courses = Object.fromEntries(tables.map((table) => [table, this.#fresh()]));
    this.#aside = this.#courses;
  }

  changed(table: string): void {
    const course = this.#courses[table] ?? [];
    const { history, changes } = this.place(table);
    const next = this.#isAtFork.delete(table)
      ? [...course, ...this.#fresh(1)]
      : [...course.slice(0, -1), { history, changes: changes + 1 }];
    this.#courses = { ...this.#courses, [table]: next };
  }

  layAside(): void {
    this.#aside = this.#courses;
  }

  /** Back at the copy; the next change begins another future. */
  putBack(): void {
    this.#courses = this.#aside;
    for (const table of Object.keys(this.#courses)) this.#isAtFork.add(table);
  }

  rebuilt(tables: readonly string[] = Object.keys(this.#courses)): void {
    const fresh = Object.fromEntries(tables.map((table) => [table, this.#fresh()]));
    this.#courses = { ...this.#courses, ...fresh };
    for (const table of tables) this.#isAtFork.delete(table);
  }

  place(table: string): Place {
    return this.#courses[table]?.at(-1) ?? { history: 0, changes: 0 };
  }

  knows(table: string, place: Place): boolean {
    const course = this.#courses[table] ?? [];
    return course.some(({ history, changes }) => history === place.history && place.changes <= changes);
  }

  #fresh(changes = 0): Course {
    this.#histories += 1;
    return [{ history: this.#histories, changes }];
  }
}
