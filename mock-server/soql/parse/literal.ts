/** The values of the grammar, and the escapes of strings. Rules: reference: soql §3. */

import { isDateLiteral, takesNumber } from "../base/date-literal.ts";
import type { Literal } from "./ast.ts";
import type { Token } from "./lexer.ts";
import type { TokenCursor } from "./token-cursor.ts";

/** Largest n of `LAST_N_DAYS:n`: keeps date arithmetic inside what a date can hold. */
const DATE_LITERAL_N_MAX = 1_000_000;

/** One value on the right side of a comparison or in a list. `from` is the decision to name in an error. */
export function parseLiteral(cursor: TokenCursor, from?: number): Literal {
  const token = cursor.peek();
  const at = token.start;
  switch (token.kind) {
    case "string":
      cursor.next();
      return { kind: "string", value: readString(cursor, token), at };
    case "int":
    case "decimal":
      cursor.next();
      return { kind: "number", text: token.text, at };
    case "date":
    case "datetime":
    case "time":
      cursor.next();
      return { kind: token.kind, text: token.text, at };
    case "symbol":
      return parseSigned(cursor, at, from);
    case "ident":
      return parseWord(cursor, token, from);
    default:
      throw cursor.unexpected(from);
  }
}

function parseSigned(cursor: TokenCursor, at: number, from: number | undefined): Literal {
  const number = cursor.peek(1);
  if ((!cursor.at("-") && !cursor.at("+")) || (number.kind !== "int" && number.kind !== "decimal")) {
    throw cursor.unexpected(from);
  }
  const sign = cursor.next().text === "-" ? "-" : "";
  return { kind: "number", text: sign + cursor.next().text, at };
}

const CURRENCY = /([A-Za-z]{3})([-+]?)(\d+(?:\.\d+)?)(?![A-Za-z0-9_])/y;

function parseWord(cursor: TokenCursor, token: Token, from: number | undefined): Literal {
  const at = token.start;
  if (token.upper === "TRUE" || token.upper === "FALSE") {
    cursor.next();
    return { kind: "boolean", value: token.upper === "TRUE", at };
  }
  if (token.upper === "NULL") {
    cursor.next();
    return { kind: "null", at };
  }
  if (isDateLiteral(token.upper)) {
    if (!takesNumber(token.upper)) {
      cursor.next();
      return { kind: "dateLiteral", name: token.upper, n: null, at };
    }
    if (cursor.peek(1).upper === ":") {
      cursor.next();
      cursor.next();
      const n = cursor.peek();
      if (n.kind !== "int" || Number(n.text) > DATE_LITERAL_N_MAX) throw cursor.unexpected();
      cursor.next();
      return { kind: "dateLiteral", name: token.upper, n: Number(n.text), at };
    }
  }
  CURRENCY.lastIndex = at;
  const currency = CURRENCY.exec(cursor.source);
  if (currency === null) throw cursor.unexpected(from);
  const [whole, code = "", sign = "", digits = ""] = currency;
  cursor.skipTo(at + whole.length);
  return { kind: "currency", code: code.toUpperCase(), text: sign === "-" ? `-${digits}` : digits, at };
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: "\n",
  r: "\r",
  t: "\t",
  b: "\b",
  f: "\f",
  '"': '"',
  "'": "'",
  "\\": "\\",
};

/** The value of a string token. Throws at an escape that is not allowed. */
export function readString(cursor: TokenCursor, token: Token): string {
  return unescape(cursor, token, "");
}

/** Checks the escapes of a LIKE pattern and returns it as written, since `\%` and `%` differ. */
export function readPattern(cursor: TokenCursor, token: Token): string {
  unescape(cursor, token, "%_");
  return token.text;
}

/** Resolves the escapes of a string or of the literal parts of a checked pattern. */
export function unescapeChecked(raw: string): string {
  return raw.replaceAll(/\\(?:u([0-9A-Fa-f]{4})|(.))/gs, (_, unit: string | undefined, character: string = "") =>
    unit === undefined
      ? (ESCAPES[character.toLowerCase()] ?? character)
      : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}

function unescape(cursor: TokenCursor, token: Token, alsoAllowed: string): string {
  const raw = token.text;
  for (let at = raw.indexOf("\\"); at !== -1; at = raw.indexOf("\\", at + 2)) {
    const character = raw.charAt(at + 1);
    const unicode = /^u[0-9A-Fa-f]{4}/.test(raw.slice(at + 1, at + 6));
    if (!unicode && !(character.toLowerCase() in ESCAPES) && !alsoAllowed.includes(character)) {
      throw cursor.lexical(`\\${character}`, token.start + 1 + at);
    }
  }
  return raw.includes("\\") ? unescapeChecked(raw) : raw;
}
