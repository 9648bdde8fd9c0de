import { describe, expect, it } from "vitest";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { RowOperation } from "../../../src/model/salesforce-record.ts";
import type { SalesforceCall } from "../../../src/sync/call.ts";
import { connectTo, type ScriptedOrg, SESSION_EXPIRED, withOrg } from "./scripted-org.ts";

const ID_1 = "001000000000001AAA" as RecordId;
const ID_2 = "001000000000002AAA" as RecordId;

function upsert(opId: string, key: string): RowOperation {
  return { kind: "upsert", opId, object: "Account", keyField: "ERP_Key__c", key, fields: { Name: "A" } };
}

function collections(...operations: readonly RowOperation[]): SalesforceCall {
  return {
    kind: "collections",
    predictedCalls: 1,
    parts: [{ verb: "upsert", object: "Account", keyField: "ERP_Key__c", operations }],
  };
}

function recordsOf(body: Readonly<Record<string, unknown>> | undefined): readonly unknown[] {
  const records = body?.["records"];
  return Array.isArray(records) ? records : [];
}

function accepts(scripted: ScriptedOrg): void {
  scripted.onComposite(({ body }) => ({
    body: recordsOf(body).map((_, index) => ({
      id: `00100000000000${index}AAA`,
      success: true,
      errors: [],
      created: index === 0,
    })),
  }));
}

describe("a composite of collections", () => {
  it("gives one outcome per operation, in order", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(() => ({
        body: [
          { id: ID_1, success: true, errors: [], created: true },
          { success: false, errors: [{ statusCode: "STRING_TOO_LONG", message: "Name: too large", fields: ["Name"] }] },
        ],
      }));

      const outcomes = await connectTo(scripted).execute(collections(upsert("a", "erp:1"), upsert("b", "erp:2")));

      expect(outcomes).toEqual([
        { kind: "done", opId: "a", recordId: ID_1, created: true },
        {
          kind: "failed",
          opId: "b",
          class: "refused",
          apiErrors: [{ code: "STRING_TOO_LONG", message: "Name: too large", fields: ["Name"] }],
        },
      ]);
    }));

  it("sends rows without transaction, the key in each row, and a parent by its key under the relationship", () =>
    withOrg(async (scripted) => {
      accepts(scripted);
      const operation: RowOperation = {
        kind: "upsert",
        opId: "a",
        object: "Contract",
        keyField: "ERP_Key__c",
        key: "erp:contract:1",
        fields: {
          ContractTerm: 12,
          Description: null,
          AccountId: { kind: "byKey", relationship: "Account", keyField: "ERP_Key__c", key: "erp:1" as BusinessKey },
        },
      };

      await connectTo(scripted).execute({
        kind: "collections",
        predictedCalls: 1,
        parts: [{ verb: "upsert", object: "Contract", keyField: "ERP_Key__c", operations: [operation] }],
      });

      expect(JSON.parse(scripted.requests[0]?.text ?? "")).toEqual({
        allOrNone: false,
        collateSubrequests: false,
        compositeRequest: [
          {
            method: "PATCH",
            url: "/services/data/v62.0/composite/sobjects/Contract/ERP_Key__c",
            referenceId: "part0",
            body: {
              allOrNone: false,
              records: [
                {
                  attributes: { type: "Contract" },
                  ERP_Key__c: "erp:contract:1",
                  ContractTerm: 12,
                  Description: null,
                  Account: { ERP_Key__c: "erp:1" },
                },
              ],
            },
          },
        ],
      });
    }));

  it("sends updates by Id and deletes by a list of Ids in the same call", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ method }) => ({
        body: [{ id: method === "DELETE" ? ID_2 : ID_1, success: true, errors: [] }],
      }));

      const outcomes = await connectTo(scripted).execute({
        kind: "collections",
        predictedCalls: 1,
        parts: [
          {
            verb: "update",
            object: "Account",
            keyField: null,
            operations: [{ kind: "update", opId: "u", object: "Account", recordId: ID_1, fields: { Name: "A" } }],
          },
          {
            verb: "delete",
            object: "Account",
            keyField: null,
            operations: [{ kind: "delete", opId: "d", object: "Account", recordId: ID_2 }],
          },
        ],
      });

      expect(outcomes.map(({ opId, kind }) => [opId, kind])).toEqual([
        ["u", "done"],
        ["d", "done"],
      ]);
      const { compositeRequest } = JSON.parse(scripted.requests[0]?.text ?? "");
      expect(compositeRequest[0].body.records).toEqual([{ attributes: { type: "Account" }, id: ID_1, Name: "A" }]);
      expect(compositeRequest[1].url).toBe(`/services/data/v62.0/composite/sobjects?ids=${ID_2}&allOrNone=false`);
    }));

  it("asks for smaller groups when one value spoils a whole part, and refuses a part of one row", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(() => ({
        status: 400,
        body: [{ errorCode: "JSON_PARSER_ERROR", message: "Cannot deserialize instance of date" }],
      }));
      const org = connectTo(scripted);

      const [first] = await org.execute(collections(upsert("a", "erp:1"), upsert("b", "erp:2")));
      const [alone] = await org.execute(collections(upsert("a", "erp:1")));

      expect(first).toMatchObject({ kind: "failed", class: "retrySerially" });
      expect(alone).toMatchObject({ kind: "failed", class: "refused" });
    }));
});

