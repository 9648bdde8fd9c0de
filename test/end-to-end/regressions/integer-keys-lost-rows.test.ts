/**
 * A table whose key is a number was paged by text order, and rows fell between the pages: the run ended well, and neither
 * the next run nor a sweep missed anything. Through the commands, as a user would see it.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { type Instruction, say } from "../../src/cli/shop.ts";
import { KEY_FIELD, keyFields } from "../../support/erp-mapping.ts";

/** More than two pages of a feed, and more digits on one side than on the other. */
const ROWS = 2_150;

let folder: string;
let org: MockOrg;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-integers-"));
  org = await createMockOrg({ fields: keyFields() });
  const erp = new Database(join(folder, "erp.db"));
  erp.exec(`create table products (id integer primary key, name text not null, changed integer not null default 1);
    with recursive t(i) as (select 1 union all select i + 1 from t where i < ${ROWS})
    insert into products (id, name) select i, 'Part ' || i from t`);
  erp.close();
});
afterEach(async () => {
  await org.close();
  rmSync(folder, { recursive: true, force: true });
});

async function commands(changes: object): Promise<(...args: readonly string[]) => Promise<Instruction>> {
  const { url } = await org.listen();
  const config = join(folder, "order-sync.json");
  const auth = { kind: "password", username: "admin@mock.org", password: "mock-password" };
  const fields = { Name: "name", ProductCode: "id", IsActive: { constant: true } };
  const Product2 = {
    collection: "products",
    keyField: KEY_FIELD,
    naturalKey: ["id"],
    direction: "toSalesforce",
    fields,
  };
  writeFileSync(
    config,
    JSON.stringify({
      salesforce: { loginUrl: url, auth },
      external: {
        kind: "sql",
        name: "erp",
        url: "file:erp.db",
        collections: { products: { table: "products", key: ["id"], changes } },
      },
      state: { url: "file:state.db" },
      mapping: { source: "erp", objects: { Product2 } },
    }),
  );
  return async (...args) => await say([...args, "--config", config]);
}

describe("a table whose key is a number", () => {
  it.each([
    ["the change log", { kind: "changeLog" }],
    ["a column, with every row tied on one value", { kind: "column", column: "changed" }],
  ])("arrives whole by %s, and a sweep proves it", async (_, changes) => {
    const order = await commands(changes);
    await order("init", "--install-change-log", "--metadata-dir", join(folder, "md"));

    const run = await order("run");
    const sweep = await order("sweep");

    expect(run).toMatchObject({ exit: 0 });
    expect(org.records("Product2").all()).toHaveLength(ROWS);
    expect(sweep).toMatchObject({ exit: 0 });
    expect(sweep.out).toMatch(new RegExp(`\\b${ROWS} records read in \\d+ lists?, as many as both sides count`));
  });
});
