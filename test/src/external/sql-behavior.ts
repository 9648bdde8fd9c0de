/** What the SQL adapter does on both dialects beyond the common contract. */
import { describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalCensus, ExternalSystem } from "../../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog, removeChangeLog } from "../../../src/external/sql/install.ts";
import { drain } from "./contract-suite.ts";
import { type ErpSession, erpConfig, erpTables } from "./sql-double.ts";

/** A database of one's own and a way to close what a test opens. */
export interface SqlBench {
  readonly dialect: "sqlite" | "postgres";
  /** An empty database: its URL and a user's session. */
  database(): Promise<{ readonly url: string; readonly session: ErpSession }>;
  closeLater(close: () => Promise<void>): void;
}

type Collection = SqlConfigInput["collections"][string];

/** Runs the tests on one dialect. */
export function sqlBehavior(name: string, bench: SqlBench): void {
  const log = bench.dialect === "sqlite" ? "order_sync_changes" : "order_sync_feed.changes";

  async function open(input: SqlConfigInput, now?: () => number): Promise<ExternalSystem> {
    const external = await openExternal(sqlConfigSchema.parse(input), now === undefined ? {} : { now });
    bench.closeLater(() => external.close());
    return external;
  }

  /** An ERP with the standard tables; with its change log where it uses one. */
  async function erp(
    facts: Partial<Collection> = {},
  ): Promise<{ session: ErpSession; external: ExternalSystem; input: SqlConfigInput }> {
    const { url, session } = await bench.database();
    for (const statement of erpTables(bench.dialect)) await session.query(statement);
    const input = erpConfig(url, facts);
    await installChangeLog(sqlConfigSchema.parse(input));
    return { session, input, external: await open(input) };
  }

  /** What a feed says about its readings of all records, from a position to its end. */
  async function censuses(external: ExternalSystem, limit: number, from: string | null = null) {
    const found: ExternalCensus[] = [];
    let cursor = from;
    for (let more = true; more; ) {
      const page = await external.changes("orders", cursor, limit);
      if (page.census !== undefined) found.push(page.census);
      ({ cursor, more } = page);
    }
    return found;
  }

  async function addOrder(session: ErpSession, id: number, customer = "A"): Promise<void> {
    await session.query("insert into orders (id, customer, amount) values (?, ?, '1.00')", [id, customer]);
  }

  describe(`the SQL adapter's change log on ${name}`, () => {
    it("tells a changed key as a delete of the old and a change of the new one", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const { cursor } = await drain(external, null);

      await session.query("update orders set id = 2 where id = 1");

      expect((await drain(external, cursor)).changes).toEqual([
        { naturalKey: ["1"], deleted: true },
        { naturalKey: ["2"], deleted: false },
      ]);
    });

    it.each([1, 2, 7, 24, 25, 26])("reads every row of a number key once, %i a page", async (limit) => {
      const { session, external } = await erp();
      const ids = Array.from({ length: 25 }, (_, index) => index * 5 + 3);
      for (const id of ids) await addOrder(session, id);

      const { changes } = await drain(external, null, limit);

      expect(changes.map((change) => Number(change.naturalKey[0]))).toEqual(ids);
    });

    it("ends its reading of all records with the database's own count", async () => {
      const { session, external } = await erp();
      for (const id of [1, 2, 10, 11, 3]) await addOrder(session, id);

      expect(await censuses(external, 2)).toEqual([{ named: 5, counted: 5, unnamed: 0 }]);
    });

    it("raises no alarm over rows that come and go between its pages", async () => {
      const { session, external } = await erp();
      for (const id of [1, 2, 10, 11, 30]) await addOrder(session, id);
      const first = await external.changes("orders", null, 2);

      await addOrder(session, 0);
      await session.query("delete from orders where id in (10, 11)");

      expect(await censuses(external, 2, first.cursor)).toEqual([{ named: 4, counted: 4, unnamed: 0 }]);
    });

    it("tells a record deleted with its lines as deleted", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      await session.query("insert into order_lines values (1, 1, 'P', 1)");
      const { cursor } = await drain(external, null);

      await session.query("delete from orders where id = 1");

      expect((await drain(external, cursor, 100)).changes).toContainEqual({ naturalKey: ["1"], deleted: true });
    });

    it("names both records when a line moves from one to the other", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      await addOrder(session, 2);
      await session.query("insert into order_lines values (1, 1, 'P', 1)");
      const { cursor } = await drain(external, null);

      await session.query("update order_lines set order_id = 2");

      expect((await drain(external, cursor)).changes.map((change) => change.naturalKey)).toEqual([["1"], ["2"]]);
    });

    it("loses no change that is made while the first reading is under way", async () => {
      const { session, external } = await erp();
      for (const id of [1, 2, 3]) await addOrder(session, id);
      const first = await external.changes("orders", null, 2);

      await session.query("update orders set customer = 'B' where id = 1");
      await session.query("delete from orders where id = 2");
      const rest = await drain(external, first.cursor, 2);

      expect(rest.changes).toContainEqual({ naturalKey: ["1"], deleted: false });
      expect(rest.changes).toContainEqual({ naturalKey: ["2"], deleted: true });
      expect(rest.changes).toContainEqual({ naturalKey: ["3"], deleted: false });
    });

    it("tells from its start what was deleted before the first reading", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const start = (await external.start?.("orders")) ?? null;

      await session.query("delete from orders where id = 1");

      expect((await drain(external, start)).changes).toEqual([{ naturalKey: ["1"], deleted: true }]);
    });

    it("is pruned below an acknowledged cursor and nowhere else", async () => {
      const { session, external } = await erp();
      const start = await drain(external, null);
      for (const id of [1, 2, 3]) await addOrder(session, id);
      const page = await external.changes("orders", start.cursor, 2);

      await external.acknowledge?.("orders", page.cursor);

      const left = await session.query(`select natural_key from ${log} where op = 'put'`);
      expect(left.map((row) => row["natural_key"])).toEqual(['["2"]', '["3"]']);
      expect((await drain(external, page.cursor)).changes.map((change) => change.naturalKey)).toEqual([["3"]]);
    });

    it("reads everything again when the log was emptied or is another one", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const start = await drain(external, null);
      await addOrder(session, 2);
      const { cursor } = await drain(external, start.cursor);

      await session.query(`delete from ${log}`);

      expect((await drain(external, cursor)).changes.map((change) => change.naturalKey)).toEqual([["1"], ["2"]]);
    });

    it("reads everything again when its triggers had to be made again", async () => {
      const { session, external, input } = await erp();
      await addOrder(session, 1);
      const { cursor } = await drain(external, null);
      await removeTriggers(session);
      await addOrder(session, 2);

      const again = await installChangeLog(sqlConfigSchema.parse(input));

      expect(again.installed).toEqual(["orders"]);
      expect((await drain(external, cursor)).changes.map((change) => change.naturalKey)).toEqual([["1"], ["2"]]);
    });

    it("stops with the remedy when a trigger is missing, and check lists it", async () => {
      const { session, external } = await erp();
      await removeTriggers(session);

      await expect(external.changes("orders", null, 10)).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringContaining("order-sync init"),
      });
      expect(await external.check()).toContainEqual({
        place: "external.collections.orders.changes",
        message: expect.stringMatching(
          /change log of table "orders" and "order_lines" is missing.*--install-change-log/,
        ),
      });
    });

    it("is installed once, renewed when the key changes, and removed without a trace", async () => {
      const { session, input } = await erp();
      const config = sqlConfigSchema.parse(input);
      expect(await installChangeLog(config)).toEqual({ installed: [], unchanged: ["orders"] });

      const other = sqlConfigSchema.parse({
        ...input,
        collections: { orders: { ...config.collections["orders"], key: ["id", "customer"], lines: undefined } },
      });
      await session.query("create unique index orders_key on orders (id, customer)");
      expect((await installChangeLog(other)).installed).toEqual(["orders"]);

      await removeChangeLog(config);
      await addOrder(session, 1);
      await expect(session.query(`select * from ${log}`)).rejects.toThrow(/no such table|does not exist/);
    });

    it("takes a cursor that is not its own as the start", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const { changes } = await drain(external, "another adapter's");
      expect(changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
    });

    async function removeTriggers(session: ErpSession): Promise<void> {
      if (bench.dialect === "postgres") {
        await session.query("drop schema order_sync_feed cascade");
        return;
      }
      for (const { name: trigger } of await session.query("select name from sqlite_master where type = 'trigger'")) {
        await session.query(`drop trigger ${String(trigger)}`);
      }
    }
  });

  describe(`the SQL adapter's column feed on ${name}`, () => {
    const byColumn = { changes: { kind: "column", column: "changed", overlapMs: 1000 } } as const;

    async function columnErp(now: () => number): Promise<{ session: ErpSession; external: ExternalSystem }> {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      await session.query("alter table orders add column changed integer");
      return { session, external: await open(erpConfig(url, byColumn), now) };
    }

    async function add(session: ErpSession, id: number, changed: number | null): Promise<void> {
      await session.query("insert into orders (id, amount, changed) values (?, 1, ?)", [id, changed]);
    }

    const names = (changes: Awaited<ReturnType<typeof drain>>): readonly string[] =>
      changes.changes.map((change) => change.naturalKey.join());

    it("finds a row that was committed late, below the highest value, within the overlap", async () => {
      let nowMs = 0;
      const { session, external } = await columnErp(() => nowMs);
      await add(session, 1, 10);
      await add(session, 2, 30);
      const first = await drain(external, null, 1);

      nowMs = 999;
      await add(session, 3, 20);
      const second = await drain(external, first.cursor, 1);

      expect(names(first)).toEqual(["1", "2"]);
      expect(names(second)).toContain("3");
    });

    it("is silent at rest once the overlap has passed, and goes on from there", async () => {
      let nowMs = 0;
      const { session, external } = await columnErp(() => nowMs);
      await add(session, 1, 10);
      await add(session, 2, null);
      const first = await drain(external, null);
      nowMs = 1000;
      const second = await drain(external, first.cursor);
      expect(names(second)).toEqual([]);

      await add(session, 3, 11);

      expect(names(await drain(external, second.cursor))).toEqual(["3"]);
    });

    it("pages through many rows with the same value", async () => {
      const { session, external } = await columnErp(() => 0);
      for (const id of [1, 2, 9, 10, 100]) await add(session, id, 7);
      expect(names(await drain(external, null, 2))).toEqual(["1", "2", "9", "10", "100"]);
    });

    it.each([1, 2, 3, 4, 5, 9])("reads rows whose column is empty too when it starts, %i a page", async (limit) => {
      let nowMs = 0;
      const { session, external } = await columnErp(() => nowMs);
      for (const id of [1, 9, 10, 100]) await add(session, id, null);
      for (const id of [2, 20, 3]) await add(session, id, 5);

      const first = await drain(external, null, limit);
      nowMs = 1000;
      const rest = await drain(external, first.cursor, limit);

      expect(names(first)).toEqual(["1", "9", "10", "100", "2", "3", "20"]);
      expect(names(rest)).toEqual([]);
    });

    it("reads a settled day again, because more rows may get it", async () => {
      let nowMs = 0;
      const { url, session } = await bench.database();
      const type = bench.dialect === "sqlite" ? "text" : "date";
      await session.query(`create table orders (id integer primary key, changed ${type})`);
      const external = await open(
        { ...erpConfig(url), collections: { orders: { table: "orders", key: ["id"], ...byColumn } } },
        () => nowMs,
      );
      await session.query("insert into orders values (1, '2026-03-01'), (2, '2026-03-02')");
      const first = await drain(external, null);
      nowMs = 1000;
      const second = await drain(external, first.cursor);

      await session.query("insert into orders values (3, '2026-03-02')");
      nowMs = 2000;
      const third = await drain(external, second.cursor);

      expect(names(third)).toEqual(["2", "3"]);
    });

    it("ends its first round, and no later one, with the database's own count", async () => {
      const { session, external } = await columnErp(() => 0);
      for (const id of [1, 2, 10]) await add(session, id, null);
      for (const id of [3, 30, 4]) await add(session, id, 7);
      const { cursor } = await drain(external, null, 2);

      expect(await censuses(external, 2)).toEqual([{ named: 6, counted: 6, unnamed: 0 }]);
      expect(await censuses(external, 2, cursor)).toEqual([]);
    });

    it("raises no alarm over rows that come and go between the pages of its first round", async () => {
      const { session, external } = await columnErp(() => 0);
      for (const id of [1, 2, 10]) await add(session, id, 7);
      const first = await external.changes("orders", null, 2);
      await add(session, 0, 1);

      expect(await censuses(external, 2, first.cursor)).toEqual([{ named: 4, counted: 4, unnamed: 0 }]);
    });

    it("needs no trigger and no table of ours", async () => {
      const { external } = await columnErp(() => 0);
      expect(await external.check()).toEqual([]);
    });
  });

  describe(`the SQL adapter's tables on ${name}`, () => {
    it("takes composite keys and names that need quotes", async () => {
      const { url, session } = await bench.database();
      await session.query(
        `create table "Order Details" ("Order ID" integer, "Région" varchar(10), "a""b" text, primary key ("Order ID", "Région"))`,
      );
      const input = erpConfig(url);
      const config: SqlConfigInput = {
        ...input,
        collections: { orders: { table: "Order Details", key: ["Région", "Order ID"] } },
      };
      await installChangeLog(sqlConfigSchema.parse(config));
      const external = await open(config);
      const fields = { 'a"b': "x" };
      const create = { kind: "create", fields } as const;
      const keys = [
        ["Île", "1"],
        ["Île", "2"],
        ["O'Hare", "1"],
      ];

      const outcomes = await external.apply(
        keys.map((naturalKey, index) => ({
          opId: String(index),
          collection: "orders",
          naturalKey,
          change: create,
          expectedVersion: null,
        })),
      );

      expect(outcomes.map((outcome) => outcome.kind)).toEqual(["done", "done", "done"]);
      const { changes, cursor } = await drain(external, null, 1);
      const names = keys.map((key) => key.join("|")).sort();
      expect(changes.map((change) => change.naturalKey.join("|")).sort()).toEqual(names);
      const records = await external.read("orders", [...keys, ["Île", "3"], ["only one part"]]);
      expect(records.map((record) => record.naturalKey.join("|")).sort()).toEqual(names);
      expect(records[0]?.fields).toMatchObject(fields);
      await session.query(`delete from "Order Details" where "Order ID" = 2`);
      expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["Île", "2"], deleted: true }]);
    });

    it("lists every name that does not exist, with the near one", async () => {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      const input: SqlConfigInput = {
        ...erpConfig(url),
        collections: {
          orders: {
            table: "Orders",
            key: ["id"],
          },
          invoices: { table: "invoices", key: ["id"] },
          lines: {
            table: "orders",
            key: ["ID"],
            columns: ["customer", "photo"],
            lines: { table: "order_lines", parentKey: ["order"], key: ["product"] },
            changedAt: "when",
          },
        },
      };

      const problems = (await (await open(input)).check()).map((problem) => `${problem.place}: ${problem.message}`);

      expect(problems).toEqual([
        expect.stringMatching(/orders\.table: .* has no table "Orders" \(there is "orders"/),
        expect.stringMatching(/invoices\.table: .* has no table "invoices"$/),
        expect.stringMatching(/lines\.key: table "orders" has no column "ID" \(there is "id"/),
        expect.stringMatching(/lines\.parentKey: table "order_lines" has no column "order"/),
        expect.stringMatching(/lines\.lines\.key: \(order, product\) is not unique in table "order_lines"/),
        expect.stringMatching(/lines\.changedAt: table "orders" has no column "when"$/),
        expect.stringMatching(/lines\.columns: column "photo" is binary/),
      ]);
    });

    it("refuses a view for the change log and reads it by a column", async () => {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      await session.query("create view big_orders as select * from orders");
      const view = { table: "big_orders", key: ["id"] };
      const logged = await open({ ...erpConfig(url), collections: { orders: view } });
      const columned = await open({
        ...erpConfig(url),
        collections: { orders: { ...view, changes: { kind: "column", column: "id" } } },
      });

      expect((await logged.check())[0]?.message).toContain("is a view");
      expect(await columned.check()).toEqual([]);
    });

    it("refuses a record that the database's own rules refuse, and undoes all of it", async () => {
      const { session, input } = await erp();
      const external = await open({ ...input, emptyForNull: false });
      await addOrder(session, 1, "before");
      const write = (fields: Record<string, string | null>, line: Record<string, string> = { product: "P" }) =>
        external.apply([
          {
            opId: "op",
            collection: "orders",
            naturalKey: ["1"],
            expectedVersion: null,
            change: { kind: "update", fields, lines: [{ kind: "put", naturalKey: ["1"], fields: line }] },
          },
        ]);

      const missing = await write({ customer: "after", amount: null });
      const keyed = await write({ id: "2" });
      const badLine = await write({ customer: "after" }, { color: "red" });

      expect(missing[0]).toMatchObject({ kind: "refused", reason: expect.stringMatching(/not.null/i) });
      expect(keyed[0]).toMatchObject({ kind: "refused", reason: expect.stringContaining("part of the key") });
      expect(badLine[0]).toMatchObject({ kind: "refused", reason: expect.stringContaining('no column "color"') });
      expect(await session.query("select customer from orders")).toEqual([{ customer: "before" }]);
      expect(await session.query("select * from order_lines")).toEqual([]);
    });

    it("increments a version column where it is told to, and uses it for conditional writes", async () => {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      await session.query("alter table orders add column row_version integer not null default 1");
      const input = erpConfig(url, {
        version: { column: "row_version", increment: true },
        changes: { kind: "column", column: "row_version" },
      });
      const external = await open(input);
      await addOrder(session, 1);
      const update = (expectedVersion: string) => ({
        opId: "op",
        collection: "orders",
        naturalKey: ["1"],
        expectedVersion,
        change: { kind: "update", fields: { customer: "ours" } } as const,
      });

      expect(await external.apply([update("1")])).toEqual([{ kind: "done", opId: "op", version: "2" }]);
      expect(await external.apply([update("1")])).toEqual([{ kind: "stale", opId: "op" }]);
    });

    it("refuses to make a record under a key that the table spells in another way", async () => {
      const { session, external } = await erp();
      const change = { kind: "create", fields: { amount: "1" } } as const;

      const outcomes = await external.apply([
        { opId: "op", collection: "orders", naturalKey: ["007"], expectedVersion: null, change },
      ]);

      expect(outcomes[0]).toMatchObject({
        kind: "refused",
        reason: expect.stringContaining("stores the key 007 as 7"),
      });
      expect(await session.query("select id from orders")).toEqual([]);
    });

    it("tells who changed a record and when, as a canonical instant", async () => {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      const type = bench.dialect === "sqlite" ? "text" : "timestamptz";
      await session.query("alter table orders add column changed_by text");
      await session.query(`alter table orders add column changed_at ${type}`);
      await session.query(
        "insert into orders (id, amount, changed_by, changed_at) values (1, 1, 'ann', '2026-03-01 10:00:00.5+02:00'), (2, 1, null, null)",
      );
      const external = await open(
        erpConfig(url, {
          changedBy: "changed_by",
          changedAt: "changed_at",
          changes: { kind: "column", column: "changed_at" },
        }),
      );

      const records = await external.read("orders", [["1"], ["2"]]);

      expect(records.map((record) => [record.changedBy, record.changedAt])).toEqual([
        ["ann", "2026-03-01T08:00:00.500Z"],
        [null, null],
      ]);
    });

    it("sees a table that was altered while it is open", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      await external.read("orders", [["1"]]);
      await session.query("alter table orders rename column customer to buyer");

      await expect(external.read("orders", [["1"]])).rejects.toMatchObject({ code: "EXTERNAL_REFUSED" });
      await expect(external.read("orders", [["1"]])).rejects.toMatchObject({
        message: expect.stringContaining('no column "customer"'),
      });
    });

    it("gives the column types for messages", async () => {
      const { external } = await erp();
      const info = await external.info("orders");
      expect(Object.keys(info.fields ?? {})).toEqual(["id", "customer", "amount"]);
      expect(info.lineFields).toMatchObject({ quantity: { type: "bigint" } });
    });
  });
}
