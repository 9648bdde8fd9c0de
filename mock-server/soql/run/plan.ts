/**
 * Chooses how the rows of the driving object are reached. The plan is a value: tests assert it and `explain` shows it.
 *
 * Whatever path is chosen, every row still passes the whole condition, so a path may give too many rows, never too few.
 */
import {
  type BoundComparison,
  type BoundCondition,
  type BoundField,
  type BoundQuery,
  type BoundSemiJoin,
  type BoundValue,
  identityOf,
} from "../bind/bound.ts";
import { dateBound } from "./emit-condition.ts";
import type { Run } from "./run.ts";

/** How rows are reached. `id` and `index` name exact values, `stamp` a range of SystemModstamp with both ends included. */
export type AccessPath =
  | { readonly kind: "id"; readonly ids: readonly string[] }
  | { readonly kind: "index"; readonly field: string; readonly values: readonly (string | number)[] }
  | { readonly kind: "stamp"; readonly from: string | null; readonly to: string | null }
  | { readonly kind: "scan" };

/** The access path of one query. */
export interface Plan {
  readonly object: string;
  readonly path: AccessPath;
  /** True where rows come in the wanted order, so that reading may stop at the limit. */
  readonly ordered: boolean;
}

type KeyedPath = Extract<AccessPath, { kind: "id" | "index" }>;

/** A semi-join's values lead to the rows only if they are few against the object's rows. */
const SEMI_JOIN_SHARE = 4;

/** Chooses the access path of a query. Evaluates semi-joins, reads no row of the driving object. */
export function planQuery(query: BoundQuery, run: Run): Plan {
  const conjuncts = query.where === null ? [] : conjunctsOf(query.where);
  const object = query.object.name;
  const stampOrder = isStampOrder(query);
  const candidates = conjuncts.flatMap((term) => keyedPath(query, term, run) ?? []);
  const range = stampRange(conjuncts, run);
  const path =
    candidates.find((candidate) => candidate.kind === "id") ??
    candidates.find((candidate) => candidate.kind === "index" && isUnique(query, candidate.field)) ??
    (range !== undefined && range.from !== null && stampOrder ? range : undefined) ??
    finest(query, candidates, run) ??
    range ??
    (stampOrder && query.object.field("SystemModstamp") !== undefined
      ? ({ kind: "stamp", from: null, to: null } as const)
      : ({ kind: "scan" } as const));
  return { object, path, ordered: path.kind === "stamp" ? stampOrder : isIdOrder(query) };
}

/** The terms that must all hold. */
function conjunctsOf(condition: BoundCondition): readonly BoundCondition[] {
  return condition.kind === "and" ? condition.terms.flatMap(conjunctsOf) : [condition];
}

/** The path by equality that a term allows. */
function keyedPath(query: BoundQuery, term: BoundCondition, run: Run): KeyedPath | undefined {
  if (term.kind === "semiJoin") return semiJoinPath(query, term, run);
  const equality = equalityOf(term);
  if (equality === undefined) return undefined;
  const { field, values } = equality;
  if (field.steps.length > 0) return parentPath(query, field, values, run);
  return pathTo(query, field.field.name, values, run);
}

function pathTo(
  query: BoundQuery,
  field: string,
  values: readonly (string | number)[],
  { context }: Run,
): KeyedPath | undefined {
  if (field === "Id") return { kind: "id", ids: values.filter((value) => typeof value === "string").sort() };
  return context.data.hasIndex(query.object.name, field) ? { kind: "index", field, values } : undefined;
}

/** Parents that a path by a parent's key may lead through; more are not cheaper than a scan. */
const PARENTS_MAX = 1_000;

/** `Account.ErpKey__c = 'A-1'`: finds the parents by their index, then their children by the reference's index. */
function parentPath(
  query: BoundQuery,
  { steps, field }: BoundField,
  values: readonly (string | number)[],
  { context: { data } }: Run,
): KeyedPath | undefined {
  let keys = values;
  let name = field.name;
  for (let depth = steps.length - 1; depth >= 0; depth--) {
    const step = steps[depth];
    if (step === undefined || step.polymorphic) return undefined;
    const parent = step.target.name;
    const owner = steps[depth - 1]?.target.name ?? query.object.name;
    if (!data.hasIndex(owner, step.field.name) || (name !== "Id" && !data.hasIndex(parent, name))) return undefined;
    if (name !== "Id") keys = keys.flatMap((key) => data.find(parent, name, key).map((row) => String(row["Id"])));
    if (keys.length > PARENTS_MAX) return undefined;
    name = step.field.name;
  }
  return { kind: "index", field: name, values: distinct(keys) };
}

function semiJoinPath(query: BoundQuery, join: BoundSemiJoin, run: Run) {
  if (join.negated) return undefined;
  const { data } = run.context;
  if (join.left.field.name !== "Id" && !data.hasIndex(query.object.name, join.left.field.name)) return undefined;
  const values = run.semiJoinValues(join);
  if (values.size * SEMI_JOIN_SHARE > data.count(query.object.name)) return undefined;
  return pathTo(query, join.left.field.name, [...values], run);
}

