/** Snapshots under names, for clients that cannot hold one in their hand. */
import type { OrgSnapshot } from "../org/org-snapshot.ts";

/** Snapshots share records with the org, so they are cheap; more than this many are a loop. */
const SNAPSHOTS_MAX = 100;

/** The named snapshots of one org. */
export class Snapshots {
  readonly #take: () => OrgSnapshot;
  readonly #restore: (snapshot: OrgSnapshot) => void;
  readonly #byName = new Map<string, OrgSnapshot>();

  constructor(take: () => OrgSnapshot, restore: (snapshot: OrgSnapshot) => void) {
    this.#take = take;
    this.#restore = restore;
  }

  get names(): readonly string[] {
    return [...this.#byName.keys()];
  }

  /** Keeps the present state under a name, in the place of an earlier one; true, or the reason why not. */
  take(name: string): true | string {
    if (!/^[\w .-]{1,80}$/.test(name)) return "A name has 1 to 80 letters, digits, blanks, dots, dashes or underscores";
    if (!this.#byName.has(name) && this.#byName.size >= SNAPSHOTS_MAX)
      return `There are ${SNAPSHOTS_MAX} snapshots already`;
    this.#byName.set(name, this.#take());
    return true;
  }

  /** Goes back to a snapshot; false where there is none of that name. */
  restore(name: string): boolean {
    const snapshot = this.#byName.get(name);
    if (snapshot !== undefined) this.#restore(snapshot);
    return snapshot !== undefined;
  }

  forget(name: string): boolean {
    return this.#byName.delete(name);
  }
}
