/** Names of records, for references. */
import type { Transaction } from "../org/port.ts";
import { keyPrefixOf } from "../schema/record-id.ts";

/** Where a reference leads. */
export interface Target {
  readonly object: string;
  readonly name: string;
}

/** The object and name of the record with this Id, as the transaction's actor may see it. */
export function targetOf(tx: Transaction, id: string): Target | undefined {
  const type = tx.actor.access.catalog.objectByPrefix(keyPrefixOf(id));
  const row = type === undefined ? undefined : tx.get(type.name, id);
  if (type === undefined || row === undefined || !tx.canSee(type.name, row)) return undefined;
  const name = row[type.nameField?.name ?? "Id"];
  return { object: type.name, name: typeof name === "string" && name !== "" ? name : id };
}

/** The name alone. */
export function nameOfRecord(tx: Transaction, id: string): string | undefined {
  return targetOf(tx, id)?.name;
}
