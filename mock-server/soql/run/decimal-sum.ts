/**
 * Exact sums of decimals that are stored as JavaScript numbers.
 *
 * A stored number is the one nearest to a decimal of the field's scale, so its scaled integer is exact. Generated code
 * adds such integers while they stay far from 2⁵³ and hands the rest, and numbers finer than the scale, to `spill`,
 * which continues in whole numbers without bound.
 */

/** One running sum: `small` scaled by 10^scale, `large` what has left its range, with `FINE_DIGITS` more digits. */
export interface DecimalSum {
  small: number;
  large: bigint;
}

/** Scaled values below this are added as numbers. */
export const SMALL_VALUE_MAX = 1e15;
/** Scaled sums below this may take another such value and stay exact. */
export const SMALL_SUM_MAX = 4e15;

/** Digits behind those of the scale: as many as the shortest decimal of a number can have. */
const FINE_DIGITS = 17;
const FINE = 10n ** BigInt(FINE_DIGITS);

/** Adds one value that is too large, or too fine, for the short way. */
export function spill(sum: DecimalSum, value: number, scale: number): void {
  sum.large += BigInt(sum.small) * FINE + scaled(value, scale + FINE_DIGITS);
  sum.small = 0;
}

/** The sum as the nearest number. */
export function totalOf(sum: DecimalSum, scale: number): number {
  return sum.large === 0n
    ? sum.small / 10 ** scale
    : ratio(sum.large + BigInt(sum.small) * FINE, FINE * 10n ** BigInt(scale));
}

/** The sum divided by a count, rounded once. */
export function averageOf(sum: DecimalSum, scale: number, count: number): number {
  return sum.large === 0n
    ? sum.small / (10 ** scale * count)
    : ratio(sum.large + BigInt(sum.small) * FINE, FINE * 10n ** BigInt(scale) * BigInt(count));
}

/** Digits behind the point of a computed quotient: more than a number can hold. */
const QUOTIENT_DIGITS = 25;

function ratio(numerator: bigint, denominator: bigint): number {
  const negative = numerator < 0n;
  const digits = String(((negative ? -numerator : numerator) * 10n ** BigInt(QUOTIENT_DIGITS)) / denominator);
  return Number(`${negative ? "-" : ""}${digits}e-${QUOTIENT_DIGITS}`);
}

function scaled(value: number, scale: number): bigint {
  const [mantissa = "", exponent = "0"] = Math.abs(value).toString().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const shift = scale - fraction.length + Number(exponent);
  const digits = BigInt(whole + fraction);
  const result = shift >= 0 ? digits * 10n ** BigInt(shift) : digits / 10n ** BigInt(-shift);
  return value < 0 ? -result : result;
}
