/** Recovery beside edits of people: those that an earlier write of ours has hidden, and those that look like ours. */
import { describe, expect, it } from "vitest";
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
  unsettledEdits: [{ field: "Phone", value: "user's", ours: "ours", by: null, at: null }],
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
  return recoveredBase(intent(side), before, recover(intent(side), present, before));
}

it("an edit that came back to Salesforce only is still its user's, and not yet agreed on", () => {
  const inSalesforce = recovered(base, "salesforce", account("user's"));
  const settled = recovered(inSalesforce, "external", account("ours"));
  expect(settled.document?.fields["Phone"]).toBe("old");
  expect(settled.unsettledEdits).toMatchObject([{ field: "Phone", value: "user's", ours: "user's" }]);
});

it.each(["salesforce", "external"] as const)(
  "an edit that came back to both sides is agreed on (%s first)",
  (first) => {
    const second = first === "salesforce" ? "external" : "salesforce";
    const settled = recovered(recovered(base, first, account("user's")), second, account("user's"));
    expect(settled.document?.fields["Phone"]).toBe("user's");
  },
);

const ORDER = businessKey("erp", "Order", ["O1"]);
const [OLD_LINE, NEW_LINE] = ["10", "20"].map((no) => businessKey("erp", "OrderItem", ["O1", no]));

/** An order with this many pieces on each line, in a status. */
function order(status: string, quantities: readonly (string | undefined)[], note = "note"): SyncDocument {
  const lines = [OLD_LINE, NEW_LINE].flatMap((line, index) =>
    line === undefined || quantities[index] === undefined ? [] : [[line, { Quantity: quantities[index] }] as const],
  );
  const fields = { Status: status, Description: note };
  return { object: "Order", key: ORDER, fields, lines: Object.fromEntries(lines) };
}

/** What became of a whole that was to lead from one to the other. */
function fate(
  before: SyncDocument,
  after: SyncDocument,
  present: SyncDocument,
  side: Intent["side"] = "salesforce",
): string {
  return recover(whole(before, after, side), present, { ...base, ...subjectOf(before) }).kind;
}

/** A write that lands at once. */
function whole(before: SyncDocument | null, after: SyncDocument, side: Intent["side"]): Intent {
  return { ...intent(side), object: "Order", key: ORDER, before, after };
}

describe("a whole that adds a line and activates the order", () => {
  const before = order("Draft", ["1"]);
  const after = order("Activated", ["1", "2"]);

  it("has not landed where a user has activated it and the line is missing", () => {
    expect(fate(before, after, order("Activated", ["1"]))).toBe("notLanded");
  });

  it("has landed where the line stands, whatever was edited since", () => {
    expect(fate(before, after, order("Draft", ["1", "9"]))).toBe("landed");
  });
});

describe("a whole that changes values and the status", () => {
  const before = order("Draft", ["1"]);
  const after = order("Activated", ["5"]);

  it("has not landed where only the status is the intended one", () => {
    expect(fate(before, after, order("Activated", ["1"]))).toBe("notLanded");
  });

  it("is in doubt where a value is the intended one and the status is not", () => {
    expect(fate(before, after, order("Draft", ["5"]))).toBe("unclear");
  });

  it("has not landed where the value is another one and the status is as before", () => {
    expect(fate(before, after, order("Draft", ["8"]))).toBe("notLanded");
  });

  it("is judged by the status where nothing else was to change", () => {
    expect(fate(before, order("Activated", ["1"]), order("Activated", ["1"]))).toBe("landed");
    expect(fate(before, order("Activated", ["1"]), before)).toBe("notLanded");
  });
});

describe("a whole that takes a line away and changes a value", () => {
  const before = order("Draft", ["1", "2"]);
  const after = order("Draft", ["5"]);

  it("has not landed where the line stands and the value is as before", () => {
    expect(fate(before, after, order("Draft", ["1", "2"]))).toBe("notLanded");
  });

  it.each(["salesforce", "external"] as const)(
    "is in doubt where the line stands and the value is the intended one (%s): somebody may have brought the line back",
    (side) => {
      expect(fate(before, after, order("Draft", ["5", "2"]), side)).toBe("unclear");
    },
  );

  it("agrees on the value that stands, and goes on taking away the line that stood before", () => {
    const intent = whole(before, after, "external");
    const known = { ...base, ...subjectOf(before), unsettledEdits: [] };
    const found = recover(intent, order("Draft", ["5", "9"]), known);
    expect(recoveredBase(intent, known, found).document).toEqual(order("Draft", ["5", "2"]));
    expect(found).toMatchObject({ doubts: [{ lineKey: NEW_LINE, field: "*", shown: true, meant: null }] });
  });

  it("is in doubt where the line is gone and the value is as before", () => {
    expect(fate(before, after, order("Draft", ["1"]))).toBe("unclear");
  });
});

