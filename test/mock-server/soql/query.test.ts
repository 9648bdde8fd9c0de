/** The door of the query language: preparing, paging, child locators, what a query touches, Bulk restrictions. */
import { describe, expect, it } from "vitest";
import { assertBulkQuery, csvHeader, csvRow } from "../../../mock-server/soql/bulk.ts";
import { prepareQuery, runQuery } from "../../../mock-server/soql/query.ts";
import type { RecordSet } from "../../../mock-server/soql/run/serialize.ts";
import { createContext, createDataset } from "./dataset.ts";
import { catalog, createShop, id, stamp } from "./shop.ts";

const context = createShop();

describe("a prepared query", () => {
  it("may run again at another time", () => {
    const prepared = prepareQuery("SELECT COUNT() FROM Order WHERE SystemModstamp = TODAY", context);
    expect(prepared.run(context).totalSize).toBe(10);
    expect(prepared.run({ ...context, nowMs: context.nowMs + 86_400_000 }).totalSize).toBe(0);
  });

  it("makes only the records of the page that is asked for", () => {
    const outcome = runQuery("SELECT OrderNumber FROM Order ORDER BY OrderNumber DESC", context);
    expect(outcome.totalSize).toBe(10);
    expect(outcome.page(8, 5).map((record) => record["OrderNumber"])).toEqual(["00000001", "00000000"]);
    expect(outcome.page(10, 5)).toEqual([]);
  });

  it("keeps the value of a row as it was when the query ran", () => {
    const rows = { Account: [{ Id: id("Account", 1), Name: "Before" }] };
    const outcome = runQuery("SELECT Name FROM Account", createContext(catalog, createDataset(catalog, rows)));
    expect(outcome.page(0, 1)[0]?.["Name"]).toBe("Before");
  });

  it("tells which records FOR VIEW touches", () => {
    expect(runQuery("SELECT Name FROM Account LIMIT 2 FOR VIEW", context).touched).toEqual({
      mode: "view",
      object: "Account",
      ids: [id("Account", 0), id("Account", 1)],
    });
    expect(runQuery("SELECT Name FROM Account LIMIT 2", context).touched).toBeNull();
  });

  it("hides fields that the asking user's catalog does not have", () => {
    const hidden = {
      ...context,
      catalog: { ...catalog, object: (name: string) => (name === "Account" ? undefined : catalog.object(name)) },
    };
    expect(() => runQuery("SELECT Id FROM Account", hidden)).toThrow("sObject type 'Account' is not supported.");
    expect(() => runQuery("SELECT Account.Name FROM Order", hidden)).toThrow(
      "Didn't understand relationship 'Account'",
    );
  });
});

describe("a child set larger than a page", () => {
  const large = createContext(
    catalog,
    createDataset(catalog, {
      Account: [{ Id: id("Account", 1), Name: "Large" }],
      Contact: Array.from({ length: 2_001 }, (_, n) => ({
        Id: id("Contact", n),
        LastName: `C${n}`,
        AccountId: id("Account", 1),
      })),
    }),
  );

  it("gets a locator of its own", () => {
    const kept: [RecordSet, number][] = [];
    const outcome = runQuery("SELECT (SELECT LastName FROM Contacts) FROM Account", large);
    const [record] = outcome.page(0, 1, (set, from) => {
      kept.push([set, from]);
      return "/next";
    });
    expect(record?.["Contacts"]).toMatchObject({ totalSize: 2_001, done: false, nextRecordsUrl: "/next" });
    const [set, from] = kept[0] ?? [];
    expect(set?.page(from ?? 0, 2_000).map((contact) => contact["LastName"])).toEqual(["C2000"]);
  });

  it("of exactly a page has none", () => {
    const outcome = runQuery("SELECT (SELECT LastName FROM Contacts LIMIT 2000) FROM Account", large);
    const [record] = outcome.page(0, 1, () => "/next");
    expect(record?.["Contacts"]).toMatchObject({ totalSize: 2_000, done: true });
  });
});

describe("a Bulk query", () => {
  it("has the header and the cells of its select list, parents with a dot", () => {
    const prepared = prepareQuery(
      "SELECT Id, Account.Name, TotalAmount, SystemModstamp FROM Order WHERE OrderNumber IN ('00000008', '00000009')",
      context,
    );
    assertBulkQuery(prepared);
    expect(csvHeader(prepared)).toEqual(["Id", "Account.Name", "TotalAmount", "SystemModstamp"]);
    expect(prepared.run(context).records.map((record) => csvRow(prepared, record))).toEqual([
      [id("Order", 8), "Acme Branch 8", "12.0", stamp(8).replace("+0000", "Z")],
      [id("Order", 9), "", "13.5", stamp(9).replace("+0000", "Z")],
    ]);
  });

  it.each([
    ["SELECT BillingAddress FROM Account", "Selecting compound data not supported in Bulk Query"],
    ["SELECT (SELECT Id FROM Contacts) FROM Account", "Aggregate Relationships not supported in Bulk V2 Query"],
    ["SELECT COUNT() FROM Account", "Aggregate functions"],
    ["SELECT Status FROM Order GROUP BY Status", "GROUP BY"],
    ["SELECT Id FROM Account OFFSET 1", "OFFSET"],
    ["SELECT FIELDS(ALL) FROM Account LIMIT 200", "not supported with an unbounded set of fields in this API"],
    ["SELECT TYPEOF Owner WHEN User THEN Id END FROM Order", "TYPEOF"],
  ])("is refused: %s", (soql, text) => {
    expect(() => assertBulkQuery(prepareQuery(soql, context))).toThrow(text);
  });
});

