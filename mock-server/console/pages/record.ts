/** One record: its fields, a form to edit it as the viewing user, its related lists, its history. */
import { computedRow } from "../../org/computed-records.ts";
import type { Transaction } from "../../org/port.ts";
import type { ChildRelationship, SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, Row } from "../../schema/definition.ts";
import { address, HOME, orderAddress, recordAddress } from "../addresses.ts";
import { columnsOf } from "../columns.ts";
import { recordForm } from "../form.ts";
import { read, type View } from "../host.ts";
import { html, type Markup, NOTHING, type Part } from "../html.ts";
import type { Page } from "../layout.ts";
import { nameOfRecord, targetOf } from "../names.ts";
import { counted, instant, isNumeric, shown } from "../present.ts";
import { labelOf } from "./records.ts";

/** Rows of one related list, and of the history. */
const RELATED_ROWS = 5;
const HISTORY_ROWS = 50;

/** The page; undefined where the viewing user sees no such record. */
export function recordPage(view: View, objectName: string, id: string): Page | undefined {
  const type = view.actor.access.catalog.object(objectName);
  if (type === undefined) return undefined;
  return read(view, (tx) => {
    const stored = tx.get(type.name, id);
    if (stored === undefined || !tx.canSee(type.name, stored)) return undefined;
    const row = computedRow(tx, type.name, stored);
    const label = labelOf(type, row);
    const isDeleted = row["IsDeleted"] === true;
    const rights = view.actor.access.object(type.definition.permissionsOf ?? type.name);
    const body = html`<div class="head"><p class="crumbs"><a href="${address("/records")}">Records</a> <span aria-hidden="true">/</span> <a href="${address(`/records/${type.name}`)}">${type.definition.labelPlural}</a></p>
<h1>${label}${isDeleted ? html` <span class="tag delete">deleted</span>` : NOTHING}</h1>
<p class="sub"><code>${id}</code>${type.name === "Order" ? html` · <a href="${orderAddress(id)}">Life of the order</a>` : NOTHING} · <a href="${address(HOME, { find: id })}">Requests that changed it</a></p></div>
${isDeleted ? deletedBanner(type, id, view.actor.username) : NOTHING}
<div class="columns"><div>
${fieldsSection(tx, type, row)}
${!isDeleted && type.definition.updateable === true ? recordForm({ view, type, row, canEdit: rights.edit }) : NOTHING}
${!isDeleted && type.definition.deletable === true ? html`<p class="danger"><button type="button" class="risky" data-delete="${type.name}" data-id="${id}">Delete as ${view.actor.username}</button></p>` : NOTHING}
</div><aside data-live-part="around">${relatedSection(tx, type, id)}${historySection(tx, type, id)}</aside></div>`;
    return { title: label, section: "records", body };
  });
}

/** The page to make a record; undefined where the object cannot be created. */
export function newRecordPage(view: View, objectName: string): Page | undefined {
  const type = view.actor.access.catalog.object(objectName);
  if (type?.definition.createable !== true) return undefined;
  const rights = view.actor.access.object(type.definition.permissionsOf ?? type.name);
  const body = html`<div class="head"><p class="crumbs"><a href="${address("/records")}">Records</a> <span aria-hidden="true">/</span> <a href="${address(`/records/${type.name}`)}">${type.definition.labelPlural}</a></p><h1>New ${type.definition.label}</h1></div>
${recordForm({ view, type, row: undefined, canEdit: rights.create })}`;
  return { title: `New ${type.definition.label}`, section: "records", body };
}

function deletedBanner(type: SObjectType, id: string, username: string): Markup {
  return html`<section class="why bad"><h2>In the recycle bin</h2><p>It can come back for 15 days of the org's clock.</p>${
    type.definition.undeletable === true
      ? html`<p><button type="button" data-undelete="${type.name}" data-id="${id}">Undelete as ${username}</button></p>`
      : html`<p>Records of ${type.name} come back with their parent only.</p>`
  }</section>`;
}

/** Fields that the org keeps by itself. */
const SYSTEM_FIELDS =
  /^(?:Id|IsDeleted|SystemModstamp|CreatedDate|CreatedById|LastModifiedDate|LastModifiedById|LastViewedDate|LastReferencedDate)$/;

function fieldsSection(tx: Transaction, type: SObjectType, row: Row): Markup {
  const stored = type.fields.filter((field) => field.type !== "address" && field.type !== "location");
  const filled = stored.filter((field) => row[field.name] !== null && row[field.name] !== undefined);
  const details = filled.filter((field) => !SYSTEM_FIELDS.test(field.name));
  const system = filled.filter((field) => SYSTEM_FIELDS.test(field.name));
  const empty = stored.filter((field) => !filled.includes(field));
  return html`<section aria-labelledby="fields" data-live-part="fields"><h2 id="fields">Fields</h2><dl class="values">${details.map((field) => valueItem(tx, field, row))}</dl>
<details><summary>${counted(system.length, "system field")}</summary><dl class="values">${system.map((field) => valueItem(tx, field, row))}</dl></details>
${empty.length === 0 ? NOTHING : html`<details><summary>${counted(empty.length, "empty field")}</summary><p class="names">${empty.map((field) => html`<code>${field.name}</code> `)}</p></details>`}</section>`;
}

