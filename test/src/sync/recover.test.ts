/** Recovery beside edits that an earlier write of ours has hidden. */
import { expect, it } from "vitest";
import { businessKey } from "../../../src/model/business-key.ts";
import type { SyncDocument } from "../../../src/model/document.ts";
import type { Base, Intent } from "../../../src/sync/decision.ts";
import { recover, recoveredBase } from "../../../src/sync/recover.ts";

const subject = { object: "Account", key: businessKey("erp", "Account", ["C1"]) };

function account(phone: string): SyncDocument {
  return { ...subject, fields: { Name: "Bo", Phone: phone } };
}

/** "ours" was written over the edit "user's"; the value before both was "old". */
const base: Base = {
  ...subject,
  document: account("old"),
  salesforceStamp: null,
  externalVersion: null,
  displaced: [{ field: "Phone", value: "user's", ours: "ours", by: null, at: null }],
};

function intent(side: Intent["side"]): Intent {
  return {
    id: side,
    ...subject,
    side,
    before: account("ours"),
    after: account("user's"),
    atomic: true,
    startedAtMs: 0,
  };
}

function recovered(before: Base, side: Intent["side"], present: SyncDocument): Base {
  return recoveredBase(intent(side), before, recover(intent(side), present));
}

it("an edit that came back to Salesforce only is still its user's, and not yet agreed on", () => {
  const inSalesforce = recovered(base, "salesforce", account("user's"));
  const settled = recovered(inSalesforce, "external", account("ours"));
  expect(settled.document?.fields["Phone"]).toBe("old");
  expect(settled.displaced).toMatchObject([{ field: "Phone", value: "user's", ours: "user's" }]);
});

it.each(["salesforce", "external"] as const)(
  "an edit that came back to both sides is agreed on (%s first)",
  (first) => {
    const second = first === "salesforce" ? "external" : "salesforce";
    const settled = recovered(recovered(base, first, account("user's")), second, account("user's"));
    expect(settled.document?.fields["Phone"]).toBe("user's");
  },
);
