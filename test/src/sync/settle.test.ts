/** What is remembered of an edit that our last write hides, when the writes that decide about it land in part. */
import { expect, it } from "vitest";
import { businessKey } from "../../../src/model/business-key.ts";
import type { SyncDocument } from "../../../src/model/document.ts";
import type { RecordId } from "../../../src/model/key.ts";
import type { Base, Decision, FieldChange } from "../../../src/sync/decision.ts";
import { settle } from "../../../src/sync/settle.ts";

const subject = { object: "Account", key: businessKey("erp", "Account", ["C1"]) };
const RECORD = "001000000000001AAA" as RecordId;
const TO_SALESFORCE = `${subject.key}#1`;
const TO_EXTERNAL = `${subject.key}#x`;

function account(name: string, phone: string): SyncDocument {
  return { ...subject, fields: { Name: name, Phone: phone } };
}

/** "ours" was written over the edit "user's" of the name; before both it was "old". */
const base: Base = {
  ...subject,
  document: account("old", "1"),
  salesforceStamp: null,
  externalVersion: null,
  unsettledEdits: [{ field: "Name", value: "user's", ours: "ours", by: null, at: null }],
};

function decision(agreed: SyncDocument, changes: readonly FieldChange[]): Decision {
  return {
    ...subject,
    kind: "change",
    agreed,
    link: { ...subject, recordId: RECORD, naturalKey: ["C1"], lineIds: {}, presence: { kind: "live" } },
    salesforceStamp: null,
    externalVersion: null,
    salesforceBefore: account("ours", "1"),
    externalBefore: account("ours", "1"),
    salesforce: changes
      .filter(({ side }) => side === "salesforce")
      .map(({ opId }) => ({ kind: "update", opId, object: "Account", recordId: RECORD, fields: { Name: "user's" } })),
    external: {
      opId: TO_EXTERNAL,
      collection: "customers",
      naturalKey: ["C1"],
      change: { kind: "update", fields: {} },
      expectedVersion: null,
    },
    conflicts: [],
    obstacles: [],
    actions: ["update"],
    changes,
    transitional: null,
    rewrites: [],
    unsettledEdits: [],
    keptOnOneSide: null,
  };
}

it("what the other side has got is agreed on, and Salesforce still stands for it", () => {
  const change = { field: "Name", from: "ours", to: "user's", rule: "policy salesforce" };
  const both = decision(account("user's", "1"), [
    { ...change, side: "salesforce", opId: TO_SALESFORCE },
    { ...change, side: "external", opId: TO_EXTERNAL },
  ]);

  const settled = settle(both, base, [], { external: { kind: "done", opId: TO_EXTERNAL, version: "2" } });

  expect(settled.base.document).toEqual(account("user's", "1"));
  expect(settled.base.unsettledEdits).toEqual(base.unsettledEdits);
});

it("an edit that loses without a write is decided about again when the rest does not land", () => {
  const phone = { field: "Phone", from: "1", to: "2", rule: "salesforce moved" };
  const rest = decision(account("ours", "2"), [{ ...phone, side: "external", opId: TO_EXTERNAL }]);

  const settled = settle(rest, base, []);

  expect(settled.base.document).toEqual(account("old", "1"));
  expect(settled.base.unsettledEdits).toEqual(base.unsettledEdits);
});

it("of two hidden edits of a field the later one counts", () => {
  const change = { field: "Name", from: "ours", to: "user's", rule: "policy salesforce" };
  const both = decision(account("user's", "1"), [
    { ...change, side: "salesforce", opId: TO_SALESFORCE },
    { ...change, side: "external", opId: TO_EXTERNAL },
  ]);
  const newer = { field: "Name", value: "newer", ours: "user's", by: null, at: null };

  const settled = settle(both, base, [{ kind: "done", opId: TO_SALESFORCE, recordId: RECORD, created: false }], {
    unsettledEdits: [newer],
  });

  expect(settled.base.unsettledEdits).toEqual([newer]);
});
