/** The pain: somebody saves a record in Salesforce just while the sync writes it, and the edit is gone without a trace. */
import { describe, expect, it } from "vitest";
import type { RunReport } from "../../../src/engine/context/report.ts";
import type { RunRequest } from "../../../src/engine/run/run.ts";
import { CONCURRENT_EDIT } from "../../../src/sync/pre-image.ts";
import { Shop } from "../../src/engine/shop.ts";
import { erpMapping } from "../../support/erp-mapping.ts";

/** A run in which a user saves something between our reading and our first write. */
async function runWhile(shop: Shop, edit: () => void, request: Partial<RunRequest> = {}): Promise<RunReport> {
  let pending = true;
  const salesforce: typeof shop.salesforce = {
    ...shop.salesforce,
    execute: (call) => {
      if (pending) edit();
      pending = false;
      return shop.salesforce.execute(call);
    },
  };
  return await shop.run(request, { salesforce });
}

async function saveAs(shop: Shop, object: string, key: string): Promise<(values: Record<string, unknown>) => void> {
  const id = String((await shop.record(object, key, "SystemModstamp"))?.["Id"]);
  return (values) => {
    const [result] = shop.save({ operation: "update", records: [{ object, id, values }] });
    expect(result).toMatchObject({ success: true });
  };
}

async function names(shop: Shop): Promise<readonly unknown[]> {
  const account = await shop.record("Account", "erp:Account:C0", "Name");
  return [account?.["Name"], shop.erp.row("customers", "C0")?.fields["name"]];
}

async function customer(policy: "salesforce" | "external" | "newest" | "manual"): Promise<{
  readonly shop: Shop;
  readonly save: (values: Record<string, unknown>) => void;
}> {
  const shop = await Shop.open(erpMapping({ Account: { policy } }));
  shop.batch(1);
  await shop.run();
  await shop.run();
  const save = await saveAs(shop, "Account", "erp:Account:C0");
  shop.erp.put("customers", "C0", { name: "ERP" });
  return { shop, save };
}

