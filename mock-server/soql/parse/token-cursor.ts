/**
 * A reading position in a token list, and the wording of syntax errors.
 *
 * Salesforce's messages follow ANTLR: a token that is not allowed is named alone; where the parser had to look ahead,
 * the text from the start of that decision to the bad token is named (reference: soql §10.3 [client]).
 */
import type { OrgError } from "../../errors.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { place, queryError, syntaxError } from "../base/query-error.ts";
import { type Token, tokenize } from "./lexer.ts";

/** Words that cannot be an alias or begin a name. Source: reference: soql §3 [client]. */
const RESERVED: ReadonlySet<string> = new Set(
  (
    "AND AS ASC BIND BY CUBE DESC ELSE EXCLUDES FALSE FIRST FOR FROM HAVING IN INCLUDES LAST LIKE LIMIT LOOKUP NOT " +
    "NULL NULLS OR ROLLUP SELECT TRUE UPDATE USING WHERE WITH"
  ).split(" "),
);

/** Tokens after which a missing closing parenthesis is reported as missing instead of as an unexpected token. */
const FOLLOWS_PARENTHESIS: ReadonlySet<string> = new Set(
  "<EOF> ) , FROM WHERE WITH GROUP ORDER HAVING LIMIT OFFSET FOR UPDATE AND OR USING".split(" "),
);

/** Reads tokens one by one; `fail…` functions make the error, the caller throws it. */
export class TokenCursor {
  readonly source: string;
  readonly #tokens: readonly Token[];
  #index = 0;

  constructor(source: string) {
    this.source = source;
    this.#tokens = tokenize(source);
  }

  /** The token `ahead` places further on; the last token stays `eof`. */
  peek(ahead = 0): Token {
    const token = this.#tokens[this.#index + ahead] ?? this.#tokens[this.#tokens.length - 1];
    if (token === undefined) throw new Error("A token list ends with eof");
    return token;
  }

  next(): Token {
    const token = this.peek();
    if (this.#index < this.#tokens.length - 1) this.#index++;
    return token;
  }

  /** True where the next tokens are these words or symbols, in capitals. */
  at(first: string, second?: string, third?: string, fourth?: string): boolean {
    return (
      this.#is(0, first) &&
      (second === undefined || this.#is(1, second)) &&
      (third === undefined || this.#is(2, third)) &&
      (fourth === undefined || this.#is(3, fourth))
    );
  }

  atName(ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.kind === "ident" && !RESERVED.has(token.upper);
  }

  /** Takes the next token if it is this word or symbol. */
  take(upper: string): boolean {
    if (!this.at(upper)) return false;
    this.next();
    return true;
  }

  /** Takes this word or symbol or throws; `from` is the start of the decision to name, if the parser looked ahead. */
  expect(upper: string, from?: number): Token {
    if (!this.at(upper)) throw this.unexpected(from);
    return this.next();
  }

  /** Takes `)`; where the next token could follow it, Salesforce calls it missing. */
  expectClose(): void {
    if (this.take(")")) return;
    throw FOLLOWS_PARENTHESIS.has(this.peek().upper) ? this.missing() : this.unexpected();
  }

  /** Takes a name that is no reserved word. */
  expectName(from?: number): Token {
    if (!this.atName()) throw this.unexpected(from);
    return this.next();
  }

  /** Moves behind all tokens that begin before this position. */
  skipTo(position: number): void {
    while (this.peek().kind !== "eof" && this.peek().start < position) this.#index++;
  }

  unexpected(from?: number, ahead = 0): OrgError {
    const token = this.peek(ahead);
    if (token.kind === "invalid") return this.lexical(token.text, token.start);
    const text = from === undefined ? shown(token) : this.#decision(from, token);
    return syntaxError(`unexpected token: '${text}'`, this.source, token.start);
  }

  missing(): OrgError {
    const token = this.peek();
    if (token.kind === "invalid") return this.lexical(token.text, token.start);
    return syntaxError(`missing value at '${shown(token)}'`, this.source, token.start);
  }

  /** Text that is no token at all. */
  lexical(text: string, start: number): OrgError {
    const { row, column } = place(this.source, start);
    const message = `line ${row}:${column} unexpected token: '${text}'`;
    return OPEN_POINTS.lexicalErrorsHavePosition
      ? syntaxError(message, this.source, start)
      : queryError("MALFORMED_QUERY", message);
  }

  #is(ahead: number, upper: string): boolean {
    const token = this.peek(ahead);
    return token.upper === upper && token.kind !== "string";
  }

  #decision(from: number, token: Token): string {
    const end = token.kind === "string" ? token.start + 1 : token.end;
    return this.source.slice(from, end).trimEnd();
  }
}

function shown(token: Token): string {
  return token.kind === "string" ? "'" : token.text;
}
