/**
 * The command line: names, options and help texts. What a command does is in `commands/`, and is loaded when it is
 * called: help and completion answer without the weight of the clients of both systems.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { ERROR_CODES, SyncError } from "../errors.ts";
import { completionCommand } from "./commands/completion.ts";
import type { InitOptions } from "./commands/init.ts";
import type { ServeOptions } from "./commands/serve.ts";
import type { WorkerOptions } from "./commands/worker.ts";
import { EXIT, type ExitCode, type Surroundings } from "./surroundings.ts";

const VERSION = "0.1.0";

const EXIT_CODES = `
Exit codes: 0 done, 1 done but some records are not synced, 2 usage or configuration, 3 could not run.`;

/**
 * Runs one command and gives its exit code. Never throws: a failure is one clear message on standard error, without a
 * stack trace unless `ORDER_SYNC_DEBUG` is set.
 */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const program = orderSync(surroundings, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync([...args], { from: "user" });
    return exit;
  } catch (error) {
    return tell(error, surroundings);
  }
}

/** The program with all its commands, for running, completion and the generated documentation. */
export function orderSync(surroundings: Surroundings, done: (exit: ExitCode) => void): Command {
  const program = new Command("order-sync")
    .description("Keeps Salesforce orders, accounts and contracts the same as in an external system, both ways.")
    .version(VERSION, "-V, --version")
    .showHelpAfterError("(order-sync --help lists the commands)")
    .configureOutput({
      writeOut: (text) => surroundings.stdout.write(text),
      writeErr: (text) => surroundings.stderr.write(text),
    })
    .addHelpText("after", EXIT_CODES)
    .exitOverride();
  const kit = kitOf(program, surroundings, done);
  for (const add of [addSetUp, addRuns, addHistory, addConflicts, addDeadLetters, addUpkeep]) add(kit);
  program
    .command("completion")
    .description("print a completion script for the shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("after", "\nExamples:\n  $ source <(order-sync completion bash)")
    .action((shell: string) => done(completionCommand(shell, program, surroundings)));
  requireValues(program);
  return program;
}

type Act<Options, Arguments extends readonly unknown[] = []> = (
  ...all: [...Arguments, Options & { readonly config?: string; readonly json?: true }]
) => Promise<ExitCode> | ExitCode;

/** What a group of commands is made with. */
interface Kit {
  readonly program: Command;
  readonly out: Surroundings;
  /** A command with the options that all have; below `parent` where one is given. */
  readonly command: (name: string, description: string, examples: readonly string[], parent?: Command) => Command;
  /** The action of a command: its exit code becomes that of the program. */
  readonly act: <Options, Arguments extends readonly unknown[] = []>(
    work: Act<Options, Arguments>,
  ) => (...all: [...Arguments, Options & { readonly config?: string; readonly json?: true }, Command]) => Promise<void>;
}

function kitOf(program: Command, out: Surroundings, done: (exit: ExitCode) => void): Kit {
  const command = (name: string, description: string, examples: readonly string[], parent = program): Command => {
    const shown = examples.map((example) => `  $ order-sync ${example}`).join("\n");
    return parent
      .command(name)
      .description(description)
      .option("-c, --config <file>", "configuration file (default: order-sync.yaml, .json or .mjs here)")
      .addOption(new Option("--json", "print JSON for scripts"))
      .addHelpText("after", `\nExamples:\n${shown}`);
  };
  return {
    program,
    out,
    command,
    act:
      <Options, Arguments extends readonly unknown[] = []>(work: Act<Options, Arguments>) =>
      async (...all: [...Arguments, Options & { readonly config?: string; readonly json?: true }, Command]) => {
        // Commander hands over what the option strings say; these types repeat them.
        const given = all.slice(0, -1) as unknown as Parameters<Act<Options, Arguments>>;
        done(await work(...given));
      },
  };
}

/** Making a configuration and looking whether it fits. */
function addSetUp({ command, act, out }: Kit): void {
  command("init", "write a commented configuration and the Salesforce metadata that the mapping needs", [
    "init",
    "init --login-url http://127.0.0.1:4880 --external-url file:erp.db --install-change-log",
    "init --metadata-dir force-app/main/default   # again after the mapping changed",
  ])
    .option("--login-url <url>", "the org's login address")
    .addOption(
      new Option("--auth <kind>", "how to sign in").choices([
        "password",
        "jwt",
        "clientCredentials",
        "refreshToken",
        "accessToken",
        "cli",
      ]),
    )
    .option("--external-url <url>", "file:path of an SQLite file, or postgres://user@host/database")
    .option(
      "--external-host <host>",
      "a PostgreSQL server in parts, in place of --external-url; its password comes from EXTERNAL_PASSWORD",
    )
    .option("--external-port <port>", "its port (default: 5432)")
    .option("--external-database <name>", "the database on it")
    .option("--external-user <name>", "the user who signs in")
    .option("--sample-erp <file>", "make a sample ERP in this new SQLite file and use it")
    .option("--name <name>", "short name of the external system, which starts every key", "erp")
    .option("--metadata-dir <folder>", "where the Salesforce metadata goes", "salesforce-metadata")
    .option("--install-change-log", "add the change log's table and triggers to the external database")
    .addOption(
      new Option("--remove-change-log", "take that table and those triggers away again, and do nothing else").conflicts(
        ["installChangeLog", "sampleErp", "force"],
      ),
    )
    .addOption(
      new Option(
        "--print-sql",
        "print what the owner of the database has to run, with the rights, and do nothing else",
      ).conflicts(["installChangeLog", "removeChangeLog", "sampleErp", "force"]),
    )
    .option(
      "--role <name>",
      "with --print-sql: the PostgreSQL role that gets the rights; default: the one that connects",
    )
    .option("--force", "overwrite a configuration that is there")
    .action(act<InitOptions>(async (options) => (await import("./commands/init.ts")).initCommand(options, out)));
  command("check", "compare the configuration with the org and the external system, and list every problem", [
    "check",
    "check --json",
  ]).action(act<object>(async (options) => (await import("./commands/check.ts")).checkCommand(options, out)));
}

/** Planning and running, once or on a schedule. */
function addRuns({ command, act, out }: Kit): void {
  command("plan", "show what a run would do, field by field; writes nothing", [
    "plan",
    "plan --out plan.json && order-sync apply plan.json",
  ])
    .option("--out <file>", "save the plan for order-sync apply")
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .action(
      act<{ out?: string; allowDeletes?: true }>(async (options) =>
        (await import("./commands/plan.ts")).planCommand(options, out),
      ),
    );
  command("apply", "do what a saved plan says; refuses when something has moved since", ["apply plan.json"])
    .argument("<plan>", "file that order-sync plan --out wrote")
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .action(
      act<{ allowDeletes?: true }, [string]>(async (file, options) =>
        (await import("./commands/apply.ts")).applyCommand(file, options, out),
      ),
    );
  command("run", "run one round over all mapped objects", ["run", "run --config erp.yaml --json"])
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .action(
      act<{ allowDeletes?: true }>(async (options) => (await import("./commands/run.ts")).runCommand(options, out)),
    );
  command("serve", "run on a schedule until stopped, with web pages and metrics", ["serve", "serve --port 4890"])
    .option("--port <number>", "port of the web pages; 0 takes a free one", port)
    .option("--host <address>", "address of the web pages")
    .option("--no-run-at-start", "wait for the schedule instead of running at once")
    .action(act<ServeOptions>(async (options) => (await import("./commands/serve.ts")).serveCommand(options, out)));
  command("worker", "share the work with other workers through the state in PostgreSQL, until stopped", [
    "worker",
    "worker --metrics-port 9464 --metrics-host 0.0.0.0",
  ])
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .option("--metrics-port <number>", "answer /metrics, /healthz and /readyz on this port; 0 takes a free one", port)
    .option("--metrics-host <address>", "address of that port", "127.0.0.1")
    .action(act<WorkerOptions>(async (options) => (await import("./commands/worker.ts")).workerCommand(options, out)));
}

/** What is and what was. */
function addHistory({ command, act, out }: Kit): void {
  command("status", "show the present state per object and the last runs", ["status", "status --json"]).action(
    act<object>(async (options) => (await import("./commands/history.ts")).statusCommand(options, out)),
  );
  command("report", "show the last run, or the run with this id, and what is not synced", ["report", "report 3f2a"])
    .argument("[run]", "the run's id or its beginning")
    .action(
      act<object, [string | undefined]>(async (run, options) =>
        (await import("./commands/history.ts")).reportCommand(run, options, out),
      ),
    );
  command("journal", "show what happened to a record, when and why", [
    "journal erp:Order:A-26003",
    "journal --since 2026-03-01T00:00:00Z --json",
  ])
    .argument("[key]", "business key")
    .option("--object <name>", "only this sObject")
    .option("--run <id>", "only this run")
    .option("--since <time>", "only from this time on")
    .option("--limit <number>", "maximum number of entries (default: 100)")
    .action(
      act<object, [string | undefined]>(async (key, options) =>
        (await import("./commands/history.ts")).journalCommand(key, options, out),
      ),
    );
}

/** What waits for a person. */
function addConflicts({ command, act, out, program }: Kit): void {
  const conflicts = program.command("conflicts").description("fields that changed on both sides and wait for a person");
  command("list", "list open conflicts", ["conflicts list"], conflicts)
    .option("--all", "settled ones too")
    .action(
      act<{ all?: true }>(async (options) => (await import("./commands/resolve.ts")).listConflicts(options, out)),
    );
  command("show", "show one conflict with its values", ["conflicts show 9c1e"], conflicts)
    .argument("<id>", "the conflict's id or its beginning")
    .action(
      act<object, [string]>(async (id, options) =>
        (await import("./commands/resolve.ts")).showConflict(id, options, out),
      ),
    );
  command(
    "resolve",
    "say which side is right; the next run carries it out",
    ["conflicts resolve 9c1e --winner external"],
    conflicts,
  )
    .argument("<id>", "the conflict's id or its beginning")
    .requiredOption("--winner <side>", "salesforce or external")
    .action(
      act<{ winner: string }, [string]>(async (id, options) =>
        (await import("./commands/resolve.ts")).resolveConflict(id, options, out),
      ),
    );
}

/** What one side rejects as it is. */
function addDeadLetters({ command, act, out, program }: Kit): void {
  const deadLetters = program.command("dead-letters").description("documents that one side refuses as they are");
  command("list", "list refused documents with their reasons", ["dead-letters list --object Order"], deadLetters)
    .option("--object <name>", "only this sObject")
    .action(
      act<{ object?: string }>(async (options) =>
        (await import("./commands/resolve.ts")).listDeadLetters(options, out),
      ),
    );
  command("show", "show one refused or waiting document", ["dead-letters show erp:Order:A-26003"], deadLetters)
    .argument("<key>", "business key")
    .option("--object <name>", "the sObject, where two share a key")
    .action(
      act<{ object?: string }, [string]>(async (key, options) =>
        (await import("./commands/resolve.ts")).showDeadLetter(key, options, out),
      ),
    );
  command(
    "retry",
    "try refused documents again in the next run",
    ["dead-letters retry erp:Order:A-26003", "dead-letters retry --all"],
    deadLetters,
  )
    .argument("[keys...]", "business keys")
    .option("--all", "all of them")
    .option("--object <name>", "only this sObject")
    .action(
      act<{ all?: true; object?: string }, [string[]]>(async (keys, options) =>
        (await import("./commands/resolve.ts")).settleDeadLetters("retry", keys, options, out),
      ),
    );
  command(
    "discard",
    "forget refused or waiting documents until they change again",
    ["dead-letters discard erp:Order:A-26003"],
    deadLetters,
  )
    .argument("[keys...]", "business keys")
    .option("--all", "all of them")
    .option("--object <name>", "only this sObject")
    .action(
      act<{ all?: true; object?: string }, [string[]]>(async (keys, options) =>
        (await import("./commands/resolve.ts")).settleDeadLetters("discard", keys, options, out),
      ),
    );
}

/** Looking after links and state. */
function addUpkeep({ command, act, out }: Kit): void {
  command("adopt", "say which Salesforce record a key stands for; the next run ties them", [
    "adopt erp:Account:0042 001gK000004TcXQQA0",
    "adopt erp:Account:0042 --create   # none of the records that match: make a new one",
  ])
    .argument("<key>", "business key")
    .argument("[record]", "Id of the Salesforce record")
    .option("--create", "make a new record, whatever matches")
    .action(
      act<{ create?: true }, [string, string | undefined]>(async (key, record, options) =>
        (await import("./commands/adopt.ts")).adoptCommand({ key, record }, options, out),
      ),
    );

  command("sweep", "compare every record on both sides, not only what changed", ["sweep"])
    .option("--allow-deletes", "do not stop when many records would be deleted")
    .action(
      act<{ allowDeletes?: true }>(async (options) =>
        (await import("./commands/upkeep.ts")).sweepCommand(options, out),
      ),
    );
  command("migrate", "make the state's tables, or bring them up to date", ["migrate"]).action(
    act<object>(async (options) => (await import("./commands/upkeep.ts")).migrateCommand(options, out)),
  );
  command("prune", "remove history that is older than state.retention keeps it; runs do so in small steps", [
    "prune",
  ]).action(act<object>(async (options) => (await import("./commands/upkeep.ts")).pruneCommand(options, out)));
  command("reset", "forget everything that the state holds", ["reset", "reset --yes"])
    .option("--yes", "do not ask")
    .action(act<{ yes?: true }>(async (options) => (await import("./commands/upkeep.ts")).resetCommand(options, out)));
}

/** Commander takes whatever follows an option for its value, the next option too. */
function requireValues(command: Command): void {
  for (const option of command.options) {
    const { parseArg: parse } = option;
    if (!option.required || option.variadic) continue;
    option.argParser((value: string, previous: unknown) => {
      if (/^--./.test(value)) throw new InvalidArgumentError("It is the next option: the value is missing.");
      return parse === undefined ? value : parse(value, previous);
    });
  }
  for (const child of command.commands) requireValues(child);
}

function port(text: string): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 0 && number <= 65_535) return number;
  throw new InvalidArgumentError("must be a whole number from 0 to 65535.");
}

/** Salesforce's own words say what is wrong and rarely what to do. */
function wayOut({ code }: SyncError): string {
  return code.startsWith("SALESFORCE_") ? `  ${ERROR_CODES[code].remedy}\n` : "";
}

function tell(error: unknown, { environment, stderr, signal }: Surroundings): ExitCode {
  // Commander has already printed its own message.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const debug = environment["ORDER_SYNC_DEBUG"] ?? "";
  if (error instanceof SyncError) {
    stderr.write(`${error.code}: ${error.message}\n${wayOut(error)}`);
  } else if (signal?.aborted === true && error === signal.reason) {
    stderr.write("Stopped between two pages; the next run goes on from here.\n");
  } else {
    const message = error instanceof Error ? error.message : String(error);
    stderr.write(
      `Unexpected failure: ${message}. This is a defect; with ORDER_SYNC_DEBUG=1 the command prints where.\n`,
    );
  }
  if (debug !== "" && error instanceof Error) stderr.write(`${error.stack ?? ""}\n`);
  return error instanceof SyncError ? error.exitCode : EXIT.failed;
}
