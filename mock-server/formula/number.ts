/**
 * Exact decimal arithmetic for formulas.
 *
 * A number is a JavaScript number that stands for its shortest decimal text (0.1 is exactly one tenth), or a `Decimal`
 * where 15 digits are not enough. Sums, differences and products are exact; a quotient keeps 39 significant digits. Most
 * numbers of business data have few digits: they are computed as scaled whole numbers below 10^15, which doubles hold
 * exactly, and only the others need big integers.
 */
import { FormulaError } from "./error.ts";

/** `units` × 10^−`scale`; `scale` may be negative. */
export class Decimal {
  readonly units: bigint;
  readonly scale: number;

  constructor(units: bigint, scale: number) {
    this.units = units;
    this.scale = scale;
  }
}

/**
 * A quotient that has not been written out yet: what follows is mostly a rounding to cents or a comparison, and both can
 * be decided from its double unless it lies close to a border.
 */
export class Quotient {
  readonly dividend: number;
  readonly divisor: number;
  #exact: Decimal | undefined;

  constructor(dividend: number, divisor: number) {
    this.dividend = dividend;
    this.divisor = divisor;
  }

  /** The quotient to 39 significant digits. */
  get exact(): Decimal {
    this.#exact ??= quotientOf(decimalOf(this.dividend), decimalOf(this.divisor));
    return this.#exact;
  }
}

/** A number while a formula runs. */
export type Num = number | Decimal | Quotient;

/** Whole numbers below this have at most 15 digits: no two of them share a double, whatever the place of the point. */
const EXACT_BELOW = 1e15;

/** Significant digits of a quotient, and of every value that would grow longer [memory: platform §6]. */
const DIGITS_MAX = 39;

/** Digits behind the point that rounding to a whole number looks at, so that 1 / 9 * 9 is 1 [memory: platform §6]. */
const WHOLE_SCALE = 33;

/** Exponents up to here are multiplied out; larger ones are computed as doubles. */
const EXPONENT_EXACT_MAX = 1024;

/** Values from 10^this on cannot be held; the platform's numbers end far below. */
const MAGNITUDE_MAX = 400;

/** Units below this are told apart by doubles to better than a thousandth. */
const DOUBLE_DECIDES_BELOW = 2 ** 39;

const TENS: readonly number[] = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
const POWERS: bigint[] = [];

/** The sum. */
export function add(a: Num, b: Num): Num {
  if (typeof a === "number" && typeof b === "number") {
    const whole = a + b;
    if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(whole)) return whole;
    for (let scale = 1e4; scale <= 1e8; scale *= 1e4) {
      const x = scaled(a, scale);
      const y = scaled(b, scale);
      if (x === undefined || y === undefined) continue;
      const units = x + y;
      if (units < EXACT_BELOW && units > -EXACT_BELOW) return units / scale;
    }
  }
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.max(left.scale, right.scale);
  if (scale - Math.min(left.scale, right.scale) > 2 * MAGNITUDE_MAX) throw tooLarge();
  return settled(unitsAt(left, scale) + unitsAt(right, scale), scale);
}

/** The difference. */
export function subtract(a: Num, b: Num): Num {
  return add(a, negate(b));
}

/** The value with the other sign. */
export function negate(value: Num): Num {
  if (typeof value === "number") return -value;
  if (value instanceof Quotient) return new Quotient(-value.dividend, value.divisor);
  return new Decimal(-value.units, value.scale);
}

/** The product. */
export function multiply(a: Num, b: Num): Num {
  if (typeof a === "number" && typeof b === "number") {
    const whole = a * b;
    if (Number.isSafeInteger(a) && Number.isSafeInteger(b) && Number.isSafeInteger(whole)) return whole;
    const left = Number.isSafeInteger(a) ? 1 : scaled(a, 1e2) === undefined ? 1e6 : 1e2;
    const right = Number.isSafeInteger(b) ? 1 : scaled(b, 1e2) === undefined ? 1e6 : 1e2;
    const x = scaled(a, left);
    const y = scaled(b, right);
    if (x !== undefined && y !== undefined) {
      const units = x * y;
      if (units < EXACT_BELOW && units > -EXACT_BELOW) return units / (left * right);
    }
  }
  const left = decimalOf(a);
  const right = decimalOf(b);
  return settled(left.units * right.units, left.scale + right.scale);
}

