/** Pages that repeat what the code says are held to it: the README, whose example is a file that runs, and the rules. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load.ts";

const ROOT = new URL("../../", import.meta.url);
const readme = readFileSync(new URL("README.md", ROOT), "utf8");

describe("the README", () => {
  it("shows the test author's example exactly as it runs", () => {
    const example = readFileSync(new URL("examples/mock-org/order-activation.test.ts", ROOT), "utf8");
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``);
  });

  it.each([...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => [match[1] ?? ""]))(
    "links to %s, which exists",
    (path) => {
      expect(existsSync(new URL(path, ROOT))).toBe(true);
    },
  );
});

describe("the example configuration", () => {
  it("is one that the connector takes", async () => {
    const path = fileURLToPath(new URL("examples/order-sync/order-sync.yaml", ROOT));
    const loaded = await loadConfig(path, { SF_CLIENT_ID: "id", SF_CLIENT_SECRET: "secret" });
    expect(loaded.mapping.objects.map((object) => object.object)).toEqual([
      "Account",
      "Product2",
      "PricebookEntry",
      "Order",
    ]);
  });
});
