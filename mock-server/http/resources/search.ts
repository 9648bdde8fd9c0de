/**
 * `/search` (SOSL) and `/parameterizedSearch`. Source: rest-api §8.5, §8.6.
 *
 * Search here reads the records themselves, so a record is found at once; a real org reads an index that lags. Supported
 * are `FIND {…} [IN … FIELDS] [RETURNING object(fields WHERE … ORDER BY … LIMIT n), …] [LIMIT n]`; other clauses are
 * refused by name.
 */
import { OrgError } from "../../errors.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, Row } from "../../schema/definition.ts";
import { runQuery } from "../../soql/query.ts";
import { invalidInput, notImplemented } from "../faults.ts";
import { HeldRecords } from "../held-records.ts";
import { requireBody } from "../request-body.ts";
import { isObject, ok, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../rest.ts";
import { queryContext } from "./query.ts";

const RESULTS_MAX = 2_000; // Salesforce limit
/** Earlier versions answer the bare list. */
const ENVELOPE_VERSION = 37;

type Scope = "ALL" | "NAME" | "EMAIL" | "PHONE";

interface SearchTarget {
  readonly type: SObjectType;
  /** Text of the SELECT list. */
  readonly fields: string;
  /** WHERE and ORDER BY, empty or with a blank in front. */
  readonly clauses: string;
  readonly limit: number;
}

interface Search {
  readonly term: string;
  readonly scope: Scope;
  readonly targets: readonly SearchTarget[];
  readonly limit: number;
}

/** `GET /search?q=FIND …`. */
export const search: RestHandler = (context, request) => {
  const statement = parseStatement(context, request.query.get("q") ?? "");
  return searchAnswer(context, request, statement);
};

/** `GET` or `POST /parameterizedSearch`. */
export const parameterizedSearch: RestHandler = (context, request) =>
  searchAnswer(
    context,
    request,
    request.method === "POST" ? bodySearch(context, request) : querySearch(context, request),
  );

function searchAnswer(context: RestContext, request: RestRequest, wanted: Search): RestResult {
  const term = wanted.term.trim();
  if (term.replaceAll("*", "").length < 2) {
    throw malformedSearch(`search term must be longer than one character: ${term}`);
  }
  const pattern = termPattern(term);
  const records = new HeldRecords(context.tx);
  const engine = queryContext(context, request, { includeDeleted: false, records });
  const hits = wanted.targets.flatMap((target) => {
    const fields = searchedFields(target.type, wanted.scope);
    const found = new Set<string>();
    for (const row of records.rows(target.type.name)) {
      if (row["IsDeleted"] !== true && isHit(row, fields, pattern)) found.add(String(row["Id"]));
    }
    if (found.size === 0) return [];
    const { records: candidates } = runQuery(
      `SELECT ${target.fields} FROM ${target.type.name}${target.clauses}`,
      engine,
    );
    return candidates.filter((record) => found.has(idOf(record))).slice(0, target.limit);
  });
  const searchRecords = hits.slice(0, wanted.limit);
  return ok(request.version >= ENVELOPE_VERSION ? { searchRecords } : searchRecords);
}

/** The record's Id stands at the end of its address, whether or not the query selects it. */
function idOf(record: unknown): string {
  const attributes = isObject(record) ? record["attributes"] : undefined;
  const url = isObject(attributes) ? attributes["url"] : undefined;
  return typeof url === "string" ? (url.split("/").at(-1) ?? "") : "";
}

function searchedFields(type: SObjectType, scope: Scope): readonly FieldDefinition[] {
  return type.fields.filter((field) => {
    if (scope === "NAME") return field.nameField === true;
    if (scope === "EMAIL") return field.type === "email";
    if (scope === "PHONE") return field.type === "phone";
    return ["string", "textarea", "email", "phone", "url"].includes(field.type);
  });
}

function isHit(row: Row, fields: readonly FieldDefinition[], pattern: RegExp): boolean {
  return fields.some((field) => {
    const value = row[field.name];
    return typeof value === "string" && pattern.test(value);
  });
}

/** Words match at the beginning of words; `*` stands for any characters and `?` for one. */
function termPattern(term: string): RegExp {
  const text = term.replace(/^"(.*)"$/, "$1").replace(/[.+^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?:^|[^\\p{L}\\p{N}])${text.replaceAll("*", ".*").replaceAll("?", ".")}`, "iu");
}

function parseStatement(context: RestContext, statement: string): Search {
  const match = /^\s*FIND\s*\{((?:[^{}\\]|\\.)*)\}\s*(?:IN\s+(ALL|NAME|EMAIL|PHONE)\s+FIELDS\s*)?([\s\S]*)$/i.exec(
    statement,
  );
  if (match === null) {
    throw malformedSearch("No search term found. The search term must be enclosed in braces.");
  }
  const [, term = "", scope = "ALL", tail = ""] = match;
  const returning = /^RETURNING\s+([\s\S]*)$/i.exec(tail.trim())?.[1];
  const rest = returning === undefined ? tail.trim() : "";
  const { targets, after } = returning === undefined ? { targets: [], after: rest } : parseTargets(context, returning);
  const limit = /^LIMIT\s+(\d+)$/i.exec(after.trim())?.[1];
  if (after.trim() !== "" && limit === undefined) throw notImplemented(`SOSL clause "${after.trim()}"`);
  return {
    term: term.replace(/\\(.)/g, "$1"),
    scope: scope.toUpperCase() as Scope,
    targets: targets.length > 0 ? targets : everySearchable(context),
    limit: Math.min(RESULTS_MAX, Number(limit ?? RESULTS_MAX)),
  };
}

function everySearchable(context: RestContext): readonly SearchTarget[] {
  return context.tx.actor.access.catalog.objects
    .filter((type) => type.definition.searchable === true && type.definition.queryable === true)
    .map((type) => ({ type, fields: "Id", clauses: "", limit: RESULTS_MAX }));
}

function parseTargets(context: RestContext, text: string): { targets: readonly SearchTarget[]; after: string } {
  const targets: SearchTarget[] = [];
  let rest = text.trim();
  for (;;) {
    const name = /^(\w+)\s*/.exec(rest);
    if (name === null) throw malformedSearch(`unexpected token: ${rest.slice(0, 20)}`);
    rest = rest.slice(name[0].length);
    let inner = "Id";
    if (rest.startsWith("(")) {
      const end = closingParenthesis(rest);
      inner = rest.slice(1, end);
      rest = rest.slice(end + 1).trim();
    }
    targets.push(parseTarget(context, name[1] ?? "", inner));
    if (!rest.startsWith(",")) return { targets, after: rest };
    rest = rest.slice(1).trim();
  }
}

function parseTarget(context: RestContext, object: string, inner: string): SearchTarget {
  const type = context.tx.actor.access.catalog.object(object);
  if (type === undefined) {
    throw new OrgError(400, { code: "INVALID_TYPE", message: `sObject type '${object}' is not supported.` });
  }
  const [, fields = "Id", clauses = "", limit] =
    /^\s*([\s\S]*?)(\s+(?:WHERE|ORDER\s+BY)\b[\s\S]*?)?(?:\s+LIMIT\s+(\d+))?\s*$/i.exec(inner) ?? [];
  return { type, fields: fields.trim() === "" ? "Id" : fields, clauses, limit: Number(limit ?? RESULTS_MAX) };
}

function closingParenthesis(text: string): number {
  let depth = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index += 1) {
    const char = text[index];
    if (quoted) {
      if (char === "\\") index += 1;
      else if (char === "'") quoted = false;
    } else if (char === "'") quoted = true;
    else if (char === "(") depth += 1;
    else if (char === ")" && --depth === 0) return index;
  }
  throw malformedSearch("unexpected token: '<EOF>'");
}

function querySearch(context: RestContext, { query }: RestRequest): Search {
  const defaultLimit = limitOf(query.get("defaultLimit"));
  const names = [...new Set(query.getAll("sobject"))];
  const targets = names.map((name) => {
    const fields = query.get(`${name}.fields`) ?? query.get("fields") ?? "Id";
    const where = query.get(`${name}.where`);
    return {
      ...parseTarget(context, name, `${fields}${where === null ? "" : ` WHERE ${where}`}`),
      limit: Math.min(defaultLimit, limitOf(query.get(`${name}.limit`))),
    };
  });
  return {
    term: query.get("q") ?? "",
    scope: scopeOf(query.get("in")),
    targets: targets.length > 0 ? targets : everySearchable(context),
    limit: limitOf(query.get("overallLimit")),
  };
}

function bodySearch(context: RestContext, request: RestRequest): Search {
  const body = requireBody(request.body);
  if (!isObject(body)) throw invalidInput("The search request must be an object.");
  const { sobjects, fields } = body;
  const common = Array.isArray(fields) ? fields.join(",") : "Id";
  const defaultLimit = limitOf(body["defaultLimit"]);
  const targets = (Array.isArray(sobjects) ? sobjects : []).map((entry: unknown) => {
    if (!isObject(entry) || typeof entry["name"] !== "string") throw invalidInput("Each of sobjects needs a name.");
    const own = Array.isArray(entry["fields"]) ? entry["fields"].join(",") : common;
    const where = typeof entry["where"] === "string" ? ` WHERE ${entry["where"]}` : "";
    const order = typeof entry["orderBy"] === "string" ? ` ORDER BY ${entry["orderBy"]}` : "";
    const limit = Math.min(defaultLimit, limitOf(entry["limit"]));
    return { ...parseTarget(context, entry["name"], `${own}${where}${order}`), limit };
  });
  return {
    term: typeof body["q"] === "string" ? body["q"] : "",
    scope: scopeOf(typeof body["in"] === "string" ? body["in"] : null),
    targets: targets.length > 0 ? targets : everySearchable(context),
    limit: limitOf(body["overallLimit"]),
  };
}

function scopeOf(text: string | null): Scope {
  const scope = (text ?? "ALL").toUpperCase().replace(/ FIELDS$/, "");
  return scope === "NAME" || scope === "EMAIL" || scope === "PHONE" ? scope : "ALL";
}

function limitOf(value: unknown): number {
  const limit = Number(value ?? RESULTS_MAX);
  return Number.isInteger(limit) && limit > 0 ? Math.min(RESULTS_MAX, limit) : RESULTS_MAX;
}

function malformedSearch(message: string): OrgError {
  return new OrgError(400, { code: "MALFORMED_SEARCH", message });
}
