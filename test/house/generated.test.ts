/** What is made from the code and from the facts is in the tree as it is made: `npm run generate`. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { ERROR_CODES } from "../../src/errors.ts";
import { generatedFiles } from "../../tools/generated.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const read = (path: string): string => readFileSync(`${ROOT}${path}`, "utf8");
/** Where a fact is used changes with every move of code; those lines are written and not compared. */
const withoutUses = (text: string): string => text.replaceAll(/^Used in: .*$/gm, "");

describe("generated files", () => {
  let files: ReadonlyMap<string, string>;

  beforeAll(async () => {
    files = await generatedFiles(ROOT);
  });

  it("are up to date", () => {
    const old = [...files].filter(([path, text]) => withoutUses(text) !== withoutUses(read(path)));
    expect(
      old.map(([path]) => path),
      "run npm run generate",
    ).toEqual([]);
  });

  it("hold every error code", () => {
    const text = read("docs/errors.md");
    for (const code of Object.keys(ERROR_CODES)) expect(text).toContain(`## \`${code}\``);
  });

  it("hold every chapter of the reference and the page about rules", () => {
    expect([...files.keys()]).toEqual(expect.arrayContaining(["docs/reference/order-domain.md", "docs/fidelity.md"]));
  });
});
