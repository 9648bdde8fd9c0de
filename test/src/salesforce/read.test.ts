import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/model/key.ts";
import type { ReadRequest } from "../../../src/salesforce/port.ts";
import { soqlText } from "../../../src/salesforce/query.ts";
import { readQueries } from "../../../src/salesforce/read.ts";
import { connectTo, type SeenSubrequest, withOrg } from "./scripted-org.ts";

function byKey(...values: readonly string[]): ReadRequest {
  return {
    object: "Order",
    select: ["Status"],
    children: { relationship: "OrderItems", select: ["Quantity"] },
    by: { kind: "field", field: "ERP_Key__c", values },
    includeDeleted: false,
  };
}

function keys(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `erp:order:${index}`);
}

function order(number: number, items: unknown = null) {
  return { Id: `80100000000000${number}AAA`, Status: "Draft", OrderItems: items };
}

function page(records: readonly unknown[], totalSize = records.length) {
  return { totalSize, done: true, records };
}

describe("the queries of a read", () => {
  it("ask for keys by IN, each once, with the children in the same query, and for what tells that a row is deleted", () => {
    expect(readQueries(byKey("erp:1", "erp:1", "o'neil\\"))).toEqual([
      "SELECT Id, SystemModstamp, IsDeleted, Status, (SELECT Id, SystemModstamp, IsDeleted, Quantity FROM OrderItems) FROM Order WHERE ERP_Key__c IN ('erp:1', 'o\\'neil\\\\')",
    ]);
  });

  it.each([
    [300, 1],
    [301, 2],
    [1_500, 5],
  ])("hold at most 300 keys: %i keys make %i", (count, queries) => {
    expect(readQueries(byKey(...keys(count)))).toHaveLength(queries);
  });

  it("stay under the address limit with long keys", () => {
    const queries = readQueries(byKey(...keys(300).map((key) => key + "ä".repeat(50))));

    expect(queries.length).toBeGreaterThan(1);
    expect(Math.max(...queries.map((query) => encodeURIComponent(query).length))).toBeLessThanOrEqual(14_000);
  });

  it("are none without keys", () => {
    expect(readQueries(byKey("", ""))).toEqual([]);
  });
});

describe("a SOQL literal", () => {
  it.each([
    ["O'Neil", "'O\\'Neil'"],
    ["a\\b", "'a\\\\b'"],
    ["two\nlines", "'two\\nlines'"],
    ['"quoted"', "'\\\"quoted\\\"'"],
    ["Ä 東京", "'Ä 東京'"],
  ])("of %j cannot end early", (value, literal) => {
    expect(soqlText(value)).toBe(literal);
  });
});

describe("reading documents", () => {
  it("packs five queries into one call", () =>
    withOrg(async (scripted) => {
      const seen: SeenSubrequest[] = [];
      scripted.onComposite((subrequest) => {
        seen.push(subrequest);
        return { body: page([order(seen.length)]) };
      });

      const records = await connectTo(scripted).read(byKey(...keys(1_500)));

      expect(scripted.requests).toHaveLength(1);
      expect(seen).toHaveLength(5);
      expect(records).toHaveLength(5);
    }));

  it("makes no call for nothing", () =>
    withOrg(async (scripted) => {
      expect(await connectTo(scripted).read(byKey())).toEqual([]);
      expect(scripted.requests).toHaveLength(0);
    }));

  it("returns a record once when two keys that differ in case find it", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(() => ({ body: page([order(1)]) }));

      expect(await connectTo(scripted).read(byKey(...keys(301)))).toHaveLength(1);
    }));

  it("reads deleted records by Id with queryAll", () =>
    withOrg(async (scripted) => {
      let url = "";
      scripted.onComposite((subrequest) => {
        url = subrequest.url;
        return { body: page([]) };
      });

      await connectTo(scripted).read({
        object: "Account",
        select: ["MasterRecordId"],
        by: { kind: "id", ids: ["001000000000001AAA" as RecordId] },
        includeDeleted: true,
      });

      expect(url).toBe(
        "/services/data/v62.0/queryAll?q=SELECT Id, SystemModstamp, IsDeleted, MasterRecordId FROM Account WHERE Id IN ('001000000000001AAA')",
      );
    }));

  it("follows further pages of rows and of child sets", () =>
    withOrg(async (scripted) => {
      const items = {
        totalSize: 2,
        done: false,
        nextRecordsUrl: "/services/data/v62.0/query/01gC-1",
        records: [{ Id: "i1" }],
      };
      scripted
        .onComposite(() => ({
          body: {
            totalSize: 2,
            done: false,
            nextRecordsUrl: "/services/data/v62.0/query/01gR-1",
            records: [order(1, items)],
          },
        }))
        .on(/01gR-1/, { json: page([order(2)], 2) })
        .on(/01gC-1/, { json: page([{ Id: "i2" }], 2) });

      const records = await connectTo(scripted).read(byKey("erp:1", "erp:2"));

      expect(records.map((record) => record["OrderItems"])).toEqual([
        { totalSize: 2, done: true, records: [{ Id: "i1" }, { Id: "i2" }] },
        null,
      ]);
    }));

  it("names a query that the org refuses", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(() => ({ status: 400, body: [{ errorCode: "INVALID_FIELD", message: "No such column" }] }));

      await expect(connectTo(scripted).read(byKey("erp:1"))).rejects.toMatchObject({ code: "SALESFORCE_REFUSED" });
    }));
});

