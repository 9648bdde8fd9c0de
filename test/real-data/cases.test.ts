/** The cases that somebody else wrote: each is a program that runs against the built project and ends with 0 where it is right. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { realData } from "./folder.ts";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = fileURLToPath(realData("cases/sync"));
const names = readdirSync(FOLDER).filter((file) => file.endsWith(".mjs") && file !== "kit.mjs");
const CASE_MS = 120_000;

it.each(names)("%s", { timeout: CASE_MS }, async (name) => {
  const child = spawn(process.execPath, [`${FOLDER}/${name}`], { env: { ...process.env, APP: PROJECT } });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (bytes: Buffer) => {
      said += bytes.toString();
    });
  const [code] = await once(child, "close");
  expect(code, said).toBe(0);
});
