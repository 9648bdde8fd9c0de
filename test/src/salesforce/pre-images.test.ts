/** Reads of pre-images and conditional rows on the wire. */
import { describe, expect, it } from "vitest";
import type { RecordId } from "../../../src/model/key.ts";
import type { RowOperation } from "../../../src/model/salesforce-record.ts";
import type { SalesforceCall } from "../../../src/sync/call.ts";
import { answerParts, connectTo, type ScriptedOrg, withOrg } from "./scripted-org.ts";

const ACCOUNT = "001000000000001AAA" as RecordId;
const OTHER = "001000000000002AAA" as RecordId;
const FIELDS = ["Id", "Name", "LastModifiedById"];

function update(opId: string, recordId: RecordId): Extract<RowOperation, { kind: "update" }> {
  const preImage = [{ object: "Account", recordId, fields: FIELDS }];
  return { kind: "update", opId, object: "Account", recordId, fields: { Name: "new" }, preImage };
}

function collections(...operations: readonly RowOperation[]): SalesforceCall {
  return {
    kind: "collections",
    predictedCalls: 1,
    parts: [{ verb: "update", object: "Account", keyField: null, operations }],
  };
}

function partsOf(scripted: ScriptedOrg): readonly Readonly<Record<string, unknown>>[] {
  return JSON.parse(scripted.requests.at(-1)?.text ?? "").compositeRequest;
}

describe("a composite of collections", () => {
  it("reads the records first, and tells each with its own row", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ method }) =>
        method === "POST"
          ? { body: [{ Id: ACCOUNT, Name: "edit" }, null] }
          : {
              body: [ACCOUNT, OTHER].map((id) => ({ id, success: true, errors: [] })),
            },
      );

      const outcomes = await connectTo(scripted).execute(collections(update("a", ACCOUNT), update("b", OTHER)));

      expect(partsOf(scripted)[0]).toEqual({
        method: "POST",
        url: "/services/data/v62.0/composite/sobjects/Account",
        referenceId: "before0",
        body: { ids: [ACCOUNT, OTHER], fields: FIELDS },
      });
      expect(outcomes).toEqual([
        { kind: "done", opId: "a", recordId: ACCOUNT, created: false, preImage: [{ Id: ACCOUNT, Name: "edit" }] },
        { kind: "done", opId: "b", recordId: OTHER, created: false },
      ]);
    }));

  it("lands without a pre-image where the reading is refused", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ method }) =>
        method === "POST"
          ? { status: 400, body: [{ errorCode: "INVALID_FIELD", message: "No such column" }] }
          : { body: [{ id: ACCOUNT, success: true, errors: [] }] },
      );

      const outcomes = await connectTo(scripted).execute(collections(update("a", ACCOUNT)));

      expect(outcomes).toEqual([{ kind: "done", opId: "a", recordId: ACCOUNT, created: false }]);
    }));

  it("holds five requests, the reading included", () =>
    withOrg(async (scripted) => {
      const part = { verb: "update", object: "Account", keyField: null, operations: [update("a", ACCOUNT)] } as const;
      const call = { kind: "collections", predictedCalls: 1, parts: Array.from({ length: 5 }, () => part) } as const;
      await expect(connectTo(scripted).execute(call)).rejects.toThrow("at most 5");
    }));
});

describe("a graph", () => {
  const graph = (...operations: readonly RowOperation[]): SalesforceCall => ({
    kind: "graphs",
    predictedCalls: 1,
    graphs: [{ graphId: "g1", operations }],
  });
  const answers = (scripted: ScriptedOrg, isSuccessful: boolean, read: { status?: number; body: unknown }): unknown =>
    scripted.on(/graph$/, ({ text }) => {
      const [first] = JSON.parse(text).graphs;
      const halted = { status: 400, body: [{ errorCode: "PROCESSING_HALTED", message: "" }] };
      const written = isSuccessful ? { status: 204, body: null } : halted;
      const parts = answerParts(JSON.stringify(first), ({ method }) => (method === "GET" ? read : written));
      return { json: { graphs: [{ graphId: "g1", isSuccessful, graphResponse: { compositeResponse: parts } }] } };
    });

  it("reads each record once, and tells it with the first operation that touches it", () =>
    withOrg(async (scripted) => {
      answers(scripted, true, { body: { Id: ACCOUNT, Name: "edit" } });

      const outcomes = await connectTo(scripted).execute(graph(update("a", ACCOUNT), update("b", ACCOUNT)));

      const sent = JSON.parse(scripted.requests.at(-1)?.text ?? "").graphs[0].compositeRequest;
      expect(sent.map((node: { method: string }) => node.method)).toEqual(["GET", "PATCH", "PATCH"]);
      expect(sent[0].url).toBe(`/services/data/v62.0/sobjects/Account/${ACCOUNT}?fields=${FIELDS.join(",")}`);
      expect(outcomes).toMatchObject([{ opId: "a", preImage: [{ Name: "edit" }] }, { opId: "b" }]);
      expect(outcomes[1]).not.toHaveProperty("preImage");
    }));

  it("fails for the reason of the record that could not be read", () =>
    withOrg(async (scripted) => {
      answers(scripted, false, { status: 404, body: [{ errorCode: "NOT_FOUND", message: "gone" }] });

      const outcomes = await connectTo(scripted).execute(graph(update("a", ACCOUNT), update("b", ACCOUNT)));

      expect(outcomes).toMatchObject([
        { kind: "failed", class: "replan", apiErrors: [{ code: "NOT_FOUND" }] },
        { kind: "failed", class: "replan" },
      ]);
    }));
});

describe("conditional rows", () => {
  const conditional = (opId: string, recordId: RecordId): RowOperation => {
    return { ...update(opId, recordId), unmodifiedSince: "2026-03-02T08:00:00.000+0000" };
  };

  it("go one by one with the second of their stamp, and the one that moved is planned again", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ url }) => {
        if (url.endsWith("composite/sobjects/Account")) return { body: [{ Id: ACCOUNT, Name: "old" }] };
        if (url.endsWith(ACCOUNT)) return { status: 204, body: null };
        return { status: 412, body: [{ errorCode: "PRECONDITION_FAILED", message: "moved" }] };
      });
      const operations = [conditional("a", ACCOUNT), conditional("b", OTHER)];

      const outcomes = await connectTo(scripted).execute({ kind: "rows", predictedCalls: 1, operations });

      expect(partsOf(scripted)[1]).toEqual({
        method: "PATCH",
        url: `/services/data/v62.0/sobjects/Account/${ACCOUNT}`,
        referenceId: "row0",
        body: { Name: "new" },
        httpHeaders: { "If-Unmodified-Since": "Mon, 02 Mar 2026 08:00:00 GMT" },
      });
      expect(outcomes).toMatchObject([
        { kind: "done", opId: "a", recordId: ACCOUNT, preImage: [{ Name: "old" }] },
        { kind: "failed", opId: "b", class: "replan" },
      ]);
    }));
});
