/** `order-sync init`: a commented configuration, the Salesforce metadata that it needs, and on request the change log. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { keyFieldMetadata, permissionSetMetadata } from "../../config/metadata.ts";
import { type StarterAuth, starterConfig } from "../../config/starter.ts";
import { SyncError } from "../../errors.ts";
import type { SqlConfig } from "../../external/sql/config.ts";
import { installChangeLog, removeChangeLog } from "../../external/sql/install.ts";
import { surveyDatabase } from "../../external/sql/survey.ts";
import { fillErp } from "../demo/erp.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";

/** Options of `init`; what is missing is asked at a terminal, and elsewhere has the default. */
export interface InitOptions {
  readonly config?: string;
  readonly json?: true;
  readonly loginUrl?: string;
  readonly auth?: StarterAuth;
  readonly externalUrl?: string;
  readonly name: string;
  readonly metadataDir: string;
  readonly installChangeLog?: true;
  /** Takes the change log away and does nothing else. */
  readonly removeChangeLog?: true;
  readonly force?: true;
  /** Makes the sample ERP in this SQLite file and takes it for the external database. */
  readonly sampleErp?: string;
}

const DEFAULT_FILE = "order-sync.yaml";
const DEFAULT_LOGIN = "http://127.0.0.1:4880";
const DEFAULT_EXTERNAL = "file:erp.db";

/**
 * Writes the configuration unless there is one (`--force` overwrites it), then the metadata for the configuration's
 * mapping, then the change log if asked. A configuration with
 * mistakes is named with all of them, and then no metadata are written.
 */
export async function initCommand(options: InitOptions, surroundings: Surroundings): Promise<ExitCode> {
  const { stdout, environment } = surroundings;
  const file = resolve(options.config ?? DEFAULT_FILE);
  if (options.removeChangeLog === true) return await remove(file, options, surroundings);
  const written: string[] = [];
  const { password } = withoutPassword(options.externalUrl ?? "");
  if (options.sampleErp !== undefined) written.push(makeSampleErp(options.sampleErp));
  if (!existsSync(file) || options.force === true) {
    write(file, await starterText(file, options, surroundings));
    written.push(file);
  }
  const given = password === null ? {} : { [PASSWORD_NAME]: password };
  const loaded = await loadForMetadata(file, { ...environment, ...given });
  const folder = resolve(options.metadataDir);
  for (const { path, text } of [...keyFieldMetadata(loaded.mapping), permissionSetMetadata(loaded.mapping)]) {
    write(join(folder, path), text);
    written.push(join(folder, path));
  }
  const changeLog = options.installChangeLog === true ? await install(loaded) : null;
  if (options.json === true) stdout.write(`${JSON.stringify({ written, changeLog })}\n`);
  else
    stdout.write(
      `${written.map((path) => `wrote ${path}`).join("\n")}\n${advice(loaded, folder, changeLog)}${secretAdvice(password)}`,
    );
  return EXIT.done;
}

async function starterText(file: string, options: InitOptions, surroundings: Surroundings): Promise<string> {
  const ask = async (question: string, otherwise: string): Promise<string> =>
    surroundings.ask === undefined ? otherwise : (await surroundings.ask(`${question} [${otherwise}]: `)) || otherwise;
  const loginUrl = options.loginUrl ?? (await ask("Login address of the org", DEFAULT_LOGIN));
  const externalUrl =
    options.externalUrl ??
    (options.sampleErp === undefined ? undefined : `file:${relative(dirname(file), resolve(options.sampleErp))}`) ??
    (await ask("External database (file:path or postgres://…)", DEFAULT_EXTERNAL));
  const tables = await surveyDatabase(besideFile(interpolated(externalUrl, surroundings.environment), file));
  const { url } = withoutPassword(externalUrl);
  return starterConfig({ name: options.name, loginUrl, auth: options.auth ?? "password", externalUrl: url, tables });
}

/** Takes the place of a password that was given in --external-url. */
const PASSWORD_NAME = "EXTERNAL_PASSWORD";

