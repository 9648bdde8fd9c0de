/** The command line: names, options and help texts. What a command does stands in `commands/`. */
import { Command, CommanderError } from "commander";
import { SyncError } from "../errors.ts";
import { runCommand } from "./commands/run.ts";
import { EXIT, type ExitCode, type Surroundings } from "./surroundings.ts";

/**
 * Runs one command and gives its exit code. Never throws: a failure is one clear message on standard error, without a
 * stack trace unless `ORDER_SYNC_DEBUG` is set.
 */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = new Command("order-sync")
    .description("Keeps Salesforce orders, accounts and contracts the same as in an external system, both ways.")
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .exitOverride();
  program
    .command("run")
    .description("run one round over all mapped objects")
    .option("-c, --config <file>", "configuration file (default: order-sync.yaml, .json or .mjs here)")
    .option("--once", "run one round and end (the default)")
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .option("--json", "print the report as one JSON object")
    .action(async (options: { config?: string; allowDeletes?: true; json?: true }) => {
      exit = await runCommand(options, surroundings);
    });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    return tell(error, surroundings);
  }
}

function tell(error: unknown, { environment, stderr }: Surroundings): ExitCode {
  // Commander has already printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof SyncError) {
    stderr.write(`${error.code}: ${error.message}\n`);
  } else {
    stderr.write(`Unexpected failure: ${error instanceof Error ? error.message : String(error)}\n`);
  }
  if (environment["ORDER_SYNC_DEBUG"] !== undefined && error instanceof Error) stderr.write(`${error.stack ?? ""}\n`);
  return error instanceof SyncError ? error.exitCode : EXIT.failed;
}
