/** Decisions one by one: creation, deletion, conflicts, obstacles. */
import { describe, expect, it } from "vitest";
import type { ParentState } from "../../../src/mapping/write.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import { type DecideInput, decide } from "../../../src/sync/decide.ts";
import { isEcho, isLineEcho } from "../../../src/sync/screen.ts";
import { KEY, orderMapping, World } from "./order-world.ts";

type Overrides = Parameters<typeof orderMapping>[0];

/** An order that only the external system has. */
function fresh(order: Overrides = {}, state = "done"): World {
  const world = new World(orderMapping(order));
  world.erp.record = {
    fields: { customer: "c1", ordered: "2026-01-01", po: "PO", note: null, state },
    lines: new Map([["1", { product: "p1", quantity: "5", price: "9.90", text: null }]]),
  };
  return world;
}

/** An order on which both sides agree. */
function synced(order: Overrides = {}, state = "done"): World {
  const world = fresh(order, state);
  world.pass();
  return world;
}

/** A user's edit that our last write has hidden. */
const EDIT = { field: "PoNumber", value: "edit", ours: "PO", by: "005A", at: "2026-01-03T00:00:00Z" } as const;

/** An activated order that a crash has left in Draft on its way to a new date, with an edit that is hidden there. */
function transitionalOfBase(order: Overrides = {}): World {
  const world = synced(order);
  if (world.erp.record !== null) world.erp.record.fields["ordered"] = "2026-02-02";
  world.pass(1);
  world.base = world.base === null ? null : { ...world.base, unsettledEdits: [EDIT] };
  return world;
}

const codes = (world: World, change: Partial<DecideInput> = {}): readonly string[] =>
  decide({ ...world.input(), ...change }).obstacles.map((obstacle) => obstacle.code);

describe("a new order", () => {
  it("is made as Draft, gets its lines, and is activated by an update of Status alone", () => {
    const decision = decide(fresh().input());
    expect(decision).toMatchObject({ kind: "change", actions: ["create", "lines", "activate"] });
    expect(decision.salesforce).toMatchObject([
      { kind: "upsert", object: "Order", key: KEY, fields: { Status: "Draft", EffectiveDate: "2026-01-01" } },
      {
        kind: "upsert",
        object: "OrderItem",
        key: "erp:OrderItem:1:1",
        fields: { Quantity: 5, OrderId: { kind: "byKey", key: KEY } },
      },
      { kind: "upsert", object: "Order", fields: { Status: "Activated" } },
    ]);
    expect(Object.keys(decision.salesforce[2]?.kind === "upsert" ? decision.salesforce[2].fields : {})).toEqual([
      "Status",
    ]);
  });

  it("that is open stays Draft and needs no activation", () => {
    expect(decide(fresh({}, "open").input()).actions).toEqual(["create", "lines"]);
  });

  it("waits for its account, and is refused for an unknown product with the line's name", () => {
    const answer =
      (account: ParentState["kind"], product: ParentState["kind"]) =>
      (object: string): ParentState => {
        const kind = object === "Account" ? account : product;
        return kind === "linked" ? { kind, recordId: "001" as RecordId } : { kind };
      };
    expect(decide({ ...fresh().input(), parents: answer("pending", "linked") })).toMatchObject({
      kind: "park",
      obstacles: [{ code: "PARENT_PENDING" }],
    });
    expect(decide({ ...fresh().input(), parents: answer("absent", "linked") })).toMatchObject({
      kind: "park",
      obstacles: [{ code: "PARENT_MISSING" }],
    });
    const refused = decide({ ...fresh().input(), parents: answer("linked", "absent") });
    expect(refused).toMatchObject({
      kind: "reject",
      salesforce: [],
      obstacles: [{ code: "PRODUCT_UNKNOWN", lineKey: "erp:OrderItem:1:1" }],
    });
    expect(refused.obstacles[0]?.message).toContain("PricebookEntry p1, which neither side has");
  });

  it("without lines cannot be activated", () => {
    const world = fresh();
    world.erp.record?.lines.clear();
    expect(decide(world.input())).toMatchObject({ kind: "reject", obstacles: [{ code: "ORDER_WITHOUT_LINES" }] });
  });

  it("with a value that makes no sense is refused by name", () => {
    const world = fresh();
    if (world.erp.record !== null) world.erp.record.fields["ordered"] = "31.02.2026";
    const decision = decide(world.input());
    expect(decision).toMatchObject({ kind: "reject", obstacles: [{ code: "VALUE_INVALID", field: "EffectiveDate" }] });
    expect(decision.obstacles[0]?.message).toContain('"31.02.2026"');
  });

  it("is left alone where Salesforce may not get new ones", () => {
    expect(decide(fresh({ create: { salesforce: false } }).input())).toMatchObject({
      kind: "agree",
      salesforce: [],
      obstacles: [{ code: "CREATE_NOT_ALLOWED" }],
    });
  });

  it("without permission to activate waits", () => {
    const world = fresh();
    expect(codes(world, { org: { ...world.input().org, mayActivateOrders: false } })).toEqual(["PERMISSION_ACTIVATE"]);
  });
});

