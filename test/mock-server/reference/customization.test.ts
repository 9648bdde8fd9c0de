/** An org that a team's own metadata configures (reference: order-domain §8, §2.10; rest-api §5). */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Client, draftOrder, fault, openShop, orderItem, type Shop } from "./world.ts";

let folder: string;
let shop: Shop;
let admin: Client;

function metadata(path: string, root: string, body: string): void {
  const file = join(folder, "force-app/main/default", path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    file,
    `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://soap.sforce.com/2006/04/metadata">${body}</${root}>`,
  );
}

function field(object: string, name: string, body: string): void {
  const text = `<fullName>${name}</fullName><label>${name.replace("__c", "").replaceAll("_", " ")}</label>${body}`;
  metadata(`objects/${object}/fields/${name}.field-meta.xml`, "CustomField", text);
}

const VALUES =
  "<valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>" +
  "<value><fullName>Red</fullName><default>true</default><label>Red</label></value>" +
  "<value><fullName>Blue</fullName><default>false</default><label>Blue</label></value></valueSetDefinition></valueSet>";

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "customization-"));
  metadata(
    "objects/Shipment__c/Shipment__c.object-meta.xml",
    "CustomObject",
    "<label>Shipment</label><pluralLabel>Shipments</pluralLabel><deploymentStatus>Deployed</deploymentStatus>" +
      "<sharingModel>ControlledByParent</sharingModel>" +
      "<nameField><label>Shipment Number</label><type>AutoNumber</type><displayFormat>S-{0000}</displayFormat></nameField>",
  );
  field(
    "Shipment__c",
    "Order__c",
    "<type>MasterDetail</type><referenceTo>Order</referenceTo><relationshipLabel>Shipments</relationshipLabel>" +
      "<relationshipName>Shipments</relationshipName><relationshipOrder>0</relationshipOrder><reparentableMasterDetail>false</reparentableMasterDetail>",
  );
  field("Shipment__c", "Weight__c", "<type>Number</type><precision>8</precision><scale>2</scale>");
  field(
    "Order",
    "Shipped_Weight__c",
    "<type>Summary</type><summarizedField>Shipment__c.Weight__c</summarizedField>" +
      "<summaryForeignKey>Shipment__c.Order__c</summaryForeignKey><summaryOperation>sum</summaryOperation>",
  );
  field("Order", "Text__c", "<type>Text</type><length>10</length>");
  field("Order", "Key__c", "<type>Text</type><length>20</length><externalId>true</externalId><unique>true</unique>");
  field("Order", "Area__c", "<type>TextArea</type>");
  field("Order", "Long__c", "<type>LongTextArea</type><length>1000</length><visibleLines>3</visibleLines>");
  field("Order", "Html__c", "<type>Html</type><length>1000</length><visibleLines>10</visibleLines>");
  field("Order", "Number__c", "<type>Number</type><precision>5</precision><scale>2</scale>");
  field("Order", "Money__c", "<type>Currency</type><precision>18</precision><scale>2</scale>");
  field("Order", "Share__c", "<type>Percent</type><precision>5</precision><scale>2</scale>");
  field("Order", "Flag__c", "<type>Checkbox</type><defaultValue>true</defaultValue>");
  field("Order", "Day__c", "<type>Date</type>");
  field("Order", "When__c", "<type>DateTime</type>");
  field("Order", "Clock__c", "<type>Time</type>");
  field("Order", "Mail__c", "<type>Email</type>");
  field("Order", "Call__c", "<type>Phone</type>");
  field("Order", "Link__c", "<type>Url</type>");
  field("Order", "Color__c", `<type>Picklist</type>${VALUES}`);
  field("Order", "Colors__c", `<type>MultiselectPicklist</type><visibleLines>3</visibleLines>${VALUES}`);
  field(
    "Order",
    "Place__c",
    "<type>Location</type><scale>4</scale><displayLocationInDecimal>true</displayLocationInDecimal>",
  );
  field(
    "Order",
    "Buyer__c",
    "<type>Lookup</type><referenceTo>Contact</referenceTo><relationshipName>Bought</relationshipName><deleteConstraint>SetNull</deleteConstraint>",
  );
  field("Order", "Needed__c", "<type>Text</type><length>10</length><required>false</required>");
  field(
    "Order",
    "Gross__c",
    "<type>Currency</type><precision>18</precision><scale>2</scale><formula>TotalAmount * 1.2</formula>",
  );
  field("Order", "Account_Site__c", "<type>Text</type><formula>Account.Name &amp; '!'</formula>");
  metadata(
    "objects/Order/validationRules/No_Zero.validationRule-meta.xml",
    "ValidationRule",
    "<fullName>No_Zero</fullName><active>true</active><errorConditionFormula>Number__c = 0</errorConditionFormula>" +
      "<errorDisplayField>Number__c</errorDisplayField><errorMessage>Zero is no number.</errorMessage>",
  );
  metadata(
    "objects/Order/validationRules/No_Past.validationRule-meta.xml",
    "ValidationRule",
    "<fullName>No_Past</fullName><active>true</active><errorConditionFormula>EffectiveDate &lt; DATE(2020,1,1)</errorConditionFormula>" +
      "<errorMessage>Too old &amp; gone.</errorMessage>",
  );
  metadata(
    "standardValueSets/OrderStatus.standardValueSet-meta.xml",
    "StandardValueSet",
    "<sorted>false</sorted>" +
      "<standardValue><fullName>Draft</fullName><default>true</default><label>Draft</label><groupingString>Draft</groupingString></standardValue>" +
      "<standardValue><fullName>Cancelled</fullName><default>false</default><label>Cancelled</label><groupingString>Draft</groupingString></standardValue>" +
      "<standardValue><fullName>Activated</fullName><default>false</default><label>Activated</label><groupingString>Activated</groupingString></standardValue>" +
      "<standardValue><fullName>Shipped</fullName><default>false</default><label>On its way</label><groupingString>Activated</groupingString></standardValue>",
  );
  metadata(
    "permissionsets/Reader.permissionset-meta.xml",
    "PermissionSet",
    "<label>Reader</label><hasActivationRequired>false</hasActivationRequired>" +
      "<userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>" +
      "<objectPermissions><object>Order</object><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>true</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><viewAllRecords>true</viewAllRecords></objectPermissions>" +
      "<objectPermissions><object>Account</object><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><viewAllRecords>true</viewAllRecords></objectPermissions>" +
      "<fieldPermissions><field>Order.Text__c</field><readable>true</readable><editable>true</editable></fieldPermissions>" +
      "<fieldPermissions><field>Order.Number__c</field><readable>true</readable><editable>false</editable></fieldPermissions>" +
      "<fieldPermissions><field>Order.Gross__c</field><readable>true</readable><editable>false</editable></fieldPermissions>",
  );
  metadata("profiles/Bare.profile-meta.xml", "Profile", "<custom>true</custom>");
  shop = await openShop({
    sourceDirs: [folder],
    sharing: { Order: "ReadWrite", Account: "ReadWrite" },
    users: [{ username: "reader@mock.org", profile: "Bare", permissionSets: ["Reader"] }],
  });
  ({ admin } = shop);
});

