import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import { sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog } from "../../../src/external/sql/install.ts";
import { drain, type ExternalDouble, externalContract } from "./contract.ts";
import { sqlBehaviour } from "./sql-behaviour.ts";
import { type ErpSession, erpConfig, erpTables, sqlDouble } from "./sql-double.ts";

let folder = "";
let closing: (() => Promise<void> | void)[] = [];

/** A user's own connection to the ERP. */
function session(path: string): ErpSession & { readonly database: Database.Database } {
  const database = new Database(path, { timeout: 1000 });
  database.exec("pragma foreign_keys = on");
  closing.push(() => void database.close());
  return {
    database,
    query: async (statement, parameters = []) => {
      const prepared = database.prepare(statement);
      // libsql binds JavaScript numbers as REAL.
      const bound = parameters.map((value) => (typeof value === "number" ? BigInt(value) : value));
      if (prepared.reader) return prepared.all(bound) as Record<string, unknown>[];
      prepared.run(bound);
      return [];
    },
  };
}

async function erp(): Promise<ExternalDouble> {
  const path = join(folder, "erp.db");
  const user = session(path);
  for (const statement of erpTables("sqlite")) user.database.exec(statement);
  const double = await sqlDouble(user, erpConfig(`file:${path}`));
  closing.push(() => double.external.close());
  return double;
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-erp-"));
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  rmSync(folder, { recursive: true, force: true });
});

externalContract("SQL adapter on SQLite", { seesDeletes: true, deletes: true }, erp);

sqlBehaviour("SQLite", {
  dialect: "sqlite",
  database: async () => {
    const path = join(folder, "erp.db");
    return { url: `file:${path}`, session: session(path) };
  },
  closeLater: (close) => {
    closing.push(close);
  },
});

