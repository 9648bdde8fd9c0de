/** What `surveyDatabase` has to see in a database of either dialect. */
import { expect, it } from "vitest";
import { surveyDatabase } from "../../../src/external/sql/survey.ts";
import type { ErpSession } from "./sql-double.ts";

/** Makes a database of its own for each test. */
export interface SurveyedDatabase {
  readonly database: () => Promise<{ readonly url: string; readonly session: ErpSession }>;
}

/** The statements that `it` may run one by one on both dialects. */
const TABLES = [
  "create table buyers (id integer primary key, buyer_no varchar(10) not null unique, name text)",
  "create table stores (region text not null, code text not null, primary key (region, code))",
  `create table orders (order_no text primary key, buyer_no varchar(10) references buyers (buyer_no),
     store_code text, store_region text, state text, foreign key (store_region, store_code) references stores (region, code))`,
  "create table notes (txt text)",
  "create unique index notes_by_start on notes (lower(txt))",
  "create view open_orders as select * from orders where state = 'open'",
  "insert into buyers values (1, 'B-1', 'Boats')",
  "insert into orders values ('O-1', 'B-1', null, null, 'open'), ('O-2', 'B-1', null, null, 'done')",
];

/** Registers the tests for one dialect. */
export function surveyBehavior({ database }: SurveyedDatabase): void {
  it("a survey sees keys, foreign keys, row counts and the values of a status", async () => {
    const { url, session } = await database();
    for (const statement of TABLES) await session.query(statement);

    const tables = new Map((await surveyDatabase(url)).map((table) => [table.name, table]));

    expect(tables.get("buyers")).toMatchObject({
      key: ["id"],
      otherKeys: [["buyer_no"]],
      columns: ["id", "buyer_no", "name"],
      references: [],
      rows: 1,
    });
    expect(tables.get("orders")).toMatchObject({
      key: ["order_no"],
      rows: 2,
      statuses: { state: ["done", "open"] },
    });
    const references = tables.get("orders")?.references ?? [];
    expect([...references].sort((left, right) => left.table.localeCompare(right.table))).toEqual([
      { columns: ["buyer_no"], table: "buyers", to: ["buyer_no"] },
      { columns: ["store_region", "store_code"], table: "stores", to: ["region", "code"] },
    ]);
    expect(tables.get("stores")?.key).toEqual(["region", "code"]);
    // A unique expression names no row.
    expect(tables.get("notes")?.key).toEqual([]);
    expect(tables.get("open_orders")).toMatchObject({ key: [], rows: 1 });
  });
}
