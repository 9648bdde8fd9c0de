/** Binds WHERE and HAVING: operators and values that fit the field, and the rules of semi-joins (reference: soql §5.8, §5.9). */

import { SEMI_JOINS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError } from "../base/query-error.ts";
import type { Comparison, Condition, SemiJoin } from "../parse/ast.ts";
import {
  type BoundCondition,
  type BoundExpression,
  type BoundField,
  type BoundSemiJoin,
  type ComparisonType,
  fieldOf,
} from "./bound.ts";
import { refuseConversion } from "./currency-rules.ts";
import { bindExpression, isAggregate } from "./expression.ts";
import { comparisonTypeOf, isIdField, ruleOf } from "./field-rules.ts";
import { bindLiteral, type LiteralTarget } from "./literal.ts";
import { createScope, resolveObject, type Scope } from "./scope.ts";

/** Where a condition stands: the main WHERE, HAVING, the WHERE of a sub-select or of a semi-join. */
export type ConditionPlace = "where" | "having" | "child" | "semiJoin";

/** Binds a condition. `check` sees each left side, for rules of the place such as grouping in HAVING. */
export function bindCondition(
  scope: Scope,
  condition: Condition,
  place: ConditionPlace,
  check: (left: BoundExpression) => void = () => {},
): BoundCondition {
  let semiJoins = 0;
  const visit = (node: Condition, inside: readonly ("and" | "or" | "not")[]): BoundCondition => {
    switch (node.kind) {
      case "and":
      case "or":
        return { kind: node.kind, terms: node.terms.map((term) => visit(term, [...inside, node.kind])) };
      case "not":
        return { kind: "not", term: visit(node.term, [...inside, "not"]) };
      case "comparison":
        return bindComparison(scope, node, place, check);
      case "semiJoin": {
        const bound = bindSemiJoin(scope, node, place, inside);
        semiJoins++;
        if (semiJoins > SEMI_JOINS_MAX) {
          throw bindError(
            OPEN_POINTS.thirdSemiJoinCode,
            `Maximum ${SEMI_JOINS_MAX} semi join sub-selects are allowed`,
            scope.source,
            node.at,
          );
        }
        return bound;
      }
    }
  };
  return visit(condition, []);
}

function bindComparison(
  scope: Scope,
  comparison: Comparison,
  place: ConditionPlace,
  check: (left: BoundExpression) => void,
): BoundCondition {
  const left = bindExpression(scope, comparison.left);
  const { operator } = comparison;
  if (place !== "having" && isAggregate(left)) {
    throw bindError(
      "MALFORMED_QUERY",
      `Aggregate functions are not allowed in WHERE: ${left.text}`,
      scope.source,
      left.at,
    );
  }
  check(left);
  const target = targetOf(scope, left);
  checkOperator(scope, left, operator, target);
  if (operator === "LIKE" && comparison.values[0]?.kind === "pattern" && comparison.values[0].raw === "") {
    throw bindError(OPEN_POINTS.emptyLikeCode, "invalid LIKE value: ", scope.source, left.at);
  }
  const values = comparison.values.map((value) => {
    if (value.kind === "dateLiteral" && left.kind === "dateFunction") {
      throw bindError("MALFORMED_QUERY", `Date literals cannot be compared with ${left.text}`, scope.source, left.at);
    }
    if (value.kind === "currency")
      refuseConversion(scope, fieldOf(left), "The comparison with another currency of", left.at);
    return bindLiteral(value, target);
  });
  return { kind: "comparison", left, type: target.type, operator, values };
}

function checkOperator(
  scope: Scope,
  left: BoundExpression,
  operator: Comparison["operator"],
  target: LiteralTarget,
): void {
  const field = fieldOf(left);
  if (left.kind === "distance") {
    if (operator === "<" || operator === ">") return;
    throw bindError("MALFORMED_QUERY", "DISTANCE can only be compared with < and >", scope.source, left.at);
  }
  if (left.kind === "currency" || left.kind === "format") {
    throw bindError("MALFORMED_QUERY", `${left.text} cannot be used in a filter`, scope.source, left.at);
  }
  if (left.kind === "field" || left.kind === "label" || left.kind === "dateFunction")
    checkFilterable(scope, left, field);
  const isPlain = left.kind === "field" || (left.kind === "aggregate" && (left.name === "MIN" || left.name === "MAX"));
  const operators = isPlain ? (ruleOf(field.field)?.operators ?? []) : COMPUTED_OPERATORS[target.type];
  if (operators.includes(operator)) return;
  if (isPlain && isIdField(field.field)) {
    throw bindError("INVALID_QUERY_FILTER_OPERATOR", "invalid operator on id field", scope.source, left.at);
  }
  throw bindError(
    OPEN_POINTS.unfitOperatorCode,
    `invalid operator on ${field.field.type} field`,
    scope.source,
    left.at,
  );
}

