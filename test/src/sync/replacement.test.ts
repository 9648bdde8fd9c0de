/** Another product on a line: Salesforce's line goes, and one with the new product comes under the same key. */
import { describe, expect, it } from "vitest";
import type { LineKey } from "../../../src/model/key.ts";
import type { FailureClass, RowOutcome } from "../../../src/model/salesforce-record.ts";
import { decide } from "../../../src/sync/decide.ts";
import type { Decision } from "../../../src/sync/decision.ts";
import { deletedLines } from "../../../src/sync/delete-guard.ts";
import { replacedLines } from "../../../src/sync/replacement.ts";
import { planCalls } from "../../../src/sync/sequence.ts";
import { settle } from "../../../src/sync/settle.ts";
import { crashAndRecover, orderMapping, World } from "./order-world.ts";

const LINE = "erp:OrderItem:1:1" as LineKey;
type Overrides = Parameters<typeof orderMapping>[0];

/** An order with two lines on which both sides agree. */
function synced(order: Overrides = {}, state = "open"): World {
  const world = new World(orderMapping(order));
  world.erp.record = {
    fields: { customer: "c1", ordered: "2026-01-01", po: "PO", note: null, state },
    lines: new Map([
      ["1", { product: "p1", quantity: "5", price: "9.90", text: null }],
      ["2", { product: "p2", quantity: "1", price: "70", text: null }],
    ]),
  };
  world.pass();
  return world;
}

/** The external system puts another product on the first line. */
function swapped(order: Overrides = {}, state = "open"): World {
  const world = synced(order, state);
  put(world, "1", { product: "p9", price: "12" });
  return world;
}

function put(world: World, line: string, fields: Readonly<Record<string, string | null>>): void {
  world.erp.record?.lines.set(line, { ...world.erp.record.lines.get(line), ...fields });
}

/** Product and quantity of the lines that Salesforce shows. */
function shown(world: World): readonly unknown[] {
  return [...world.org.lines.values()]
    .map(({ fields }) => [fields["ERP_Key__c"], fields["PricebookEntryId"], fields["Quantity"]])
    .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
}

const outcome = (opId: string, kind: "done" | FailureClass): RowOutcome =>
  kind === "done"
    ? { kind, opId, recordId: "802" as never, created: true }
    : { kind: "failed", opId, class: kind, apiErrors: [] };

