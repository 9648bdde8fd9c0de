/** jsforce's query, queryMore and search. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

describe("queries through jsforce", () => {
  let client: Client;

  beforeAll(async () => {
    client = await connect(await testOrg());
    const names = Array.from({ length: 450 }, (_, index) => ({ Name: `Account ${String(index).padStart(3, "0")}` }));
    await client.conn.sobject("Account").create(names, { allowRecursive: true });
  });

  afterAll(() => client.org.close());

  const SMALL_PAGES = { headers: { "Sforce-Query-Options": "batchSize=200" } };

  it("a result that fits one page is done", async () => {
    const result = await client.conn.query("SELECT Id FROM Account");
    expect(result).toMatchObject({ totalSize: 450, done: true });
    expect(result).not.toHaveProperty("nextRecordsUrl");
  });

  it("larger results come in pages until the last one", async () => {
    const first = await client.conn.query("SELECT Name FROM Account ORDER BY Name", SMALL_PAGES);
    const second = await client.conn.queryMore(first.nextRecordsUrl ?? "");
    const third = await client.conn.queryMore(second.nextRecordsUrl ?? "");
    expect(first.nextRecordsUrl).toMatch(/\/services\/data\/v62\.0\/query\/01g\w{15}-200$/);
    expect([first, second, third].map((page) => [page.records.length, page.done])).toEqual([
      [200, false],
      [200, false],
      [50, true],
    ]);
    expect(third.records.at(-1)).toMatchObject({ Name: "Account 449" });
  });

  it("autoFetch reads to the end", async () => {
    const { records } = await client.conn.query("SELECT Id FROM Account", {
      ...SMALL_PAGES,
      autoFetch: true,
      maxFetch: 1000,
    });
    expect(records.length).toBe(450);
  });

  it("pages neither lose nor double a record that changes meanwhile", async () => {
    const first = await client.conn.query<{ Id: string }>("SELECT Id FROM Account ORDER BY Name", SMALL_PAGES);
    const last = (await client.conn.query<{ Id: string }>("SELECT Id FROM Account ORDER BY Name DESC LIMIT 1"))
      .records[0];
    await client.conn.sobject("Account").update({ Id: last?.Id ?? "", Name: "AAA moved" });
    const second = await client.conn.queryMore<{ Id: string }>(first.nextRecordsUrl ?? "");
    const third = await client.conn.queryMore<{ Id: string }>(second.nextRecordsUrl ?? "");
    const ids = [first, second, third].flatMap((page) => page.records.map((record) => record.Id));
    expect(new Set(ids).size).toBe(450);
  });

  it("a result waits two days", async () => {
    const { clock } = client.org;
    const first = await client.conn.query("SELECT Id FROM Account", SMALL_PAGES);
    clock.advance({ days: 2, ms: -1 });
    client.conn.accessToken = client.org.openSession();
    const inTime = await client.conn.queryMore(first.nextRecordsUrl ?? "");
    clock.advance({ ms: 1 });
    const late = await refusal(client.conn.queryMore(first.nextRecordsUrl ?? ""));
    expect(inTime.records.length).toBe(200);
    expect(late).toMatchObject({ errorCode: "INVALID_QUERY_LOCATOR", message: "invalid query locator" });
  });

  it("parents, children and aggregates have their shapes", async () => {
    const { conn } = client;
    const id = idOf(await conn.sobject("Account").create({ Name: "Parent" }));
    await conn.sobject("Contact").create({ LastName: "Child", AccountId: id });
    const soql = `SELECT Name, Owner.Username, (SELECT LastName FROM Contacts), (SELECT Id FROM Orders) FROM Account WHERE Id = '${id}'`;
    const { records } = await conn.query(soql);
    const count = await conn.query("SELECT COUNT() FROM Contact");
    const sum = await conn.query("SELECT COUNT(Id) FROM Contact");
    expect(records[0]).toMatchObject({
      Owner: { attributes: { type: "User" }, Username: "admin@mock.org" },
      Contacts: { totalSize: 1, done: true, records: [{ LastName: "Child" }] },
      Orders: null,
    });
    expect(count).toEqual({ totalSize: 1, done: true, records: [] });
    expect(sum.records[0]).toEqual({ attributes: { type: "AggregateResult" }, expr0: 1 });
  });

  it("deleted records show in queryAll only", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Binned" }));
    await client.conn.sobject("Account").destroy(id);
    const soql = `SELECT Id, IsDeleted FROM Account WHERE Id = '${id}'`;
    expect((await client.conn.query(soql)).totalSize).toBe(0);
    expect((await client.conn.query(soql, { scanAll: true })).records).toMatchObject([{ Id: id, IsDeleted: true }]);
  });

  it("the query builder of jsforce works", async () => {
    const found = await client.conn
      .sobject("Account")
      .find({ Name: { $like: "Account 0%" } }, { Id: 1, Name: 1 })
      .sort({ Name: -1 })
      .limit(2);
    expect(found.map((record) => record["Name"])).toEqual(["Account 099", "Account 098"]);
  });

  it.each([
    ["SELEKT Id FROM Account", "MALFORMED_QUERY", "unexpected token: 'SELEKT'"],
    ["SELECT Bacon__c FROM Account LIMIT 2", "INVALID_FIELD", "No such column 'Bacon__c' on entity 'Account'."],
    ["SELECT Id FROM Bacon__c", "INVALID_TYPE", "sObject type 'Bacon__c' is not supported."],
  ])("%s is refused", async (soql, errorCode, text) => {
    const error = await refusal(client.conn.query(soql));
    expect(error.errorCode).toBe(errorCode);
    expect(error.message).toContain(text);
  });

  it("explain gives plans", async () => {
    const plan = await client.conn.request("/query?explain=SELECT+Id+FROM+Account");
    expect(plan).toMatchObject({ sourceQuery: "SELECT Id FROM Account", plans: [{ sobjectType: "Account" }] });
  });

  it("search finds words in the fields of the objects that it returns", async () => {
    await client.conn.sobject("Account").create({ Name: "Zeppelin Works", Description: "airships" });
    const found = await client.conn.search("FIND {zepp*} IN ALL FIELDS RETURNING Account(Id, Name), Contact");
    expect(found.searchRecords).toMatchObject([{ attributes: { type: "Account" }, Name: "Zeppelin Works" }]);
    expect((await refusal(client.conn.search("FIND zepp"))).message).toBe(
      "No search term found. The search term must be enclosed in braces.",
    );
  });

  it("a parameterized search takes its limits and fields", async () => {
    const body = { q: "Account", sobjects: [{ name: "Account", fields: ["Name"], limit: 3, orderBy: "Name DESC" }] };
    const found = (await client.conn.requestPost("/parameterizedSearch", body)) as { searchRecords: unknown[] };
    expect(found.searchRecords).toMatchObject([
      { Name: "Account 448" },
      { Name: "Account 447" },
      { Name: "Account 446" },
    ]);
  });

  it("columns=true tells the columns instead of the rows, as the Salesforce CLI asks", async () => {
    const columnsOf = (soql: string) =>
      client.conn.request<Record<string, unknown>>(`/query?q=${encodeURIComponent(soql)}&columns=true`);
    expect(await columnsOf("SELECT Id, Account.Name, (SELECT Quantity FROM OrderItems) FROM Order")).toMatchObject({
      entityName: "Order",
      keyPrefix: "801",
      groupBy: false,
      idSelected: true,
      columnMetadata: [
        { columnName: "Id", displayName: "Id", apexType: "Id", aggregate: false, joinColumns: [], textType: false },
        { columnName: "Account", aggregate: false, joinColumns: [{ columnName: "Name", textType: true }] },
        { columnName: "OrderItems", aggregate: true, joinColumns: [{ columnName: "Quantity", numberType: true }] },
      ],
    });
    expect(await columnsOf("SELECT Status, COUNT(Id) FROM Order GROUP BY Status")).toMatchObject({
      groupBy: true,
      columnMetadata: [
        { columnName: "Status", aggregate: false },
        { columnName: "expr0", displayName: "COUNT(Id)", aggregate: true },
      ],
    });
  });
});
