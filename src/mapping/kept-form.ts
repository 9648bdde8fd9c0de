/**
 * What a system makes of a value that was sent to it: fewer decimals, fewer digits, another spelling of the same text.
 *
 * Both sides normalize. Such a value comes back different although nobody edited it, so it has to be reported from an edit:
 * it is one that the field is known to make of what was sent. Pure.
 */
import { compareDecimals, decimalsOf, isZero, parseDecimal, subtractDecimals } from "../model/decimal.ts";
import { civilInZone, parseInstant, twoDigits } from "../model/instant.ts";
import type { Side, Value } from "../model/value.ts";
import { readExternalField } from "./field.ts";
import type { FieldMapping } from "./mapping.ts";

/** Decimal digits that every double holds; a number that passes through one may lose what lies beyond. */
const DOUBLE_DIGITS = 15;

/**
 * Whether a side may show a value otherwise than it was sent. False where it is known to keep it as it is; where nothing
 * is known about the decimals that it keeps, every decimal with a fraction may.
 */
export function mayBeKeptOtherwise(field: FieldMapping, side: Side, value: Value): boolean {
  if (typeof value !== "string") return false;
  if (side === "external" && (throughConverter(field, value) !== value || throughClocks(field, value) !== value))
    return true;
  if (field.kind === "decimal") {
    return decimalsOf(value) > (field.keeps[side] ?? 0) || value.replace(/\D/g, "").length > DOUBLE_DIGITS;
  }
  if (field.kind !== "text") return false;
  return side === "salesforce" ? value.includes("&") || fold(value) !== value : jsonForm(value) !== undefined;
}

/** Whether `shown` is what a side may have made of `sent`. Two equal values are no such pair. */
export function isKeptForm(field: FieldMapping, side: Side, sent: Value, shown: Value): boolean {
  if (typeof sent !== "string" || typeof shown !== "string" || sent === shown) {
    return side === "external" && sent !== shown && throughConverter(field, sent) === shown;
  }
  if (side === "external" && (throughConverter(field, sent) === shown || throughClocks(field, sent) === shown))
    return true;
  if (field.kind === "decimal") return isRounded(sent, shown, field.keeps[side] ?? 0) || isFromDouble(sent, shown);
  if (field.kind !== "text") return false;
  if (side === "salesforce") return fold(sent) === fold(shown);
  const json = jsonForm(sent);
  return json !== undefined && json === jsonForm(shown);
}

/**
 * What the external record shows of a value that is written by its converter and read again: a pattern without seconds,
 * an hour that the clocks repeat, an address with more lines than fields. Undefined where it cannot be written or read.
 */
function throughConverter(field: FieldMapping, value: Value): Value | undefined {
  const written = field.convert.write?.(value);
  if (written?.kind !== "fields") return value;
  const reading = readExternalField(field, written.fields);
  return reading.kind === "read" && reading.result.ok ? reading.result.value : undefined;
}

/**
 * A moment as a column without a zone tells it afterwards: in an hour that the clocks repeat two moments are one local
 * time. The same moment where no zone is set.
 */
function throughClocks({ kind, zone }: FieldMapping, value: string): string | undefined {
  if (kind !== "instant" || zone === undefined) return value;
  const { year, month, day, hour, minute, second } = civilInZone(value, zone);
  const date = [String(year).padStart(4, "0"), twoDigits(month), twoDigits(day)].join("-");
  const moment = parseInstant(`${date}T${[hour, minute, second].map(twoDigits).join(":")}`, zone);
  return moment.ok ? moment.text : undefined;
}

/**
 * One spelling for JSON documents that say the same: a JSON column keeps neither blanks nor the order of the members.
 * Undefined for every other text.
 */
function jsonForm(text: string): string | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined;
  try {
    return JSON.stringify(JSON.parse(text), (_name, value: unknown) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
        : value,
    );
  } catch {
    return undefined;
  }
}

/** Rounded or cut to at least `decimals` digits after the point, in any of the usual ways. */
function isRounded(sent: string, shown: string, decimals: number): boolean {
  const scale = Math.max(decimals, decimalsOf(shown));
  if (scale >= decimalsOf(sent)) return false;
  const lost = subtractDecimals(sent, shown);
  const half = `0.${"0".repeat(scale)}5`;
  const unit = scale === 0 ? "1" : `0.${"0".repeat(scale - 1)}1`;
  const magnitude = lost.replace("-", "");
  const isTowardsZero = isZero(shown) || lost.startsWith("-") === sent.startsWith("-");
  return compareDecimals(magnitude, half) <= 0 || (isTowardsZero && compareDecimals(magnitude, unit) < 0);
}

/** The number nearest to it that a double (a JSON number, a float column) or a single (a real column) can hold. */
function isFromDouble(sent: string, shown: string): boolean {
  const double = Number(sent);
  if (parseDecimal(String(double)) === shown) return true;
  // PostgreSQL and Java show 15 to 17 digits of a double and 6 to 9 of a single, and either is read back as the same one.
  const digits = shown.replace(/^-?0?\.?0*|\D/g, "").replace(/0+$/, "").length;
  if (digits >= DOUBLE_DIGITS && Number(shown) === double) return true;
  return digits >= SINGLE_DIGITS && digits <= 9 && Math.fround(Number(shown)) === Math.fround(double);
}

const SINGLE_DIGITS = 6;

const EMAIL = /^[^\s@]+@[^\s@]+$/;

/**
 * One spelling for texts that Salesforce may turn into each other [memory: platform §12]: e-mail addresses in small letters, rich text
 * with its special characters escaped, control characters left out, the values of a multi-select picklist in the order
 * of the list, blanks that do not break as plain ones, composed letters.
 */
function fold(text: string): string {
  const plain = text
    .normalize("NFC")
    .replace(/(?![\t\n])\p{Cc}/gu, "")
    .replace(/<br\s*\/?>/gi, "\n")
    .replace(/&(lt|gt|quot|#39|nbsp|amp);/g, (whole, name: string) => ENTITIES[name] ?? whole)
    .replace(/\u00a0/g, " ")
    .trim();
  if (EMAIL.test(plain)) return plain.toLowerCase();
  if (!plain.includes(";") || plain.includes("\n")) return plain;
  const parts = plain.split(";").map((part) => part.trim());
  return [...new Set(parts.filter((part) => part !== ""))].sort().join(";");
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  quot: '"',
  "#39": "'",
  nbsp: " ",
  amp: "&",
};
