/** The objects with their number of records, and the records of one object with filter, sort and paging. */
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, Row } from "../../schema/definition.ts";
import type { JsonObject } from "../../soql/base/port.ts";
import { address, recordAddress } from "../addresses.ts";
import { columnsOf } from "../columns.ts";
import { liveCount, read, type View } from "../host.ts";
import { html, type Markup, NOTHING, type Part } from "../html.ts";
import type { Page } from "../layout.ts";
import { nameOfRecord } from "../names.ts";
import { counted, isNumeric, shown, whole } from "../present.ts";
import { type Answer, ask } from "../query-run.ts";

/** Rows on one page. */
const PAGE_ROWS = 50;

/** What a table of records is narrowed to. */
export interface RecordFilter {
  /** A SOQL condition. */
  readonly where: string;
  /** Text that the name contains. */
  readonly find: string;
  readonly order: string;
  readonly descending: boolean;
  readonly deleted: boolean;
  /** From 1. */
  readonly page: number;
}

/** Reads a filter from a query string. */
export function readRecordFilter(query: URLSearchParams): RecordFilter {
  const page = Number(query.get("page") ?? 1);
  return {
    where: (query.get("where") ?? "").trim(),
    find: (query.get("find") ?? "").trim(),
    order: query.get("order") ?? "",
    descending: query.get("dir") === "desc",
    deleted: query.get("deleted") === "1",
    page: Number.isInteger(page) && page > 0 ? page : 1,
  };
}

/** The page of all objects that the viewing user sees. */
export function objectsPage(view: View): Page {
  const objects = read(view, (tx) =>
    view.actor.access.catalog.objects.map((type) => ({ type, count: liveCount(view, tx, type.name) })),
  );
  const filled = objects.filter(({ count }) => count > 0);
  const empty = objects.filter(({ count }) => count === 0);
  const business = filled.filter(
    ({ type }) => type.definition.createable === true && type.definition.updateable === true,
  );
  const others = filled.filter((one) => !business.includes(one));
  const group = (title: string, list: typeof objects, look = ""): Markup =>
    list.length === 0
      ? NOTHING
      : html`<section><h2>${title}</h2><ul class="tiles${look}">${list.map(
          ({ type, count }) =>
            html`<li><a href="${address(`/records/${type.name}`)}" data-row><b>${type.definition.labelPlural}</b><code>${type.name}</code><span class="num">${whole(count)}</span></a></li>`,
        )}</ul></section>`;
  const body = html`<div class="head"><h1>Records</h1><p class="dim">Objects as ${view.actor.username} sees them.</p></div>
<label class="field find narrow"><span>Find an object</span><input type="search" data-narrow=".tiles li" data-find placeholder="Name or label" autocomplete="off"></label>
${group("With records", business)}${group("Kept by the org", others)}${group("Empty", empty, " compact")}`;
  return { title: "Records", section: "records", body };
}

/** The page of one object; undefined where the viewing user sees none of that name. */
export function recordsPage(view: View, objectName: string, filter: RecordFilter): Page | undefined {
  const type = view.actor.access.catalog.object(objectName);
  if (type === undefined) return undefined;
  const columns = read(view, (tx) => columnsOf(type, sampleOf(tx.rows(type.name))));
  const soql = statementOf(type, columns, filter);
  const answer = ask(view, {
    soql,
    includeDeleted: filter.deleted,
    from: (filter.page - 1) * PAGE_ROWS,
    size: PAGE_ROWS,
  });
  const path = `/records/${type.name}`;
  const rights = view.actor.access.object(type.name);
  const body = html`<div class="head"><p class="crumbs"><a href="${address("/records")}">Records</a> <span aria-hidden="true">/</span> ${type.definition.labelPlural}</p>
<div class="title-row"><h1>${type.definition.labelPlural}</h1>${type.definition.createable === true && rights.create ? html`<a class="button small" href="${address(`${path}/new`)}">New</a>` : NOTHING}</div></div>
<form class="filters" method="get" action="${address(path)}" role="search" aria-label="Filter ${type.definition.labelPlural}">
<label class="field"><span>Name contains</span><input type="search" name="find" value="${filter.find}" data-find></label>
<label class="field grow"><span>Condition</span><input name="where" value="${filter.where}" class="mono" placeholder="${exampleOf(type)}" spellcheck="false" autocapitalize="off"></label>
<input type="hidden" name="order" value="${filter.order}"><input type="hidden" name="dir" value="${filter.descending ? "desc" : ""}">
${type.field("IsDeleted") === undefined ? NOTHING : html`<label class="check"><input type="checkbox" name="deleted" value="1"${filter.deleted ? html` checked` : ""}> Recycle bin</label>`}
<button type="submit">Filter</button>${filter.where === "" && filter.find === "" && !filter.deleted ? NOTHING : html`<a class="plain" href="${address(path)}">Clear</a>`}
</form>
${answer.kind === "refused" ? html`<section class="why bad" role="alert"><h2>Refused with <code>${answer.code}</code></h2><pre class="message">${answer.message.replace(/^\n/, "")}</pre></section>` : table(view, { type, columns, filter, path, answer })}
<p class="dim"><a href="${address("/soql", { q: soql, deleted: filter.deleted ? 1 : undefined })}">Open as SOQL</a></p>`;
  return { title: type.definition.labelPlural, section: "records", body };
}

/** Rows that decide which columns are worth their place. */
const SAMPLE_ROWS = 50;

