/** Binds aggregate queries: keys, grouping sets, result keys, HAVING. Source: reference: soql §5.7. */

import { ROLLUP_KEYS_MAX } from "../base/limits.ts";
import { bindError } from "../base/query-error.ts";
import type { Query, SelectItem } from "../parse/ast.ts";
import { printExpression } from "../parse/print.ts";
import {
  type BoundAggregate,
  type BoundAggregation,
  type BoundCondition,
  type BoundDateFunction,
  type BoundExpression,
  type BoundField,
  fieldOf,
  identityOf,
} from "./bound.ts";
import { bindCondition } from "./condition.ts";
import { aggregateError, bindExpression } from "./expression.ts";
import { expandFields, fieldGroupOf } from "./fields-function.ts";
import type { Scope } from "./scope.ts";

/** The bound expressions of a select list, each with its item; FIELDS(), sub-selects and TYPEOF are not among them. */
export type AggregateParts = readonly {
  readonly item: SelectItem;
  readonly expression: BoundExpression;
  readonly alias: string | null;
}[];

/** Binds the fields and functions of a select list, from left to right. */
export function bindSelectedExpressions(scope: Scope, query: Query): AggregateParts {
  if (query.select === "count") return [];
  return query.select.flatMap((item) =>
    item.kind !== "expression" || fieldGroupOf(item, scope.source) !== undefined
      ? []
      : [{ item, expression: bindExpression(scope, item.expression), alias: item.alias?.text ?? null }],
  );
}

/** Binds GROUP BY and HAVING and checks the select list against them. */
export function bindAggregation(scope: Scope, query: Query, parts: AggregateParts): BoundAggregation {
  const keys = bindKeys(scope, query);
  refuseFieldGroups(scope, query, keys);
  const mode = query.groupBy?.mode ?? "plain";
  const draft = { keys, mode };
  for (const { expression } of parts) checkGrouped(scope, draft, expression, "Field");
  const columns = nameColumns(scope, parts);
  const having = query.having === null ? null : bindHaving(scope, query, draft);
  const aggregates = collectAggregates([...parts.map((part) => part.expression), ...leftSides(having)]);
  return { keys, sets: groupingSets(mode, keys.length), aggregates, grouped: query.groupBy !== null, having, columns };
}

/** The aggregation with the aggregates that further expressions use. */
export function withAggregates(aggregation: BoundAggregation, more: readonly BoundExpression[]): BoundAggregation {
  return { ...aggregation, aggregates: collectAggregates([...aggregation.aggregates, ...more]) };
}

/** Throws unless an expression is made of aggregates and of keys. `what` begins the message. */
export function checkGrouped(
  scope: Scope,
  grouping: { readonly keys: readonly BoundExpression[]; readonly mode: "plain" | "rollup" | "cube" },
  expression: BoundExpression,
  what: "Field" | "Ordered field",
): void {
  const isKey = (candidate: BoundExpression) => {
    const identity = identityOf(candidate);
    return grouping.keys.some((key) => identityOf(key) === identity);
  };
  const refuse = (text: string, at: number) =>
    aggregateError(scope.source, `${what} must be grouped or aggregated: ${text}`, at);
  switch (expression.kind) {
    case "aggregate":
      if (grouping.mode === "plain" && isKey(expression.field)) {
        throw aggregateError(
          scope.source,
          `Grouped field should not be aggregated: ${expression.field.text}`,
          expression.at,
        );
      }
      return;
    case "grouping":
      if (isKey(expression.key) && grouping.mode !== "plain") return;
      throw aggregateError(
        scope.source,
        `GROUPING needs a key of GROUP BY ROLLUP or CUBE: ${expression.text}`,
        expression.at,
      );
    case "field":
      if (!isKey(expression)) throw refuse(expression.text, expression.at);
      return;
    case "dateFunction":
      if (isKey(expression) || (isKey(expression.field) && expression.field.field.type === "date")) return;
      throw refuse(expression.text, expression.at);
    case "label":
      return checkGrouped(scope, grouping, expression.field, what);
    case "format":
    case "currency":
      return checkGrouped(scope, grouping, expression.value, what);
    case "distance":
      throw refuse(expression.text, expression.at);
  }
}

