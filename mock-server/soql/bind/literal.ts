/**
 * Checks a written value against the field it is compared with and brings it into the form in which rows store it.
 *
 * Source: reference: soql §7 «Literal type errors», «Id literals», and §3 for ranges of dates.
 */
import { checksumOf } from "../../schema/record-id.ts";
import { formatInstant, parseDay, parseInstant } from "../base/calendar.ts";
import { STRING_LITERAL_CHARACTERS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError } from "../base/query-error.ts";
import type { Literal } from "../parse/ast.ts";
import type { BoundValue, ComparisonType } from "./bound.ts";

/** What a value is compared with. */
export interface LiteralTarget {
  readonly source: string;
  readonly type: ComparisonType;
  /** The field's name in messages. */
  readonly name: string;
  /** The type's name in messages. */
  readonly typeName: string;
  /** True for Ids and references, whose texts must be Ids. */
  readonly isId: boolean;
  /** Position of the field in the statement: errors point there. */
  readonly at: number;
}

/** Checks one value. Throws `INVALID_FIELD` for a wrong type, and the texts for Ids and dates that are none. */
export function bindLiteral(literal: Literal, target: LiteralTarget): BoundValue {
  switch (literal.kind) {
    case "null":
      return { kind: "null" };
    case "string":
      return bindText(literal.value, target);
    case "pattern":
      return { kind: "text", value: literal.raw };
    case "number":
    case "currency":
      if (target.type !== "number") throw wrongType(target);
      if (target.typeName === "int" && OPEN_POINTS.decimalOnIntRefused && literal.text.includes(".")) {
        throw wrongType(target);
      }
      return bindNumber(literal.text);
    case "boolean":
      if (target.type !== "boolean") throw wrongType(target);
      return { kind: "boolean", value: literal.value };
    case "date": {
      if (parseDay(literal.text) === undefined) throw invalidDate("date", literal.text, target);
      if (target.type !== "date") throw wrongType(target);
      return { kind: "text", value: literal.text };
    }
    case "datetime": {
      const instant = parseInstant(literal.text);
      if (instant === undefined) throw invalidDate("datetime", literal.text, target);
      if (target.type !== "datetime") throw wrongType(target);
      return { kind: "text", value: formatInstant(instant) };
    }
    case "time":
      if (target.type !== "time") throw wrongType(target);
      return bindTime(literal.text, target);
    case "dateLiteral":
      if (target.type !== "date" && target.type !== "datetime") throw wrongType(target);
      return { kind: "dateLiteral", name: literal.name, n: literal.n };
  }
}

/** A decimal as the nearest number, and on which side of it the decimal lies. */
function bindNumber(text: string): BoundValue {
  const value = Number(text);
  return { kind: "number", value, beyond: compareDecimals(text, plainDecimal(value)) };
}

function bindText(value: string, target: LiteralTarget): BoundValue {
  if (target.type !== "text" && target.type !== "exact" && target.type !== "multi") throw wrongType(target);
  if (value.length > STRING_LITERAL_CHARACTERS_MAX) {
    throw bindError(
      "MALFORMED_QUERY",
      `string literal is longer than ${STRING_LITERAL_CHARACTERS_MAX} characters`,
      target.source,
      target.at,
    );
  }
  if (target.isId) return { kind: "text", value: bindId(value, target) };
  return value === "" ? { kind: "null" } : { kind: "text", value };
}

function bindId(value: string, target: LiteralTarget): string {
  if (/^[0-9A-Za-z]{15}$/.test(value)) return value + checksumOf(value);
  // Any checksum is let through (reference: soql §7); one that does not fit finds nothing.
  if (/^[0-9A-Za-z]{18}$/.test(value)) return value;
  throw bindError("INVALID_QUERY_FILTER_OPERATOR", `invalid ID field: ${value}`, target.source, target.at);
}

function bindTime(text: string, target: LiteralTarget): BoundValue {
  const [, hour = "", minute = "", second = "", fraction = ""] =
    /^(\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?Z$/i.exec(text) ?? [];
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) throw invalidDate("time", text, target);
  return { kind: "text", value: `${hour}:${minute}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z` };
}

function wrongType(target: LiteralTarget): Error {
  const quoted = target.typeName === "string";
  return bindError(
    "INVALID_FIELD",
    `value of filter criterion for field '${target.name}' must be of type ${target.typeName} and should ${quoted ? "" : "not "}be enclosed in quotes`,
    target.source,
    target.at,
  );
}

function invalidDate(kind: string, text: string, target: LiteralTarget): Error {
  return bindError("MALFORMED_QUERY", `Invalid ${kind}: ${text}`, target.source, target.at);
}

/** The shortest decimal of a number without exponent. */
function plainDecimal(value: number): string {
  const text = String(value);
  if (!text.includes("e")) return text;
  const [mantissa = "", exponent = ""] = text.split("e");
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction)
    .padEnd(point, "0")
    .padStart(whole.length + fraction.length - Math.min(0, point), "0");
  const at = Math.max(0, point);
  return `${value < 0 ? "-" : ""}${digits.slice(0, at) || "0"}.${digits.slice(at) || "0"}`;
}

function compareDecimals(a: string, b: string): -1 | 0 | 1 {
  const [x, y] = [parts(a), parts(b)];
  const scale = Math.max(x.fraction.length, y.fraction.length);
  const [left, right] = [x, y].map(
    ({ negative, whole, fraction }) => BigInt(whole + fraction.padEnd(scale, "0")) * (negative ? -1n : 1n),
  );
  if (left === undefined || right === undefined || left === right) return 0;
  return left > right ? 1 : -1;
}

function parts(text: string): { negative: boolean; whole: string; fraction: string } {
  const [whole = "", fraction = ""] = text.replace("-", "").split(".");
  return { negative: text.startsWith("-"), whole: whole === "" ? "0" : whole, fraction };
}
