import { describe, expect, it } from "vitest";
import type { View } from "../../../mock-server/console/host.ts";
import { outlookOf } from "../../../mock-server/console/order-steps.ts";
import { stagesOf, timelineOf } from "../../../mock-server/console/order-timeline.ts";
import { totalsOf } from "../../../mock-server/console/order-totals.ts";
import { Journal } from "../../../mock-server/http/journal.ts";
import type { Transaction } from "../../../mock-server/org/port.ts";
import { Shop } from "../dml/shop.ts";
import { viewOf } from "./host.ts";

function draftOf(shop: Shop): string {
  return shop.insert("Order", {
    AccountId: shop.account,
    EffectiveDate: "2026-08-01",
    Status: "Draft",
    Pricebook2Id: shop.book,
  });
}

function lineOf(shop: Shop, order: string): string {
  return shop.insert("OrderItem", { OrderId: order, PricebookEntryId: shop.entry, Quantity: 2, UnitPrice: 499 });
}

function inOrg<T>(shop: Shop, work: (tx: Transaction) => T): T {
  return shop.org.transaction(shop.org.systemActor, work);
}

/** The code of a step's refusal, `allowed`, or undefined where there is no such step. */
function outcomeOf(view: View, order: string, label: string): string | undefined {
  const step = outlookOf(view, order)?.steps.find((one) => one.label === label);
  return step && (step.outcome.allowed ? "allowed" : step.outcome.faults[0]?.code);
}

describe("the outlook of an order", () => {
  it("refuses to activate a draft without products, with the real code and rule", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    const step = outlookOf(viewOf(shop), order)?.steps.find(({ label }) => label === "Activate (Activated)");
    expect(step?.outcome).toMatchObject({ allowed: false, rule: "ORD-4", faults: [{ code: "FAILED_ACTIVATION" }] });
  });

  it("allows to activate a draft with products", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    expect(outcomeOf(viewOf(shop), order, "Activate (Activated)")).toBe("allowed");
  });

  it("refuses to add, remove and delete once the order is activated, and allows to reopen it", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    shop.update("Order", order, { Status: "Activated" });
    const view = viewOf(shop);
    expect(outcomeOf(view, order, "Add an order product")).toBe("ENTITY_IS_LOCKED");
    expect(outcomeOf(view, order, "Remove an order product")).toBe("DELETE_FAILED");
    expect(outcomeOf(view, order, "Delete the order")).toBe("DELETE_FAILED");
    expect(outcomeOf(view, order, "Reopen (Draft)")).toBe("allowed");
  });

  it("asks the org's own validation rules too", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    shop.options = {
      validationRules: [{ name: "Frozen", object: "Order", message: "Not now.", isBroken: () => true }],
    };
    const step = outlookOf(viewOf(shop), order)?.steps.find(({ label }) => label === "Activate (Activated)");
    expect(step?.outcome.faults).toContainEqual(expect.objectContaining({ message: "Not now." }));
  });

  it("tells the locked fields with one reason together", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    shop.update("Order", order, { Status: "Activated" });
    const lock = outlookOf(viewOf(shop), order)?.locks.find(({ outcome }) => outcome.rule === "ORD-13");
    expect(lock?.fields.map(({ name }) => name)).toContain("AccountId");
  });

  it("only offers to undelete what is deleted", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    shop.delete("Order", order);
    expect(outlookOf(viewOf(shop), order)?.steps.map(({ label }) => label)).toEqual(["Undelete the order"]);
  });

  it("leaves no trace: records, Ids and numbers go on as if nothing had been asked", () => {
    const asked = new Shop();
    const unasked = new Shop();
    for (const shop of [asked, unasked]) lineOf(shop, draftOf(shop));
    const order = asked.rows("Order")[0]?.["Id"];
    outlookOf(viewOf(asked), String(order));
    for (const shop of [asked, unasked]) draftOf(shop);
    expect(asked.rows("Order")).toEqual(unasked.rows("Order"));
    expect(asked.rows("OrderItem")).toEqual(unasked.rows("OrderItem"));
  });

  it("does not exist for an order that does not", () => {
    const shop = new Shop();
    expect(outlookOf(viewOf(shop), "801000000000000AAA")).toBeUndefined();
  });
});

describe("the totals of an order", () => {
  it("are recomputed beside what is stored", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    const totals = inOrg(shop, (tx) => totalsOf(tx, tx.get("Order", order) ?? {}));
    expect(totals).toMatchObject({ stored: 998, recomputed: 998, lines: [{ stored: 998, recomputed: 998 }] });
  });

  it.each([true, false])("agree with what is stored, in an org that rounds: %s", (roundStoredNumbers) => {
    const shop = new Shop({ settings: { roundStoredNumbers } });
    const order = draftOf(shop);
    shop.item(order, { Quantity: 1.125, UnitPrice: 0.335 });
    const totals = inOrg(shop, (tx) => totalsOf(tx, tx.get("Order", order) ?? {}));
    expect(totals.recomputed).toBe(totals.stored);
    expect(totals.lines[0]?.recomputed).toBe(totals.lines[0]?.stored);
  });

  it("show a stored amount that does not add up", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    lineOf(shop, order);
    inOrg(shop, (tx) => tx.replace("Order", { ...tx.get("Order", order), TotalAmount: 1 }));
    const totals = inOrg(shop, (tx) => totalsOf(tx, tx.get("Order", order) ?? {}));
    expect(totals).toMatchObject({ stored: 1, recomputed: 998 });
  });
});

describe("the life of an order", () => {
  it("goes from its creation over its products to its activation", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    shop.org.clock.advance({ minutes: 5 });
    lineOf(shop, order);
    shop.org.clock.advance({ minutes: 5 });
    shop.update("Order", order, { Status: "Activated" });
    const moments = inOrg(shop, (tx) => timelineOf(tx, tx.get("Order", order) ?? {}, new Journal()));
    expect(moments.map(({ title }) => title)).toEqual(["Order start date", "Created", "Products added", "Activated"]);
    expect(moments[2]?.details).toEqual(["Anvil × 2"]);
  });

  it("stands at its stage", () => {
    const shop = new Shop();
    const order = draftOf(shop);
    const states = (lines: number) =>
      inOrg(shop, (tx) => stagesOf(tx, tx.get("Order", order) ?? {}, lines)).map(({ state }) => state);
    expect(states(0)).toEqual(["current", "open", "open"]);
    expect(states(1)).toEqual(["done", "current", "open"]);
    lineOf(shop, order);
    shop.update("Order", order, { Status: "Activated" });
    expect(states(1)).toEqual(["done", "done", "current"]);
  });
});