/** The quotient, to 39 significant digits. Throws a `FormulaError` for a division by zero. */
export function divide(a: Num, b: Num): Num {
  if (b === 0) throw new FormulaError("division by zero");
  if (a === 0) return 0;
  if (typeof a === "number" && typeof b === "number") {
    const scale = Number.isSafeInteger(a) && Number.isSafeInteger(b) ? 1 : 1e4;
    const x = scaled(a, scale);
    const y = scaled(b, scale);
    // An exact quotient with up to four decimals: `candidate` × y must give back x × 10,000, all of it exactly.
    if (x !== undefined && y !== undefined && x < 1e11 && x > -1e11) {
      const candidate = Math.round((x / y) * 1e4);
      if (candidate * y === x * 1e4) return candidate / 1e4;
    }
    return new Quotient(a, b);
  }
  const { units, scale } = quotientOf(decimalOf(a), decimalOf(b));
  return trimmed(units, scale);
}

function quotientOf(left: Decimal, right: Decimal): Decimal {
  const shift = Math.max(0, DIGITS_MAX + 1 + digitsOf(right.units) - digitsOf(left.units));
  const dividend = left.units * tenTo(shift);
  const quotient = dividend / right.units;
  // A sticky digit behind the last one keeps "more than half" apart from "half" when the rest is rounded away.
  const isNegative = dividend < 0n !== right.units < 0n;
  const sticky = dividend % right.units === 0n ? 0n : isNegative ? -1n : 1n;
  return decimalOf(settled(quotient * 10n + sticky, left.scale - right.scale + shift + 1));
}

/** `base` to the power of a whole `exponent`. Throws a `FormulaError` for another exponent, or a result that is too large. */
export function power(base: Num, exponent: Num): Num {
  const times = toNumber(exponent);
  if (!Number.isInteger(times)) throw new FormulaError("the exponent of ^ is no whole number");
  if (times >= 0 && times <= EXPONENT_EXACT_MAX) {
    let result: Num = 1;
    let square: Num = base;
    for (let left = times; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = multiply(result, square);
      if (left > 1) square = multiply(square, square);
    }
    return result;
  }
  if (times < 0 && compare(base, 0) === 0) throw new FormulaError("division by zero");
  if (times < 0 && times >= -EXPONENT_EXACT_MAX) {
    const small = toNumber(base) ** times;
    return Math.abs(small) < Number.MIN_VALUE ? 0 : divide(1, power(base, -times));
  }
  return finite(toNumber(base) ** times);
}