describe("a query", () => {
  function pages(scripted: Parameters<Parameters<typeof withOrg>[0]>[0], total: number, pageRows: number) {
    const at = (offset: number) => ({
      json: {
        totalSize: total,
        done: offset + pageRows >= total,
        nextRecordsUrl: `/services/data/v62.0/query/01g-${offset + pageRows}`,
        records: Array.from({ length: Math.min(pageRows, total - offset) }, (_, index) => ({
          Id: `${offset + index}`,
        })),
      },
    });
    scripted.on(/query\?q=/, at(0)).on(/query\/01g-/, (request) => at(Number(request.path.split("-").at(-1))));
  }

  it("returns every row beyond the ten thousand at which jsforce stops", () =>
    withOrg(async (scripted) => {
      pages(scripted, 12_001, 2_000);

      const records = await connectTo(scripted).query("SELECT Id FROM Account");

      expect(records).toHaveLength(12_001);
      expect(new Set(records.map((record) => record["Id"])).size).toBe(12_001);
      expect(scripted.requests).toHaveLength(7);
    }));

  it("fails when rows are missing, instead of returning fewer", () =>
    withOrg(async (scripted) => {
      scripted.on(/query\?q=/, { json: { totalSize: 3, done: true, records: [{ Id: "1" }] } });

      await expect(connectTo(scripted).query("SELECT Id FROM Account")).rejects.toMatchObject({
        code: "SALESFORCE_UNAVAILABLE",
        message: expect.stringContaining("1 of 3 rows"),
      });
    }));

  it("starts again when the server has forgotten its pages", () =>
    withOrg(async (scripted) => {
      pages(scripted, 3, 2);
      scripted.on(
        /01g-2/,
        { status: 400, json: [{ errorCode: "INVALID_QUERY_LOCATOR", message: "invalid query locator" }] },
        { json: page([{ Id: "2" }], 3) },
      );

      expect(await connectTo(scripted).query("SELECT Id FROM Account")).toHaveLength(3);
    }));
});

describe("a describe", () => {
  it("takes 25 objects per call, keeps what checks need and leaves out what does not exist", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ url }) =>
        url.includes("/Missing__c/")
          ? { status: 404, body: [{ errorCode: "NOT_FOUND", message: "The requested resource does not exist" }] }
          : {
              body: {
                name: "Order",
                createable: true,
                updateable: true,
                deletable: false,
                fields: [
                  {
                    name: "Status",
                    type: "picklist",
                    length: 255,
                    nillable: false,
                    createable: true,
                    updateable: true,
                    restrictedPicklist: true,
                    picklistValues: [
                      { value: "Draft", active: true },
                      { value: "Old", active: false },
                    ],
                    referenceTo: [],
                    relationshipName: null,
                  },
                ],
              },
            },
      );

      const described = await connectTo(scripted).describe(["Order", "Missing__c"]);

      expect(scripted.requests).toHaveLength(1);
      expect(described).toEqual([
        {
          name: "Order",
          createable: true,
          updateable: true,
          deletable: false,
          fields: [
            {
              name: "Status",
              type: "picklist",
              length: 255,
              precision: 0,
              scale: 0,
              nillable: false,
              createable: true,
              updateable: true,
              calculated: false,
              externalId: false,
              unique: false,
              referenceTo: [],
              relationshipName: null,
              restrictedValues: ["Draft"],
            },
          ],
        },
      ]);
    }));
});
