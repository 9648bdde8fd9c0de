/**
 * The text between the braces of FIND: words, phrases, wildcards and operators → a test on the texts of a record.
 *
 * Words are required unless OR or AND NOT says otherwise; evaluation runs from left to right without precedence; a word
 * is found as a whole word, whatever its case. Source: reference: soql §12.2 [doc].
 */

import { SEARCH_OPERATOR_CHARACTERS_MAX, SEARCH_TEXT_CHARACTERS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { queryError } from "../base/query-error.ts";
import { type Emitter, read } from "../run/emitter.ts";

/** True where a record is found. The text is what `searchableText` makes of the record's values. */
export type SearchTest = (text: string) => boolean;

/** Stands between the values of a record: no word and no phrase reaches across it. */
const SEPARATOR = "\0";

/** Source that joins the texts of a row `r` in lower case: one text is searched instead of one per field. */
export function searchableText(emitter: Emitter, fields: readonly string[]): string {
  const separator = emitter.constant(() => SEPARATOR);
  const value = emitter.temporary();
  const texts = fields.map(
    (field) => `(typeof (${value} = ${read("r", field)}) === "string" ? ${value} + ${separator} : "")`,
  );
  return texts.length === 0 ? '""' : `(${texts.join(" + ")}).toLowerCase()`;
}

/** Nested parentheses: a bound on recursion. */
const NESTING_MAX = 100;

/** Compiles a search text. Throws for an empty one and for a term of one character. */
export function compileSearchText(text: string): SearchTest {
  if (text.trim() === "") throw noSearchTerm();
  if (text.length > SEARCH_TEXT_CHARACTERS_MAX) return () => false;
  const tokens = tokenizeSearch(text);
  const withOperators = text.length <= SEARCH_OPERATOR_CHARACTERS_MAX;
  const reader: Reader = { tokens: withOperators ? tokens : tokens.filter((token) => token.kind === "term"), at: 0 };
  const test = parseAll(reader, 0);
  if (test === null) throw noSearchTerm();
  return test;
}

/** The refusal of a search without a text in braces. */
export function noSearchTerm(): Error {
  return queryError("MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces.");
}

type SearchToken =
  | { readonly kind: "term"; readonly expression: RegExp; readonly hint: string }
  | { readonly kind: "and" | "or" | "not" | "(" | ")" };

interface Reader {
  readonly tokens: readonly SearchToken[];
  at: number;
}

/** Terms up to the end or to a closing parenthesis; null where there is none. */
function parseAll(reader: Reader, depth: number): SearchTest | null {
  if (depth > NESTING_MAX) throw queryError("MALFORMED_SEARCH", "The search text nests too deeply");
  let result: SearchTest | null = null;
  let operator: "and" | "or" = "and";
  let negated = false;
  for (;;) {
    const token = reader.tokens[reader.at];
    if (token === undefined) return result;
    reader.at++;
    switch (token.kind) {
      case ")":
        return result;
      case "and":
      case "or":
        operator = token.kind;
        break;
      case "not":
        negated = !negated;
        break;
      case "(":
      case "term": {
        const operand = token.kind === "term" ? termTest(token) : parseAll(reader, depth + 1);
        if (operand !== null) result = join(result, operator, negated ? (text) => !operand(text) : operand);
        operator = "and";
        negated = false;
      }
    }
  }
}

function join(left: SearchTest | null, operator: "and" | "or", right: SearchTest): SearchTest {
  if (left === null) return right;
  return operator === "and" ? (text) => left(text) && right(text) : (text) => left(text) || right(text);
}

function termTest({ expression, hint }: Extract<SearchToken, { kind: "term" }>): SearchTest {
  return (text) => text.includes(hint) && expression.test(text);
}

const PIECE = /"((?:\\.|[^"\\])*)"|([()])|((?:\\.|[^\s()"\\])+)/gs;

function tokenizeSearch(text: string): readonly SearchToken[] {
  const tokens: SearchToken[] = [];
  for (const [, phrase, parenthesis, word] of text.matchAll(PIECE)) {
    if (parenthesis === "(" || parenthesis === ")") tokens.push({ kind: parenthesis });
    else if (phrase !== undefined) tokens.push(...termOf(phrase));
    else if (word !== undefined) tokens.push(...wordTokens(word));
  }
  return tokens;
}

function wordTokens(word: string): readonly SearchToken[] {
  switch (word.toUpperCase()) {
    case "AND":
      return [{ kind: "and" }];
    case "OR":
      return [{ kind: "or" }];
    case "NOT":
      return [{ kind: "not" }];
    default:
      return termOf(word);
  }
}

const LETTER = "[\\p{L}\\p{N}]";

/** A word, or several words that must follow each other. Punctuation separates words, as it does in the index. */
function termOf(written: string): readonly SearchToken[] {
  const words = wordsOf(written.toLowerCase());
  const [first] = words;
  if (first === undefined) return [];
  if (words.length === 1 && first.length === 1) {
    throw queryError(
      OPEN_POINTS.shortSearchTermCode,
      `search term must be longer than one character: ${written.replaceAll("\\", "")}`,
    );
  }
  let groups = 0;
  const body = words.map((word) => wordPattern(word, () => ++groups)).join(`[^\\p{L}\\p{N}${SEPARATOR}]+`);
  // A wildcard at the start of a word is not allowed: reference: soql §12.2; it is dropped with other punctuation.
  return [
    {
      kind: "term",
      expression: new RegExp(`(?<!${LETTER})${body}(?!${LETTER})`, "u"),
      hint: first.split(/[*?]/)[0] ?? "",
    },
  ];
}

/** Words of a text with their wildcards: an escaped `\*` is punctuation, a plain one is a wildcard. */
function wordsOf(written: string): readonly string[] {
  const plain = written.replaceAll(/\\(.)/gs, (_, character: string) => (/[*?]/.test(character) ? " " : character));
  return [...plain.matchAll(/[\p{L}\p{N}][\p{L}\p{N}*?]*/gu)].map(([word]) => word);
}

/**
 * A word's pattern. It ends where the word of the text ends, so what stands between two `*` may be taken where it comes
 * first, for good (a look-ahead with a back-reference): nothing is tried twice.
 */
function wordPattern(word: string, nextGroup: () => number): string {
  const [first = "", ...others] = word.split("*").map((piece) => piece.replaceAll("?", LETTER));
  const last = others.pop();
  if (last === undefined) return first;
  const middle = others.filter((piece) => piece !== "").map((piece) => `(?=(${LETTER}*?${piece}))\\${nextGroup()}`);
  return `${first}${middle.join("")}${LETTER}*${last}(?!${LETTER})`;
}
