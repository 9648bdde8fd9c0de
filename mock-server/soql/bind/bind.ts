/**
 * Syntax tree → bound query.
 *
 * Names are looked at in the order FROM, select list, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT, OFFSET, and the first
 * mistake is reported. Source: reference: soql §2, §5.
 */
import type { Catalog, SObjectType } from "../../schema/catalog.ts";
import {
  CHILD_SUBQUERIES_MAX,
  NESTED_CHILDREN_SINCE,
  OFFSET_MAX,
  PARENT_RELATIONSHIPS_MAX,
  QUERY_LEVELS_MAX,
} from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError, queryError } from "../base/query-error.ts";
import type { Expression, Query, SelectItem, TypeOf } from "../parse/ast.ts";
import { parseQuery } from "../parse/parser.ts";
import { printExpression } from "../parse/print.ts";
import { type AggregateParts, bindAggregation, bindSelectedExpressions } from "./aggregation.ts";
import type { BoundField, BoundQuery, Column } from "./bound.ts";
import { bindCondition } from "./condition.ts";
import { bindExpression, isAggregate, isAggregateCall } from "./expression.ts";
import { checkFieldsBound, expandFields, fieldGroupOf } from "./fields-function.ts";
import { bindOrderBy } from "./order.ts";
import { createScope, resolveObject, resolveRelationship, type Scope, unknownChild, unknownField } from "./scope.ts";
import { ColumnBuilder } from "./select-list.ts";

/** What binding depends on besides the statement. */
export interface BindSetting {
  readonly catalog: Catalog;
  /** REST API version, for example 62. */
  readonly apiVersion: number;
}

/** Parses and binds a statement. Throws `OrgError` 400 with the code and text of the first mistake. */
export function bindQuery(soql: string, setting: BindSetting): BoundQuery {
  return bindParsed(parseQuery(soql), soql, setting);
}

/** Binds a parsed statement; `soql` is its text, which messages quote. */
export function bindParsed(query: Query, soql: string, setting: BindSetting): BoundQuery {
  const relationships = new Set<string>();
  const state: State = { setting, subqueries: { count: 0 } };
  const [driver] = query.from;
  const name = driver.path.segments.join(".");
  const object = resolveObject(setting.catalog, soql, name, driver.path.at);
  const scope = createScope({ source: soql, catalog: setting.catalog, relationships }, object, query.from);
  const bound = bindLevel(scope, query, state, null);
  if (relationships.size > PARENT_RELATIONSHIPS_MAX) {
    const message = `A query may follow at most ${PARENT_RELATIONSHIPS_MAX} parent relationships`;
    throw queryError("MALFORMED_QUERY", message);
  }
  return bound;
}

/** What is counted over the whole statement. */
interface State {
  readonly setting: BindSetting;
  readonly subqueries: { count: number };
}

/** The query around a child sub-select. */
interface Outer {
  readonly query: Query;
  readonly depth: number;
}

function bindLevel(scope: Scope, query: Query, state: State, outer: Outer | null): BoundQuery {
  checkClauses(scope, query, outer);
  refuseFieldAliases(scope, query);
  const parts = bindSelectedExpressions(scope, query);
  const isGrouped = query.groupBy !== null || parts.some((part) => isAggregate(part.expression));
  const kind = query.select === "count" ? "count" : isGrouped ? "aggregate" : "rows";
  if (kind !== "rows" && outer !== null) {
    throw bindError("MALFORMED_QUERY", "only root queries support aggregate expressions", scope.source, query.at);
  }
  const columns = kind === "rows" ? bindColumns(scope, query, parts, state, outer) : [];
  if (kind === "aggregate") refuseInAggregate(scope, query);
  const where = query.where === null ? null : bindCondition(scope, query.where, outer === null ? "where" : "child");
  const aggregation = kind === "aggregate" ? bindAggregation(scope, query, parts) : null;
  const orderBy = bindOrderBy(scope, query, aggregation);
  checkLimits(scope, query, kind, outer);
  return {
    object: scope.object,
    kind,
    columns,
    aggregation: orderBy.aggregation,
    where,
    orderBy: orderBy.items,
    limit: query.limit?.value ?? null,
    offset: query.offset?.value ?? 0,
    scope: bindScopeName(scope, query),
    for: query.for,
  };
}

