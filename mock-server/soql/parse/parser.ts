/**
 * Tokens → syntax tree.
 *
 * ```text
 * query      = SELECT ( COUNT "(" ")" | item { "," item } ) FROM from
 *              [ USING ( SCOPE | LOOKUP ) name ] [ WHERE condition ] [ WITH with ]
 *              [ GROUP BY grouping [ HAVING condition ] ] [ ORDER BY order { "," order } ]
 *              [ LIMIT integer ] [ OFFSET integer ] [ FOR ( VIEW | REFERENCE ) ]
 *              [ UPDATE ( TRACKING | VIEWSTAT ) { "," ( TRACKING | VIEWSTAT ) } ]
 * item       = expression [ alias ] | typeOf [ alias ] | "(" query ")" [ alias ]
 * typeOf     = TYPEOF path WHEN name THEN path { "," path } { WHEN … } [ ELSE path { "," path } ] END
 * expression = path | name "(" ( path | name "(" path ")" ) ")" | DISTANCE "(" path "," point "," string ")"
 * point      = GEOLOCATION "(" number "," number ")"
 * path       = name { "." name }                  no blanks around the dots
 * from       = path [ [ AS ] alias ] { "," path [ [ AS ] alias ] }
 * condition  = simple { AND simple } | simple { OR simple } | NOT simple
 * simple     = "(" condition ")" | comparison
 * comparison = expression ( "=" | "!=" | "<>" | "<" | "<=" | ">" | ">=" ) value
 *            | expression LIKE string
 *            | expression [ NOT ] IN "(" ( value { "," value } | semiJoin ) ")"
 *            | expression ( INCLUDES | EXCLUDES ) "(" string { "," string } ")"
 * semiJoin   = SELECT expression FROM path [ alias ] [ WHERE condition ] [ WITH with ]
 * value      = string | number | currency | date | datetime | time | TRUE | FALSE | NULL | date literal [ ":" n ]
 * with       = name | DATA CATEGORY category { AND category }
 * category   = name ( AT | ABOVE | BELOW | ABOVE_OR_BELOW ) ( name | "(" name { "," name } ")" )
 * grouping   = key { "," key } | ( ROLLUP | CUBE ) "(" key { "," key } ")"
 * order      = expression [ ASC | DESC ] [ NULLS ( FIRST | LAST ) ]
 * ```
 *
 * Words are reserved as `token-cursor.ts` lists them; ORDER, GROUP and OFFSET are not, so an object may be called Order
 * and an alias offset. Source: reference: soql §4 [client]; error wording §10.3.
 */

import { QUERY_CHARACTERS_MAX } from "../base/limits.ts";
import { queryError, syntaxError } from "../base/query-error.ts";
import type {
  Condition,
  FromEntry,
  GroupBy,
  IntegerValue,
  Name,
  OrderItem,
  Query,
  SelectItem,
  TypeOf,
  WithClause,
} from "./ast.ts";
import { parseCondition } from "./condition.ts";
import { parseCallOrPath, parseExpression, parsePath } from "./expression.ts";
import { TokenCursor } from "./token-cursor.ts";

/** Nested parentheses of sub-selects: a bound on recursion; the binder refuses far fewer. */
const SUBQUERY_DEPTH_MAX = 50;

/**
 * Parses one SOQL statement.
 *
 * Throws `OrgError` 400 `MALFORMED_QUERY` at the first syntax error, and for an empty or too long statement.
 */
export function parseQuery(soql: string): Query {
  if (soql.trim() === "") throw queryError("MALFORMED_QUERY", "SOQL statements cannot be empty or null");
  if (soql.length > QUERY_CHARACTERS_MAX) {
    throw queryError("MALFORMED_QUERY", `SOQL statements cannot be longer than ${QUERY_CHARACTERS_MAX} characters.`);
  }
  const cursor = new TokenCursor(soql);
  const query = parseBody(cursor, 0);
  if (cursor.peek().kind !== "eof") throw cursor.unexpected();
  return query;
}

