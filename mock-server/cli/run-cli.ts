/**
 * `mock-org start`: a mock org on a port, with one line that says where.
 *
 * Exit codes: 0 stopped, 2 usage or configuration, 3 could not run. Arguments are read by Node's own parser: the first
 * answer shall come within twice the start of bare Node.
 */
import { parseArgs } from "node:util";
import { DEFAULT_APP } from "../auth/login.ts";
import { DEFAULT_PASSWORD } from "../auth/passwords.ts";
import type { Fault } from "../faults/fault.ts";
import { createMockOrg, type MockOrg } from "../mock-org/mock-org.ts";
import type { MockOrgOptions } from "../mock-org/options.ts";
import { ADMIN_USER } from "../org/standard-records.ts";
import { kindsOf, type MetadataProblem } from "../schema/metadata/problem.ts";
import { RECORD_COUNTER_MAX, recordIdOf, to15 } from "../schema/record-id.ts";
import type { Currencies } from "../setup/multicurrency.ts";
import { didYouMean } from "../setup/nearest.ts";
import type { CliHost } from "./commands.ts";

const USAGE = `Usage: mock-org start [options]
       mock-org export --out <folder> [--url http://127.0.0.1:4880] [--format tree|csv]
       mock-org import --from <org alias or URL> --out <folder> [--records 50] [--object X__c] [--anonymize]
       mock-org inspect <source-dir>... [--json]
       mock-org conformance [--url <endpoint> --token <token>] [--api-version 62.0] [--json]

Options of start:

  --port <number>        port to listen on, 0 for a free one (default 4880)
  --host <address>       address to listen on (default 127.0.0.1)
  --seed <what>          empty, demo, volume:<orders>, a plan file of sf data export tree, or CSV files (default empty)
  --source-dir <folder>  Salesforce metadata to configure the org with; may be repeated
  --strict               refuse to start where a part of that metadata cannot be used (default: leave it out)
  --user <user>          a user beside the administrator: name@x.org[:Profile[:Set,Set]]; may be repeated
  --persist <file>       load the org from this file and save it there
  --org-id <id>          Id of the org (default: the one in the --persist file, else a new one for each start)
  --now <instant>        stop the org's clock at this ISO instant (default: real time)
  --fault <json>         arm a fault, for example '{"act":"lost-reply","path":"/composite/*"}'; may be repeated
  --multicurrency <list> several currencies with their rates, the corporate one first: EUR,USD:1.08
  --api-version <number> newest API version, for example 67
  --daily-calls <number> API calls that 24 hours allow
  --json                 print one JSON object instead of the ready line
  --help                 print this text
`;

