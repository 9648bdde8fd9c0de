/** Conditions of WHERE and HAVING. At one level stand only ANDs, only ORs, or one NOT: reference: soql §4 [client]. */

import { CONDITION_DEPTH_MAX } from "../base/limits.ts";
import { syntaxError } from "../base/query-error.ts";
import type { Comparison, Condition, Expression, Literal, Operator, SemiJoin } from "./ast.ts";
import { parseExpression, parsePath } from "./expression.ts";
import { parseLiteral, readPattern, readString } from "./literal.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Parses a condition up to the first token that cannot belong to it. */
export function parseCondition(cursor: TokenCursor, depth = 0): Condition {
  if (depth > CONDITION_DEPTH_MAX) throw cursor.unexpected();
  if (cursor.take("NOT")) {
    const condition: Condition = { kind: "not", term: parseSimple(cursor, depth) };
    if (cursor.at("AND") || cursor.at("OR")) throw cursor.unexpected();
    return condition;
  }
  const first = parseSimple(cursor, depth);
  const kind = cursor.at("AND") ? "and" : cursor.at("OR") ? "or" : null;
  if (kind === null) return first;
  const word = kind === "and" ? "AND" : "OR";
  const terms = [first];
  while (cursor.take(word)) terms.push(parseSimple(cursor, depth));
  if (cursor.at("AND") || cursor.at("OR")) throw cursor.unexpected();
  return { kind, terms };
}

function parseSimple(cursor: TokenCursor, depth: number): Condition {
  if (!cursor.take("(")) return parseComparison(cursor, depth);
  const condition = parseCondition(cursor, depth + 1);
  cursor.expectClose();
  return condition;
}

function parseComparison(cursor: TokenCursor, depth: number): Condition {
  if (!cursor.atName()) throw cursor.unexpected();
  const from = cursor.peek().start;
  const left = parseExpression(cursor);
  if (cursor.at("LIKE")) return parseLike(cursor, left);
  if (cursor.at("IN")) {
    cursor.next();
    return parseIn(cursor, left, false, from, depth);
  }
  if (cursor.at("NOT")) {
    if (cursor.peek(1).upper !== "IN") throw cursor.unexpected(from, 1);
    cursor.next();
    cursor.next();
    return parseIn(cursor, left, true, from, depth);
  }
  if (cursor.at("INCLUDES") || cursor.at("EXCLUDES")) {
    const operator = cursor.next().upper === "INCLUDES" ? "INCLUDES" : "EXCLUDES";
    cursor.expect("(");
    return { kind: "comparison", left, operator, values: parseStrings(cursor) };
  }
  const operator = parseOperator(cursor, from);
  return { kind: "comparison", left, operator, values: [parseLiteral(cursor)] };
}

const SYMBOL_OPERATORS: Readonly<Record<string, Operator>> = {
  "=": "=",
  "!=": "!=",
  "<>": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

function parseOperator(cursor: TokenCursor, from: number): Operator {
  const token = cursor.peek();
  const isSymbol = token.kind === "symbol";
  // `< =`, `> =` and `! =` may be written apart, `< >` may not.
  if (isSymbol && ["<", ">", "!"].includes(token.text) && cursor.peek(1).upper === "=") {
    cursor.next();
    cursor.next();
    return token.text === "<" ? "<=" : token.text === ">" ? ">=" : "!=";
  }
  const operator = isSymbol ? SYMBOL_OPERATORS[token.text] : undefined;
  if (operator === undefined) throw cursor.unexpected(from);
  cursor.next();
  return operator;
}

function parseLike(cursor: TokenCursor, left: Expression): Comparison {
  cursor.next();
  const token = cursor.peek();
  if (token.kind !== "string") throw cursor.unexpected();
  cursor.next();
  return {
    kind: "comparison",
    left,
    operator: "LIKE",
    values: [{ kind: "pattern", raw: readPattern(cursor, token), at: token.start }],
  };
}

function parseIn(cursor: TokenCursor, left: Expression, negated: boolean, from: number, depth: number): Condition {
  cursor.expect("(", from);
  if (cursor.at("SELECT")) return parseSemiJoin(cursor, left, negated, from, depth);
  const values: Literal[] = [parseLiteral(cursor, from)];
  while (cursor.take(",")) values.push(parseLiteral(cursor));
  if (!cursor.take(")")) throw cursor.peek().kind === "eof" ? cursor.missing() : cursor.unexpected();
  return { kind: "comparison", left, operator: negated ? "NOT IN" : "IN", values };
}

function parseStrings(cursor: TokenCursor): readonly Literal[] {
  const values: Literal[] = [];
  do {
    const token = cursor.peek();
    if (token.kind !== "string") throw cursor.unexpected();
    cursor.next();
    values.push({ kind: "string", value: readString(cursor, token), at: token.start });
  } while (cursor.take(","));
  cursor.expectClose();
  return values;
}

function parseSemiJoin(cursor: TokenCursor, left: Expression, negated: boolean, at: number, depth: number): SemiJoin {
  cursor.next();
  if (!cursor.atName()) throw cursor.unexpected();
  const column = parseExpression(cursor);
  cursor.expect("FROM");
  const path = parsePath(cursor);
  const named = cursor.take("AS") || (cursor.atName() && !cursor.at("ORDER", "BY") && !cursor.at("GROUP", "BY"));
  const alias = named ? cursor.expectName() : null;
  const where = cursor.take("WHERE") ? parseCondition(cursor, depth + 1) : null;
  if (cursor.at("WITH")) {
    const token = cursor.peek();
    throw syntaxError(`unexpected token: '${token.text}'`, cursor.source, token.start);
  }
  cursor.expectClose();
  const from = { path, alias: alias === null ? null : { text: alias.text, at: alias.start } };
  return { kind: "semiJoin", left, negated, column, from, where, at };
}
