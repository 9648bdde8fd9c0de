/** sObject rows by external Id, and what else may appear in their place in the address. Source: rest-api §7.6. */

import { methodNotAllowed, notFound, unknownExternalIdField } from "../../http/faults.ts";
import { NO_CONTENT, type RestContext, type RestHandler, type RestRequest, type RestResult } from "../../http/rest.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, Row } from "../../schema/definition.ts";
import { to18 } from "../../schema/record-id.ts";
import { recordUrl, visibleRow, visibleType } from "../record-body.ts";
import { bodyValues, memberOf, saveRow, surplusField } from "../save-row.ts";
import { recordAnswer } from "./rows.ts";

/** From this version on an upsert that updates answers 200 with a body, and creating ones tell `created`. */
const CREATED_FLAG_VERSION = 46;
/** `updateOnly` exists from Spring '24 on. */
const UPDATE_ONLY_VERSION = 61;

/** `GET /sobjects/{T}/{Field}/{value}`. */
export const readByExternalId: RestHandler = (context, request) => {
  const found = onlyMatch(context, request);
  return "status" in found ? found : recordAnswer(context, request, found.type, found.row);
};

/** `PATCH /sobjects/{T}/{Field}/{value}`: update the one match, create where there is none. */
export const upsertByExternalId: RestHandler = (context, request) => {
  const { type, field, value } = address(context, request);
  const values = bodyValues(request);
  if (memberOf(values, "Id") !== undefined) throw surplusField("Id");
  if (memberOf(values, field.name) !== undefined) throw surplusField(field.name);
  const updateOnly = request.version >= UPDATE_ONLY_VERSION && request.query.get("updateOnly") === "true";
  const saved = saveRow(
    context,
    request,
    "upsert",
    { object: type.name, values: { ...values, [field.name]: value } },
    { externalIdField: field.name, updateOnly },
  );
  if ("matches" in saved) return multipleChoices(request, type, saved.matches);
  const flags = request.version >= CREATED_FLAG_VERSION ? { created: saved.created } : {};
  const body = { id: saved.id, success: true, errors: [], ...flags };
  if (saved.created) {
    return { status: 201, headers: { Location: recordUrl(request.version, type.name, saved.id) }, body };
  }
  return request.version >= CREATED_FLAG_VERSION ? { status: 200, body } : NO_CONTENT;
};

/** `DELETE /sobjects/{T}/{Field}/{value}`. */
export const deleteByExternalId: RestHandler = (context, request) => {
  const found = onlyMatch(context, request);
  if ("status" in found) return found;
  saveRow(context, request, "delete", { object: found.type.name, id: String(found.row["Id"]), values: {} });
  return NO_CONTENT;
};

/** `POST /sobjects/{T}/Id`: an upsert without an Id, which is an insert. */
export const createThroughId: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  const values = bodyValues(request);
  if (memberOf(values, "Id") !== undefined) throw surplusField("Id");
  const saved = saveRow(context, request, "insert", { object: type.name, values });
  if ("matches" in saved) throw notFound();
  return {
    status: 201,
    headers: { Location: recordUrl(request.version, type.name, saved.id) },
    body: { id: saved.id, success: true, errors: [], created: true },
  };
};

/** The field of the object that this segment names, if records may be addressed by it. */
export function addressingField(type: SObjectType, segment: string): FieldDefinition | undefined {
  const field = type.field(segment);
  if (field === undefined) return undefined;
  return field.externalId === true || field.idLookup === true || field.name === "Id" ? field : undefined;
}

function address(
  context: RestContext,
  request: RestRequest,
): { type: SObjectType; field: FieldDefinition; value: string } {
  const [, object = "", segment = "", value, ...rest] = request.segments;
  const type = visibleType(context, object);
  const field = addressingField(type, segment);
  if (field === undefined) throw unknownExternalIdField(segment);
  if (value === undefined) throw methodNotAllowed(request.method, ["POST"]);
  if (rest.length > 0) throw notFound();
  return { type, field, value };
}

/** The one record that the address means, or the answer that names several; throws 404 where there is none. */
function onlyMatch(
  context: RestContext,
  request: RestRequest,
): { readonly type: SObjectType; readonly row: Row } | RestResult {
  const { type, field, value } = address(context, request);
  const [row, ...others] = matches(context, type, field, value);
  if (row === undefined) throw notFound();
  if (others.length === 0) return { type, row };
  return multipleChoices(
    request,
    type,
    [row, ...others].map((match) => String(match["Id"])),
  );
}

function matches(context: RestContext, type: SObjectType, field: FieldDefinition, value: string): readonly Row[] {
  if (field.name === "Id") {
    const row = visibleRow(context, type, to18(value) ?? "");
    return row === undefined ? [] : [row];
  }
  const numeric = field.type === "double" || field.type === "int";
  const key = numeric ? Number(value) : value;
  if (typeof key === "number" && Number.isNaN(key)) return [];
  return context.tx
    .find(type.name, field.name, key)
    .map((row) => visibleRow(context, type, String(row["Id"])))
    .filter((row) => row !== undefined);
}

function multipleChoices(request: RestRequest, type: SObjectType, ids: readonly string[]): RestResult {
  return { status: 300, body: ids.map((id) => recordUrl(request.version, type.name, id)) };
}
