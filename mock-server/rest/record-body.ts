/** Records as REST bodies: `attributes`, then the fields that were asked for and that the user may see. */
import { OrgError } from "../errors.ts";
import { notFound } from "../http/faults.ts";
import type { RestContext } from "../http/rest.ts";
import { computedRow } from "../org/computed-records.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition, Row } from "../schema/definition.ts";
import { componentsOf, compoundOf } from "../schema/serialize.ts";
import { isDoubleField, wireDouble } from "../schema/wire-double.ts";

/** The object behind a path segment as the user sees it; throws 404. */
export function visibleType(context: RestContext, name: string): SObjectType {
  const type = context.tx.actor.access.catalog.object(name);
  if (type === undefined) throw notFound();
  return type;
}

/** `/services/data/v62.0/sobjects/Account/001…`. */
export function recordUrl(version: number, object: string, id: string): string {
  return `/services/data/v${version}.0/sobjects/${object}/${id}`;
}

/** One record: all visible fields in describe order, or the given ones in their order. */
export function recordBody(
  type: SObjectType,
  row: Row,
  version: number,
  fields: readonly FieldDefinition[] = type.fields,
): Record<string, unknown> {
  const url = recordUrl(version, type.name, String(row["Id"]));
  if (fields === type.fields) return wholeBody(type)(row, url);
  const body: Record<string, unknown> = { attributes: { type: type.name, url } };
  for (const field of fields) body[field.name] = bodyValue(type, field, row, url);
  return body;
}

function bodyValue(type: SObjectType, field: FieldDefinition, row: Row, url: string): unknown {
  if (COMPUTED_TYPES.has(field.type)) return computedBody(type, field, row, url);
  const value = row[field.name] ?? null;
  return isDoubleField(field) ? wireDouble(value) : value;
}

type MakeBody = (row: Row, url: string) => Record<string, unknown>;

/**
 * Makes the body with every field. Generated once for each type: an object literal of sixty members is made several
 * times as fast as one that grows member by member.
 */
function wholeBody(type: SObjectType): MakeBody {
  const known = WHOLE_BODIES.get(type);
  if (known !== undefined) return known;
  const members = type.fields.map((field, at) => {
    const name = JSON.stringify(field.name);
    if (COMPUTED_TYPES.has(field.type)) return `${name}: value(fields[${at}], row, url)`;
    return `${name}: ${isDoubleField(field) ? `double(row[${name}] ?? null)` : `row[${name}] ?? null`}`;
  });
  const source = `return (row, url) => ({ attributes: { type: name, url }, ${members.join(", ")} });`;
  const value = (field: FieldDefinition, row: Row, url: string): unknown => bodyValue(type, field, row, url);
  // oxlint-disable-next-line typescript/no-implied-eval -- the source is made of field names of the schema, as JSON texts
  const make = new Function("name", "fields", "value", "double", source)(
    type.name,
    type.fields,
    value,
    wireDouble,
  ) as MakeBody;
  WHOLE_BODIES.set(type, make);
  return make;
}

const WHOLE_BODIES = new WeakMap<SObjectType, MakeBody>();

/** Types whose value is not the stored one. */
const COMPUTED_TYPES = new Set(["address", "location", "base64"]);

function computedBody(type: SObjectType, field: FieldDefinition, row: Row, url: string): unknown {
  if (field.type === "base64") return (row[field.name] ?? null) === null ? null : `${url}/${field.name}`;
  // Most addresses are empty, and that is cheap to see.
  return componentNames(type, field).every((name) => (row[name] ?? null) === null)
    ? null
    : compoundOf(type, field, row, wireDouble);
}

function componentNames(type: SObjectType, field: FieldDefinition): readonly string[] {
  const byField = COMPONENTS.get(type) ?? new Map<string, readonly string[]>();
  COMPONENTS.set(type, byField);
  const known = byField.get(field.name);
  if (known !== undefined) return known;
  const names = componentsOf(type, field).map((part) => part.name);
  byField.set(field.name, names);
  return names;
}

const COMPONENTS = new WeakMap<SObjectType, Map<string, readonly string[]>>();

/**
 * The fields that a `fields=` list names, and Id after them where it is not among them.
 * Throws `OrgError` (`INVALID_FIELD`) in the form of a query error, whose text is from memory.
 */
export function namedFields(type: SObjectType, names: readonly string[]): readonly FieldDefinition[] {
  const fields = names.map((name) => type.field(name) ?? refuseField(type, names, name));
  const id = type.field("Id");
  return id === undefined || fields.includes(id) ? [...new Set(fields)] : [...new Set(fields), id];
}

function refuseField(type: SObjectType, names: readonly string[], name: string): never {
  const list = names.join(",");
  const column = list.indexOf(name) + 1;
  const message =
    `\n${list}\n${" ".repeat(column - 1)}^\nERROR at Row:1:Column:${column}\n` +
    `No such column '${name}' on entity '${type.name}'. If you are attempting to use a custom field, be sure to append ` +
    "the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.";
  throw new OrgError(400, { code: "INVALID_FIELD", message });
}

/** The names of a comma-separated list; undefined where the parameter is absent or empty. */
export function listParameter(query: URLSearchParams, name: string): readonly string[] | undefined {
  const names = (query.get(name) ?? "")
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return names.length === 0 ? undefined : names;
}

/** A record that exists, is not deleted and that the user may see. */
export function visibleRow(context: RestContext, type: SObjectType, id: string): Row | undefined {
  const row = context.tx.get(type.name, id);
  if (row === undefined || row["IsDeleted"] === true) return undefined;
  const { access } = context.tx.actor;
  if (!access.object(type.name).read || !context.tx.canSee(type.name, row)) return undefined;
  return computedRow(context.tx, type.name, row);
}