function bindKeys(scope: Scope, query: Query): readonly (BoundField | BoundDateFunction)[] {
  const { groupBy } = query;
  if (groupBy === null) return [];
  const keys: (BoundField | BoundDateFunction)[] = [];
  for (const written of groupBy.keys) {
    const key = bindExpression(scope, written);
    const text = printExpression(written);
    if (key.kind !== "field" && key.kind !== "dateFunction") {
      throw aggregateError(scope.source, `field '${text}' can not be grouped in a query call`, key.at);
    }
    if (key.kind === "field" && (key.field.groupable !== true || key.field.calculated === true)) {
      throw bindError(
        "MALFORMED_QUERY",
        `field '${key.field.name}' can not be grouped in a query call`,
        scope.source,
        key.at,
      );
    }
    if (keys.some((other) => identityOf(other) === identityOf(key))) {
      throw aggregateError(scope.source, `duplicate grouping expression: ${text}`, key.at);
    }
    keys.push(key);
  }
  if (groupBy.mode !== "plain" && keys.length > ROLLUP_KEYS_MAX) {
    const message = `GROUP BY ${groupBy.mode.toUpperCase()} takes at most ${ROLLUP_KEYS_MAX} fields`;
    throw aggregateError(scope.source, message, keys[ROLLUP_KEYS_MAX]?.at ?? query.at);
  }
  return keys;
}

function refuseFieldGroups(scope: Scope, query: Query, keys: readonly BoundExpression[]): void {
  for (const item of query.select === "count" ? [] : query.select) {
    const group = fieldGroupOf(item, scope.source);
    if (group === undefined || item.kind !== "expression") continue;
    const grouped = new Set(keys.map(identityOf));
    const field = expandFields(scope.object, group).find(({ name }) => !grouped.has(name));
    const message = `Field must be grouped or aggregated: ${field?.name ?? printExpression(item.expression)}`;
    throw aggregateError(scope.source, message, item.expression.at);
  }
}

/** Aliases stay; keys and their labels keep the field's name; other expressions are counted as `expr0`, `expr1`, … */
function nameColumns(scope: Scope, parts: AggregateParts): BoundAggregation["columns"] {
  const taken = new Set<string>();
  let unnamed = 0;
  return parts.map(({ expression, alias }) => {
    const named = expression.kind === "label" || expression.kind === "field" ? fieldOf(expression) : undefined;
    const key = alias ?? named?.field.name ?? `expr${unnamed++}`;
    if (taken.has(key.toLowerCase())) {
      throw bindError("MALFORMED_QUERY", `duplicate alias: ${key}`, scope.source, expression.at);
    }
    taken.add(key.toLowerCase());
    return { key, expression };
  });
}

function bindHaving(
  scope: Scope,
  query: Query,
  grouping: { keys: readonly BoundExpression[]; mode: "plain" | "rollup" | "cube" },
): BoundCondition | null {
  if (query.having === null) return null;
  return bindCondition(scope, query.having, "having", (left) => {
    checkGrouped(scope, { ...grouping, mode: left.kind === "grouping" ? grouping.mode : "rollup" }, left, "Field");
  });
}

function groupingSets(mode: "plain" | "rollup" | "cube", count: number): readonly (readonly number[])[] {
  const all = Array.from({ length: count }, (_, position) => position);
  if (mode === "plain") return [all];
  if (mode === "rollup") return [...all.map((_, dropped) => all.slice(0, count - dropped)), []];
  const subsets = Array.from({ length: 2 ** count }, (_, mask) =>
    all.filter((position) => ((mask >> position) & 1) === 1),
  );
  return subsets.sort((a, b) => b.length - a.length || (a[0] ?? 0) - (b[0] ?? 0));
}

function leftSides(condition: BoundCondition | null): readonly BoundExpression[] {
  if (condition === null) return [];
  switch (condition.kind) {
    case "and":
    case "or":
      return condition.terms.flatMap(leftSides);
    case "not":
      return leftSides(condition.term);
    case "comparison":
      return [condition.left];
    case "semiJoin":
      return [];
  }
}

function collectAggregates(expressions: readonly BoundExpression[]): readonly BoundAggregate[] {
  const found = new Map<string, BoundAggregate>();
  const visit = (expression: BoundExpression): void => {
    if (expression.kind === "format" || expression.kind === "currency") visit(expression.value);
    if (expression.kind === "aggregate") found.set(identityOf(expression), expression);
  };
  expressions.forEach(visit);
  return [...found.values()];
}
