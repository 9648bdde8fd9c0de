import { describe, expect, it } from "vitest";
import { endOfTerm } from "../../../mock-server/dml/rules/derived.ts";
import { profileWithout, refusal, Shop, type Values } from "./shop.ts";

const WRONG_STATUS =
  "FAILED_ACTIVATION: Choose a valid contract status and save your changes. Ask your admin for details. [Status]";

describe("a contract", () => {
  it("needs only an account and begins as Draft", () => {
    const shop = new Shop();

    expect(shop.row("Contract", shop.contract())).toMatchObject({
      ContractNumber: "00000100",
      Status: "Draft",
      StatusCode: "Draft",
      EndDate: null,
    });
    expect(refusal(shop.tryInsert("Contract", {}))).toBe(
      "REQUIRED_FIELD_MISSING: Required fields are missing: [AccountId] [AccountId]",
    );
  });

  it.each(["Activated", "In Approval Process"])("CON-1: cannot be created as %s", (Status) => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("Contract", { AccountId: shop.account, Status }))).toBe(WRONG_STATUS);
  });

  it("goes through approval or straight to Activated, stamped, without dates", () => {
    const shop = new Shop();
    const id = shop.contract();

    shop.update("Contract", id, { Status: "In Approval Process" });
    shop.update("Contract", id, { Status: "Draft" });
    shop.update("Contract", id, { Status: "Activated" });
    shop.update("Contract", id, { Status: "Activated" });

    expect(shop.row("Contract", id)).toMatchObject({
      StatusCode: "Activated",
      ActivatedDate: "2026-08-01T12:00:00.000+0000",
      EndDate: null,
    });
  });

  it.each(["Draft", "In Approval Process"])("CON-1: once activated never becomes %s", (Status) => {
    const shop = new Shop();
    const id = shop.contract();
    shop.update("Contract", id, { Status: "Activated" });

    expect(refusal(shop.tryUpdate("Contract", id, { Status }))).toBe(WRONG_STATUS);
  });

  it("CON-2: once activated keeps its account, while other fields stay open", () => {
    const shop = new Shop();
    const id = shop.contract();
    shop.update("Contract", id, { AccountId: shop.otherAccount });
    shop.update("Contract", id, { Status: "Activated" });

    expect(refusal(shop.tryUpdate("Contract", id, { AccountId: shop.account }))).toBe(
      "ENTITY_IS_LOCKED: entity is locked for editing []",
    );
    expect(refusal(shop.tryUpdate("Contract", id, { Description: "x", ContractTerm: 6 }))).toBe("saved");
  });

  it("CON-3: has a computed end date, also after activation, that nobody writes", () => {
    const shop = new Shop();
    const id = shop.contract({ StartDate: "2026-08-01", ContractTerm: 12 });
    expect(shop.row("Contract", id)["EndDate"]).toBe("2027-07-31");
    shop.update("Contract", id, { Status: "Activated" });

    shop.update("Contract", id, { ContractTerm: 24 });

    expect(shop.row("Contract", id)["EndDate"]).toBe("2028-07-31");
    expect(refusal(shop.tryUpdate("Contract", id, { EndDate: "2030-01-01" }))).toMatch(
      /^INVALID_FIELD_FOR_INSERT_UPDATE: .*\[EndDate\]$/,
    );
  });

  it("CON-3: has an end date of the client's own when auto-calculation is off", () => {
    const shop = new Shop({ settings: { autoCalculateEndDate: false } });

    const id = shop.contract({ StartDate: "2026-08-01", ContractTerm: 12, EndDate: "2030-01-01" });

    expect(shop.row("Contract", id)["EndDate"]).toBe("2030-01-01");
  });

  it.each([
    ["2026-08-01", 12, "2027-07-31"],
    ["2026-08-01", 24, "2028-07-31"],
    ["2024-01-31", 1, "2024-02-28"],
    ["2026-12-15", 1, "2027-01-14"],
    ["2026-03-01", 1, "2026-03-31"],
  ])("that starts %s for %i months ends %s", (start, months, end) => {
    expect(endOfTerm(start, months)).toBe(end);
  });

  it("CON-4: needs Activate Contracts to be activated", () => {
    const shop = new Shop({ permissions: [profileWithout("clerk", "ActivateContract")] });
    const id = shop.contract();
    shop.user = "clerk@mock.org";

    expect(shop.tryUpdate("Contract", id, { Status: "Activated" })).toMatchObject({ statusCode: 403 });
  });

  it("CON-5: is deleted while activated only with Delete Activated Contracts", () => {
    const shop = new Shop({ permissions: [profileWithout("clerk", "DeleteActivatedContract")] });
    const id = shop.contract();
    shop.update("Contract", id, { Status: "Activated" });
    shop.user = "clerk@mock.org";
    expect(shop.tryDelete("Contract", id)).toMatchObject({ statusCode: 403 });
    shop.user = "admin@mock.org";

    expect(refusal(shop.tryDelete("Contract", id))).toBe("saved");
  });
});

