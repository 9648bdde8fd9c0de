/**
 * Named converters: from external fields to one value and back.
 *
 * A converter yields raw values; making them canonical (trim, scale, length, calendar) is done once for all of them in
 * `field.ts`. A converter whose way back is not a function (a concatenation, a constant) has `write: null`.
 */

import { multiplyDecimals, parseDecimal, subtractDecimals } from "../model/decimal.ts";
import type { ExternalFields, ExternalValue } from "../model/external-record.ts";
import { civilInZone, parseDate, parseInstant } from "../model/instant.ts";
import { readPattern, writePattern } from "./date-pattern.ts";
import type { Converter, RawReading, RawWriting } from "./mapping.ts";
import type { ConvertSpec } from "./spec.ts";

/**
 * A user's function from the configuration module. `toSalesforce` gets the values of the `from` fields in order and
 * returns one value; `toExternal` gets the Salesforce value and returns one value per `from` field (a list when there
 * are several). It may throw: the record is refused with the message.
 */
export type UserFunction = (...values: readonly unknown[]) => unknown;

/** The same value for every record. */
export function constantConverter(constant: ExternalValue): Converter {
  return { read: () => raw(constant), write: null };
}

/** One external field as it is; booleans and texts are written as they are. */
export function plainConverter(field: string): Converter {
  return {
    read: (fields) => (Object.hasOwn(fields, field) ? raw(fields[field] ?? null) : ABSENT),
    write: (value) => written({ [field]: value }),
  };
}

/** Fields joined by a separator, empty ones left out. */
export function concatConverter(names: readonly string[], separator: string): Converter {
  return {
    read: (fields) =>
      whenAllPresent(fields, names, (values) =>
        raw(
          texts(values)
            .filter((text) => text !== "")
            .join(separator),
        ),
      ),
    write: null,
  };
}

/** One line of an address per field; on the way back the last field takes the lines that are left over. */
export function addressLinesConverter(names: readonly string[]): Converter {
  return {
    read: (fields) =>
      whenAllPresent(fields, names, (values) =>
        raw(
          texts(values)
            .filter((text) => text !== "")
            .join("\n"),
        ),
      ),
    write: (value) => {
      const lines = value === null ? [] : String(value).split("\n");
      const last = names.length - 1;
      const entries = names.map((name, index) => {
        const line = index === last ? lines.slice(last).join(", ") : (lines[index] ?? "");
        return [name, line === "" ? null : line] as const;
      });
      return written(Object.fromEntries(entries));
    },
  };
}

/** Price × (1 − discount), exact. */
export function discountedConverter(spec: { price: string; discount: string; as: "fraction" | "percent" }): Converter {
  return {
    read: (fields) =>
      whenAllPresent(fields, [spec.price, spec.discount], ([price, discount]) => {
        if (isEmpty(price)) return raw(null);
        const base = parseDecimal(String(price));
        const given = isEmpty(discount) ? "0" : parseDecimal(String(discount));
        if (base === undefined) return refused("is not a decimal number", price);
        if (given === undefined) return refused("is not a decimal discount", discount);
        const fraction = spec.as === "percent" ? multiplyDecimals(given, "0.01") : given;
        return raw(multiplyDecimals(base, subtractDecimals("1", fraction)));
      }),
    write: null,
  };
}

/**
 * A converter of one field by the `convert` part of the mapping. User functions must have been looked up. `zone`: the one
 * of times that name none, where the converter names none either.
 */
export function namedConverter(
  field: string,
  spec: Exclude<ConvertSpec, { function: unknown }>,
  zone?: string,
): Converter {
  if ("picklist" in spec) return picklistConverter(field, spec);
  if ("date" in spec) return dateConverter(field, spec.date);
  if ("datetime" in spec) return datetimeConverter(field, spec.datetime, zone);
  if ("decimal" in spec) return decimalConverter(field, spec.decimal);
  return booleanConverter(field, spec.boolean);
}

/** User functions over one or more fields. */
export function functionConverter(
  names: readonly string[],
  toSalesforce: UserFunction,
  toExternal: UserFunction | null,
): Converter {
  return {
    read: (fields) =>
      whenAllPresent(fields, names, (values) => {
        const result = attempt(() => toSalesforce(...values));
        if ("error" in result) return refused(`was refused by the mapping function: ${result.error}`, values[0]);
        return isExternalValue(result.value)
          ? raw(result.value)
          : refused("made the mapping function return something that is not a plain value", values[0]);
      }),
    write:
      toExternal === null
        ? null
        : (value) => {
            const result = attempt(() => toExternal(value));
            if ("error" in result)
              return { kind: "problem", reason: `was refused by the mapping function: ${result.error}` };
            const list: readonly unknown[] =
              Array.isArray(result.value) && names.length > 1 ? result.value : [result.value];
            if (list.length !== names.length || !list.every(isExternalValue)) {
              return { kind: "problem", reason: `needs ${names.length} plain values from the mapping function` };
            }
            return written(Object.fromEntries(names.map((each, index) => [each, list[index] ?? null])));
          },
  };
}

function picklistConverter(
  field: string,
  spec: { picklist: Record<string, string>; otherwise: "refuse" | "keep" },
): Converter {
  const forth = new Map(Object.entries(spec.picklist));
  // The first external value of several that mean the same is the one that is written.
  const back = new Map(
    Object.entries(spec.picklist)
      .reverse()
      .map(([external, salesforce]) => [salesforce, external]),
  );
  return {
    read: one(field, (value) => {
      const text = String(value).trim();
      const found = forth.get(text);
      if (found !== undefined) return raw(found);
      if (isEmpty(text)) return raw(null);
      return spec.otherwise === "keep"
        ? raw(text)
        : refused(`is not in the picklist table (${[...forth.keys()].join(", ")})`, text);
    }),
    write: (value) => {
      if (value === null) return written({ [field]: back.get("") ?? null });
      const found = back.get(String(value));
      if (found !== undefined) return written({ [field]: found });
      if (spec.otherwise === "keep") return written({ [field]: value });
      return {
        kind: "problem",
        reason: `"${String(value)}" has no external value in the picklist table (${[...back.keys()].join(", ")})`,
      };
    },
  };
}