function parseBody(cursor: TokenCursor, depth: number): Query {
  if (depth > SUBQUERY_DEPTH_MAX) throw cursor.unexpected();
  const at = cursor.expect("SELECT").start;
  const select = parseSelect(cursor, at, depth);
  cursor.expect("FROM");
  const first = parseFrom(cursor);
  const early = parseUsing(cursor);
  const more: FromEntry[] = [];
  while (cursor.take(",")) more.push(parseFrom(cursor));
  const using = early ?? parseUsing(cursor);
  const where = cursor.take("WHERE") ? parseCondition(cursor) : null;
  const withClause = parseWith(cursor);
  const groupBy = parseGroupBy(cursor);
  const having: Condition | null = groupBy !== null && cursor.take("HAVING") ? parseCondition(cursor) : null;
  const orderBy = parseOrderBy(cursor);
  const limit = cursor.take("LIMIT") ? parseInteger(cursor) : null;
  const offset = cursor.take("OFFSET") ? parseInteger(cursor) : null;
  return {
    kind: "query",
    select,
    from: [first, ...more],
    using,
    where,
    with: withClause,
    groupBy,
    having,
    orderBy,
    limit,
    offset,
    for: parseFor(cursor),
    update: parseUpdate(cursor),
    at,
  };
}

function parseSelect(cursor: TokenCursor, at: number, depth: number): "count" | readonly SelectItem[] {
  // Everything up to here is one decision of Salesforce's parser, so its errors name the text from SELECT on.
  if (!cursor.at("(") && !cursor.atName()) throw cursor.unexpected(at);
  if (cursor.at("COUNT", "(")) {
    if (cursor.at("COUNT", "(", ")")) {
      for (let taken = 0; taken < 3; taken++) cursor.next();
      return "count";
    }
    if (!cursor.atName(2)) throw cursor.unexpected(at, 2);
  }
  const items = [parseItem(cursor, depth)];
  while (cursor.take(",")) items.push(parseItem(cursor, depth));
  return items;
}

function parseItem(cursor: TokenCursor, depth: number): SelectItem {
  const at = cursor.peek().start;
  if (cursor.take("(")) {
    if (!cursor.at("SELECT")) throw cursor.unexpected();
    const query = parseBody(cursor, depth + 1);
    cursor.expectClose();
    return { kind: "subquery", query, alias: parseAlias(cursor), at };
  }
  if (cursor.at("TYPEOF") && cursor.atName(1) && !cursor.at("TYPEOF", "FROM")) {
    const typeOf = parseTypeOf(cursor, at);
    if (typeOf !== null) return typeOf;
  }
  if (!cursor.atName()) throw cursor.unexpected();
  const expression = parseExpression(cursor);
  return { kind: "expression", expression, alias: parseAlias(cursor) };
}

/** Null where TYPEOF turns out to be a field name with an alias behind it. */
function parseTypeOf(cursor: TokenCursor, at: number): TypeOf | null {
  let ahead = 2;
  while (cursor.peek(ahead).upper === ".") ahead += 2;
  if (cursor.peek(ahead).upper !== "WHEN") return null;
  cursor.next();
  const operand = parsePath(cursor);
  const whens: { object: Name; fields: TypeOf["whens"][number]["fields"] }[] = [];
  while (cursor.take("WHEN")) {
    const object = cursor.expectName();
    cursor.expect("THEN");
    whens.push({ object: { text: object.text, at: object.start }, fields: parsePaths(cursor) });
  }
  const otherwise = cursor.take("ELSE") ? parsePaths(cursor) : null;
  if (!cursor.at("END")) {
    const token = cursor.peek();
    throw syntaxError(`Missing 'END' at '${token.kind === "string" ? "'" : token.text}'`, cursor.source, token.start);
  }
  cursor.next();
  return { kind: "typeOf", operand, whens, otherwise, alias: parseAlias(cursor), at };
}

function parsePaths(cursor: TokenCursor): TypeOf["whens"][number]["fields"] {
  const paths = [parsePath(cursor)];
  while (cursor.take(",")) paths.push(parsePath(cursor));
  return paths;
}

function parseAlias(cursor: TokenCursor): Name | null {
  if (!cursor.atName()) return null;
  const token = cursor.next();
  return { text: token.text, at: token.start };
}

function parseFrom(cursor: TokenCursor): FromEntry {
  const path = parsePath(cursor);
  if (cursor.take("AS")) {
    const alias = cursor.expectName();
    return { path, alias: { text: alias.text, at: alias.start } };
  }
  return { path, alias: startsClause(cursor) ? null : parseAlias(cursor) };
}

/** An identifier after the object is its alias unless it begins a clause with a word that is not reserved. */
function startsClause(cursor: TokenCursor): boolean {
  if (cursor.at("GROUP", "BY") || cursor.at("ORDER", "BY")) return true;
  if (!cursor.at("OFFSET")) return false;
  const next = cursor.peek(1);
  return next.kind === "int" || next.upper === "-" || next.upper === "+";
}

