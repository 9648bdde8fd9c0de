/**
 * What the names in formulas mean: fields of an object, paths to its parents' fields, and `$` variables.
 *
 * A formula field that another formula names is compiled in its place, with its own treatment of blanks.
 */
import { compile } from "../formula/compile.ts";
import { FormulaError } from "../formula/error.ts";
import { divide, multiply, type Num, rounded, toNumber } from "../formula/number.ts";
import type { Named, Names, Run, Scope, Stored, Typed } from "../formula/scope.ts";
import { asBoolean, asMoment, asNumber, asText, type Call } from "../formula/types.ts";
import type { Catalog, SObjectType } from "./catalog.ts";
import type { FieldDefinition } from "./definition.ts";
import { keyPrefixOf, to15 } from "./record-id.ts";

/** How far a formula may travel from its record, and how deep formulas may appear in formulas [memory: platform §6]. */
const RELATIONSHIPS_MAX = 10;
const NESTED_FORMULAS_MAX = 10;

/** Characters of a formula with all formulas that it names, as often as it names them [memory: compiled characters, platform §6]. */
const COMPILED_CHARACTERS_MAX = 15_000;

const DAY_MS = 86_400_000;

/** Days from 1 March of the year 0 to 1 January 1970. */
const DAYS_TO_1970 = 719_468;

/** What names are bound against. */
export interface Binding {
  readonly object: SObjectType;
  readonly catalog: Catalog;
  /** Collects the fields of the formula's own object. */
  readonly own: Set<string>;
  readonly depth: number;
  readonly blanksAsZero: boolean;
  /** True for the formula of a formula field. */
  readonly isField: boolean;
  /** Counts the characters of the whole, formulas in formulas included. */
  readonly size: { characters: number };
}

/** The formula as a typed part whose names are the binding's. Throws a `FormulaError`. */
export function bindFormula(text: string, binding: Binding): Typed {
  if (binding.depth > NESTED_FORMULAS_MAX) throw new FormulaError("refers to itself or nests too deep");
  binding.size.characters += text.length;
  if (binding.size.characters > COMPILED_CHARACTERS_MAX)
    throw new FormulaError(
      `is too large with the formulas that it names: more than ${COMPILED_CHARACTERS_MAX} characters in all`,
    );
  return compile(text, namesOf(binding));
}

/** The value as the field's type stores it in a formula: a number of the field's scale, a text, a moment. */
export function asField(value: Typed, field: FieldDefinition): Typed {
  const call: Call = { name: `the field ${field.name}`, at: 0 };
  switch (field.type) {
    case "int":
    case "double":
    case "currency":
    case "percent": {
      const run = asNumber(value, call);
      const scale = (field.scale ?? 0) + (field.type === "percent" ? 2 : 0);
      return {
        type: "number",
        run: (scope) => {
          const number = run(scope);
          return number === null ? null : rounded(number, scale, "halfUp");
        },
      };
    }
    case "boolean":
      return { type: "boolean", run: asBoolean(value, call) };
    case "date":
    case "datetime":
    case "time":
      // The default of a date may be an instant, of which the day counts; projects that deploy have NOW() there.
      if (field.type === "date" && field.formula === undefined && value.type === "datetime") {
        const { run } = value;
        return { type: "date", run: (scope) => dayOf(run(scope)) };
      }
      return { type: field.type, run: asMoment(value, call, field.type) };
    default:
      // A default of a picklist may be another picklist's value.
      return { type: "text", run: value.type === "picklist" ? value.run : asText(value, call) };
  }
}

function dayOf(ms: number | null): number | null {
  return ms === null ? null : Math.floor(ms / DAY_MS);
}

function namesOf(binding: Binding): Names {
  return {
    isField: binding.isField,
    named: (name) => named(name, binding),
    objectField: (name) => {
      const [variable = "", object = "", fields = "", field = ""] = name.split(".");
      const type = binding.catalog.object(object);
      const found = type?.field(field);
      if (variable.toLowerCase() !== "$objecttype" || fields.toLowerCase() !== "fields" || found === undefined)
        throw new FormulaError(`${name} is no field like $ObjectType.Object__c.Fields.Field__c`);
      return { object: type?.name ?? object, field: found.name };
    },
  };
}

/** `Status`, `Account.Owner.Name`, `Owner:User.Email`, `$User.ProfileId`, `$Organization.Name`. */
function named(name: string, binding: Binding): Named {
  const path = name.split(".");
  if (name.startsWith("$")) return { value: variable(path, name, binding) };
  const value = pathValue(path, name, binding);
  const field = path.length === 1 ? binding.object.field(name) : undefined;
  return field === undefined ? { value } : { value, own: field.name };
}

