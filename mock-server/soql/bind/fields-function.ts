/** FIELDS(ALL | CUSTOM | STANDARD): expansion and the bounds on it. Source: reference: soql §5.2. */
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition } from "../../schema/definition.ts";
import { FIELDS_ROWS_MAX } from "../base/limits.ts";
import { bindError } from "../base/query-error.ts";
import type { Call, Condition, Query, SelectItem } from "../parse/ast.ts";
import { printExpression } from "../parse/print.ts";

/** What FIELDS() may be asked for. */
export type FieldGroup = "all" | "custom" | "standard";

/** The group that a select item names; undefined where the item is no FIELDS() call. Throws for another argument. */
export function fieldGroupOf(item: SelectItem, source: string): FieldGroup | undefined {
  if (item.kind !== "expression" || item.expression.kind !== "call") return undefined;
  const call: Call = item.expression;
  if (call.name.toUpperCase() !== "FIELDS") return undefined;
  const argument = printExpression(call.argument);
  const group = argument.toLowerCase();
  if (group === "all" || group === "custom" || group === "standard") return group;
  throw bindError(
    "MALFORMED_QUERY",
    `The SOQL FIELDS function only supports arguments of (all), (custom), (standard); (${argument}) is not supported.`,
    source,
    call.at,
  );
}

/** The fields of a group in describe order. */
export function expandFields(object: SObjectType, group: FieldGroup): readonly FieldDefinition[] {
  return object.fields.filter((field) => group === "all" || (field.custom === true) === (group === "custom"));
}

/** Refuses an unbounded group unless the query is limited to 200 rows or names at most 200 Ids. */
export function checkFieldsBound(query: Query, group: FieldGroup, source: string, at: number): void {
  if (group === "standard") return;
  if (query.limit !== null && query.limit.value <= FIELDS_ROWS_MAX) return;
  if (query.limit === null && query.where !== null) {
    const ids = countIds(query.where);
    if (ids !== undefined && ids <= FIELDS_ROWS_MAX) return;
  }
  throw bindError(
    "MALFORMED_QUERY",
    `The SOQL FIELDS function must have a LIMIT of at most ${FIELDS_ROWS_MAX}`,
    source,
    at,
  );
}

/** How many Ids a condition names; undefined where it is made of anything else than `Id =` and `Id IN`. */
function countIds(condition: Condition): number | undefined {
  switch (condition.kind) {
    case "and":
    case "or": {
      const counts = condition.terms.map(countIds);
      return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0);
    }
    case "comparison": {
      const { left, operator, values } = condition;
      const isId = left.kind === "path" && left.segments.at(-1)?.toLowerCase() === "id";
      return isId && (operator === "=" || operator === "IN") ? values.length : undefined;
    }
    case "not":
    case "semiJoin":
      return undefined;
  }
}