describe("a line that gets another product in the external system", () => {
  it("is removed and added again within one atomic write, the removal first", () => {
    const world = swapped();
    const old = [...world.org.lines.keys()][0];
    const decision = decide(world.input());
    expect(decision).toMatchObject({
      kind: "change",
      actions: ["lines"],
      salesforce: [
        { kind: "delete", object: "OrderItem", recordId: old },
        { kind: "upsert", object: "OrderItem", key: LINE, fields: { Quantity: 5, UnitPrice: 12 } },
      ],
      conflicts: [],
    });
    const { predictedCalls, steps } = planCalls([decision], { activation: "inGraph", bulkRows: null });
    expect(predictedCalls).toBe(1);
    expect(steps.flat()).toMatchObject([{ kind: "graphs" }]);
    world.pass();
    expect(world.pass().kind).toBe("agree");
    expect(shown(world)).toMatchObject([
      [LINE, expect.stringContaining(":p9"), 5],
      ["erp:OrderItem:1:2", expect.stringContaining(":p2"), 1],
    ]);
  });

  it("says so in the changes, which journal and plan show", () => {
    const changes = decide(swapped().input()).changes.filter(({ lineKey }) => lineKey === LINE);
    expect(changes).toMatchObject([
      { field: "PricebookEntryId", from: "erp:PricebookEntry:p1", to: "erp:PricebookEntry:p9" },
      { field: "UnitPrice", from: "9.9", to: "12" },
      { field: "*", from: true, to: null },
      { field: "*", from: null, to: true },
    ]);
    expect(changes[0]?.rule).toBe(
      "external moved; Salesforce does not change PricebookEntryId: the line is removed and added again",
    );
  });

  it("takes an activated order back to Draft and activates it again", () => {
    const world = swapped({}, "done");
    expect(decide(world.input())).toMatchObject({
      actions: ["reopen", "lines", "activate"],
      salesforce: [
        { fields: { Status: "Draft" } },
        { kind: "delete" },
        { kind: "upsert" },
        { fields: { Status: "Activated" } },
      ],
    });
    world.pass();
    expect(world.pass().kind).toBe("agree");
  });

  it.each(["park", "reduce"] as const)(
    "waits on an activated order under the policy %s, which names the line",
    (onActivated) => {
      const decision = decide(swapped({ onActivated }, "done").input());
      expect(decision).toMatchObject({ kind: "park", obstacles: [{ code: "ORDER_ACTIVATED" }] });
      expect(decision.obstacles[0]?.message).toContain(`another product on line ${LINE}`);
    },
  );

  it("is no deletion for the limit of deleted lines", () => {
    const world = swapped();
    expect(deletedLines(decide(world.input()))).toBe(0);
    world.erp.record?.lines.delete("2");
    expect(deletedLines(decide(world.input()))).toBe(1);
  });

  it("follows every other line when lines are numbered again or change places", () => {
    const world = synced();
    const [first, second] = [world.erp.record?.lines.get("1"), world.erp.record?.lines.get("2")];
    if (first === undefined || second === undefined) throw new Error("the order has two lines");
    world.erp.record?.lines.set("1", second).set("2", first);
    world.pass();
    expect(shown(world)).toMatchObject([
      [LINE, expect.stringContaining(":p2"), 1],
      ["erp:OrderItem:1:2", expect.stringContaining(":p1"), 5],
    ]);
    world.erp.record?.lines.delete("2");
    put(world, "1", { product: "p1", quantity: "5" });
    world.pass();
    expect(shown(world)).toMatchObject([[LINE, expect.stringContaining(":p1"), 5]]);
    expect(world.pass().kind).toBe("agree");
  });

  it("replaces none of the lines that only move up with the same product", () => {
    const world = synced();
    put(world, "2", { product: "p1", quantity: "3", price: "9.90" });
    world.pass();
    put(world, "1", { quantity: "3" });
    world.erp.record?.lines.delete("2");
    expect(decide(world.input()).salesforce).toMatchObject([
      { kind: "delete" },
      { kind: "update", fields: { Quantity: 3 } },
    ]);
  });
});

describe("a line with another product that somebody edits in Salesforce", () => {
  const edited = (order: Overrides): World => {
    const world = swapped(order);
    world.org.editLine(0, "Quantity", 8);
    return world;
  };

  it("loses the edit with the line where the external system wins, and the conflict keeps it", () => {
    const world = edited({ policy: "external" });
    const decision = world.pass();
    expect(decision.conflicts).toMatchObject([
      { lineKey: LINE, field: "Quantity", base: "5", salesforce: "8", external: "5", winner: "external" },
    ]);
    expect(shown(world)[0]).toMatchObject([LINE, expect.stringContaining(":p9"), 5]);
  });

  it("is no conflict where the new line has the edited value too, so that nothing is lost", () => {
    for (const policy of ["manual", "salesforce"] as const) {
      const world = edited({ policy });
      put(world, "1", { quantity: "8" });
      const decision = world.pass();
      expect(decision.conflicts).toEqual([]);
      expect(shown(world)[0]).toMatchObject([LINE, expect.stringContaining(":p9"), 8]);
    }
  });

  it("stays where Salesforce wins, and the conflict keeps the other product", () => {
    const world = edited({ policy: "salesforce" });
    const decision = world.pass();
    expect(decision.conflicts).toMatchObject([
      { lineKey: LINE, field: "PricebookEntryId", external: "erp:PricebookEntry:p9", winner: "salesforce" },
      { lineKey: LINE, field: "UnitPrice", external: "12", winner: "salesforce" },
    ]);
    expect(world.erp.record?.lines.get("1")).toMatchObject({ product: "p1", quantity: "8", price: "9.9" });
    expect(world.pass().kind).toBe("agree");
  });

  it("waits for a person where nobody wins, and follows the answer", () => {
    const world = edited({ policy: "manual" });
    const open = decide(world.input());
    expect(open).toMatchObject({ kind: "park", conflicts: [{ field: "PricebookEntryId", winner: null }] });
    const answered = (winner: "salesforce" | "external"): Decision =>
      decide({ ...world.input(), answers: new Map([[`${LINE}/PricebookEntryId`, winner]]) });
    expect(answered("external").salesforce).toMatchObject([{ kind: "delete" }, { kind: "upsert" }]);
    expect(answered("salesforce")).toMatchObject({
      salesforce: [],
      external: { change: { lines: [{ kind: "put" }] } },
    });
  });

  it("loses it too where lines only flow to Salesforce", () => {
    const lines = { ...orderLines(), direction: "toSalesforce" as const };
    expect(edited({ policy: "salesforce", lines }).pass().conflicts).toMatchObject([
      { field: "Quantity", salesforce: "8", winner: "external", rule: "direction toSalesforce" },
    ]);
  });
});

