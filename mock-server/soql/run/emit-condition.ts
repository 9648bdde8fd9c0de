/**
 * Bound conditions → source text of a boolean expression.
 *
 * Logic is two-valued: a comparison with a missing value is false, `!=`, NOT IN and EXCLUDES are the exact complements.
 * Text compares without regard to case, ordered comparisons by upper-cased characters. Source: reference: soql §8.
 */

import { formatDay, formatInstant } from "../base/calendar.ts";
import { daysOfLiteral, instantsOfDays } from "../base/date-literal.ts";
import { fiscalYearFor } from "../base/fiscal-year.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import type { BoundComparison, BoundCondition, BoundValue } from "../bind/bound.ts";
import type { ValueEmitter } from "./emit-value.ts";
import type { Constant, Emitter } from "./emitter.ts";
import { compileLike, matchesPieces } from "./like.ts";
import type { Run } from "./run.ts";

/** Lists up to this length are compared one by one; longer ones are looked up in a set. */
const UNROLLED_MAX = 4;

/** The source of a condition; `value` gives the source of its operands. */
export function conditionSource(emitter: Emitter, condition: BoundCondition, value: ValueEmitter): string {
  switch (condition.kind) {
    case "and":
    case "or": {
      const terms = condition.terms.map((term) => conditionSource(emitter, term, value));
      return `(${terms.join(condition.kind === "and" ? " && " : " || ")})`;
    }
    case "not":
      return `!${conditionSource(emitter, condition.term, value)}`;
    case "comparison":
      return comparisonSource(emitter, condition, value);
    case "semiJoin": {
      const set = emitter.constant((run) => run.semiJoinValues(condition));
      return `${condition.negated ? "!" : ""}${set}.has(${value(condition.left)})`;
    }
  }
}

/** A comparison whose operand has been read into a variable by the first use of `first`, and is `again` afterwards. */
interface Operand {
  readonly emitter: Emitter;
  readonly comparison: BoundComparison;
  readonly first: string;
  readonly again: string;
}

function comparisonSource(emitter: Emitter, comparison: BoundComparison, value: ValueEmitter): string {
  const again = emitter.temporary();
  const first = `(${again} = ${value(comparison.left)})`;
  const operand: Operand = { emitter, comparison, first, again };
  const { operator, values } = comparison;
  const [only = { kind: "null" }] = values;
  switch (operator) {
    case "=":
      return equalSource(operand, first, only);
    case "!=":
      return `!${equalSource(operand, first, only)}`;
    case "IN":
      return inSource(operand);
    case "NOT IN":
      return `!${inSource(operand)}`;
    case "LIKE":
      return likeSource(operand);
    case "INCLUDES":
      return includesSource(operand);
    case "EXCLUDES":
      return `!${includesSource(operand)}`;
    case "<":
    case "<=":
    case ">":
    case ">=":
      return orderSource(operand, operator, only);
  }
}

/** Equality of the operand with one value; `read` is how the operand is read here. */
function equalSource({ emitter, comparison, again }: Operand, read: string, value: BoundValue): string {
  const { type } = comparison;
  if (type === "boolean") {
    // A boolean is never null: null, and one behind a missing parent, count as false.
    return value.kind === "boolean" && value.value ? `(${read} === true)` : `(${read} !== true)`;
  }
  switch (value.kind) {
    case "null":
      return `(${read} == null)`;
    case "boolean":
      return "false";
    case "number":
      return value.beyond === 0 ? `(${read} === ${emitter.constant(() => value.value)})` : `(${read}, false)`;
    case "dateLiteral": {
      const start = boundOf(emitter, comparison, value, "start");
      const end = boundOf(emitter, comparison, value, "end");
      return `(${read} != null && ${again} >= ${start} && ${again} < ${end})`;
    }
    case "text": {
      if (type === "multi") {
        const wanted = memberSet(value.value);
        const same = emitter.constant(() => (stored: string) => sameMembers(memberSet(stored), wanted));
        return `(${read} != null && ${same}(${again}))`;
      }
      const text = emitter.constant(() => value.value);
      const lower = value.value.toLowerCase();
      if (type !== "text" || lower === value.value.toUpperCase()) return `(${read} === ${text})`;
      const folded = emitter.constant(() => lower);
      // Most rows differ in length, which is cheaper to see than the text.
      return `(${read} != null && ${again}.length === ${lower.length} && (${again} === ${text} || ${again}.toLowerCase() === ${folded}))`;
    }
  }
}

function inSource(operand: Operand): string {
  const { emitter, comparison, first, again } = operand;
  const { values, type } = comparison;
  if (values.length === 0) return `(${first}, false)`;
  const isKeyed = type === "text" || type === "exact" || type === "number" || type === "date" || type === "datetime";
  const keyed = values.filter((value) => value.kind === "text" || value.kind === "number");
  if (!isKeyed || keyed.length <= UNROLLED_MAX) {
    const terms = values.map((value, position) => equalSource(operand, position === 0 ? first : again, value));
    return `(${terms.join(" || ")})`;
  }
  const others = values.filter((value) => value.kind !== "text" && value.kind !== "number");
  const keys = new Set<string | number>();
  for (const value of keyed) {
    if (value.kind === "text") keys.add(type === "text" ? value.value.toLowerCase() : value.value);
    else if (value.beyond === 0) keys.add(value.value);
  }
  const set = emitter.constant(() => keys);
  const key = type === "text" ? `${again}.toLowerCase()` : again;
  const terms = others.map((value) => equalSource(operand, again, value));
  return `(${first}, ${[`(${again} != null && ${set}.has(${key}))`, ...terms].join(" || ")})`;
}