describe("the contract of an order", () => {
  const dated = (shop: Shop, values: Values = {}) =>
    shop.contract({ StartDate: "2026-08-01", ContractTerm: 1, ...values });

  it.each([
    [
      "2026-07-31",
      "ORD-10",
      "FIELD_INTEGRITY_EXCEPTION: Order Start Date can't be earlier than the contract's start date.: Order Start Date [EffectiveDate]",
    ],
    ["2026-08-01", "first day", "saved"],
    ["2026-08-31", "last day", "saved"],
    [
      "2026-09-01",
      "ORD-9",
      "FIELD_INTEGRITY_EXCEPTION: Order Start Date can't be later than its contract's end date.: Order Start Date [EffectiveDate]",
    ],
  ])("holds the start date %s (%s)", (EffectiveDate, _what, answer) => {
    const shop = new Shop();

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ ContractId: dated(shop), EffectiveDate })))).toBe(answer);
  });

  it("without an end date sets no upper bound", () => {
    const shop = new Shop();
    const ContractId = shop.contract({ StartDate: "2026-08-01" });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ ContractId, EffectiveDate: "2099-01-01" })))).toBe(
      "saved",
    );
  });

  it("ORD-11: belongs to the order's account, on create, and when either moves", () => {
    const shop = new Shop();
    const answer = "FIELD_INTEGRITY_EXCEPTION: The order's account must match its contract's account. [ContractId]";
    const foreign = shop.contract({ AccountId: shop.otherAccount, Pricebook2Id: shop.book });
    const own = shop.order({ ContractId: shop.contract() });

    expect(refusal(shop.tryInsert("Order", shop.orderValues({ ContractId: foreign })))).toBe(answer);
    expect(refusal(shop.tryUpdate("Order", own, { ContractId: foreign }))).toBe(answer);
    expect(refusal(shop.tryUpdate("Order", own, { AccountId: shop.otherAccount }))).toBe(answer);
    shop.update("Order", own, { AccountId: shop.otherAccount, ContractId: foreign });
    expect(shop.row("Order", own)).toMatchObject({ AccountId: shop.otherAccount, ContractId: foreign });
  });

  it("ORD-22: has the order's price book when it is assigned", () => {
    const shop = new Shop();
    const order = shop.order();

    expect(
      refusal(shop.tryUpdate("Order", order, { ContractId: shop.contract({ Pricebook2Id: shop.otherBook }) })),
    ).toMatch(/price book.*\[ContractId\]$/);
    expect(refusal(shop.tryUpdate("Order", order, { ContractId: shop.contract({ Pricebook2Id: shop.book }) }))).toBe(
      "saved",
    );
  });

  it("takes its draft orders along when it is deleted; CON-6: an activated one keeps it", () => {
    const shop = new Shop();
    const contract = shop.contract();
    const draft = shop.order({ ContractId: contract });
    shop.item(draft);
    const locked = shop.contract();
    shop.update("Contract", locked, { Status: "Activated" });
    shop.activatedOrder({ ContractId: locked });

    shop.delete("Contract", contract);

    expect(shop.row("Order", draft)["IsDeleted"]).toBe(true);
    expect(shop.rows("OrderItem")[0]?.["IsDeleted"]).toBe(true);
    expect(refusal(shop.tryDelete("Contract", locked))).toBe(
      "DELETE_FAILED: Your attempt to delete 00000101 could not be completed because it is associated with the following orders.: 00000101\n []",
    );
  });
});
