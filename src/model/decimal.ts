/**
 * Exact decimals as text: money and quantities never pass through a double.
 *
 * A canonical decimal has no exponent, no plus sign, no leading zeros, no trailing zeros after the point, and "-0" is
 * "0". Two canonical decimals are equal exactly when their texts are equal.
 */

/** Digits that a decimal may have in all. Salesforce holds 18, a double text needs at most about 330. */
export const DECIMAL_DIGITS_MAX = 400;

const PATTERN = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Most quantities; they are canonical already. */
const SHORT_INTEGER = /^-?[1-9]\d{0,17}$/;

interface Scaled {
  readonly digits: bigint;
  readonly scale: number;
}

/** The canonical text of a decimal number ("1.50" → "1.5", "1e3" → "1000"), or undefined when it is not a number. */
export function parseDecimal(text: string): string | undefined {
  const trimmed = text.trim();
  if (SHORT_INTEGER.test(trimmed)) return trimmed;
  const scaled = read(trimmed);
  return scaled === undefined ? undefined : write(scaled);
}

/** Negative, zero or positive, by value. Both arguments must be decimals. */
export function compareDecimals(left: string, right: string): number {
  const [a, b] = align(expect(left), expect(right));
  return a.digits < b.digits ? -1 : a.digits > b.digits ? 1 : 0;
}

/** The exact difference, canonical. */
export function subtractDecimals(left: string, right: string): string {
  const [a, b] = align(expect(left), expect(right));
  return write({ digits: a.digits - b.digits, scale: a.scale });
}

/** The exact product, canonical. */
export function multiplyDecimals(left: string, right: string): string {
  const a = expect(left);
  const b = expect(right);
  return write({ digits: a.digits * b.digits, scale: a.scale + b.scale });
}

/** Rounds half away from zero to `scale` digits after the point, as Salesforce does on save; canonical. */
export function roundDecimal(text: string, scale: number): string {
  if (SHORT_INTEGER.test(text)) return text;
  const value = expect(text);
  if (value.scale <= scale) return write(value);
  const divisor = 10n ** BigInt(value.scale - scale);
  const magnitude = value.digits < 0n ? -value.digits : value.digits;
  const rounded = (magnitude * 2n + divisor) / (divisor * 2n);
  return write({ digits: value.digits < 0n ? -rounded : rounded, scale });
}

/** Digits after the point of a canonical decimal. */
export function decimalsOf(canonical: string): number {
  const point = canonical.indexOf(".");
  return point < 0 ? 0 : canonical.length - point - 1;
}

/** True for the canonical zero. */
export function isZero(canonical: string): boolean {
  return canonical === "0";
}

function read(text: string): Scaled | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const whole = match[2] ?? "";
  const fraction = match[3] ?? "";
  if (whole === "" && fraction === "") return undefined;
  const exponent = Number(match[4] ?? "0");
  if (whole.length + fraction.length + Math.abs(exponent) > DECIMAL_DIGITS_MAX) return undefined;
  const digits = BigInt(`${whole}${fraction}`) * (match[1] === "-" ? -1n : 1n);
  const scale = fraction.length - exponent;
  return scale >= 0 ? { digits, scale } : { digits: digits * 10n ** BigInt(-scale), scale: 0 };
}

function expect(text: string): Scaled {
  const scaled = read(text);
  if (scaled === undefined) throw new TypeError(`"${text}" is not a decimal`);
  return scaled;
}

function align(a: Scaled, b: Scaled): readonly [Scaled, Scaled] {
  const scale = Math.max(a.scale, b.scale);
  return [
    { digits: a.digits * 10n ** BigInt(scale - a.scale), scale },
    { digits: b.digits * 10n ** BigInt(scale - b.scale), scale },
  ];
}

function write(value: Scaled): string {
  if (value.digits === 0n) return "0";
  const sign = value.digits < 0n ? "-" : "";
  const digits = (value.digits < 0n ? -value.digits : value.digits).toString().padStart(value.scale + 1, "0");
  const whole = digits.slice(0, digits.length - value.scale);
  const fraction = digits.slice(digits.length - value.scale).replace(/0+$/, "");
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}
