/** The README's examples are files that run as tests; here they are held to the same text. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const readme = readFileSync(new URL("README.md", ROOT), "utf8");

describe("the README", () => {
  it("shows the test author's example exactly as it runs", () => {
    const example = readFileSync(new URL("test/examples/order-activation.test.ts", ROOT), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it.each([...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => [match[1] ?? ""]))(
    "links to %s, which exists",
    (path) => {
      expect(existsSync(new URL(path, ROOT))).toBe(true);
    },
  );
});
