/** Writes the table of `docs/metadata.md`: what the mock org does with each type of metadata. */
import { METADATA_TYPES, type Support } from "../mock-server/schema/metadata/support.ts";
import { table } from "./reference-pages.ts";

const WORDS: Readonly<Record<Support, string>> = {
  acts: "acts",
  loaded: "loaded",
  named: "ignored, with a warning",
  silent: "passed over",
};

const START = "<!-- types -->\n";
const END = "<!-- end of types -->";

/** The page with its table written again. Throws an `Error` where the page lacks the markers. */
export function metadataPage(page: string): string {
  const rows = METADATA_TYPES.map(({ type, endings, support, note }) => [
    type,
    endings.map((ending) => `\`.${ending}\``).join(", "),
    WORDS[support],
    note,
  ]);
  const start = page.indexOf(START);
  const end = page.indexOf(END);
  if (start < 0 || end < start) throw new Error("docs/metadata.md lacks its markers");
  const before = page.slice(0, start + START.length);
  const after = page.slice(end);
  return `${before}\n${table(["type", "files", "support", "what that means"], rows)}\n\n${after}`;
}
