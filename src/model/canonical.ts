/** From raw values of either side to canonical values: the one place that says when two values mean the same. */
import { decimalsOf, parseDecimal, roundDecimal } from "./decimal.ts";
import { parseDate, parseInstant, wholeSeconds } from "./instant.ts";
import type { Value, ValueKind } from "./value.ts";

/** A canonical value, or why the raw value has none. */
export type Canonical =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly problem: string; readonly raw: string };

/** What narrows a kind: digits after the point, whole numbers only, characters of a text, the zone of wall-clock times. */
export interface CanonicalOptions {
  readonly scale?: number | null;
  readonly whole?: boolean;
  readonly length?: number | null;
  readonly zone?: string;
}

const RAW_SHOWN_MAX = 80;

/**
 * The canonical form of a raw value of one kind. Null, the empty text and blanks are null; an empty boolean is false,
 * because a Salesforce checkbox cannot be empty. Decimals keep their digits; only where the mapping names a `scale` they
 * are rounded to it, half away from zero.
 * References come in as business keys already. Never throws.
 */
export function canonicalValue(kind: ValueKind, raw: unknown, options: CanonicalOptions = {}): Canonical {
  if (raw === undefined || raw === null) return value(kind === "boolean" ? false : null);
  const given = plainText(raw);
  if (given === undefined) return problem("is not a plain value", kindName(raw));
  const text = given.trim();
  if (text === "") return value(kind === "boolean" ? false : null);
  switch (kind) {
    case "text":
      return canonicalText(given, options.length ?? null);
    case "reference":
      return value(text);
    case "boolean":
      return canonicalBoolean(text);
    case "decimal": {
      const decimal = parseDecimal(text);
      if (decimal === undefined) return problem("is not a decimal number; expected digits with a point", text);
      const rounded =
        options.scale === undefined || options.scale === null ? decimal : roundDecimal(decimal, options.scale);
      return options.whole === true && decimalsOf(rounded) > 0
        ? problem("is no whole number, and the Salesforce field holds nothing else; say scale: 0 to round it", text)
        : value(rounded);
    }
    case "date": {
      const date = parseDate(text, options.zone);
      return date.ok ? value(date.text) : problem(date.reason, text);
    }
    case "instant": {
      const instant = parseInstant(text, options.zone);
      return instant.ok ? value(wholeSeconds(instant.text)) : problem(instant.reason, text);
    }
    default:
      return kind satisfies never;
  }
}

/** A canonical result. */
export function value(canonical: Value): Canonical {
  return { ok: true, value: canonical };
}

/** A refused result; the raw text is shortened for messages. */
export function problem(reason: string, raw: string): Canonical {
  const shown = raw.length > RAW_SHOWN_MAX ? `${raw.slice(0, RAW_SHOWN_MAX - 1)}…` : raw;
  return { ok: false, problem: reason, raw: shown };
}

function plainText(raw: unknown): string | undefined {
  if (typeof raw === "string") return raw;
  return typeof raw === "number" || typeof raw === "bigint" || typeof raw === "boolean" ? String(raw) : undefined;
}

function canonicalText(raw: string, length: number | null): Canonical {
  // Line ends differ between systems that mean the same text.
  const text = raw.replace(/\r\n?/g, "\n").trim();
  if (length !== null && text.length > length) {
    return problem(`has ${text.length} characters; the field holds ${length}`, text);
  }
  return value(text === "" ? null : text);
}

function canonicalBoolean(text: string): Canonical {
  switch (text.toLowerCase()) {
    case "true":
    case "1":
      return value(true);
    case "false":
    case "0":
      return value(false);
    default:
      return problem(
        "is not a boolean; expected true or false (or name the values: boolean: { true: […], false: […] })",
        text,
      );
  }
}

function kindName(raw: unknown): string {
  return Array.isArray(raw) ? "a list" : `a ${typeof raw}`;
}
