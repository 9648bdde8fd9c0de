import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
