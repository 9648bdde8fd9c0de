/**
 * The functions and operators of Salesforce formulas, on plain values.
 *
 * Semantics are [memory: platform §6] of the platform's formula reference: an empty operand makes arithmetic empty and a comparison
 * false, texts join with empty as nothing, an empty text equals null, text compares with case.
 */
import { multiply, roundHalfUp, sum, toFixedText } from "./decimal.ts";
import { parseDate, parseDatetime } from "./temporal.ts";

/** A calendar day as days since 1970, an instant in milliseconds since 1970, or a time of day in milliseconds. */
export interface FormulaMoment {
  readonly kind: "date" | "datetime" | "time";
  readonly at: number;
}

/** A value while a formula runs. */
export type FormulaValue = string | number | boolean | null | FormulaMoment;

/** A formula that cannot give a value for this record, for example a division by zero (`#Error!` on the platform). */
export class FormulaError extends Error {}

/** One function: how many arguments it takes, and what it does with their values. */
export interface FormulaFunction {
  readonly min: number;
  readonly max: number;
  /** True where the result is a checkbox: such a result cannot be joined to a text. */
  readonly logical?: true;
  run(...args: readonly FormulaValue[]): FormulaValue;
}

const DAY_MS = 86_400_000;

/** Arguments that one call may have, to bound a hostile formula. */
const ARGUMENTS_MAX = 200;

/** Decimals that products keep before the field's own scale rounds them. */
const PRODUCT_SCALE = 18;

