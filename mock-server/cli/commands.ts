/** The commands beside `start`. Each returns its exit code. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";

/** What the command needs from the process around it. */
export interface CliHost {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Resolves when the user wants the command to end. */
  readonly untilStopped: () => Promise<void>;
}

/** Wrong usage: one sentence that names the thing and the way out. */
export class CommandUsageError extends Error {}

type Command = (args: readonly string[], host: CliHost) => Promise<number>;

/** The commands by name. */
export const COMMANDS: Readonly<Record<string, Command>> = {
  export: runExport,
  import: runImport,
  conformance: runConformance,
  inspect: runInspect,
};

/** Accounts of an imported sample unless told otherwise, and at most. */
const SAMPLE_RECORDS = 50;
const SAMPLE_RECORDS_MAX = 2_000;
const API_VERSION = "62.0";

/** `mock-org export --url … --out … [--format tree|csv]`: the records of a running mock org as seed files. */
async function runExport(args: readonly string[], host: CliHost): Promise<number> {
  const values = read(args, {
    url: { type: "string", default: "http://127.0.0.1:4880" },
    out: { type: "string" },
    format: { type: "string", default: "tree" },
  });
  const out = needed(values["out"], "--out <folder>");
  const url = String(values["url"]).replace(/\/+$/, "");
  const answer = await fetch(`${url}/_mock/records`);
  if (!answer.ok) throw new Error(`${url} is no mock org that exports records: ${answer.status}`);
  // The admin API of this very package answers.
  const exported = (await answer.json()) as { plan: readonly { sobject: string }[]; files: Record<string, unknown> };
  const files: Record<string, string> = {};
  if (values["format"] === "csv") {
    for (const { sobject } of exported.plan) {
      files[`${sobject}.csv`] = await (await fetch(`${url}/_mock/records/${sobject}?format=csv`)).text();
    }
  } else if (values["format"] === "tree") {
    files["plan.json"] = `${JSON.stringify(exported.plan, null, 2)}\n`;
    for (const [name, content] of Object.entries(exported.files)) files[name] = `${JSON.stringify(content, null, 2)}\n`;
  } else throw new CommandUsageError(`--format ${String(values["format"])} is neither tree nor csv`);
  for (const [name, text] of Object.entries(files)) write(join(out, name), text);
  const seed = values["format"] === "csv" ? out : join(out, "plan.json");
  host.out(`${Object.keys(files).length} files in ${out}; load them with mock-org start --seed ${seed}\n`);
  return 0;
}

/** `mock-org import --from <alias or url> --out …`: SFDX files and a seed of a real org, which is only read. */
async function runImport(args: readonly string[], host: CliHost): Promise<number> {
  const values = read(args, {
    from: { type: "string" },
    out: { type: "string" },
    object: { type: "string", multiple: true, default: [] },
    records: { type: "string", default: String(SAMPLE_RECORDS) },
    anonymize: { type: "boolean", default: false },
    "api-version": { type: "string", default: API_VERSION },
  });
  const from = needed(values["from"], "--from <org alias or URL>");
  const out = needed(values["out"], "--out <folder>");
  const records = Number(values["records"]);
  if (!Number.isInteger(records) || records < 0 || records > SAMPLE_RECORDS_MAX) {
    throw new CommandUsageError(
      `--records ${String(values["records"])} is no whole number from 0 to ${SAMPLE_RECORDS_MAX}`,
    );
  }
  const { openSource } = await import("../import/source-org.ts");
  const { importOrg } = await import("../import/import-org.ts");
  const token = process.env["SF_ACCESS_TOKEN"];
  const source = await openSource(from, {
    apiVersion: String(values["api-version"]),
    ...(token !== undefined && { token }),
  });
  const objects = Array.isArray(values["object"]) ? values["object"].map(String) : [];
  const imported = await importOrg(source, { objects, records, anonymize: values["anonymize"] === true });
  for (const { path, text } of imported.files) write(join(out, path), text);
  for (const remark of imported.remarks) host.error(`mock-org: ${remark}\n`);
  const seed = records === 0 ? "" : ` --seed ${join(out, "data/plan.json")}`;
  host.out(
    `${imported.files.length} files in ${out}; start with mock-org start --source-dir ${join(out, "force-app")}${seed}\n`,
  );
  return 0;
}

/** `mock-org inspect <source-dir>…`: what an org of these folders would contain and leave out. */
async function runInspect(args: readonly string[], host: CliHost): Promise<number> {
  const json = args.includes("--json");
  const folders = args.filter((arg) => arg !== "--json");
  const option = folders.find((arg) => arg.startsWith("-"));
  if (option !== undefined) throw new CommandUsageError(`Unknown option '${option}'; try mock-org --help`);
  if (folders.length === 0) throw new CommandUsageError("inspect needs a folder: mock-org inspect force-app");
  const { inspectionText, inspectSource } = await import("../setup/inspect.ts");
  const inspection = inspectSource(folders);
  host.out(json ? `${JSON.stringify(inspection)}\n` : inspectionText(inspection));
  return 0;
}

/** `mock-org conformance [--url … --token …]`: the score card against an endpoint; without one, against a mock org. */
async function runConformance(args: readonly string[], host: CliHost): Promise<number> {
  const values = read(args, {
    url: { type: "string" },
    token: { type: "string" },
    "api-version": { type: "string", default: API_VERSION },
    json: { type: "boolean", default: false },
  });
  const { runScoreCard } = await import("../conformance/run.ts");
  const { BEHAVIORS, reportOf, scoreOf } = await import("../conformance/score-card.ts");
  const apiVersion = String(values["api-version"]);
  const url = values["url"];
  const token = values["token"] ?? process.env["SF_ACCESS_TOKEN"];
  if (url !== undefined && token === undefined) {
    throw new CommandUsageError("--url needs --token, or the token in SF_ACCESS_TOKEN");
  }
  const { createMockOrg } = await import("../mock-org/mock-org.ts");
  await using own = await createMockOrg();
  const endpoint =
    url === undefined
      ? {
          url: "http://localhost",
          token: own.openSession(),
          apiVersion,
          fetch: async (address: string, init: RequestInit) => own.app.request(address, init),
        }
      : { url: String(url).replace(/\/+$/, ""), token: String(token), apiVersion };
  const outcomes = await runScoreCard(endpoint, BEHAVIORS);
  const score = scoreOf(outcomes);
  host.out(
    values["json"] === true
      ? `${JSON.stringify({ ...score, outcomes: outcomes.map(({ behavior, verdict, reason }) => ({ id: behavior.id, title: behavior.title, source: behavior.source, verdict, reason })) })}\n`
      : `${reportOf(outcomes)}\n`,
  );
  return score.passed === score.total ? 0 : 1;
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;
type Values = Readonly<Record<string, string | boolean | readonly (string | boolean)[] | undefined>>;

function read(args: readonly string[], options: Options): Values {
  try {
    const { values } = parseArgs({ args: [...args], options, strict: true });
    return values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandUsageError(`${message.split(". ")[0] ?? message}; try mock-org --help`);
  }
}

function needed(value: Values[string], name: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new CommandUsageError(`${name} is missing; try mock-org --help`);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
