/** Reads the records of an org in a test, past all permissions: what is really stored. */
import type { MockOrgCore } from "../org/org.ts";
import type { FieldValue, Row } from "../schema/definition.ts";

/** The records of one object. Deleted ones are left out. */
export interface Records<T extends Readonly<Record<string, FieldValue>> = Row> {
  /** All of them, by Id. */
  all(): readonly T[];
  /** The record with this Id (15 or 18 characters are not mixed: 18). Throws an `Error` where there is none. */
  get(id: string): T;
  /** The records with all of these values. */
  where(values: Readonly<Record<string, FieldValue>>): readonly T[];
  count(): number;
}

/** The records of an object. Throws an `Error` where the org has no such object. */
export function recordsOf<T extends Readonly<Record<string, FieldValue>>>(
  org: MockOrgCore,
  object: string,
): Records<T> {
  const type = org.catalog.object(object);
  if (type === undefined) throw new Error(`The org has no object ${object}`);
  const live = (): readonly T[] =>
    org.transaction(
      org.systemActor,
      // Rows hold the fields of the schema; the caller says which of them it looks at.
      (tx) => [...tx.rows(type.name)].filter((row) => row["IsDeleted"] !== true) as unknown as readonly T[],
    );
  return {
    all: live,
    count: () => live().length,
    where: (values) =>
      live().filter((row) => Object.entries(values).every(([field, value]) => (row[field] ?? null) === value)),
    get: (id) => {
      const found = live().find((row) => row["Id"] === id);
      if (found === undefined) throw new Error(`There is no ${type.name} ${id}`);
      return found;
    },
  };
}
