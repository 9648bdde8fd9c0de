/** LIKE patterns: `%` any run, `_` one character, both escapable. Source: reference: soql §8.1. */
import { unescapeChecked } from "./parse-literal.ts";

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
  const body = parts
    .map((part) => (part.kind === "any" ? ".*" : part.kind === "one" ? "." : quote(part.text)))
    .join("");
  return { kind: "expression", expression: new RegExp(`^${body}$`, caseSensitive ? "su" : "sui") };
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
