/**
 * Text → tokens of SOQL (and of the RETURNING part of SOSL).
 *
 * The lexer never throws: a character that starts no token becomes an `invalid` token, and the parser refuses it when
 * it gets there, so that the first error of the statement wins. Rules: reference: soql §3.
 */

/** What a token is. `symbol` covers punctuation and signs; keywords are `ident`. */
export type TokenKind =
  | "ident"
  | "string"
  | "int"
  | "decimal"
  | "date"
  | "datetime"
  | "time"
  | "symbol"
  | "invalid"
  | "eof";

/** One token and its place in the source. */
export interface Token {
  readonly kind: TokenKind;
  /** The source text; for a string the text between the quotes, escapes unresolved; for `eof` `<EOF>`. */
  readonly text: string;
  /** The text in capitals, for identifiers; else the text itself. */
  readonly upper: string;
  readonly start: number;
  readonly end: number;
}

/** Splits a statement into tokens; the last one is always `eof`. */
export function tokenize(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (at < source.length && isBlank(source.charCodeAt(at))) at++;
    const token = at >= source.length ? endOf(source) : read(source, at);
    tokens.push(token);
    if (token.kind === "eof") return tokens;
    at = token.end;
  }
}

const SYMBOLS = "(),.=<>!:+-*/";
const TWO_CHARACTER_SYMBOLS: ReadonlySet<string> = new Set(["!=", "<>", "<=", ">="]);
const DATETIME = /\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:?\d{2})/y;
const DATE = /\d{4}-\d{2}-\d{2}/y;
const TIME = /\d{2}:\d{2}:\d{2}(?:\.\d+)?[Zz]/y;

function read(source: string, start: number): Token {
  const code = source.charCodeAt(start);
  if (isLetter(code)) return identifier(source, start);
  if (isDigit(code)) return number(source, start);
  if (code === 39) return string(source, start);
  if (code === 46 && isDigit(source.charCodeAt(start + 1))) {
    return token("decimal", source, start, digitsEnd(source, start + 1));
  }
  if (TWO_CHARACTER_SYMBOLS.has(source.slice(start, start + 2))) return token("symbol", source, start, start + 2);
  return token(SYMBOLS.includes(source.charAt(start)) ? "symbol" : "invalid", source, start, start + 1);
}

function identifier(source: string, start: number): Token {
  let end = start + 1;
  while (end < source.length) {
    const code = source.charCodeAt(end);
    if (!isLetter(code) && !isDigit(code) && code !== 95) break;
    end++;
  }
  const text = source.slice(start, end);
  return { kind: "ident", text, upper: text.toUpperCase(), start, end };
}

function number(source: string, start: number): Token {
  const end = digitsEnd(source, start);
  const next = source.charCodeAt(end);
  if (end - start === 4 && next === 45) {
    const datetime = matchEnd(DATETIME, source, start);
    if (datetime !== -1) return token("datetime", source, start, datetime);
    const date = matchEnd(DATE, source, start);
    if (date !== -1) return token("date", source, start, date);
  }
  if (end - start === 2 && next === 58) {
    const time = matchEnd(TIME, source, start);
    if (time !== -1) return token("time", source, start, time);
  }
  if (next === 46 && isDigit(source.charCodeAt(end + 1))) {
    return token("decimal", source, start, digitsEnd(source, end + 1));
  }
  return token("int", source, start, end);
}

/** A string up to its closing quote. An unterminated one ends the input; a raw line break in one is invalid. */
function string(source: string, start: number): Token {
  for (let at = start + 1; at < source.length; at++) {
    const code = source.charCodeAt(at);
    if (code === 92) at++;
    else if (code === 39) return { kind: "string", text: source.slice(start + 1, at), upper: "'", start, end: at + 1 };
    else if (code === 10 || code === 13) return token("invalid", source, at, at + 1);
  }
  return endOf(source);
}

function endOf(source: string): Token {
  return { kind: "eof", text: "<EOF>", upper: "<EOF>", start: source.length, end: source.length };
}

function token(kind: TokenKind, source: string, start: number, end: number): Token {
  const text = source.slice(start, end);
  return { kind, text, upper: text, start, end };
}

function matchEnd(pattern: RegExp, source: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(source) ? pattern.lastIndex : -1;
}

function digitsEnd(source: string, start: number): number {
  let end = start;
  while (isDigit(source.charCodeAt(end))) end++;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetter(code: number): boolean {
  return (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9 || code === 10 || code === 13;
}