/** Functions by formulon's id. Those that need the record itself (ISCHANGED, TODAY, …) are in `formula.ts`. */
export const FORMULA_FUNCTIONS: Readonly<Record<string, FormulaFunction>> = {
  add: { min: 2, max: 2, run: add },
  subtract: { min: 2, max: 2, run: subtract },
  multiply: numeric(2, 2, (a = 0, b = 0) => multiply(a, b, PRODUCT_SCALE)),
  divide: numeric(2, 2, (a = 0, b = 0) => {
    if (b === 0) throw new FormulaError("division by zero");
    return a / b;
  }),
  exponentiate: numeric(2, 2, (a = 0, b = 0) => a ** b),
  equal: logical(2, 2, (a = null, b = null) => isEqual(a, b)),
  unequal: logical(2, 2, (a = null, b = null) => !isEqual(a, b)),
  lessThan: comparison((order) => order < 0),
  lessThanOrEqual: comparison((order) => order <= 0),
  greaterThan: comparison((order) => order > 0),
  greaterThanOrEqual: comparison((order) => order >= 0),
  and: logical(1, ARGUMENTS_MAX, (...args) => args.every(isTrue)),
  or: logical(1, ARGUMENTS_MAX, (...args) => args.some(isTrue)),
  not: logical(1, 1, (value = null) => !isTrue(value)),
  isblank: logical(1, 1, (value = null) => isBlank(value)),
  isnull: logical(1, 1, (value = null) => isBlank(value)),
  blankvalue: { min: 2, max: 2, run: (value = null, other = null) => (isBlank(value) ? other : value) },
  nullvalue: { min: 2, max: 2, run: (value = null, other = null) => (isBlank(value) ? other : value) },
  ispickval: logical(2, 2, (value = null, text = null) => isEqual(value, text)),
  includes: logical(2, 2, (value = null, text = null) => textOf(value).split(";").includes(textOf(text))),
  isnumber: logical(1, 1, (value = null) => /^\s*[+-]?(\d+\.?\d*|\.\d+)\s*$/.test(textOf(value))),
  contains: logical(2, 2, (value = null, part = null) => textOf(value).includes(textOf(part))),
  begins: logical(2, 2, (value = null, part = null) => textOf(value).startsWith(textOf(part))),
  regex: logical(2, 2, (value = null, pattern = null) => regularExpression(textOf(pattern)).test(textOf(value))),
  text: { min: 1, max: 2, run: (value = null) => displayed(value) },
  value: { min: 1, max: 1, run: (value = null) => numberOfText(textOf(value)) },
  len: textual(1, 1, (value) => value.length),
  left: textual(2, 2, (value, count) => value.slice(0, countOf(count))),
  right: textual(2, 2, (value, count) => value.slice(Math.max(0, value.length - countOf(count)))),
  mid: textual(3, 3, (value, start, count) => {
    const from = Math.max(1, countOf(start)) - 1;
    return value.slice(from, from + countOf(count));
  }),
  trim: textual(1, 1, (value) => value.trim()),
  upper: textual(1, 1, (value) => value.toUpperCase()),
  lower: textual(1, 1, (value) => value.toLowerCase()),
  substitute: textual(3, 3, (value, old, next) =>
    textOf(old) === "" ? value : value.replaceAll(textOf(old), textOf(next)),
  ),
  lpad: textual(2, 3, (value, count, pad) => padded(value, count, pad, "start")),
  rpad: textual(2, 3, (value, count, pad) => padded(value, count, pad, "end")),
  find: {
    min: 2,
    max: 3,
    run: (part = null, value = null, start = 1) => textOf(value).indexOf(textOf(part), countOf(start) - 1) + 1,
  },
  // How the API shows these two is [memory: platform §6].
  hyperlink: textual(2, 3, (url, text) => `<a href="${url}" target="_blank">${textOf(text)}</a>`),
  image: textual(1, 4, (url, text) => `<img src="${url}" alt="${textOf(text)}" border="0"/>`),
  br: { min: 0, max: 0, run: () => "\r\n" },
  abs: numeric(1, 1, (value = 0) => Math.abs(value)),
  // CEILING and FLOOR go by magnitude, MCEILING and MFLOOR along the number line.
  ceiling: numeric(1, 1, (value = 0) => Math.sign(value) * Math.ceil(Math.abs(value))),
  floor: numeric(1, 1, (value = 0) => Math.sign(value) * Math.floor(Math.abs(value))),
  mceiling: numeric(1, 1, (value = 0) => Math.ceil(value)),
  mfloor: numeric(1, 1, (value = 0) => Math.floor(value)),
  round: numeric(2, 2, (value = 0, scale = 0) => rounded(value, scale)),
  mod: numeric(2, 2, (value = 0, divisor = 0) => (divisor === 0 ? value : value % divisor)),
  max: numeric(1, ARGUMENTS_MAX, (...values) => Math.max(...values)),
  min: numeric(1, ARGUMENTS_MAX, (...values) => Math.min(...values)),
  sqrt: numeric(1, 1, (value = 0) => {
    if (value < 0) throw new FormulaError("square root of a negative number");
    return Math.sqrt(value);
  }),
  exp: numeric(1, 1, (value = 0) => Math.exp(value)),
  ln: numeric(1, 1, (value = 0) => positive(Math.log(value))),
  log: numeric(1, 1, (value = 0) => positive(Math.log10(value))),
  date: numericMoment(3, (year = 0, month = 0, day = 0) => dateOf(year, month, day)),
  addmonths: { min: 2, max: 2, run: addMonths },
  datevalue: { min: 1, max: 1, run: (value = null) => dateValue(value) },
  datetimevalue: { min: 1, max: 1, run: (value = null) => datetimeValue(value) },
  year: part((date) => date.getUTCFullYear()),
  month: part((date) => date.getUTCMonth() + 1),
  day: part((date) => date.getUTCDate()),
  weekday: part((date) => date.getUTCDay() + 1),
};

/** What counts as true: only the checkbox value true. */
export function isTrue(value: FormulaValue): boolean {
  return value === true;
}

/** Null and the empty text. */
export function isBlank(value: FormulaValue): boolean {
  return value === null || value === "";
}

/** Equality as `=`, CASE and ISPICKVAL see it. */
export function isEqual(a: FormulaValue, b: FormulaValue): boolean {
  if (isBlank(a) || isBlank(b)) return isBlank(a) && isBlank(b);
  if (isMoment(a) && isMoment(b)) return a.kind === b.kind && a.at === b.at;
  return a === b;
}

