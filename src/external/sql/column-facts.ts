/** What the columns of a table can hold, as facts for preflight. */
import type { ExternalFieldFacts } from "../../model/external-facts.ts";
import type { BoundTable } from "./bind.ts";

/** Facts by column, for the columns that are read. */
export function columnFacts({ columns }: BoundTable): Readonly<Record<string, ExternalFieldFacts>> {
  return Object.fromEntries(columns.map((column) => [column.name, { type: column.type }]));
}
