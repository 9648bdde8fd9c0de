/**
 * From what a client sent to what is stored: one value, checked against its field.
 *
 * JSON, XML and CSV carry the same value differently and fail differently: a wrong type in JSON refuses the whole
 * request (JSON_PARSER_ERROR), in XML and Bulk only the row. Reference: rest-api §5.2, §11.7, §14.2, §14.3.
 * Required fields, writability, unique values and the existence of a referenced record are other rooms' business.
 */
import type { OrgFault } from "../errors.ts";
import type { Catalog } from "./catalog.ts";
import { roundHalfUp } from "./decimal.ts";
import type { FieldDefinition, FieldValue } from "./definition.ts";
import { keyPrefixOf, to18 } from "./record-id.ts";
import { parseDatetime, parseDay, parseTime } from "./temporal.ts";
import { doubleText } from "./wire-double.ts";

/** How the value came: JSON body, CSV of a Bulk job (already unquoted), or XML text (a nil element is `null`). */
export type Wire = "json" | "csv" | "xml";

/** A value ready to be stored, or why not. `request` says that the whole request is refused with 400, not this row alone. */
export type ParsedValue =
  | { readonly ok: true; readonly value: FieldValue }
  | { readonly ok: false; readonly scope: "request" | "row"; readonly fault: OrgFault };

/** What the org brings to the reading of a value. */
export interface ValueSetting {
  readonly catalog: Catalog;
  readonly settings: { readonly roundStoredNumbers: boolean };
}

/** What Bulk CSV writes to clear a field (reference: rest-api §11.7 [doc]). */
const CSV_NULL = "#N/A";

/** Characters of a multi-select picklist's stored text, unless its field says otherwise [memory: platform §7]. */
const MULTIPICKLIST_CHARACTERS_MAX = 4099;

/** Digits of an `int` whose definition names none: Salesforce's integer has 32 bits. */
const INT_MAX = 2 ** 31 - 1;

