import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach } from "vitest";
import { type ExternalDouble, externalContract } from "./contract.ts";
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
