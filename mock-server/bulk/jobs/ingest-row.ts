/** From a CSV row to a record to save. Source: rest-api §11.7. */
import type { SaveInput, SaveRequest } from "../../dml/port.ts";
import type { SObjectType } from "../../schema/catalog.ts";

/** What a column of the file means. */
export type Column =
  | { readonly kind: "id" }
  | { readonly kind: "field"; readonly name: string }
  | {
      readonly kind: "parent";
      readonly relationship: string;
      readonly field: string;
      readonly parentType: string | undefined;
    };

/** What Bulk CSV writes to clear a field. */
const NULL_CELL = "#N/A";

/** Binds a header to the object; a string names the column that is unknown. */
export function bindHeader(type: SObjectType, header: readonly string[]): readonly Column[] | string {
  const columns: Column[] = [];
  for (const name of header) {
    const column = bindColumn(type, name);
    if (column === undefined) return name;
    columns.push(column);
  }
  return columns;
}

function bindColumn(type: SObjectType, name: string): Column | undefined {
  if (name.toLowerCase() === "id") return { kind: "id" };
  const [, parentType, relationship, field] = /^(?:(\w+):)?(\w+)\.(\w+)$/.exec(name) ?? [];
  if (relationship !== undefined && field !== undefined) {
    const known = type.parent(relationship) !== undefined;
    return known ? { kind: "parent", relationship, field, parentType } : undefined;
  }
  const known = type.field(name);
  return known === undefined ? undefined : { kind: "field", name: known.name };
}

/** One row as a record: empty cells are left out, `#N/A` is null. */
export function rowInput(
  type: SObjectType,
  columns: readonly Column[],
  cells: readonly string[],
  operation: SaveRequest["operation"],
): SaveInput {
  const values: Record<string, unknown> = {};
  let id: string | undefined;
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? "";
    if (cell === "") continue;
    const value = cell === NULL_CELL ? null : cell;
    if (column.kind === "id") id = cell;
    else if (column.kind === "field") values[column.name] = value;
    else values[column.relationship] = value === null ? null : parentReference(column, cell);
  }
  // An upsert by Id carries it as a value, everything else beside the values.
  if (id !== undefined && operation === "upsert") values["Id"] = id;
  if (operation === "insert" || operation === "upsert") return { object: type.name, values };
  return { object: type.name, id: id ?? "", values: operation === "update" ? values : {} };
}

function parentReference(column: Extract<Column, { kind: "parent" }>, cell: string): Record<string, unknown> {
  const attributes = column.parentType === undefined ? {} : { attributes: { type: column.parentType } };
  return { ...attributes, [column.field]: cell };
}
