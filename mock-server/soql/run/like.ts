/** LIKE patterns: `%` any run, `_` one character, both escapable. Source: reference: soql §8.1. */
import { unescapeChecked } from "../parse/literal.ts";

/**
 * A pattern in the cheapest form that decides it. A single text is as written, and the caller folds case; pieces are
 * in lower case, unless case counts.
 */
export type LikeTest =
  | { readonly kind: "equals" | "prefix" | "suffix" | "contains"; readonly text: string }
  | { readonly kind: "pieces"; readonly pieces: readonly Piece[] };

/** What stands between two `%`: texts, and null for one character of any kind. */
export type Piece = readonly (string | null)[];

/** Analyzes a pattern whose escapes have been checked. */
export function compileLike(raw: string, caseSensitive: boolean): LikeTest {
  const parts = split(raw);
  const texts = parts.filter((part) => part.kind === "text");
  const only = texts[0]?.text ?? "";
  const hasSingle = parts.some((part) => part.kind === "one");
  if (!hasSingle && texts.length <= 1 && only !== "") {
    const leading = parts[0]?.kind === "any";
    const trailing = parts.at(-1)?.kind === "any";
    const kind = leading ? (trailing ? "contains" : "suffix") : trailing ? "prefix" : "equals";
    return { kind, text: only };
  }
  return { kind: "pieces", pieces: piecesOf(parts, caseSensitive) };
}

/**
 * True where the whole text is the pieces with any runs of characters between them.
 *
 * A piece is taken where it comes first, for good, and the last one is sought from the end. So nothing is tried twice,
 * whatever the pattern; a regular expression would need years for `%a%a%a%a%a%a%b` and a long text of a's.
 */
export function matchesPieces(pieces: readonly Piece[], text: string): boolean {
  const [first = []] = pieces;
  let at = endOf(first, text, 0);
  if (at < 0) return false;
  if (pieces.length === 1) return at === text.length;
  for (const piece of pieces.slice(1, -1)) {
    at = endOfNext(piece, text, at);
    if (at < 0) return false;
  }
  return isAtEnd(pieces.at(-1) ?? [], text, at);
}

/** Where the piece ends that begins at this place; -1 where it does not stand there. */
function endOf(piece: Piece, text: string, from: number): number {
  let at = from;
  for (const part of piece) {
    if (part === null) {
      if (at >= text.length) return -1;
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
    } else if (text.startsWith(part, at)) at += part.length;
    else return -1;
  }
  return at;
}

/** Where the first such piece ends that begins here or later; -1 where there is none. */
function endOfNext(piece: Piece, text: string, from: number): number {
  const [head] = piece;
  for (let at = from; at <= text.length; at += 1) {
    if (typeof head === "string") {
      at = text.indexOf(head, at);
      if (at < 0) return -1;
    }
    const end = endOf(piece, text, at);
    if (end >= 0) return end;
  }
  return -1;
}

/** True where the text ends with the piece, and the piece begins at `from` or later. */
function isAtEnd(piece: Piece, text: string, from: number): boolean {
  const singles = piece.filter((part) => part === null).length;
  const shortest = piece.reduce((length, part) => length + (part?.length ?? 1), 0);
  for (let extra = 0; extra <= singles; extra += 1) {
    const start = text.length - shortest - extra;
    if (start < from) return false;
    if (endOf(piece, text, start) === text.length) return true;
  }
  return false;
}

function piecesOf(parts: readonly Part[], caseSensitive: boolean): readonly Piece[] {
  const pieces: (string | null)[][] = [[]];
  for (const part of parts) {
    if (part.kind === "any") pieces.push([]);
    else pieces.at(-1)?.push(part.kind === "one" ? null : caseSensitive ? part.text : part.text.toLowerCase());
  }
  return pieces;
}

type Part = { readonly kind: "text"; readonly text: string } | { readonly kind: "any" | "one"; readonly text: "" };

function split(raw: string): readonly Part[] {
  const parts: Part[] = [];
  for (const [piece] of raw.matchAll(/\\u[0-9A-Fa-f]{4}|\\.|%+|_|[^\\%_]+/gs)) {
    if (piece.startsWith("%")) parts.push({ kind: "any", text: "" });
    else if (piece === "_") parts.push({ kind: "one", text: "" });
    else {
      const text = unescapeChecked(piece);
      const last = parts.at(-1);
      if (last?.kind === "text") parts[parts.length - 1] = { kind: "text", text: last.text + text };
      else parts.push({ kind: "text", text });
    }
  }
  return parts;
}
