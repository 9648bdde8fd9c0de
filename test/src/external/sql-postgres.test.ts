import pg from "pg";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog } from "../../../src/external/sql/install.ts";
import { startPostgres } from "../../support/postgres.ts";
import { drain, type ExternalDouble, externalContract } from "./contract-suite.ts";
import { type SqlBench, sqlBehavior } from "./sql-behavior.ts";
import { type ErpSession, erpConfig, erpTables, sqlDouble } from "./sql-double.ts";
import { sqlRights } from "./sql-rights.ts";
import { sqlSourceBehavior } from "./sql-source-behavior.ts";
import { sqlWrites } from "./sql-writes.ts";
import { surveyBehavior } from "./survey-behavior.ts";

const postgres = await startPostgres();
const server = typeof postgres === "string" ? undefined : postgres;
const reason = typeof postgres === "string" ? postgres : "with a PostgreSQL server";
let closing: (() => Promise<void>)[] = [];

/** A user's own connection to the ERP, with habits of its own. */
async function session(url: string): Promise<ErpSession> {
  const client = new pg.Client({ connectionString: url, options: "-c TimeZone=Asia/Tokyo -c DateStyle=German" });
  await client.connect();
  closing.push(() => client.end());
  return {
    query: async (statement, parameters = []) => {
      let count = 0;
      const numbered = statement.replaceAll("?", () => {
        count += 1;
        return `$${count}`;
      });
      return (await client.query<Record<string, unknown>>(numbered, [...parameters])).rows;
    },
  };
}

async function erp(): Promise<ExternalDouble> {
  const url = (await server?.scratch()) ?? "";
  const user = await session(url);
  for (const statement of erpTables("postgres")) await user.query(statement);
  const double = await sqlDouble(user, erpConfig(url));
  closing.push(() => double.external.close());
  return { ...double, backUp: () => backUp(url, user) };
}

/** What pg_dump and pg_restore --clean do, in SQL: the tables are made again, the log and its name come from the backup. */
async function backUp(url: string, user: ErpSession): Promise<() => Promise<void>> {
  const kept = ["orders", "order_lines", "order_sync_feed.changes", "order_sync_feed.identity"];
  await user.query("create schema backup");
  for (const table of kept) await user.query(`create table backup.${table.split(".").at(-1)} as table ${table}`);
  return async () => {
    await user.query("drop schema order_sync_feed cascade");
    await user.query("drop table order_lines, orders");
    for (const statement of erpTables("postgres")) await user.query(statement);
    await installChangeLog(sqlConfigSchema.parse(erpConfig(url)));
    for (const table of kept) {
      // The rows of the log come last, and take the place of those that loading the tables has just made.
      if (table.includes(".")) await user.query(`delete from ${table}`);
      await user.query(`insert into ${table} overriding system value select * from backup.${table.split(".").at(-1)}`);
    }
  };
}

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});

afterAll(async () => {
  await server?.stop();
});

