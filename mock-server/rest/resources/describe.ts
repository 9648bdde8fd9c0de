/** What the org tells about its objects. Source: rest-api §6. */

import { notFound, notImplemented } from "../../http/faults.ts";
import { NOT_MODIFIED, ok, type RestContext, type RestHandler, type RestRequest } from "../../http/rest.ts";
import { objectOfChangeEvent, type SObjectType } from "../../schema/catalog.ts";
import { type DescribeContext, describeGlobal, describeObject, describeSummary } from "../../schema/describe.ts";
import { unchangedSince } from "../conditions.ts";
import { recordUrl, visibleRow, visibleType } from "../record-body.ts";

/** `GET /sobjects`. */
export const readGlobalDescribe: RestHandler = (context, request) => {
  if (unchangedSince(request, context.services.org.schemaChangedMs)) return NOT_MODIFIED;
  return ok(describeGlobal(describeContext(context, request)), lastModified(context));
};

/** `GET /sobjects/{T}`: the summary and the user's recent records of the object. */
export const readBasicInfo: RestHandler = (context, request) => {
  const type = describedType(context, request.segments[1] ?? "");
  const nameField = type.nameField?.name;
  const recentItems = context.services.org.recentlyViewed
    .list(context.tx.actor.userId)
    .filter((entry) => entry.object === type.name)
    .flatMap(({ id }) => {
      const row = visibleRow(context, type, id);
      if (row === undefined) return [];
      const attributes = { type: type.name, url: recordUrl(request.version, type.name, id) };
      return [{ attributes, Id: id, ...(nameField === undefined ? {} : { [nameField]: row[nameField] ?? null }) }];
    });
  return ok({ objectDescribe: describeSummary(type, describeContext(context, request)), recentItems });
};

/** `GET /sobjects/{T}/describe`. */
export const readDescribe: RestHandler = (context, request) => {
  const type = describedType(context, request.segments[1] ?? "");
  if (unchangedSince(request, context.services.org.schemaChangedMs)) return NOT_MODIFIED;
  return ok(describeObject(type, describeContext(context, request)), lastModified(context));
};

/**
 * A real org describes the objects of its change events (Object Reference, StandardObjectNameChangeEvent: describeSObjects()
 * is their only call), but no answer was seen, so it is refused by name.
 */
function describedType(context: RestContext, name: string): SObjectType {
  const { catalog } = context.tx.actor.access;
  if (catalog.object(name) === undefined && objectOfChangeEvent(name, catalog) !== undefined)
    throw notImplemented(`Describe of the change event ${name}`);
  return visibleType(context, name);
}

/** `GET /recent`: the user's recent records of all objects. */
export const readRecent: RestHandler = (context, request) => {
  const limit = Number(request.query.get("limit") ?? 200);
  const records = context.services.org.recentlyViewed.list(context.tx.actor.userId).flatMap(({ object, id }) => {
    const type = context.tx.actor.access.catalog.object(object);
    const row = type === undefined ? undefined : visibleRow(context, type, id);
    if (type === undefined || row === undefined) return [];
    const attributes = { type: type.name, url: recordUrl(request.version, type.name, id) };
    return [{ attributes, Id: id, Name: type.nameField === undefined ? null : (row[type.nameField.name] ?? null) }];
  });
  return ok(records.slice(0, Number.isInteger(limit) && limit > 0 ? limit : 200));
};

/** `GET /sobjects/{T}/describe/layouts[/{recordTypeId}]`: every field in one section, so that clients find their way. */
export const readLayouts: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  if (type.definition.layoutable !== true) throw notFound();
  const layoutRows = type.fields.map((field) => ({
    layoutItems: [
      {
        editableForNew: field.createable ?? false,
        editableForUpdate: field.updateable ?? false,
        label: field.label,
        layoutComponents: [{ displayLines: 1, tabOrder: 1, type: "Field", value: field.name }],
        placeholder: false,
        required: field.nillable !== true && field.createable === true,
      },
    ],
    numItems: 1,
  }));
  const section = { columns: 1, heading: "Information", layoutRows, rows: layoutRows.length, useHeading: true };
  const layout = {
    buttonLayoutSection: null,
    detailLayoutSections: [section],
    editLayoutSections: [section],
    id: null,
  };
  const [, , , , recordTypeId] = request.segments;
  if (recordTypeId !== undefined) return ok(layout);
  return ok({ layouts: [layout], recordTypeMappings: [], recordTypeSelectorRequired: [false] });
};

/** `GET /sobjects/{T}/describe/compactLayouts`: the system's own layout, which shows the name. */
export const readCompactLayouts: RestHandler = (context, request) => {
  const type = visibleType(context, request.segments[1] ?? "");
  const name = type.nameField;
  const fieldItems =
    name === undefined
      ? []
      : [
          {
            label: name.label,
            layoutComponents: [{ displayLines: 1, tabOrder: 1, type: "Field", value: name.name }],
          },
        ];
  const layout = { actions: [], fieldItems, id: null, imageItems: [], label: "System Default", name: "SYSTEM" };
  return ok({
    compactLayouts: [layout],
    defaultCompactLayoutId: null,
    recordTypeCompactLayoutMappings: [],
    urls: { primary: `${recordUrl(request.version, type.name, "describe")}/compactLayouts/primary` },
  });
};

function describeContext(context: RestContext, request: RestRequest): DescribeContext {
  const { access } = context.tx.actor;
  return { catalog: access.catalog, apiVersion: request.version, host: context.instanceUrl, rights: access };
}

function lastModified(context: RestContext): Record<string, string> {
  return { "Last-Modified": new Date(context.services.org.schemaChangedMs).toUTCString() };
}
