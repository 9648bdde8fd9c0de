/**
 * What one deletion did, for the way back: a child is restored with its parent only if it went with it, and a
 * reference that the deletion cleared is set again unless it was replaced meanwhile
 * (reference: order-domain §6.4 [memory]).
 *
 * Stored records are frozen and shared by forks and snapshots, so the note hangs on the record itself and lives as long
 * as it does. A record that was read back from a file has lost its note: then the same second of deletion decides, and
 * cleared references stay empty.
 */
import type { Row } from "../schema/definition.ts";
import type { Loosened } from "./cascade.ts";

interface Note {
  readonly rootId: string;
  readonly loosened: readonly Loosened[];
}

const notes = new WeakMap<Row, Note>();

const NONE: readonly Loosened[] = [];

/** Remembers the record whose deletion put this one into the recycle bin, and at that record what else it did. */
export function noteDeletion(row: Row | undefined, rootId: string, loosened: readonly Loosened[] = NONE): void {
  if (row !== undefined) notes.set(row, { rootId, loosened });
}

/** True where the child went into the recycle bin together with this deleted record. */
export function wentWith(child: Row, root: Row): boolean {
  const rootId = notes.get(child)?.rootId;
  if (rootId === undefined) return child["SystemModstamp"] === root["SystemModstamp"];
  return rootId === (notes.get(root)?.rootId ?? root["Id"]);
}

/** The references that the deletion of this record cleared. */
export function loosenedBy(root: Row): readonly Loosened[] {
  return notes.get(root)?.loosened ?? NONE;
}
