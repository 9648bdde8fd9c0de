/**
 * Compiles a formula: parses it, finds its names, checks its types, and makes closures that run on records.
 *
 * The engine knows nothing of objects: `Names` tells it what a field or a `$` variable is and how to read it.
 */
import { FormulaError } from "./error.ts";
import { FUNCTIONS } from "./functions/table.ts";
import { parseNumber } from "./number.ts";
import { binary, logical, prefix } from "./operators.ts";
import { type Link, type Node, parseFormula } from "./parser.ts";
import type { Names, Run, Typed } from "./scope.ts";
import { asBoolean, asText, NOTHING } from "./types.ts";

/** Characters of a formula's source that the platform accepts. */
export const FORMULA_CHARACTERS_MAX = 3900;

/**
 * The formula as one typed part.
 *
 * Throws a `FormulaError`: its message names the field or function that does not exist, else the line and the column.
 */
export function compile(text: string, names: Names): Typed {
  if (text.length > FORMULA_CHARACTERS_MAX)
    throw new FormulaError(`is longer than ${FORMULA_CHARACTERS_MAX} characters`);
  try {
    return bind(parseFormula(text), names);
  } catch (error) {
    if (!(error instanceof FormulaError) || error.position === undefined) throw error;
    throw new FormulaError(`${error.message} (${placeIn(text, error.position)})`, { cause: error });
  }
}

function placeIn(text: string, position: number): string {
  const before = text.slice(0, position).split("\n");
  return `line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

function bind(node: Node, names: Names): Typed {
  switch (node.kind) {
    case "number": {
      const value = parseNumber(node.text);
      if (value === undefined) throw new FormulaError(`${node.text} is too large for a number`, { position: node.at });
      return { type: "number", run: () => value };
    }
    case "text": {
      const { value } = node;
      return { type: "text", run: () => value };
    }
    case "boolean": {
      const { value } = node;
      return { type: "boolean", run: () => value };
    }
    case "null":
      return NOTHING;
    case "name":
      return names.named(node.name).value;
    case "prefix": {
      let typed = bind(node.operand, names);
      for (const operator of node.operators.toReversed()) typed = prefix(operator, typed, node.at);
      return typed;
    }
    case "chain":
      return chain(bind(node.first, names), node.rest, names);
    case "call": {
      const known = FUNCTIONS[node.name];
      if (known === undefined) throw new FormulaError(`the function ${node.name} is not supported`);
      const refusal = known.refusal?.(names);
      if (refusal !== undefined) throw new FormulaError(`the function ${node.name} is not supported: ${refusal}`);
      const count = node.arguments.length;
      if (count < known.min || count > known.max) {
        const expected = known.min === known.max ? `${known.min}` : `${known.min} to ${known.max}`;
        throw new FormulaError(`${node.name} takes ${expected} arguments, not ${count}`, { position: node.at });
      }
      const args = node.arguments.map((argument) => bind(argument, names));
      return known.bind(args, { name: node.name, at: node.at, nodes: node.arguments, names });
    }
    default:
      return unreachable(node);
  }
}

/** Operands of one level from left to right. Long rows of conditions and joined texts run as lists, not as deep calls. */
function chain(first: Typed, rest: readonly Link[], names: Names): Typed {
  const [link] = rest;
  const operator = link?.operator;
  if (link !== undefined && (operator === "&&" || operator === "||") && rest.length > 1) {
    const call = { name: `operator '${operator}'`, at: link.at };
    const runs = [first, ...rest.map((each) => bind(each.operand, names))].map((part) => asBoolean(part, call));
    return { type: "boolean", run: logical(operator, runs) };
  }
  if (link !== undefined && rest.length > 1 && rest.every((each) => each.operator === "&")) {
    const call = { name: "operator '&'", at: link.at };
    const runs = [first, ...rest.map((each) => bind(each.operand, names))].map((part) => asText(part, call));
    return { type: "text", run: joinedAll(runs) };
  }
  let typed = first;
  for (const each of rest) typed = binary(each.operator, typed, bind(each.operand, names), each.at);
  return typed;
}

function joinedAll(runs: readonly Run<string>[]): Run<string> {
  return (scope) => {
    let text = "";
    for (const run of runs) text += run(scope);
    return text;
  };
}

function unreachable(node: never): never {
  throw new Error(`Unknown formula node ${JSON.stringify(node)}`);
}
