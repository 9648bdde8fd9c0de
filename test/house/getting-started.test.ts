/** The commands of docs/getting-started.md, one after the other in an empty folder, as a new user would type them. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINS: Readonly<Record<string, string>> = {
  "order-sync": join(ROOT, "dist/src/cli/bin.js"),
  "mock-org": join(ROOT, "dist/mock-server/bin.cjs"),
};
const page = readFileSync(join(ROOT, "docs/getting-started.md"), "utf8");
const commands = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap((block) => (block[1] ?? "").trim().split("\n"))
  .filter((line) => line.startsWith("npx "))
  .map((line) => line.slice("npx ".length));

describe.skipIf(!existsSync(BINS["order-sync"] ?? ""))(
  "getting started (skipped where npm run build has not been run)",
  () => {
    let folder: string;
    const background: ChildProcess[] = [];

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "getting-started-"));
    });
    afterAll(() => {
      for (const child of background) child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    });

    it("names the commands that a new user needs", () => {
      const names = commands.map((command) => command.split(" ").slice(0, 2).join(" "));
      expect(names).toEqual(
        expect.arrayContaining([
          "order-sync init",
          "mock-org start",
          "order-sync check",
          "order-sync plan",
          "order-sync run",
        ]),
      );
    });

    it("every command does what the page says", async () => {
      const [orgPort, pagesPort] = [await freePort(), await freePort()];
      const outputs = new Map<string, string>();
      for (const command of commands) {
        const [name = "", ...words] = command.replace(/ &$/, "").split(" ");
        const more: readonly string[] =
          words[0] === "start"
            ? ["--port", String(orgPort)]
            : words[0] === "init"
              ? ["--login-url", `http://127.0.0.1:${orgPort}`]
              : words[0] === "serve"
                ? ["--port", String(pagesPort)]
                : [];
        const args = [BINS[name] ?? "", ...words, ...more];
        if (command.endsWith(" &")) {
          outputs.set(command, await inBackground(args));
          continue;
        }
        const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
        expect(status, `${command}\n${stderr}`).toBe(0);
        outputs.set(command, `${outputs.get(command) ?? ""}${stdout}`);
      }

      expect(outputs.get("order-sync check")).toContain("fits the org and the external system");
      expect(outputs.get("order-sync plan")).toContain("64 to activate");
      expect(outputs.get("order-sync run")).toMatch(/180 documents written[\s\S]*0 documents written/);
      expect(outputs.get("order-sync journal erp:Order:A-26003")).toContain("create, lines, activate");
      expect((await fetch(`http://127.0.0.1:${pagesPort}/healthz`)).status).toBe(200);
    }, 120_000);

    /** Starts a command and waits for its first line. */
    async function inBackground(args: readonly string[]): Promise<string> {
      const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
      background.push(child);
      return await new Promise((resolve, reject) => {
        child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8")));
        child.once("exit", (code) => reject(new Error(`it ended with ${String(code)}`)));
      });
    }
  },
);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}