/** The field and the values of `=`, IN, or an OR of such on one field. */
function equalityOf(
  term: BoundCondition,
): { readonly field: BoundField; readonly values: readonly (string | number)[] } | undefined {
  if (term.kind === "or") {
    const parts = term.terms.map(equalityOf);
    const [first] = parts;
    if (first === undefined) return undefined;
    const identity = identityOf(first.field);
    if (parts.some((part) => part === undefined || identityOf(part.field) !== identity)) return undefined;
    return { field: first.field, values: distinct(parts.flatMap((part) => part?.values ?? [])) };
  }
  if (term.kind !== "comparison" || (term.operator !== "=" && term.operator !== "IN")) return undefined;
  const { left, type } = term;
  if (left.kind !== "field") return undefined;
  if (type !== "exact" && type !== "text" && type !== "number") return undefined;
  const values = term.values.map(keyOf);
  if (values.includes(undefined)) return undefined;
  const keys = values.filter((value) => value !== undefined);
  return {
    field: left,
    values: distinct(type === "text" ? keys.map((key) => (typeof key === "string" ? key.toLowerCase() : key)) : keys),
  };
}

function keyOf(value: BoundValue): string | number | undefined {
  if (value.kind === "text") return value.value;
  return value.kind === "number" && value.beyond === 0 ? value.value : undefined;
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return values.length < 2 ? values : [...new Set(values)];
}

/** The range of SystemModstamp that all terms together allow; undefined where none speaks of it. */
function stampRange(terms: readonly BoundCondition[], run: Run): Extract<AccessPath, { kind: "stamp" }> | undefined {
  let from: string | null = null;
  let to: string | null = null;
  for (const term of terms) {
    if (term.kind !== "comparison" || term.left.kind !== "field" || term.left.steps.length > 0) continue;
    if (term.left.field.name !== "SystemModstamp") continue;
    const [lower, upper] = boundsOf(term, run);
    if (lower !== null && (from === null || lower > from)) from = lower;
    if (upper !== null && (to === null || upper < to)) to = upper;
  }
  return from === null && to === null ? undefined : { kind: "stamp", from, to };
}

function boundsOf(term: BoundComparison, run: Run): readonly [string | null, string | null] {
  const [value] = term.values;
  if (value === undefined || term.values.length > 1 || (value.kind !== "text" && value.kind !== "dateLiteral")) {
    return [null, null];
  }
  const at = (side: "start" | "end" | "after") =>
    value.kind === "text" ? value.value : dateBound(run, "datetime", value, side);
  switch (term.operator) {
    case "=":
    case "IN":
      return [at("start"), at("end")];
    case ">":
      return [at("after"), null];
    case ">=":
      return [at("start"), null];
    case "<":
      return [null, at("start")];
    case "<=":
      return [null, at("end")];
    case "!=":
    case "NOT IN":
    case "LIKE":
    case "INCLUDES":
    case "EXCLUDES":
      return [null, null];
  }
}

/** True where the result is ordered by (SystemModstamp, Id) ascending, the Id maybe implied. */
function isStampOrder({ orderBy, kind }: BoundQuery): boolean {
  if (kind !== "rows" || orderBy.length === 0 || orderBy.length > 2) return false;
  return orderBy.every(
    ({ expression, descending }, position) =>
      !descending &&
      expression.kind === "field" &&
      expression.steps.length === 0 &&
      expression.field.name === (position === 0 ? "SystemModstamp" : "Id"),
  );
}

/** True where the result is ordered by Id ascending, or not at all: rows then come by Id too. */
function isIdOrder({ orderBy, kind }: BoundQuery): boolean {
  const [first] = orderBy;
  if (kind === "count" || first === undefined) return true;
  const { expression, descending } = first;
  return !descending && expression.kind === "field" && expression.steps.length === 0 && expression.field.name === "Id";
}

function isUnique(query: BoundQuery, name: string): boolean {
  const field = query.object.field(name);
  return field?.unique === true || field?.externalId === true || field?.idLookup === true;
}

/** The index path that promises the fewest rows: a reference to an object of many records splits the rows finely. */
function finest(query: BoundQuery, candidates: readonly KeyedPath[], run: Run): KeyedPath | undefined {
  const [first, ...others] = candidates;
  if (first === undefined || others.length === 0) return first;
  const coarseness = (path: KeyedPath): number => {
    if (path.kind === "id") return 0;
    const targets = query.object.field(path.field)?.referenceTo ?? [];
    const records = targets.reduce((sum, target) => sum + run.context.data.count(target), 0);
    return path.values.length / Math.max(1, records);
  };
  return candidates
    .map((path) => ({ path, cost: coarseness(path) }))
    .reduce((best, next) => (next.cost < best.cost ? next : best)).path;
}