function orderSource(operand: Operand, operator: "<" | "<=" | ">" | ">=", value: BoundValue): string {
  const { emitter, comparison, first, again } = operand;
  const compare = (left: string, how: string, right: string) => `(${first} != null && ${left} ${how} ${right})`;
  switch (value.kind) {
    case "null":
    case "boolean":
      return `(${first}, false)`;
    case "number": {
      // `beyond` says on which side of the nearest number the written decimal lies.
      const inclusive =
        value.beyond === 0
          ? operator.endsWith("=")
          : operator.startsWith("<")
            ? value.beyond === 1
            : value.beyond === -1;
      return compare(
        again,
        `${operator.charAt(0)}${inclusive ? "=" : ""}`,
        emitter.constant(() => value.value),
      );
    }
    case "text": {
      if (comparison.type === "text") {
        return compare(
          `${again}.toUpperCase()`,
          operator,
          emitter.constant(() => value.value.toUpperCase()),
        );
      }
      return compare(
        again,
        operator,
        emitter.constant(() => value.value),
      );
    }
    case "dateLiteral":
      switch (operator) {
        case "<":
          return compare(again, "<", boundOf(emitter, comparison, value, "start"));
        case "<=":
          return compare(again, "<", boundOf(emitter, comparison, value, "end"));
        case ">=":
          return compare(again, ">=", boundOf(emitter, comparison, value, "start"));
        case ">":
          return compare(again, ">=", boundOf(emitter, comparison, value, "after"));
      }
  }
}

function boundOf(
  emitter: Emitter,
  { type }: BoundComparison,
  literal: Extract<BoundValue, { kind: "dateLiteral" }>,
  side: "start" | "end" | "after",
): string {
  return emitter.constant((run) => dateBound(run, type === "date" ? "date" : "datetime", literal, side));
}

/**
 * A border of a date literal's range in the form in which rows store dates. `after` is the first value that counts as
 * greater: the end of the range, except for the literals that run up to now.
 */
export function dateBound(
  { context }: Pick<Run, "context">,
  type: "date" | "datetime",
  literal: { readonly name: string; readonly n: number | null },
  side: "start" | "end" | "after",
): string {
  const setting = { ...context, fiscalYear: fiscalYearFor(literal.name, context) };
  const days = daysOfLiteral(literal.name, literal.n, setting);
  const afterStart = side === "after" && days.untilNow && OPEN_POINTS.lastDaysGreaterMeansAfterStart;
  if (type === "date") {
    return formatDay(side === "start" ? days.startDay : afterStart ? days.startDay + 1 : days.endDay);
  }
  const { startMs, endMs } = instantsOfDays(days, setting);
  return formatInstant(side === "start" ? startMs : afterStart ? startMs + 1 : endMs);
}

function likeSource({ emitter, comparison, first, again }: Operand): string {
  const [pattern] = comparison.values;
  if (pattern?.kind !== "text") throw new Error("The parser gives LIKE one text");
  const exact = comparison.type === "exact";
  const test = compileLike(pattern.value, exact);
  if (test.kind === "pieces") {
    const matches: Constant = (stored: string): boolean =>
      matchesPieces(test.pieces, exact ? stored : stored.toLowerCase());
    return `(${first} != null && ${emitter.constant(() => matches)}(${again}))`;
  }
  const fold = (source: string) => (exact ? source : `${source}.toLowerCase()`);
  const text = emitter.constant(() => (exact ? test.text : test.text.toLowerCase()));
  const length = test.text.length;
  switch (test.kind) {
    case "equals":
      return `(${first} != null && ${fold(again)} === ${text})`;
    case "contains":
      return `(${first} != null && ${fold(again)}.includes(${text}))`;
    case "prefix":
      return `(${first} != null && ${again}.length >= ${length} && ${fold(`${again}.slice(0, ${length})`)} === ${text})`;
    case "suffix":
      return `(${first} != null && ${again}.length >= ${length} && ${fold(`${again}.slice(-${length})`)} === ${text})`;
  }
}

/** `INCLUDES ('A;B', 'C')`: all members of one of the lists. */
function includesSource({ emitter, comparison, first, again }: Operand): string {
  const lists = comparison.values.map((value) => (value.kind === "text" ? memberSet(value.value) : new Set<string>()));
  const includes: Constant = (stored: string): boolean => {
    const members = memberSet(stored);
    return lists.some((list) => list.size > 0 && [...list].every((member) => members.has(member)));
  };
  const test = emitter.constant(() => includes);
  return `(${first} != null && ${test}(${again}))`;
}

function memberSet(text: string): ReadonlySet<string> {
  return new Set(text.split(";").map((member) => member.trim().toLowerCase()));
}

function sameMembers(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((member) => b.has(member));
}