describe("an edit made while we wrote is kept", () => {
  it("on both sides, in the same run, where Salesforce wins", async () => {
    const { shop, save } = await customer("salesforce");

    const report = await runWhile(shop, () => save({ Name: "User" }));

    expect(await names(shop)).toEqual(["User", "User"]);
    expect(report.unsynced).toEqual([]);
    const [conflict] = await shop.state.conflicts({ limit: 10 });
    expect(conflict).toMatchObject({ field: "Name", base: "Customer 0", salesforce: "User", external: "ERP" });
    expect(conflict).toMatchObject({ winner: "salesforce", rule: `${CONCURRENT_EDIT}, policy salesforce` });
    expect(conflict?.salesforceBy).toBe(shop.mock.org.actor("admin@mock.org")?.userId);
    expect((await shop.run()).writes + (await shop.run()).writes).toBe(0);
  });

  it("on record, where the external system wins", async () => {
    const { shop, save } = await customer("external");

    await runWhile(shop, () => save({ Name: "User" }));

    expect(await names(shop)).toEqual(["ERP", "ERP"]);
    const [conflict] = await shop.state.conflicts({ limit: 10 });
    expect(conflict).toMatchObject({ salesforce: "User", external: "ERP", winner: "external" });
    const journal = await shop.state.journal({ key: "erp:Account:C0", limit: 10 });
    expect(journal.map(({ event }) => event)).toContain(CONCURRENT_EDIT);
    expect((await shop.run()).writes).toBe(0);
  });

  it("until a person decides, where people decide", async () => {
    const { shop, save } = await customer("manual");

    const report = await runWhile(shop, () => save({ Name: "User" }));

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "CONFLICT_MANUAL" }] }]);
    const [open] = await shop.state.conflicts({ open: true, limit: 10 });
    expect(open).toMatchObject({ salesforce: "User", external: "ERP", winner: null });
    const lease = await shop.state.acquireLease({ name: "run:erp", holder: "person", ttlMs: 1_000, nowMs: 0 });
    if (open === undefined || lease === undefined) throw new Error("there is a conflict, and nobody runs");
    await shop.state.commit(lease, { conflicts: [{ ...open, winner: "salesforce" }] });
    await shop.state.releaseLease(lease);
    await shop.run();
    expect(await names(shop)).toEqual(["User", "User"]);
    expect((await shop.run()).writes).toBe(0);
  });

  it("where it changed another field than we wrote, without a conflict", async () => {
    const { shop, save } = await customer("external");

    await runWhile(shop, () => save({ Phone: "123" }));
    await shop.run();

    expect(await names(shop)).toEqual(["ERP", "ERP"]);
    expect(shop.erp.row("customers", "C0")?.fields["phone"]).toBe("123");
    expect(await shop.state.conflicts({ limit: 10 })).toEqual([]);
  });

  it("where it wrote the same as we did, without a conflict", async () => {
    const { shop, save } = await customer("external");

    await runWhile(shop, () => save({ Name: "ERP" }));

    expect(await names(shop)).toEqual(["ERP", "ERP"]);
    expect(await shop.state.conflicts({ limit: 10 })).toEqual([]);
  });

  it.each(["inGraph", "after"] as const)("in a line of an order that is reopened for it (%s)", async (activation) => {
    const shop = await Shop.open(erpMapping({ Order: { policy: "salesforce", activation } }));
    shop.batch(1);
    shop.order("O1", { state: "released", lines: 2 });
    await shop.run();
    await shop.run();
    const save = await saveAs(shop, "OrderItem", "erp:OrderItem:O1:10");
    const saveOrder = await saveAs(shop, "Order", "erp:Order:O1");
    shop.erp.put("orders", "O1", { note: "ERP" }, { 10: { quantity: "5" }, 20: { quantity: "6" } });

    await runWhile(shop, () => {
      save({ Quantity: 7 });
      saveOrder({ Description: "User" });
    });

    const lines = [await shop.record("OrderItem", "erp:OrderItem:O1:10", "Quantity")];
    lines.push(await shop.record("OrderItem", "erp:OrderItem:O1:20", "Quantity"));
    expect(lines.map((line) => line?.["Quantity"])).toEqual([7, 6]);
    expect(shop.erp.row("orders", "O1")?.lines.get("10")?.["quantity"]).toBe("7");
    expect(shop.erp.row("orders", "O1")?.fields["note"]).toBe("User");
    const order = await shop.record("Order", "erp:Order:O1", "Status, Description");
    expect(order).toMatchObject({ Status: "Activated", Description: "User" });
    expect((await shop.run()).writes + (await shop.run()).writes).toBe(0);
  });

  it("in the status of an order that was taken back to Draft meanwhile", async () => {
    const shop = await Shop.open(erpMapping({ Order: { policy: "salesforce" } }));
    shop.batch(1);
    shop.order("O1", { state: "released" });
    await shop.run();
    await shop.run();
    const save = await saveAs(shop, "Order", "erp:Order:O1");
    shop.erp.put("orders", "O1", {}, { 10: { quantity: "5" } });

    await runWhile(shop, () => save({ Status: "Draft" }));

    expect((await shop.record("Order", "erp:Order:O1", "Status"))?.["Status"]).toBe("Draft");
    expect(shop.erp.row("orders", "O1")?.fields["state"]).toBe("draft");
    expect((await shop.run()).writes + (await shop.run()).writes).toBe(0);
  });

  it("in Salesforce, where the record was deleted elsewhere and is not made again", async () => {
    const order = { policy: "salesforce", create: { salesforce: true, external: false } } as const;
    const shop = await Shop.open(erpMapping({ Order: { ...order, delete: { salesforce: false, external: false } } }));
    shop.batch(1);
    shop.order("O1", { lines: 1 });
    await shop.run();
    await shop.run();
    const save = await saveAs(shop, "Order", "erp:Order:O1");
    shop.erp.put("orders", "O1", { note: "ERP" });

    await runWhile(shop, () => {
      save({ Description: "User" });
      shop.erp.remove("orders", "O1");
    });
    await shop.run();

    expect((await shop.record("Order", "erp:Order:O1", "Description"))?.["Description"]).toBe("User");
    const report = await shop.run();
    expect(report.unsynced).toEqual([]);
    expect(report.writes + (await shop.run()).writes).toBe(0);
  });

  it("on record with every value, where the record was deleted", async () => {
    const shop = await Shop.open(
      erpMapping({ Order: { policy: "external", delete: { salesforce: true, external: false } } }),
    );
    shop.batch(1);
    shop.order("O1", { lines: 2 });
    await shop.run();
    await shop.run();
    const save = await saveAs(shop, "OrderItem", "erp:OrderItem:O1:10");
    shop.erp.remove("orders", "O1");

    await runWhile(shop, () => save({ Quantity: 7 }), { allowDeletes: true });

    expect(await shop.salesforce.query("SELECT Id FROM Order")).toEqual([]);
    const [conflict] = await shop.state.conflicts({ limit: 10 });
    expect(conflict).toMatchObject({ lineKey: "erp:OrderItem:O1:10", field: "Quantity", salesforce: "7" });
    expect(conflict?.rule).toContain(CONCURRENT_EDIT);
  });
});

describe("an edit made while we wrote", () => {
  it("is lost without pre-images", async () => {
    const { shop, save } = await customer("salesforce");

    await runWhile(shop, () => save({ Name: "User" }), { preImages: false });

    expect(await names(shop)).toEqual(["ERP", "ERP"]);
    expect(await shop.state.conflicts({ limit: 10 })).toEqual([]);
  });

  it("keeps a conditional write from landing, and is then decided about like any edit", async () => {
    const { shop, save } = await customer("external");

    await runWhile(shop, () => save({ Name: "User" }), { conditionalWrites: true });

    const [conflict] = await shop.state.conflicts({ limit: 10 });
    expect(conflict).toMatchObject({ salesforce: "User", external: "ERP", rule: "policy external" });
    const journal = await shop.state.journal({ key: "erp:Account:C0", limit: 10 });
    expect(journal.map(({ event }) => event)).not.toContain(CONCURRENT_EDIT);
    expect(await names(shop)).toEqual(["ERP", "ERP"]);
  });
});
