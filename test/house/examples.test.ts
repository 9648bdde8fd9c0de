/** Examples in the documents are files that run, and shell lines that run against a mock org. */
import { execFile, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { createMockOrg } from "../../mock-server/index.ts";

const run = promisify(execFile);
const ROOT = new URL("../../", import.meta.url);
/** A machine without Python has nothing to try it with. */
const WITHOUT_PYTHON = spawnSync("python3", ["--version"]).status !== 0;
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const PAGES = ["docs/testing.md", "docs/mock-org.md"];

const examples = PAGES.flatMap((page) =>
  [...read(page).matchAll(/<!-- (examples\/mock-org\/[\w.-]+) -->\n```\w+\n([\s\S]*?)```/g)].map(
    (match): [page: string, file: string, shown: string] => [page, match[1] ?? "", match[2] ?? ""],
  ),
);

describe("an example of the documents", () => {
  it("stands there often enough to be worth this test", () => {
    expect(examples.length).toBeGreaterThanOrEqual(6);
  });

  it.each(examples)("%s shows %s as it runs", (_page, file, shown) => {
    expect(shown).toBe(read(file));
  });

  it.concurrent("runs under node:test", async () => {
    const { stdout } = await run(process.execPath, ["--test", "examples/mock-org/node-test.mjs"], { cwd: ROOT });
    expect(stdout).toMatch(/pass 1\n/);
  });

  it.concurrent("runs under Jest", async () => {
    const jest = [
      "--experimental-vm-modules",
      "node_modules/jest/bin/jest.js",
      "--config",
      "examples/mock-org/jest.config.json",
    ];
    const { stderr } = await run(process.execPath, [...jest, "--runInBand"], { cwd: ROOT });
    expect(stderr).toMatch(/Tests: +2 passed, 2 total/);
  });

  it.skipIf(WITHOUT_PYTHON)("runs under Python, where there is one", async () => {
    await using org = await createMockOrg({ seed: "demo" });
    const { url } = await org.listen();
    const env = { ...process.env, URL: url };
    const { stdout } = await run("python3", ["examples/mock-org/client.py"], { cwd: ROOT, env });
    expect(stdout).toBe("400 DELETE_FAILED\n");
    expect(org.records("Order").where({ PoNumber: "PO-4711", Status: "Activated" })).toHaveLength(1);
  });

  it.each([...read("docs/mock-org.md").matchAll(/```sh curl\n([\s\S]*?)```/g)].map((match) => [match[1] ?? ""]))(
    "in the shell is answered: %s",
    async (script) => {
      await using org = await createMockOrg({ seed: "demo" });
      const { url } = await org.listen();
      const { stdout } = await run("bash", ["-euc", script], { env: { ...process.env, URL: url } });
      expect(stdout).not.toMatch(/errorCode|"error"/);
      expect(stdout).toMatch(/"totalSize":\d{2}|"unsupported":\[\]/);
    },
  );

  it.each(
    PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) => [page, match[1] ?? ""]),
    ),
  )("%s links to %s, which exists", (_page, path) => {
    expect(existsSync(new URL(path, new URL("docs/", ROOT)))).toBe(true);
  });
});
