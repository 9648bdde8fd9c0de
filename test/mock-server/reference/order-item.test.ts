/** Order products, contracts, products and price books (reference: order-domain §3, §4, §5). */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let shop: Shop;
let admin: Client;
const NOT_WRITABLE = (fields: string): string =>
  `Unable to create/update fields: ${fields}. Please check the security settings of this field and verify that it is ` +
  "read/write for your profile or permission set.";

beforeAll(async () => {
  shop = await openShop();
  ({ admin } = shop);
});

afterAll(() => shop.org.close());

describe("an order product", () => {
  it.each<[string, Record<string, unknown>, string, string, string[]]>([
    [
      "no quantity",
      { Quantity: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [Quantity]",
      ["Quantity"],
    ],
    ["no unit price", { UnitPrice: undefined }, "REQUIRED_FIELD_MISSING", "Order Products must have a Unit Price.", []],
    [
      "no price book entry",
      { PricebookEntryId: undefined },
      "FIELD_INTEGRITY_EXCEPTION",
      "field integrity exception: PricebookEntryId, unknown (versions 3.0 and higher must specify pricebook entry id, " +
        "others must specify product id)",
      ["PricebookEntryId", "unknown"],
    ],
    [
      "a quantity of zero",
      { Quantity: 0 },
      "FIELD_INTEGRITY_EXCEPTION",
      "Can't save order products with quantities of zero",
      ["Quantity"],
    ],
    [
      "a negative quantity",
      { Quantity: -1 },
      "FIELD_INTEGRITY_EXCEPTION",
      "Can't save order products with quantities of less than zero",
      ["Quantity"],
    ],
    [
      "no order",
      { OrderId: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [OrderId]",
      ["OrderId"],
    ],
    ["a total", { TotalPrice: 1 }, "INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE("TotalPrice"), ["TotalPrice"]],
  ])("with %s is refused", async (_, values, code, message, fields) => {
    const order = await draftOrder(shop);
    const { status, body } = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
      ...values,
    });
    expect([status, body]).toEqual([400, fault(code, message, fields)]);
  });

  it("an order without a price book takes none, and gets no price book from it", async () => {
    const order = await draftOrder(shop, { Pricebook2Id: undefined });
    const { status, body } = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect([status, body[0].errorCode, body[0].message]).toEqual([
      400,
      "FIELD_INTEGRITY_EXCEPTION",
      expect.stringContaining("The order is missing a price book"),
    ]);
    expect(await admin.read("Order", order, "Pricebook2Id")).toEqual({ Pricebook2Id: null });
  });

  it("of another price book is refused", async () => {
    const order = await draftOrder(shop);
    const { status, body } = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.standardEntry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect([status, body]).toEqual([
      400,
      fault(
        "FIELD_INTEGRITY_EXCEPTION",
        "field integrity exception: PricebookEntryId (pricebook entry is in a different pricebook than the one " +
          "assigned to the order)",
        ["PricebookEntryId"],
      ),
    ]);
  });

  it("of an inactive entry is refused", async () => {
    const entry = await newEntry({ IsActive: false });
    const order = await draftOrder(shop);
    const { status, body } = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: entry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect([status, body]).toEqual([
      400,
      fault("FIELD_INTEGRITY_EXCEPTION", "field integrity exception: PricebookEntryId (pricebook entry is inactive)", [
        "PricebookEntryId",
      ]),
    ]);
  });

  it("of an inactive product with an active entry is taken", async () => {
    const entry = await newEntry({ IsActive: true }, { IsActive: false });
    const order = await draftOrder(shop);
    await orderItem(shop, order, { PricebookEntryId: entry });
  });

  it("the same product may stand on an order twice", async () => {
    const order = await draftOrder(shop);
    await orderItem(shop, order);
    await orderItem(shop, order);
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 1996 });
  });

  it("takes list price and product from its entry and keeps them", async () => {
    const entry = await newEntry({ IsActive: true, UnitPrice: 12.5 });
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order, { PricebookEntryId: entry, UnitPrice: 0, Quantity: 1.5 });
    const fields = "ListPrice, UnitPrice, TotalPrice, Product2Id, AvailableQuantity, OrderItemNumber";
    const read = await admin.read("OrderItem", item, fields);
    expect(read).toMatchObject({ ListPrice: 12.5, UnitPrice: 0, TotalPrice: 0, AvailableQuantity: 1.5 });
    expect(read.Product2Id).toMatch(/^01t/);
    expect(read.OrderItemNumber).toMatch(/^\d{10}$/);
    await admin.update("PricebookEntry", entry, { UnitPrice: 99 });
    expect(await admin.read("OrderItem", item, "ListPrice")).toEqual({ ListPrice: 12.5 });
  });

  it.each([
    [0.1, 3, 0.3],
    [1.005, 1, 1.01],
    [33.33, 0.5, 16.67],
    [0.01, 0.5, 0.01],
    [19.99, 100, 1999],
    [1.15, 3, 3.45],
  ])("%d × %d is %d, rounded half up, in an org that rounds", async (UnitPrice, Quantity, TotalPrice) => {
    const rounding = await openShop({ settings: { roundStoredNumbers: true } });
    const order = await draftOrder(rounding);
    const item = await orderItem(rounding, order, { UnitPrice, Quantity });
    expect(await rounding.admin.read("OrderItem", item, "TotalPrice")).toEqual({ TotalPrice });
    expect(await rounding.admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: TotalPrice });
    await rounding.org.close();
  });

  it.each([
    [0.1, 3, 0.3],
    [33.33, 0.5, 16.665],
    [1.005, 1.125, 1.130625],
  ])("%d × %d is %d, to the last digit", async (UnitPrice, Quantity, TotalPrice) => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order, { UnitPrice, Quantity });
    expect(await admin.read("OrderItem", item, "TotalPrice")).toEqual({ TotalPrice });
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: TotalPrice });
  });

  it("the total follows each change of its products, and the order's stamp with it", async () => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order);
    const before = await admin.read("Order", order, "SystemModstamp");
    shop.org.clock.advance({ seconds: 5 });
    await admin.update("OrderItem", item, { Quantity: 5 });
    const after = await admin.read("Order", order, "TotalAmount, SystemModstamp");
    expect(after.TotalAmount).toBe(2495);
    expect(after.SystemModstamp > before.SystemModstamp).toBe(true);
    expect(await admin.read("OrderItem", item, "AvailableQuantity, UnitPrice")).toEqual({
      AvailableQuantity: 5,
      UnitPrice: 499,
    });
    expect((await admin.delete(`/sobjects/OrderItem/${item}`)).status).toBe(204);
    expect(await admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 0 });
  });

  it.each<[string, Record<string, unknown>, boolean]>([
    ["on the order's first day", { ServiceDate: "2026-08-01" }, true],
    ["a day earlier", { ServiceDate: "2026-07-31" }, false],
    ["to the order's last day", { EndDate: "2026-12-31" }, true],
    ["a day longer", { EndDate: "2027-01-01" }, false],
    ["backwards", { ServiceDate: "2026-09-02", EndDate: "2026-09-01" }, false],
  ])("its dates %s", async (_, values, taken) => {
    const order = await draftOrder(shop, { EndDate: "2026-12-31" });
    const answer = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
      ...values,
    });
    if (taken) expect(answer.status).toBe(201);
    else expect([answer.status, answer.body[0].errorCode]).toEqual([400, "FIELD_INTEGRITY_EXCEPTION"]);
  });

  it.each([
    "OrderId",
    "PricebookEntryId",
    "Product2Id",
    "OriginalOrderItemId",
    "ListPrice",
    "TotalPrice",
    "AvailableQuantity",
    "OrderItemNumber",
  ])("never changes its %s", async (field) => {
    const order = await draftOrder(shop);
    const item = await orderItem(shop, order);
    const { [field]: value } = await admin.read("OrderItem", item, field);
    const answer = await admin.patch(`/sobjects/OrderItem/${item}`, { [field]: value });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE(field), [field]),
    ]);
  });

  it("of an unknown or deleted order is refused", async () => {
    const order = await draftOrder(shop);
    await admin.delete(`/sobjects/Order/${order}`);
    for (const OrderId of [order, "801000000000zzzAAA"]) {
      const answer = await admin.post("/sobjects/OrderItem", {
        OrderId,
        PricebookEntryId: shop.entry,
        Quantity: 1,
        UnitPrice: 1,
      });
      expect(answer.status).toBe(400);
      expect(["INVALID_CROSS_REFERENCE_KEY", "ENTITY_IS_DELETED", "MALFORMED_ID"]).toContain(answer.body[0].errorCode);
    }
  });

  it("zero and negative quantities pass where the org allows them", async () => {
    const lenient = await openShop({ settings: { enableZeroQuantity: true, enableNegativeQuantity: true } });
    const order = await draftOrder(lenient);
    await orderItem(lenient, order, { Quantity: 0 });
    await orderItem(lenient, order, { Quantity: -1 });
    expect(await lenient.admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: -499 });
    await lenient.org.close();
  });

  it("optional price books let an order name a product and a price", async () => {
    const lenient = await openShop({ settings: { enableOptionalPricebook: true } });
    const order = await draftOrder(lenient, { Pricebook2Id: undefined });
    const answer = await lenient.admin.post("/sobjects/OrderItem", {
      OrderId: order,
      Product2Id: lenient.product,
      Quantity: 2,
      UnitPrice: 5,
    });
    expect(answer.status).toBe(201);
    expect(await lenient.admin.read("Order", order, "TotalAmount")).toEqual({ TotalAmount: 10 });
    await lenient.org.close();
  });

  async function newEntry(entry: Record<string, unknown>, product: Record<string, unknown> = {}): Promise<string> {
    const Product2Id = await admin.create("Product2", { Name: "P", IsActive: true, ...product });
    await admin.create("PricebookEntry", { Pricebook2Id: shop.standardBook, Product2Id, UnitPrice: 1, IsActive: true });
    return admin.create("PricebookEntry", { Pricebook2Id: shop.book, Product2Id, UnitPrice: 1, ...entry });
  }
});

