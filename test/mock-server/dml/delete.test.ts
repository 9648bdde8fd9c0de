import { describe, expect, it } from "vitest";
import { merge } from "../../../mock-server/dml/merge.ts";
import { textField } from "../../../mock-server/index.ts";
import { refusal, Shop } from "./shop.ts";

describe("deleting and restoring", () => {
  it("an order takes its products to the recycle bin and brings back those that went with it", () => {
    const shop = new Shop();
    const order = shop.order();
    const earlier = shop.item(order);
    const later = shop.item(order);
    shop.delete("OrderItem", earlier);
    shop.delete("Order", order);
    expect(shop.row("OrderItem", later)["IsDeleted"]).toBe(true);

    shop.undelete("Order", order);

    expect(shop.row("Order", order)).toMatchObject({ IsDeleted: false, TotalAmount: 998 });
    expect(shop.row("OrderItem", later)["IsDeleted"]).toBe(false);
    expect(shop.row("OrderItem", earlier)["IsDeleted"]).toBe(true);
  });

  it("an account stays in the recycle bin while an order that went with it has a successor of the same unique key", () => {
    const key = textField("ERP__c", { externalId: true, unique: true });
    const shop = new Shop({ fields: { Order: [key] } });
    const order = shop.order({ ERP__c: "E-1" });
    shop.delete("Account", shop.account);
    const successor = shop.order({ ERP__c: "E-1", AccountId: shop.otherAccount });

    expect(refusal(shop.one("undelete", "Account", shop.account, {}))).toMatch(/^DUPLICATE_VALUE/);
    expect(shop.row("Order", order)["IsDeleted"]).toBe(true);

    shop.delete("Order", successor);
    shop.undelete("Account", shop.account);
    expect(shop.row("Order", order)["IsDeleted"]).toBe(false);
  });

  it("an order product cannot be restored alone, nor an order before its account", () => {
    const shop = new Shop();
    const order = shop.order();
    const item = shop.item(order);
    shop.delete("OrderItem", item);
    shop.delete("Account", shop.account);

    expect(refusal(shop.one("undelete", "OrderItem", item, {}))).toContain("does not support undelete");
    expect(refusal(shop.one("undelete", "Order", order, {}))).toMatch(/^UNDELETE_FAILED/);
    shop.undelete("Account", shop.account);
    expect(shop.row("Order", order)["IsDeleted"]).toBe(false);
    expect(refusal(shop.one("undelete", "Order", order, {}))).toMatch(/^UNDELETE_FAILED/);
  });

  it("ACC-1: activated orders and contracts keep an account; drafts and contacts go with it", () => {
    const shop = new Shop();
    const contact = shop.insert("Contact", { AccountId: shop.account, LastName: "Davis" });
    const draft = shop.order({ BillToContactId: contact });
    const other = shop.insert("Contract", { AccountId: shop.otherAccount });
    shop.update("Contract", other, { Status: "Activated" });
    expect(refusal(shop.tryDelete("Account", shop.otherAccount))).toBe(
      "DELETE_FAILED: Your attempt to delete Globex could not be completed because it is associated with the following contracts.: 00000100\n []",
    );

    shop.delete("Account", shop.account);

    expect(shop.row("Order", draft)["IsDeleted"]).toBe(true);
    expect(shop.row("Contact", contact)["IsDeleted"]).toBe(true);
  });

  it("ACC-1: names every activated order that is in the way", () => {
    const shop = new Shop();
    shop.activatedOrder();
    shop.activatedOrder();

    expect(refusal(shop.tryDelete("Account", shop.account))).toBe(
      "DELETE_FAILED: Your attempt to delete Acme could not be completed because it is associated with the following orders.: 00000100, 00000101\n []",
    );
  });

  it("child accounts lose their parent and get it back, unless they found another", () => {
    const shop = new Shop();
    const child = shop.insert("Account", { Name: "Child", ParentId: shop.account });

    shop.delete("Account", shop.account);

    expect(shop.row("Account", child)).toMatchObject({ ParentId: null, IsDeleted: false });
    shop.undelete("Account", shop.account);
    expect(shop.row("Account", child)["ParentId"]).toBe(shop.account);
    shop.delete("Account", shop.account);
    shop.update("Account", child, { ParentId: shop.otherAccount });
    shop.undelete("Account", shop.account);
    expect(shop.row("Account", child)["ParentId"]).toBe(shop.otherAccount);
  });

  it("a contact that an order names is not deleted", () => {
    const shop = new Shop();
    const contact = shop.insert("Contact", { AccountId: shop.account, LastName: "Davis", FirstName: "Josh" });
    shop.order({ ShipToContactId: contact });

    expect(refusal(shop.tryDelete("Contact", contact))).toContain("delete Josh Davis could not be completed");
  });

  it.each([
    ["nothing", undefined, "MISSING_ARGUMENT", 400],
    ["no Id", "abc", "MALFORMED_ID: malformed id abc []", 400],
    ["an Id of another object", "001000000000001AAA", "MALFORMED_ID", 400],
    ["a wrong checksum", "8015e0000000001AAB", "MALFORMED_ID", 400],
    [
      "a record that never was",
      "8015e0000009999AAA",
      "INVALID_CROSS_REFERENCE_KEY: invalid cross reference id []",
      404,
    ],
  ])("of %s is refused", (_case, id, answer, statusCode) => {
    const shop = new Shop();
    const result = shop.one("delete", "Order", id, {});

    expect(refusal(result)).toContain(answer);
    expect(result).toMatchObject({ statusCode });
  });

  it("accepts an Id of 15 characters", () => {
    const shop = new Shop();
    const order = shop.order();

    expect(shop.tryDelete("Order", order.slice(0, 15))).toMatchObject({ success: true, id: order });
  });

  it("a restored record needs the parents that it holds", () => {
    const shop = new Shop();
    const order = shop.order({ Pricebook2Id: shop.otherBook });
    shop.delete("Order", order);
    shop.delete("Pricebook2", shop.otherBook);

    expect(refusal(shop.one("undelete", "Order", order, {}))).toMatch(/^UNDELETE_FAILED: .*price book/);
    shop.undelete("Pricebook2", shop.otherBook);
    expect(refusal(shop.one("undelete", "Order", order, {}))).toBe("saved");
  });

  it("for good takes children out of the recycle bin too", () => {
    const shop = new Shop();
    const [order, binned] = [shop.order(), shop.order()];
    shop.delete("OrderItem", shop.item(order));
    shop.item(binned);
    shop.delete("Order", binned);

    for (const id of [order, binned]) expect(refusal(shop.one("hardDelete", "Order", id, {}))).toBe("saved");

    expect(shop.rows("OrderItem")).toEqual([]);
  });

  it("for good removes the record and its products, also from the recycle bin", () => {
    const shop = new Shop();
    const [live, binned] = [shop.order(), shop.order()];
    shop.item(live);
    shop.delete("Order", binned);

    const results = [live, binned].map((id) => refusal(shop.one("hardDelete", "Order", id, {})));

    expect(results).toEqual(["saved", "saved"]);
    expect(shop.rows("Order")).toEqual([]);
    expect(shop.rows("OrderItem")).toEqual([]);
  });
});