function valueItem(tx: Transaction, field: FieldDefinition, row: Row): Markup {
  return html`<div><dt>${field.label.replace(/ ID$/, "")} <code>${field.name}</code></dt><dd${isNumeric(field) ? html` class="tabular"` : ""}>${valueOf(tx, field, row)}</dd></div>`;
}

function valueOf(tx: Transaction, field: FieldDefinition, row: Row): Part {
  const value = row[field.name];
  const text = shown(value, field);
  if (field.type !== "reference") return text;
  const target = targetOf(tx, text);
  return target === undefined
    ? text
    : html`<a href="${recordAddress(target.object, text)}">${target.name}</a> <span class="dim">${target.object}</span>`;
}

function relatedSection(tx: Transaction, type: SObjectType, id: string): Markup {
  const lists = type.children.flatMap((child) => relatedList(tx, child, id) ?? []);
  return html`<section aria-labelledby="related"><h2 id="related">Related</h2>${lists.length === 0 ? html`<p class="dim">No related records.</p>` : lists}</section>`;
}

function relatedList(tx: Transaction, { childObject, field }: ChildRelationship, id: string): Markup | undefined {
  const child = tx.actor.access.catalog.object(childObject);
  if (child === undefined || /(?:History|Share|Feed)$/.test(childObject) || !tx.hasIndex(childObject, field.name))
    return undefined;
  const rows = tx
    .find(childObject, field.name, id)
    .filter((row) => row["IsDeleted"] !== true && tx.canSee(childObject, row));
  if (rows.length === 0) return undefined;
  const columns = columnsOf(child)
    .filter((column) => column.name !== field.name && column.nameField !== true)
    .slice(0, 2);
  return html`<div class="related"><h3>${child.definition.labelPlural} <span class="dim">${rows.length}, by ${field.name}</span></h3><ul>${rows
    .slice(0, RELATED_ROWS)
    .map(
      (row) =>
        html`<li><a href="${recordAddress(childObject, String(row["Id"]))}">${nameIn(child, row)}</a> <span class="dim">${columns
          .map((column) => summary(tx, column, row))
          .filter((text) => text !== "")
          .join(" · ")}</span></li>`,
    )}</ul>${rows.length > RELATED_ROWS ? html`<p><a href="${address(`/records/${childObject}`, { where: `${field.name} = '${id}'` })}">All ${rows.length}</a></p>` : NOTHING}</div>`;
}

/** Within a list that says what its rows are, the number is enough. */
function nameIn(type: SObjectType, row: Row): string {
  return shown(row[type.nameField?.name ?? "Id"]) || String(row["Id"]);
}

function summary(tx: Transaction, field: FieldDefinition, row: Row): string {
  const text = shown(row[field.name], field);
  return field.type === "reference" ? (nameOfRecord(tx, text) ?? "") : text;
}

function historySection(tx: Transaction, type: SObjectType, id: string): Markup {
  const isCustom = type.definition.custom === true;
  const name = isCustom ? type.name.replace(/__c$/, "__History") : `${type.name}History`;
  const history = tx.actor.access.catalog.object(name);
  const key = isCustom ? "ParentId" : `${type.name}Id`;
  if (history === undefined || !tx.hasIndex(name, key)) return NOTHING;
  const rows = tx
    .find(name, key, id)
    .filter((row) => row["DataType"] !== "EntityId")
    .slice(-HISTORY_ROWS)
    .reverse();
  return html`<section aria-labelledby="history"><h2 id="history">History</h2>${
    rows.length === 0
      ? html`<p class="dim">No tracked field has changed${(type.definition.historyTracked ?? []).length === 0 ? "; history tracking is off for this object" : ""}.</p>`
      : html`<ol class="timeline">${rows.map(
          (row) =>
            html`<li><p class="moment"><b>${shown(row["Field"])}</b>${row["OldValue"] === null && row["NewValue"] === null ? NOTHING : html` ${shown(row["OldValue"]) || "empty"} → ${shown(row["NewValue"]) || "empty"}`}</p><p class="dim">${instant(String(row["CreatedDate"]))} · ${nameOfRecord(tx, String(row["CreatedById"])) ?? shown(row["CreatedById"])}</p></li>`,
        )}</ol>`
  }</section>`;
}
