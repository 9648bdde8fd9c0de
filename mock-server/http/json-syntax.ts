/**
 * Reads JSON, and says what is wrong with it in the words of the parser behind Salesforce (Jackson).
 *
 * Good text goes through the engine's own parser; only refused text is scanned a second time for the place and the
 * reason. Texts are from memory except where rest-api §14.2 gives them.
 */
import { jsonParserError } from "./faults.ts";

/** Deeper documents are refused, as Jackson does; it also protects everything that walks them. */
const DEPTH_MAX = 1_000;

/** Parses JSON text; throws `OrgError` (`JSON_PARSER_ERROR`). */
export function parseJson(text: string): unknown {
  if (text.length > DEPTH_MAX && depthOf(text) > DEPTH_MAX) {
    throw jsonParserError(
      `Document nesting depth (${DEPTH_MAX + 1}) exceeds the maximum allowed (${DEPTH_MAX}, from ` +
        "`StreamReadConstraints.getMaxNestingDepth()`)",
    );
  }
  try {
    return JSON.parse(text);
  } catch {
    throw jsonParserError(new SyntaxScan(text).complaint());
  }
}

function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (inString) {
      if (code === 92) index += 1;
      else if (code === 34) inString = false;
    } else if (code === 34) inString = true;
    else if (code === 91 || code === 123) deepest = Math.max(deepest, ++depth);
    else if (code === 93 || code === 125) depth -= 1;
  }
  return deepest;
}

const VALUE_EXPECTED = "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";

/** Thrown inside the scan only: the first complaint ends it. */
class Complaint extends Error {}

class SyntaxScan {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first thing that is wrong with the text. */
  complaint(): string {
    try {
      this.#value("a valid value", 0);
      this.#blanks();
      if (this.#at < this.#text.length) this.#unexpected(VALUE_EXPECTED);
    } catch (error) {
      if (error instanceof Complaint) return error.message;
      throw error;
    }
    return `Unrecognized text at ${this.#place(this.#at)}`;
  }

  #value(closing: string, start: number): void {
    this.#blanks();
    const char = this.#text[this.#at];
    if (char === undefined) this.#endOfInput(closing, start);
    else if (char === "{") this.#object();
    else if (char === "[") this.#array();
    else if (char === '"') this.#string();
    else if (char === "-" || (char >= "0" && char <= "9")) this.#number();
    else if (/[A-Za-z_$]/.test(char)) this.#word();
    else this.#unexpected(VALUE_EXPECTED);
  }

  #object(): void {
    const start = this.#at;
    const closing = "close marker for Object";
    this.#at += 1;
    this.#blanks();
    if (this.#text[this.#at] === "}") {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#blanks();
      if (this.#at >= this.#text.length) this.#endOfInput(closing, start);
      if (this.#text[this.#at] !== '"') this.#unexpected("was expecting double-quote to start field name");
      this.#string();
      this.#blanks();
      if (this.#at >= this.#text.length) this.#endOfInput(closing, start);
      if (this.#text[this.#at] !== ":") this.#unexpected("was expecting a colon to separate field name and value");
      this.#at += 1;
      this.#value(closing, start);
      if (this.#separator("}", "Object entries", closing, start)) return;
    }
  }

  #array(): void {
    const start = this.#at;
    const closing = "close marker for Array";
    this.#at += 1;
    this.#blanks();
    if (this.#text[this.#at] === "]") {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#value(closing, start);
      if (this.#separator("]", "Array entries", closing, start)) return;
    }
  }

  /** Steps over a comma (false) or the end mark (true). */
  #separator(end: string, entries: string, closing: string, start: number): boolean {
    this.#blanks();
    const char = this.#text[this.#at];
    if (char === undefined) this.#endOfInput(closing, start);
    if (char !== end && char !== ",") this.#unexpected(`was expecting comma to separate ${entries}`);
    this.#at += 1;
    return char === end;
  }

  #string(): void {
    const start = this.#at;
    this.#at += 1;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at] ?? "";
      if (char === '"') {
        this.#at += 1;
        return;
      }
      if (char < " ") {
        const code = char.charCodeAt(0);
        this.#complain(
          `Illegal unquoted character ((CTRL-CHAR, code ${code})): has to be escaped using backslash to be included in string value`,
        );
      }
      if (char === "\\") {
        this.#at += 1;
        const escape = this.#text[this.#at] ?? "";
        if (escape === "u") {
          if (!/^[0-9a-f]{4}$/i.test(this.#text.slice(this.#at + 1, this.#at + 5))) {
            this.#complain("Unexpected character: expected a hex-digit for character escape sequence");
          }
        } else if (!'"\\/bfnrt'.includes(escape)) {
          this.#complain(`Unrecognized character escape '${escape}' (code ${escape.charCodeAt(0)})`);
        }
      }
    }
    this.#complain(`Unexpected end-of-input in VALUE_STRING (start marker at ${this.#place(start)})`);
  }

  #number(): void {
    const match = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    match.lastIndex = this.#at;
    const number = match.exec(this.#text)?.[0];
    if (number === undefined) {
      this.#at += 1;
      this.#unexpected("expected digit (0-9) to follow minus sign, for valid numeric value");
    }
    this.#at += number.length;
    const next = this.#text[this.#at] ?? " ";
    if (number.endsWith("0") && number.length === 1 && /\d/.test(next)) {
      this.#complain("Invalid numeric value: Leading zeroes not allowed");
    }
  }

  #word(): void {
    const match = /[A-Za-z0-9_$]+/y;
    match.lastIndex = this.#at;
    const word = match.exec(this.#text)?.[0] ?? "";
    this.#at += word.length;
    if (!["true", "false", "null"].includes(word)) {
      this.#complain(`Unrecognized token '${word.slice(0, 100)}': was expecting ('true', 'false' or 'null')`);
    }
  }

  #blanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
  }

  #unexpected(expected: string): never {
    const char = this.#text[this.#at];
    if (char === undefined) return this.#complain("Unexpected end-of-input");
    const at = this.#place(this.#at);
    throw new Complaint(`Unexpected character ('${char}' (code ${char.charCodeAt(0)})): ${expected} at ${at}`);
  }

  #endOfInput(closing: string, start: number): never {
    const marker = closing === "a valid value" ? "" : `: expected ${closing} (start marker at ${this.#place(start)})`;
    return this.#complain(`Unexpected end-of-input${marker}`);
  }

  #complain(what: string): never {
    throw new Complaint(`${what} at ${this.#place(this.#at)}`);
  }

  #place(index: number): string {
    const before = this.#text.slice(0, index);
    const line = before.split("\n").length;
    return `[line:${line}, column:${index - before.lastIndexOf("\n")}]`;
  }
}
