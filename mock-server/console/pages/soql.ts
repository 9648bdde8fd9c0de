/** The SOQL editor: statement, plan, rows as a table and the raw answer; errors with their caret. */

import { pathWords } from "../../kit/reason.ts";
import type { FieldDefinition, FieldValue } from "../../schema/definition.ts";
import type { JsonObject } from "../../soql/base/port.ts";
import { address, recordAddress } from "../addresses.ts";
import type { View } from "../host.ts";
import { html, type Markup, NOTHING, type Part } from "../html.ts";
import type { Page } from "../layout.ts";
import { counted, json, milliseconds, shown, whole } from "../present.ts";
import { type Answer, ask } from "../query-run.ts";

/** Rows that the page shows; the query itself is run whole. */
const SHOWN_ROWS = 200;
/** Statements longer than Salesforce takes are cut, so that a page never echoes more. Reference: soql limits [doc]. */
const SOQL_MAX = 100_000;

const EXAMPLES = [
  "SELECT OrderNumber, Status, Account.Name, TotalAmount FROM Order ORDER BY CreatedDate DESC LIMIT 20",
  "SELECT Name, (SELECT OrderNumber, TotalAmount FROM Orders) FROM Account LIMIT 20",
  "SELECT Status, COUNT(Id) orders, SUM(TotalAmount) amount FROM Order GROUP BY Status",
];

export function soqlPage(view: View, soql: string, includeDeleted: boolean): Page {
  const statement = soql.slice(0, SOQL_MAX);
  const answer =
    statement.trim() === "" ? undefined : ask(view, { soql: statement, includeDeleted, from: 0, size: SHOWN_ROWS });
  const place = answer?.kind === "refused" ? answer.place : undefined;
  const body = html`<div class="head"><h1>SOQL</h1><p class="dim">Runs as ${view.actor.username}. Costs no API call and leaves no entry in the journal.</p></div>
<form class="editor" method="get" action="${address("/soql")}">
<label class="hidden" for="soql">SOQL statement</label>
<div class="editor-box"><textarea id="soql" name="q" rows="5" spellcheck="false" autocapitalize="off" autocomplete="off" autocorrect="off" data-complete="${address("/complete")}" aria-describedby="soql-help"${
    place === undefined ? "" : html` aria-invalid="true" data-row-at="${place.row}" data-column-at="${place.column}"`
  } placeholder="SELECT Id, Name FROM Account">${statement}</textarea><ul id="suggestions" role="listbox" aria-label="Suggestions" hidden></ul></div>
<div class="editor-bar"><button type="submit" class="primary">Run <kbd>Ctrl Enter</kbd></button><label class="check"><input type="checkbox" name="deleted" value="1"${includeDeleted ? html` checked` : ""}> Deleted records too</label><span id="soql-help" class="dim">Names complete as you type; <kbd>Ctrl Space</kbd> asks.</span></div>
</form>
${answer === undefined ? examples() : answer.kind === "refused" ? refusal(answer) : result(answer, (column) => fieldAt(view, answer.plan.object, column))}`;
  return { title: "SOQL", section: "soql", body };
}

function examples(): Markup {
  return html`<section aria-labelledby="examples"><h2 id="examples">Try</h2><ul class="examples">${EXAMPLES.map(
    (soql) => html`<li><a href="${address("/soql", { q: soql })}"><code>${soql}</code></a></li>`,
  )}</ul></section>`;
}

function refusal({ code, message }: Answer & { readonly kind: "refused" }): Markup {
  return html`<section class="why bad" role="alert" aria-labelledby="refused"><h2 id="refused">Refused with <code>${code}</code></h2><pre class="message" tabindex="0">${message.replace(/^\n/, "")}</pre></section>`;
}

type FieldOf = (column: string) => FieldDefinition | undefined;

/** The field behind a column such as `Account.Name`; undefined for aggregates and subqueries. */
function fieldAt({ actor }: View, object: string, column: string): FieldDefinition | undefined {
  const { catalog } = actor.access;
  const path = column.split(".");
  let type = catalog.object(object);
  for (const relationship of path.slice(0, -1)) {
    const [target] = type?.parent(relationship)?.referenceTo ?? [];
    type = target === undefined ? undefined : catalog.object(target);
  }
  return type?.field(path.at(-1) ?? "");
}