afterAll(async () => {
  await shop.org.close();
  rmSync(folder, { recursive: true });
});

const BASE = { EffectiveDate: "2026-08-01" };

describe("a custom field", () => {
  it.each<[string, unknown, unknown]>([
    ["Text__c", "abc", "abc"],
    ["Area__c", "a\nb", "a\r\nb"],
    ["Long__c", "x".repeat(1000), "x".repeat(1000)],
    ["Html__c", "<p>a</p>", "<p>a</p>"],
    ["Number__c", 999.994, 999.994],
    ["Money__c", "12.345", 12.345],
    ["Share__c", 50, 50],
    ["Flag__c", false, false],
    ["Day__c", "2026-01-31", "2026-01-31"],
    ["When__c", "2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000+0000"],
    ["Clock__c", "13:45:00.000Z", "13:45:00.000Z"],
    ["Mail__c", "a@b.example", "a@b.example"],
    ["Call__c", "+49 1", "+49 1"],
    ["Link__c", "https://a.example", "https://a.example"],
    ["Color__c", "Blue", "Blue"],
    ["Colors__c", "Blue;Red", "Red;Blue"],
    ["Place__Latitude__s", 37.79001, 37.79001],
  ])("%s takes %j and shows %j", async (name, value, shown) => {
    const id = await admin.create("Order", { AccountId: shop.account, ...BASE, [name]: value });
    expect(await admin.read("Order", id, name)).toEqual({ [name]: shown });
    expect((await admin.get(`/sobjects/Order/${id}?fields=${name}`)).body[name]).toEqual(shown);
    if (["Long__c", "Html__c"].includes(name)) return;
    const literal =
      typeof shown === "string" && !["Day__c", "When__c", "Clock__c"].includes(name)
        ? `'${shown.replace("\r\n", "\\r\\n")}'`
        : shown;
    const { body } = await admin.query(
      `SELECT Id FROM Order WHERE ${name} = ${String(literal).replace("+0000", "Z")} AND Id = '${id}'`,
    );
    expect(body).toMatchObject({ totalSize: 1 });
  });

  it("has its default where nothing is sent", async () => {
    const id = await admin.create("Order", { AccountId: shop.account, ...BASE });
    expect(await admin.read("Order", id, "Status, Flag__c, Color__c, Text__c, Place__c")).toEqual({
      Status: "Draft",
      Flag__c: true,
      Color__c: "Red",
      Text__c: null,
      Place__c: null,
    });
  });

  it("a place is an object", async () => {
    const id = await admin.create("Order", {
      AccountId: shop.account,
      ...BASE,
      Place__Latitude__s: 1.5,
      Place__Longitude__s: 2.5,
    });
    expect((await admin.read("Order", id, "Place__c")).Place__c).toEqual({ latitude: 1.5, longitude: 2.5 });
  });

  it.each<[string, unknown, string, string]>([
    ["Text__c", "x".repeat(11), "STRING_TOO_LONG", "Text: data value too large: xxxxxxxxxxx (max length=10)"],
    ["Number__c", 1000, "NUMBER_OUTSIDE_VALID_RANGE", "Number: value outside of valid range on numeric field: 1000.0"],
    [
      "Color__c",
      "Green",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "Color: bad value for restricted picklist field: Green",
    ],
    [
      "Colors__c",
      "Red;Green",
      "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      "Colors: bad value for restricted picklist field: Green",
    ],
    ["Mail__c", "a", "INVALID_EMAIL_ADDRESS", "Mail: invalid email address: a"],
    ["Number__c", 0, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "Zero is no number."],
  ])("%s refuses %j", async (name, value, code, message) => {
    const answer = await admin.post("/sobjects/Order", { AccountId: shop.account, ...BASE, [name]: value });
    expect([answer.status, answer.body]).toEqual([400, fault(code, message, [name])]);
  });

  it("two broken rules are two errors, in order of their names", async () => {
    const answer = await admin.post("/sobjects/Order", {
      AccountId: shop.account,
      EffectiveDate: "2019-12-31",
      Number__c: 0,
    });
    expect([answer.status, answer.body]).toEqual([
      400,
      [
        { message: "Too old & gone.", errorCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION", fields: [] },
        { message: "Zero is no number.", errorCode: "FIELD_CUSTOM_VALIDATION_EXCEPTION", fields: ["Number__c"] },
      ],
    ]);
  });

  it("of a formula is computed where it is read, filtered, sorted and added up", async () => {
    const order = await draftOrder(shop);
    await orderItem(shop, order);
    expect(await admin.read("Order", order, "Gross__c, Account_Site__c")).toEqual({
      Gross__c: 1197.6,
      Account_Site__c: "Acme!",
    });
    const row = await admin.get(`/sobjects/Order/${order}`);
    expect([row.body.Gross__c, row.body.Account_Site__c]).toEqual([1197.6, "Acme!"]);
    const where = await admin.query(
      "SELECT Id FROM Order WHERE Gross__c > 1000 AND Account_Site__c = 'Acme!' ORDER BY Gross__c",
    );
    expect(where.body.records.map((each: { Id: string }) => each.Id)).toEqual([order]);
    expect((await admin.query("SELECT SUM(Gross__c) s FROM Order WHERE Gross__c > 1")).body.records[0].s).toBe(1197.6);
    const viaItem = await admin.query("SELECT Order.Gross__c FROM OrderItem WHERE Order.Gross__c > 1");
    expect(viaItem.body.records[0].Order.Gross__c).toBe(1197.6);
    const retrieved = await admin.get(`/composite/sobjects/Order?ids=${order}&fields=Gross__c`);
    expect(retrieved.body[0].Gross__c).toBe(1197.6);
    const write = await admin.patch(`/sobjects/Order/${order}`, { Gross__c: 1 });
    expect([write.status, write.body[0].errorCode]).toEqual([400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
    const before = await admin.read("Order", order, "SystemModstamp");
    shop.org.clock.advance({ seconds: 3 });
    await admin.update("Account", shop.account, { Name: "Acme" });
    expect(await admin.read("Order", order, "SystemModstamp")).toEqual(before);
  });

  it("stays editable on an activated order", async () => {
    const order = await draftOrder(shop);
    await orderItem(shop, order);
    await admin.update("Order", order, { Status: "Activated" });
    await admin.update("Order", order, { Text__c: "late", Color__c: "Blue" });
  });
});

describe("custom statuses", () => {
  it("follow their category", async () => {
    const order = await draftOrder(shop, { Status: "Cancelled" });
    expect(await admin.read("Order", order, "StatusCode")).toEqual({ StatusCode: "Draft" });
    await orderItem(shop, order);
    await admin.update("Order", order, { Status: "Shipped" });
    expect(await admin.read("Order", order, "StatusCode, toLabel(Status)")).toMatchObject({ StatusCode: "Activated" });
    const locked = await admin.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect(locked.body[0].errorCode).toBe("ENTITY_IS_LOCKED");
    await admin.update("Order", order, { Status: "Activated" });
    await admin.update("Order", order, { Status: "Cancelled" });
    expect((await admin.delete(`/sobjects/Order/${order}`)).status).toBe(204);
    const { body } = await admin.query(
      "SELECT ApiName, MasterLabel, StatusCode, IsDefault FROM OrderStatus ORDER BY SortOrder",
    );
    expect(body.records).toMatchObject([
      { ApiName: "Draft", IsDefault: true },
      { ApiName: "Cancelled", StatusCode: "Draft" },
      { ApiName: "Activated" },
      { ApiName: "Shipped", MasterLabel: "On its way", StatusCode: "Activated" },
    ]);
  });

  it("none is born activated", async () => {
    const answer = await admin.post("/sobjects/Order", { AccountId: shop.account, ...BASE, Status: "Shipped" });
    expect(answer.body[0].errorCode).toBe("FAILED_ACTIVATION");
  });
});

describe("a custom object", () => {
  it("has records with numbers, a master and its master's sum", async () => {
    const order = await draftOrder(shop);
    const shipment = await admin.create("Shipment__c", { Order__c: order, Weight__c: 1.5 });
    expect(shipment).toMatch(/^a[0-9A-Za-z]{2}/);
    await admin.create("Shipment__c", { Order__c: order, Weight__c: 2.25 });
    expect(await admin.read("Order", order, "Shipped_Weight__c")).toEqual({ Shipped_Weight__c: 3.75 });
    const read = await admin.query(`SELECT Name, Order__r.OrderNumber FROM Shipment__c WHERE Id = '${shipment}'`);
    expect(read.body.records[0].Name).toMatch(/^S-\d{4}$/);
    expect(read.body.records[0].Order__r.OrderNumber).toMatch(/^\d{8}$/);
    const children = await admin.query(`SELECT (SELECT Weight__c FROM Shipments__r) FROM Order WHERE Id = '${order}'`);
    expect(children.body.records[0].Shipments__r.totalSize).toBe(2);
    const missing = await admin.post("/sobjects/Shipment__c", { Weight__c: 1 });
    expect([missing.status, missing.body[0].errorCode, missing.body[0].fields]).toEqual([
      400,
      "REQUIRED_FIELD_MISSING",
      ["Order__c"],
    ]);
    const other = await draftOrder(shop);
    const moved = await admin.patch(`/sobjects/Shipment__c/${shipment}`, { Order__c: other });
    expect([moved.status, moved.body[0].errorCode]).toEqual([400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
    const wrong = await admin.patch("/sobjects/Shipment__c/001000000000001AAA", {});
    expect(wrong.body[0].message).toBe("Record ID: id value of incorrect type: 001000000000001AAA");
    expect((await admin.delete(`/sobjects/Order/${order}`)).status).toBe(204);
    expect(await admin.read("Shipment__c", shipment, "IsDeleted")).toEqual({ IsDeleted: true });
  });
});

describe("two folders with one permission set", () => {
  it("are as two deploys: the last one counts", async () => {
    const parts = [folder, mkdtempSync(join(tmpdir(), "second-"))];
    [, folder] = parts as [string, string];
    metadata(
      "permissionsets/Reader.permissionset-meta.xml",
      "PermissionSet",
      "<label>Reader</label><userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions><objectPermissions><allowRead>true</allowRead><object>Order</object><viewAllRecords>true</viewAllRecords></objectPermissions><fieldPermissions><field>Order.Money__c</field><readable>true</readable><editable>false</editable></fieldPermissions>",
    );
    const other = await openShop({
      sourceDirs: parts,
      sharing: { Order: "ReadWrite", Account: "ReadWrite" },
      users: [{ username: "reader@mock.org", profile: "Bare", permissionSets: ["Reader"] }],
    });
    const reader = new Client(other.org, "reader@mock.org");
    expect((await reader.query("SELECT Money__c FROM Order")).status).toBe(200);
    const first = await reader.query("SELECT Text__c FROM Order");
    expect([first.status, first.body[0].errorCode]).toEqual([400, "INVALID_FIELD"]);
    await other.org.close();
    rmSync(folder, { recursive: true });
    [folder] = parts as [string];
  });
});

describe("a permission set", () => {
  it("hides what it does not name, in describe, queries, rows and writes", async () => {
    const reader = new Client(shop.org, "reader@mock.org");
    const order = await draftOrder(shop, { Text__c: "t", Number__c: 5, Money__c: 7 });
    const { body } = await reader.get("/sobjects/Order/describe");
    const fields = new Map<string, Record<string, unknown>>(
      body.fields.map((each: Record<string, unknown>) => [each["name"], each]),
    );
    expect([fields.has("Text__c"), fields.has("Number__c"), fields.has("Money__c"), fields.has("Status")]).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([fields.get("Number__c")?.["updateable"], fields.get("Text__c")?.["updateable"]]).toEqual([false, true]);
    expect([body.createable, body.updateable, body.deletable]).toEqual([false, true, false]);
    const row = await reader.get(`/sobjects/Order/${order}`);
    expect([row.status, row.body.Text__c, "Money__c" in row.body]).toEqual([200, "t", false]);
    expect((await reader.query("SELECT Money__c FROM Order")).body[0].errorCode).toBe("INVALID_FIELD");
    expect((await reader.query("SELECT FIELDS(ALL) FROM Order LIMIT 1")).body.records[0]).not.toHaveProperty(
      "Money__c",
    );
    for (const name of ["Money__c", "Number__c"]) {
      const answer = await reader.patch(`/sobjects/Order/${order}`, { [name]: 1 });
      expect([name, answer.status, answer.body[0].errorCode]).toEqual([name, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"]);
    }
    expect((await reader.patch(`/sobjects/Order/${order}`, { Text__c: "u" })).status).toBe(204);
    const created = await reader.post("/sobjects/Order", { AccountId: shop.account, ...BASE });
    expect(created.body[0].errorCode).toBe("CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY");
    const deleted = await reader.delete(`/sobjects/Order/${order}`);
    expect([deleted.status, deleted.body[0].errorCode]).toEqual([403, "INSUFFICIENT_ACCESS_OR_READONLY"]);
    // A formula over a field that its reader may not see is still computed.
    expect((await reader.query(`SELECT Gross__c FROM Order WHERE Id = '${order}'`)).body.records[0].Gross__c).toBe(0);
    // Edit on the order is what its products need.
    const item = await reader.post("/sobjects/OrderItem", {
      OrderId: order,
      PricebookEntryId: shop.entry,
      Quantity: 1,
      UnitPrice: 1,
    });
    expect(item.status).not.toBe(404);
  });
});