const OPTIONS = {
  port: { type: "string", default: "4880" },
  host: { type: "string", default: "127.0.0.1" },
  seed: { type: "string", default: "empty" },
  "source-dir": { type: "string", multiple: true, default: [] as string[] },
  strict: { type: "boolean", default: false },
  user: { type: "string", multiple: true, default: [] as string[] },
  persist: { type: "string" },
  "org-id": { type: "string" },
  now: { type: "string" },
  fault: { type: "string", multiple: true, default: [] as string[] },
  multicurrency: { type: "string" },
  "api-version": { type: "string" },
  "daily-calls": { type: "string" },
  json: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** Wrong usage or configuration: one sentence that names the thing and the way out. */
class UsageError extends Error {}

interface StartCommand {
  readonly port: number;
  readonly host: string;
  readonly json: boolean;
  readonly options: MockOrgOptions;
  /** Faults as JSON. */
  readonly faults: readonly string[];
  /** Several currencies with their rates, as they stand on the command line. */
  readonly currencies: string | undefined;
  /** The org that the user asked for. */
  readonly orgId: string | undefined;
}

/** Runs the command with its arguments (without node and script) and returns the exit code. */
export async function runCli(args: readonly string[], host: CliHost): Promise<number> {
  let org: MockOrg | undefined;
  try {
    const [name = "", ...rest] = args;
    if (name in COMMANDS_OF) return await runCommand(name, rest, host);
    const command = readCommand(args);
    if (command === "help") {
      host.out(USAGE);
      return 0;
    }
    org = await createOrg(command);
    requireOrg(org, command);
    for (const fault of command.faults) addFault(org, fault);
    for (const remark of remarkLines(org.remarks)) host.error(`mock-org: ${remark}\n`);
    const listening = await listen(org, command);
    if (org.remarks.length > 0) host.error(`mock-org: all of it is listed at ${listening.url}/_mock/metadata\n`);
    host.out(command.json ? `${JSON.stringify(describe(org, listening))}\n` : readyLine(org, listening.url));
    await host.untilStopped();
    return 0;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    host.error(`mock-org: ${message}\n`);
    return error instanceof UsageError ? 2 : 3;
  } finally {
    await org?.close();
  }
}

/** The commands beside `start`, whose code is loaded when one of them is called. */
const COMMANDS_OF: Readonly<Record<string, true>> = { export: true, import: true, conformance: true, inspect: true };

async function runCommand(name: string, args: readonly string[], host: CliHost): Promise<number> {
  const { CommandUsageError, COMMANDS } = await import("./commands.ts");
  try {
    return (await COMMANDS[name]?.(args, host)) ?? 2;
  } catch (error) {
    if (error instanceof CommandUsageError) throw new UsageError(error.message);
    throw error;
  }
}

/** Reads a fault of the command line; the org's own list says what is wrong with it. */
function addFault(org: MockOrg, text: string): void {
  try {
    // The list of faults checks what it gets.
    org.faults.add(JSON.parse(text) as Fault);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--fault ${text}: ${reason}`);
  }
}

function readCommand(args: readonly string[]): StartCommand | "help" {
  const { values, positionals } = parse(args);
  if (values.help || positionals[0] === "help") return "help";
  const [name, ...surplus] = positionals;
  if (name !== "start")
    throw new UsageError(
      `${name === undefined ? "a command is missing" : `unknown command ${name}${didYouMean(name, ["start", ...Object.keys(COMMANDS_OF)])}`}; try mock-org start, or mock-org --help`,
    );
  if (surplus.length > 0) throw new UsageError(`unexpected argument ${surplus.join(" ")}; try mock-org --help`);
  const now = values.now;
  if (now !== undefined && Number.isNaN(Date.parse(now))) {
    throw new UsageError(`--now ${now} is no ISO instant; write for example 2026-03-01T08:00:00Z`);
  }
  const newestVersion = whole("api-version", values["api-version"], 31, 99);
  const dailyCalls = whole("daily-calls", values["daily-calls"], 0, Number.MAX_SAFE_INTEGER);
  return {
    port: whole("port", values.port, 0, 65_535) ?? 4880,
    host: values.host,
    json: values.json,
    faults: values.fault,
    currencies: values.multicurrency,
    orgId: values["org-id"],
    options: {
      seed: values.seed,
      sourceDirs: values["source-dir"],
      strict: values.strict,
      ...(values.user.length > 0 && { users: values.user.map(userOf) }),
      orgId: values["org-id"] ?? newOrgId(),
      ...(values.persist === undefined ? {} : { persist: values.persist }),
      ...(now === undefined ? {} : { now }),
      ...(newestVersion === undefined ? {} : { newestVersion }),
      ...(dailyCalls === undefined ? {} : { limits: { DailyApiRequests: dailyCalls } }),
    },
  };
}

/**
 * Another one for each start: an org that lost its records must not look like the one that a client knows. Record Ids
 * begin again, so what the client remembers of the old org would mean other records here.
 */
function newOrgId(): string {
  return recordIdOf("00D", Math.floor(Math.random() * RECORD_COUNTER_MAX));
}

/** `name@x.org:Standard User:SetA,SetB`: username, profile, and permission sets or groups. */
function userOf(text: string): NonNullable<MockOrgOptions["users"]>[number] {
  const [username = "", profile = "", sets = ""] = text.split(":");
  if (!username.includes("@")) throw new UsageError(`--user ${text}: a username looks like a mail address`);
  const permissionSets = sets.split(",").filter((name) => name !== "");
  return { username, ...(profile !== "" && { profile }), ...(permissionSets.length > 0 && { permissionSets }) };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const option = /^Unknown option '--([\w-]+)'/.exec(message)?.[1];
    const meant = option === undefined ? "" : didYouMean(option, Object.keys(OPTIONS)).replace("mean ", "mean --");
    throw new UsageError(`${message.split(". ")[0] ?? message}${meant}; try mock-org --help`);
  }
}

function whole(name: string, text: string | undefined, least: number, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`--${name} ${text} is no whole number from ${least} to ${most}`);
}

async function currenciesOf(text: string): Promise<Currencies> {
  const { readCurrencies } = await import("../setup/multicurrency.ts");
  try {
    return readCurrencies(text);
  } catch (error) {
    throw new UsageError(`--multicurrency: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function createOrg({ options, currencies }: StartCommand): Promise<MockOrg> {
  const multicurrency = currencies === undefined ? undefined : await currenciesOf(currencies);
  try {
    return await createMockOrg(multicurrency === undefined ? options : { ...options, multicurrency });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** A snapshot file says which org it holds. */
function requireOrg({ org }: MockOrg, { orgId, options }: StartCommand): void {
  if (orgId === undefined || to15(orgId) === to15(org.id)) return;
  throw new UsageError(`--org-id ${orgId}: ${options.persist} holds the org ${org.id}; leave out one of the two`);
}

async function listen(org: MockOrg, { host, port }: StartCommand): Promise<{ url: string; accessToken: string }> {
  try {
    return await org.listen({ host, port });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "EADDRINUSE") throw new Error(`port ${port} on ${host} is taken; choose another with --port`);
    if (code === "EACCES") throw new Error(`port ${port} on ${host} needs more rights; choose another with --port`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND") throw new Error(`${host} is no address of this machine`);
    throw error;
  }
}

/** Everything that a script needs to log in. */
function describe(org: MockOrg, { url, accessToken }: { readonly url: string; readonly accessToken: string }) {
  return {
    url,
    username: ADMIN_USER.username,
    password: DEFAULT_PASSWORD,
    clientId: DEFAULT_APP.clientId,
    clientSecret: DEFAULT_APP.clientSecret,
    accessToken,
    orgId: org.org.id,
    ...(org.remarks.length > 0 && { metadata: org.remarks }),
  };
}

/** One line for each kind of remark, with how often and the first case. */
function remarkLines(remarks: readonly MetadataProblem[]): readonly string[] {
  return kindsOf(remarks).map(({ kind, count, first }) => {
    const { path, element, reason } = first;
    const place = element === "file" ? path : `${path}: ${element}`;
    const example = kind === reason ? place : `${place}: ${reason}`;
    return count === 1 ? `${kind}: ${example}` : `${kind}, ${count} times, first in ${example}`;
  });
}

function readyLine(org: MockOrg, url: string): string {
  const login = `log in as ${ADMIN_USER.username} / ${DEFAULT_PASSWORD}`;
  return `mock-org ${org.org.id} is ready at ${url} (${login}; console at ${url}/_mock/)\n`;
}