function bindColumns(
  scope: Scope,
  query: Query,
  parts: AggregateParts,
  state: State,
  outer: Outer | null,
): readonly Column[] {
  const builder = new ColumnBuilder(scope.source);
  const expressions = new Map(parts.map((part) => [part.item, part]));
  let unnamed = 0;
  for (const item of query.select === "count" ? [] : query.select) {
    const group = fieldGroupOf(item, scope.source);
    if (group !== undefined && item.kind === "expression") {
      checkFieldsBound(query, group, scope.source, item.expression.at);
      for (const field of expandFields(scope.object, group)) {
        const { at } = item.expression;
        builder.add({ kind: "field", steps: [], owner: scope.object, field, text: field.name, at }, null, at);
      }
      continue;
    }
    switch (item.kind) {
      case "expression": {
        const expression = expressions.get(item)?.expression ?? bindExpression(scope, item.expression);
        if (expression.kind === "dateFunction") throw ungrouped(scope, item.expression);
        const key = item.alias?.text ?? (expression.kind === "distance" ? `expr${unnamed++}` : null);
        builder.add(expression, key, item.expression.at);
        break;
      }
      case "subquery":
        if (item.alias !== null) throw fieldAlias(scope, item.alias.at);
        builder.addChildren(bindChildren(scope, item.query, query, state, outer), item.at);
        break;
      case "typeOf":
        builder.addTypeOf(bindTypeOf(scope, item), item.at);
        break;
    }
  }
  const columns = builder.build();
  if (columns.length > 0) return columns;
  const message = "'FIELDS(...)' expansion function must result in at least one field being selected.";
  throw bindError("MALFORMED_QUERY", message, scope.source, query.at);
}

/** Outside aggregate queries a plain field has no alias; this is noticed before its name is looked up. */
function refuseFieldAliases(scope: Scope, query: Query): void {
  if (query.select === "count" || query.groupBy !== null || query.select.some(callsAggregate)) return;
  for (const item of query.select) {
    if (item.kind === "expression" && item.expression.kind === "path" && item.alias !== null) {
      throw fieldAlias(scope, item.expression.at);
    }
  }
}

function ungrouped(scope: Scope, expression: Expression): Error {
  const message = `Field must be grouped or aggregated: ${printExpression(expression)}`;
  return bindError("MALFORMED_QUERY", message, scope.source, expression.at);
}

function callsAggregate(item: SelectItem): boolean {
  if (item.kind !== "expression") return false;
  let { expression } = item;
  while (expression.kind === "call") {
    if (isAggregateCall(expression)) return true;
    expression = expression.argument;
  }
  return false;
}

function fieldAlias(scope: Scope, at: number): Error {
  return bindError("MALFORMED_QUERY", "only aggregate expressions use field aliasing", scope.source, at);
}

function bindChildren(
  scope: Scope,
  query: Query,
  parent: Query,
  state: State,
  outer: Outer | null,
): Extract<Column, { kind: "children" }> {
  const depth = (outer?.depth ?? 1) + 1;
  const nesting = state.setting.apiVersion >= NESTED_CHILDREN_SINCE ? QUERY_LEVELS_MAX : 2;
  const [entry] = query.from;
  if (depth > nesting) {
    throw bindError(
      "MALFORMED_QUERY",
      `SOQL statements cannot query aggregate relationships more than ${nesting - 1} level${nesting > 2 ? "s" : ""} away from the root entity object.`,
      scope.source,
      entry.path.at,
    );
  }
  state.subqueries.count++;
  if (state.subqueries.count > CHILD_SUBQUERIES_MAX) {
    const message = `A query may have at most ${CHILD_SUBQUERIES_MAX} sub-selects`;
    throw bindError("MALFORMED_QUERY", message, scope.source, entry.path.at);
  }
  const relationship = resolveChild(scope, entry.path.segments);
  const child = relationship === undefined ? undefined : scope.catalog.object(relationship.childObject);
  if (relationship === undefined || child === undefined || relationship.name === null) {
    throw unknownChild(scope.source, entry.path.segments.at(-1) ?? "", entry.path.at);
  }
  const inner = createScope({ ...scope }, child, query.from);
  return {
    kind: "children",
    key: relationship.name,
    relationship,
    query: bindLevel(inner, query, state, { query: parent, depth }),
  };
}

/** `Contacts` or, qualified by the parent's name or alias, `Account.Contacts`. */
function resolveChild(scope: Scope, segments: readonly string[]) {
  if (segments.length === 1) return scope.object.child(segments[0] ?? "");
  const [qualifier = "", name = ""] = segments;
  const alias = scope.aliases.get(qualifier.toLowerCase());
  const isParent = qualifier.toLowerCase() === scope.object.name.toLowerCase() || alias?.length === 0;
  return segments.length === 2 && isParent ? scope.object.child(name) : undefined;
}

function bindTypeOf(scope: Scope, item: TypeOf): Extract<Column, { kind: "typeOf" }> {
  const steps = resolveRelationship(scope, item.operand);
  const operand = printExpression(item.operand);
  const refuse = (message: string, at: number) => bindError("MALFORMED_QUERY", message, scope.source, at);
  if (steps === undefined) {
    const message = `No such relation '${operand}' on entity '${scope.object.name}'.`;
    throw bindError("INVALID_FIELD", message, scope.source, item.operand.at);
  }
  const step = steps.at(-1);
  if (step === undefined || !step.polymorphic) {
    throw refuse(`TYPEOF operand '${operand}' is not a polymorphic relationship field`, item.operand.at);
  }
  if (item.alias !== null) throw fieldAlias(scope, item.alias.at);
  const seen = new Set<string>();
  const whens = item.whens.map(({ object: name, fields }) => {
    const object = resolveObject(scope.catalog, scope.source, name.text, name.at);
    if (seen.has(object.name)) throw refuse(`WHEN clause operand [${object.name}] is not unique`, name.at);
    if (!step.field.referenceTo?.includes(object.name)) {
      throw refuse(`WHEN clause operand [${object.name}] is not a type of '${operand}'`, name.at);
    }
    seen.add(object.name);
    return { object, columns: bindTypeOfFields(scope, object, fields) };
  });
  const otherwise = item.otherwise === null ? null : bindTypeOfFields(scope, step.target, item.otherwise);
  return { kind: "typeOf", key: step.relationship, steps, whens, otherwise };
}