describe("an activated order", () => {
  it("is reopened for a changed quantity and activated again", () => {
    const world = synced();
    world.erp.record?.lines.set("1", { ...world.erp.record.lines.get("1"), quantity: "4" });
    expect(decide(world.input())).toMatchObject({
      actions: ["reopen", "lines", "activate"],
      transitional: { shown: "Draft", meant: "Activated" },
    });
  });

  it("takes a new description without being reopened", () => {
    const world = synced();
    if (world.erp.record !== null) world.erp.record.fields["note"] = "call first";
    expect(decide(world.input())).toMatchObject({
      actions: ["update"],
      salesforce: [{ kind: "update", fields: { Description: "call first" } }],
    });
  });

  it("waits with the reason where the mapping says park", () => {
    const world = synced({ onActivated: "park" });
    world.erp.record?.lines.set("1", { ...world.erp.record.lines.get("1"), quantity: "4" });
    const decision = decide(world.input());
    expect(decision).toMatchObject({ kind: "park", salesforce: [], obstacles: [{ code: "ORDER_ACTIVATED" }] });
    expect(decision.obstacles[0]?.message).toContain("Quantity of line erp:OrderItem:1:1");
  });

  it("is reduced by a reduction order for a lowered quantity, and waits for anything else", () => {
    const world = synced({ onActivated: "reduce" });
    const change = (fields: object): void =>
      void world.erp.record?.lines.set("1", { ...world.erp.record.lines.get("1"), ...fields });
    change({ quantity: "3" });
    const decision = decide(world.input());
    expect(decision.actions).toEqual(["reduce"]);
    expect(decision.salesforce).toMatchObject([
      { object: "Order", fields: { IsReductionOrder: true, Status: "Draft", OriginalOrderId: world.org.order?.id } },
      {
        object: "OrderItem",
        fields: { Quantity: -2, UnitPrice: 9.9, OriginalOrderItemId: [...world.org.lines.keys()][0] },
      },
      { object: "Order", fields: { Status: "Activated" } },
    ]);
    expect(decide(world.input()).salesforce).toEqual(decision.salesforce);
    change({ quantity: "6" });
    expect(codes(world)).toEqual(["ORDER_ACTIVATED"]);
  });

  it("without permission to edit activated orders waits", () => {
    const world = synced();
    if (world.erp.record !== null) world.erp.record.fields["note"] = "x";
    expect(codes(world, { org: { ...world.input().org, mayEditActivatedOrders: false } })).toEqual([
      "PERMISSION_EDIT_ACTIVATED",
    ]);
  });

  it("keeps its price book: another one is refused with the way out", () => {
    const fields = {
      AccountId: { reference: "Account", from: "customer" },
      EffectiveDate: "ordered",
      Pricebook2Id: "book",
    };
    const world = fresh({ fields });
    if (world.erp.record !== null) world.erp.record.fields["book"] = "b1";
    world.pass();
    if (world.erp.record !== null) world.erp.record.fields["book"] = "b2";
    const decision = decide(world.input());
    expect(decision).toMatchObject({
      kind: "reject",
      obstacles: [{ code: "CREATE_ONLY_CHANGED", field: "Pricebook2Id" }],
    });
    expect(decision.obstacles[0]?.message).toContain("add it there under another key, or take the change back");
  });
});