function result(answer: Answer & { readonly kind: "rows" }, fieldOf: FieldOf): Markup {
  const { records, totalSize, plan, plans, tookMs } = answer;
  const columns = columnsOf(records).map((column) => ({
    column,
    field: fieldOf(column),
    isNumber: records.some((record) => typeof valueAt(record, column) === "number"),
  }));
  return html`<section class="plan" aria-labelledby="plan"><h2 id="plan">Plan</h2><dl class="facts"><div><dt>Object</dt><dd>${plan.object}</dd></div><div><dt>Access path</dt><dd>${pathWords(plan.path)}</dd></div><div><dt>Rows read</dt><dd>${whole(plan.rowsRead)}</dd></div><div><dt>Rows returned</dt><dd>${whole(totalSize)}</dd></div><div><dt>Order</dt><dd>${plan.ordered ? "as read" : "sorted"}</dd></div><div><dt>Took</dt><dd>${milliseconds(tookMs)}</dd></div></dl>
<details><summary>Query plan as Salesforce shows it</summary><div class="scroll" tabindex="0" role="region" aria-label="Query plans"><table><thead><tr><th scope="col">Leading operation</th><th scope="col">Fields</th><th scope="col" class="num">Cardinality</th><th scope="col" class="num">Of</th><th scope="col" class="num">Cost</th></tr></thead><tbody>${plans.map(
    (one) =>
      html`<tr><td>${one.leadingOperationType}</td><td>${one.fields.join(", ")}</td><td class="num">${whole(one.cardinality)}</td><td class="num">${whole(one.sobjectCardinality)}</td><td class="num">${one.relativeCost}</td></tr>`,
  )}</tbody></table></div></details></section>
<section aria-labelledby="rows"><h2 id="rows">${counted(totalSize, "row")}</h2>${
    totalSize > records.length && records.length > 0
      ? html`<p class="dim">The first ${whole(records.length)} are shown.</p>`
      : NOTHING
  }${
    records.length === 0
      ? html`<p class="dim">${plan.rowsReturned > 0 ? `The count is ${whole(totalSize)}.` : "No record matches."}</p>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Rows"><table class="wide"><thead><tr>${columns.map(({ column, isNumber }) => html`<th scope="col"${isNumber ? html` class="num"` : ""}>${column}</th>`)}</tr></thead><tbody data-rows>${records.map(
          (record) => html`<tr>${columns.map((one) => cell(record, one))}</tr>`,
        )}</tbody></table></div>`
  }</section>
<section aria-labelledby="raw"><details><summary><h2 id="raw">Raw answer</h2></summary><pre class="code" tabindex="0">${json({ totalSize, done: totalSize <= records.length, records })}</pre></details></section>`;
}

/** All leaves in order of their first appearance: `Name`, `Account.Name`, and subqueries as a whole. */
function columnsOf(records: readonly JsonObject[]): readonly string[] {
  const columns = new Set<string>();
  const walk = (record: JsonObject, prefix: string): void => {
    for (const [name, value] of Object.entries(record)) {
      if (name === "attributes") continue;
      if (isParent(value)) walk(value, `${prefix}${name}.`);
      else columns.add(prefix + name);
    }
  };
  for (const record of records) walk(record, "");
  // A relationship that is empty in one record is an object in another: then its leaves are enough.
  return [...columns].filter((column) => ![...columns].some((other) => other.startsWith(`${column}.`)));
}

function isParent(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !("records" in value);
}

interface Column {
  readonly column: string;
  readonly field: FieldDefinition | undefined;
  readonly isNumber: boolean;
}

function valueAt(record: JsonObject, column: string): unknown {
  let value: unknown = record;
  for (const name of column.split("."))
    value = typeof value === "object" && value !== null ? Reflect.get(value, name) : null;
  return value;
}

function cell(record: JsonObject, { column, field, isNumber }: Column): Markup {
  const content = cellContent(valueAt(record, column), { record, column, field });
  return html`<td${isNumber ? html` class="num"` : ""}>${content}</td>`;
}

function cellContent(
  value: unknown,
  { record, column, field }: Pick<Column, "column" | "field"> & { readonly record: JsonObject },
): Part {
  if (typeof value === "object" && value !== null && "records" in value && Array.isArray(value.records))
    return html`<details><summary>${counted(value.records.length, "row")}</summary><pre class="code">${json(value.records.map(withoutAttributes))}</pre></details>`;
  const text = isValue(value) ? shown(value, field) : json(value);
  const type = typeOf(record);
  if (column === "Id" && type !== undefined && text !== "")
    return html`<a href="${recordAddress(type, text)}" data-row>${text}</a>`;
  return text;
}

function isValue(value: unknown): value is FieldValue {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function withoutAttributes(record: unknown): unknown {
  if (typeof record !== "object" || record === null) return record;
  return Object.fromEntries(Object.entries(record).filter(([name]) => name !== "attributes"));
}

function typeOf(record: JsonObject): string | undefined {
  const attributes: unknown = record["attributes"];
  const type =
    typeof attributes === "object" && attributes !== null && "type" in attributes ? attributes.type : undefined;
  return typeof type === "string" ? type : undefined;
}