describe("a whole of which one value stands and another does not: lost, or landed and taken back", () => {
  const before = order("Draft", ["1"], "old note");
  const after = order("Draft", ["5", "7"], "new note");
  const present = order("Draft", ["5"], "old note");
  const lost = whole(before, after, "salesforce");
  const known = { ...base, ...subjectOf(before), unsettledEdits: [] };
  const found = recover(lost, present, known);

  it("agrees on what stands and on nothing else, so that the change itself goes on", () => {
    const settled = recoveredBase(lost, known, found);
    expect(settled.document).toEqual(order("Draft", ["5"], "old note"));
  });

  it("names what may have been taken back", () => {
    expect(found).toMatchObject({
      kind: "unclear",
      doubts: [
        { field: "Description", shown: "old note", meant: "new note" },
        { lineKey: NEW_LINE, field: "*", shown: null, meant: true },
      ],
    });
  });
});

describe("a line that is made where it stood before", () => {
  const before = order("Draft", ["1"], "old note");
  const after = order("Draft", ["1", "7"], "new note");
  const known: Base = { ...base, ...subjectOf(order("Draft", ["1", "2"], "old note")), unsettledEdits: [] };

  it.each(["salesforce", "external"] as const)("is no proof (%s): people bring it back as well", (side) => {
    const found = recover(whole(before, after, side), order("Draft", ["1", "9"], "old note"), known);
    expect(found).toMatchObject({ kind: "unclear", doubts: [{ field: "Description", meant: "new note" }] });
  });

  it("is agreed on as far as it is what we meant; about the rest both sides are compared once more", () => {
    const intent = whole(before, after, "external");
    const found = recover(intent, order("Draft", ["1", "9"], "new note"), known);
    expect(recoveredBase(intent, known, found).document).toEqual(order("Draft", ["1", "2"], "new note"));
  });

  it("counts as never agreed on where the base does not know it either", () => {
    const intent = whole(before, after, "external");
    const older = { ...known, document: before };
    const found = recover(intent, order("Draft", ["1", "9"], "new note"), older);
    expect(recoveredBase(intent, older, found).document?.lines).toEqual({ ...before.lines, [NEW_LINE ?? ""]: {} });
  });
});

describe("a record that is made where it stood before", () => {
  const agreed = order("Draft", ["1", "2"], "agreed note");
  const meant = order("Draft", ["5", "2"], "meant note");

  it.each([
    ["still known", agreed],
    ["forgotten", null],
  ])("and that somebody else may have made is agreed on as far as it is what we meant (%s)", (_, document) => {
    const known: Base = { ...base, object: "Order", key: ORDER, document, unsettledEdits: [] };
    const intent = whole(null, meant, "external");
    const present = order("Draft", ["8", "2"], "somebody's note");
    const { document: found } = recoveredBase(intent, known, recover(intent, present, known));
    expect(found?.fields).toEqual({
      Status: "Draft",
      ...(document === null ? {} : { Description: "agreed note" }),
    });
    expect(found?.lines).toEqual(
      document === null ? { ...order("Draft", [undefined, "2"]).lines, [OLD_LINE ?? ORDER]: {} } : agreed.lines,
    );
  });

  it("was made by us where it has never been", () => {
    const intent = whole(null, meant, "external");
    const found = recover(intent, order("Draft", ["8"], "an edit"), null);
    expect(recoveredBase(intent, null, found).document).toEqual(meant);
  });
});

/** The parts of a base that say which document it is about. */
function subjectOf(document: SyncDocument): Pick<Base, "object" | "key" | "document"> {
  return { object: document.object, key: document.key, document };
}
