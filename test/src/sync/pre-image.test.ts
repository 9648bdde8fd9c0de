import { describe, expect, it } from "vitest";
import type { BusinessKey, LineKey, RecordId } from "../../../src/model/key.ts";
import type { RowOperation, RowOutcome, SalesforceRecord } from "../../../src/model/salesforce-record.ts";
import type { Decision } from "../../../src/sync/decision.ts";
import {
  collectionReads,
  concurrentEditsOf,
  lacksPreImage,
  readsOf,
  unsettledEditsOf,
  withCondition,
  withPreImages,
} from "../../../src/sync/pre-image.ts";
import { World } from "./order-world.ts";

const ORDER = "801000000000001AAA" as RecordId;
const LINE = "802000000000001AAA" as RecordId;
const LINE_KEY = "erp:OrderItem:1:10" as LineKey;
const { mapping } = new World();
const template = new World().pass();

function update(
  opId: string,
  fields: Readonly<Record<string, string | number>>,
  recordId: RecordId = ORDER,
): RowOperation {
  return { kind: "update", opId, object: recordId === LINE ? "OrderItem" : "Order", recordId, fields };
}

/** An order that was read as Activated, with the note "old" and one line of two pieces. */
function decision(...salesforce: readonly RowOperation[]): Decision {
  const decided: Decision = {
    ...template,
    link: { ...template.link, recordId: ORDER, lineIds: { [LINE_KEY]: LINE } },
    salesforceStamp: "2026-03-02T08:00:00.000+0000",
    salesforceBefore: {
      object: "Order",
      key: "erp:Order:1" as BusinessKey,
      fields: { Status: "Activated", Description: "old", PoNumber: null },
      lines: { [LINE_KEY]: { Quantity: "2" } },
    },
    salesforce,
  };
  return withPreImages(mapping, decided);
}

function done(opId: string, ...preImage: readonly SalesforceRecord[]): Extract<RowOutcome, { kind: "done" }> {
  return { kind: "done", opId, recordId: ORDER, created: false, preImage };
}

function concurrentEdits(decided: Decision, ...outcomes: readonly RowOutcome[]): readonly unknown[] {
  return concurrentEditsOf({ mapping, decision: decided, outcomes, keyOf: () => undefined }).map((each) => [
    each.field,
    each.joined,
    each.value,
    each.ours,
  ]);
}

const header = (fields: SalesforceRecord): SalesforceRecord => ({ Id: ORDER, ...fields });

describe("what a write reads first", () => {
  it("is the fields that it writes, with who changed the record last", () => {
    const [only] = decision(update("a", { Description: "new" })).salesforce;
    expect(only?.kind === "update" && only.preImage).toEqual([
      { object: "Order", recordId: ORDER, fields: ["Id", "Description", "LastModifiedById", "LastModifiedDate"] },
    ]);
  });

  it("is nothing for a field that is not compared, and for a record that is made", () => {
    const made = { kind: "upsert", opId: "b", object: "Order", keyField: "ERP_Key__c", key: "k", fields: {} } as const;
    const { salesforce } = decision(update("a", { ERP_Key__c: "k" }), made);
    expect(readsOf(salesforce)).toEqual([]);
  });

  it("is every field of the record and of its lines for a deletion", () => {
    const { salesforce } = decision({ kind: "delete", opId: "a", object: "Order", recordId: ORDER });
    const reads = readsOf(salesforce);
    expect(reads.map(({ recordId }) => recordId)).toEqual([ORDER, LINE]);
    expect(reads[0]?.fields).toEqual(expect.arrayContaining(["AccountId", "Description", "Status"]));
    expect(reads[1]?.fields).toEqual(expect.arrayContaining(["Quantity", "UnitPrice"]));
  });

  it("is one read for each record, and one request for each object and 2,000 records", () => {
    const { salesforce } = decision(update("a", { Status: "Draft" }), update("b", { Description: "new" }));
    expect(readsOf(salesforce)).toMatchObject([{ fields: expect.arrayContaining(["Status", "Description"]) }]);
    const lines = Array.from({ length: 2_001 }, (_, index): RowOperation => {
      const recordId = `802${index}` as RecordId;
      const preImage = [{ object: "OrderItem", recordId, fields: ["Id", "Quantity"] }];
      return { kind: "update", opId: `l${index}`, object: "OrderItem", recordId, fields: {}, preImage };
    });
    const requests = collectionReads([...salesforce, ...lines]);
    expect(requests.map(({ object, recordIds }) => [object, recordIds.length])).toEqual([
      ["Order", 1],
      ["OrderItem", 2_000],
      ["OrderItem", 1],
    ]);
  });
});