describe.skipIf(server === undefined)(reason, () => {
  externalContract("SQL adapter on PostgreSQL", { seesDeletes: true, deletes: true, restores: true }, erp);

  const bench: SqlBench = {
    dialect: "postgres",
    database: async () => {
      const url = (await server?.scratch()) ?? "";
      return { url, session: await session(url) };
    },
    closeLater: (close) => {
      closing.push(close);
    },
  };
  sqlBehavior("PostgreSQL", bench);
  sqlSourceBehavior("PostgreSQL", bench);

  sqlRights(bench);
  sqlWrites("PostgreSQL", bench);
  surveyBehavior({
    database: async () => {
      const url = (await server?.scratch()) ?? "";
      return { url, session: await session(url) };
    },
  });

  describe("a PostgreSQL ERP", () => {
    async function ordersErp(): Promise<{ url: string; user: ErpSession; config: SqlConfigInput }> {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      for (const statement of erpTables("postgres")) await user.query(statement);
      const config = erpConfig(url);
      await installChangeLog(sqlConfigSchema.parse(config));
      return { url, user, config };
    }

    const open = async (config: SqlConfigInput) => {
      const external = await openExternal(sqlConfigSchema.parse(config));
      closing.push(() => external.close());
      return external;
    };

    it("loses nothing to a transaction that started early and commits late", async () => {
      const { url, user, config } = await ordersErp();
      const external = await open(config);
      const slow = await session(url);
      const start = await drain(external, null);

      await slow.query("begin");
      await slow.query("insert into orders (id, amount) values (1, 1)");
      await user.query("insert into orders (id, amount) values (2, 1)");
      const during = await drain(external, start.cursor);
      await slow.query("commit");
      const after = await drain(external, during.cursor);

      const seen = [...during.changes, ...after.changes].map((change) => change.naturalKey.join());
      expect(seen.sort()).toEqual(["1", "2"]);
      expect((await drain(external, after.cursor)).changes).toEqual([]);
    });

    it("loses nothing to a transaction that was open when the first reading began", async () => {
      const { url, config } = await ordersErp();
      const external = await open(config);
      const slow = await session(url);
      await slow.query("begin");
      await slow.query("insert into orders (id, amount) values (1, 1)");

      const first = await drain(external, null);
      await slow.query("commit");

      expect(first.changes).toEqual([]);
      expect((await drain(external, first.cursor)).changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
    });

    describe("whose transactions and rights are somebody else's", () => {
      it("says which open transaction holds changes back, for how long and how many, until it ends", async () => {
        const { url, user, config } = await ordersErp();
        const external = await open(config);
        const { cursor } = await drain(external, null);
        const slow = await session(url);
        await slow.query("set application_name = 'month end'");
        await slow.query("begin");
        await slow.query("create temporary table busy (id int)");
        await user.query("insert into orders (id, amount) values (1, 1), (2, 1)");

        const page = await external.changes("orders", cursor, 100);
        const [{ pid } = {}] = await slow.query("select pg_backend_pid() as pid");
        await slow.query("commit");
        const after = await external.changes("orders", page.cursor, 100);

        expect(page.changes).toEqual([]);
        expect(page.wait).toEqual({
          changes: 2,
          ageMs: expect.any(Number),
          holder: { pid, application: "month end", user: "postgres", state: "idle in transaction" },
        });
        expect(after.changes).toHaveLength(2);
        expect(after.wait).toBeUndefined();
      });

      it("does not call it waiting when nothing is held back", async () => {
        const { url, config } = await ordersErp();
        const external = await open(config);
        const { cursor } = await drain(external, null);
        const slow = await session(url);
        await slow.query("begin");
        await slow.query("create temporary table busy (id int)");

        expect((await external.changes("orders", cursor, 100)).wait).toBeUndefined();
        await slow.query("rollback");
      });

      it("reads with a login that may only read, deletes nothing, and says so once", async () => {
        const { url, user, config } = await ordersErp();
        const name = `reader_${Date.now()}`;
        await user.query(`create role ${name} login password 'p'`);
        await user.query(`alter role ${name} set default_transaction_read_only = on`);
        await user.query(`grant usage on schema order_sync_feed to ${name}`);
        await user.query(`grant select on all tables in schema public, order_sync_feed to ${name}`);
        const reader = new URL(url);
        reader.username = name;
        reader.password = "p";
        const external = await open({ ...config, url: String(reader) });
        const first = await drain(external, (await external.start?.("orders")) ?? null);
        await external.acknowledge?.("orders", first.cursor);
        await user.query("insert into orders (id, amount) values (1, 1)");
        const second = await drain(external, first.cursor);
        await external.acknowledge?.("orders", second.cursor);

        expect(await external.check()).toEqual([]);
        expect(second.changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
        expect(external.notices?.()).toEqual([
          {
            code: "LOG_READ_ONLY",
            message: expect.stringMatching(/may only read.*INSERT, UPDATE, DELETE on order_sync_feed.readers/),
          },
        ]);
        expect(await user.query("select * from order_sync_feed.changes")).toHaveLength(2);
        await user.query(`drop owned by ${name}`);
      });
    });

    it("reads lines in the order of their transactions, also where the numbers get another digit", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      const { cursor } = await drain(external, null);
      const [{ digits } = {}] = await user.query("select length(pg_current_xact_id()::text) as digits");
      // Lines as transactions on both sides of a power of ten would have written them; long past, so none is open.
      const low = Number("9".repeat(Number(digits) - 1));
      const from = JSON.parse(cursor) as { readonly log: object };
      await user.query("delete from order_sync_feed.changes");
      for (const [id, xid] of [
        [1, low - 1],
        [2, low],
        [3, low + 1],
        [4, low + 2],
      ] as const)
        await user.query(
          "insert into order_sync_feed.changes (collection, natural_key, op, xid) values ('erp:orders', ?, 'put', ?::text::xid8)",
          [`["${id}"]`, String(xid)],
        );
      const start = { ...from, log: { xid: "3", seq: "0", mark: null } };

      const { changes } = await drain(external, JSON.stringify(start), 1);

      expect(changes.map((change) => change.naturalKey.join())).toEqual(["1", "2", "3", "4"]);
    });

    it("reads everything again after its triggers were switched off and on", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      await user.query("insert into orders (id, amount) values (1, 1)");
      const { cursor } = await drain(external, null);
      const triggers = await user.query(
        "select tgname as name from pg_trigger where tgrelid = 'orders'::regclass and tgname like 'order_sync%'",
      );
      for (const { name } of triggers) await user.query(`alter table orders disable trigger ${String(name)}`);
      await user.query("delete from orders");
      for (const { name } of triggers) await user.query(`alter table orders enable always trigger ${String(name)}`);

      const { restarts, changes } = await drain(external, cursor);

      expect(changes).toEqual([]);
      expect(restarts).toEqual([
        { reason: expect.stringContaining("switched off or made again"), deletesMissed: true },
      ]);
    });

    it("reads everything again on another database of the server, though it is a copy", async () => {
      const url = (await server?.database()) ?? "";
      const user = await session(url);
      for (const statement of erpTables("postgres")) await user.query(statement);
      await installChangeLog(sqlConfigSchema.parse(erpConfig(url)));
      await user.query("insert into orders (id, amount) values (1, 1)");
      const external = await openExternal(sqlConfigSchema.parse(erpConfig(url)));
      const { cursor } = await drain(external, null);
      await external.close();
      await closing.pop()?.();
      const copy = new URL(url);
      copy.pathname = `${copy.pathname}_copy`;
      const admin = await session((await server?.scratch()) ?? "");
      await admin.query(`create database ${copy.pathname.slice(1)} template ${new URL(url).pathname.slice(1)}`);

      const { restarts } = await drain(await open(erpConfig(String(copy))), cursor);

      expect(restarts).toEqual([
        { reason: expect.stringContaining("another database"), deletesMissed: true, isAnother: true },
      ]);
    });

    describe("with partitions", () => {
      async function partitioned(changes?: { kind: "column"; column: string; overlapMs: number }) {
        const url = (await server?.scratch()) ?? "";
        const user = await session(url);
        await user.query(
          "create table orders (id int, region text, amount int, primary key (id, region)) partition by list (region)",
        );
        await user.query("create table orders_eu partition of orders for values in ('eu')");
        await user.query("create table orders_us partition of orders for values in ('us')");
        const collection = { table: "orders", key: ["id", "region"], ...(changes && { changes }) };
        const config: SqlConfigInput = { ...erpConfig(url), collections: { orders: collection } };
        await installChangeLog(sqlConfigSchema.parse(config));
        return { user, external: await open(config) };
      }

      it("sees what is written to each of them, and a record that moves from one to the other", async () => {
        const { user, external } = await partitioned();
        const { cursor } = await drain(external, null);

        await user.query("insert into orders values (1, 'eu', 1), (2, 'us', 1)");
        await user.query("insert into orders_us values (3, 'us', 1)");
        await user.query("update orders set region = 'us' where id = 1");
        const { changes, restarts } = await drain(external, cursor);

        expect(changes.map(({ naturalKey, deleted }) => [...naturalKey, deleted])).toEqual([
          ["1", "eu", true],
          ["2", "us", false],
          ["3", "us", false],
          ["1", "us", false],
        ]);
        expect(restarts).toEqual([]);
      });

      it("reads everything again when one is emptied, taken away or added, and knows when nothing can have vanished", async () => {
        const { user, external } = await partitioned();
        await user.query("insert into orders values (1, 'eu', 1), (2, 'us', 1)");
        const first = await drain(external, null);
        await user.query("truncate orders_eu");
        const emptied = await drain(external, first.cursor);
        await user.query("alter table orders detach partition orders_us");
        const taken = await drain(external, emptied.cursor);
        await user.query("alter table orders attach partition orders_us for values in ('us')");
        const added = await drain(external, taken.cursor);

        expect(emptied.restarts).toEqual([
          { reason: expect.stringContaining("its content was replaced"), deletesMissed: true },
        ]);
        expect(taken.restarts).toMatchObject([{ deletesMissed: true }]);
        expect(added.restarts).toEqual([
          { reason: expect.stringContaining("a partition was added"), deletesMissed: false },
        ]);
        expect(added.changes.map((change) => change.naturalKey)).toEqual([["2", "us"]]);
      });

      it("are found by a column too, and TRUNCATE shows there", async () => {
        const url = (await server?.scratch()) ?? "";
        const user = await session(url);
        await user.query("create table orders (id int primary key, amount int)");
        await user.query("insert into orders values (1, 1), (2, 1)");
        const changes = { kind: "column", column: "id", overlapMs: 1000 } as const;
        const external = await open({
          ...erpConfig(url),
          collections: { orders: { table: "orders", key: ["id"], changes } },
        });
        const { cursor } = await drain(external, null);

        await user.query("truncate orders");
        await user.query("insert into orders values (2, 1)");

        expect((await drain(external, cursor)).restarts).toEqual([
          { reason: expect.stringContaining("TRUNCATE"), deletesMissed: true },
        ]);
      });

      it("is refused for a table from which others inherit, with the reason and the way out", async () => {
        const url = (await server?.scratch()) ?? "";
        const user = await session(url);
        for (const statement of erpTables("postgres")) await user.query(statement);
        await user.query("create table old_orders () inherits (orders)");

        await expect(installChangeLog(sqlConfigSchema.parse(erpConfig(url)))).rejects.toMatchObject({
          code: "EXTERNAL_REFUSED",
          message: expect.stringMatching(/old_orders inherits from it.*kind: column/),
        });
        expect((await (await open(erpConfig(url))).check()).map(({ message }) => message)).toContainEqual(
          expect.stringContaining("old_orders inherits"),
        );
      });
    });

    it("is not held up by a transaction in another database of the server", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      const { cursor } = await drain(external, null);
      const elsewhere = await session((await server?.database()) ?? "");
      await elsewhere.query("begin");
      await elsewhere.query("create table busy (id int)");

      await user.query("insert into orders (id, amount) values (1, 1)");

      expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
      await elsewhere.query("rollback");
    });

    it("reads everything again after a TRUNCATE", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      await user.query("insert into orders (id, amount) values (1, 1)");
      const { cursor } = await drain(external, null);

      await user.query("truncate orders cascade");
      await user.query("insert into orders (id, amount) values (2, 1)");

      const { changes } = await drain(external, cursor);
      expect(changes.every((change) => !change.deleted)).toBe(true);
      expect(changes.map((change) => change.naturalKey)).toContainEqual(["2"]);
    });

    it("logs what users write who have no right on the log", async () => {
      const { url, user, config } = await ordersErp();
      const external = await open(config);
      const { cursor } = await drain(external, null);
      await user.query("drop role if exists clerk");
      await user.query("create role clerk");
      await user.query("grant insert on orders to clerk");
      const clerk = await session(url);
      await clerk.query("set role clerk");

      await clerk.query("insert into orders (id, amount) values (1, 1)");

      expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
      await clerk.query("reset role");
      await user.query("revoke all on orders from clerk");
      await user.query("drop role clerk");
    });

    it("notices a trigger that was switched off", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      await user.query("alter table orders disable trigger user");
      expect((await external.check()).map((problem) => problem.message)).toContainEqual(
        expect.stringContaining("switched off"),
      );
    });

    it("spells keys alike in log and reading, whatever the session's settings are", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("create schema sales");
      await user.query(
        "create table sales.slots (at timestamptz, day date, fee numeric(6,2), code char(5), primary key (at, day, fee, code))",
      );
      const config: SqlConfigInput = {
        ...erpConfig(url),
        collections: { orders: { table: "sales.slots", key: ["at", "day", "fee", "code"] } },
      };
      await installChangeLog(sqlConfigSchema.parse(config));
      const external = await open(config);
      const start = await drain(external, null);

      await user.query("insert into sales.slots values ('2026-03-01T00:00:00Z', '2026-03-02', 1.5, 'ab')");

      const { changes } = await drain(external, start.cursor);
      expect(changes).toEqual([{ naturalKey: ["2026-03-01 00:00:00+00", "2026-03-02", "1.50", "ab"], deleted: false }]);
      const records = await external.read("orders", [changes[0]?.naturalKey ?? []]);
      expect(records[0]?.naturalKey).toEqual(changes[0]?.naturalKey);
      expect(records[0]?.fields).toEqual({ at: "2026-03-01T00:00:00Z", day: "2026-03-02", fee: "1.50", code: "ab   " });
    });

    it("spells floats, spans and bytes in keys alike in log and reading", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("set extra_float_digits = -3; set \"IntervalStyle\" = iso_8601; set bytea_output = 'escape'");
      await user.query("create table orders (a float8, b interval, c bytea, primary key (a, b, c))");
      const config = { ...erpConfig(url), collections: { orders: { table: "orders", key: ["a", "b", "c"] } } };
      await installChangeLog(sqlConfigSchema.parse(config));
      const external = await open(config);
      const start = await drain(external, null);

      await user.query("insert into orders values (0.1::float8 + 0.2::float8, '26 hours', '\\x00ff')");

      const { changes } = await drain(external, start.cursor);
      expect(changes).toEqual([{ naturalKey: ["0.30000000000000004", "26:00:00", "\\x00ff"], deleted: false }]);
      expect((await external.read("orders", [changes[0]?.naturalKey ?? []])).length).toBe(1);
      expect((await drain(external, null)).changes).toContainEqual(changes[0]);
    });

    it("gives a record the lines that spell its key in another way, and names it by its own", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("create table orders (no integer primary key, note text)");
      await user.query("create table order_lines (no numeric(10,2), pos integer, sku text, primary key (no, pos))");
      await user.query("insert into orders values (1, 'x'), (2, 'y')");
      await user.query("insert into order_lines values (1, 1, 'P-1'), (2, 1, 'P-2')");
      const lines = { table: "order_lines", parentKey: ["no"], key: ["pos"], columns: ["sku"] };
      const config = { ...erpConfig(url), collections: { orders: { table: "orders", key: ["no"], lines } } };
      await installChangeLog(sqlConfigSchema.parse(config));
      const external = await open(config);
      const { cursor } = await drain(external, null);

      const records = await external.read("orders", [["1"], ["2"]]);
      await user.query("update order_lines set sku = 'P-3' where no = 1");
      await user.query("insert into order_lines values (9, 1, 'nobody''s'), (1.5, 1, 'nobody''s')");

      expect(records.map((record) => record.lines?.map(({ fields }) => fields["sku"]))).toEqual([["P-1"], ["P-2"]]);
      expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
    });

    it("reads beside keys that cannot be of the column's type", async () => {
      const { user, config } = await ordersErp();
      const external = await open(config);
      await user.query("insert into orders (id, amount) values (1, 1)");
      const records = await external.read("orders", [["x"], ["1"], ["99999999999999"], ["1.5"]]);
      expect(records.map((record) => record.naturalKey)).toEqual([["1"]]);
    });

    it("keeps numbers exact and floats short", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query(
        "create table orders (id int primary key, a numeric, b float8, c bigint, d boolean, e timestamp, f real)",
      );
      await user.query(
        "insert into orders values (1, 0.30000000000000000001, 1e-7, 9007199254740993, true, '2026-01-02 03:04:05.678901', 0.1)",
      );
      const external = await open({
        ...erpConfig(url),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      });
      expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({
        id: 1,
        a: "0.30000000000000000001",
        b: "0.0000001",
        c: 9007199254740993n,
        d: true,
        e: "2026-01-02T03:04:05.678901",
        f: "0.1",
      });
    });

    it("waits for a user's open transaction and then finds the record stale", async () => {
      const { url, user, config } = await ordersErp();
      const external = await open(config);
      await user.query("insert into orders (id, amount) values (1, 1)");
      const [record] = await external.read("orders", [["1"]]);
      const slow = await session(url);
      await slow.query("begin");
      await slow.query("update orders set customer = 'theirs'");

      const applying = external.apply([
        {
          opId: "op",
          collection: "orders",
          naturalKey: ["1"],
          expectedVersion: record?.version ?? null,
          change: { kind: "update", fields: { customer: "ours" } },
        },
      ]);
      await slow.query("commit");

      expect(await applying).toEqual([{ kind: "stale", opId: "op" }]);
      expect(await user.query("select customer from orders")).toEqual([{ customer: "theirs" }]);
    });

    it("names who holds a lock, waits for it once, and writes the other records", async () => {
      const { url, user, config } = await ordersErp();
      const external = await open({ ...config, lockWaitMs: 200 });
      await user.query("insert into orders (id, amount) values (1, 1), (2, 1), (3, 1)");
      const clerk = await session(url);
      const [backend] = await clerk.query("select pg_backend_pid() as pid");
      await clerk.query("begin");
      await clerk.query("update orders set customer = 'theirs' where id <> 2");
      const update = (id: string) => ({
        opId: id,
        collection: "orders",
        naturalKey: [id],
        expectedVersion: null,
        change: { kind: "update", fields: { customer: "ours" } } as const,
      });

      const outcomes = await external.apply([update("1"), update("2"), update("3")]);
      const later = await external.apply([update("1")], {
        lockedCollections: new Map([["orders", "an earlier lock"]]),
      });

      expect(outcomes).toMatchObject([
        {
          kind: "locked",
          reason: expect.stringMatching(
            `locked by another program, backend ${String(backend?.["pid"])} \\(.*idle in transaction`,
          ),
        },
        { kind: "done" },
        { kind: "locked", reason: outcomes[0]?.kind === "locked" ? outcomes[0].reason : "" },
      ]);
      expect(later).toMatchObject([{ kind: "locked", reason: "an earlier lock" }]);
      await clerk.query("rollback");
      expect(await external.apply([update("1")])).toMatchObject([{ kind: "done" }]);
    });

    it.each([
      { type: "money", was: "'$1,234.50'", read: "1234.50", given: "99.5", now: "$99.50" },
      { type: "bit", was: "B'1'", read: "1", given: false, now: "0" },
      { type: "shade", was: "'red'", read: "red", given: "blue", now: "blue" },
      { type: "flag", was: "'Y'", read: "Y", given: "N", now: "N" },
      {
        type: "timestamp",
        was: "'2026-03-01 00:00'",
        read: "2026-03-01T00:00:00",
        given: "2026-04-02",
        now: "2026-04-02 00:00:00",
      },
      {
        type: "timestamptz",
        was: "'2026-03-01 00:00Z'",
        read: "2026-03-01T00:00:00Z",
        given: "2026-04-02T10:00:00Z",
        now: "2026-04-02 19:00:00+09",
      },
      { type: "real", was: "1.5", read: "1.5", given: true, now: "1" },
      { type: "jsonb", was: "'true'", read: "true", given: false, now: "false" },
      { type: "numeric(8,3)", was: "1", read: "1.000", given: "2.5", now: "2.500" },
    ])("reads $type and writes it back in its own type", async ({ type, was, read, given, now }) => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("set datestyle = 'ISO'");
      await user.query("create type shade as enum ('red', 'blue')");
      await user.query("create domain flag as char(1) check (value in ('Y', 'N'))");
      await user.query(`create table orders (id int primary key, value ${type})`);
      await user.query(`insert into orders values (1, ${was})`);
      const external = await open({
        ...erpConfig(url),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      });
      expect((await external.read("orders", [["1"]]))[0]?.fields["value"]).toBe(read);
      const change = { kind: "update", fields: { value: given } } as const;
      const operation = { opId: "op", collection: "orders", naturalKey: ["1"], expectedVersion: null, change };
      expect(await external.apply([operation])).toMatchObject([{ kind: "done" }]);
      expect(await user.query("select cast(value as text) as value from orders")).toEqual([{ value: now }]);
    });

    it("tells what its columns can hold", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("create type shade as enum ('red', 'blue')");
      await user.query("create domain amount as numeric(8,2) not null default 0");
      await user.query(
        `create table orders (id int primary key, name varchar(30) not null, code char(3), fee amount, shade shade,
           n serial, made timestamptz default now(), day date, total int generated always as (1) stored, local timestamp)`,
      );
      const external = await open({
        ...erpConfig(url),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      });
      const { fields } = await external.info("orders");
      const plain = { nullable: true, hasDefault: false, generated: false };
      expect(fields).toEqual({
        id: { type: "integer", kind: "number", precision: 9, scale: 0, ...plain, nullable: false },
        name: { type: "character varying(30)", kind: "text", length: 30, ...plain, nullable: false },
        code: { type: "character(3)", kind: "text", length: 3, ...plain },
        fee: { type: "amount", kind: "number", precision: 8, scale: 2, ...plain, nullable: false, hasDefault: true },
        shade: { type: "shade", values: ["red", "blue"], ...plain },
        n: { type: "integer", kind: "number", precision: 9, scale: 0, ...plain, nullable: false, hasDefault: true },
        made: { type: "timestamp with time zone", kind: "moment", ...plain, hasDefault: true },
        day: { type: "date", kind: "date", ...plain },
        total: { type: "integer", kind: "number", precision: 9, scale: 0, ...plain, generated: true, hasDefault: true },
        local: { type: "timestamp without time zone", kind: "localTime", ...plain },
      });
    });

    it("does not know the fate of a write whose connection breaks while it is committed", async () => {
      const { user, config } = await ordersErp();
      await user.query(`create function cut() returns trigger language plpgsql as $$
        begin perform pg_terminate_backend(pg_backend_pid()); return null; end $$`);
      await user.query(
        "create constraint trigger cut after insert on orders deferrable initially deferred for each row execute function cut()",
      );
      const external = await open(config);
      const change = { kind: "create", fields: { amount: "1" } } as const;
      const operation = { opId: "op", collection: "orders", naturalKey: ["1"], expectedVersion: null, change };

      const outcomes = await external.apply([operation]);

      expect(outcomes).toEqual([{ kind: "unknown", opId: "op", reason: expect.any(String) }]);
      expect(await external.read("orders", [["1"]])).toEqual([]);
    });

    it("throws when the connection breaks before anything was committed, and tells what was done before", async () => {
      const { user, config } = await ordersErp();
      await user.query(`create function cut() returns trigger language plpgsql as $$
        begin if new.id > 1 then perform pg_terminate_backend(pg_backend_pid()); end if; return new; end $$`);
      await user.query("create trigger cut before insert on orders for each row execute function cut()");
      const external = await open(config);
      const change = { kind: "create", fields: { amount: "1" } } as const;
      const create = (id: string) => ({
        opId: id,
        collection: "orders",
        naturalKey: [id],
        expectedVersion: null,
        change,
      });

      await expect(external.apply([create("2")])).rejects.toMatchObject({ code: "EXTERNAL_UNREACHABLE" });
      const outcomes = await external.apply([create("1"), create("2"), create("0")]);

      expect(outcomes.map((outcome) => [outcome.opId, outcome.kind])).toEqual([
        ["1", "done"],
        ["2", "unknown"],
        ["0", "unknown"],
      ]);
    });

    describe("that meets other transactions", () => {
      const amount = (id: string, value: string) => ({
        opId: id,
        collection: "orders",
        naturalKey: [id],
        expectedVersion: null,
        change: { kind: "update", fields: { amount: value } } as const,
      });

      /** An ERP in which each write of order 1 takes the advisory locks 1 and 2, in this order. */
      async function crossing() {
        const { url, user, config } = await ordersErp();
        await user.query("insert into orders (id, amount) values (1, 1), (2, 1)");
        await user.query(`create function cross_over() returns trigger language plpgsql as $$
          begin
            if new.id = 1 then perform pg_advisory_xact_lock(1); perform pg_advisory_xact_lock(2); end if;
            return new;
          end $$`);
        await user.query(
          "create trigger cross_over before update on orders for each row execute function cross_over()",
        );
        const [row] = await user.query("select current_database() as name");
        await user.query(`alter database "${String(row?.["name"])}" set deadlock_timeout = '20ms'`);
        const other = await session(url);
        // The other one is never the victim.
        await other.query("set deadlock_timeout = '60s'");
        await other.query("select pg_advisory_lock(2)");
        return { external: await open(config), other };
      }

      it("is tried again when a deadlock ends it, and lands", async () => {
        const { external, other } = await crossing();
        const writing = external.apply([amount("1", "5"), amount("2", "6")]);
        for (;;) {
          const waiting = await other.query("select 1 from pg_locks where locktype = 'advisory' and not granted");
          if (waiting.length > 0) break;
        }
        await other.query("select pg_advisory_lock(1)");
        await other.query("select pg_advisory_unlock_all()");

        expect(await writing).toMatchObject([{ kind: "done" }, { kind: "done" }]);
      });

      it("is given up by name when every try ends in a deadlock, and the others are written", async () => {
        const { external, other } = await crossing();
        let isOver = false;
        const writing = external.apply([amount("1", "5"), amount("2", "6")]).finally(() => {
          isOver = true;
        });
        while (!isOver) {
          await other.query("select pg_advisory_lock(1)");
          await other.query("select pg_advisory_unlock(1)");
        }

        expect(await writing).toMatchObject([
          { kind: "stale", reason: expect.stringMatching(/3 times.*deadlock detected/) },
          { kind: "done" },
        ]);
      });

      it("is refused alone when its statement is canceled, which is no lock", async () => {
        const { user, config } = await ordersErp();
        await user.query("insert into orders (id, amount) values (1, 1), (2, 1)");
        await user.query(`create function slow() returns trigger language plpgsql as $$
          begin
            if new.id = 1 then perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60); end if;
            return new;
          end $$`);
        await user.query("create trigger slow before update on orders for each row execute function slow()");
        const external = await open(config);

        expect(await external.apply([amount("1", "5"), amount("2", "6")])).toMatchObject([
          { kind: "refused", reason: expect.stringMatching(/took too long, or somebody canceled it: .*57014/) },
          { kind: "done" },
        ]);
      });

      it("says what it is when a reading is canceled", async () => {
        const { user, config } = await ordersErp();
        await user.query("insert into orders (id, amount) values (1, 1)");
        await user.query(`create function slow(int) returns int language plpgsql as $$
          begin perform pg_cancel_backend(pg_backend_pid()); perform pg_sleep(60); return $1; end $$`);
        await user.query("create view slow_orders as select id, slow(amount::int) as amount from orders");
        const external = await open({
          ...config,
          collections: { orders: { table: "slow_orders", key: ["id"], changes: { kind: "column", column: "id" } } },
        });

        await expect(external.read("orders", [["1"]])).rejects.toMatchObject({
          code: "EXTERNAL_UNREACHABLE",
          message: expect.stringMatching(/stopped a statement.*took too long, or somebody canceled it/),
        });
      });
    });

    it("refuses to make a record whose key the database assigns", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("create table orders (id int generated always as identity primary key, amount int)");
      const external = await open({
        ...erpConfig(url),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      });
      const change = { kind: "create", fields: { amount: 1 } } as const;
      expect(
        await external.apply([{ opId: "op", collection: "orders", naturalKey: ["1"], expectedVersion: null, change }]),
      ).toEqual([{ kind: "refused", opId: "op", reason: expect.stringContaining('assigns "id"') }]);
    });

    it("is installed where an administrator has made the schema and the installer may make none", async () => {
      const url = (await server?.scratch()) ?? "";
      const admin = await session(url);
      const name = `owner_${Date.now()}`;
      await admin.query(`create role ${name} login password 'p'`);
      await admin.query(`create schema order_sync_feed authorization ${name}`);
      await admin.query(`grant create, usage on schema public to ${name}`);
      const own = new URL(url);
      own.username = name;
      own.password = "p";
      const user = await session(String(own));
      for (const statement of erpTables("postgres")) await user.query(statement);
      expect((await installChangeLog(sqlConfigSchema.parse(erpConfig(String(own))))).installed).toEqual(["orders"]);
    });

    it("keeps its own settings when the URL brings others", async () => {
      const url = (await server?.scratch()) ?? "";
      const user = await session(url);
      await user.query("create table orders (id int primary key, at timestamptz)");
      await user.query("insert into orders values (1, '2026-01-01T00:00:00Z')");
      const external = await open({
        ...erpConfig(`${url}?options=-c%20TimeZone%3DAsia/Tokyo%20-c%20work_mem%3D8MB`),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      });
      expect((await external.read("orders", [["1"]]))[0]?.fields["at"]).toBe("2026-01-01T00:00:00Z");
    });

    it("names the place and not the password when it cannot be reached", async () => {
      const external = await open(erpConfig("postgres://ann:super-secret@127.0.0.1:1/erp"));
      const checking = external.check();
      await expect(checking).rejects.toMatchObject({
        code: "EXTERNAL_UNREACHABLE",
        message: expect.stringContaining("127.0.0.1:1/erp"),
      });
      await expect(checking).rejects.not.toThrow(/super-secret/);

      const url = new URL((await server?.scratch()) ?? "");
      url.password = "super-secret";
      const refused = (await open(erpConfig(String(url)))).check();
      await expect(refused).rejects.toMatchObject({ code: "EXTERNAL_REFUSED", retry: "never" });
      await expect(refused).rejects.not.toThrow(/super-secret/);
    });
  });
});