/** Day, instant or time of day. */
export function isMoment(value: FormulaValue): value is FormulaMoment {
  return typeof value === "object" && value !== null;
}

/** The whole text must match, as in Java; throws a `FormulaError` for a pattern that JavaScript cannot read. */
export function regularExpression(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`);
  } catch (cause) {
    throw new FormulaError(`the pattern ${pattern} is not supported`, { cause });
  }
}

function add(a: FormulaValue = null, b: FormulaValue = null): FormulaValue {
  if (typeof a === "string" || typeof b === "string") return textOf(a) + textOf(b);
  if (a === null || b === null) return null;
  if (isMoment(a)) return moved(a, numberOf(b));
  if (isMoment(b)) return moved(b, numberOf(a));
  return sum([numberOf(a), numberOf(b)]);
}

function subtract(a: FormulaValue = null, b: FormulaValue = null): FormulaValue {
  if (a === null || b === null) return null;
  if (isMoment(a) && isMoment(b)) {
    if (a.kind !== b.kind) throw new FormulaError(`a ${b.kind} cannot be subtracted from a ${a.kind}`);
    return a.kind === "datetime" ? (a.at - b.at) / DAY_MS : a.at - b.at;
  }
  if (isMoment(a)) return moved(a, -numberOf(b));
  return sum([numberOf(a), -numberOf(b)]);
}

/** A day moves by whole days, an instant by fractions of a day, a time of day by milliseconds around the clock. */
function moved(moment: FormulaMoment, by: number): FormulaMoment {
  if (moment.kind === "date") return { kind: "date", at: moment.at + Math.trunc(by) };
  if (moment.kind === "datetime") return { kind: "datetime", at: moment.at + Math.round(by * DAY_MS) };
  return { kind: "time", at: (((moment.at + by) % DAY_MS) + DAY_MS) % DAY_MS };
}

function comparison(holds: (order: number) => boolean): FormulaFunction {
  return logical(2, 2, (a = null, b = null) => {
    if (isBlank(a) || isBlank(b)) return false;
    if (isMoment(a) && isMoment(b) && a.kind === b.kind) return holds(a.at - b.at);
    if (typeof a === "number" && typeof b === "number") return holds(a - b);
    if (typeof a === "string" && typeof b === "string") return holds(a < b ? -1 : a > b ? 1 : 0);
    throw new FormulaError("values of different types cannot be compared");
  });
}

function logical(min: number, max: number, run: (...args: readonly FormulaValue[]) => boolean): FormulaFunction {
  return { min, max, logical: true, run };
}

/** A function of numbers: empty where any argument is empty. */
function numeric(min: number, max: number, run: (...args: readonly number[]) => number): FormulaFunction {
  return { min, max, run: (...args) => (args.includes(null) ? null : run(...args.map(numberOf))) };
}

function numericMoment(count: number, run: (...args: readonly number[]) => FormulaMoment): FormulaFunction {
  return { min: count, max: count, run: (...args) => (args.includes(null) ? null : run(...args.map(numberOf))) };
}

/** A function of a text and whatever else: an empty text is the text without characters. */
function textual(
  min: number,
  max: number,
  run: (value: string, a: FormulaValue, b: FormulaValue) => FormulaValue,
): FormulaFunction {
  return { min, max, run: (value = null, a = null, b = null) => run(textOf(value), a, b) };
}

function part(of: (date: Date) => number): FormulaFunction {
  return {
    min: 1,
    max: 1,
    run: (value = null) => {
      if (value === null) return null;
      if (!isMoment(value) || value.kind !== "date") throw new FormulaError("needs a date");
      return of(new Date(value.at * DAY_MS));
    },
  };
}

function addMonths(value: FormulaValue = null, months: FormulaValue = null): FormulaValue {
  if (value === null || months === null) return null;
  if (!isMoment(value) || value.kind === "time") throw new FormulaError("ADDMONTHS needs a date");
  const perDay = value.kind === "date" ? DAY_MS : 1;
  const from = new Date(value.at * perDay);
  const lastOfMonth = (date: Date): number =>
    new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const target = new Date(from);
  target.setUTCDate(1);
  target.setUTCMonth(target.getUTCMonth() + Math.trunc(numberOf(months)));
  // The last day of a month stays the last day: 28 February plus one month is 31 March on the platform.
  const wasLast = from.getUTCDate() === lastOfMonth(from);
  target.setUTCDate(wasLast ? lastOfMonth(target) : Math.min(from.getUTCDate(), lastOfMonth(target)));
  return { kind: value.kind, at: target.getTime() / perDay };
}

function dateOf(year: number, month: number, day: number): FormulaMoment {
  const text = [String(year).padStart(4, "0"), String(month).padStart(2, "0"), String(day).padStart(2, "0")].join("-");
  const parsed = parseDate(text);
  if (parsed === undefined) throw new FormulaError(`${text} is no date`);
  return { kind: "date", at: Date.parse(`${parsed}T00:00:00Z`) / DAY_MS };
}

function dateValue(value: FormulaValue): FormulaValue {
  if (isBlank(value)) return null;
  if (isMoment(value)) return value.kind === "date" ? value : { kind: "date", at: Math.floor(value.at / DAY_MS) };
  const [year = 0, month = 0, day = 0] = textOf(value).split("-").map(Number);
  return dateOf(year, month, day);
}

function datetimeValue(value: FormulaValue): FormulaValue {
  if (isBlank(value)) return null;
  if (isMoment(value)) return value.kind === "date" ? { kind: "datetime", at: value.at * DAY_MS } : value;
  const parsed = parseDatetime(`${textOf(value).replace(" ", "T").replace(/Z$/, "")}Z`);
  if (parsed === undefined) throw new FormulaError(`${textOf(value)} is no date and time`);
  return { kind: "datetime", at: Date.parse(parsed.replace("+0000", "Z")) };
}

/** TEXT(): a number in plain digits, a date as `2026-08-01`, an instant as `2026-08-01 09:30:00Z`. */
function displayed(value: FormulaValue): string {
  if (isMoment(value)) {
    const iso = new Date(value.kind === "date" ? value.at * DAY_MS : value.at).toISOString();
    if (value.kind === "date") return iso.slice(0, 10);
    return value.kind === "time" ? iso.slice(11, 23) : `${iso.slice(0, 19).replace("T", " ")}Z`;
  }
  if (typeof value === "number") return toFixedText(value, 18).replace(/\.?0+$/, "");
  return textOf(value);
}

function rounded(value: number, scale: number): number {
  if (scale >= 0) return roundHalfUp(value, Math.trunc(scale));
  const power = 10 ** -Math.trunc(scale);
  return roundHalfUp(value / power, 0) * power;
}

function padded(value: string, count: FormulaValue, pad: FormulaValue, side: "start" | "end"): string {
  const length = countOf(count);
  if (value.length >= length) return value.slice(0, length);
  const filler = textOf(pad) === "" ? " " : textOf(pad);
  return side === "start" ? value.padStart(length, filler) : value.padEnd(length, filler);
}

/** A count of characters; the platform's texts end at 5,000. */
function countOf(value: FormulaValue): number {
  return value === null ? 0 : Math.min(5000, Math.max(0, Math.trunc(numberOf(value))));
}

function numberOfText(text: string): FormulaValue {
  if (text.trim() === "") return null;
  const value = Number(text);
  if (!Number.isFinite(value)) throw new FormulaError(`"${text}" is no number`);
  return value;
}

function numberOf(value: FormulaValue): number {
  if (typeof value !== "number") throw new FormulaError("a number is needed");
  return value;
}

function positive(value: number): number {
  if (!Number.isFinite(value)) throw new FormulaError("logarithm of a number that is not positive");
  return value;
}

function textOf(value: FormulaValue): string {
  if (value === null) return "";
  if (typeof value === "string") return value;
  throw new FormulaError("a text is needed");
}
