/**
 * Grouping: rows → groups → HAVING → order. One generated loop reads each row once and adds it to its group.
 *
 * Text keys are grouped without regard to case; the spelling shown is that of the first row. Source: reference: soql §5.7.
 */
import type { FieldValue, Row } from "../../schema/definition.ts";
import type { WireDouble } from "../../schema/wire-double.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import {
  type BoundAggregate,
  type BoundAggregation,
  type BoundExpression,
  type BoundQuery,
  identityOf,
} from "../bind/bound.ts";
import { comparisonTypeOf } from "../bind/field-rules.ts";
import { averageOf, type DecimalSum, SMALL_SUM_MAX, SMALL_VALUE_MAX, spill, totalOf } from "./decimal-sum.ts";
import { conditionSource } from "./emit-condition.ts";
import { computedSource, resultSource, rowValues, type ValueEmitter } from "./emit-value.ts";
import { type Compiled, Emitter } from "./emitter.ts";
import type { Run } from "./run.ts";
import { rowsAt, type SortKey, sortedPositions, sortKeySource } from "./sort.ts";

/** A group as a flat list: its keys, its aggregates, then a 0 or 1 per key that tells a subtotal. */
export type Group = readonly FieldValue[];

/** What the compiled grouping of one query can do. */
export interface Grouping {
  /** Groups of the rows that pass the query's filter, ordered, HAVING applied. */
  groups(rows: Iterable<Row>, read: { rows: number }): readonly Group[];
  /** One result record without its `attributes`. */
  record(group: Group): Readonly<Record<string, FieldValue | WireDouble>>;
}

/** Compiles the aggregation of a query. `filter` is the source of the condition on a row `r`, made by `emitFilter`. */
export function compileGrouping(
  query: BoundQuery,
  aggregation: BoundAggregation,
  emitFilter: (emitter: Emitter, value: ValueEmitter) => string,
): Compiled<Grouping> {
  const loops = aggregation.sets.map((set) => compileLoop(aggregation, set, emitFilter));
  const having = compileHaving(aggregation);
  const sorter = compileOrder(query, aggregation);
  const project = compileRecord(aggregation);
  return (run) => {
    const collect = loops.map((loop) => loop(run));
    const keep = having(run);
    const order = sorter(run);
    const record = project(run);
    return {
      groups(rows, read) {
        const source = collect.length > 1 ? [...rows] : rows;
        const groups = collect.flatMap((loop, position) =>
          loop(source, read).map((found) => finish(aggregation, aggregation.sets[position] ?? [], found)),
        );
        return order(groups.filter(keep));
      },
      record: (group) => record(group),
    };
  };
}

/** A group while rows are added: `keys` of its grouping set and the running aggregates `a0`, `a1`, … */
type OpenGroup = { readonly keys: readonly FieldValue[] } & Record<`a${number}`, RunningValue>;

type RunningValue =
  | { count: number }
  | (DecimalSum & { count: number })
  | { value: FieldValue; folded: string | null }
  | { values: Set<FieldValue> };

/** A level of the tree that leads to a group: children by the exact key and by the key without case. */
interface Level {
  readonly exact: Map<FieldValue, Level | OpenGroup>;
  readonly folded: Map<FieldValue, Level | OpenGroup>;
}