describe("a contract", () => {
  it("needs only an account", async () => {
    const id = await admin.create("Contract", { AccountId: shop.account });
    expect(await admin.read("Contract", id, "Status, StatusCode, EndDate, ActivatedDate")).toEqual({
      Status: "Draft",
      StatusCode: "Draft",
      EndDate: null,
      ActivatedDate: null,
    });
    const none = await admin.post("/sobjects/Contract", {});
    expect([none.status, none.body]).toEqual([
      400,
      fault("REQUIRED_FIELD_MISSING", "Required fields are missing: [AccountId]", ["AccountId"]),
    ]);
  });

  const WRONG = fault(
    "FAILED_ACTIVATION",
    "Choose a valid contract status and save your changes. Ask your admin for details.",
    ["Status"],
  );

  it.each(["Activated", "In Approval Process"])("is not created as %s", async (Status) => {
    const answer = await admin.post("/sobjects/Contract", { AccountId: shop.account, Status });
    expect([answer.status, answer.body]).toEqual([400, WRONG]);
  });

  it("is activated through approval or at once, and never leaves it", async () => {
    const id = await admin.create("Contract", { AccountId: shop.account });
    await admin.update("Contract", id, { Status: "In Approval Process" });
    expect(await admin.read("Contract", id, "StatusCode")).toEqual({ StatusCode: "InApproval" });
    await admin.update("Contract", id, { Status: "Activated" });
    const read = await admin.read("Contract", id, "StatusCode, ActivatedById, ActivatedDate, EndDate");
    expect(read).toMatchObject({
      StatusCode: "Activated",
      ActivatedDate: "2026-03-01T08:00:05.000+0000",
      EndDate: null,
    });
    for (const Status of ["Draft", "In Approval Process"]) {
      const answer = await admin.patch(`/sobjects/Contract/${id}`, { Status });
      expect([answer.status, answer.body]).toEqual([400, WRONG]);
    }
    expect((await admin.patch(`/sobjects/Contract/${id}`, { Status: "Activated" })).status).toBe(204);
  });

  it.each([
    ["2026-08-01", 12, "2027-07-31"],
    ["2026-08-01", 24, "2028-07-31"],
    ["2026-01-15", 1, "2026-02-14"],
    ["2026-03-01", 12, "2027-02-28"],
  ])("that starts on %s for %d months ends on %s", async (StartDate, ContractTerm, EndDate) => {
    const id = await admin.create("Contract", { AccountId: shop.account, StartDate, ContractTerm });
    expect(await admin.read("Contract", id, "EndDate")).toEqual({ EndDate });
    await admin.update("Contract", id, { Status: "Activated", ContractTerm: null });
    expect(await admin.read("Contract", id, "EndDate")).toEqual({ EndDate: null });
  });

  it("its end date is not written", async () => {
    const id = await admin.create("Contract", { AccountId: shop.account });
    const answer = await admin.patch(`/sobjects/Contract/${id}`, { EndDate: "2027-01-01" });
    expect([answer.status, answer.body]).toEqual([
      400,
      fault("INVALID_FIELD_FOR_INSERT_UPDATE", NOT_WRITABLE("EndDate"), ["EndDate"]),
    ]);
  });

  it("its end date is written where it is not computed", async () => {
    const manual = await openShop({ settings: { autoCalculateEndDate: false } });
    const id = await manual.admin.create("Contract", { AccountId: manual.account, EndDate: "2027-01-01" });
    expect(await manual.admin.read("Contract", id, "EndDate")).toEqual({ EndDate: "2027-01-01" });
    const { body } = await manual.admin.get("/sobjects/Contract/describe");
    const field = body.fields.find((each: { name: string }) => each.name === "EndDate");
    expect([field.createable, field.updateable]).toEqual([true, true]);
    await manual.org.close();
  });

  it("does not change its account once activated, everything else", async () => {
    const id = await admin.create("Contract", { AccountId: shop.account });
    await admin.update("Contract", id, { Status: "Activated" });
    const other = await admin.create("Account", { Name: "Other" });
    const answer = await admin.patch(`/sobjects/Contract/${id}`, { AccountId: other });
    expect([answer.status, answer.body]).toEqual([400, fault("ENTITY_IS_LOCKED", "entity is locked for editing", [])]);
    expect((await admin.patch(`/sobjects/Contract/${id}`, { Description: "D", StartDate: "2026-01-01" })).status).toBe(
      204,
    );
  });

  it.each([
    ["Status", "Foo"],
    ["OwnerExpirationNotice", "31"],
  ])("refuses an unknown %s", async (field, value) => {
    const answer = await admin.post("/sobjects/Contract", { AccountId: shop.account, [field]: value });
    expect([answer.status, answer.body[0].errorCode, answer.body[0].fields]).toEqual([
      400,
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      [field],
    ]);
  });

  it("an activated one is deleted by an administrator, with its draft orders", async () => {
    const id = await admin.create("Contract", { AccountId: shop.account });
    await admin.update("Contract", id, { Status: "Activated" });
    const order = await draftOrder(shop, { Pricebook2Id: undefined, ContractId: id });
    expect((await admin.delete(`/sobjects/Contract/${id}`)).status).toBe(204);
    expect(await admin.read("Order", order, "IsDeleted")).toEqual({ IsDeleted: true });
  });

  it("belongs to a user, not to a queue", async () => {
    const queue = await admin.create("Group", { Name: "Q", Type: "Queue" });
    const answer = await admin.post("/sobjects/Contract", { AccountId: shop.account, OwnerId: queue });
    expect(answer.status).toBe(400);
    expect(
      (
        await admin.post("/sobjects/Order", {
          AccountId: shop.account,
          OwnerId: queue,
          Status: "Draft",
          EffectiveDate: "2026-01-01",
        })
      ).status,
    ).toBe(201);
  });
});

