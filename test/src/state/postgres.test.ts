import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { type OpenState, openStateStore } from "../../../src/state/open.ts";
import { startPostgres } from "../../support/postgres.ts";
import { say } from "../cli/shop.ts";
import { writeShopConfig } from "../cli/shop-config.ts";
import { stateStoreContract } from "./contract-suite.ts";
import { upkeepContract } from "./upkeep-contract.ts";

const postgres = await startPostgres();
const server = typeof postgres === "string" ? undefined : postgres;
const reason = typeof postgres === "string" ? postgres : "with a PostgreSQL server";
let url = "";
let opened: OpenState[] = [];

async function open(at: string): Promise<OpenState> {
  const store = await openStateStore(at);
  opened.push(store);
  return store;
}

async function fresh(): Promise<OpenState> {
  url = (await server?.scratch()) ?? "";
  const store = await open(url);
  await store.migrate();
  return store;
}

async function execute(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

afterEach(async () => {
  for (const store of opened) await store.close();
  opened = [];
});

afterAll(async () => {
  await server?.stop();
});

describe.skipIf(server === undefined)(reason, () => {
  stateStoreContract("PostgreSQL", { fresh, again: () => open(url) });
  upkeepContract("PostgreSQL", {
    fresh,
    again: () => open(url),
    execute: (statements) => execute(`set search_path to order_sync; ${statements}`),
  });

  describe("a PostgreSQL state database", () => {
    it("may hold the user's own tables beside the state", async () => {
      url = (await server?.scratch()) ?? "";
      await execute("create table customers (id int)");
      const store = await open(url);
      await store.migrate();
      expect(await store.cursors()).toEqual({});
    });

    it("is refused when its schema belongs to something else or to a newer version", async () => {
      url = (await server?.scratch()) ?? "";
      await execute("create schema order_sync; create table order_sync.things (id int)");
      await expect(openStateStore(url)).rejects.toMatchObject({
        code: "STATE_UNREADABLE",
        message: expect.stringContaining('"things"'),
      });

      await fresh();
      await execute("insert into order_sync.order_sync_schema values (99, 'future', '2030')");
      await expect(openStateStore(url)).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
    });

    it("is removed by reset, with the queue and nothing else, but not while somebody holds a lease", async () => {
      const store = await fresh();
      await execute(
        "create table customers (id int); create schema order_sync_jobs; create table order_sync_jobs.job ()",
      );
      const lease = await store.acquireLease({
        name: "run:erp",
        holder: "elsewhere:1:1",
        ttlMs: 60_000,
        nowMs: Date.now(),
      });
      const folder = mkdtempSync(join(tmpdir(), "order-sync-reset-"));
      const config = join(folder, "order-sync.yaml");
      writeShopConfig(config, "http://127.0.0.1:1", { 'url: "file:state.db"': 'url: "${STATE_URL}"' });
      const reset = () => say(["reset", "--yes", "--config", config], { SF_PASSWORD: "none", STATE_URL: url });

      const refused = await reset();
      const kept = await store.leaseHolder("run:erp");
      if (lease !== undefined) await store.releaseLease(lease);
      const done = await reset();
      rmSync(folder, { recursive: true });

      expect(refused).toMatchObject({ exit: 3, err: expect.stringContaining("elsewhere:1:1 is using this state") });
      expect(kept?.holder).toBe("elsewhere:1:1");
      expect(done).toMatchObject({ exit: 0, out: expect.stringContaining("is removed") });
      await execute("select * from customers");
      await expect(execute("select * from order_sync.lease")).rejects.toThrow(/does not exist/);
      await expect(execute("select * from order_sync_jobs.job")).rejects.toThrow(/does not exist/);
    });

    it("is migrated once when many processes start together", async () => {
      url = (await server?.scratch()) ?? "";
      const stores = await Promise.all([open(url), open(url), open(url), open(url)]);
      await Promise.all(stores.map((store) => store.migrate()));
      expect(await stores[3]?.cursors()).toEqual({});
    });

    it("goes on after the server has cut its connections", async () => {
      const store = await fresh();
      await execute(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()",
      );
      const reading = store.cursors().catch((error: unknown) => error);
      expect([{}, expect.objectContaining({ code: "STATE_UNREACHABLE" })]).toContainEqual(await reading);
      expect(await store.cursors()).toEqual({});
    });

    it("names the place and not the password when it cannot be reached", async () => {
      const wrong = new URL((await server?.scratch()) ?? "");
      wrong.password = "super-secret";
      const refused = openStateStore(String(wrong));
      await expect(refused).rejects.toMatchObject({
        code: "STATE_UNREACHABLE",
        message: expect.stringContaining(`${wrong.host}${wrong.pathname}`),
      });
      await expect(refused).rejects.not.toThrow(/super-secret/);
      await expect(openStateStore("postgres://u:p@127.0.0.1:1/none")).rejects.toMatchObject({
        code: "STATE_UNREACHABLE",
      });
    });
  });
});