function parseUsing(cursor: TokenCursor): Query["using"] {
  if (!cursor.take("USING")) return null;
  const kind = cursor.at("SCOPE") ? "scope" : cursor.at("LOOKUP") ? "lookup" : null;
  if (kind === null) throw cursor.unexpected();
  cursor.next();
  const name = cursor.expectName();
  return { kind, name: { text: name.text, at: name.start } };
}

const CATEGORY_SELECTORS: readonly string[] = ["AT", "ABOVE", "BELOW", "ABOVE_OR_BELOW"];

/** `WITH DATA CATEGORY …` or one word such as SECURITY_ENFORCED. */
function parseWith(cursor: TokenCursor): WithClause | null {
  const at = cursor.peek().start;
  if (!cursor.take("WITH")) return null;
  if (!cursor.at("DATA", "CATEGORY")) return { words: [cursor.expectName().text], at };
  const words = [cursor.next().text, cursor.next().text];
  do {
    if (words.length > 2) words.push("AND");
    words.push(cursor.expectName().text);
    if (!CATEGORY_SELECTORS.includes(cursor.peek().upper)) throw cursor.unexpected();
    words.push(cursor.next().text);
    if (cursor.take("(")) {
      words.push("(", cursor.expectName().text);
      while (cursor.take(",")) words.push(",", cursor.expectName().text);
      cursor.expectClose();
      words.push(")");
    } else words.push(cursor.expectName().text);
  } while (cursor.take("AND"));
  return { words, at };
}

function parseGroupBy(cursor: TokenCursor): GroupBy | null {
  if (!cursor.at("GROUP")) return null;
  cursor.next();
  cursor.expect("BY");
  const mode = cursor.at("ROLLUP") ? "rollup" : cursor.at("CUBE") ? "cube" : "plain";
  if (mode !== "plain") {
    cursor.next();
    if (!cursor.at("(")) throw cursor.atName() ? cursor.missing() : cursor.unexpected();
    cursor.next();
  }
  const keys = [parseKey(cursor)];
  while (cursor.take(",")) keys.push(parseKey(cursor));
  if (mode !== "plain") cursor.expectClose();
  return { mode, keys };
}

function parseKey(cursor: TokenCursor): GroupBy["keys"][number] {
  if (!cursor.atName()) throw cursor.unexpected();
  return parseCallOrPath(cursor);
}

/** The ORDER BY clause, or an empty list. */
export function parseOrderBy(cursor: TokenCursor): readonly OrderItem[] {
  if (!cursor.at("ORDER", "BY")) return [];
  cursor.next();
  cursor.next();
  const items = [parseOrderItem(cursor)];
  while (cursor.take(",")) items.push(parseOrderItem(cursor));
  return items;
}

function parseOrderItem(cursor: TokenCursor): OrderItem {
  if (!cursor.atName()) throw cursor.unexpected();
  const expression = parseExpression(cursor);
  const descending = cursor.take("DESC");
  if (!descending) cursor.take("ASC");
  if (!cursor.take("NULLS")) return { expression, descending, nulls: null };
  if (cursor.take("FIRST")) return { expression, descending, nulls: "first" };
  if (cursor.take("LAST")) return { expression, descending, nulls: "last" };
  throw cursor.peek().kind === "eof" ? cursor.missing() : cursor.unexpected();
}

/** The whole number of LIMIT and OFFSET; a sign is grammatical, the binder refuses negative numbers. */
export function parseInteger(cursor: TokenCursor): IntegerValue {
  const at = cursor.peek().start;
  const negative = cursor.at("-") && cursor.peek(1).kind === "int";
  if (negative || (cursor.at("+") && cursor.peek(1).kind === "int")) cursor.next();
  if (cursor.peek().kind !== "int") throw cursor.unexpected();
  const value = Number(cursor.next().text);
  return { value: negative && value !== 0 ? -value : value, at };
}

function parseFor(cursor: TokenCursor): Query["for"] {
  const at = cursor.peek().start;
  if (!cursor.take("FOR")) return null;
  if (cursor.take("VIEW")) return "view";
  if (cursor.take("REFERENCE")) return "reference";
  throw cursor.unexpected(at);
}

function parseUpdate(cursor: TokenCursor): Query["update"] {
  if (!cursor.take("UPDATE")) return [];
  const targets: ("tracking" | "viewstat")[] = [];
  do {
    if (cursor.take("TRACKING")) targets.push("tracking");
    else if (cursor.take("VIEWSTAT")) targets.push("viewstat");
    else throw cursor.unexpected();
  } while (cursor.take(","));
  return targets;
}