describe("price books", () => {
  it("the standard one exists once, is inactive and cannot be made, renamed or deleted", async () => {
    const { body } = await admin.query("SELECT Name, IsActive FROM Pricebook2 WHERE IsStandard = true");
    expect(body.records).toEqual([expect.objectContaining({ Name: "Standard Price Book", IsActive: false })]);
    expect((await admin.post("/sobjects/Pricebook2", { Name: "S", IsStandard: true })).status).toBe(400);
    expect((await admin.patch(`/sobjects/Pricebook2/${shop.standardBook}`, { Name: "S" })).status).toBe(400);
    expect((await admin.delete(`/sobjects/Pricebook2/${shop.standardBook}`)).status).toBe(400);
    expect(
      (await admin.patch(`/sobjects/Pricebook2/${shop.standardBook}`, { IsActive: true, Description: "D" })).status,
    ).toBe(204);
  });

  it("products, price books and entries are inactive unless said otherwise", async () => {
    const product = await admin.create("Product2", { Name: "P" });
    const book = await admin.create("Pricebook2", { Name: "B" });
    const entry = await admin.create("PricebookEntry", {
      Pricebook2Id: shop.standardBook,
      Product2Id: product,
      UnitPrice: 1,
    });
    for (const [object, id] of [
      ["Product2", product],
      ["Pricebook2", book],
      ["PricebookEntry", entry],
    ] as const) {
      expect(await admin.read(object, id, "IsActive")).toEqual({ IsActive: false });
    }
  });

  it.each<[string, Record<string, unknown>, string, string, string[]]>([
    [
      "before the standard price",
      { Pricebook2Id: "book", Product2Id: "new", UnitPrice: 1 },
      "STANDARD_PRICE_NOT_DEFINED",
      "Before creating a custom price, create a standard price.",
      [],
    ],
    [
      "a second time",
      { Pricebook2Id: "book", Product2Id: "product", UnitPrice: 1 },
      "FIELD_INTEGRITY_EXCEPTION",
      "This price definition already exists in this price book",
      [],
    ],
    [
      "without a price",
      { Pricebook2Id: "book", Product2Id: "priced" },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [UnitPrice]",
      ["UnitPrice"],
    ],
    [
      "with the standard price flag and no price",
      { Pricebook2Id: "book", Product2Id: "priced", UseStandardPrice: true },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [UnitPrice]",
      ["UnitPrice"],
    ],
    [
      "with the standard price flag and another price",
      { Pricebook2Id: "book", Product2Id: "priced", UseStandardPrice: true, UnitPrice: 8 },
      "FIELD_INTEGRITY_EXCEPTION",
      "field integrity exception",
      [],
    ],
    [
      "in the standard book with the flag",
      { Pricebook2Id: "standard", Product2Id: "new", UseStandardPrice: true, UnitPrice: 8 },
      "FIELD_INTEGRITY_EXCEPTION",
      "field integrity exception",
      [],
    ],
    [
      "with nothing",
      { Pricebook2Id: undefined, Product2Id: undefined },
      "REQUIRED_FIELD_MISSING",
      "Required fields are missing: [Pricebook2Id, Product2Id, UnitPrice]",
      ["Pricebook2Id", "Product2Id", "UnitPrice"],
    ],
  ])("an entry %s is refused", async (_, values, code, message, fields) => {
    const priced = await admin.create("Product2", { Name: "Priced" });
    await admin.create("PricebookEntry", { Pricebook2Id: shop.standardBook, Product2Id: priced, UnitPrice: 7 });
    const ids: Record<string, string> = {
      book: shop.book,
      standard: shop.standardBook,
      product: shop.product,
      priced,
      new: await admin.create("Product2", { Name: "New" }),
    };
    const body = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, ids[String(value)] ?? value]));
    const answer = await admin.post("/sobjects/PricebookEntry", body);
    expect([answer.status, answer.body]).toEqual([400, fault(code, message, fields)]);
  });

  it("an entry with the standard price follows it", async () => {
    const product = await admin.create("Product2", { Name: "P" });
    const standard = await admin.create("PricebookEntry", {
      Pricebook2Id: shop.standardBook,
      Product2Id: product,
      UnitPrice: 7,
    });
    const entry = await admin.create("PricebookEntry", {
      Pricebook2Id: shop.book,
      Product2Id: product,
      UnitPrice: 7,
      UseStandardPrice: true,
    });
    await admin.update("PricebookEntry", standard, { UnitPrice: 9 });
    expect(await admin.read("PricebookEntry", entry, "UnitPrice")).toEqual({ UnitPrice: 9 });
    const own = await admin.patch(`/sobjects/PricebookEntry/${entry}`, { UnitPrice: 5 });
    expect([own.status, own.body]).toEqual([400, fault("FIELD_INTEGRITY_EXCEPTION", "field integrity exception", [])]);
  });

  it("an entry shows its product's name and code, which are not written", async () => {
    expect(await admin.read("PricebookEntry", shop.entry, "Name, ProductCode, IsArchived")).toEqual({
      Name: "Widget",
      ProductCode: "W-1",
      IsArchived: false,
    });
    for (const field of ["Product2Id", "Pricebook2Id", "Name", "ProductCode", "IsArchived"]) {
      const { [field]: value } = await admin.read("PricebookEntry", shop.entry, field);
      const answer = await admin.patch(`/sobjects/PricebookEntry/${shop.entry}`, { [field]: value });
      expect([field, answer.status, answer.body[0].errorCode]).toEqual([field, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
    }
  });

  it("in one batch a standard price must come before the custom one", async () => {
    const product = await admin.create("Product2", { Name: "P" });
    const attributes = { type: "PricebookEntry" };
    const standard = { attributes, Pricebook2Id: shop.standardBook, Product2Id: product, UnitPrice: 7 };
    const custom = { attributes, Pricebook2Id: shop.book, Product2Id: product, UnitPrice: 7 };
    const wrong = await admin.post("/composite/sobjects", { allOrNone: true, records: [custom, standard] });
    expect(wrong.body.map((row: { errors: { statusCode: string }[] }) => row.errors[0]?.statusCode)).toEqual([
      "STANDARD_PRICE_NOT_DEFINED",
      "ALL_OR_NONE_OPERATION_ROLLED_BACK",
    ]);
    const right = await admin.post("/composite/sobjects", { allOrNone: true, records: [standard, custom, custom] });
    expect(right.body[2].errors[0].message).toBe("This price definition already exists in this price book");
    const best = await admin.post("/composite/sobjects", { allOrNone: true, records: [standard, custom] });
    expect(best.body.map((row: { success: boolean }) => row.success)).toEqual([true, true]);
  });

  it("an entry, book or product in use is not deleted", async () => {
    const order = await draftOrder(shop);
    await orderItem(shop, order);
    const { body } = await admin.query(`SELECT OrderItemNumber FROM OrderItem WHERE OrderId = '${order}'`);
    expect(body.totalSize).toBe(1);
    for (const path of [`PricebookEntry/${shop.entry}`, `Product2/${shop.product}`, `Pricebook2/${shop.book}`]) {
      const answer = await admin.delete(`/sobjects/${path}`);
      expect([path, answer.status, answer.body[0].errorCode, answer.body[0].fields]).toEqual([
        path,
        400,
        "DELETE_FAILED",
        [],
      ]);
    }
    const { body: refused } = await admin.delete(`/sobjects/Product2/${shop.product}`);
    expect(refused[0].message).toMatch(
      /^Your attempt to delete Widget could not be completed because it is associated with the following order products\.: \d{10}/,
    );
  });

  it("a standard entry is not deleted while custom ones stand", async () => {
    const product = await admin.create("Product2", { Name: "P" });
    const standard = await admin.create("PricebookEntry", {
      Pricebook2Id: shop.standardBook,
      Product2Id: product,
      UnitPrice: 7,
    });
    const custom = await admin.create("PricebookEntry", { Pricebook2Id: shop.book, Product2Id: product, UnitPrice: 7 });
    expect((await admin.delete(`/sobjects/PricebookEntry/${standard}`)).status).toBe(400);
    expect((await admin.delete(`/sobjects/PricebookEntry/${custom}`)).status).toBe(204);
    expect((await admin.delete(`/sobjects/PricebookEntry/${standard}`)).status).toBe(204);
  });

  it("a product takes its entries with it", async () => {
    const product = await admin.create("Product2", { Name: "P" });
    const entry = await admin.create("PricebookEntry", {
      Pricebook2Id: shop.standardBook,
      Product2Id: product,
      UnitPrice: 7,
    });
    const custom = await admin.create("PricebookEntry", { Pricebook2Id: shop.book, Product2Id: product, UnitPrice: 7 });
    expect((await admin.delete(`/sobjects/Product2/${product}`)).status).toBe(204);
    expect(await admin.read("PricebookEntry", entry, "IsDeleted")).toEqual({ IsDeleted: true });
    expect(await admin.read("PricebookEntry", custom, "IsDeleted")).toEqual({ IsDeleted: true });
  });
});
