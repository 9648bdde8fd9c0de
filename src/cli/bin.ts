#!/usr/bin/env node
/** The `order-sync` command. */
import { runProgram } from "./program.ts";

process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
});