function compileLoop(
  aggregation: BoundAggregation,
  set: readonly number[],
  emitFilter: (emitter: Emitter, value: ValueEmitter) => string,
): Compiled<(rows: Iterable<Row>, read: { rows: number }) => readonly OpenGroup[]> {
  const emitter = new Emitter();
  const value = rowValues(emitter);
  const filter = emitFilter(emitter, value);
  const keys = set.map((position) => aggregation.keys[position]).filter((key) => key !== undefined);
  const open = emitter.constant(() => (values: readonly FieldValue[]) => openGroup(aggregation.aggregates, values));
  const enter = emitter.constant(() => enterLevel);
  const body: string[] = ["const groups = [];", "let n = 0;"];
  const rootIsGroup = keys.length === 0;
  if (rootIsGroup) {
    body.push(`let g = ${open}([]);`, aggregation.grouped ? "let any = false;" : "groups.push(g);");
  } else body.push("const root = { exact: new Map(), folded: new Map() };");
  body.push("for (const r of rows) {", "n++;", `if (!(${filter})) continue;`);
  if (rootIsGroup && aggregation.grouped) body.push("if (!any) { any = true; groups.push(g); }");
  keys.forEach((key, level) => {
    const isBoolean = key.kind === "field" && key.field.type === "boolean";
    const source = isBoolean ? `${value(key)} === true` : `${value(key)} ?? null`;
    const folds = key.kind === "field" && comparisonTypeOf(key.field) === "text";
    const parent = level === 0 ? "root" : `n${level - 1}`;
    const node = level === keys.length - 1 ? "g" : `n${level}`;
    const path = Array.from({ length: level + 1 }, (_, index) => `v${index}`).join(", ");
    const make = node === "g" ? `() => { const made = ${open}([${path}]); groups.push(made); return made; }` : "null";
    body.push(
      `const v${level} = ${source};`,
      `let ${node} = ${parent}.exact.get(v${level});`,
      `if (${node} === undefined) ${node} = ${enter}(${parent}, v${level}, ${folds}, ${make});`,
    );
  });
  aggregation.aggregates.forEach((aggregate, index) => {
    body.push(accumulateSource(emitter, aggregate, `g.a${index}`, value));
  });
  body.push("}", "read.rows = n;", "return groups;");
  return emitter.compile("rows, read", body.join("\n"));
}

/** Finds or makes the node of a key that was not met before in this spelling. */
function enterLevel(level: Level, key: FieldValue, folds: boolean, make: (() => OpenGroup) | null): Level | OpenGroup {
  const folded = folds && typeof key === "string" ? key.toLowerCase() : key;
  let node = level.folded.get(folded);
  if (node === undefined) {
    node = make === null ? { exact: new Map(), folded: new Map() } : make();
    level.folded.set(folded, node);
  }
  level.exact.set(key, node);
  return node;
}

function openGroup(aggregates: readonly BoundAggregate[], keys: readonly FieldValue[]): OpenGroup {
  const group: { keys: readonly FieldValue[] } & Record<`a${number}`, RunningValue> = { keys };
  aggregates.forEach((aggregate, index) => {
    group[`a${index}`] = startValue(aggregate);
  });
  return group;
}

function startValue({ name }: BoundAggregate): RunningValue {
  switch (name) {
    case "COUNT":
      return { count: 0 };
    case "COUNT_DISTINCT":
      return { values: new Set() };
    case "SUM":
    case "AVG":
      return { small: 0, large: 0n, count: 0 };
    case "MIN":
    case "MAX":
      return { value: null, folded: null };
  }
}

function accumulateSource(emitter: Emitter, aggregate: BoundAggregate, slot: string, value: ValueEmitter): string {
  const source = value(aggregate.field);
  const { field } = aggregate.field;
  const read = emitter.temporary();
  const present = `(${read} = ${source}) != null`;
  const foldsCase = comparisonTypeOf(field) === "text";
  switch (aggregate.name) {
    case "COUNT":
      return field.type === "id" && aggregate.field.steps.length === 0
        ? `${slot}.count++;`
        : `if (${present}) ${slot}.count++;`;
    case "COUNT_DISTINCT":
      return `if (${present}) ${slot}.values.add(${foldsCase ? `${read}.toLowerCase()` : read});`;
    case "SUM":
    case "AVG": {
      const slow = emitter.constant(() => spill);
      const scaled = emitter.temporary();
      const scale = scaleOf(aggregate);
      return [
        `if (${present}) {`,
        `${scaled} = Math.round(${read} * ${10 ** scale}); ${slot}.count++;`,
        `if (${scaled} / ${10 ** scale} === ${read} && ${scaled} < ${SMALL_VALUE_MAX} && ${scaled} > -${SMALL_VALUE_MAX} && ${slot}.small < ${SMALL_SUM_MAX} && ${slot}.small > -${SMALL_SUM_MAX}) ${slot}.small += ${scaled};`,
        `else ${slow}(${slot}, ${read}, ${scale});`,
        "}",
      ].join("\n");
    }
    case "MIN":
    case "MAX": {
      const sign = aggregate.name === "MIN" ? "<" : ">";
      if (!foldsCase)
        return `if (${present} && (${slot}.value === null || ${read} ${sign} ${slot}.value)) ${slot}.value = ${read};`;
      const folded = emitter.temporary();
      return `if (${present} && (${folded} = ${read}.toUpperCase(), ${slot}.value === null || ${folded} ${sign} ${slot}.folded)) { ${slot}.value = ${read}; ${slot}.folded = ${folded}; }`;
    }
  }
}

