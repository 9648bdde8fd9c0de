import { describe, expect, it } from "vitest";
import type { RowOperation } from "../../../src/model/salesforce-record.ts";
import { parseBulkError } from "../../../src/salesforce/bulk-rows.ts";
import type { CollectionPart, SalesforceCall } from "../../../src/sync/call.ts";
import { connectTo, type ScriptedOrg, withOrg } from "./scripted-org.ts";

const JOB = "750000000000001AAA";

function upsert(opId: string, fields: Readonly<Record<string, string | null>>): RowOperation {
  return { kind: "upsert", opId, object: "Account", keyField: "ERP_Key__c", key: `erp:${opId}`, fields };
}

function part(...operations: readonly RowOperation[]): CollectionPart {
  return { verb: "upsert", object: "Account", keyField: "ERP_Key__c", operations };
}

function bulk(...operations: readonly RowOperation[]): SalesforceCall {
  return { kind: "bulk", predictedCalls: 7, part: part(...operations) };
}

function csv(text: string) {
  return { text, headers: { "content-type": "text/csv" } };
}

function scriptJob(scripted: ScriptedOrg, ...states: readonly Record<string, unknown>[]): void {
  scripted
    .on(new RegExp(`ingest/${JOB}$`), ...states.map((state) => ({ json: { id: JOB, ...state } })))
    .on(/ingest$/, { json: { id: JOB, state: "Open" } })
    .on(/batches$/, { status: 201, text: "" });
}

