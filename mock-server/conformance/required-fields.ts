/**
 * Lets the score card run in an org whose records need more than a plain org's: the custom fields that describe shows as
 * required get a value in every record that a JSON request creates. Rows of bulk jobs stay as they are.
 */

/** What gives the custom fields of a new record their values, by object in lower case. */
export type RequiredFields = ReadonlyMap<string, () => Readonly<Record<string, unknown>>>;

/** The members of a describe's field that are looked at. */
interface DescribedField {
  readonly name?: unknown;
  readonly type?: unknown;
  readonly custom?: unknown;
  readonly nillable?: unknown;
  readonly createable?: unknown;
  readonly defaultedOnCreate?: unknown;
  readonly length?: unknown;
  readonly precision?: unknown;
  readonly scale?: unknown;
  readonly picklistValues?: unknown;
}

/** Objects whose records the score card creates. */
export const CREATED_OBJECTS: readonly string[] = [
  "Account",
  "Contact",
  "Product2",
  "Pricebook2",
  "PricebookEntry",
  "Contract",
  "Order",
  "OrderItem",
  "Opportunity",
];

/**
 * What gives the required custom fields of one object's describe their values, other ones each time where they must be
 * unique; undefined where there are none. A required lookup has no value: the run does not know a record that fits, and
 * what needs it fails loudly.
 */
export function requiredOf(describe: unknown): (() => Readonly<Record<string, unknown>>) | undefined {
  if (!isObject(describe) || !Array.isArray(describe["fields"])) return undefined;
  // Whatever an endpoint sends is looked at member by member.
  const makers = (describe["fields"] as readonly DescribedField[]).flatMap((field) => {
    const isRequired = field.custom === true && field.createable === true && field.nillable === false;
    const make = isRequired && field.defaultedOnCreate !== true ? makerOf(field) : undefined;
    return make === undefined ? [] : [[String(field.name), make] as const];
  });
  if (makers.length === 0) return undefined;
  let number = Date.now() % RUN_NUMBER_RANGE;
  return () => {
    number += 1;
    return Object.fromEntries(makers.map(([name, make]) => [name, make(number)]));
  };
}

/** Records of an earlier run may still be there. */
const RUN_NUMBER_RANGE = 1_000_000;

function makerOf({
  type,
  length,
  precision,
  scale,
  picklistValues,
}: DescribedField): ((number: number) => unknown) | undefined {
  switch (type) {
    case "picklist":
    case "multipicklist": {
      const values: readonly unknown[] = Array.isArray(picklistValues) ? picklistValues : [];
      const active = values.find((each) => isObject(each) && each["active"] === true);
      return isObject(active) ? () => active["value"] : undefined;
    }
    case "int":
    case "double":
    case "currency":
    case "percent": {
      const digits = Math.max(1, Number(precision ?? 18) - Number(scale ?? 0));
      return (number) => number % 10 ** digits;
    }
    case "date":
      return () => new Date().toISOString().slice(0, 10);
    case "datetime":
      return () => new Date().toISOString();
    case "time":
      return () => "09:00:00.000Z";
    case "email":
      return (number) => `conformance-${number}@example.com`;
    case "url":
      return () => "https://example.com";
    case "boolean":
    case "reference":
      return undefined;
    default:
      return (number) => `C${number}`.slice(-(typeof length === "number" && length > 0 ? length : 255));
  }
}

/** The body of a request with the required fields in each record that it creates; fields that are there stay. */
export function withRequired(method: string, path: string, body: unknown, required: RequiredFields): unknown {
  if (required.size === 0 || !isObject(body)) return body;
  const object = method === "POST" ? CREATES.exec(path)?.[1] : undefined;
  return object === undefined ? inner(body, required) : { ...required.get(object.toLowerCase())?.(), ...body };
}

/** The address at which a record is created. */
const CREATES = /\/sobjects\/(\w+)(?:\/Id)?\/?$/i;

function inner(value: unknown, required: RequiredFields): unknown {
  if (Array.isArray(value)) return value.map((each: unknown) => inner(each, required));
  if (!isObject(value)) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inner(member, required)]));
  const { method, url, body, attributes } = value;
  // A subrequest of composite, graph or batch.
  if (method === "POST" && typeof url === "string" && isObject(body))
    return { ...members, body: withRequired(method, url, body, required) };
  // A record of a collection or a tree; one with an Id is there already.
  const type = isObject(attributes) ? attributes["type"] : undefined;
  const isNew = typeof type === "string" && !("Id" in value) && !("id" in value);
  return isNew ? { ...members, ...missing(members, required.get(type.toLowerCase())?.()) } : members;
}

function missing(
  members: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([name]) => !(name in members)));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
}