/** Digits behind the point that a field's stored values have; many where its definition does not say. */
function scaleOf({ field: { field } }: BoundAggregate): number {
  const SCALE_UNKNOWN = 15;
  return field.type === "int" ? 0 : (field.scale ?? SCALE_UNKNOWN);
}

function finish(aggregation: BoundAggregation, set: readonly number[], group: OpenGroup): Group {
  const keys = aggregation.keys.map((_, position) => group.keys[set.indexOf(position)] ?? null);
  const values = aggregation.aggregates.map((aggregate, index) => closeValue(aggregate, group[`a${index}`]));
  const flags = aggregation.keys.map((_, position) => (set.includes(position) ? 0 : 1));
  return [...keys, ...values, ...flags];
}

function closeValue(aggregate: BoundAggregate, running: RunningValue | undefined): FieldValue {
  if (running === undefined) return null;
  if ("values" in running) return running.values.size;
  if ("value" in running) return running.value;
  if (!("small" in running)) return running.count;
  if (running.count === 0) return null;
  const scale = scaleOf(aggregate);
  return aggregate.name === "SUM" ? totalOf(running, scale) : averageOf(running, scale, running.count);
}

/** Expressions over a group `r`: keys and aggregates are its slots, functions are computed from them. */
function groupValues(emitter: Emitter, aggregation: BoundAggregation): ValueEmitter {
  const slots = new Map<string, number>();
  const { keys, aggregates } = aggregation;
  keys.forEach((key, position) => slots.set(identityOf(key), position));
  aggregates.forEach((aggregate, index) => slots.set(identityOf(aggregate), keys.length + index));
  const value: ValueEmitter = (expression) => {
    if (expression.kind === "grouping") {
      const position = slots.get(identityOf(expression.key)) ?? 0;
      return `r[${keys.length + aggregates.length + position}]`;
    }
    const slot = slots.get(identityOf(expression));
    if (slot !== undefined) return `r[${slot}]`;
    if (expression.kind === "field") throw new Error(`${expression.text} is neither grouped nor aggregated`);
    return computedSource(emitter, expression, value);
  };
  return value;
}

function compileHaving(aggregation: BoundAggregation): Compiled<(group: Group) => boolean> {
  if (aggregation.having === null) return () => () => true;
  const emitter = new Emitter();
  const source = conditionSource(emitter, aggregation.having, groupValues(emitter, aggregation));
  return emitter.compile("r", `return ${source};`);
}

function compileRecord(
  aggregation: BoundAggregation,
): Compiled<(group: Group) => Record<string, FieldValue | WireDouble>> {
  const emitter = new Emitter();
  const value = groupValues(emitter, aggregation);
  const members = aggregation.columns.map(
    ({ key, expression }) =>
      `${JSON.stringify(key)}: ${resultSource(emitter, expression, `${value(expression)} ?? null`)}`,
  );
  return emitter.compile("r", `return { ${members.join(", ")} };`);
}

function compileOrder(
  query: BoundQuery,
  aggregation: BoundAggregation,
): Compiled<(groups: readonly Group[]) => readonly Group[]> {
  const emitter = new Emitter();
  const value = groupValues(emitter, aggregation);
  const natural = OPEN_POINTS.groupsSortedByKey ? naturalOrder(aggregation) : [];
  const items = [...query.orderBy, ...natural];
  if (items.length === 0) return () => (groups) => groups;
  const sources = items.map((item) => sortKeySource(emitter, item.expression, value));
  const compiled = emitter.compile<(group: Group) => readonly SortKey[]>("r", `return [${sources.join(", ")}];`);
  return (run: Run) => {
    const keysOf = compiled(run);
    return (groups) => {
      const rows = groups.map(keysOf);
      const columns = items.map((_, index) => rows.map((keys) => keys[index] ?? null));
      return rowsAt(groups, sortedPositions(columns, items, groups.length, groups.length));
    };
  };
}

/** Details before subtotals, then by key. */
function naturalOrder({ keys, sets }: BoundAggregation): BoundQuery["orderBy"] {
  const by = (expression: BoundExpression) => ({ expression, descending: false, nullsFirst: true });
  return keys.flatMap((key) => [...(sets.length > 1 ? [by({ kind: "grouping", key, text: "", at: 0 })] : []), by(key)]);
}
