/**
 * Roll-up summary fields of the org's own: after a child was saved, its masters' sums, counts, smallest and greatest
 * values are computed again. The arithmetic is the schema's (`schema/roll-up.ts`).
 */
import { computedRow } from "../../org/computed-records.ts";
import type { Transaction } from "../../org/port.ts";
import type { Catalog, SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row, SummaryDefinition } from "../../schema/definition.ts";
import { rollUp } from "../../schema/roll-up.ts";

/** One summary, seen from the child. */
interface Summary {
  readonly master: SObjectType;
  readonly field: FieldDefinition;
  readonly summary: SummaryDefinition;
}

/** New values for one master. */
export interface MasterUpdate {
  readonly object: string;
  readonly row: Row;
  readonly values: Readonly<Record<string, FieldValue>>;
}

const byCatalog = new WeakMap<Catalog, ReadonlyMap<string, readonly Summary[]>>();

/** The masters of a saved child whose summaries have another value now. */
export function summariesMovedBy(
  child: { readonly object: string; readonly before: Row | undefined; readonly after: Row },
  tx: Transaction,
): readonly MasterUpdate[] {
  const summaries = summariesOf(tx.catalog).get(child.object);
  const childType = tx.catalog.object(child.object);
  if (summaries === undefined || childType === undefined) return [];
  const updates = new Map<string, { object: string; row: Row; values: Record<string, FieldValue> }>();
  for (const { master, field, summary } of summaries)
    for (const id of new Set([child.before?.[summary.foreignKey], child.after[summary.foreignKey]])) {
      const row = typeof id === "string" ? tx.get(master.name, id) : undefined;
      if (typeof id !== "string" || row === undefined || row["IsDeleted"] === true) continue;
      const children = tx.find(childType.name, summary.foreignKey, id).filter((each) => each["IsDeleted"] !== true);
      const read = readsFormulas(summary, childType)
        ? children.map((each) => computedRow(tx, childType.name, each))
        : children;
      const value = rollUp(summary, childType, read);
      if (row[field.name] === value) continue;
      const update = updates.get(id) ?? { object: master.name, row, values: {} };
      update.values[field.name] = value;
      updates.set(id, update);
    }
  return [...updates.values()];
}

/** True where a roll-up sums up or filters by formula fields, whose values no record holds. */
function readsFormulas(summary: SummaryDefinition, childType: SObjectType): boolean {
  return [summary.field, ...summary.filters.map((filter) => filter.field)].some(
    (name) => name !== undefined && childType.field(name)?.formula !== undefined,
  );
}

function summariesOf(catalog: Catalog): ReadonlyMap<string, readonly Summary[]> {
  const known = byCatalog.get(catalog);
  if (known !== undefined) return known;
  const found = new Map<string, Summary[]>();
  for (const master of catalog.objects)
    for (const field of master.fields) {
      const { summary } = field;
      const child = summary === undefined ? undefined : catalog.object(summary.childObject);
      if (summary === undefined || child === undefined) continue;
      const foreignKey = child.field(summary.foreignKey)?.name ?? summary.foreignKey;
      found.set(child.name, [...(found.get(child.name) ?? []), { master, field, summary: { ...summary, foreignKey } }]);
    }
  byCatalog.set(catalog, found);
  return found;
}
