/**
 * Bound query → compiled query → rows. Compiling happens once per statement, running as often as asked.
 *
 * Order of work: access path, filter, group, HAVING, sort, OFFSET, LIMIT; records are made page by page afterwards.
 */
import type { Row } from "../../schema/definition.ts";
import { PAGE_ROWS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import type { QueryContext } from "../base/port.ts";
import { queryError } from "../base/query-error.ts";
import type { BoundQuery, BoundSemiJoin, Column } from "../bind/bound.ts";
import { compileGrouping, type Group, type Grouping } from "./aggregate.ts";
import { conditionSource } from "./emit-condition.ts";
import { rowValues, type ValueEmitter } from "./emit-value.ts";
import { type Compiled, Emitter } from "./emitter.ts";
import { type Plan, planQuery } from "./plan.ts";
import { readRows } from "./read-rows.ts";
import { openRun, type Run } from "./run.ts";
import {
  compileFilteredProjection,
  compileProjection,
  type Project,
  type ReadChildren,
  type RecordSet,
} from "./serialize.ts";
import { rowsAt, type SortKey, sortedPositions, sortKeySource } from "./sort.ts";

/** A statement ready to run. */
export interface CompiledQuery {
  run(context: QueryContext): Execution;
}

/** What one run found: the rows are picked, their records are not yet made. */
export interface Execution extends RecordSet {
  readonly plan: Plan;
  /** Rows of the driving object that were looked at. */
  readonly rowsRead: number;
  /** Ids of the rows of the result; empty for aggregates and counts. */
  readonly ids: readonly string[];
}

/** Rows among the given ones that pass the filter, at most `limit`. */
type FilterRows = (rows: Iterable<Row>, limit: number, read: { rows: number }) => Row[];

/** Compiles a bound query. */
export function compileQuery(query: BoundQuery): CompiledQuery {
  switch (query.kind) {
    case "count":
      return compileCount(query);
    case "aggregate":
      return compileAggregate(query);
    case "rows": {
      const compiled = compileRows(query);
      return { run: (context) => runRows(query, compiled, context) };
    }
  }
}

interface CompiledRows {
  readonly filter: Compiled<FilterRows>;
  readonly sort: Compiled<(rows: readonly Row[], wanted: number) => readonly Row[]>;
  readonly project: Compiled<Project>;
}

function compileRows(query: BoundQuery): CompiledRows {
  return {
    filter: compileFilter(query),
    sort: compileSort(query),
    project: compileProjection(query.columns, compileChildren, query.object.name),
  };
}

function runRows(query: BoundQuery, compiled: CompiledRows, context: QueryContext): Execution {
  const run = openRun(context, evaluateSemiJoin);
  const plan = planQuery(query, run);
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const wanted = query.offset + limit;
  const read = { rows: 0 };
  const enough = plan.ordered ? wanted : Number.POSITIVE_INFINITY;
  const found = compiled.filter(run)(readRows(context.data, plan), enough, read);
  const sorted = plan.ordered ? found : compiled.sort(run)(found, wanted);
  const rows = query.offset > 0 || sorted.length > wanted ? sorted.slice(query.offset, wanted) : sorted;
  return {
    ...recordsOf(rows, compiled.project(run)),
    plan,
    rowsRead: read.rows,
    get ids() {
      return rows.map((row) => String(row["Id"]));
    },
  };
}

/** Records made from a list of rows that stays as it is. */
function recordsOf(rows: readonly Row[], project: Project): RecordSet {
  return {
    totalSize: rows.length,
    page: (from, size, locate) => rows.slice(from, from + size).map((row) => project(row, locate)),
  };
}

function compileCount(query: BoundQuery): CompiledQuery {
  const filter = compileFilter(query);
  return {
    run(context) {
      const run = openRun(context, evaluateSemiJoin);
      const plan = planQuery(query, run);
      const limit = query.limit ?? Number.POSITIVE_INFINITY;
      const read = { rows: 0 };
      const found = filter(run)(readRows(context.data, plan), limit, read);
      return { totalSize: found.length, page: () => [], plan, rowsRead: read.rows, ids: [] };
    },
  };
}

function compileAggregate(query: BoundQuery): CompiledQuery {
  const { aggregation } = query;
  if (aggregation === null) throw new Error("An aggregate query has an aggregation");
  const compiled = compileGrouping(query, aggregation, (emitter, value) => filterSource(emitter, query, value));
  return {
    run(context) {
      const run = openRun(context, evaluateSemiJoin);
      // Grouping shows the first row's spelling, so rows must come by Id.
      const plan: Plan = { ...planQuery(query, run), ordered: false };
      const grouping = compiled(run);
      const read = { rows: 0 };
      const all = grouping.groups(readRows(context.data, plan), read);
      const limit = query.limit ?? Number.POSITIVE_INFINITY;
      const groups = all.slice(query.offset, query.offset + limit);
      if (groups.length > PAGE_ROWS_MAX) {
        throw queryError(
          "EXCEEDED_ID_LIMIT",
          "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single batch",
        );
      }
      return {
        totalSize: groups.length,
        page: (from, size) => groups.slice(from, from + size).map((group) => aggregateRecord(grouping, group)),
        plan,
        rowsRead: read.rows,
        ids: [],
      };
    },
  };
}

function aggregateRecord(grouping: Grouping, group: Group) {
  return { attributes: { type: "AggregateResult" }, ...grouping.record(group) };
}

function compileFilter(query: BoundQuery): Compiled<FilterRows> {
  const emitter = new Emitter();
  const source = filterSource(emitter, query, rowValues(emitter));
  return emitter.compile(
    "rows, limit, read",
    `const found = [];
    if (limit <= 0) return found;
    let n = 0;
    for (const r of rows) {
      n++;
      if (${source}) {
        found.push(r);
        if (found.length >= limit) break;
      }
    }
    read.rows += n;
    return found;`,
  );
}

/** The source of everything that a row must satisfy: not deleted, in scope, WHERE. */
function filterSource(emitter: Emitter, query: BoundQuery, value: ValueEmitter): string {
  const terms = [];
  const deleted = emitter.shared("with deleted", ({ context }) => context.includeDeleted);
  if (query.object.definition.fields.some((field) => field.name === "IsDeleted")) {
    terms.push(`(${deleted} || r["IsDeleted"] !== true)`);
  }
  if (query.scope === "mine") {
    terms.push(`r["OwnerId"] === ${emitter.constant(({ context }) => context.userId)}`);
  }
  if (query.where !== null) terms.push(conditionSource(emitter, query.where, value));
  return terms.length === 0 ? "true" : terms.join(" && ");
}

function compileSort(query: BoundQuery): CompiledRows["sort"] {
  if (query.orderBy.length === 0) return () => (rows) => rows;
  const emitter = new Emitter();
  const value = rowValues(emitter);
  const sources = query.orderBy.map((item) => sortKeySource(emitter, item.expression, value));
  const pushes = sources.map((source, index) => `keys[${index}].push(${source});`);
  const compiled = emitter.compile<(rows: readonly Row[], keys: readonly SortKey[][]) => void>(
    "rows, keys",
    `for (const r of rows) { ${pushes.join(" ")} }`,
  );
  return (run) => {
    const collect = compiled(run);
    return (rows, wanted) => {
      const keys = query.orderBy.map((): SortKey[] => []);
      collect(rows, keys);
      return rowsAt(rows, sortedPositions(keys, query.orderBy, rows.length, wanted));
    };
  };
}

/** Compiles a child sub-select: its rows are found by the parent's Id, then filtered, sorted and cut per parent. */
function compileChildren(column: Extract<Column, { kind: "children" }>): Compiled<ReadChildren> {
  const { query, relationship } = column;
  const inIdOrder = query.orderBy.length === 0;
  const limit = query.limit ?? Number.POSITIVE_INFINITY;
  const size = OPEN_POINTS.childPageRows;
  const quick =
    inIdOrder && query.offset === 0
      ? compileFilteredProjection(query.columns, compileChildren, query.object.name, (emitter) =>
          filterSource(emitter, query, rowValues(emitter)),
        )
      : undefined;
  // The general way is only needed for sorted and for very large sets: most sub-selects never compile it.
  let compiled: CompiledRows | undefined;
  return (run) => {
    const find = childFinder(run, relationship.childObject, relationship.field.name);
    let readAll: ((rows: Iterable<Row>) => RecordSet) | undefined;
    const readQuickly = quick?.(run);
    return (parentId, locate) => {
      if (readQuickly !== undefined) {
        const records = readQuickly(find(parentId), Math.min(limit, size + 1), locate);
        if (records.length <= size) {
          return records.length === 0 ? null : { totalSize: records.length, done: true, records };
        }
      }
      compiled ??= compileRows(query);
      readAll ??= readChildRows(query, compiled, run);
      const set = readAll(find(parentId));
      if (set.totalSize === 0) return null;
      if (locate === undefined || set.totalSize <= size) {
        return { totalSize: set.totalSize, done: true, records: set.page(0, set.totalSize, locate) };
      }
      const nextRecordsUrl = locate(set, size);
      return { totalSize: set.totalSize, done: false, nextRecordsUrl, records: set.page(0, size, locate) };
    };
  };
}

function readChildRows(query: BoundQuery, compiled: CompiledRows, run: Run): (rows: Iterable<Row>) => RecordSet {
  const filter = compiled.filter(run);
  const sort = compiled.sort(run);
  const project = compiled.project(run);
  const wanted = query.offset + (query.limit ?? Number.POSITIVE_INFINITY);
  const enough = query.orderBy.length === 0 ? wanted : Number.POSITIVE_INFINITY;
  return (candidates) => {
    const rows = sort(filter(candidates, enough, { rows: 0 }), wanted);
    return recordsOf(query.offset > 0 ? rows.slice(query.offset) : rows, project);
  };
}

/** Finds children through the reference's index, or groups the whole object once where there is none. */
function childFinder({ context: { data } }: Run, object: string, field: string): (parentId: string) => Iterable<Row> {
  if (data.hasIndex(object, field)) return (parentId) => data.find(object, field, parentId);
  let byParent: Map<string, Row[]> | undefined;
  return (parentId) => {
    byParent ??= groupByText(data.rows(object), field);
    return byParent.get(parentId) ?? [];
  };
}

function groupByText(rows: Iterable<Row>, field: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = String(row[field]);
    const list = groups.get(key);
    if (list === undefined) groups.set(key, [row]);
    else list.push(row);
  }
  return groups;
}

/** The values of a semi-join's column. The sub-select has no semi-joins of its own. */
function evaluateSemiJoin(join: BoundSemiJoin, run: Run): ReadonlySet<string> {
  const query: BoundQuery = {
    object: join.object,
    kind: "count",
    columns: [],
    aggregation: null,
    where: join.where,
    orderBy: [],
    limit: null,
    offset: 0,
    scope: "everything",
    for: null,
  };
  const rows = compileFilter(query)(run)(readRows(run.context.data, planQuery(query, run)), Number.POSITIVE_INFINITY, {
    rows: 0,
  });
  const values = new Set<string>();
  for (const row of rows) {
    const value = row[join.column.field.name];
    if (typeof value === "string") values.add(value);
  }
  return values;
}
