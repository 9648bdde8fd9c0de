/**
 * SOSL and parameterized search: finds the records whose texts match, then lets the query engine filter, sort, cut and
 * serialize them. Source: reference: soql §12, rest-api §8.5 and §8.6.
 */
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, Row } from "../../schema/definition.ts";
import { OFFSET_MAX, SEARCH_ROWS_MAX, SEARCH_SINGLE_OBJECT_ROWS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import type { JsonObject, QueryContext } from "../base/port.ts";
import { queryError } from "../base/query-error.ts";
import { bindParsed } from "../bind/bind.ts";
import type { BoundCondition, BoundQuery } from "../bind/bound.ts";
import type { Query } from "../parse/ast.ts";
import { parseQuery } from "../parse/parser.ts";
import { Emitter } from "../run/emitter.ts";
import { compileQuery } from "../run/execute.ts";
import { openRun } from "../run/run.ts";
import { asSearchError, isGroup, parseSosl, type SearchGroup } from "./parser.ts";
import { compileSearchText, type SearchTest, searchableText } from "./search-text.ts";

/** What `/search` and `/parameterizedSearch` answer from v37 on. */
export interface SearchOutcome {
  readonly searchRecords: readonly JsonObject[];
}

/** The parameters of `/parameterizedSearch`, from its query string or its JSON body. */
export interface SearchParameters {
  readonly q?: string;
  readonly in?: string;
  /** Fields of the objects that name none of their own. */
  readonly fields?: readonly string[];
  readonly sobjects?: readonly SearchedObject[];
  readonly overallLimit?: number;
  /** Limit of the objects that name none of their own. */
  readonly defaultLimit?: number;
  readonly offset?: number;
  readonly pricebookId?: string;
}

/** One object of a parameterized search; `where` and `orderBy` are written as in SOQL, without the keyword. */
export interface SearchedObject {
  readonly name: string;
  readonly fields?: readonly string[];
  readonly where?: string;
  readonly orderBy?: string;
  readonly limit?: number;
}

/** Runs a SOSL statement. Throws `OrgError` 400 where it is refused. */
export function runSearch(sosl: string, context: QueryContext): SearchOutcome {
  const statement = parseSosl(sosl);
  const test = compileSearchText(statement.text);
  const targets =
    statement.returning === null
      ? allObjects(context)
      : asSearchError(() => statement.returning?.map((query) => bindTarget(query, sosl, context)) ?? []);
  return search({ ...statement, test, targets, isExplicit: statement.returning !== null }, context);
}

/** Runs a parameterized search. Throws `OrgError` 400 where a name or a condition is refused. */
export function runParameterizedSearch(parameters: SearchParameters, context: QueryContext): SearchOutcome {
  const { q, sobjects = [], fields = ["Id"], defaultLimit, offset } = parameters;
  if (q === undefined || q.trim() === "") {
    throw queryError(OPEN_POINTS.missingSearchTextCode, "No search term found. The search term must not be empty.");
  }
  const group = (parameters.in ?? "ALL").toUpperCase();
  if (!isGroup(group)) throw queryError("MALFORMED_SEARCH", `Unknown search group: ${parameters.in}`);
  const test = compileSearchText(q);
  const objects: readonly SearchedObject[] =
    sobjects.length > 0 ? sobjects : allObjects(context).map((target) => ({ name: target.object.name }));
  const targets = objects.map((object) => {
    const limit = object.limit ?? defaultLimit;
    const soql = [
      `SELECT ${(object.fields ?? fields).join(", ")} FROM ${object.name}`,
      object.where === undefined ? "" : ` WHERE ${object.where}`,
      object.orderBy === undefined ? "" : ` ORDER BY ${object.orderBy}`,
      limit === undefined ? "" : ` LIMIT ${limit}`,
      offset === undefined || offset === 0 ? "" : ` OFFSET ${offset}`,
    ].join("");
    return asSearchError(() => bindTarget(parseQuery(soql), soql, context));
  });
  return search(
    {
      test,
      targets,
      group,
      pricebookId: parameters.pricebookId ?? null,
      limit: parameters.overallLimit ?? null,
      isExplicit: sobjects.length > 0,
    },
    context,
  );
}

interface Search {
  readonly test: SearchTest;
  readonly targets: readonly BoundQuery[];
  readonly group: SearchGroup;
  readonly pricebookId: string | null;
  readonly limit: number | null;
  /** True where the statement names its objects. */
  readonly isExplicit: boolean;
}

function search(
  { test, targets, group, pricebookId, limit, isExplicit }: Search,
  context: QueryContext,
): SearchOutcome {
  checkTargets(targets);
  const found = targets.map((target) => {
    const ids = matchingIds(target.object, test, group, context).filter(
      (id) => target.object.name !== "Product2" || pricebookId === null || isInPricebook(id, pricebookId, context),
    );
    const alone = isExplicit && targets.length === 1 && target.where === null && target.orderBy.length === 0;
    const most = target.limit ?? (alone ? SEARCH_SINGLE_OBJECT_ROWS_MAX : SEARCH_ROWS_MAX);
    const query = { ...target, where: withIds(target, ids), limit: Math.min(most, SEARCH_ROWS_MAX) };
    return compileQuery(query).run(context);
  });
  const shares = share(
    found.map((set) => set.totalSize),
    Math.min(limit ?? SEARCH_ROWS_MAX, SEARCH_ROWS_MAX),
  );
  return { searchRecords: found.flatMap((set, index) => set.page(0, shares[index] ?? 0)) };
}

function bindTarget(query: Query, source: string, context: QueryContext): BoundQuery {
  const { offset } = query;
  if (offset !== null && (offset.value < 0 || offset.value > OFFSET_MAX)) {
    throw queryError("MALFORMED_SEARCH", `SOSL offset should be between 0 to ${OFFSET_MAX}`);
  }
  const bound = bindParsed(query, source, context);
  if (bound.object.definition.searchable !== true) {
    throw queryError("INVALID_TYPE", `entity type ${bound.object.name} does not support search`);
  }
  const isPlain =
    bound.kind === "rows" && bound.columns.every((column) => column.kind === "value" || column.kind === "parent");
  if (!isPlain) throw queryError("MALFORMED_SEARCH", "Aggregates and sub-selects are not supported in a search");
  return bound;
}

function checkTargets(targets: readonly BoundQuery[]): void {
  const names = new Set<string>();
  for (const { object, offset } of targets) {
    if (names.has(object.name)) throw queryError("MALFORMED_SEARCH", `duplicate object: ${object.name}`);
    names.add(object.name);
    if (offset > 0 && targets.length > 1) {
      throw queryError("MALFORMED_SEARCH", "OFFSET is only supported in a search of a single object");
    }
  }
}

/** Every searchable object that need not be named, Ids only. Products must be named: reference: soql §12.3 [doc]. */
function allObjects(context: QueryContext): readonly BoundQuery[] {
  return context.catalog.objects
    .filter(
      ({ definition, name }) => definition.searchable === true && definition.queryable === true && name !== "Product2",
    )
    .map(({ name }) => {
      const soql = `SELECT Id FROM ${name}`;
      return bindParsed(parseQuery(soql), soql, context);
    });
}

function matchingIds(
  object: SObjectType,
  test: SearchTest,
  group: SearchGroup,
  context: QueryContext,
): readonly string[] {
  const emitter = new Emitter();
  const source = searchableText(
    emitter,
    searchedFields(object, group).map((field) => field.name),
  );
  const find = emitter.compile<(rows: Iterable<Row>, test: SearchTest) => string[]>(
    "rows, test",
    `const ids = [];
    for (const r of rows) if (r["IsDeleted"] !== true && test(${source})) ids.push(r["Id"]);
    return ids;`,
  );
  return find(openRun(context, () => new Set()))(context.data.rows(object.name), test);
}

/** Name fields beyond the object's own. Source: reference: soql §12.3 [doc], shortened there. */
const NAME_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Account: ["Website", "Site"],
  Contact: ["FirstName", "LastName", "AssistantName"],
  User: ["FirstName", "LastName", "Username", "Alias", "CommunityNickname"],
};