/** The URL as it may stand in a file: its password becomes a reference to the environment. */
export function withoutPassword(url: string): { readonly url: string; readonly password: string | null } {
  const found = /^(\w+:\/\/[^:@/]+:)([^@/]+)(@.*)$/.exec(url);
  const [, before = "", password = "", after = ""] = found ?? [];
  if (found === null || password.includes("${")) return { url, password: null };
  return { url: `${before}\${${PASSWORD_NAME}}${after}`, password };
}

function makeSampleErp(path: string): string {
  const file = resolve(path);
  if (existsSync(file)) throw new SyncError("USAGE", `${file} exists; name a new file for the sample ERP`);
  fillErp(file);
  return file;
}

/** Relative paths in a configuration belong to its folder. */
function besideFile(url: string, file: string): string {
  return url.startsWith("file:") ? `file:${resolve(dirname(file), url.slice("file:".length))}` : url;
}

function interpolated(url: string, environment: Surroundings["environment"]): string {
  return url.replaceAll(/\$\{(\w+)\}/g, (reference, name: string) => {
    const value = environment[name];
    if (value === undefined)
      throw new SyncError("USAGE", `--external-url refers to ${reference}, which is not set in the environment`);
    return value;
  });
}

/** Metadata need the mapping only: secrets that are not set yet are no reason to stop. */
async function loadForMetadata(file: string, environment: Surroundings["environment"]): Promise<LoadedConfig> {
  const lenient = new Proxy(environment, {
    get: (values, name) => (typeof name === "string" ? (values[name] ?? `not-set-${name}-0000000000`) : undefined),
  });
  return await loadConfig(file, lenient);
}

async function install(
  loaded: LoadedConfig,
): Promise<{ readonly installed: readonly string[]; readonly unchanged: readonly string[] }> {
  return await installChangeLog(sqlOf(loaded, "--install-change-log"));
}

/** Leaves the external database as it was before `--install-change-log`, for all sources that logged in it. */
async function remove(file: string, options: InitOptions, { stdout, environment }: Surroundings): Promise<ExitCode> {
  const external = sqlOf(await loadForMetadata(file, environment), "--remove-change-log");
  await removeChangeLog(external);
  stdout.write(
    options.json === true
      ? `${JSON.stringify({ removed: true })}\n`
      : "The change log's table and triggers are gone from the external database. Runs need them: before the next one install them again, or find changes by a column.\n",
  );
  return EXIT.done;
}

function sqlOf({ config }: LoadedConfig, option: string): SqlConfig {
  if (config.external.kind === "sql") return config.external;
  throw new SyncError("USAGE", `${option} is for external.kind sql; this configuration has ${config.external.kind}`);
}

function write(path: string, text: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  } catch (cause) {
    throw new SyncError(
      "USAGE",
      `${path} cannot be written (${cause instanceof Error ? cause.message : String(cause)})`,
      { cause },
    );
  }
}

function secretAdvice(password: string | null): string {
  if (password === null) return "";
  return `\nThe database password is not written into the file; set ${PASSWORD_NAME} in the environment, spelled as in the URL.\n`;
}

function advice(
  { path }: LoadedConfig,
  folder: string,
  changeLog: { readonly installed: readonly string[]; readonly unchanged: readonly string[] } | null,
): string {
  const log =
    changeLog === null
      ? "  3. order-sync init --install-change-log   adds one table and triggers to the external database\n"
      : `  3. the change log is installed for ${[...changeLog.installed, ...changeLog.unchanged].join(", ") || "no collection"}\n`;
  return (
    `\nNext:\n` +
    `  1. read ${path} and correct what was guessed\n` +
    `  2. deploy ${folder} to the org (sf project deploy start --source-dir …), or start\n` +
    `     mock-org start --source-dir ${folder}; assign the permission set Order_Sync to the user\n` +
    log +
    `  4. order-sync check && order-sync plan && order-sync run\n`
  );
}
