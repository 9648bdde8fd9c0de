/**
 * Reads the numbers of a JSON text without losing digits.
 *
 * Salesforce numbers have up to 18 digits and its JSON carries them as numbers, of which a double holds 15 to 17
 * (jsforce issue 1048). A number that a double would change becomes a text of the same digits, which is a decimal to
 * whoever reads the field; all others stay numbers.
 */
import { parseDecimal } from "../model/decimal.ts";

/** Fewer digits than this are held by every double. */
const MANY_DIGITS = /[\d.]{16}/;

/** A string, or a number; inside a string nothing is a number. */
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

/** The JSON text with every number that a double cannot hold as a text. A text without such a number comes back as it is. */
export function withExactNumbers(json: string): string {
  if (!MANY_DIGITS.test(json)) return json;
  return json.replace(TOKENS, (token) => (token.startsWith('"') || isHeldByDouble(token) ? token : `"${token}"`));
}

function isHeldByDouble(token: string): boolean {
  if (token.length <= 15) return true;
  return parseDecimal(String(Number(token))) === parseDecimal(token);
}