function bindTypeOfFields(scope: Scope, object: SObjectType, paths: TypeOf["whens"][number]["fields"]) {
  const builder = new ColumnBuilder(scope.source);
  const inner: Scope = { ...scope, object, aliases: new Map() };
  for (const path of paths) {
    const expression = bindExpression(inner, path);
    if (expression.kind !== "field") throw unknownField(scope.source, printExpression(path), object.name, path.at);
    builder.add(expression satisfies BoundField, null, path.at);
  }
  return builder.build();
}

function refuseInAggregate(scope: Scope, query: Query): void {
  for (const item of query.select === "count" ? [] : query.select) {
    if (item.kind === "expression") continue;
    const what = item.kind === "subquery" ? "Sub-selects" : "TYPEOF";
    const message = `${what} cannot be used in a query with aggregate expressions`;
    throw bindError("MALFORMED_QUERY", message, scope.source, item.at);
  }
}

/** Scopes that need teams, territories or delegation, which this org does not have, are refused like unknown ones. */
function bindScopeName(scope: Scope, query: Query): "everything" | "mine" {
  if (query.using === null) return "everything";
  const { kind, name } = query.using;
  if (kind === "lookup") {
    throw bindError("MALFORMED_QUERY", "USING LOOKUP is not supported by the mock org", scope.source, name.at);
  }
  const wanted = name.text.toLowerCase();
  if (wanted === "everything" || (wanted === "mine" && scope.object.field("OwnerId") !== undefined)) return wanted;
  throw bindError("INVALID_QUERY_SCOPE", `Invalid query scope: ${name.text}`, scope.source, name.at);
}

function checkClauses(scope: Scope, query: Query, outer: Outer | null): void {
  const refuse = (message: string, at: number) => bindError("MALFORMED_QUERY", message, scope.source, at);
  if (query.using !== null && outer !== null) {
    throw refuse("USING SCOPE is not allowed in a sub-select", query.using.name.at);
  }
  if (query.for !== null && outer !== null) throw refuse("FOR VIEW is not allowed in a sub-select", query.at);
  if (query.update.length > 0) {
    throw refuse(`UPDATE ${query.update[0]?.toUpperCase()} is not supported on ${scope.object.name}`, query.at);
  }
  if (query.with === null) return;
  const [word = ""] = query.with.words;
  if (word.toUpperCase() === "DATA") {
    throw refuse(`WITH DATA CATEGORY is not supported on ${scope.object.name}`, query.with.at);
  }
  throw refuse(
    "rule soqlWithIdentifierClause failed predicate: {this.helper.allowApexSyntax() && this.helper.hasApexContext()}?",
    query.with.at,
  );
}

function checkLimits(scope: Scope, query: Query, kind: BoundQuery["kind"], outer: Outer | null): void {
  const { limit, offset } = query;
  if (limit !== null && limit.value < 0) {
    throw bindError("MALFORMED_QUERY", "Limit must be a non-negative value", scope.source, limit.at);
  }
  if (offset !== null && offset.value < 0) {
    throw bindError(
      OPEN_POINTS.negativeOffsetCode,
      "SOQL offset must be a non-negative value",
      scope.source,
      offset.at,
    );
  }
  if (offset !== null && offset.value > OFFSET_MAX) {
    throw queryError(
      "NUMBER_OUTSIDE_VALID_RANGE",
      `Maximum SOQL offset allowed for apiName ${scope.object.name} is ${OFFSET_MAX}`,
    );
  }
  if (kind === "aggregate" && query.groupBy === null && (limit ?? offset) !== null) {
    const clause = limit !== null ? "LIMIT" : "OFFSET";
    throw bindError(
      "MALFORMED_QUERY",
      `Non-grouped query that uses overall aggregate functions cannot also use ${clause}`,
      scope.source,
      (limit ?? offset)?.at ?? query.at,
    );
  }
  if (kind === "count" && offset !== null) {
    throw bindError("MALFORMED_QUERY", "COUNT() cannot be used with OFFSET", scope.source, offset.at);
  }
  if (outer !== null && offset !== null && outer.query.limit?.value !== 1) {
    throw bindError(
      "MALFORMED_QUERY",
      "OFFSET in a sub-select is only allowed where the parent query has LIMIT 1",
      scope.source,
      offset.at,
    );
  }
}