describe("a write whose reply is missing", () => {
  it.each([
    ["a lost connection", "lost" as const],
    ["a reply that breaks off", "truncated" as const],
    ["HTTP 500", { status: 500, json: [{ errorCode: "UNKNOWN_EXCEPTION", message: "An unexpected error" }] }],
    ["HTTP 503", { status: 503, json: [{ errorCode: "SERVER_UNAVAILABLE", message: "Server too busy" }] }],
    ["a web page", { status: 200, text: "<!DOCTYPE html><html></html>", headers: { "content-type": "text/html" } }],
    ["a body that is no composite response", { json: { surprise: true } }],
  ])("is unknown and never sent again after %s", (_, answer) =>
    withOrg(async (scripted) => {
      scripted.on(/composite/, answer);

      const outcomes = await connectTo(scripted).execute(collections(upsert("a", "erp:1"), upsert("b", "erp:2")));

      expect(outcomes.map(({ kind }) => kind)).toEqual(["unknown", "unknown"]);
      expect(scripted.requests).toHaveLength(1);
    }),
  );

  it("is unknown after a time-out", () =>
    withOrg(async (scripted) => {
      scripted.on(/composite/, { json: {} });
      const org = connectTo(scripted, { timeoutMs: 50 });
      scripted.hold();

      const outcomes = await org.execute(collections(upsert("a", "erp:1")));

      expect(outcomes).toEqual([{ kind: "unknown", opId: "a", reason: "no reply within 50 ms" }]);
    }));

  it("is sent again when the org has certainly not looked at it", () =>
    withOrg(async (scripted) => {
      accepts(scripted);
      scripted.on(
        /composite/,
        { status: 403, json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "ConcurrentRequests Limit exceeded." }] },
        { status: 429, text: "" },
        { status: 420, text: "" },
        {
          json: {
            compositeResponse: [
              {
                referenceId: "part0",
                httpStatusCode: 200,
                body: [{ id: ID_1, success: true, errors: [], created: true }],
              },
            ],
          },
        },
      );

      const outcomes = await connectTo(scripted).execute(collections(upsert("a", "erp:1")));

      expect(outcomes).toEqual([{ kind: "done", opId: "a", recordId: ID_1, created: true }]);
      expect(scripted.requests).toHaveLength(4);
    }));
});