/** Negative, zero or positive as `a` is less than, equal to or greater than `b`. */
export function compare(a: Num, b: Num): number {
  if (typeof a === "number" && typeof b === "number") return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = [nearly(a), nearly(b)];
  if (Math.abs(x - y) > 1e-12 * (Math.abs(x) + Math.abs(y))) return x < y ? -1 : 1;
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.max(left.scale, right.scale);
  const difference = unitsAt(left, scale) - unitsAt(right, scale);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** How a value with too many decimals loses them. */
export type Rounding = "halfUp" | "down" | "up" | "floor" | "ceiling";

/** The value with at most `scale` decimals; a negative scale rounds to tens, hundreds and so on. Any scale is taken. */
export function rounded(value: Num, scale: number, rounding: Rounding): Num {
  const power = TENS[scale];
  if (power !== undefined && !(value instanceof Decimal)) {
    if (typeof value === "number" && (Number.isInteger(value) || scaled(value, power) !== undefined)) return value;
    const units = nearly(value) * power;
    const magnitude = Math.abs(units);
    const below = Math.floor(magnitude);
    const rest = magnitude - below;
    // Away from whole units and from their halves, the double decides: its error is below 2^-10 of a unit.
    if (magnitude < DOUBLE_DECIDES_BELOW && rest > 0.001 && rest < 0.999 && Math.abs(rest - 0.5) > 0.001) {
      const kept = goesUp(rest - 0.5, true, units < 0, rounding) ? below + 1 : below;
      return (units < 0 ? -kept : kept) / power;
    }
    const fine = typeof value === "number" ? scaled(value, power * FINER) : undefined;
    if (fine !== undefined) return roundedUnits(fine, rounding) / power;
  }
  const decimal = decimalOf(value);
  const wanted = Math.trunc(Math.min(MAGNITUDE_MAX, Math.max(-MAGNITUDE_MAX, scale)));
  if (decimal.scale <= wanted) return value;
  return settled(unitsRounded(decimal, wanted, rounding), wanted);
}

/** Ten-thousandths of a unit: business data seldom has more decimals than that beyond those that it is rounded to. */
const FINER = 1e4;

/** Whole ten-thousandths as whole units; below 10^15 doubles count them exactly. */
function roundedUnits(fine: number, rounding: Rounding): number {
  const magnitude = Math.abs(fine);
  const below = Math.floor(magnitude / FINER);
  const rest = magnitude - below * FINER;
  const kept = goesUp(rest * 2 - FINER, rest !== 0, fine < 0, rounding) ? below + 1 : below;
  return fine < 0 ? -kept : kept;
}

/** The nearest whole number in the direction; a value within 10^−33 of a whole number is that number. */
export function whole(value: Num, rounding: Rounding): Num {
  const plain = typeof value === "number" ? value : rounded(decimalOf(value), WHOLE_SCALE, "halfUp");
  return rounded(plain, 0, rounding);
}

/** The remainder of a division, with the sign of the dividend. Throws a `FormulaError` for a division by zero. */
export function remainder(a: Num, b: Num): Num {
  if (compare(b, 0) === 0) throw new FormulaError("division by zero");
  if (typeof a === "number" && typeof b === "number" && Number.isSafeInteger(a) && Number.isSafeInteger(b))
    return a % b;
  const left = decimalOf(a);
  const right = decimalOf(b);
  const scale = Math.max(left.scale, right.scale);
  return settled(unitsAt(left, scale) % unitsAt(right, scale), scale);
}

/** The nearest double. */
export function toNumber(value: Num): number {
  if (typeof value === "number") return value === 0 ? 0 : value;
  const { units, scale } = decimalOf(value);
  return Number(`${units}e${-scale}`);
}

/** A double as a formula's number; throws a `FormulaError` for one that is none. */
export function finite(value: number): Num {
  if (!Number.isFinite(value)) throw new FormulaError("the result is no number, or too large for one");
  return value;
}

/** Plain digits without an exponent and without zeros at the end: `-0.5`, `1200`. */
export function digitsText(value: Num): string {
  if (typeof value === "number" && Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  const { units, scale } = decimalOf(value);
  const negative = units < 0n;
  let digits = String(negative ? -units : units);
  if (scale <= 0) return `${negative ? "-" : ""}${digits}${units === 0n ? "" : "0".repeat(-scale)}`;
  digits = digits.padStart(scale + 1, "0");
  const decimals = digits.slice(-scale).replace(/0+$/, "");
  return `${negative ? "-" : ""}${digits.slice(0, -scale)}${decimals === "" ? "" : `.${decimals}`}`;
}

/** The number of a text in plain digits or with an exponent; undefined where it is none, or too large. */
export function parseNumber(text: string): Num | undefined {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d{1,4}))?$/.exec(text);
  if (match === null || (match[2] === "" && match[3] === "")) return undefined;
  const [, sign = "", integer = "", fraction = "", exponent = "0"] = match;
  if (!text.includes("e") && !text.includes("E") && integer.length + fraction.length <= 15) return Number(text);
  if (Math.abs(Number(exponent)) + integer.length > MAGNITUDE_MAX) return undefined;
  const units = BigInt(`${integer}${fraction}`);
  return settled(sign === "-" ? -units : units, fraction.length - Number(exponent));
}

