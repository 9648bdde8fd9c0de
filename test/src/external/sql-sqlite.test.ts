import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openExternal } from "../../../src/external/open.ts";
import { type SqlConfigInput, sqlConfigSchema } from "../../../src/external/sql/config.ts";
import { installChangeLog } from "../../../src/external/sql/install.ts";
import { drain, type ExternalDouble, externalContract } from "./contract-suite.ts";
import { type SqlBench, sqlBehavior } from "./sql-behavior.ts";
import { type ErpSession, erpConfig, erpTables, sqlDouble } from "./sql-double.ts";
import { sqlSourceBehavior } from "./sql-source-behavior.ts";
import { sqlWrites } from "./sql-writes.ts";
import { surveyBehavior } from "./survey-behavior.ts";

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
  const backUp = async () => {
    const backup = join(folder, "backup.db");
    user.database.exec(`vacuum into '${backup}'`);
    // Another file takes the place, as restoring tools do it.
    return async () => {
      rmSync(path);
      renameSync(backup, path);
    };
  };
  return { ...double, backUp };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-erp-"));
});

afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  rmSync(folder, { recursive: true, force: true });
});

externalContract("SQL adapter on SQLite", { seesDeletes: true, deletes: true, restores: true }, erp);

const bench: SqlBench = {
  dialect: "sqlite",
  database: async () => {
    const path = join(folder, "erp.db");
    return { url: `file:${path}`, session: session(path) };
  },
  closeLater: (close) => {
    closing.push(close);
  },
};
sqlBehavior("SQLite", bench);
sqlSourceBehavior("SQLite", bench);

sqlWrites("SQLite", bench);
describe("an SQLite database", () => {
  surveyBehavior({
    database: async () => {
      const path = join(folder, "survey.db");
      return { url: `file:${path}`, session: session(path) };
    },
  });
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
      expect(await write()).toMatchObject([
        { kind: "locked", reason: expect.stringContaining("locked by another program") },
      ]);
      database.exec("insert into orders (id, amount) values (2, '2'); commit");

      expect(await external.read("orders", [["1"], ["2"]])).toMatchObject([{ naturalKey: ["2"] }]);
      database.exec("update orders set amount = '3'");

      expect(await write()).toMatchObject([{ kind: "done" }]);
      expect(await external.read("orders", [["2"]])).toMatchObject([{ fields: { amount: "3" } }]);
    },
  );

  /** Two tables with a change log, and a feed that has read everything. */
  async function laidOut(statements: string, collection: SqlConfigInput["collections"][string]) {
    const path = join(folder, "erp.db");
    const { database } = session(path);
    database.exec(statements);
    const config = sqlConfigSchema.parse({ ...erpConfig(path), collections: { orders: collection } });
    await installChangeLog(config);
    const external = await openExternal(config);
    closing.push(() => external.close());
    const { cursor, changes } = await drain(external, null);
    return { database, external, cursor, changes };
  }

  it("gives a record the lines whose parent key is another spelling of its key, and names it by its own", async () => {
    const { database, external, cursor } = await laidOut(
      `create table orders (no text collate nocase primary key, note text);
       create table order_lines (no text not null, pos integer not null, sku text, primary key (no, pos));
       insert into orders values ('Ab', 'x'), ('Cd', 'y');
       insert into order_lines values ('AB', 1, 'P-1'), ('Cd', 1, 'P-2')`,
      {
        table: "orders",
        key: ["no"],
        lines: { table: "order_lines", parentKey: ["no"], key: ["pos"], columns: ["sku"] },
      },
    );
    const records = await external.read("orders", [["ab"], ["Cd"]]);
    database.exec("update order_lines set sku = 'P-3' where no = 'AB'");
    database.exec("update orders set no = 'CD' where no = 'Cd'");

    expect(records.map(({ naturalKey, lines }) => [naturalKey, lines])).toEqual([
      [["Ab"], [{ naturalKey: ["1"], fields: { sku: "P-1" } }]],
      [["Cd"], [{ naturalKey: ["1"], fields: { sku: "P-2" } }]],
    ]);
    expect((await drain(external, cursor)).changes).toEqual(
      expect.arrayContaining([
        { naturalKey: ["Ab"], deleted: false },
        { naturalKey: ["Cd"], deleted: true },
        { naturalKey: ["CD"], deleted: false },
      ]),
    );
  });

  it("writes and removes the lines whose parent key is another spelling of the record's key", async () => {
    const { database, external } = await laidOut(
      `create table orders (no text collate nocase primary key, note text);
       create table order_lines (no text not null, pos integer not null, sku text, primary key (no, pos));
       insert into orders values ('Ab', 'x');
       insert into order_lines values ('AB', 1, 'P-1'), ('AB', 2, 'P-2')`,
      {
        table: "orders",
        key: ["no"],
        lines: { table: "order_lines", parentKey: ["no"], key: ["pos"], columns: ["sku"] },
      },
    );

    const outcomes = await external.apply([
      {
        opId: "op",
        collection: "orders",
        naturalKey: ["Ab"],
        expectedVersion: null,
        change: {
          kind: "update",
          fields: {},
          lines: [
            { kind: "put", naturalKey: ["1"], fields: { sku: "P-9" } },
            { kind: "remove", naturalKey: ["2"] },
          ],
        },
      },
    ]);

    expect(outcomes[0]?.kind).toBe("done");
    expect(database.prepare("select no, pos, sku from order_lines").all([])).toEqual([
      { no: "AB", pos: 1, sku: "P-9" },
    ]);
  });

  it("finds keys of a column without a type, whatever they are stored as, and spells floats with all their digits", async () => {
    const { external, changes } = await laidOut(
      `create table orders (no primary key, note text);
       insert into orders values (7, 'number'), ('007', 'text'), (2.5, 'fraction'), (0.1 + 0.2, 'sum'), (0.3, 'short'),
         (x'502d31', 'plain bytes'), (x'00ff', 'bytes')`,
      { table: "orders", key: ["no"] },
    );
    const keys = changes.map(({ naturalKey }) => naturalKey);

    const records = await external.read("orders", keys);

    expect(new Map(records.map(({ naturalKey, fields }) => [naturalKey.join(), fields["note"]]))).toEqual(
      new Map([
        ["7", "number"],
        ["007", "text"],
        ["2.5", "fraction"],
        ["0.30000000000000004", "sum"],
        ["0.3", "short"],
        ["P-1", "plain bytes"],
        ["00ff", "bytes"],
      ]),
    );
    expect(keys).toHaveLength(7);
  });

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
