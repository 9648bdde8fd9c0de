/** sObject rows by record Id: create, read, update, delete. Source: rest-api §7.1–7.5. */

import { notFound, unknownExternalIdField } from "../../http/faults.ts";
import {
  NO_CONTENT,
  ok,
  type RestContext,
  type RestHandler,
  type RestRequest,
  type RestResult,
} from "../../http/rest.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import type { Row } from "../../schema/definition.ts";
import { to18 } from "../../schema/record-id.ts";
import { checkConditions, validators } from "../conditions.ts";
import { listParameter, namedFields, recordBody, recordUrl, visibleRow, visibleType } from "../record-body.ts";
import { bodyValues, memberOf, saveRow, surplusField } from "../save-row.ts";

/** `POST /sobjects/{T}`. */
export const createRow: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  const values = bodyValues(request);
  if (memberOf(values, "Id") !== undefined) throw surplusField("Id");
  const saved = saveRow(context, request, "insert", { object: type.name, values });
  if ("matches" in saved) throw notFound();
  touchRecent(context, request, type, saved.id);
  return {
    status: 201,
    headers: { Location: recordUrl(request.version, type.name, saved.id) },
    body: { id: saved.id, success: true, errors: [] },
  };
};

/** `GET /sobjects/{T}/{Id}`. */
export const readRow: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  const id = to18(rowId(request));
  const row = id === undefined ? undefined : visibleRow(context, type, id);
  if (row === undefined) throw notFound();
  return recordAnswer(context, request, type, row);
};

/** A record as the answer of a request: conditions checked, `fields=` applied. */
export function recordAnswer(context: RestContext, request: RestRequest, type: SObjectType, row: Row): RestResult {
  const conditional = checkConditions(type.name, row, request);
  if (conditional !== undefined) return conditional;
  const names = listParameter(request.query, "fields");
  const fields = names === undefined ? undefined : namedFields(type, names);
  touchRecent(context, request, type, String(row["Id"]));
  return ok(recordBody(type, row, request.version, fields), validators(type.name, row));
}

/** `PATCH /sobjects/{T}/{Id}`. */
export const updateRow: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  return updateById(context, request, type, rowId(request));
};

/** Updates the record with this Id (15 or 18 characters) from the request's body. */
export function updateById(context: RestContext, request: RestRequest, type: SObjectType, id: string): RestResult {
  const values = bodyValues(request);
  if (memberOf(values, "Id") !== undefined) throw surplusField("Id");
  const row = context.tx.get(type.name, to18(id) ?? "");
  if (row !== undefined) checkConditions(type.name, row, request);
  saveRow(context, request, "update", { object: type.name, id, values });
  touchRecent(context, request, type, to18(id) ?? id);
  return NO_CONTENT;
}

/** `DELETE /sobjects/{T}/{Id}`. Conditional headers have no effect here. */
export const deleteRow: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  saveRow(context, request, "delete", { object: type.name, id: rowId(request), values: {} });
  return NO_CONTENT;
};

/** The Id segment. What is not shaped like an Id is taken for an external-Id field, which it is not. */
function rowId(request: RestRequest): string {
  const segment = request.segments[2] ?? "";
  if (!/^(?:[A-Za-z0-9]{15}|[A-Za-z0-9]{18})$/.test(segment)) throw unknownExternalIdField(segment);
  return segment;
}

/** `Sforce-Mru: updateMru=true` puts the record on the user's recent list. */
function touchRecent(context: RestContext, request: RestRequest, type: SObjectType, id: string): void {
  if (!/updateMru\s*=\s*true/i.test(request.header("sforce-mru") ?? "")) return;
  const { tx, services } = context;
  services.org.recentlyViewed.touch(tx.actor.userId, { object: type.name, id, mode: "view", at: tx.now });
}