/** Where the record behind a `$` variable is found. */
const RECORD_VARIABLES: Readonly<
  Record<
    string,
    { readonly object: string; readonly via: readonly string[]; readonly row: Run<Scope["row"] | undefined> }
  >
> = {
  $user: { object: "User", via: [], row: ({ context }) => context.user },
  $profile: { object: "User", via: ["Profile"], row: ({ context }) => context.user },
  $userrole: { object: "User", via: ["UserRole"], row: ({ context }) => context.user },
  $organization: { object: "Organization", via: [], row: ({ context }) => context.find?.("Organization") },
};

/** Stands before the name of a custom permission among what a user holds. */
const CUSTOM_PERMISSION = "CustomPermission.";

/** What `$` variables without a record of their own are; undefined where the path is none of theirs. */
const GLOBALS: Readonly<
  Record<string, (rest: readonly string[], whole: string, binding: Binding) => Typed | undefined>
> = {
  // The user permissions of setup can be asked for as well as custom ones [memory: platform §6].
  $permission: permission,
  $custompermission: permission,
  $label: ([...names], whole, { catalog }) => {
    const text = catalog.labels.get(names.join("__").toLowerCase());
    if (text === undefined) throw new FormulaError(`there is no custom label ${whole}`);
    return { type: "text", run: () => text };
  },
  $custommetadata: ([type = "", record = "", ...field], whole, binding) => {
    const object = binding.catalog.object(type);
    if (object === undefined) throw new FormulaError(`there is no custom metadata type ${type} (${whole})`);
    const found = (object.definition.records ?? []).find(
      (row) => String(row["DeveloperName"]).toLowerCase() === record.toLowerCase(),
    );
    if (found === undefined) throw new FormulaError(`${type} has no record ${record} (${whole})`);
    const value = pathValue(field, whole, { ...binding, object, own: new Set() });
    return moved(value, (scope) => ({ ...scope, row: { ...emptyRow(object), ...found } }));
  },
  $setup: ([setting = "", ...field], whole, binding) => {
    const object = binding.catalog.object(setting);
    if (object?.definition.customSetting !== "Hierarchy")
      throw new FormulaError(`there is no hierarchical custom setting ${setting} (${whole})`);
    const value = pathValue(field, whole, { ...binding, object, own: new Set() });
    return moved(value, (scope) => {
      const row = settingFor(object.name, scope);
      return row === undefined ? undefined : { ...scope, row };
    });
  },
  $api: ([name = ""], whole) => {
    if (name.toLowerCase() === "session_id") return { type: "text", run: () => "SESSION_ID_REMOVED" };
    const [, kind = "", digits = ""] = /^(partner|enterprise)_server_url_(\d{2,3})$/i.exec(name) ?? [];
    const letter = { partner: "u", enterprise: "c" }[kind.toLowerCase()];
    if (letter === undefined) throw new FormulaError(`there is no ${whole}`);
    return {
      type: "text",
      run: ({ context }) => {
        const organization = context.find?.("Organization")?.["Id"];
        const id = typeof organization === "string" ? to15(organization) : "";
        return `https://mock.my.salesforce.com/services/Soap/${letter}/${digits.slice(0, -1)}.0/${id}`;
      },
    };
  },
};

function permission([name = "", ...rest]: readonly string[]): Typed | undefined {
  if (name === "" || rest.length > 0) return undefined;
  return {
    type: "boolean",
    run: ({ context: { holds } }) => holds?.(`${CUSTOM_PERMISSION}${name}`) === true || holds?.(name) === true,
  };
}

function emptyRow(object: SObjectType): Scope["row"] {
  return Object.fromEntries(object.fields.map((field) => [field.name, null]));
}

/** The setting's record for the user, the user's profile or the organization: the nearest one counts. */
function settingFor(setting: string, { context: { user, find } }: Scope): Scope["row"] | undefined {
  for (const owner of [user["Id"], user["ProfileId"], find?.("Organization")?.["Id"]]) {
    const found = typeof owner === "string" ? find?.(setting, { field: "SetupOwnerId", value: owner }) : undefined;
    if (found !== undefined && found["IsDeleted"] !== true) return found;
  }
  return undefined;
}

