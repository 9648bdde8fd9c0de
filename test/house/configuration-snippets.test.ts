/** Every piece of configuration in the documents is one that can be loaded, inside the example that a newcomer starts from. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../src/config/load.ts";

const ROOT = new URL("../..", import.meta.url).pathname;
const PAGES = ["README.md", ...readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"))];

type Tree = Readonly<Record<string, unknown>>;
const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);

/** The pieces in fences of YAML, with the page and line where they stand. */
const SNIPPETS = PAGES.flatMap((page) => {
  const text = readFileSync(join(ROOT, page === "README.md" ? page : join("docs", page)), "utf8");
  return [...text.matchAll(/^```ya?ml\n([\s\S]*?)^```$/gm)].map((found) => {
    const line = text.slice(0, found.index).split("\n").length;
    return [`${page}:${line}`, found[1] ?? ""] as const;
  });
});

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-snippets-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

it("there are some", () => {
  expect(SNIPPETS.length).toBeGreaterThan(0);
});

it.each(SNIPPETS)("%s is right inside the example", async (_, snippet) => {
  const example: unknown = parse(readFileSync(join(ROOT, "examples/order-sync/order-sync.yaml"), "utf8"));
  const file = join(folder, "order-sync.json");
  writeFileSync(file, JSON.stringify(merged(example, parse(snippet))));

  await expect(loadConfig(file, { SF_CLIENT_ID: "app", SF_CLIENT_SECRET: "secret" })).resolves.toBeDefined();
});

it("a piece with a setting that does not exist is found", async () => {
  const file = join(folder, "wrong.json");
  const example: unknown = parse(readFileSync(join(ROOT, "examples/order-sync/order-sync.yaml"), "utf8"));
  writeFileSync(file, JSON.stringify(merged(example, { limits: { deleteShares: 1 } })));

  await expect(loadConfig(file, { SF_CLIENT_ID: "app", SF_CLIENT_SECRET: "secret" })).rejects.toThrow("deleteShares");
});

function merged(whole: unknown, part: unknown): unknown {
  if (!isTree(whole) || !isTree(part)) return part;
  const names = new Set([...Object.keys(whole), ...Object.keys(part)]);
  return Object.fromEntries(
    [...names].map((name) => [name, name in part ? merged(whole[name], part[name]) : whole[name]]),
  );
}