describe("a composite graph", () => {
  const order: readonly RowOperation[] = [
    {
      kind: "upsert",
      opId: "order/1",
      object: "Order",
      keyField: "ERP_Key__c",
      key: "erp:order:1/ä",
      fields: {
        Status: "Draft",
        AccountId: { kind: "byKey", relationship: "Account", keyField: "ERP_Key__c", key: "erp:1" as BusinessKey },
      },
    },
    {
      kind: "upsert",
      opId: "line/1",
      object: "OrderItem",
      keyField: "ERP_Key__c",
      key: "erp:order:1:1",
      fields: { Quantity: 2, OrderId: { kind: "byOperation", opId: "order/1" } },
    },
    { kind: "update", opId: "other", object: "Account", recordId: ID_1, fields: { Name: "A" } },
  ];
  const call = {
    kind: "graphs",
    predictedCalls: 1,
    graphs: [{ graphId: "g1", operations: order }],
  } as const satisfies SalesforceCall;

  function graphReply(successful: boolean, parts: readonly { status: number; body: unknown }[]) {
    return {
      json: {
        graphs: [
          {
            graphId: "g1",
            isSuccessful: successful,
            graphResponse: {
              compositeResponse: parts.map(({ status, body }, index) => ({
                referenceId: `op${index}`,
                httpStatusCode: status,
                httpHeaders: {},
                body,
              })),
            },
          },
        ],
      },
    };
  }

  it("encodes keys in addresses, refers to earlier operations and names parents by key", () =>
    withOrg(async (scripted) => {
      scripted.on(
        /composite\/graph/,
        graphReply(true, [
          { status: 201, body: { id: "801000000000001AAA", success: true, errors: [], created: true } },
          { status: 200, body: { id: "802000000000001AAA", success: true, errors: [], created: false } },
          { status: 204, body: null },
        ]),
      );

      const outcomes = await connectTo(scripted).execute(call);

      const { graphs } = JSON.parse(scripted.requests[0]?.text ?? "");
      expect(graphs[0].compositeRequest).toEqual([
        {
          method: "PATCH",
          url: "/services/data/v62.0/sobjects/Order/ERP_Key__c/erp%3Aorder%3A1%2F%C3%A4",
          referenceId: "op0",
          body: { Status: "Draft", Account: { ERP_Key__c: "erp:1" } },
        },
        {
          method: "PATCH",
          url: "/services/data/v62.0/sobjects/OrderItem/ERP_Key__c/erp%3Aorder%3A1%3A1",
          referenceId: "op1",
          body: { Quantity: 2, OrderId: "@{op0.id}" },
        },
        {
          method: "PATCH",
          url: `/services/data/v62.0/sobjects/Account/${ID_1}`,
          referenceId: "op2",
          body: { Name: "A" },
        },
      ]);
      expect(outcomes).toEqual([
        { kind: "done", opId: "order/1", recordId: "801000000000001AAA", created: true },
        { kind: "done", opId: "line/1", recordId: "802000000000001AAA", created: false },
        { kind: "done", opId: "other", recordId: ID_1, created: false },
      ]);
    }));

  it("blames the culprit and calls the others collateral", () =>
    withOrg(async (scripted) => {
      const halted = [{ errorCode: "PROCESSING_HALTED", message: "The transaction was rolled back" }];
      scripted.on(
        /composite\/graph/,
        graphReply(false, [
          { status: 400, body: halted },
          { status: 400, body: [{ errorCode: "REQUIRED_FIELD_MISSING", message: "[Quantity]", fields: ["Quantity"] }] },
          { status: 400, body: halted },
        ]),
      );

      const outcomes = await connectTo(scripted).execute(call);

      expect(outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.class : outcome.kind))).toEqual([
        "collateral",
        "refused",
        "collateral",
      ]);
    }));

  it("that spoils its whole call is asked for alone, and refused when it is alone", () =>
    withOrg(async (scripted) => {
      scripted.on(/composite\/graph/, {
        status: 400,
        json: [{ errorCode: "JSON_PARSER_ERROR", message: "Cannot deserialize instance of double" }],
      });
      const org = connectTo(scripted);
      const two = { ...call, graphs: [...call.graphs, { graphId: "g2", operations: order }] };

      const together = await org.execute(two);
      const alone = await org.execute(call);

      expect(together.map((outcome) => outcome.kind === "failed" && outcome.class)).toEqual(
        Array<string>(6).fill("retrySerially"),
      );
      expect(alone.map((outcome) => outcome.kind === "failed" && outcome.class)).toEqual(
        Array<string>(3).fill("refused"),
      );
    }));

  it("refuses a reference to an operation that does not stand before it", () =>
    withOrg(async (scripted) => {
      const backwards: SalesforceCall = {
        kind: "graphs",
        predictedCalls: 1,
        graphs: [{ graphId: "g1", operations: order.toReversed() }],
      };

      await expect(connectTo(scripted).execute(backwards)).rejects.toThrow("does not stand before its reference");
      expect(scripted.requests).toHaveLength(0);
    }));
});

describe("a write that the org refuses as a whole", () => {
  it.each([
    [
      "SALESFORCE_LIMIT",
      { status: 403, json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }] },
    ],
    ["SALESFORCE_REFUSED", { status: 403, json: [{ errorCode: "API_DISABLED_FOR_ORG", message: "not enabled" }] }],
    ["SALESFORCE_REFUSED", { status: 400, json: [{ errorCode: "INVALID_INPUT", message: "referenceId" }] }],
    ["SALESFORCE_LOGIN", SESSION_EXPIRED],
  ])("is %s and is not repeated", (code, answer) =>
    withOrg(async (scripted) => {
      scripted.on(/composite/, answer);

      await expect(connectTo(scripted).execute(collections(upsert("a", "erp:1")))).rejects.toMatchObject({ code });
      expect(scripted.requests).toHaveLength(1);
    }),
  );
});