describe("merging accounts", () => {
  const run = (shop: Shop, masterId: string, ...loserIds: readonly string[]) =>
    shop.org.transaction(shop.org.systemActor, (tx) =>
      merge(tx, { object: "Account", masterId, loserIds, values: { Name: "One" } }),
    );

  it("moves orders, activated ones too, and leaves the loser in the bin with its master", () => {
    const shop = new Shop();
    const order = shop.activatedOrder();

    const result = run(shop, shop.otherAccount, shop.account);

    expect(refusal(result)).toBe("saved");
    expect(shop.row("Order", order)["AccountId"]).toBe(shop.otherAccount);
    expect(shop.row("Account", shop.account)).toMatchObject({ IsDeleted: true, MasterRecordId: shop.otherAccount });
    expect(shop.row("Account", shop.otherAccount)["Name"]).toBe("One");
  });

  it("takes at most two losers, each another record, and changes nothing when it fails", () => {
    const shop = new Shop();
    const more = ["A", "B"].map((Name) => shop.insert("Account", { Name }));

    expect(run(shop, shop.account, shop.otherAccount, ...more)).toMatchObject({ success: false });
    expect(run(shop, shop.account, shop.account)).toMatchObject({ success: false });
    expect(run(shop, shop.account, String(more[0]), "001000000000001AAA")).toMatchObject({ success: false });
    expect(shop.row("Account", String(more[0]))["IsDeleted"]).toBe(false);
  });
});