/** Products search a set of their own, whatever the group. */
const PRODUCT_FIELDS: readonly string[] = ["Name", "ProductCode", "Description"];

function searchedFields(object: SObjectType, group: SearchGroup): readonly FieldDefinition[] {
  if (object.name === "Product2") return object.fields.filter((field) => PRODUCT_FIELDS.includes(field.name));
  switch (group) {
    case "EMAIL":
    case "PHONE":
      return object.fields.filter((field) => field.type === group.toLowerCase());
    case "NAME":
      return object.fields.filter(
        (field) => field.nameField === true || NAME_FIELDS[object.name]?.includes(field.name),
      );
    case "ALL":
    case "SIDEBAR": {
      const types: readonly string[] = OPEN_POINTS.searchedTypes;
      return object.fields.filter((field) => types.includes(field.type));
    }
  }
}

function isInPricebook(productId: string, pricebookId: string, { data }: QueryContext): boolean {
  return data
    .find("PricebookEntry", "Product2Id", productId)
    .some((entry) => entry["IsDeleted"] !== true && String(entry["Pricebook2Id"]).startsWith(pricebookId.slice(0, 15)));
}

/** The matches as a condition: the planner then reads those rows and no others. */
function withIds(target: BoundQuery, ids: readonly string[]): BoundCondition {
  const field = target.object.field("Id");
  if (field === undefined) throw new Error(`${target.object.name} has an Id`);
  const left = { kind: "field", steps: [], owner: target.object, field, text: "Id", at: 0 } as const;
  const values = ids.map((value) => ({ kind: "text", value }) as const);
  const among: BoundCondition = { kind: "comparison", left, type: "exact", operator: "IN", values };
  return target.where === null ? among : { kind: "and", terms: [among, target.where] };
}

/** Spreads a limit evenly over the objects; what one does not use goes to the others. */
function share(sizes: readonly number[], limit: number): readonly number[] {
  const shares = sizes.map(() => 0);
  let rest = limit;
  for (;;) {
    const open = sizes.flatMap((size, index) => (size > (shares[index] ?? 0) ? [index] : []));
    if (open.length === 0 || rest === 0) return shares;
    const each = Math.max(1, Math.floor(rest / open.length));
    for (const index of open) {
      const more = Math.min(each, rest, (sizes[index] ?? 0) - (shares[index] ?? 0));
      shares[index] = (shares[index] ?? 0) + more;
      rest -= more;
    }
  }
}
