#!/usr/bin/env node
/** The `mock-org` command. The build bundles it as `bin.cjs`. */
import "./cli/lazy-web.ts";
import { runCli } from "./cli/run-cli.ts";

void runCli(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  untilStopped: () =>
    new Promise((resolve) => {
      for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
    }),
}).then((code) => {
  process.exitCode = code;
});