/** `value` × `scale` where it is a whole number of at most 15 digits, else undefined. */
function scaled(value: number, scale: number): number | undefined {
  const units = Math.round(value * scale);
  return units / scale === value && units < EXACT_BELOW && units > -EXACT_BELOW ? units : undefined;
}

function goesUp(overHalf: number, any: boolean, negative: boolean, rounding: Rounding): boolean {
  switch (rounding) {
    case "halfUp":
      return overHalf >= 0 && any;
    case "down":
      return false;
    case "up":
      return any;
    case "floor":
      return any && negative;
    case "ceiling":
      return any && !negative;
    default:
      return unreachable(rounding);
  }
}

function unitsRounded(decimal: Decimal, scale: number, rounding: Rounding): bigint {
  const cut = decimal.scale - scale;
  const negative = decimal.units < 0n;
  const magnitude = negative ? -decimal.units : decimal.units;
  if (cut > digitsOf(magnitude) + 1)
    return goesUp(-1, magnitude !== 0n, negative, rounding) ? (negative ? -1n : 1n) : 0n;
  const step = tenTo(cut);
  const rest = magnitude % step;
  const overHalf = rest * 2n - step;
  const kept = magnitude / step + (goesUp(overHalf < 0n ? -1 : 1, rest !== 0n, negative, rounding) ? 1n : 0n);
  return negative ? -kept : kept;
}

/** Rounds to the digits that are kept, and turns short values into doubles. */
function settled(units: bigint, scale: number): Num {
  if (units === 0n) return 0;
  const magnitude = units < 0n ? -units : units;
  if (magnitude < 1_000_000_000_000_000n && scale >= 0 && scale <= 22) return Number(units) / 10 ** scale;
  const digits = digitsOf(magnitude);
  if (digits - scale > MAGNITUDE_MAX) throw tooLarge();
  if (digits - scale < -MAGNITUDE_MAX) return 0;
  if (digits > DIGITS_MAX) {
    const kept = scale - (digits - DIGITS_MAX);
    return trimmed(unitsRounded(new Decimal(units, scale), kept, "halfUp"), kept);
  }
  return trimmed(units, scale);
}

/** Without zeros at the end, where that makes it short enough for a double. */
function trimmed(units: bigint, scale: number): Num {
  let short = units;
  let at = scale;
  while (at > 0 && short % 10n === 0n) {
    short /= 10n;
    at--;
  }
  if (short < 1_000_000_000_000_000n && short > -1_000_000_000_000_000n && at >= 0 && at <= 22)
    return Number(short) / 10 ** at;
  return new Decimal(short, at);
}

/** A double within 2^-50 of the value. */
function nearly(value: Num): number {
  if (typeof value === "number") return value;
  return value instanceof Quotient ? value.dividend / value.divisor : toNumber(value);
}

function decimalOf(value: Num): Decimal {
  if (value instanceof Quotient) return value.exact;
  if (typeof value !== "number") return value;
  if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0);
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [integer = "0", fraction = ""] = mantissa.split(".");
  return new Decimal(BigInt(integer + fraction), fraction.length - Number(exponent));
}

function unitsAt(decimal: Decimal, scale: number): bigint {
  return decimal.scale === scale ? decimal.units : decimal.units * tenTo(scale - decimal.scale);
}

function digitsOf(units: bigint): number {
  return String(units < 0n ? -units : units).length;
}

function tenTo(exponent: number): bigint {
  if (exponent > 4 * MAGNITUDE_MAX) throw tooLarge();
  const known = POWERS[exponent];
  if (known !== undefined) return known;
  const made = 10n ** BigInt(exponent);
  POWERS[exponent] = made;
  return made;
}

function tooLarge(): FormulaError {
  return new FormulaError("the result is too large for a number");
}

function unreachable(rounding: never): never {
  throw new Error(`Unknown rounding ${String(rounding)}`);
}
