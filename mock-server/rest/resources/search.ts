/**
 * `/search` (SOSL) and `/parameterizedSearch`: from the request to the search engine and back. Source: rest-api §8.5, §8.6.
 *
 * Search here reads the records themselves, so a record is found at once; a real org reads an index that lags.
 */

import { invalidInput, notImplemented } from "../../http/faults.ts";
import { HeldRecords } from "../../http/held-records.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import { ok, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../../http/rest.ts";
import type { QueryContext } from "../../soql/base/port.ts";
import {
  runParameterizedSearch,
  runSearch,
  type SearchedObject,
  type SearchOutcome,
  type SearchParameters,
} from "../../soql/sosl/search.ts";
import { listParameter } from "../record-body.ts";
import { queryContext } from "./query.ts";

/** Earlier versions answer the bare list. */
const ENVELOPE_VERSION = 37;

/** `GET /search?q=FIND …`. */
export const search: RestHandler = (context, request) =>
  answer(request, runSearch(request.query.get("q") ?? "", engine(context, request)));

/** `GET` or `POST /parameterizedSearch`. */
export const parameterizedSearch: RestHandler = (context, request) => {
  const parameters = request.method === "POST" ? bodyParameters(request) : queryParameters(request.query);
  return answer(request, runParameterizedSearch(parameters, engine(context, request)));
};

function engine(context: RestContext, request: RestRequest): QueryContext {
  return queryContext(context, request, { includeDeleted: false, records: new HeldRecords(context.tx) });
}

function answer({ version }: RestRequest, outcome: SearchOutcome): RestResult {
  return ok(version >= ENVELOPE_VERSION ? outcome : outcome.searchRecords);
}

function queryParameters(query: URLSearchParams): SearchParameters {
  if (query.has("metadata")) throw notImplemented("The parameter metadata of a parameterized search");
  const text = (name: string): string | undefined => query.get(name) ?? undefined;
  const number = (name: string): number | undefined => readNumber(text(name), name);
  const list = (name: string): readonly string[] | undefined => listParameter(query, name);
  const names = [...new Set(query.getAll("sobject"))];
  return defined({
    q: text("q"),
    in: text("in"),
    fields: list("fields"),
    sobjects: names.map(
      (name): SearchedObject =>
        defined({
          name,
          fields: list(`${name}.fields`),
          where: text(`${name}.where`),
          orderBy: text(`${name}.orderBy`),
          limit: number(`${name}.limit`),
        }),
    ),
    overallLimit: number("overallLimit"),
    defaultLimit: number("defaultLimit"),
    offset: number("offset"),
    pricebookId: text("pricebookId"),
  });
}

function bodyParameters(request: RestRequest): SearchParameters {
  const body = requireBody(request.body);
  if (!isObject(body)) throw invalidInput("The search request must be an object.");
  if (body["metadata"] !== undefined) throw notImplemented("The member metadata of a parameterized search");
  const { sobjects = [] } = body;
  if (!Array.isArray(sobjects)) throw invalidInput("sobjects must be a list.");
  return defined({
    ...textMembers(body, ["q", "in", "pricebookId"]),
    ...numberMembers(body, ["overallLimit", "defaultLimit", "offset"]),
    fields: fieldList(body),
    sobjects: sobjects.map((entry: unknown): SearchedObject => {
      if (!isObject(entry) || typeof entry["name"] !== "string") throw invalidInput("Each of sobjects needs a name.");
      return defined({
        name: entry["name"],
        fields: fieldList(entry),
        ...textMembers(entry, ["where", "orderBy"]),
        ...numberMembers(entry, ["limit"]),
      });
    }),
  });
}

type Members = Readonly<Record<string, unknown>>;

function fieldList(object: Members): readonly string[] | undefined {
  const { fields } = object;
  if (fields === undefined) return undefined;
  if (Array.isArray(fields) && fields.every((name: unknown) => typeof name === "string")) return fields;
  throw invalidInput("fields must be a list of names.");
}

function textMembers<K extends string>(object: Members, names: readonly K[]): { [N in K]?: string } {
  const members: { [N in K]?: string } = {};
  for (const name of names) {
    const value = object[name];
    if (value === undefined || value === null) continue;
    if (typeof value !== "string") throw invalidInput(`${name} must be text.`);
    members[name] = value;
  }
  return members;
}

function numberMembers<K extends string>(object: Members, names: readonly K[]): { [N in K]?: number } {
  const members: { [N in K]?: number } = {};
  for (const name of names) {
    const value = readNumber(object[name], name);
    if (value !== undefined) members[name] = value;
  }
  return members;
}

function readNumber(value: unknown, name: string): number | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw invalidInput(`${name} must be a whole number.`);
  return number;
}

/** The members that have a value. */
function defined<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  // Object.entries cannot carry the type of each member through.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
