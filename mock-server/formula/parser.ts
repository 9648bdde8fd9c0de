/**
 * Parses a formula into a tree.
 *
 * An operator stack instead of recursion: the time grows with the length, and no nesting that fits in a formula can
 * exhaust the stack. Precedence, from the tightest: `!` `NOT` `-` `+` before an operand; `^`; `*` `/`; `+` `-` `&`;
 * `<` `<=` `>` `>=`; `=` `==` `<>` `!=`; `&&`; `||`. Operators of one level go from left to right [memory: `^`, platform §6].
 */
import { FormulaError } from "./error.ts";
import { type Token, tokensOf } from "./lexer.ts";

/** Operators as the compiler sees them; `==` is `=`, `!=` is `<>`. */
export type Operator = "^" | "*" | "/" | "+" | "-" | "&" | "<" | "<=" | ">" | ">=" | "=" | "<>" | "&&" | "||";

/** A node of the tree; `at` is its place in the text. Parentheses leave no node behind. */
export type Node =
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  | { readonly kind: "boolean"; readonly value: boolean; readonly at: number }
  | { readonly kind: "null"; readonly at: number }
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Node[]; readonly at: number }
  /** The operators in front of an operand, the outermost first: a row of them is no deep tree. */
  | { readonly kind: "prefix"; readonly operators: readonly Prefix[]; readonly operand: Node; readonly at: number }
  /** Operands of one level in a row, `a + b - c`: as flat as they are written, so that a long sum is no deep tree. */
  | { readonly kind: "chain"; readonly first: Node; readonly rest: readonly Link[]; readonly at: number };

/** An operator in front of its operand; `NOT x` is `!x`. */
export type Prefix = "!" | "-" | "+";

/** One more operand of a chain. */
export interface Link {
  readonly operator: Operator;
  readonly operand: Node;
  readonly at: number;
}

const LEVELS: Readonly<Record<string, number>> = {
  "||": 1,
  "&&": 2,
  "=": 3,
  "<>": 3,
  "<": 4,
  "<=": 4,
  ">": 4,
  ">=": 4,
  "+": 5,
  "-": 5,
  "&": 5,
  "*": 6,
  "/": 6,
  "^": 7,
};
const SYNONYMS: Readonly<Record<string, string>> = { "==": "=", "!=": "<>" };

/** What waits for its operands: a prefix, a chain that goes on, an open parenthesis, or a call with its arguments. */
type Waiting =
  | { readonly kind: "prefix"; readonly operator: Prefix; readonly at: number }
  | { readonly kind: "chain"; readonly level: number; readonly first: Node; readonly rest: Link[]; next: Pending }
  | { readonly kind: "open"; readonly at: number }
  | { readonly kind: "call"; readonly name: string; readonly args: Node[]; readonly at: number };

interface Pending {
  readonly operator: Operator;
  readonly at: number;
}

/** The tree of a formula. Throws a `FormulaError` with the place of the first token that cannot stand where it is. */
export function parseFormula(text: string): Node {
  const tokens = tokensOf(text);
  if (tokens.length === 0) throw new FormulaError("Syntax error: the formula is empty", { position: 0 });
  const stack: Waiting[] = [];
  let operand: Node | undefined;
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    const next = tokens[at + 1];
    if (operand === undefined) {
      const begun = begin(token, next, tokens[at - 1], stack);
      if (begun.skip) at++;
      operand = begun.operand;
    } else operand = goOn(token, operand, stack);
  }
  if (operand === undefined)
    throw new FormulaError("Syntax error: an operand is missing at the end", { position: text.length });
  const whole = reduce(stack, operand, 0);
  const open = stack.at(-1);
  if (open !== undefined)
    throw new FormulaError(
      open.kind === "call" ? `Syntax error: ')' is missing after ${open.name}(` : "Syntax error: ')' is missing",
      {
        position: "at" in open ? open.at : text.length,
      },
    );
  return whole;
}