describe("limits", () => {
  it("refuses an empty statement and one of more than 100,000 characters", () => {
    expect(() => runQuery(" ", context)).toThrow("SOQL statements cannot be empty or null");
    const statement = (length: number) => "SELECT Id FROM Account".padEnd(length);
    expect(runQuery(statement(100_000), context).totalSize).toBe(10);
    expect(() => runQuery(statement(100_001), context)).toThrow("MALFORMED_QUERY");
  });

  it("answers a statement as long as may be, and parentheses as deep as anybody writes", () => {
    const terms = Array.from({ length: 3_000 }, (_, n) => (n % 2 === 0 ? `Name = 'Acme ${n}'` : `Site LIKE '%${n}'`));
    expect(runQuery(`SELECT Id FROM Account WHERE ${terms.join(" OR ")}`, context).totalSize).toBe(0);
    const deep = `${"(".repeat(400)}Name = 'Acme Branch 1'${")".repeat(400)}`;
    expect(runQuery(`SELECT Id FROM Account WHERE ${deep}`, context).totalSize).toBe(1);
    const tooDeep = `${"(".repeat(600)}Name = 'x'${")".repeat(600)}`;
    expect(() => runQuery(`SELECT Id FROM Account WHERE ${tooDeep}`, context)).toThrow("MALFORMED_QUERY");
    const nots = `${"NOT (".repeat(400)}Name = 'Acme Branch 1'${")".repeat(400)}`;
    expect(runQuery(`SELECT Id FROM Account WHERE ${nots}`, context).totalSize).toBe(1);
  });

  it("refuses a string of more than 4,000 characters", () => {
    const ask = (length: number) => runQuery(`SELECT Id FROM Account WHERE Name = '${"x".repeat(length)}'`, context);
    expect(ask(4_000).totalSize).toBe(0);
    expect(() => ask(4_001)).toThrow("MALFORMED_QUERY");
  });

  it("refuses the twenty-first sub-select", () => {
    const ask = (count: number) => runQuery(`SELECT ${nested(count)} FROM Account`, context);
    expect(ask(20).totalSize).toBe(10);
    expect(() => ask(21)).toThrow("at most 20 sub-selects");
  });

  it("refuses the fifty-sixth parent relationship", () => {
    const paths = ["", "Parent.", "Parent.Parent.", "Parent.Parent.Parent."].flatMap((prefix) =>
      ["Owner", "CreatedBy", "LastModifiedBy", "MasterRecord"].flatMap((name) =>
        name === "MasterRecord"
          ? [`${prefix}${name}`]
          : ["", ".Profile", ".UserRole", ".Manager"].map((end) => prefix + name + end),
      ),
    );
    // 52 relationships and the three Parents among their prefixes.
    const ask = (count: number) =>
      runQuery(
        `SELECT ${paths
          .slice(0, count)
          .map((path) => `${path}.Id`)
          .join(", ")} FROM Account`,
        context,
      );
    expect(paths).toHaveLength(52);
    expect(ask(52).totalSize).toBe(10);
    expect(() =>
      runQuery(`SELECT ${paths.map((path) => `${path}.Id`).join(", ")}, MasterRecord.Parent.Id FROM Account`, context),
    ).toThrow("at most 55");
  });

  it("nests sub-selects from version 58 on", () => {
    const soql = "SELECT (SELECT (SELECT Id FROM OrderItems) FROM Orders) FROM Account";
    expect(runQuery(soql, { ...context, apiVersion: 58 }).totalSize).toBe(10);
    expect(() => runQuery(soql, { ...context, apiVersion: 57 })).toThrow("more than 1 level away");
  });

  it("refuses more than 2,000 groups", () => {
    const many = (count: number) =>
      createContext(
        catalog,
        createDataset(catalog, {
          Account: Array.from({ length: count }, (_, n) => ({ Id: id("Account", n), Name: `N${n}` })),
        }),
      );
    const soql = "SELECT Name FROM Account GROUP BY Name";
    expect(runQuery(soql, many(2_000)).totalSize).toBe(2_000);
    expect(() => runQuery(soql, many(2_001))).toThrow("EXCEEDED_ID_LIMIT");
  });
});

/** This many sub-selects, on several levels, since one level may name a relationship once. */
function nested(count: number): string {
  const flat = ["Contacts", "Orders", "Contracts", "Opportunities", "Assets"].slice(0, count);
  const rest = count - flat.length;
  const items = flat.map((name) => `(SELECT Id FROM ${name})`);
  return rest === 0
    ? items.join(", ")
    : `${items.join(", ")}, (SELECT ${rest === 1 ? "Id" : nested(rest - 1)} FROM ChildAccounts)`;
}
