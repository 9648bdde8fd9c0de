/** The built mock-org command as a process of its own, for tests and measurements that reach it over HTTP. */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { keyFieldMetadata } from "../../src/config/metadata.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";

const BIN = fileURLToPath(new URL("../../dist/mock-server/bin.cjs", import.meta.url));
const START_MS_MAX = 15_000;

/** Where the org is, and how to get in. */
export interface OrgProcess {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly accessToken: string;
  stop(): Promise<void>;
}

/** Starts an org with the metadata in this folder, on a port of its own. */
export async function startOrgProcess(sourceDir: string, ...more: readonly string[]): Promise<OrgProcess> {
  const args = [BIN, "start", "--port", "0", "--source-dir", sourceDir, "--json", ...more];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the mock org did not start")), START_MS_MAX);
    createInterface({ input: child.stdout }).once("line", (text) => {
      clearTimeout(timer);
      resolve(text);
    });
    child.once("exit", (code) => reject(new Error(`the mock org ended with ${String(code)}`)));
  });
  return {
    // The shape of the ready line is documented.
    ...(JSON.parse(line) as Omit<OrgProcess, "stop">),
    stop: async () => {
      const gone = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await gone;
    },
  };
}

/** Writes the key fields of a mapping as metadata below this folder; returns the folder that an org is started with. */
export function writeKeyFields(folder: string, mapping: Mapping): string {
  const sourceDir = join(folder, "sfdx");
  for (const file of keyFieldMetadata(mapping)) {
    const path = join(sourceDir, file.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, file.text);
  }
  return sourceDir;
}
