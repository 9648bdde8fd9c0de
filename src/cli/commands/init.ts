/** `order-sync init`: a commented configuration, the Salesforce metadata that it needs, and on request the change log. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { type LoadedConfig, loadConfig } from "../../config/load.ts";
import { keyFieldMetadata, permissionSetMetadata } from "../../config/metadata.ts";
import { type StarterAuth, starterConfig } from "../../config/starter.ts";
import type { Cast } from "../../config/starter-roles.ts";
import { fillAddress, urlOfServer } from "../../database/url.ts";
import { SyncError } from "../../errors.ts";
import type { SqlConfig } from "../../external/sql/config.ts";
import { installChangeLog, removeChangeLog } from "../../external/sql/install.ts";
import { type CollectionWrites, databaseScript } from "../../external/sql/script.ts";
import { surveyDatabase } from "../../external/sql/survey.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import { fillErp } from "../demo/erp.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";

/** Options of `init`; what is missing is asked at a terminal, and elsewhere has the default. */
export interface InitOptions {
  readonly config?: string;
  readonly json?: true;
  readonly loginUrl?: string;
  readonly auth?: StarterAuth;
  readonly externalUrl?: string;
  /** The parts of a PostgreSQL server, in place of `externalUrl`; the password comes from `EXTERNAL_PASSWORD`. */
  readonly externalHost?: string;
  readonly externalPort?: string;
  readonly externalDatabase?: string;
  readonly externalUser?: string;
  readonly name: string;
  readonly metadataDir: string;
  readonly installChangeLog?: true;
  /** Takes the change log away and does nothing else. */
  readonly removeChangeLog?: true;
  /** Prints what the owner of the database has to run, and does nothing else. */
  readonly printSql?: true;
  /** PostgreSQL: the role that gets the rights, with `printSql`. */
  readonly role?: string;
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
  if (options.printSql === true) return await printSql(file, options, surroundings);
  const written: string[] = [];
  const { password } = withoutPassword(options.externalUrl ?? "");
  if (options.sampleErp !== undefined) written.push(makeSampleErp(options.sampleErp));
  let found: Cast | null = null;
  if (!existsSync(file) || options.force === true) {
    const starter = await starterFor(file, options, surroundings);
    write(file, starter.text);
    written.push(file);
    found = starter.cast;
  }
  const given = password === null ? {} : { [PASSWORD_NAME]: password };
  const loaded = await loadForMetadata(file, { ...environment, ...given });
  const folder = resolve(options.metadataDir);
  for (const { path, text } of [...keyFieldMetadata(loaded.mapping), permissionSetMetadata(loaded.mapping)]) {
    write(join(folder, path), text);
    written.push(join(folder, path));
  }
  const changeLog = options.installChangeLog === true ? await install(loaded) : null;
  if (options.json === true)
    stdout.write(`${JSON.stringify({ written, changeLog, found: found && foundJson(found) })}\n`);
  else
    stdout.write(
      `${found === null ? "" : foundText(found)}${written.map((path) => `wrote ${path}`).join("\n")}\n${advice(loaded, folder, changeLog)}${secretAdvice(password)}`,
    );
  return EXIT.done;
}

async function starterFor(
  file: string,
  options: InitOptions,
  surroundings: Surroundings,
): Promise<ReturnType<typeof starterConfig>> {
  const ask = async (question: string, otherwise: string): Promise<string> =>
    surroundings.ask === undefined ? otherwise : (await surroundings.ask(`${question} [${otherwise}]: `)) || otherwise;
  const loginUrl = options.loginUrl ?? (await ask("Login address of the org", DEFAULT_LOGIN));
  const externalUrl =
    serverAddress(options, surroundings.environment) ??
    options.externalUrl ??
    (options.sampleErp === undefined ? undefined : `file:${relative(dirname(file), resolve(options.sampleErp))}`) ??
    (await ask("External database (file:path or postgres://…)", DEFAULT_EXTERNAL));
  const { url, password } = withoutPassword(externalUrl);
  const given = password === null ? {} : { [PASSWORD_NAME]: password };
  const tables = await surveyDatabase(besideFile(interpolated(url, { ...surroundings.environment, ...given }), file));
  return starterConfig({ name: options.name, loginUrl, auth: options.auth ?? "password", externalUrl: url, tables });
}