function dateConverter(field: string, spec: { format?: string | undefined; zone?: string | undefined }): Converter {
  return {
    read: one(field, (value) => {
      const text = String(value).trim();
      if (text === "") return raw(null);
      const iso = spec.format === undefined ? text : readPattern(spec.format, text);
      if (iso === undefined) return refused(`is not a date of the form ${spec.format}`, text);
      if (spec.zone === undefined) return raw(iso);
      const instant = parseInstant(iso, spec.zone);
      if (!instant.ok) return refused(instant.reason, text);
      return raw(writePattern("yyyy-MM-dd", civilInZone(instant.text, spec.zone)));
    }),
    // With a zone the external value is a moment: a date has none, so there is no way back.
    write:
      spec.zone !== undefined
        ? null
        : (value) => {
            if (value === null || spec.format === undefined) return written({ [field]: value });
            const date = parseDate(String(value));
            if (!date.ok) return { kind: "problem", reason: date.reason };
            const [year = "0", month = "0", day = "0"] = date.text.split("-");
            const civil = { year: Number(year), month: Number(month), day: Number(day), hour: 0, minute: 0, second: 0 };
            return written({ [field]: writePattern(spec.format, { ...civil, fraction: "" }) });
          },
  };
}

function datetimeConverter(
  field: string,
  spec: { format?: string | undefined; zone?: string | undefined },
  fallback: string | undefined,
): Converter {
  const zone = spec.zone ?? fallback;
  return {
    read: one(field, (value) => {
      const text = String(value).trim();
      if (text === "") return raw(null);
      const iso = spec.format === undefined ? text : readPattern(spec.format, text);
      if (iso === undefined) return refused(`is not a time of the form ${spec.format}`, text);
      const instant = parseInstant(iso, zone);
      return instant.ok ? raw(instant.text) : refused(instant.reason, text);
    }),
    write: (value) => {
      if (value === null || (spec.format === undefined && spec.zone === undefined)) return written({ [field]: value });
      const civil = civilInZone(String(value), zone ?? "UTC");
      return written({ [field]: writePattern(spec.format ?? "yyyy-MM-ddTHH:mm:ss", civil) });
    },
  };
}

function decimalConverter(
  field: string,
  spec: { decimalSeparator: "." | ","; groupSeparator?: string | undefined },
): Converter {
  return {
    read: one(field, (value) => {
      const text = String(value).trim();
      const ungrouped = spec.groupSeparator === undefined ? text : text.replaceAll(spec.groupSeparator, "");
      if (spec.decimalSeparator === "." || typeof value === "number" || typeof value === "bigint")
        return raw(ungrouped);
      // A point where the comma is expected would change the amount a thousandfold.
      return ungrouped.includes(".")
        ? refused("has a point; the mapping says that decimals have a comma", text)
        : raw(ungrouped.replace(",", "."));
    }),
    write: (value) => written({ [field]: value === null ? null : String(value).replace(".", spec.decimalSeparator) }),
  };
}

function booleanConverter(
  field: string,
  spec: { true: readonly ExternalValue[]; false: readonly ExternalValue[] },
): Converter {
  const truths = new Set(spec.true.map(textOf));
  const falsehoods = new Set(spec.false.map(textOf));
  return {
    read: one(field, (value) => {
      const text = textOf(value);
      if (truths.has(text)) return raw(true);
      if (falsehoods.has(text) || text === "") return raw(false);
      return refused(
        `is neither one of true (${[...truths].join(", ")}) nor of false (${[...falsehoods].join(", ")})`,
        text,
      );
    }),
    write: (value) => written({ [field]: (value === true ? spec.true[0] : spec.false[0]) ?? null }),
  };
}

const ABSENT: RawReading = { kind: "absent" };

function raw(value: ExternalValue): RawReading {
  return { kind: "raw", raw: value };
}

function refused(reason: string, value: unknown): RawReading {
  return { kind: "problem", reason, raw: String(value) };
}

function written(fields: ExternalFields): RawWriting {
  return { kind: "fields", fields };
}

function one(field: string, read: (value: ExternalValue) => RawReading): Converter["read"] {
  return (fields) => {
    if (!Object.hasOwn(fields, field)) return ABSENT;
    const value = fields[field] ?? null;
    // Null may be a key of a picklist table or a list of falsehoods, so it is shown as the empty text.
    return read(value ?? "");
  };
}

/** A value made of several fields is known only when all of them are. */
function whenAllPresent(
  fields: ExternalFields,
  names: readonly string[],
  read: (values: readonly ExternalValue[]) => RawReading,
): RawReading {
  if (!names.every((name) => Object.hasOwn(fields, name))) return ABSENT;
  return read(names.map((name) => fields[name] ?? null));
}

function texts(values: readonly ExternalValue[]): readonly string[] {
  return values.map((value) => (value === null ? "" : String(value).trim()));
}

function textOf(value: ExternalValue): string {
  return value === null ? "" : String(value).trim();
}

function isEmpty(value: ExternalValue | undefined): boolean {
  return value === undefined || value === null || String(value).trim() === "";
}

function isExternalValue(value: unknown): value is ExternalValue {
  return value === null || ["string", "number", "bigint", "boolean"].includes(typeof value);
}

function attempt(run: () => unknown): { readonly value: unknown } | { readonly error: string } {
  try {
    return { value: run() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
