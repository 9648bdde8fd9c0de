/**
 * Which deletion took a record: a child is restored with its parent only if it went with it
 * (reference: order-domain §6.4 [memory]).
 *
 * Stored records are frozen and shared by forks and snapshots, so the note hangs on the record itself and lives as long
 * as it does. A record that was read back from a file has lost its note: then the same second of deletion decides.
 */
import type { Row } from "../schema/definition.ts";

const roots = new WeakMap<Row, string>();

/** Remembers the record whose deletion put this one into the recycle bin. */
export function noteDeletion(row: Row | undefined, rootId: string): void {
  if (row !== undefined) roots.set(row, rootId);
}

/** True where the child went into the recycle bin together with this deleted record. */
export function wentWith(child: Row, root: Row): boolean {
  const noted = roots.get(child);
  return noted === undefined
    ? child["SystemModstamp"] === root["SystemModstamp"]
    : noted === (roots.get(root) ?? root["Id"]);
}
