import { describe, expect, it } from "vitest";
import { parseRecords } from "../../../src/salesforce/bulk-query.ts";
import { connectTo, type ScriptedOrg, withOrg } from "./scripted-org.ts";

const JOB = "750000000000002AAA";
const FIRST_PAGE = {
  totalSize: 2_500,
  done: false,
  nextRecordsUrl: "/services/data/v62.0/query/01g-1",
  records: [{ Id: "001000000000001AAA", SystemModstamp: "2026-01-01T00:00:00.000+0000" }],
};

function csv(text: string, locator: string) {
  return { text, headers: { "content-type": "text/csv", "sforce-locator": locator } };
}

function scriptFirstPage(scripted: ScriptedOrg): void {
  scripted.onComposite(({ url }) =>
    url.includes("/query?") ? { body: FIRST_PAGE } : { body: { ids: [], latestDateCovered: "2026-01-31T09:59:30Z" } },
  );
}

async function load(scripted: ScriptedOrg): Promise<readonly unknown[]> {
  const org = connectTo(scripted, { config: { bulkQueryRows: 2_000 } });
  const [polled] = await org.poll([{ object: "Account", select: ["Name"], cursor: null }]);
  const ids: unknown[] = [];
  for await (const page of polled?.pages ?? []) ids.push(...page.map((record) => record["Id"]));
  return ids;
}

describe("a large first load", () => {
  it("takes what follows the first page from one Bulk query, page by page", () =>
    withOrg(async (scripted) => {
      scriptFirstPage(scripted);
      scripted
        .on(/jobs\/query$/, { json: { id: JOB } })
        .on(new RegExp(`${JOB}$`), { json: { state: "InProgress" } }, { json: { state: "JobComplete" } })
        .on(/results/, csv('"Id"\n"001000000000003AAA"\n', "MTA"), csv('"Id"\n"001000000000002AAA"\n', "null"));

      const ids = await load(scripted);

      expect(ids).toEqual(["001000000000001AAA", "001000000000003AAA", "001000000000002AAA"]);
      expect(JSON.parse(scripted.seen(/jobs\/query$/)[0]?.text ?? "")).toMatchObject({
        operation: "query",
        query: "SELECT Id, SystemModstamp, IsDeleted, Name FROM Account WHERE Id > '001000000000001AAA'",
      });
      expect(scripted.seen(/results/)[1]?.path).toContain("locator=MTA");
    }));

  it.each([
    [
      "refuses the job",
      { status: 400, json: [{ errorCode: "INVALIDENTITY", message: "not supported by the Bulk API" }] },
      {},
    ],
    ["fails the job", { json: { id: JOB } }, { json: { state: "Failed", errorMessage: "InternalServerError" } }],
  ])("pages when the org %s", (_, created, job) =>
    withOrg(async (scripted) => {
      scriptFirstPage(scripted);
      scripted
        .on(/jobs\/query$/, created)
        .on(new RegExp(`${JOB}$`), job)
        .on(/01g-1/, { json: { totalSize: 2_500, done: true, records: [{ Id: "001000000000002AAA" }] } });

      expect(await load(scripted)).toEqual(["001000000000001AAA", "001000000000002AAA"]);
    }),
  );

  it("does not turn in circles", () =>
    withOrg(async (scripted) => {
      scriptFirstPage(scripted);
      scripted
        .on(/jobs\/query$/, { json: { id: JOB } })
        .on(new RegExp(`${JOB}$`), { json: { state: "JobComplete" } })
        .on(/results/, csv('"Id"\n"001000000000003AAA"\n', "MTA"));

      await expect(load(scripted)).rejects.toThrow("run in a circle");
    }));
});

describe("the cells of a Bulk query", () => {
  it("become texts, booleans, nulls and nested parents", () => {
    const records = parseRecords(
      '"Id","Amount","IsActive","Note","Account.Name","Account.ERP_Key__c","Contract.Name"\n"1","10.50","true","","","erp:1",""\n',
    );

    expect(records).toEqual([
      {
        Id: "1",
        Amount: "10.50",
        IsActive: true,
        Note: null,
        Account: { Name: null, ERP_Key__c: "erp:1" },
        Contract: null,
      },
    ]);
  });

  it("are none when the file is the header alone", () => {
    expect(parseRecords('"Id","Name"\n')).toEqual([]);
  });
});