function checkFilterable(scope: Scope, left: BoundExpression, { field }: BoundField): void {
  if (field.type === "address" || field.type === "location") {
    const message = "Address fields can only be filtered using Distance expressions";
    throw bindError("INVALID_FIELD", message, scope.source, left.at);
  }
  if (field.filterable === true && ruleOf(field) !== undefined) return;
  throw bindError("INVALID_FIELD", `field '${field.name}' can not be filtered in a query call`, scope.source, left.at);
}

const NUMBER_OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "IN", "NOT IN"] as const;

/** Operators of values that are computed and so have no field's rule. */
const COMPUTED_OPERATORS: Readonly<Record<ComparisonType, readonly string[]>> = {
  exact: NUMBER_OPERATORS,
  text: [...NUMBER_OPERATORS, "LIKE"],
  multi: [],
  boolean: ["=", "!="],
  number: NUMBER_OPERATORS,
  date: NUMBER_OPERATORS,
  datetime: NUMBER_OPERATORS,
  time: NUMBER_OPERATORS,
};

function targetOf(scope: Scope, left: BoundExpression): LiteralTarget {
  const { field } = fieldOf(left);
  const base = { source: scope.source, name: field.name, at: left.at, isId: false };
  switch (left.kind) {
    case "dateFunction":
      return left.name === "DAY_ONLY"
        ? { ...base, type: "date", typeName: "date" }
        : { ...base, type: "number", typeName: "int" };
    case "grouping":
      return { ...base, type: "number", typeName: "int" };
    case "distance":
      return { ...base, type: "number", typeName: "double" };
    case "label":
      return { ...base, type: "text", typeName: "string" };
    case "aggregate":
      if (left.name === "COUNT" || left.name === "COUNT_DISTINCT") return { ...base, type: "number", typeName: "int" };
      if (left.name === "SUM" || left.name === "AVG") return { ...base, type: "number", typeName: "double" };
      break;
    case "field":
    case "format":
    case "currency":
      break;
  }
  const typeName = ruleOf(field)?.literal ?? "string";
  return { ...base, type: comparisonTypeOf(field), typeName, isId: isIdField(field) };
}

/** Objects that a semi-join may not select from. Source: reference: soql §5.9 [doc]. */
const UNJOINABLE: ReadonlySet<string> = new Set([
  "ActivityHistory",
  "Attachment",
  "Event",
  "EventAttendee",
  "Note",
  "OpenActivity",
  "Tag",
  "Task",
]);

function bindSemiJoin(
  scope: Scope,
  join: SemiJoin,
  place: ConditionPlace,
  inside: readonly ("and" | "or" | "not")[],
): BoundSemiJoin {
  const refuse = (message: string) => bindError("MALFORMED_QUERY", message, scope.source, join.at);
  if (place === "semiJoin") throw refuse("Nesting of semi join sub-selects is not supported");
  if (place !== "where") {
    throw refuse("Semi join sub-selects are only allowed in the WHERE clause of the main query");
  }
  if (inside.includes("or")) {
    throw inside.length === 1
      ? refuse("Semi join sub-selects are not allowed with the 'OR' operator")
      : refuse(
          "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.",
        );
  }
  if (inside.includes("not")) {
    throw refuse(
      "Semi join sub-selects are only allowed at the top level WHERE expressions and not in nested WHERE expressions.",
    );
  }
  const left = bindExpression(scope, join.left);
  if (left.kind !== "field" || left.steps.length > 0 || !isIdField(left.field)) throw refuse(notAnId(left));
  const object = resolveObject(scope.catalog, scope.source, join.from.path.segments.join("."), join.from.path.at);
  if (UNJOINABLE.has(object.name)) throw refuse(`Entity '${object.name}' is not supported for semi join inner selects`);
  const inner = createScope(scope, object, [join.from]);
  const column = bindExpression(inner, join.column);
  if (column.kind !== "field" || column.steps.length > 0 || !isIdField(column.field)) throw refuse(notAnId(column));
  if (object.name === scope.object.name) {
    throw refuse("The inner and outer selects should not be on the same object type");
  }
  const [outerTypes, innerTypes] = [left, column].map(pointsTo);
  if (!outerTypes?.some((type) => innerTypes?.includes(type))) {
    throw refuse(
      `The selected field '${column.field.name}' in the subquery and the left operand field in the where expression in the outer query '${left.field.name}' should point to the same object type`,
    );
  }
  const where = join.where === null ? null : bindCondition(inner, join.where, "semiJoin");
  return { kind: "semiJoin", left, negated: join.negated, object, column, where };
}

function notAnId(expression: BoundExpression): string {
  return `semi join sub selects can only query id fields, cannot use: '${expression.text}'`;
}

function pointsTo(field: BoundField): readonly string[] {
  return field.field.type === "id" ? [field.owner.name] : (field.field.referenceTo ?? []);
}