function variable(path: readonly string[], whole: string, binding: Binding): Typed {
  const [first = "", ...rest] = path;
  const kind = first.toLowerCase();
  const known = RECORD_VARIABLES[kind];
  const object = known === undefined ? undefined : binding.catalog.object(known.object);
  if (known !== undefined && object !== undefined && rest.length === 1) {
    const value = pathValue([...known.via, ...rest], whole, { ...binding, object, own: new Set() });
    return moved(value, (scope) => {
      const row = known.row(scope);
      return row === undefined ? undefined : { ...scope, row };
    });
  }
  if (kind === "$recordtype" && rest.length === 1) return pathValue(["RecordType", ...rest], whole, binding);
  const global = GLOBALS[kind]?.(rest, whole, binding);
  if (global !== undefined) return global;
  if (kind === "$system" && rest[0]?.toLowerCase() === "origindatetime")
    return { type: "datetime", run: () => Date.UTC(1900, 0, 1) };
  if (kind === "$objecttype" && rest.length === 3) return { type: "text", run: () => whole };
  throw new FormulaError(`the global variable ${whole} is not supported`);
}

function pathValue(path: readonly string[], whole: string, binding: Binding): Typed {
  const [first = "", ...rest] = path;
  if (path.length > RELATIONSHIPS_MAX + 1)
    throw new FormulaError(`${whole} travels over more than ${RELATIONSHIPS_MAX} relationships`);
  if (rest.length === 0) return fieldValue(first, whole, binding);
  const [relationship = "", onlyTo] = first.split(":");
  const reference = binding.object.parent(relationship);
  // An object without record types has no field for them, and its records have none.
  if (reference === undefined && relationship.toLowerCase() === "recordtype" && rest.length === 1)
    return { type: "text", run: () => "" };
  if (reference === undefined)
    throw new FormulaError(`${binding.object.name} has no relationship ${relationship} (${whole})`);
  binding.own.add(reference.name);
  const targets = (reference.referenceTo ?? []).filter(
    (target) => onlyTo === undefined || target.toLowerCase() === onlyTo.toLowerCase(),
  );
  const values = new Map<string, Typed>();
  let reason: string | undefined;
  for (const target of targets) {
    const object = binding.catalog.object(target);
    if (object === undefined) continue;
    try {
      values.set(object.name, pathValue(rest, whole, { ...binding, object, own: new Set() }));
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      reason ??= error.message;
    }
  }
  const [firstValue] = values.values();
  if (firstValue === undefined) throw new FormulaError(reason ?? `${whole} leads to an object that is not modeled`);
  const only = values.size === 1 && (reference.referenceTo ?? []).length === 1 ? [...values.keys()][0] : undefined;
  const targetOf = (id: string): string => only ?? binding.catalog.objectByPrefix(keyPrefixOf(id))?.name ?? "";
  const parentOf = (scope: Scope, target: string): Scope | undefined => {
    const id = scope.row[reference.name] ?? null;
    if (typeof id !== "string" || targetOf(id) !== target) return undefined;
    const parent = scope.parentLookup(target, id);
    return parent === undefined ? undefined : { ...scope, row: parent };
  };
  // A field that several targets share has one type; the first target with another one decides nothing.
  const [[target, value] = ["", firstValue], ...others] = values;
  return others.reduce(
    (known, [name, other]) =>
      eitherOf(
        known,
        moved(other, (scope) => parentOf(scope, name)),
      ),
    moved(value, (scope) => parentOf(scope, target)),
  );
}

/** The first value, or the second where the first is empty: at most one of a polymorphic reference's parents is there. */
function eitherOf(first: Typed, second: Typed): Typed {
  if (first.type !== second.type) return first;
  const run: Run<unknown> = (scope) => {
    const value = first.run(scope);
    return value === null || value === "" ? second.run(scope) : value;
  };
  // Both runs give values of the type that `first` declares.
  return { ...first, run } as Typed;
}

/** The same value on another record; empty where there is none. */
function moved(value: Typed, to: (scope: Scope) => Scope | undefined): Typed {
  const run: Run<unknown> = (scope) => {
    const there = to(scope);
    if (there !== undefined) return value.run(there);
    return value.type === "boolean" ? false : isText(value) ? "" : null;
  };
  // The run gives the value's own type, or its empty value.
  return { ...value, run } as Typed;
}

function isText(value: Typed): boolean {
  return ["text", "id", "picklist", "multipicklist"].includes(value.type);
}

function fieldValue(name: string, whole: string, binding: Binding): Typed {
  const field = binding.object.field(name);
  if (field === undefined) throw new FormulaError(`the field ${whole} does not exist on ${binding.object.name}`);
  binding.own.add(field.name);
  const zero = binding.blanksAsZero;
  if (field.formula === undefined) return zeroed(stored(field, whole, binding.object), zero);
  const inner = bindFormula(field.formula, {
    ...binding,
    own: new Set(),
    depth: binding.depth + 1,
    isField: true,
    blanksAsZero: field.blanksAsZero ?? false,
  });
  return zeroed(asField(inner, field), zero);
}

