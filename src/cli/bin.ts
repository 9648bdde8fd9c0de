#!/usr/bin/env node
/** The `order-sync` command. */
import { createInterface } from "node:readline/promises";
import { runProgram } from "./program.ts";

/** Long enough for the last lines to be written. */
const LINGER_MS = 500;

const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"] as const) {
  process.once(name, () => stop.abort(new Error(`stopped by ${name}`)));
}
// A reader that has seen enough (`order-sync journal | head`) is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});

process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stop.signal,
  ...(process.stdin.isTTY === true && process.stdout.isTTY === true ? { ask } : {}),
});

// A request to a system that does not answer must not keep a stopped process alive.
setTimeout(() => process.exit(), LINGER_MS).unref();

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await terminal.question(question)).trim();
  } finally {
    terminal.close();
  }
}
