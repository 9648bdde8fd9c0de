/**
 * Where code, documents and tests cite the reference: `order-domain §2.4`, `rest-api §3.1–3.8`, `order-domain §12 no. 3`.
 *
 * The name of a chapter stands before the first section sign; further sections may follow it in the same sentence, also across the
 * end of a line. Sections of public documents are named as `RFC 6749 §5.1` and are not looked up.
 */
import type { Chapter } from "./facts.ts";

/** A section sign in a text, and what it points to. */
export interface Citation {
  readonly file: string;
  readonly line: number;
  /** The chapter, or the name of a public document; undefined where none is named before the sign. */
  readonly chapter: string | undefined;
  /** Sections, one or the ends of a range, and the number of a fact where one is given. */
  readonly sections: readonly string[];
  readonly fact: number | undefined;
}

/** Public documents whose sections are cited in their own numbering. */
const PUBLIC = "RFC \\d+|datatype3";
/** Characters between a name and its section sign, or between two signs of one sentence. */
const REACH = 120;

/** Every citation in a text. */
export function citationsIn(file: string, text: string, names: readonly string[]): readonly Citation[] {
  const found: Citation[] = [];
  const token = new RegExp(
    `(?<![\\w/.-])(?<name>${names.join("|")}|${PUBLIC})(?![\\w/-]|\\.\\w)|§\\s?(?<from>\\d+(?:\\.\\d+)*)(?:[–-](?:§\\s?)?(?<to>\\d+(?:\\.\\d+)?)(?!\\w))?(?: no\\. (?<fact>\\d+))?`,
    "g",
  );
  let chapter: string | undefined;
  let reached = 0;
  for (const { index, groups = {}, 0: whole } of text.matchAll(token)) {
    if (groups["name"] !== undefined) chapter = groups["name"];
    else {
      const { from, to, fact } = groups;
      found.push({
        file,
        line: text.slice(0, index).split("\n").length,
        chapter: index - reached <= REACH ? chapter : undefined,
        sections: [from, to].filter((section) => section !== undefined),
        fact: fact === undefined ? undefined : Number(fact),
      });
    }
    reached = index + whole.length;
  }
  return found;
}

/** Why a citation does not resolve; undefined where it does. */
export function troubleWith({ chapter, sections, fact }: Citation, chapters: readonly Chapter[]): string | undefined {
  if (chapter === undefined) return `§${sections.join("–")}: name the chapter before the section sign`;
  const known = chapters.find(({ name }) => name === chapter)?.sections;
  if (known === undefined) return undefined;
  for (const id of sections) {
    const section = known.find((candidate) => candidate.id === id);
    if (section === undefined) return `${chapter} §${id} is not in docs/reference/${chapter}.yaml`;
    if (fact !== undefined && section.facts[fact - 1] === undefined) return `${chapter} §${id} has no fact no. ${fact}`;
  }
  return undefined;
}