describe("a Bulk job", () => {
  it("is created, uploaded, closed, watched and told row by row", () =>
    withOrg(async (scripted) => {
      scriptJob(
        scripted,
        { state: "UploadComplete" },
        { state: "InProgress" },
        { state: "JobComplete", numberRecordsProcessed: 2, numberRecordsFailed: 1 },
      );
      scripted
        .on(/successfulResults/, csv('"sf__Id","sf__Created",ERP_Key__c,Name\n"001000000000001AAA","true",erp:a,Ä\n'))
        .on(
          /failedResults/,
          csv(
            '"sf__Id","sf__Error",ERP_Key__c,Name\n"","STRING_TOO_LONG:Name: data value too large:Name --",erp:b,x\n',
          ),
        );

      const outcomes = await connectTo(scripted).execute(
        bulk(upsert("b", { Name: 'x, "y"' }), upsert("a", { Name: "Ä", Site: null })),
      );

      expect(outcomes).toEqual([
        {
          kind: "failed",
          opId: "b",
          class: "refused",
          apiErrors: [{ code: "STRING_TOO_LONG", message: "Name: data value too large", fields: ["Name"] }],
        },
        { kind: "done", opId: "a", recordId: "001000000000001AAA", created: true },
      ]);
      expect(scripted.requests.map(({ method, path }) => `${method} ${path.split("/").at(-1)}`)).toEqual([
        "POST ingest",
        "PUT batches",
        `PATCH ${JOB}`,
        `GET ${JOB}`,
        `GET ${JOB}`,
        "GET successfulResults",
        "GET failedResults",
      ]);
      expect(scripted.seen(/batches/)[0]?.text).toBe('ERP_Key__c,Name,Site\nerp:b,"x, ""y""",\nerp:a,Ä,#N/A\n');
      expect(JSON.parse(scripted.requests[0]?.text ?? "")).toMatchObject({
        object: "Account",
        operation: "upsert",
        externalIdFieldName: "ERP_Key__c",
        lineEnding: "LF",
      });
    }));

  it("tells its Id before any row is sent", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, {}, { state: "JobComplete", numberRecordsFailed: 0 });
      scripted.on(/successfulResults/, csv('"sf__Id","sf__Created",ERP_Key__c\n001000000000001AAA,true,erp:a\n'));
      const events: string[] = [];
      const jobStarted = async (jobId: string): Promise<void> => {
        events.push(`started ${jobId} after ${scripted.requests.length} requests`);
      };

      await connectTo(scripted).execute(bulk(upsert("a", {})), { jobStarted });

      expect(events).toEqual([`started ${JOB} after 1 requests`]);
    }));

  it("leaves its rows unknown when it does not end in time", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, { state: "InProgress" });
      const org = connectTo(scripted, { config: { bulkWaitMs: 5_000 } });

      const outcomes = await org.execute(bulk(upsert("a", {})));

      expect(outcomes).toEqual([{ kind: "unknown", opId: "a", reason: `Bulk job ${JOB} is still running` }]);
    }));

  it("that fails half-way tells which rows were never attempted", () =>
    withOrg(async (scripted) => {
      scriptJob(
        scripted,
        {},
        { state: "Failed", numberRecordsFailed: 0, errorMessage: "InvalidBatch : Field name not found : Nmae" },
      );
      scripted
        .on(/successfulResults/, csv('"sf__Id","sf__Created"\n'))
        .on(/failedResults/, csv('"sf__Id","sf__Error"\n'))
        .on(/unprocessedrecords/, csv("ERP_Key__c,Nmae\nerp:a,x\n"));

      const [outcome] = await connectTo(scripted).execute(bulk(upsert("a", { Nmae: "x" })));

      expect(outcome).toMatchObject({
        kind: "failed",
        class: "configuration",
        apiErrors: [{ message: "InvalidBatch : Field name not found : Nmae" }],
      });
    }));

  it("whose upload fails is aborted, and nothing of it landed", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, {});
      scripted.on(/batches/, "lost");

      const executing = connectTo(scripted, { config: { attempts: 2 } }).execute(bulk(upsert("a", {})));

      await expect(executing).rejects.toMatchObject({ code: "SALESFORCE_UNAVAILABLE" });
      expect(scripted.requests.at(-1)).toMatchObject({ method: "PATCH", text: '{"state":"Aborted"}' });
    }));

  it("refuses the one text that would empty a field and sends the other rows", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, {}, { state: "JobComplete", numberRecordsFailed: 0 });
      scripted.on(/successfulResults/, csv('"sf__Id","sf__Created",ERP_Key__c\n001000000000001AAA,false,erp:b\n'));

      const outcomes = await connectTo(scripted).execute(
        bulk(upsert("a", { Name: "#N/A" }), upsert("b", { Name: "B" })),
      );

      expect(outcomes.map(({ kind }) => kind)).toEqual(["failed", "done"]);
    }));

  it("of an earlier process is waited for, and tells which of its rows landed", () =>
    withOrg(async (scripted) => {
      const job = { externalIdFieldName: "ERP_Key__c" };
      scriptJob(scripted, { ...job, state: "InProgress" }, { ...job, state: "Failed" });
      scripted
        .on(/successfulResults/, csv('"sf__Id","sf__Created",ERP_Key__c\n001000000000001AAA,true,erp:a\n'))
        .on(/failedResults/, csv('"sf__Id","sf__Error",ERP_Key__c\n,STRING_TOO_LONG:too long:Name --,erp:b\n'))
        .on(/unprocessedrecords/, csv("ERP_Key__c\nerp:c\n"));

      const { landed } = await connectTo(scripted).endOfJob(JOB);

      expect(Object.fromEntries(landed)).toEqual({ "erp:a": true, "erp:b": false, "erp:c": false });
    }));

  it("of an earlier process that was never closed is aborted, and tells of no row", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, { state: "Open" }, { state: "Aborted" });

      const { landed } = await connectTo(scripted).endOfJob(JOB);

      expect(landed.size).toBe(0);
      expect(scripted.requests.at(-1)).toMatchObject({ method: "PATCH", text: '{"state":"Aborted"}' });
    }));

  it("of an earlier process that outlasts the patience ends the run", () =>
    withOrg(async (scripted) => {
      scriptJob(scripted, { state: "InProgress" });

      const end = connectTo(scripted, { config: { bulkWaitMs: 5_000 } }).endOfJob(JOB);

      await expect(end).rejects.toMatchObject({
        code: "SALESFORCE_UNAVAILABLE",
        message: expect.stringContaining(JOB),
      });
    }));

  it("of an earlier process that is gone does not run any more", () =>
    withOrg(async (scripted) => {
      expect((await connectTo(scripted).endOfJob(JOB)).landed.size).toBe(0);
    }));
});

describe("a Bulk error cell", () => {
  it.each([
    ["REQUIRED_FIELD_MISSING:Required fields are missing: [Name]:Name --", "REQUIRED_FIELD_MISSING", ["Name"]],
    ["UNABLE_TO_LOCK_ROW:unable to obtain exclusive access to this record:--", "UNABLE_TO_LOCK_ROW", []],
    ["DUPLICATE_VALUE:duplicate value found: K__c duplicates value: --", "DUPLICATE_VALUE", []],
    ["something else", "UNKNOWN_EXCEPTION", []],
  ])("%s has its code and fields", (text, code, fields) => {
    expect(parseBulkError(text)).toMatchObject({ code, fields });
  });
});