describe("a field that moved on both sides", () => {
  function collision(order: Overrides, field: "po" | "note"): World {
    const world = synced(order);
    if (world.erp.record !== null) world.erp.record.fields[field] = "theirs";
    world.org.edit(field === "po" ? "PoNumber" : "Description", "ours");
    return world;
  }

  it("goes to the policy's side, and the loser is in the conflict with who and when", () => {
    const decision = decide(collision({ policy: "salesforce" }, "po").input());
    expect(decision.conflicts).toMatchObject([
      {
        field: "PoNumber",
        base: "PO",
        salesforce: "ours",
        external: "theirs",
        winner: "salesforce",
        rule: "policy salesforce",
        salesforceBy: "user",
      },
    ]);
    expect(decision.external?.change).toMatchObject({ fields: { po: "ours" } });
    expect(decision.salesforce).toEqual([]);
  });

  it("goes to the field's owner before the policy", () => {
    expect(decide(collision({ policy: "salesforce" }, "note").input()).conflicts).toMatchObject([
      { winner: "external", rule: "field owner external" },
    ]);
  });

  it("goes to the newer side, and to Salesforce where the times do not tell", () => {
    const world = collision({ policy: "newest" }, "po");
    expect(decide(world.input()).conflicts).toMatchObject([
      { winner: "salesforce", rule: expect.stringContaining("do not tell") as string },
    ]);
    const input = world.input();
    if (input.external.kind !== "present") throw new Error("no view");
    const view = { ...input.external.view, provenance: { by: "anna", at: "2030-01-01T00:00:00Z" } };
    expect(decide({ ...input, external: { kind: "present", view } }).conflicts).toMatchObject([
      { winner: "external", externalBy: "anna" },
    ]);
  });

  it("waits for a person where the policy says manual, and follows the answer", () => {
    const world = collision({ policy: "manual" }, "po");
    expect(decide(world.input())).toMatchObject({
      kind: "park",
      salesforce: [],
      external: null,
      obstacles: [{ code: "CONFLICT_MANUAL" }],
      conflicts: [{ winner: null }],
    });
    const answered = decide({ ...world.input(), answers: new Map([["/PoNumber", "external"]]) });
    expect(answered).toMatchObject({
      kind: "change",
      conflicts: [{ winner: "external", rule: "decided by a person: external" }],
    });
  });

  it("to the same value is no conflict", () => {
    const world = synced();
    if (world.erp.record !== null) world.erp.record.fields["po"] = "same";
    world.org.edit("PoNumber", "same");
    expect(decide(world.input())).toMatchObject({
      kind: "agree",
      conflicts: [],
      agreed: { fields: { PoNumber: "same" } },
    });
  });
});

