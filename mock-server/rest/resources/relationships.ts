/** Addresses that walk along relationships: `/sobjects/Order/801…/Account`. Source: rest-api §7.7. */

import { methodNotAllowed, notFound, unknownExternalIdField } from "../../http/faults.ts";
import { HeldRecords } from "../../http/held-records.ts";
import { listedSet, pageRowsOf } from "../../http/query-cursors.ts";
import { NO_CONTENT, ok, type RestContext, type RestHandler, type RestRequest } from "../../http/rest.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldValue, Row } from "../../schema/definition.ts";
import { keyPrefixOf, to18 } from "../../schema/record-id.ts";
import { listParameter, namedFields, recordBody, visibleRow, visibleType } from "../record-body.ts";
import { saveRow } from "../save-row.ts";
import { recordAnswer, updateById } from "./rows.ts";

/** Relationships to parents in one address; one to children may follow. */
const LEVELS_MAX = 5;

type Destination =
  | { readonly kind: "record"; readonly type: SObjectType; readonly row: Row }
  | { readonly kind: "children"; readonly type: SObjectType; readonly rows: readonly Row[] };

/** `GET /sobjects/{T}/{Id}/{RelName}…`. */
export const readRelated: RestHandler = (context, request) => {
  const destination = walk(context, request);
  const { type } = destination;
  if (destination.kind === "record") return recordAnswer(context, request, type, destination.row);
  const names = listParameter(request.query, "fields");
  const fields = names === undefined ? undefined : namedFields(type, names);
  const records = destination.rows.map((row) => recordBody(type, row, request.version, fields));
  const page = context.services.cursors.open(listedSet(records), {
    userId: context.tx.actor.userId,
    version: request.version,
    pageRows: pageRowsOf(request.header("sforce-query-options")),
    records: new HeldRecords(context.tx),
  });
  const { totalSize, done, ...more } = page;
  return ok({ done, totalSize, ...more });
};

/** `PATCH` of a parent through its child. */
export const updateRelated: RestHandler = (context, request) => {
  const { type, row } = parentOnly(context, request);
  return updateById(context, request, type, String(row["Id"]));
};

/** `DELETE` of a parent through its child. */
export const deleteRelated: RestHandler = (context, request) => {
  const { type, row } = parentOnly(context, request);
  saveRow(context, request, "delete", { object: type.name, id: String(row["Id"]), values: {} });
  return NO_CONTENT;
};

function parentOnly(context: RestContext, request: RestRequest): { type: SObjectType; row: Row } {
  const destination = walk(context, request);
  if (destination.kind === "children") throw methodNotAllowed(request.method, ["HEAD", "GET"]);
  return destination;
}

function walk(context: RestContext, request: RestRequest): Destination {
  const [, object = "", idSegment = "", ...names] = request.segments;
  let type = visibleType(context, object);
  const id = to18(idSegment);
  if (id === undefined) throw unknownExternalIdField(idSegment);
  const start = visibleRow(context, type, id);
  if (start === undefined || names.length > LEVELS_MAX + 1) throw notFound();
  let row: Row = start;
  for (const [index, name] of names.entries()) {
    const field = type.parent(name);
    if (field !== undefined) {
      const parentId: FieldValue | undefined = row[field.name];
      if (typeof parentId !== "string") throw notFound();
      const parentType = context.tx.actor.access.catalog.objectByPrefix(keyPrefixOf(parentId));
      const parent: Row | undefined = parentType === undefined ? undefined : visibleRow(context, parentType, parentId);
      if (parentType === undefined || parent === undefined) throw notFound();
      type = parentType;
      row = parent;
      continue;
    }
    const child = type.child(name);
    if (child === undefined || index < names.length - 1) throw notFound();
    const childType = visibleType(context, child.childObject);
    const rows = context.tx
      .find(childType.name, child.field.name, String(row["Id"]))
      .map((candidate) => visibleRow(context, childType, String(candidate["Id"])))
      .filter((candidate) => candidate !== undefined);
    return { kind: "children", type: childType, rows };
  }
  return { kind: "record", type, row };
}
