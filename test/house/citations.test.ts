/** Every section that code, documents and tests cite is in the reference, and every guess of the code does. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { citationsIn, troubleWith } from "../../tools/citations.ts";
import { readChapters } from "../../tools/facts.ts";
import { allCitations, FACTS, sourceFiles } from "../../tools/generated.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const chapters = readChapters(`${ROOT}${FACTS}`);
const names = chapters.map(({ name }) => name);
const troubles = (text: string) => citationsIn("x.ts", text, names).map((citation) => troubleWith(citation, chapters));

describe("citations of the reference", () => {
  it("all lead to a section", () => {
    const lost = allCitations(ROOT, chapters).flatMap((citation) => {
      const trouble = troubleWith(citation, chapters);
      return trouble === undefined ? [] : [`${citation.file}:${citation.line} ${trouble}`];
    });
    expect(lost).toEqual([]);
  });

  it("stand beside every guess of the code", () => {
    const bare = sourceFiles(ROOT)
      .filter((file) => /^(?:src|mock-server|fixtures)\//.test(file))
      .flatMap((file) => bareGuesses(file, readFileSync(`${ROOT}${file}`, "utf8")));
    expect(bare, "write the fact into docs/reference/*.yaml and cite its section beside the mark").toEqual([]);
  });

  it.each([
    ["order-domain §99", "order-domain §99 is not in docs/reference/order-domain.yaml"],
    ["order-domain §12 no. 99", "order-domain §12 has no fact no. 99"],
    ["as said in §2.4", "§2.4: name the chapter before the section sign"],
    ["rest-api §3.1–3.99", "rest-api §3.99 is not in docs/reference/rest-api.yaml"],
  ])("are found out where they lead nowhere: %s", (text, trouble) => {
    expect(troubles(text)).toEqual([trouble]);
  });

  it("reach over the end of a line and from one section to the next", () => {
    expect(citationsIn("x.ts", " * order-domain\n * §2.9, §3.3 and §12 no. 2", names)).toMatchObject([
      { chapter: "order-domain", sections: ["2.9"], line: 2 },
      { chapter: "order-domain", sections: ["3.3"] },
      { chapter: "order-domain", sections: ["12"], fact: 2 },
    ]);
  });

  it("leave public documents to themselves", () => {
    expect(troubles("RFC 6749 §5.1")).toEqual([undefined]);
  });
});

/** Lines with a guess mark that have no section sign within two lines. */
function bareGuesses(file: string, text: string): readonly string[] {
  const lines = text.split("\n");
  return lines.flatMap((line, at) => {
    if (!/\[memory[\]:;]/.test(line)) return [];
    return /§/.test(lines.slice(Math.max(0, at - 2), at + 3).join("\n")) ? [] : [`${file}:${at + 1} ${line.trim()}`];
  });
}
