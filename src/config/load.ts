/** Reads a configuration file: YAML, JSON or a module, with `${NAME}` taken from the environment, and every mistake listed. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Cron } from "croner";
import { parse as parseYaml, YAMLParseError } from "yaml";
import type { z } from "zod";
import { fillAddress } from "../database/url.ts";
import { SyncError } from "../errors.ts";
import { compileMapping } from "../mapping/compile.ts";
import type { UserFunction } from "../mapping/convert.ts";
import type { Mapping } from "../mapping/mapping.ts";
import { type Config, configSchema } from "./schema.ts";
import { findSecrets, isSecretPath, literalSecrets, type Redactor, redactorOf } from "./secrets.ts";

/** A configuration that fits together, with its mapping compiled. */
export interface LoadedConfig {
  readonly config: Config;
  readonly mapping: Mapping;
  /** Absolute path of the file. */
  readonly path: string;
  /** Takes the configuration's secrets out of a text; every text that leaves the process goes through it. */
  readonly redact: Redactor;
}

/** Where a command looks when nobody says `--config`. */
export const CONFIG_NAMES = ["order-sync.yaml", "order-sync.yml", "order-sync.json", "order-sync.mjs"] as const;

/**
 * Loads the configuration. Relative `file:` addresses are taken from the file's folder.
 *
 * Throws `CONFIG_UNREADABLE` (missing, not YAML or JSON, a module that fails) and `CONFIG_INVALID` with every mistake,
 * each with its path, its value and the way out. Values of the environment never appear in messages.
 */
export async function loadConfig(
  path: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<LoadedConfig> {
  const file = resolve(path ?? CONFIG_NAMES.find((name) => existsSync(name)) ?? CONFIG_NAMES[0]);
  if (!existsSync(file)) {
    throw new SyncError(
      "CONFIG_UNREADABLE",
      `${file} does not exist; give the path with --config, or make one with order-sync init`,
    );
  }
  const { raw, functions } = await readFile(file);
  if (typeof raw !== "object" || raw === null || Array.isArray(raw)) {
    throw new SyncError("CONFIG_UNREADABLE", `${file} is empty or no list of settings; make one with order-sync init`);
  }
  const problems: string[] = [...literalSecrets(raw, environment)];
  const filled = interpolate(raw, environment, "", problems);
  if (problems.length > 0) throw invalid(file, problems);
  const parsed = configSchema.safeParse(filled);
  if (!parsed.success)
    throw invalid(
      file,
      parsed.error.issues.flatMap((issue) => describeIssue(issue, raw)),
    );
  const compiled = compileMapping(parsed.data.mapping, { functions, ...zoneOf(parsed.data) });
  if (!compiled.ok) {
    throw invalid(
      file,
      compiled.problems.map((problem) => `${problem.path} ${problem.message}`),
    );
  }
  if (parsed.data.external.name !== parsed.data.mapping.source) {
    throw invalid(file, [
      `external.name is "${parsed.data.external.name}" and mapping.source is "${parsed.data.mapping.source}"; they must be the same name`,
    ]);
  }
  const zoneProblem = scheduleProblem(parsed.data);
  if (zoneProblem !== null) throw invalid(file, [zoneProblem]);
  return {
    config: atHome(parsed.data, dirname(file)),
    mapping: compiled.mapping,
    path: file,
    redact: redactorOf(findSecrets(filled).map((secret) => secret.written)),
  };
}

function scheduleProblem({ schedule }: Config): string | null {
  try {
    new Intl.DateTimeFormat("en", { timeZone: schedule.timeZone });
  } catch {
    return `schedule.timeZone is "${schedule.timeZone}"; must be an IANA zone such as Europe/Berlin`;
  }
  for (const [name, text] of Object.entries({ cron: schedule.cron, sweep: schedule.sweep ?? undefined })) {
    if (text === undefined) continue;
    try {
      new Cron(text, { paused: true, timezone: schedule.timeZone });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `schedule.${name} is "${text}"; ${reason.replace(/^CronPattern: /, "")}`;
    }
  }
  return null;
}

interface RawConfig {
  readonly raw: unknown;
  readonly functions: Readonly<Record<string, UserFunction>>;
}

interface ConfigFileModule {
  readonly default?: { readonly functions?: Readonly<Record<string, UserFunction>> };
  readonly functions?: Readonly<Record<string, UserFunction>>;
}

async function readFile(file: string): Promise<RawConfig> {
  try {
    if (extname(file) === ".mjs") {
      // A module's shape is checked by the schema like any other file.
      const module: ConfigFileModule = await import(pathToFileURL(file).href);
      const { functions, ...raw } = module.default ?? {};
      return { raw, functions: functions ?? module.functions ?? {} };
    }
    const text = readFileSync(file, "utf8");
    return { raw: extname(file) === ".json" ? JSON.parse(text) : parseYaml(text), functions: {} };
  } catch (cause) {
    const where = cause instanceof YAMLParseError ? ` (line ${cause.linePos?.[0].line ?? "?"})` : "";
    const reason = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
    throw new SyncError("CONFIG_UNREADABLE", `${file} cannot be read${where}: ${reason}`, { cause });
  }
}

/** Fills `${NAME}` in every text. A name that is not set is a mistake at its path. */
function interpolate(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  path: string,
  problems: string[],
): unknown {
  if (typeof value === "string") {
    return fillAddress(value, (reference, name) => {
      const found = environment[name];
      if (found === undefined) {
        problems.push(`${path} refers to ${reference}, which is not set in the environment; set it before the command`);
        return "";
      }
      return found;
    });
  }
  if (Array.isArray(value))
    return value.map((item, index) => interpolate(item, environment, `${path}[${index}]`, problems));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      interpolate(item, environment, path === "" ? key : `${path}.${key}`, problems),
    ]),
  );
}

