/** Roll-up summary fields: one value from the rows of a master's children. Pure; whoever saves children calls it. */
import type { SObjectType } from "./catalog.ts";
import { sum } from "./decimal.ts";
import type { FieldDefinition, FieldValue, Row, SummaryDefinition, SummaryFilter } from "./definition.ts";

/**
 * The value of a roll-up field from the master's children that are not deleted.
 *
 * Without children that pass the filters, count and sum are 0, the smallest and the greatest value are null.
 */
export function rollUp(summary: SummaryDefinition, childType: SObjectType, children: readonly Row[]): FieldValue {
  const counted = children.filter((row) => summary.filters.every((filter) => passes(filter, childType, row)));
  if (summary.operation === "count") return counted.length;
  const values = counted.map((row) => row[summary.field ?? ""] ?? null).filter((value) => value !== null);
  if (summary.operation === "sum") {
    const numbers = values.filter((value) => typeof value === "number");
    return sum(numbers);
  }
  const sign = summary.operation === "min" ? 1 : -1;
  return values.toSorted((a, b) => sign * order(a, b))[0] ?? null;
}

function passes(filter: SummaryFilter, childType: SObjectType, row: Row): boolean {
  const field = childType.field(filter.field);
  return satisfies(filter, row[field?.name ?? filter.field] ?? null, field);
}

/** True where the value of a field meets a condition, as filters of roll-ups and of lookups mean it. */
export function satisfies(
  filter: Pick<SummaryFilter, "operation" | "value">,
  value: FieldValue,
  field: FieldDefinition | undefined,
): boolean {
  const wanted = field === undefined ? filter.value : typedValue(field, filter.value);
  switch (filter.operation) {
    // A filter lists several values with commas: any of them equals, none of them may for notEqual.
    case "equals":
      return alternatives(field, filter.value).includes(value);
    case "notEqual":
      return !alternatives(field, filter.value).includes(value);
    case "lessThan":
      return value !== null && wanted !== null && order(value, wanted) < 0;
    case "greaterThan":
      return value !== null && wanted !== null && order(value, wanted) > 0;
    case "lessOrEqual":
      return value !== null && wanted !== null && order(value, wanted) <= 0;
    case "greaterOrEqual":
      return value !== null && wanted !== null && order(value, wanted) >= 0;
    case "contains":
      return parts(filter.value).some((part) => has(value, part));
    case "notContain":
      return !parts(filter.value).some((part) => has(value, part));
    case "startsWith":
      return parts(filter.value).some((part) =>
        String(value ?? "")
          .toLowerCase()
          .startsWith(part),
      );
    case "includes":
      return picked(value).some((each) => picked(filter.value).includes(each));
    case "excludes":
      return !picked(value).some((each) => picked(filter.value).includes(each));
    default:
      return unreachable(filter.operation);
  }
}

/** The texts that a filter lists with commas, in lower case: filters ignore letter case. */
function parts(text: string): readonly string[] {
  return text.split(",").map((part) => part.trim().toLowerCase());
}

function has(value: FieldValue, part: string): boolean {
  return String(value ?? "")
    .toLowerCase()
    .includes(part);
}

/** The values of a multi-select picklist; filters list them with semicolons or commas. */
function picked(value: FieldValue): readonly string[] {
  return String(value ?? "")
    .split(/[;,]/)
    .map((each) => each.trim())
    .filter((each) => each !== "");
}

function alternatives(field: FieldDefinition | undefined, text: string): readonly FieldValue[] {
  if (field === undefined) return [text];
  return text === "" ? [null] : text.split(",").map((part) => typedValue(field, part.trim()));
}

function typedValue(field: FieldDefinition, text: string): FieldValue {
  if (text === "") return null;
  // Metadata writes checkboxes as True and False.
  if (field.type === "boolean") return text.toLowerCase() === "true";
  const isNumber = ["int", "double", "currency", "percent"].includes(field.type);
  return isNumber ? Number(text) : text;
}

/** Dates and instants are stored so that they sort as text. */
function order(a: FieldValue, b: FieldValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  const [left, right] = [String(a), String(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function unreachable(operation: never): never {
  throw new Error(`Unknown filter operation ${String(operation)}`);
}