describe("an SQLite ERP", () => {
  const open = async (path: string, lockWaitMs = 0) => {
    const external = await openExternal(sqlConfigSchema.parse({ ...erpConfig(`file:${path}`), lockWaitMs }));
    closing.push(() => external.close());
    return external;
  };

  it("is reported when its file does not exist, and no file is made", async () => {
    const path = join(folder, "nowhere.db");
    await expect(open(path)).rejects.toMatchObject({
      code: "EXTERNAL_UNREACHABLE",
      message: `External database ${path} does not exist; correct external.url.`,
    });
    expect(existsSync(path)).toBe(false);
  });

  it("is reported when its file is not SQLite", async () => {
    const path = join(folder, "letter.db");
    writeFileSync(path, "Dear all, ".repeat(200));
    await expect((await open(path)).check()).rejects.toMatchObject({
      code: "EXTERNAL_REFUSED",
      message: expect.stringContaining(path),
    });
  });

  it("is reported as locked when another program writes for longer than the waiting time", async () => {
    const path = join(folder, "erp.db");
    const { database } = session(path);
    for (const statement of erpTables("sqlite")) database.exec(statement);
    const external = await open(path);
    database.exec("begin exclusive");

    const change = { kind: "create", fields: { amount: "1" } } as const;
    const applying = external.apply([
      { opId: "op", collection: "orders", naturalKey: ["1"], change, expectedVersion: null },
    ]);

    await expect(applying).rejects.toMatchObject({
      code: "EXTERNAL_UNREACHABLE",
      retry: "later",
      message: expect.stringContaining("locked by another program"),
    });
    database.exec("rollback");
  });

  it.each(["delete", "wal"])(
    "is left as it was, in journal mode %s, after a wait for it was given up",
    async (journal) => {
      const path = join(folder, "erp.db");
      const { database } = session(path);
      database.exec(`pragma journal_mode = ${journal}`);
      for (const statement of erpTables("sqlite")) database.exec(statement);
      const external = await open(path);
      const create = { kind: "create", fields: { amount: "1" } } as const;
      const write = () =>
        external.apply([
          { opId: "op", collection: "orders", naturalKey: ["1"], change: create, expectedVersion: null },
        ]);
      expect(await external.read("orders", [["1"], ["2"]])).toEqual([]);
      database.exec("begin immediate");
      await expect(write()).rejects.toMatchObject({ code: "EXTERNAL_UNREACHABLE" });
      database.exec("insert into orders (id, amount) values (2, '2'); commit");

      expect(await external.read("orders", [["1"], ["2"]])).toMatchObject([{ naturalKey: ["2"] }]);
      database.exec("update orders set amount = '3'");

      expect(await write()).toMatchObject([{ kind: "done" }]);
      expect(await external.read("orders", [["2"]])).toMatchObject([{ fields: { amount: "3" } }]);
    },
  );

  it("has every change in its feed, whatever its users do", async () => {
    const path = join(folder, "erp.db");
    const user = session(path);
    const { database } = user;
    for (const statement of erpTables("sqlite")) database.exec(statement);
    await installChangeLog(sqlConfigSchema.parse(erpConfig(path)));
    const external = await open(path);
    const id = fc.integer({ min: 1, max: 5 });
    const edit = fc.oneof(
      id.map((one) => `insert or ignore into orders (id, amount) values (${one}, '1')`),
      fc.tuple(id, id).map(([one, amount]) => `update orders set amount = '${amount}' where id = ${one}`),
      fc
        .tuple(id, id)
        .map(
          ([from, to]) =>
            `update or ignore orders set id = ${to} where id = ${from} and id not in (select order_id from order_lines)`,
        ),
      id.map((one) => `delete from orders where id = ${one}`),
      fc
        .tuple(id, id)
        .map(([one, no]) => `insert or ignore into order_lines select id, ${no}, 'P', 1 from orders where id = ${one}`),
      fc
        .tuple(id, id)
        .map(([one, quantity]) => `update order_lines set quantity = ${quantity} where order_id = ${one}`),
      fc
        .tuple(id, id)
        .map(
          ([from, to]) =>
            `update or ignore order_lines set order_id = ${to} where order_id = ${from} and ${to} in (select id from orders)`,
        ),
      id.map((no) => `delete from order_lines where no = ${no}`),
    );
    const contents = async (): Promise<ReadonlyMap<string, string>> => {
      const rows = await user.query(
        `select id, amount || ' ' || coalesce((select group_concat(no || ':' || quantity) from
           (select * from order_lines where order_id = o.id order by no)), '') as content from orders o`,
      );
      return new Map(rows.map((row) => [String(row["id"]), String(row["content"])]));
    };
    let cursor = (await drain(external, null)).cursor;

    await fc.assert(
      fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 8 }), async (edits) => {
        const before = await contents();
        for (const statement of edits) database.exec(statement);
        const after = await contents();

        const found = await drain(external, cursor, 3);
        cursor = found.cursor;

        const told = new Set(found.changes.map((change) => change.naturalKey.join()));
        const gone = new Set(
          found.changes.filter((change) => change.deleted).map((change) => change.naturalKey.join()),
        );
        for (const key of new Set([...before.keys(), ...after.keys()])) {
          if (before.get(key) !== after.get(key)) expect(told).toContain(key);
          if (before.has(key) && !after.has(key)) expect(gone).toContain(key);
        }
        for (const key of gone) expect(after.has(key)).toBe(false);
      }),
      { seed: 5, numRuns: 100, endOnFailure: true },
    );
  });

  it("sees what REPLACE writes", async () => {
    const path = join(folder, "erp.db");
    const { database } = session(path);
    for (const statement of erpTables("sqlite")) database.exec(statement);
    const config = sqlConfigSchema.parse(erpConfig(path));
    await installChangeLog(config);
    const external = await open(path);
    database.exec("insert into orders (id, amount) values (1, '1')");
    const { cursor } = await drain(external, null);

    database.exec("replace into orders (id, amount) values (1, '2')");

    expect((await drain(external, cursor)).changes).toEqual([{ naturalKey: ["1"], deleted: false }]);
  });

  it("keeps integers beyond 2^53, decimals of every affinity and texts that look like numbers", async () => {
    const path = join(folder, "erp.db");
    const { database } = session(path);
    database.exec(
      "create table orders (id text primary key, big integer, price real, fee numeric, code text, any_value, flag boolean)",
    );
    const external = await openExternal(
      sqlConfigSchema.parse({
        ...erpConfig(`file:${path}`),
        collections: { orders: { table: "orders", key: ["id"], changes: { kind: "column", column: "id" } } },
      }),
    );
    closing.push(() => external.close());
    const fields = { big: 9007199254740993n, price: "0.1", fee: "12.50", code: "007", any_value: 7, flag: true };

    const outcomes = await external.apply([
      {
        opId: "op",
        collection: "orders",
        naturalKey: ["0001"],
        expectedVersion: null,
        change: { kind: "create", fields },
      },
      {
        opId: "too big",
        collection: "orders",
        naturalKey: ["0002"],
        expectedVersion: null,
        change: { kind: "create", fields: { big: 2n ** 63n } },
      },
    ]);

    expect(outcomes.map((outcome) => outcome.kind)).toEqual(["done", "refused"]);
    expect(await external.read("orders", [["0001"], ["1"]])).toMatchObject([
      {
        naturalKey: ["0001"],
        fields: { big: 9007199254740993n, price: "0.1", fee: "12.5", code: "007", any_value: 7, flag: 1 },
      },
    ]);
  });
});
