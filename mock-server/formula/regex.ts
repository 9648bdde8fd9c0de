/**
 * Regular expressions for REGEX, without backtracking: every character is looked at once for all ways a pattern can go,
 * so that no pattern and no text can take longer than their lengths multiplied. Larger work ends with the platform's
 * own message, "Regex too complicated".
 *
 * Java's syntax, without references to groups, looking back and possessive repetitions, which are refused by name.
 */
import { FormulaError } from "./error.ts";
import { isWord, type Part, parsePattern } from "./regex-parse.ts";

/** Steps of a compiled pattern, and steps while it runs on one text; far above what real rules need. */
const STATES_MAX = 20_000;
const STEPS_MAX = 2_000_000;

/** One state of the machine. */
type State =
  | { readonly kind: "one"; readonly accepts: (code: number) => boolean; readonly next: number }
  | { readonly kind: "fork"; readonly next: number; readonly other: number }
  | { readonly kind: "place"; readonly place: "start" | "end" | "word" | "notWord"; readonly next: number }
  | { readonly kind: "ahead"; readonly inner: Machine; readonly negative: boolean; readonly next: number }
  | { readonly kind: "end" };

interface Machine {
  readonly states: readonly State[];
  readonly start: number;
}

/** A pattern ready to run. */
export interface Pattern {
  readonly machine: Machine;
}

/** Compiles a pattern. Throws a `FormulaError` where it cannot be read, or is too large. */
export function patternOf(source: string): Pattern {
  return { machine: machineOf(parsePattern(source), { left: STATES_MAX }) };
}

/** True where the whole text matches. Throws "Regex too complicated" where that takes too long. */
export function matches(pattern: Pattern, text: string): boolean {
  const codes = Array.from(text).map((character) => character.codePointAt(0) ?? 0);
  return run(pattern.machine, { codes, from: 0, whole: true, budget: { left: STEPS_MAX } });
}

interface Budget {
  left: number;
}

function machineOf(part: Part, budget: Budget): Machine {
  const states: State[] = [{ kind: "end" }];
  const push = (state: State): number => {
    if (budget.left-- <= 0) throw tooComplicated();
    return states.push(state) - 1;
  };
  // Built from the end: every part gets the state that follows it, and gives the one to begin with.
  const build = (each: Part, next: number): number => {
    if (budget.left-- <= 0) throw tooComplicated();
    switch (each.kind) {
      case "one":
        return push({ kind: "one", accepts: each.accepts, next });
      case "all":
        return each.parts.reduceRight((after, one) => build(one, after), next);
      case "any":
        return each.parts
          .map((one) => build(one, next))
          .reduceRight((other, start) => push({ kind: "fork", next: start, other }));
      case "repeat":
        return repeated(each, next);
      case "place":
        return push({ kind: "place", place: each.place, next });
      case "ahead":
        return push({ kind: "ahead", inner: machineOf(each.part, budget), negative: each.negative, next });
      default:
        return unreachable(each);
    }
  };
  const repeated = ({ part: each, min, max }: Part & { readonly kind: "repeat" }, next: number): number => {
    let start = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = push({ kind: "end" });
      states[loop] = { kind: "fork", next: build(each, loop), other: next };
      start = loop;
    } else for (let at = min; at < max; at++) start = push({ kind: "fork", next: build(each, start), other: next });
    for (let at = 0; at < min; at++) start = build(each, start);
    return start;
  };
  const start = build(part, 0);
  return { states, start };
}

interface Work {
  readonly codes: readonly number[];
  readonly from: number;
  /** True where the end of the pattern must be the end of the text. */
  readonly whole: boolean;
  readonly budget: Budget;
}

function run(machine: Machine, work: Work): boolean {
  const { codes, budget } = work;
  const seen = new Int32Array(machine.states.length).fill(-1);
  let current: number[] = [];
  let next: number[] = [];
  let reached = follow(machine, machine.start, work.from, work, seen, current);
  for (let at = work.from; at < codes.length; at++) {
    if (reached && !work.whole) return true;
    if (current.length === 0) return false;
    reached = false;
    const code = codes[at] ?? 0;
    for (const index of current) {
      if (budget.left-- <= 0) throw tooComplicated();
      const state = machine.states[index];
      if (state?.kind === "one" && state.accepts(code))
        reached = follow(machine, state.next, at + 1, work, seen, next) || reached;
    }
    [current, next] = [next, current];
    next.length = 0;
  }
  return reached;
}

/** Adds the states that wait for a character, from one state on; true where the pattern may end here. */
function follow(machine: Machine, start: number, at: number, work: Work, seen: Int32Array, waiting: number[]): boolean {
  let ends = false;
  const open = [start];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (seen[index] === at) continue;
    if (work.budget.left-- <= 0) throw tooComplicated();
    seen[index] = at;
    const state = machine.states[index];
    switch (state?.kind) {
      case "one":
        waiting.push(index);
        break;
      case "fork":
        open.push(state.other, state.next);
        break;
      case "place":
        if (isAt(state.place, work.codes, at)) open.push(state.next);
        break;
      case "ahead":
        if (run(state.inner, { ...work, from: at, whole: false }) !== state.negative) open.push(state.next);
        break;
      default:
        ends = true;
    }
  }
  return ends;
}

function isAt(place: "start" | "end" | "word" | "notWord", codes: readonly number[], at: number): boolean {
  if (place === "start") return at === 0;
  if (place === "end") return at === codes.length;
  const border = isWord(codes[at - 1] ?? 0) !== isWord(codes[at] ?? 0);
  return border === (place === "word");
}

function tooComplicated(): FormulaError {
  return new FormulaError("Regex too complicated");
}

function unreachable(part: never): never {
  throw new Error(`Unknown part ${JSON.stringify(part)}`);
}