/** One `@`, no blanks, a domain of at least two labels; near enough to the platform's check, whose rule is not published. */
const EMAIL = /^[^\s@<>(),;:"]+@[^\s@.<>(),;:"]+(\.[^\s@.<>(),;:"]+)+$/;

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Parses one value for a field. The empty string, a blank text and `null` all mean null (a boolean refuses it).
 *
 * The catalog tells which objects own an Id's prefix; pass the org's whole catalog, not the part that a user sees.
 */
export function parseValue(
  field: FieldDefinition,
  input: unknown,
  wire: Wire,
  { catalog, settings }: ValueSetting,
): ParsedValue {
  if (typeof input === "object" && input !== null) return wrongType(field, input, wire);
  const given = typeof input === "string" ? input.trim() : input;
  if (given === undefined || given === null || given === "" || (wire === "csv" && given === CSV_NULL))
    return field.type === "boolean" ? wrongType(field, input ?? null, wire) : stored(null);
  switch (field.type) {
    case "boolean":
      return orWrongType(parseBoolean(given, wire), field, input, wire);
    case "int":
      return parseInteger(field, given, input, wire);
    case "double":
    case "currency":
    case "percent":
      return parseNumber(field, given, { input, wire, round: settings.roundStoredNumbers });
    case "date":
      return orWrongType(typeof given === "string" ? parseDay(given) : undefined, field, input, wire);
    case "datetime":
      return orWrongType(typeof given === "string" ? parseDatetime(given) : undefined, field, input, wire);
    case "time":
      return orWrongType(typeof given === "string" ? parseTime(given) : undefined, field, input, wire);
    case "id":
    case "reference":
      return typeof given === "string" ? parseReference(field, given, catalog) : wrongType(field, input, wire);
    case "address":
    case "location":
      return refused(notWritable([field.name]));
    default:
      return typeof given === "string" ? parseText(field, given) : wrongType(field, input, wire);
  }
}

/** The refusal of fields that cannot be written (reference: rest-api §14.3 [report], order-domain ORD-15). */
export function notWritable(fields: readonly string[]): OrgFault {
  const hint =
    "Please check the security settings of this field and verify that it is read/write for your profile or permission set.";
  return {
    code: "INVALID_FIELD_FOR_INSERT_UPDATE",
    message: `Unable to create/update fields: ${fields.join(", ")}. ${hint}`,
    fields,
  };
}

function parseBoolean(given: unknown, wire: Wire): boolean | undefined {
  if (typeof given === "boolean") return given;
  if (typeof given !== "string") return undefined;
  const text = given.toLowerCase();
  if (text === "true" || (wire !== "json" && text === "1")) return true;
  if (text === "false" || (wire !== "json" && text === "0")) return false;
  return undefined;
}

function parseInteger(field: FieldDefinition, given: unknown, input: unknown, wire: Wire): ParsedValue {
  const value = numberOf(given);
  if (value === undefined || !Number.isInteger(value)) return wrongType(field, input, wire);
  const limit = field.digits === undefined ? INT_MAX : Math.min(INT_MAX, 10 ** field.digits - 1);
  return Math.abs(value) > limit ? refused(outsideRange(field, value)) : stored(value);
}

function parseNumber(
  field: FieldDefinition,
  given: unknown,
  { input, wire, round }: { readonly input: unknown; readonly wire: Wire; readonly round: boolean },
): ParsedValue {
  const value = numberOf(given);
  if (value === undefined) return wrongType(field, input, wire);
  const scale = field.scale ?? 0;
  const rounded = roundHalfUp(value, scale);
  const wholeDigits = (field.precision ?? 18) - scale;
  if (Math.abs(rounded) >= 10 ** wholeDigits) return refused(outsideRange(field, value));
  // Minus zero is zero in JSON, but not in a text.
  return stored((round ? rounded : value) + 0);
}

function numberOf(given: unknown): number | undefined {
  if (typeof given === "number") return Number.isFinite(given) ? given : undefined;
  if (typeof given !== "string" || !NUMBER.test(given)) return undefined;
  const value = Number(given);
  return Number.isFinite(value) ? value : undefined;
}

/** A 15- or 18-character Id of one of the objects that the field may point to; stored with 18 characters. */
function parseReference(field: FieldDefinition, given: string, catalog: Catalog): ParsedValue {
  const id = to18(given);
  if (id === undefined) return refused(malformedId(field, given));
  const prefix = keyPrefixOf(id);
  const targets = field.referenceTo ?? [];
  const prefixes = targets
    .map((name) => catalog.object(name)?.definition)
    .map((one) => one?.keyPrefix ?? one?.idPrefix);
  // An object that this org does not model owns a prefix that nobody here knows: let the reference check decide.
  if (targets.length === 0 || prefixes.includes(prefix) || prefixes.includes(undefined)) return stored(id);
  if (catalog.objectByPrefix(prefix) === undefined) return refused(malformedId(field, given));
  return refused({ ...malformedId(field, given), code: "FIELD_INTEGRITY_EXCEPTION" });
}

function parseText(field: FieldDefinition, given: string): ParsedValue {
  if (field.type === "multipicklist") return parseMultipicklist(field, given);
  // Line breaks of text areas are stored as CR LF (reference: rest-api §5.2 [memory]), those of a street as they came.
  const isArea = field.type === "textarea" && field.compoundFieldName === undefined;
  const text = isArea ? given.replace(/\r\n|\r|\n/g, "\r\n") : given;
  if (field.length !== undefined && text.length > field.length) return refused(tooLong(field, text, field.length));
  if (field.type === "email" && !EMAIL.test(text)) {
    const message = `${field.label}: invalid email address: ${text}`;
    return refused({ code: "INVALID_EMAIL_ADDRESS", message, fields: [field.name] });
  }
  if (field.restrictedPicklist === true && !isActiveValue(field, text)) return refused(badPicklistValue(field, text));
  return stored(text);
}

/** `a;b` without doubles, in the order of the picklist; values outside an unrestricted list follow in theirs [memory: platform §7]. */
function parseMultipicklist(field: FieldDefinition, given: string): ParsedValue {
  const parts = given.split(";").map((part) => part.trim());
  const chosen = [...new Set(parts.filter((part) => part !== ""))];
  const bad = chosen.find((value) => field.restrictedPicklist === true && !isActiveValue(field, value));
  if (bad !== undefined) return refused(badPicklistValue(field, bad));
  const known = (field.picklistValues ?? []).map((each) => each.value).filter((value) => chosen.includes(value));
  const text = [...known, ...chosen.filter((value) => !known.includes(value))].join(";");
  const limit = field.length ?? MULTIPICKLIST_CHARACTERS_MAX;
  if (text.length > limit) return refused(tooLong(field, text, limit));
  return stored(text === "" ? null : text);
}

function isActiveValue(field: FieldDefinition, text: string): boolean {
  return field.picklistValues?.some((each) => each.value === text && each.active !== false) ?? false;
}

function tooLong(field: FieldDefinition, text: string, limit: number): OrgFault {
  const message = `${field.label}: data value too large: ${text} (max length=${limit})`;
  return { code: "STRING_TOO_LONG", message, fields: [field.name] };
}

function badPicklistValue(field: FieldDefinition, text: string): OrgFault {
  const message = `${field.label}: bad value for restricted picklist field: ${text}`;
  return { code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", message, fields: [field.name] };
}

function outsideRange(field: FieldDefinition, value: number): OrgFault {
  const message = `${field.label}: value outside of valid range on numeric field: ${doubleText(value)}`;
  return { code: "NUMBER_OUTSIDE_VALID_RANGE", message, fields: [field.name] };
}

function malformedId(field: FieldDefinition, given: string): OrgFault {
  return {
    code: "MALFORMED_ID",
    message: `${field.label}: id value of incorrect type: ${given}`,
    fields: [field.name],
  };
}

function orWrongType(value: FieldValue | undefined, field: FieldDefinition, input: unknown, wire: Wire): ParsedValue {
  return value === undefined ? wrongType(field, input, wire) : stored(value);
}

function wrongType(field: FieldDefinition, input: unknown, wire: Wire): ParsedValue {
  if (wire === "json") return { ok: false, scope: "request", fault: jsonParserError(field, input) };
  const message = `${field.label}: value not of required type: ${textOf(input)}`;
  return refused({ code: "INVALID_TYPE_ON_FIELD_IN_RECORD", message, fields: [field.name] });
}

/**
 * Reference: rest-api §14.2 [report]. The position in the body is not known here; the platform shows line and column
 * of the value, this shows 1 and 1.
 */
function jsonParserError(field: FieldDefinition, input: unknown): OrgFault {
  const type = JSON_TYPE_NAMES[field.type] ?? field.type;
  const token = jsonToken(input);
  if (token === "START_ARRAY" || token === "START_OBJECT") {
    const message = `Cannot deserialize instance of ${type} from ${token} value [line:1, column:1]`;
    return { code: "JSON_PARSER_ERROR", message };
  }
  const rest = "or request may be missing a required field at [line:1, column:1]";
  return {
    code: "JSON_PARSER_ERROR",
    message: `Cannot deserialize instance of ${type} from ${token} value ${textOf(input)} ${rest}`,
  };
}

/** The primitive's name in messages, where it is not the describe type [memory: platform §7]. */
const JSON_TYPE_NAMES: Readonly<Partial<Record<FieldDefinition["type"], string>>> = {
  id: "reference",
  textarea: "string",
  phone: "string",
  email: "string",
  url: "string",
  picklist: "string",
  combobox: "string",
  encryptedstring: "string",
  anyType: "string",
};

function jsonToken(input: unknown): string {
  if (Array.isArray(input)) return "START_ARRAY";
  if (input === null) return "VALUE_NULL";
  switch (typeof input) {
    case "object":
      return "START_OBJECT";
    case "boolean":
      return input ? "VALUE_TRUE" : "VALUE_FALSE";
    case "number":
      return Number.isInteger(input) ? "VALUE_NUMBER_INT" : "VALUE_NUMBER_FLOAT";
    default:
      return "VALUE_STRING";
  }
}

function textOf(input: unknown): string {
  return typeof input === "string" ? input : JSON.stringify(input);
}

function stored(value: FieldValue): ParsedValue {
  return { ok: true, value };
}

function refused(fault: OrgFault): ParsedValue {
  return { ok: false, scope: "row", fault };
}
