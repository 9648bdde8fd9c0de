/**
 * The form to make or edit a record. The browser sends what was changed through the real REST API in a session of the
 * viewing user, so that the real rules answer.
 */
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";
import { API_VERSION, type View } from "./host.ts";
import { html, type Markup, NOTHING } from "./html.ts";

/** What a form is for: an edit where there is a row, else a new record. */
export interface FormParts {
  readonly view: View;
  readonly type: SObjectType;
  readonly row: Row | undefined;
  /** False where the user's permissions refuse it; the form says so and still lets it be tried. */
  readonly canEdit: boolean;
}

export function recordForm({ view, type, row, canEdit }: FormParts): Markup {
  const { username } = view.actor;
  const fields = type.fields.filter(
    (field) => isWritable(field, row) && field.type !== "address" && field.type !== "location",
  );
  const components = fields.filter(
    (field) => field.compoundFieldName !== undefined && field.compoundFieldName !== "Name",
  );
  const plain = fields.filter((field) => !components.includes(field));
  const path = `/services/data/v${API_VERSION}.0/sobjects/${type.name}${row === undefined ? "" : `/${row["Id"]}`}`;
  const form = html`<form class="record-form" data-save="${path}" data-method="${row === undefined ? "POST" : "PATCH"}" data-object="${type.name}" autocomplete="off">
${canEdit ? NOTHING : html`<p class="note">The permissions of ${username} do not allow this; sending it shows the refusal.</p>`}
<div class="refusals" role="alert" data-refusals hidden></div>
<div class="form-grid">${plain.map((field) => input(view, type, field, row))}</div>
${components.length === 0 ? NOTHING : html`<details><summary>Addresses</summary><div class="form-grid">${components.map((field) => input(view, type, field, row))}</div></details>`}
<p class="form-end"><button type="submit" class="primary">${row === undefined ? "Create" : "Save"} as ${username}</button><span class="dim">Goes through the REST API: it costs a call and is in the journal.</span></p>
</form>`;
  return row === undefined ? form : html`<details class="edit"><summary>Edit as ${username}</summary>${form}</details>`;
}

function isWritable(field: FieldDefinition, row: Row | undefined): boolean {
  return (row === undefined ? field.createable : field.updateable) === true;
}

function input({ actor }: View, type: SObjectType, field: FieldDefinition, row: Row | undefined): Markup {
  const value = row?.[field.name] ?? null;
  const isReadOnly = !actor.access.canEditField(type.name, field.name);
  const required = field.nillable !== true && field.defaultedOnCreate !== true && field.type !== "boolean";
  const id = `field-${field.name}`;
  return html`<div class="field${isReadOnly ? " read-only" : ""}"><label for="${id}">${field.label}${required ? html` <span class="required" title="required">*</span>` : NOTHING} <code>${field.name}</code></label>${control(field, id, value)}</div>`;
}

function control(field: FieldDefinition, id: string, value: FieldValue): Markup {
  const text = value === null ? "" : String(value);
  const common = html`id="${id}" name="${field.name}" data-type="${field.type}" data-original="${text}"`;
  switch (field.type) {
    case "boolean":
      return html`<input type="checkbox" ${common}${value === true ? html` checked` : ""}>`;
    case "picklist":
    case "combobox":
      return select(field, common, text);
    case "textarea":
      return html`<textarea ${common} rows="3">${text}</textarea>`;
    case "date":
      return html`<input type="date" ${common} value="${text}">`;
    case "int":
    case "double":
    case "currency":
    case "percent":
      return html`<input inputmode="decimal" ${common} value="${text}">`;
    case "reference":
      return html`<input class="mono" ${common} value="${text}" placeholder="Id of ${(field.referenceTo ?? []).join(" or ")}" spellcheck="false" maxlength="40">`;
    default:
      return html`<input ${common} value="${text}">`;
  }
}

function select(field: FieldDefinition, common: Markup, text: string): Markup {
  const values = (field.picklistValues ?? []).filter((one) => one.active !== false);
  const isForeign = text !== "" && !values.some(({ value }) => value === text);
  return html`<select ${common}><option value=""></option>${values.map(
    ({ value, label }) => html`<option value="${value}"${value === text ? html` selected` : ""}>${label}</option>`,
  )}${isForeign ? html`<option value="${text}" selected>${text}</option>` : NOTHING}</select>`;
}