/** Where an operand must begin: the operand itself, or what goes onto the stack. */
function begin(
  token: Token,
  next: Token | undefined,
  before: Token | undefined,
  stack: Waiting[],
): { readonly operand: Node | undefined; readonly skip?: true } {
  const { at } = token;
  switch (token.kind) {
    case "number":
      return { operand: { kind: "number", text: token.text, at } };
    case "text":
      return { operand: { kind: "text", value: token.value, at } };
    case "name":
      return beginName(token.name, at, next, stack);
    case "sign": {
      const { sign } = token;
      if (sign === "!" || sign === "-" || sign === "+") stack.push({ kind: "prefix", operator: sign, at });
      else if (sign === "(") stack.push({ kind: "open", at });
      else {
        const call = stack.at(-1);
        const isEmptyCall = sign === ")" && call?.kind === "call" && call.args.length === 0 && isOpening(before);
        if (!isEmptyCall)
          throw new FormulaError(`Syntax error: found '${sign}' where an operand must stand`, { position: at });
        stack.pop();
        return { operand: prefixed(stack, { kind: "call", name: call.name, arguments: [], at: call.at }) };
      }
      return { operand: undefined };
    }
    default:
      return unreachable(token);
  }
}

function beginName(
  name: string,
  at: number,
  next: Token | undefined,
  stack: Waiting[],
): { readonly operand: Node | undefined; readonly skip?: true } {
  if (isOpening(next)) {
    stack.push({ kind: "call", name: name.toUpperCase(), args: [], at });
    return { operand: undefined, skip: true };
  }
  switch (name.toUpperCase()) {
    case "TRUE":
    case "FALSE":
      return { operand: { kind: "boolean", value: name.toUpperCase() === "TRUE", at } };
    case "NULL":
      return { operand: { kind: "null", at } };
    case "NOT":
      stack.push({ kind: "prefix", operator: "!", at });
      return { operand: undefined };
    default:
      return { operand: { kind: "name", name, at } };
  }
}

/** Behind an operand: an operator, a comma, or the end of a parenthesis. */
function goOn(token: Token, operand: Node, stack: Waiting[]): Node | undefined {
  const { at } = token;
  const sign = token.kind === "sign" ? (SYNONYMS[token.sign] ?? token.sign) : undefined;
  const complete = sign === undefined ? operand : prefixed(stack, operand);
  if (sign !== undefined && isOperator(sign)) {
    const level = LEVELS[sign] ?? 0;
    const left = reduce(stack, complete, level + 1);
    const waiting = stack.at(-1);
    if (waiting?.kind === "chain" && waiting.level === level) {
      waiting.rest.push({ ...waiting.next, operand: left });
      waiting.next = { operator: sign, at };
    } else stack.push({ kind: "chain", level, first: left, rest: [], next: { operator: sign, at } });
    return undefined;
  }
  if (sign === "," || sign === ")") {
    const value = reduce(stack, complete, 0);
    const waiting = stack.at(-1);
    if (sign === ",") {
      if (waiting?.kind !== "call")
        throw new FormulaError("Syntax error: found ',' outside of a function", { position: at });
      waiting.args.push(value);
      return undefined;
    }
    if (waiting === undefined || (waiting.kind !== "call" && waiting.kind !== "open"))
      throw new FormulaError("Syntax error: one ')' too many", { position: at });
    stack.pop();
    if (waiting.kind === "open") return value;
    return { kind: "call", name: waiting.name, arguments: [...waiting.args, value], at: waiting.at };
  }
  throw new FormulaError(`Syntax error: found '${shown(token)}' where an operator must stand`, { position: at });
}

/** The operand with the prefixes that wait for it. */
function prefixed(stack: Waiting[], operand: Node): Node {
  const operators: Prefix[] = [];
  let { at } = operand;
  for (let waiting = stack.at(-1); waiting?.kind === "prefix"; waiting = stack.at(-1)) {
    stack.pop();
    operators.push(waiting.operator);
    at = waiting.at;
  }
  return operators.length === 0 ? operand : { kind: "prefix", operators: operators.reverse(), operand, at };
}

/** Closes the chains that bind at least as tightly as `level`. */
function reduce(stack: Waiting[], operand: Node, level: number): Node {
  let node = prefixed(stack, operand);
  for (let waiting = stack.at(-1); waiting?.kind === "chain" && waiting.level >= level; waiting = stack.at(-1)) {
    stack.pop();
    const at = waiting.first.at;
    node = { kind: "chain", first: waiting.first, rest: [...waiting.rest, { ...waiting.next, operand: node }], at };
  }
  return node;
}

function isOpening(token: Token | undefined): boolean {
  return token?.kind === "sign" && token.sign === "(";
}

function isOperator(sign: string): sign is Operator {
  return LEVELS[sign] !== undefined;
}

function shown(token: Token): string {
  if (token.kind === "name") return token.name;
  if (token.kind === "sign") return token.sign;
  return token.kind === "number" ? token.text : `"${token.value}"`;
}

function unreachable(token: never): never {
  throw new Error(`Unknown token ${JSON.stringify(token)}`);
}
