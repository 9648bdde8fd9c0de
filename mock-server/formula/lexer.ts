/**
 * Cuts a formula's text into tokens. One pass, no backtracking: the time grows with the length.
 *
 * Texts are in double or single quotes and know the escapes `\\`, `\"`, `\'`, `\n`, `\r` and `\t`; another character
 * keeps its backslash, so that the pattern `"\d+"` works [memory: platform §6]. Comments stand between slash-star pairs.
 */
import { FormulaError } from "./error.ts";

/** One token; `at` is its first character's place in the text. */
export type Token =
  | { readonly kind: "number"; readonly text: string; readonly at: number }
  | { readonly kind: "text"; readonly value: string; readonly at: number }
  /** A field, a path to a parent's field, a global variable or the name of a function. */
  | { readonly kind: "name"; readonly name: string; readonly at: number }
  | { readonly kind: "sign"; readonly sign: string; readonly at: number };

const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
// `Owner:User.Name` names the object behind a polymorphic relationship; `$Setup.X__c.Y__c` starts with a dollar sign.
const NAME = /[\p{L}_$][\p{L}\p{N}_$]*(?:[.:]\s*[\p{L}_$][\p{L}\p{N}_$-]*)*/uy;
const SIGN = /&&|\|\||<=|>=|<>|!=|==|[-+*/^&<>=!(),]/y;
const BLANK = /[\s\u00A0\u200B\uFEFF]+/y;

const ESCAPES: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', "'": "'", n: "\n", r: "\r", t: "\t" };

/** The tokens of a formula. Throws a `FormulaError` that names the place of a character that cannot stand there. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  while (at < text.length) {
    const blank = match(BLANK);
    if (blank !== undefined) {
      at += blank.length;
      continue;
    }
    if (text.startsWith("/*", at)) {
      const end = text.indexOf("*/", at + 2);
      if (end < 0) throw new FormulaError("Syntax error: a comment has no end", { position: at });
      at = end + 2;
      continue;
    }
    const first = text[at] ?? "";
    if (first === '"' || first === "'") {
      const { value, end } = quoted(text, at);
      tokens.push({ kind: "text", value, at });
      at = end;
      continue;
    }
    const token = match(NUMBER);
    const name = token === undefined ? match(NAME) : undefined;
    const sign = token === undefined && name === undefined ? match(SIGN) : undefined;
    if (token !== undefined) tokens.push({ kind: "number", text: token, at });
    else if (name !== undefined) tokens.push({ kind: "name", name: name.replace(/\s+/g, ""), at });
    else if (sign !== undefined) tokens.push({ kind: "sign", sign, at });
    else throw new FormulaError(`Syntax error: found '${first}'`, { position: at });
    at += (token ?? name ?? sign ?? first).length;
  }
  return tokens;
}

function quoted(text: string, from: number): { readonly value: string; readonly end: number } {
  const quote = text[from];
  let value = "";
  let at = from + 1;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (character === quote) return { value, end: at + 1 };
    if (character === "\\") {
      const next = text[at + 1] ?? "";
      value += ESCAPES[next] ?? `\\${next}`;
      at += 2;
    } else {
      value += character;
      at++;
    }
  }
  throw new FormulaError("Syntax error: a text has no closing quote", { position: from });
}
