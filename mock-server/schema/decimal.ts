/**
 * Exact decimal arithmetic on the numbers of records.
 *
 * Numbers come over the wire as JavaScript numbers, and 0.1 + 0.2 must be 0.3 in a roll-up. Each number stands for its
 * shortest decimal text; sums and products are computed on big integers, and only the result becomes a number again.
 * Values with more than 17 significant digits cannot be told apart by any JavaScript client and are rounded on the way.
 */

/** `units` × 10^−`scale`. */
interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

/**
 * The value rounded to `scale` decimals, halves away from zero (1.005 → 1.01, −1.005 → −1.01), as Salesforce rounds
 * stored numbers [memory: platform §7]. `value` must be finite.
 */
export function roundHalfUp(value: number, scale: number): number {
  // Most numbers of a sync are whole or have few decimals; whole ones need no big integer.
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  return toNumber(rescale(decimalOf(value), scale));
}

/** The exact product rounded half up to `scale` decimals, for example quantity × unit price. */
export function multiply(a: number, b: number, scale: number): number {
  const left = decimalOf(a);
  const right = decimalOf(b);
  return toNumber(rescale({ units: left.units * right.units, scale: left.scale + right.scale }, scale));
}

/** The exact sum; 0 for no values. */
export function sum(values: Iterable<number>): number {
  let total: Decimal = { units: 0n, scale: 0 };
  for (const value of values) {
    const next = decimalOf(value);
    const scale = Math.max(total.scale, next.scale);
    total = { units: rescale(total, scale).units + rescale(next, scale).units, scale };
  }
  return toNumber(total);
}

function decimalOf(value: number): Decimal {
  if (!Number.isFinite(value)) throw new RangeError(`Not a finite number: ${value}`);
  const [mantissa = "0", exponent = "0"] = String(value).split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const units = BigInt(whole + fraction);
  const scale = fraction.length - Number(exponent);
  return scale < 0 ? { units: units * 10n ** BigInt(-scale), scale: 0 } : { units, scale };
}

function rescale(decimal: Decimal, scale: number): Decimal {
  if (scale >= decimal.scale) return { units: decimal.units * 10n ** BigInt(scale - decimal.scale), scale };
  const divisor = 10n ** BigInt(decimal.scale - scale);
  const magnitude = decimal.units < 0n ? -decimal.units : decimal.units;
  const rounded = (magnitude + divisor / 2n) / divisor;
  return { units: decimal.units < 0n ? -rounded : rounded, scale };
}

function textOf(decimal: Decimal): string {
  const negative = decimal.units < 0n;
  const digits = (negative ? -decimal.units : decimal.units).toString().padStart(decimal.scale + 1, "0");
  const at = digits.length - decimal.scale;
  const text = decimal.scale === 0 ? digits : `${digits.slice(0, at)}.${digits.slice(at)}`;
  return negative ? `-${text}` : text;
}

function toNumber(decimal: Decimal): number {
  const value = Number(textOf(decimal));
  return value === 0 ? 0 : value;
}