describe("a deletion", () => {
  const both = { delete: { salesforce: true, external: true }, create: { salesforce: true, external: true } };

  it("in Salesforce is followed where the mapping allows it", () => {
    const world = synced(both);
    world.org.deleted = true;
    expect(world.pass()).toMatchObject({
      kind: "change",
      external: { change: { kind: "delete" } },
      link: { presence: { kind: "deletedOnOneSide", side: "salesforce" } },
    });
    expect(world.link?.presence).toEqual({ kind: "tombstone", byUs: false });
    expect(decide(world.input())).toMatchObject({ kind: "agree", actions: [] });
  });

  it("that the mapping does not propagate is noted and changes nothing", () => {
    const world = synced();
    world.org.deleted = true;
    expect(decide(world.input())).toMatchObject({
      kind: "agree",
      external: null,
      obstacles: [{ code: "DELETE_NOT_PROPAGATED" }],
    });
  });

  it("that is undone finds the order half way and the hidden edit as they were", () => {
    const world = transitionalOfBase();
    world.org.deleted = true;
    expect(world.pass().actions).toEqual([]);
    expect(world.base).toMatchObject({ transitional: { shown: "Draft", meant: "Activated" }, unsettledEdits: [EDIT] });
    world.org.deleted = false;
    expect(decide(world.input())).toMatchObject({ conflicts: [], actions: ["update", "activate"] });
  });

  it("in Salesforce that is followed, and undone, finds the order half way and the hidden edit as they were", () => {
    const world = transitionalOfBase({ ...both, policy: "salesforce" });
    world.org.deleted = true;
    expect(world.pass().actions).toEqual(["delete"]);
    expect(world.base).toMatchObject({
      document: null,
      transitional: { shown: "Draft", meant: "Activated" },
      unsettledEdits: [EDIT],
    });
    world.org.deleted = false;
    const { changes, actions } = decide(world.input());
    const status = changes.filter(({ field }) => field === "Status" || field === "PoNumber");
    expect(actions).toContain("activate");
    expect(status.map(({ side, field, to }) => [side, field, to])).toEqual([
      ["salesforce", "PoNumber", "edit"],
      ["external", "PoNumber", "edit"],
      ["external", "Status", "Activated"],
    ]);
  });

  it("on both sides that is undone in Salesforce finds the order half way and the hidden edit as they were", () => {
    const world = transitionalOfBase();
    world.org.deleted = true;
    world.erp.record = null;
    expect(world.pass().actions).toEqual(["tombstone"]);
    expect(world.base).toMatchObject({ document: null, unsettledEdits: [EDIT] });
    world.org.deleted = false;
    expect(decide(world.input())).toMatchObject({
      actions: ["update", "activate"],
      changes: [{ side: "salesforce", field: "PoNumber", from: "PO", to: "edit" }],
    });
    world.base = world.base === null ? null : { ...world.base, unsettledEdits: [] };
    expect(world.pass().actions).toEqual(["activate"]);
    expect(world.pass().actions).toEqual([]);
  });

  it("in the external system takes an activated order back to Draft first", () => {
    const world = synced(both);
    world.erp.apply({
      opId: "x",
      collection: "orders",
      naturalKey: ["1"],
      change: { kind: "delete" },
      expectedVersion: null,
    });
    expect(world.pass().actions).toEqual(["reopen", "delete"]);
    expect(world.org.deleted).toBe(true);
  });

  it("is never concluded from absence", () => {
    const world = synced(both);
    world.erp.record = null;
    expect(decide(world.input())).toMatchObject({
      kind: "park",
      salesforce: [],
      obstacles: [{ code: "EXTERNAL_MISSING" }],
    });
    const other = synced(both);
    expect(codes(other, { salesforce: { kind: "absent" } })).toEqual(["SALESFORCE_MISSING"]);
  });

  it("against an edit is a conflict, settled by the policy, with the lost values in it", () => {
    const world = synced({ ...both, policy: "salesforce" });
    world.org.deleted = true;
    if (world.erp.record !== null) world.erp.record.fields["po"] = "edited";
    const decision = decide(world.input());
    expect(decision.external?.change.kind).toBe("delete");
    expect(decision.conflicts).toMatchObject([
      { field: "*", winner: "salesforce" },
      { field: "PoNumber", external: "edited" },
    ]);
    const kept = synced({ ...both, policy: "external" });
    kept.org.deleted = true;
    if (kept.erp.record !== null) kept.erp.record.fields["po"] = "edited";
    expect(decide(kept.input())).toMatchObject({
      actions: ["revive", "lines", "activate"],
      link: { presence: { kind: "deletedOnOneSide", side: "salesforce" } },
    });
  });

  it("on both sides leaves a tombstone, and a record that comes back is revived", () => {
    const world = synced(both);
    world.org.deleted = true;
    world.erp.record = null;
    world.erp.deleted = true;
    expect(world.pass()).toMatchObject({
      agreed: null,
      link: { presence: { kind: "tombstone" } },
      actions: ["tombstone"],
    });
    expect(world.pass().actions).toEqual([]);
    world.org.deleted = false;
    expect(world.pass()).toMatchObject({ external: { change: { kind: "create" } }, actions: ["revive"] });
    expect(world.link?.presence).toEqual({ kind: "live" });
  });

  it("is remembered as ours where we made it in Salesforce, until the record is made again", () => {
    const world = synced(both);
    const { record } = world.erp;
    world.erp.record = null;
    world.erp.deleted = true;
    world.pass();
    expect(world.link?.presence).toEqual({ kind: "tombstone", byUs: true });
    world.pass();
    expect(world.link?.presence).toEqual({ kind: "tombstone", byUs: true });
    world.erp.record = record;
    world.erp.deleted = false;
    world.org.lines.clear();
    world.pass();
    expect(world.link?.presence).toEqual({ kind: "live" });
    const followed = synced(both);
    followed.org.deleted = true;
    followed.pass();
    expect(followed.link?.presence).toEqual({ kind: "tombstone", byUs: false });
  });

  it("that both sides know of does not keep a record from being made again after a try that did not land", () => {
    const world = synced(both);
    const record = world.erp.record;
    world.org.deleted = true;
    world.org.lines.clear();
    world.pass();
    world.erp.record = record;
    world.erp.deleted = false;
    expect(world.pass(0).actions).toEqual(["revive", "lines", "activate"]);
    expect(world.link?.presence.kind).toBe("tombstone");
    expect(world.pass().actions).toEqual(["revive", "lines", "activate"]);
    expect(world.link).toMatchObject({ presence: { kind: "live" }, recordId: expect.any(String) });
  });

  it("by an account merge points from the link to the survivor, whose Id stays with its own key", () => {
    const world = synced();
    const master = { recordId: "001M" as RecordId, key: "erp:Order:2" as BusinessKey };
    const gone = { kind: "deleted", provenance: { by: null, at: null }, document: null, master } as const;
    expect(decide({ ...world.input(), salesforce: gone })).toMatchObject({
      kind: "agree",
      link: { recordId: null, presence: { kind: "mergedAway", into: "erp:Order:2", isGone: false } },
      actions: ["merge"],
    });
    const unread = { ...gone, master: { ...master, key: undefined } };
    expect(decide({ ...world.input(), salesforce: unread })).toMatchObject({
      kind: "park",
      salesforce: [],
      obstacles: [{ code: "MERGED" }],
    });
    const unkeyed = { ...gone, master: { ...master, key: null } };
    expect(decide({ ...world.input(), salesforce: unkeyed }).salesforce).toMatchObject([
      { kind: "update", recordId: "001M", fields: { ERP_Key__c: KEY } },
    ]);
  });
});