/** The address that the parts of a server make; undefined where none is given. */
function serverAddress(
  { externalHost, externalPort, externalDatabase, externalUser, externalUrl }: InitOptions,
  environment: Surroundings["environment"],
): string | undefined {
  const parts = {
    "--external-host": externalHost,
    "--external-database": externalDatabase,
    "--external-user": externalUser,
  };
  if (externalPort === undefined && Object.values(parts).every((part) => part === undefined)) return undefined;
  if (externalUrl !== undefined)
    throw new SyncError("USAGE", "--external-url and the parts of a server are both given; leave one of them out");
  const missing = Object.entries(parts).flatMap(([option, value]) => (value === undefined ? [option] : []));
  if (missing.length > 0)
    throw new SyncError(
      "USAGE",
      `${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} missing; a server needs all of them`,
    );
  const port = Number(externalPort ?? "5432");
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new SyncError("USAGE", `--external-port is "${externalPort}"; it must be a whole number from 1 to 65535`);
  const address = urlOfServer({
    host: externalHost ?? "",
    port,
    database: externalDatabase ?? "",
    user: externalUser ?? "",
  });
  // The reference stands where the password goes; it is filled in as any other.
  return environment[PASSWORD_NAME] === undefined ? address : address.replace("@", `:\${${PASSWORD_NAME}}@`);
}

/** What was found in the database, role by role. */
function foundText(cast: Cast): string {
  const lines = Object.entries(cast).flatMap(([role, { table, because, candidates }]) => {
    if (table !== undefined) return [`  ${role.padEnd(10)} ${table.name}: ${because}`];
    // Most systems have no contracts.
    if (role === "contracts" && candidates.length === 0) return [];
    return [
      `  ${role.padEnd(10)} not sure: ${because}`,
      ...candidates.map((one) => `${" ".repeat(15)}${one.table.name} (${one.reasons.join("; ")})`),
    ];
  });
  return `Found in the database:\n${lines.join("\n")}\n\n`;
}

function foundJson(cast: Cast): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(cast).map(([role, { table, because, candidates }]) => [
      role,
      {
        table: table?.name ?? null,
        because,
        candidates: candidates.map((one) => ({ table: one.table.name, score: one.score, reasons: one.reasons })),
      },
    ]),
  );
}

/** Takes the place of a password that was given in --external-url. */
const PASSWORD_NAME = "EXTERNAL_PASSWORD";

/**
 * The URL as it may appear in a file: its password becomes a reference to the environment. The password comes back as it
 * is, whether the URL had it escaped or not.
 */
export function withoutPassword(url: string): { readonly url: string; readonly password: string | null } {
  // Up to the last "@": a password that nobody escaped may hold one.
  const found = /^(\w+:\/\/[^:@/]+:)(.+)(@[^@]*)$/.exec(url);
  const [, before = "", password = "", after = ""] = found ?? [];
  if (found === null || password.includes("${")) return { url, password: null };
  return { url: `${before}\${${PASSWORD_NAME}}${after}`, password: unescaped(password) };
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A bare "%" is a character of the password.
    return text;
  }
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
  return fillAddress(url, (reference, name) => {
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

/** A script for whoever owns the tables; the login of the configuration only has to be able to connect. */
async function printSql(file: string, options: InitOptions, { stdout, environment }: Surroundings): Promise<ExitCode> {
  const loaded = await loadForMetadata(file, environment);
  const writes = Object.fromEntries(
    loaded.mapping.objects.map((object) => [object.collection, writesOf(object)] as const),
  );
  const script = await databaseScript({
    config: sqlOf(loaded, "--print-sql"),
    writes,
    ...(options.role !== undefined && { role: options.role }),
  });
  stdout.write(options.json === true ? `${JSON.stringify({ sql: script })}\n` : script);
  return EXIT.done;
}

function writesOf(object: ObjectMapping): CollectionWrites {
  const { lines } = object;
  const updates = (fields: ObjectMapping["fields"]): boolean =>
    fields.some(({ direction }) => direction !== "toSalesforce");
  const inLines = lines !== null && lines.direction !== "toSalesforce";
  const removes = object.delete.external;
  return {
    root: { insert: object.create.external, update: updates(object.fields), delete: removes },
    lines: {
      insert: inLines,
      update: inLines || (lines !== null && updates(lines.fields)),
      delete: inLines || (lines !== null && removes),
    },
  };
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
  return `\nThe database password is not written into the file; set ${PASSWORD_NAME} in the environment, as it is: any character may appear in it.\n`;
}

function advice(
  { path }: LoadedConfig,
  folder: string,
  changeLog: { readonly installed: readonly string[]; readonly unchanged: readonly string[] } | null,
): string {
  const log =
    changeLog === null
      ? "  3. order-sync init --install-change-log   adds one table and triggers to the external database\n     (or let its owner run what order-sync init --print-sql prints)\n"
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