function sampleOf(rows: Iterable<Row>): readonly Row[] {
  const sample: Row[] = [];
  for (const row of rows) {
    if (sample.length === SAMPLE_ROWS) break;
    sample.push(row);
  }
  return sample;
}

function statementOf(type: SObjectType, columns: readonly FieldDefinition[], filter: RecordFilter): string {
  const { nameField } = type;
  const conditions: string[] = [];
  if (filter.where !== "") conditions.push(`(${filter.where})`);
  if (filter.find !== "" && nameField !== undefined)
    conditions.push(`${nameField.name} LIKE '%${filter.find.replace(/[\\'%_]/g, (character) => `\\${character}`)}%'`);
  if (filter.deleted) conditions.push("IsDeleted = TRUE");
  const fields = ["Id", ...columns.map(({ name }) => name).filter((name) => name !== "Id")];
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const order = type.field(filter.order);
  const changed = type.field("LastModifiedDate") ?? type.field("CreatedDate");
  const sorted =
    order !== undefined
      ? ` ORDER BY ${order.name} ${filter.descending ? "DESC" : "ASC"} NULLS LAST, Id`
      : changed?.sortable === true
        ? ` ORDER BY ${changed.name} DESC, Id DESC`
        : "";
  return `SELECT ${fields.join(", ")} FROM ${type.name}${where}${sorted}`;
}

function exampleOf(type: SObjectType): string {
  if (type.field("TotalAmount") !== undefined) return "Status = 'Draft' AND TotalAmount > 100";
  return type.nameField === undefined ? "CreatedDate = TODAY" : `${type.nameField.name} LIKE 'A%'`;
}

interface TableParts {
  readonly type: SObjectType;
  readonly columns: readonly FieldDefinition[];
  readonly filter: RecordFilter;
  readonly path: string;
  readonly answer: Answer & { readonly kind: "rows" };
}

function table(view: View, { type, columns, filter, path, answer }: TableParts): Markup {
  const { records, totalSize } = answer;
  const pages = Math.max(1, Math.ceil(totalSize / PAGE_ROWS));
  const to = (changes: Partial<Record<keyof RecordFilter | "dir", string | number | undefined>>): string =>
    address(path, {
      where: filter.where,
      find: filter.find,
      order: filter.order,
      dir: filter.descending ? "desc" : undefined,
      deleted: filter.deleted ? 1 : undefined,
      ...changes,
    });
  if (records.length === 0)
    return html`<div class="empty"><p><b>${filter.deleted ? "The recycle bin is empty." : "No record matches."}</b></p></div>`;
  const names = read(view, (tx) =>
    records.map((record) => columns.map((field) => cellOf(field, record, (id) => nameOfRecord(tx, id)))),
  );
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${type.definition.labelPlural}"><table class="wide"><thead><tr>${columns.map((field) => header(field, filter, to))}</tr></thead><tbody data-rows>${records.map(
    (record, at) =>
      html`<tr>${columns.map((field, column) =>
        column === 0
          ? html`<th scope="row"><a href="${recordAddress(type.name, idOf(record))}" data-row>${names[at]?.[column] ?? ""}</a></th>`
          : html`<td${isNumeric(field) ? html` class="num"` : ""}>${names[at]?.[column] ?? ""}</td>`,
      )}</tr>`,
  )}</tbody></table></div>
<p class="pager">${filter.page > 1 ? html`<a class="button" rel="prev" href="${to({ page: filter.page - 1 })}">Previous</a>` : NOTHING}<span class="num">${counted(totalSize, "record")}${pages > 1 ? `, page ${whole(filter.page)} of ${whole(pages)}` : ""}</span>${filter.page < pages ? html`<a class="button" rel="next" href="${to({ page: filter.page + 1 })}">Next</a>` : NOTHING}</p>`;
}

function header(
  field: FieldDefinition,
  { order, descending }: RecordFilter,
  to: (changes: { order: string; dir: string | undefined }) => string,
): Markup {
  const label = field.label.replace(/ ID$/, "");
  const isSorted = order.toLowerCase() === field.name.toLowerCase();
  const next = isSorted && !descending ? "desc" : undefined;
  return html`<th scope="col"${isNumeric(field) ? html` class="num"` : ""}${isSorted ? html` aria-sort="${descending ? "descending" : "ascending"}"` : ""}>${
    field.sortable === true
      ? html`<a href="${to({ order: field.name, dir: next })}">${label}${isSorted ? html`<span aria-hidden="true"> ${descending ? "↓" : "↑"}</span>` : NOTHING}</a>`
      : label
  }</th>`;
}

function cellOf(field: FieldDefinition, record: JsonObject, nameOf: (id: string) => string | undefined): Part {
  const value = record[field.name];
  if (typeof value === "object" && value !== null) return "";
  const text = shown(value, field);
  if (text === "") return field.nameField === true ? idOf(record) : "";
  return field.type === "reference" ? (nameOf(text) ?? text) : text;
}

function idOf(record: JsonObject): string {
  const id = record["Id"];
  return typeof id === "string" ? id : "";
}

/** The label of a record: its name, its number with the object's label before it, or its Id. */
export function labelOf(type: SObjectType, row: Row): string {
  const name = shown(row[type.nameField?.name ?? "Id"]) || String(row["Id"]);
  return type.nameField?.autoNumber === undefined ? name : `${type.definition.label} ${name}`;
}
