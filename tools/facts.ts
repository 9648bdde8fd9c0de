/**
 * The facts about Salesforce that the code relies on: `docs/reference/*.yaml`.
 *
 * A file is a chapter of the reference. It has sections with an id such as `2.4`, and a section has facts, each with its evidence.
 * The n-th fact of section 2.4 is `2.4-n`; new facts go to the end of their section, so that ids stay.
 */
import { readdirSync, readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

/** How a fact is known, and what each mark means. The first that applies counts. */
export const MARKS = {
  doc: "Salesforce's own guides, help pages and release notes",
  live: "a public project that tried it on a real org and says so",
  fixture: "a recorded answer, describe or metadata file of a real org in a public repository",
  report: "an answer quoted in a public issue or forum",
  forum: "told in a public issue, question or blog",
  client: "what the source of a public client relies on",
  memory: "not confirmed by anything read: a default that is cheap to change",
} as const;

/** One of the marks. */
export type Mark = keyof typeof MARKS;

const Fact = z.partialRecord(z.enum(Object.keys(MARKS) as [Mark, ...Mark[]]), z.string());
const Chapter = z.strictObject({
  title: z.string(),
  about: z.string(),
  sections: z.array(
    z.strictObject({
      id: z.string().regex(/^\d+(?:\.\d+)?$/),
      title: z.string(),
      source: z.string(),
      facts: z.array(Fact).min(1),
    }),
  ),
});

/** One fact. */
export interface Fact {
  /** `2.4-3`: the third fact of section 2.4. */
  readonly id: string;
  readonly text: string;
  readonly mark: Mark;
}

/** One section. */
export interface Section {
  readonly id: string;
  readonly title: string;
  /** Where the facts can be read in public. */
  readonly source: string;
  readonly facts: readonly Fact[];
}

/** One file of facts. */
export interface Chapter {
  /** The name by which code cites it: `order-domain`. */
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly sections: readonly Section[];
}

/** Reads every chapter of a folder, in the order of their names. Throws where a file does not have the form above. */
export function readChapters(folder: string): readonly Chapter[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".yaml"))
    .sort()
    .map((file) => {
      const { sections, ...chapter } = Chapter.parse(parse(readFileSync(`${folder}/${file}`, "utf8")));
      return { name: file.slice(0, -".yaml".length), ...chapter, sections: sections.map(sectionOf) };
    });
}

function sectionOf({ facts, ...section }: z.infer<typeof Chapter>["sections"][number]): Section {
  return {
    ...section,
    facts: facts.map((fact, at) => {
      const [[mark, text] = [], ...more] = Object.entries(fact);
      if (mark === undefined || text === undefined || more.length > 0)
        throw new Error(`fact ${at + 1} of §${section.id} needs one mark and a text`);
      // The schema allows only marks as keys.
      return { id: `${section.id}-${at + 1}`, text, mark: mark as Mark };
    }),
  };
}