describe("a changed reference", () => {
  it("to an account which nobody has makes its order wait, though nothing else of it changes", () => {
    const world = synced();
    if (world.erp.record !== null) world.erp.record.fields["customer"] = "c9";
    const parents = (_object: string, key: string): ParentState =>
      key.endsWith(":c9") ? { kind: "absent" } : { kind: "linked", recordId: "001" as RecordId };
    expect(decide({ ...world.input(), parents })).toMatchObject({
      kind: "park",
      obstacles: [{ code: "PARENT_MISSING" }],
    });
  });
});

describe("lines", () => {
  it("that somebody made in Salesforce are left alone, or make the order wait", () => {
    const stranger = { id: "802X" as RecordId, fields: { ERP_Key__c: null, Quantity: 1 } };
    const kept = synced();
    kept.org.lines.set(stranger.id, stranger);
    expect(decide(kept.input())).toMatchObject({ kind: "agree", obstacles: [{ code: "FOREIGN_LINES" }] });
  });

  it("that Salesforce lost are made again where lines only flow to Salesforce, which is on record", () => {
    const lines = { ...orderInput().lines, direction: "toSalesforce" as const };
    const world = synced({ lines }, "open");
    world.org.removeLine(0);
    const decision = decide(world.input());
    expect(decision.salesforce).toMatchObject([{ kind: "upsert", object: "OrderItem" }]);
    expect(decision.conflicts).toMatchObject([
      { field: "*", lineKey: "erp:OrderItem:1:1", rule: "direction toSalesforce" },
    ]);
  });
});

function orderInput(): { readonly lines: NonNullable<NonNullable<Overrides>["lines"]> } {
  return {
    lines: {
      keyField: "ERP_Key__c",
      naturalKey: ["line"],
      fields: {
        PricebookEntryId: { reference: "PricebookEntry", from: "product" },
        Quantity: "quantity",
        UnitPrice: "price",
      },
    },
  };
}

describe("an automation that rewrites a field", () => {
  it("is named after three rounds, and the field is left alone", () => {
    const world = synced(
      {
        fields: {
          AccountId: { reference: "Account", from: "customer" },
          EffectiveDate: "ordered",
          PoNumber: { from: "po", direction: "toSalesforce" },
        },
      },
      "open",
    );
    const self = { salesforce: "user", external: null };
    const rounds = [1, 2, 3, 4].map(() => {
      world.org.edit("PoNumber", "REWRITTEN");
      const decision = decide({ ...world.input(), self });
      for (const operation of decision.salesforce) world.org.apply(operation);
      world.base = { ...(world.base ?? never()), rewrites: decision.rewrites };
      return { writes: decision.salesforce.length, codes: decision.obstacles.map((obstacle) => obstacle.code) };
    });
    expect(rounds.map((round) => round.writes)).toEqual([1, 1, 1, 0]);
    expect(rounds[3]?.codes).toEqual(["OSCILLATION"]);
  });
});

describe("screening", () => {
  it("calls a row an echo when it shows what the base holds, whoever wrote it", () => {
    const world = synced();
    const view = world.org.view(world.mapping) ?? never();
    expect(isEcho(world.mapping, world.base, view)).toBe(true);
    world.org.edit("PoNumber", "new");
    expect(isEcho(world.mapping, world.base, world.org.view(world.mapping) ?? never())).toBe(false);
    expect(isEcho(world.mapping, null, view)).toBe(false);
  });

  it("looks at lines one by one", () => {
    const world = synced();
    const row = { Id: "802", ERP_Key__c: "erp:OrderItem:1:1", Quantity: 5.0, UnitPrice: 9.9, Description: null };
    const echo = (change: object): boolean =>
      isLineEcho(world.mapping, world.base, { ...row, ...change }, () => undefined);
    expect(echo({})).toBe(true);
    expect(echo({ Quantity: 6 })).toBe(false);
    expect(echo({ IsDeleted: true })).toBe(false);
    expect(echo({ ERP_Key__c: null })).toBe(false);
    expect(echo({ ERP_Key__c: "erp:OrderItem:1:9", IsDeleted: true })).toBe(true);
  });
});

function never(): never {
  throw new Error("expected a value");
}
