/** Binds ORDER BY: what may be sorted, and where rows without a value stand. Source: reference: soql §5.10, §8.5. */

import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError } from "../base/query-error.ts";
import type { OrderItem, Query } from "../parse/ast.ts";
import { checkGrouped, withAggregates } from "./aggregation.ts";
import type { BoundAggregation, BoundExpression, BoundOrder } from "./bound.ts";
import { refuseConversion } from "./currency-rules.ts";
import { bindExpression, isAggregate } from "./expression.ts";
import { isIdField } from "./field-rules.ts";
import type { Scope } from "./scope.ts";

/** The sort keys, and the aggregation with the aggregates that they add. */
export interface BoundOrderBy {
  readonly items: readonly BoundOrder[];
  readonly aggregation: BoundAggregation | null;
}

/** Binds the ORDER BY clause of a query whose aggregation is null where it has none. */
export function bindOrderBy(scope: Scope, query: Query, aggregation: BoundAggregation | null): BoundOrderBy {
  if (query.select === "count" && query.orderBy.length > 0) {
    const at = query.orderBy[0]?.expression.at ?? query.at;
    throw bindError("MALFORMED_QUERY", "COUNT() cannot be used with ORDER BY", scope.source, at);
  }
  const items = query.orderBy.map((item): BoundOrder => {
    const expression = bindExpression(scope, item.expression);
    checkSortable(scope, expression);
    if (aggregation !== null) {
      const mode = query.groupBy?.mode ?? "plain";
      const lenient = expression.kind === "aggregate" ? "rollup" : mode;
      checkGrouped(scope, { keys: aggregation.keys, mode: lenient }, expression, "Ordered field");
    } else if (isAggregate(expression)) {
      const message = `Aggregate expressions can only be ordered by in an aggregate query: ${expression.text}`;
      throw bindError("MALFORMED_QUERY", message, scope.source, expression.at);
    }
    return { expression, descending: item.descending, nullsFirst: nullsFirst(item, expression) };
  });
  return {
    items,
    aggregation:
      aggregation === null
        ? null
        : withAggregates(
            aggregation,
            items.map((item) => item.expression),
          ),
  };
}

function checkSortable(scope: Scope, expression: BoundExpression): void {
  switch (expression.kind) {
    case "field":
      refuseConversion(scope, expression, "ORDER BY of", expression.at);
      if (expression.field.sortable === true) return;
      break;
    case "label":
    case "format":
    case "currency":
      throw bindError(
        "MALFORMED_QUERY",
        `${expression.text} can not be sorted in a query call`,
        scope.source,
        expression.at,
      );
    case "aggregate":
    case "grouping":
    case "dateFunction":
    case "distance":
      return;
  }
  throw bindError(
    "MALFORMED_QUERY",
    `field '${expression.field.name}' can not be sorted in a query call`,
    scope.source,
    expression.at,
  );
}

function nullsFirst(item: OrderItem, expression: BoundExpression): boolean {
  if (item.nulls === null) return item.descending ? OPEN_POINTS.nullsFirstWhenDescending : true;
  const isOwnReference = expression.kind === "field" && expression.steps.length === 0 && isIdField(expression.field);
  if (item.nulls === "last" && isOwnReference && OPEN_POINTS.nullsLastIgnoredOnReference) return true;
  return item.nulls === "first";
}