/** "Treat blank fields as zeroes": an empty number of a field is 0. */
function zeroed(value: Typed, asZero: boolean): Typed {
  if (value.type !== "number" || !asZero) return value;
  const { run } = value;
  return { type: "number", run: (scope) => run(scope) ?? 0 };
}

/** A stored value as formulas see it: percent as a fraction, Ids with 15 characters, dates as days. */
function stored(field: FieldDefinition, whole: string, object: SObjectType): Typed {
  const { name } = field;
  const text: Run<string> = ({ row }) => {
    const value = row[name] ?? null;
    return typeof value === "string" ? value : value === null ? "" : String(value);
  };
  const moment =
    (of: (text: string) => number): Run<number | null> =>
    ({ row }) => {
      const value = row[name] ?? null;
      return typeof value === "string" ? of(value) : null;
    };
  switch (field.type) {
    case "boolean":
      return { type: "boolean", run: ({ row }) => row[name] === true };
    case "int":
    case "double":
    case "currency":
      return { type: "number", run: ({ row }) => numberOf(row[name]) };
    case "percent":
      return { type: "number", run: ({ row }) => fraction(numberOf(row[name])) };
    case "date":
      return { type: "date", run: moment(dayOfText) };
    case "datetime":
      return { type: "datetime", run: moment(instantOfText) };
    case "time":
      return { type: "time", run: moment((value) => Date.parse(`1970-01-01T${value}`)) };
    case "id":
    case "reference":
      return {
        type: "id",
        run: (scope) => {
          const id = text(scope);
          return id === "" ? id : to15(id);
        },
      };
    case "picklist":
    case "multipicklist":
      return { type: field.type, run: text };
    case "location":
      return location(field, whole, object);
    case "address":
      throw new FormulaError(`the compound field ${whole} cannot be used in a formula; use its components`);
    case "base64":
    case "anyType":
      throw new FormulaError(`the field ${whole} of type ${field.type} cannot be used in a formula`);
    case "string":
    case "textarea":
    case "combobox":
    case "phone":
    case "email":
    case "url":
    case "encryptedstring":
      return { type: "text", run: text };
    default:
      return unreachable(field.type);
  }
}

function location(field: FieldDefinition, whole: string, object: SObjectType): Typed {
  const base = field.name.replace(/__c$/, "");
  const latitude = object.field(`${base}__Latitude__s`);
  const longitude = object.field(`${base}__Longitude__s`);
  if (latitude === undefined || longitude === undefined)
    throw new FormulaError(`the compound field ${whole} cannot be used in a formula; use its components`);
  return {
    type: "location",
    run: ({ row }) => {
      const [north, east] = [numberOf(row[latitude.name]), numberOf(row[longitude.name])];
      return north === null || east === null ? null : { latitude: north, longitude: east };
    },
  };
}

/** Days since 1970 of a stored date. The calendar is counted, because formulas read many dates. */
function dayOfText(stored: string): number {
  const year = digits(stored, 0, 4);
  const month = digits(stored, 5, 7);
  // Years that begin in March end with the leap day, so that every month before has its fixed place.
  const from = month > 2 ? year : year - 1;
  const century = Math.floor(from / 100);
  const day = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + digits(stored, 8, 10) - 1;
  return from * 365 + Math.floor(from / 4) - century + Math.floor(century / 4) + day - DAYS_TO_1970;
}

/** Milliseconds since 1970 of a stored date-time, which is in UTC and has no fractions of a second. */
function instantOfText(stored: string): number {
  const seconds = (digits(stored, 11, 13) * 60 + digits(stored, 14, 16)) * 60 + digits(stored, 17, 19);
  return dayOfText(stored) * DAY_MS + seconds * 1000;
}

function digits(text: string, from: number, to: number): number {
  let value = 0;
  for (let at = from; at < to; at++) value = value * 10 + text.charCodeAt(at) - 48;
  return value;
}

function numberOf(value: Stored | undefined): Num | null {
  return typeof value === "number" ? value : null;
}

function fraction(percent: Num | null): Num | null {
  return percent === null ? null : divide(percent, 100);
}

/** A number that `asField` rounded, as a record stores it: percent in percent. */
export function storedNumber(value: Num, field: FieldDefinition): number {
  return toNumber(field.type === "percent" ? multiply(value, 100) : value);
}

function unreachable(type: never): never {
  throw new Error(`Unknown field type ${String(type)}`);
}
