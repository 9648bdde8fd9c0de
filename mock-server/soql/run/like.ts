/** LIKE patterns: `%` any run, `_` one character, both escapable. Source: reference: soql §8.1. */
import { unescapeChecked } from "../parse/literal.ts";

/** A pattern in the cheapest form that decides it. Texts are as written; the caller folds case. */
export type LikeTest =
  | { readonly kind: "equals" | "prefix" | "suffix" | "contains"; readonly text: string }
  | { readonly kind: "expression"; readonly expression: RegExp };

/** Analyses a pattern whose escapes have been checked. */
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
  return { kind: "expression", expression: new RegExp(`^${bodyOf(parts)}$`, caseSensitive ? "su" : "sui") };
}

/**
 * The pattern as a regular expression that never tries the same place twice: what stands between two `%` is taken
 * where it comes first, for good (a look-ahead with a back-reference), and only the last piece is sought from the end.
 * Plain `.*` would need years for `%a%a%a%a%a%a%b` and a long text of a's.
 */
function bodyOf(parts: readonly Part[]): string {
  const [first = "", ...others] = pieces(parts);
  const last = others.pop();
  if (last === undefined) return first;
  const middle = others.map((piece, at) => `(?=(.*?${piece}))\\${at + 1}`);
  return `${first}${middle.join("")}.*${last}`;
}

/** What stands before, between and after the runs of any characters; empty where nothing does. */
function pieces(parts: readonly Part[]): readonly string[] {
  const found = [""];
  for (const part of parts) {
    if (part.kind === "any") found.push("");
    else found[found.length - 1] += part.kind === "one" ? "." : quote(part.text);
  }
  return found;
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

function quote(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
