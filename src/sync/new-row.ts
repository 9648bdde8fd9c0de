/** What a row holds that is made on one side from what the other one shows. */
import type { FieldMapping } from "../mapping/mapping.ts";
import type { Fields, Side } from "../model/value.ts";

/** Values that stand on the other side once a new row with `shown` has been written there. */
export function valuesForNewRow(mappings: readonly FieldMapping[], target: Side, shown: Fields): Fields {
  const other = target === "salesforce" ? "toExternal" : "toSalesforce";
  const entries = mappings.flatMap((mapping) => {
    const value = shown[mapping.field];
    return value === undefined || mapping.direction === other ? [] : [[mapping.field, value] as const];
  });
  return Object.fromEntries(entries);
}

/** The part of a new row that enters the base: what both sides hold from then on. */
export function agreedForNewRow(mappings: readonly FieldMapping[], target: Side, shown: Fields): Fields {
  return valuesForNewRow(
    mappings.filter((mapping) => mapping.write !== "once"),
    target,
    shown,
  );
}
