/** That a position is used only on the source that issued it (I15), on both dialects. */
import { describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalChangePage, ExternalSystem } from "../../../src/external/port.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog, removeChangeLog } from "../../../src/external/sql/install.ts";
import { drain } from "./contract-suite.ts";
import type { SqlBench } from "./sql-behavior.ts";
import { type ErpSession, erpConfig, erpTables } from "./sql-double.ts";

/** Runs the tests on one dialect. */
export function sqlSourceBehavior(name: string, bench: SqlBench): void {
  const postgres = bench.dialect === "postgres";
  const log = postgres ? "order_sync_feed.changes" : "order_sync_changes";
  const readers = postgres ? "order_sync_feed.readers" : "order_sync_readers";

  async function open(input: SqlConfigInput, now?: () => number): Promise<ExternalSystem> {
    const external = await openExternal(sqlConfigSchema.parse(input), now === undefined ? {} : { now });
    bench.closeLater(() => external.close());
    return external;
  }

  async function erp(): Promise<{ session: ErpSession; external: ExternalSystem; input: SqlConfigInput }> {
    const { url, session } = await bench.database();
    for (const statement of erpTables(bench.dialect)) await session.query(statement);
    const input = erpConfig(url);
    await installChangeLog(sqlConfigSchema.parse(input));
    return { session, input, external: await open(input) };
  }

  async function addOrder(session: ErpSession, id: number): Promise<void> {
    await session.query("insert into orders (id, customer, amount) values (?, 'A', '1.00')", [id]);
  }

  /** The first page behind a position that must not be used any more. */
  async function restarted(external: ExternalSystem, cursor: string): Promise<ExternalChangePage> {
    const page = await external.changes("orders", cursor, 100);
    expect(page.restart).toBeDefined();
    expect((await external.changes("orders", page.cursor, 100)).restart).toBeUndefined();
    return page;
  }

  const keys = (page: Pick<ExternalChangePage, "changes">): readonly string[] =>
    page.changes.map((change) => change.naturalKey.join());

  describe(`the position of the SQL adapter's change log on ${name}`, () => {
    it("is not used on a log that was emptied: everything is read again, and deletions may have been missed", async () => {
      const { session, external } = await erp();
      for (const id of [1, 2]) await addOrder(session, id);
      const { cursor } = await drain(external, null);

      await session.query("delete from orders where id = 1");
      await session.query(`delete from ${log}`);
      const page = await restarted(external, cursor);

      expect(keys(page)).toEqual(["2"]);
      expect(page.restart).toEqual({
        reason: expect.stringContaining("emptied or pruned"),
        deletesMissed: true,
        isAnother: true,
      });
    });

    it("is not used on a log that was removed and made again, also when that one is longer", async () => {
      const { session, external, input } = await erp();
      await addOrder(session, 1);
      const { cursor } = await drain(external, null);

      await removeChangeLog(sqlConfigSchema.parse(input));
      await installChangeLog(sqlConfigSchema.parse(input));
      for (const id of [2, 3, 4, 5]) await addOrder(session, id);
      const page = await restarted(external, cursor);

      expect(keys(page)).toEqual(["1", "2", "3", "4", "5"]);
      expect(page.restart?.reason).toContain("change log is not the one");
    });

    it("of an older state is used while the log still holds what came after it, and no longer", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const old = await drain(external, null);
      await addOrder(session, 2);
      await session.query("delete from orders where id = 1");
      const later = await drain(external, old.cursor);

      expect((await external.changes("orders", old.cursor, 100)).restart).toBeUndefined();
      await external.acknowledge?.("orders", later.cursor);

      expect(keys(await restarted(external, old.cursor))).toEqual(["2"]);
    });

    it("tells the deletions that were logged before a gap, then reads everything again", async () => {
      const { session, external, input } = await erp();
      for (const id of [1, 2]) await addOrder(session, id);
      const { cursor } = await drain(external, null);
      await session.query("delete from orders where id = 1");
      const collection = `${sqlConfigSchema.parse(input).name}:orders`;
      await session.query(`insert into ${log} (collection, natural_key, op) values (?, '[]', 'reset')`, [collection]);

      const first = await external.changes("orders", cursor, 100);
      const second = await external.changes("orders", first.cursor, 100);

      expect(first.changes).toEqual([{ naturalKey: ["1"], deleted: true }]);
      expect(first.restart).toBeUndefined();
      expect(keys(second)).toEqual(["2"]);
      expect(second.restart).toMatchObject({ deletesMissed: true });
    });

    it("is not used on a table that a rename has put in the place of the old one", async () => {
      const { session, external, input } = await erp();
      for (const id of [1, 2]) await addOrder(session, id);
      const { cursor } = await drain(external, null);
      await session.query("create table orders_new (id integer primary key, customer text, amount text not null)");
      await session.query("insert into orders_new select id, customer, cast(amount as text) from orders where id > 1");
      await session.query("alter table orders rename to orders_old");
      await session.query("alter table orders_new rename to orders");

      await expect(external.changes("orders", cursor, 100)).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringMatching(/watches table .*orders_old.*swapped.*order-sync init --install-change-log/),
      });
      await installChangeLog(sqlConfigSchema.parse(input));
      const page = await restarted(external, cursor);

      expect(keys(page)).toEqual(["2"]);
      expect(page.restart?.deletesMissed).toBe(true);
    });

    it("is not used when the configuration names another table, or another key", async () => {
      const { session, external, input } = await erp();
      await addOrder(session, 1);
      const { cursor } = await drain(external, null);
      await session.query("create table shop_orders (no integer primary key, customer text, amount text not null)");
      await session.query("insert into shop_orders values (7, 'B', '1.00')");
      const other = { ...input, collections: { orders: { table: "shop_orders", key: ["no"] } } };
      await installChangeLog(sqlConfigSchema.parse(other));

      const page = await restarted(await open(other), cursor);

      expect(keys(page)).toEqual(["7"]);
      expect(page.restart?.deletesMissed).toBe(true);
    });

    it("of another feed or an earlier version starts again and says so", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const column = JSON.stringify({ feed: "column", low: "10", settling: null, page: null });

      expect((await restarted(external, column)).restart?.reason).toContain("not one of the change log");
      expect((await restarted(external, "another adapter's")).restart?.deletesMissed).toBe(true);
    });

    it("of an earlier version that has no signs is read on, and gets them", async () => {
      const { session, external } = await erp();
      await addOrder(session, 1);
      const { cursor } = await drain(external, null);
      const { source: signs, reader: _reader, ...plain } = JSON.parse(cursor) as Record<string, unknown>;
      await addOrder(session, 2);

      const page = await external.changes("orders", JSON.stringify(plain), 100);

      expect(page.restart).toBeUndefined();
      expect(keys(page)).toEqual(["2"]);
      expect(JSON.parse(page.cursor)).toMatchObject({ source: signs });
    });
  });

  describe(`two connectors on one change log on ${name}`, () => {
    it("have a position each, and neither deletes what the other has not read", async () => {
      const { session, external, input } = await erp();
      const other = await open(input);
      const mine = await drain(external, (await external.start?.("orders")) ?? null);
      const theirs = await drain(other, (await other.start?.("orders")) ?? null);
      for (const id of [1, 2]) await addOrder(session, id);
      await session.query("delete from orders where id = 1");
      const next = await drain(external, mine.cursor);
      await external.acknowledge?.("orders", next.cursor);

      const { changes, cursor, restarts } = await drain(other, theirs.cursor);
      expect(changes).toContainEqual({ naturalKey: ["1"], deleted: true });
      expect(restarts).toEqual([]);
      await other.acknowledge?.("orders", cursor);

      expect(await session.query(`select natural_key from ${log} where op <> 'delete'`)).toHaveLength(0);
    });

    it("forget one that has stayed away for two weeks, and say so; it reads everything again when it comes back", async () => {
      const { session, external, input } = await erp();
      const other = await open(input);
      const theirs = await drain(other, (await other.start?.("orders")) ?? null);
      const past = postgres ? "now() - interval '15 days'" : "'2020-01-01T00:00:00.000Z'";
      await session.query(`update ${readers} set seen_at = ${past}`);
      await addOrder(session, 1);
      const mine = await drain(external, (await external.start?.("orders")) ?? null);
      await external.acknowledge?.("orders", mine.cursor);
      await addOrder(session, 2);
      const next = await drain(external, mine.cursor);
      await external.acknowledge?.("orders", next.cursor);

      expect(external.notices?.().map(({ message }) => message)).toEqual([
        expect.stringMatching(/another connector that read the changes of orders .* was last seen/),
      ]);
      expect(keys(await restarted(other, theirs.cursor))).toEqual(["1", "2"]);
    });

    it("may be two objects of one connector: each has a position of its own", async () => {
      const { session, external } = await erp();
      const products = await drain(external, (await external.start?.("orders")) ?? null);
      const prices = await drain(external, (await external.start?.("orders")) ?? null);
      await addOrder(session, 1);
      await external.acknowledge?.("orders", (await drain(external, products.cursor)).cursor);

      const { changes, restarts } = await drain(external, prices.cursor);

      expect([changes.length, restarts]).toEqual([1, []]);
    });

    it("write nothing into the log at rest", async () => {
      const { external, session } = await erp();
      const { cursor } = await drain(external, null);
      await external.acknowledge?.("orders", cursor);
      const before = await session.query(`select seen_at from ${readers}`);

      await external.acknowledge?.("orders", (await drain(external, cursor)).cursor);

      expect(await session.query(`select seen_at from ${readers}`)).toEqual(before);
    });

    it("read on, and delete nothing, where an earlier version has made the log, with the advice to bring it up to date", async () => {
      const { session, external, input } = await erp();
      const start = await drain(external, null);
      await session.query(`drop table ${readers}`);
      await session.query(`drop table ${postgres ? "order_sync_feed.identity" : "order_sync_identity"}`);
      for (const id of [1, 2]) await addOrder(session, id);

      const { cursor, changes } = await drain(external, start.cursor);
      await external.acknowledge?.("orders", cursor);

      expect(changes).toHaveLength(2);
      expect(await session.query(`select * from ${log}`)).toHaveLength(3);
      expect(external.notices?.()).toEqual([
        { code: "LOG_OLDER", message: expect.stringContaining("order-sync init --install-change-log") },
      ]);
      expect(await installChangeLog(sqlConfigSchema.parse(input))).toEqual({ installed: [], unchanged: ["orders"] });
      expect((await drain(external, cursor)).restarts).toEqual([]);
    });
  });

  describe(`the position of the SQL adapter's column feed on ${name}`, () => {
    const byColumn = { changes: { kind: "column", column: "changed", overlapMs: 1000 } } as const;

    async function columnErp(): Promise<{
      session: ErpSession;
      external: ExternalSystem;
      input: SqlConfigInput;
      clock: { nowMs: number };
    }> {
      const { url, session } = await bench.database();
      for (const statement of erpTables(bench.dialect)) await session.query(statement);
      await session.query("alter table orders add column changed integer");
      const clock = { nowMs: 0 };
      const input = erpConfig(url, byColumn);
      return { session, input, clock, external: await open(input, () => clock.nowMs) };
    }

    const add = (session: ErpSession, id: number, changed: number) =>
      session.query("insert into orders (id, amount, changed) values (?, 1, ?)", [id, changed]);

    it("is not used when no record is as high as the settled value: an older backup was put back", async () => {
      const { session, external, clock } = await columnErp();
      for (const id of [1, 2, 3]) await add(session, id, id * 10);
      const first = await drain(external, null);
      clock.nowMs = 1000;
      const { cursor } = await drain(external, first.cursor);

      await session.query("delete from orders where id = 3");
      await session.query("update orders set customer = 'older' where id = 2");
      const page = await restarted(external, cursor);

      expect(keys(page)).toEqual(["1", "2"]);
      expect(page.restart).toMatchObject({ reason: expect.stringContaining("as high as before"), deletesMissed: true });
    });

    it("does not settle at a value that is gone before it has settled", async () => {
      const { session, external, clock } = await columnErp();
      for (const id of [1, 2]) await add(session, id, id * 10);
      const first = await drain(external, null);
      await session.query("delete from orders where id = 2");
      clock.nowMs = 999;
      const second = await drain(external, first.cursor);
      clock.nowMs = 1500;
      const third = await drain(external, second.cursor);

      await add(session, 3, 15);
      clock.nowMs = 5000;

      expect(keys(await drain(external, third.cursor))).toContain("3");
    });

    it.each([
      [
        "a position that stands behind records",
        async (external: ExternalSystem) => (await drain(external, null)).cursor,
      ],
      [
        "the position before the first reading",
        async (external: ExternalSystem) => (await external.start?.("orders")) ?? "",
      ],
    ])("is not used for another column: %s", async (_, positionOf) => {
      const { session, external, input, clock } = await columnErp();
      await add(session, 1, 10);
      const cursor = await positionOf(external);
      const changes = { kind: "column", column: "id", overlapMs: 1000 } as const;
      const other = {
        ...input,
        collections: { orders: { ...input.collections["orders"], table: "orders", key: ["id"], changes } },
      };

      const page = await restarted(await open(other, () => clock.nowMs), cursor);

      expect(keys(page)).toEqual(["1"]);
      expect(page.restart?.reason).toContain('by column "changed"');
    });
  });
}