describe("an edit is found that", () => {
  it("was in the field when it was written", () => {
    const found = concurrentEdits(
      decision(update("a", { Description: "new" })),
      done("a", header({ Description: "edit" })),
    );
    expect(found).toEqual([["Description", "old", "edit", "new"]]);
  });

  it("was in a line", () => {
    const decided = decision(update("a", { Description: "new" }), update("b", { Quantity: 5 }, LINE));
    const found = concurrentEdits(
      decided,
      done("a", header({ Description: "old" })),
      done("b", { Id: LINE, Quantity: 3 }),
    );
    expect(found).toEqual([["Quantity", "2", "3", "5"]]);
  });

  it("took an order back to Draft that is reopened and activated again", () => {
    const decided = decision(update("a", { Status: "Draft" }), update("b", { Status: "Activated" }));
    expect(concurrentEdits(decided, done("a", header({ Status: "Draft" })), done("b"))).toEqual([
      ["Status", "Activated", "Draft", "Activated"],
    ]);
  });

  it("took it back to Draft, where our own way through Draft stopped half way", () => {
    const decided = {
      ...decision(update("a", { Status: "Draft" }), update("b", { Status: "Activated" })),
      transitional: { shown: "Draft", meant: "Activated" },
    };
    expect(concurrentEdits(decided, done("a", header({ Status: "Draft" })))).toEqual([
      ["Status", "Activated", "Draft", "Draft"],
    ]);
    expect(concurrentEdits(decided, done("a", header({ Status: "Activated" })))).toEqual([]);
  });

  it("fell between two writes of the same field", () => {
    const decided = decision(update("a", { Status: "Draft" }), update("b", { Status: "Activated" }));
    const found = concurrentEdits(
      decided,
      done("a", header({ Status: "Activated" })),
      done("b", header({ Status: "Shipped" })),
    );
    expect(found).toEqual([["Status", "Draft", "Shipped", "Activated"]]);
  });

  it("was made again after we had written over it once", () => {
    const decided = decision(update("a", { Status: "Draft" }), update("b", { Status: "Activated" }));
    const found = concurrentEdits(
      decided,
      done("a", header({ Status: "Shipped" })),
      done("b", header({ Status: "Shipped" })),
    );
    expect(found).toEqual([
      ["Status", "Activated", "Shipped", "Draft"],
      ["Status", "Draft", "Shipped", "Activated"],
    ]);
  });

  it("went with a deleted record", () => {
    const decided = decision({ kind: "delete", opId: "a", object: "Order", recordId: ORDER });
    const outcomes = [done("a", header({ Description: "edit" }), { Id: LINE, Quantity: 3 })];
    expect(concurrentEdits(decided, ...outcomes)).toEqual([
      ["Description", "old", "edit", undefined],
      ["Quantity", "2", "3", undefined],
    ]);
    // Nothing is left that could hide it.
    expect(
      unsettledEditsOf(concurrentEditsOf({ mapping, decision: decided, outcomes, keyOf: () => undefined })),
    ).toEqual([]);
  });
});

describe("no edit is found", () => {
  it.each<[string, SalesforceRecord]>([
    ["where the field shows what was read", { Description: "old" }],
    ["where it shows what we write: a second delivery, or the same idea", { Description: "new" }],
    ["in a field that is read but not written", { Description: "old", PoNumber: "4711" }],
  ])("%s", (_name, fields) => {
    expect(concurrentEdits(decision(update("a", { Description: "new" })), done("a", header(fields)))).toEqual([]);
  });

  it("in our own status on the way through Draft", () => {
    const decided = decision(update("a", { Status: "Draft" }), update("b", { Status: "Activated" }));
    const found = concurrentEdits(
      decided,
      done("a", header({ Status: "Activated" })),
      done("b", header({ Status: "Draft" })),
    );
    expect(found).toEqual([]);
  });

  it("where the write did not land", () => {
    const failed: RowOutcome = { kind: "failed", opId: "a", class: "refused", apiErrors: [] };
    expect(concurrentEdits(decision(update("a", { Description: "new" })), failed)).toEqual([]);
  });

  it("where somebody took it back before our write", () => {
    const decided = decision(update("a", { PoNumber: "1" }), update("b", { Description: "new" }));
    const first = done("a", header({ PoNumber: null, Description: "edit" }));
    expect(concurrentEdits(decided, first, done("b", header({ Description: "old" })))).toEqual([]);
  });
});

describe("guards", () => {
  it("know a write that landed without its pre-image", () => {
    const decided = decision(update("a", { Description: "new" }));
    expect(lacksPreImage(decided, [done("a")])).toBe(true);
    expect(lacksPreImage(decided, [done("a", header({ Description: "old" }))])).toBe(false);
    expect(lacksPreImage(decided, [])).toBe(false);
  });

  it("know a record that was there when it was to be made", () => {
    const made = { kind: "upsert", opId: "a", object: "Order", keyField: "ERP_Key__c", key: "k", fields: {} } as const;
    const decided = decision(made, { ...made, opId: "b" });
    expect(lacksPreImage(decided, [{ ...done("a"), created: true }, done("b")])).toBe(false);
    expect(lacksPreImage(decided, [done("a"), done("b")])).toBe(true);
  });

  it("make a single update of a root conditional, and nothing else", () => {
    const one = withCondition(mapping, decision(update("a", { Description: "new" })));
    expect(one.salesforce).toMatchObject([{ unmodifiedSince: "2026-03-02T08:00:00.000+0000" }]);
    const line = decision(update("a", { Quantity: 5 }, LINE));
    const two = decision(update("a", { Status: "Draft" }), update("b", { Description: "new" }));
    const unknown = { ...decision(update("a", { Description: "new" })), salesforceStamp: null };
    for (const plain of [line, two, unknown]) expect(withCondition(mapping, plain)).toBe(plain);
  });
});