/** One mistake as a sentence. The value is shown as the file says it, so a secret shows as its `${NAME}`. */
function describeIssue(issue: z.core.$ZodIssue, raw: unknown): readonly string[] {
  const path = issue.path.map(String).join(".") || "the file";
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map(
      (key) => `${path === "the file" ? key : `${path}.${key}`} is not a setting; remove it or correct its name`,
    );
  }
  const value = valueAt(raw, issue.path);
  const wanted = issue.message.replace(
    /^Invalid input: expected (nonoptional|\w+), received \w+$/,
    (_, kind: string) => (kind === "nonoptional" ? "it is required" : `must be ${KIND_NAMES[kind] ?? kind}`),
  );
  if (value === undefined) return [`${path} is missing; ${wanted}`];
  const shown = typeof value === "object" ? "" : ` is ${isSecretPath(path) ? "(not shown)" : JSON.stringify(value)};`;
  return [`${path}${shown} ${wanted}`];
}

/** zod's names of types, for people who write YAML. */
const KIND_NAMES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings",
  record: "a group of settings",
};

function valueAt(raw: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null
        ? Object.entries(value).find(([name]) => name === String(key))?.[1]
        : undefined,
    raw,
  );
}

function zoneOf({ external }: Config): { readonly zone?: string } {
  return external.timeZone === undefined ? {} : { zone: external.timeZone };
}

/** Relative paths of files belong to the configuration's folder, wherever the command was started. */
function atHome(config: Config, folder: string): Config {
  const { external, state } = config;
  const home = (url: string): string =>
    url.startsWith("file:") ? `file:${resolve(folder, url.slice("file:".length))}` : url;
  const moved = { ...config, state: { ...state, url: home(state.url) } };
  switch (external.kind) {
    case "sql":
      return { ...moved, external: { ...external, url: home(external.url) } };
    case "files": {
      const index = external.index === undefined ? {} : { index: resolve(folder, external.index) };
      return { ...moved, external: { ...external, path: resolve(folder, external.path), ...index } };
    }
    case "http":
      return moved;
    default:
      return external satisfies never;
  }
}

function invalid(file: string, problems: readonly string[]): SyncError {
  const list = problems.map((problem) => `  - ${problem}`).join("\n");
  return new SyncError(
    "CONFIG_INVALID",
    `${file} has ${problems.length} mistake${problems.length === 1 ? "" : "s"}:\n${list}`,
  );
}
