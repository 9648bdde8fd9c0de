/**
 * SOSL text → syntax tree.
 *
 * ```text
 * search  = FIND "{" text "}" [ IN ( ALL | NAME | EMAIL | PHONE | SIDEBAR ) FIELDS ]
 *           [ RETURNING object { "," object } ] { WITH with } [ LIMIT integer ] [ UPDATE … ]
 * object  = name [ "(" item { "," item } [ USING LISTVIEW "=" name ]
 *           [ WHERE condition ] [ ORDER BY order { "," order } ] [ LIMIT integer ] [ OFFSET integer ] ")" ]
 * with    = name [ "=" value ] [ "(" … ")" ]
 * ```
 *
 * Items, conditions and orders are those of SOQL (`parser.ts`). Source: reference: soql §12.1 [doc].
 */
import { OrgError } from "../../errors.ts";
import { queryError } from "../base/query-error.ts";
import type { FromEntry, Query, SelectItem } from "../parse/ast.ts";
import { parseCondition } from "../parse/condition.ts";
import { parseExpression } from "../parse/expression.ts";
import { readString } from "../parse/literal.ts";
import { parseInteger, parseOrderBy } from "../parse/parser.ts";
import { TokenCursor } from "../parse/token-cursor.ts";
import { noSearchTerm } from "./search-text.ts";

/** Which fields are searched. */
export type SearchGroup = "ALL" | "NAME" | "EMAIL" | "PHONE" | "SIDEBAR";

/** A SOSL statement as written. */
export interface SoslStatement {
  readonly text: string;
  readonly group: SearchGroup;
  /** Null: every searchable object, Ids only. Each object is a query whose select list is `Id` where it has none. */
  readonly returning: readonly Query[] | null;
  /** `PricebookId` of a product search. */
  readonly pricebookId: string | null;
  readonly limit: number | null;
}

const GROUPS: readonly string[] = ["ALL", "NAME", "EMAIL", "PHONE", "SIDEBAR"] satisfies readonly SearchGroup[];

/** Parses a SOSL statement. Throws `OrgError` 400 `MALFORMED_SEARCH` at the first mistake. */
export function parseSosl(sosl: string): SoslStatement {
  const braces = /^\s*FIND\s*\{((?:\\.|[^\\}])*)\}/is.exec(sosl);
  if (braces === null) throw noSearchTerm();
  const [head, text = ""] = braces;
  // The braces are blanked, so that positions in messages stay those of the statement.
  const cursor = new TokenCursor(" ".repeat(head.length) + sosl.slice(head.length));
  return asSearchError(() => parseClauses(cursor, text));
}

/** Runs `work` and turns SOQL's code for malformed statements into that of searches. */
export function asSearchError<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof OrgError) || error.errorCode !== "MALFORMED_QUERY") throw error;
    throw new OrgError(error.statusCode, { ...error.faults[0], code: "MALFORMED_SEARCH" });
  }
}

function parseClauses(cursor: TokenCursor, text: string): SoslStatement {
  const group = parseGroup(cursor);
  const returning = cursor.take("RETURNING") ? parseReturning(cursor) : null;
  const pricebookId = parseWiths(cursor);
  const limit = cursor.take("LIMIT") ? parseInteger(cursor) : null;
  if (cursor.at("UPDATE")) throw unsupported("UPDATE");
  if (cursor.peek().kind !== "eof") throw cursor.unexpected();
  if (limit !== null && limit.value < 0) throw queryError("MALFORMED_SEARCH", "Limit must be a non-negative value");
  return { text, group, returning, pricebookId, limit: limit?.value ?? null };
}

function parseGroup(cursor: TokenCursor): SearchGroup {
  if (!cursor.take("IN")) return "ALL";
  const token = cursor.peek();
  if (!isGroup(token.upper)) throw cursor.unexpected();
  cursor.next();
  cursor.expect("FIELDS");
  return token.upper;
}

/** True for the name of a search group in capitals. */
export function isGroup(text: string): text is SearchGroup {
  return GROUPS.includes(text);
}

function parseReturning(cursor: TokenCursor): readonly Query[] {
  const objects = [parseObject(cursor)];
  while (cursor.take(",")) objects.push(parseObject(cursor));
  return objects;
}

function parseObject(cursor: TokenCursor): Query {
  const name = cursor.expectName();
  const path = { kind: "path", segments: [name.text], at: name.start } as const;
  const from: FromEntry = { path, alias: null };
  const base: Query = {
    kind: "query",
    select: [{ kind: "expression", expression: { ...path, segments: ["Id"] }, alias: null }],
    from: [from],
    using: null,
    where: null,
    with: null,
    groupBy: null,
    having: null,
    orderBy: [],
    limit: null,
    offset: null,
    for: null,
    update: [],
    at: name.start,
  };
  if (!cursor.take("(")) return base;
  const select = [parseItem(cursor)];
  while (cursor.take(",")) select.push(parseItem(cursor));
  if (cursor.at("USING")) throw unsupported("USING ListView");
  const where = cursor.take("WHERE") ? parseCondition(cursor) : null;
  const orderBy = parseOrderBy(cursor);
  const limit = cursor.take("LIMIT") ? parseInteger(cursor) : null;
  const offset = cursor.take("OFFSET") ? parseInteger(cursor) : null;
  cursor.expectClose();
  return { ...base, select, where, orderBy, limit, offset };
}

function parseItem(cursor: TokenCursor): SelectItem {
  if (!cursor.atName()) throw cursor.unexpected();
  const expression = parseExpression(cursor);
  const alias = cursor.atName() && !cursor.at("ORDER", "BY") && !cursor.at("OFFSET") ? cursor.next() : null;
  return {
    kind: "expression",
    expression,
    alias: alias === null ? null : { text: alias.text, at: alias.start },
  };
}

/** WITH clauses: those that change nothing here are taken, those that would change the answer are refused by name. */
function parseWiths(cursor: TokenCursor): string | null {
  let pricebookId: string | null = null;
  while (cursor.take("WITH")) {
    const name = cursor.expectName();
    switch (name.upper) {
      case "PRICEBOOKID": {
        cursor.expect("=");
        const value = cursor.peek();
        if (value.kind !== "string") throw cursor.unexpected();
        pricebookId = readString(cursor, cursor.next());
        break;
      }
      case "SPELL_CORRECTION":
        cursor.expect("=");
        if (!cursor.take("TRUE")) cursor.expect("FALSE");
        break;
      default:
        throw unsupported(`WITH ${name.text}`);
    }
  }
  return pricebookId;
}

function unsupported(what: string): Error {
  return queryError("MALFORMED_SEARCH", `SOSL: ${what} is not supported by the mock org`);
}