describe("a replacement that stops half way", () => {
  it("leaves a line that only the external system has, when the new line was refused", () => {
    const world = swapped();
    const decision = decide(world.input());
    const [removal, addition] = decision.salesforce;
    if (removal === undefined || addition === undefined) throw new Error("a replacement has two operations");
    world.org.apply(removal);
    const settled = settle(decision, world.base, [outcome(removal.opId, "done"), outcome(addition.opId, "refused")]);
    expect(settled.base.document?.lines?.[LINE]).toBeUndefined();
    expect(settled.link.lineIds[LINE]).toBeUndefined();
    world.base = settled.base;
    world.link = settled.link;
    world.pass();
    expect(shown(world)[0]).toMatchObject([LINE, expect.stringContaining(":p9"), 5]);
  });

  it("keeps the old line in the base when nothing of it landed", () => {
    const world = swapped();
    const decision = decide(world.input());
    const settled = settle(decision, world.base, []);
    expect(settled.base.document).toEqual(world.base?.document);
  });

  it.each([
    { atomic: true, operations: 2 },
    { atomic: true, operations: 1 },
    { atomic: false, operations: 2 },
    { atomic: false, operations: 1 },
    { atomic: false, operations: 0 },
  ])("is told by the product when the run dies: $operations operations, atomic $atomic", ({ atomic, operations }) => {
    const world = swapped();
    crashAndRecover(world, operations, { atomic });
    const decision = world.pass();
    expect(decision.conflicts).toEqual([]);
    expect(shown(world)[0]).toMatchObject([LINE, expect.stringContaining(":p9"), 5]);
    expect(world.erp.record?.lines.get("1")).toMatchObject({ product: "p9" });
    expect(world.pass().kind).toBe("agree");
  });

  it("is told by the product also when a user edits the new line before anybody looks", () => {
    const world = swapped();
    crashAndRecover(world, 2, { atomic: true, meanwhile: ({ org }) => org.editLine(1, "Quantity", 3) });
    const decision = world.pass();
    expect(decision.conflicts).toEqual([]);
    expect(world.erp.record?.lines.get("1")).toMatchObject({ product: "p9", quantity: "3" });
  });

  it("names the lines and their fixed fields for recovery", () => {
    const world = swapped();
    expect(replacedLines(world.mapping.lines, decide(world.input()))).toEqual({ [LINE]: ["PricebookEntryId"] });
    expect(replacedLines(world.mapping.lines, decide(synced().input()))).toBeUndefined();
  });
});

describe("a line that comes back with its old product each time", () => {
  it("becomes a dead letter after some tries, instead of being replaced for ever", () => {
    const world = swapped({ lines: { ...orderLines(), direction: "toSalesforce" } });
    const tries = Array.from({ length: 14 }, () => {
      const { kind } = world.pass();
      for (const { fields } of world.org.lines.values()) {
        if (fields["ERP_Key__c"] === LINE) fields["PricebookEntryId"] = "@erp:PricebookEntry:p1";
      }
      return kind;
    });
    expect([tries.at(0), tries.at(-1)]).toEqual(["change", "reject"]);
    expect(decide(world.input())).toMatchObject({ kind: "reject", obstacles: [{ code: "CREATE_ONLY_CHANGED" }] });
  });
});

/** The lines of the usual mapping. */
function orderLines(): NonNullable<NonNullable<Overrides>["lines"]> {
  return {
    keyField: "ERP_Key__c",
    naturalKey: ["line"],
    fields: {
      PricebookEntryId: { reference: "PricebookEntry", from: "product" },
      Quantity: "quantity",
      UnitPrice: "price",
      Description: "text",
    },
  };
}
