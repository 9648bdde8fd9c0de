import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { type Catalog, createCatalog } from "../../../mock-server/schema/catalog.ts";
import { applyCustomization } from "../../../mock-server/schema/customize.ts";
import { describeField, describeObject } from "../../../mock-server/schema/describe.ts";
import type { SourceFile } from "../../../mock-server/schema/metadata/component.ts";
import { NO_CUSTOMIZATION, readCustomization } from "../../../mock-server/schema/metadata/customization.ts";
import { MetadataError, type MetadataProblem } from "../../../mock-server/schema/metadata/problem.ts";
import { readSourceDirs } from "../../../mock-server/setup/source-dir.ts";

const BASE = "force-app/main/default";

function xml(root: string, body: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="http://soap.sforce.com/2006/04/metadata">${body}</${root}>`;
}

function field(name: string, body: string, object = "Order"): SourceFile {
  const path = `${BASE}/objects/${object}/fields/${name}.field-meta.xml`;
  return { path, text: xml("CustomField", `<fullName>${name}</fullName><label>${name}</label>${body}`) };
}

function file(path: string, root: string, body: string): SourceFile {
  return { path: `${BASE}/${path}`, text: xml(root, body) };
}

function customObject(name: string, body = ""): SourceFile {
  const nameField = "<nameField><label>Name</label><type>Text</type></nameField>";
  return file(
    `objects/${name}/${name}.object-meta.xml`,
    "CustomObject",
    `<label>${name}</label><pluralLabel>${name}s</pluralLabel>${body.includes("<nameField>") ? "" : nameField}${body}`,
  );
}

function customized(...files: readonly SourceFile[]): Catalog {
  return createCatalog(applyCustomization(STANDARD_OBJECTS, readCustomization(files)).definitions);
}

function problemsOf(...files: readonly SourceFile[]): readonly MetadataProblem[] {
  try {
    customized(...files);
  } catch (error) {
    if (error instanceof MetadataError) return error.problems;
    throw error;
  }
  return [];
}

function reasonsOf(...files: readonly SourceFile[]): readonly string[] {
  return problemsOf(...files).map((problem) => `${problem.element}: ${problem.reason}`);
}

describe("a custom field", () => {
  it.each([
    ["<type>Text</type><length>40</length>", { type: "string", length: 40, nillable: true, groupable: true }],
    ["<type>TextArea</type>", { type: "textarea", length: 255, filterable: true }],
    ["<type>LongTextArea</type><length>32768</length>", { type: "textarea", length: 32768 }],
    ["<type>Html</type><length>10000</length>", { type: "textarea", extraTypeInfo: "richtextarea" }],
    ["<type>EncryptedText</type><length>20</length>", { type: "encryptedstring", length: 20 }],
    ["<type>Number</type><precision>10</precision><scale>3</scale>", { type: "double", precision: 10, scale: 3 }],
    ["<type>Currency</type><precision>18</precision><scale>2</scale>", { type: "currency", scale: 2 }],
    ["<type>Percent</type><precision>5</precision><scale>1</scale>", { type: "percent", precision: 5 }],
    ["<type>Checkbox</type><defaultValue>true</defaultValue>", { type: "boolean", defaultValue: true }],
    ["<type>Date</type>", { type: "date" }],
    ["<type>DateTime</type>", { type: "datetime" }],
    ["<type>Time</type>", { type: "time" }],
    ["<type>Email</type>", { type: "email", length: 80 }],
    ["<type>Phone</type>", { type: "phone", length: 40 }],
    ["<type>Url</type>", { type: "url", length: 255 }],
    [
      "<type>AutoNumber</type><displayFormat>INV-{YYYY}-{0000}</displayFormat><startingNumber>7</startingNumber>",
      { type: "string", autoNumber: { format: "INV-{YYYY}-{0000}", start: 7 } },
    ],
    ["<type>Text</type><length>80</length><required>true</required>", { createable: true, permissionable: false }],
    [
      '<type>Text</type><length>80</length><defaultValue>"web"</defaultValue>',
      { defaultValue: "web", defaultedOnCreate: true },
    ],
    [
      "<type>Text</type><length>36</length><externalId>true</externalId><unique>true</unique><caseSensitive>true</caseSensitive>",
      { externalId: true, idLookup: true, unique: true, caseSensitive: true },
    ],
  ])("of metadata %s becomes %j", (body, expected) => {
    const found = customized(field("X__c", body)).object("Order")?.field("X__c");
    expect(found).toMatchObject({ custom: true, label: "X__c", ...expected });
  });

  it("may have a formula as its default", () => {
    const order = customized(field("X__c", "<type>Date</type><defaultValue>TODAY() + 14</defaultValue>")).object(
      "Order",
    );
    expect(order?.field("X__c")).toMatchObject({ defaultFormula: "TODAY() + 14", defaultedOnCreate: true });
  });

  it("is required where it is neither nillable nor defaulted", () => {
    const found = customized(field("X__c", "<type>Date</type><required>true</required>"))
      .object("Order")
      ?.field("X__c");
    expect(found?.nillable).toBeUndefined();
    expect(found?.defaultedOnCreate).toBeUndefined();
  });

  it("takes its picklist from its own values", () => {
    const values =
      "<value><fullName>net30</fullName><default>true</default><label>30 days</label></value>" +
      "<value><fullName>net60</fullName><default>false</default><label>60 days</label><isActive>false</isActive></value>";
    const body = `<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><sorted>false</sorted>${values}</valueSetDefinition></valueSet>`;
    expect(customized(field("Terms__c", body)).object("Order")?.field("Terms__c")).toMatchObject({
      restrictedPicklist: true,
      defaultedOnCreate: true,
      picklistValues: [
        { value: "net30", label: "30 days", defaultValue: true },
        { value: "net60", label: "60 days", active: false },
      ],
    });
  });

  it("takes its picklist from a global value set", () => {
    const set = file(
      "globalValueSets/Carriers.globalValueSet-meta.xml",
      "GlobalValueSet",
      "<customValue><fullName>DHL</fullName><default>false</default><label>DHL</label></customValue><masterLabel>C</masterLabel><sorted>false</sorted>",
    );
    const body =
      "<type>MultiselectPicklist</type><valueSet><valueSetName>Carriers</valueSetName></valueSet><visibleLines>4</visibleLines>";
    expect(customized(set, field("Carriers__c", body)).object("Order")?.field("Carriers__c")).toMatchObject({
      type: "multipicklist",
      restrictedPicklist: true,
      picklistValues: [{ value: "DHL" }],
    });
  });

  it("may be a location with two components", () => {
    const order = customized(
      field(
        "Site__c",
        "<type>Location</type><scale>6</scale><displayLocationInDecimal>true</displayLocationInDecimal>",
      ),
    ).object("Order");
    expect(order?.field("Site__c")).toMatchObject({ type: "location" });
    expect(order?.field("Site__Latitude__s")).toMatchObject({ type: "double", scale: 6, compoundFieldName: "Site__c" });
  });

  it("may be a lookup with names for both directions", () => {
    const body =
      "<type>Lookup</type><referenceTo>Product2</referenceTo><relationshipName>MainOrders</relationshipName><deleteConstraint>Restrict</deleteConstraint>";
    const catalog = customized(field("Main_Product__c", body));
    expect(catalog.object("Order")?.parent("Main_Product__r")).toMatchObject({ referenceTo: ["Product2"] });
    expect(catalog.object("Product2")?.child("MainOrders__r")).toMatchObject({
      childObject: "Order",
      onParentDelete: "restrict",
    });
  });

  it("of a package names its children with the package's namespace", () => {
    const body = "<type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Sales</relationshipName>";
    const catalog = customized(field("pkg__Buyer__c", body), field("Buyer__c", body));
    expect(catalog.object("Account")?.child("pkg__Sales__r")?.field.name).toBe("pkg__Buyer__c");
    expect(catalog.object("Account")?.child("Sales__r")?.field.name).toBe("Buyer__c");
  });

  it("may be a formula of a declared type", () => {
    const body =
      "<type>Currency</type><precision>18</precision><scale>2</scale><formula>TotalAmount * 1.2</formula><formulaTreatBlanksAs>BlankAsZero</formulaTreatBlanksAs>";
    const found = customized(field("Gross__c", body)).object("Order")?.field("Gross__c");
    expect(found).toMatchObject({
      type: "currency",
      calculated: true,
      formula: "TotalAmount * 1.2",
      blanksAsZero: true,
    });
    expect(found?.createable).toBeUndefined();
    if (found !== undefined)
      expect(describeField(found, "Order")).toMatchObject({ calculatedFormula: "TotalAmount * 1.2" });
  });

  it("may sum up order products", () => {
    const body =
      "<type>Summary</type><summaryForeignKey>OrderItem.OrderId</summaryForeignKey><summarizedField>OrderItem.Quantity</summarizedField><summaryOperation>sum</summaryOperation>" +
      "<summaryFilterItems><field>OrderItem.UnitPrice</field><operation>greaterThan</operation><value>0</value></summaryFilterItems>";
    expect(customized(field("Pieces__c", body)).object("Order")?.field("Pieces__c")).toMatchObject({
      type: "double",
      scale: 2,
      calculated: true,
      summary: {
        operation: "sum",
        childObject: "OrderItem",
        foreignKey: "OrderId",
        field: "Quantity",
        filters: [{ field: "UnitPrice", operation: "greaterThan", value: "0" }],
      },
    });
  });
});

describe("a custom object", () => {
  const invoice = customObject("Invoice__c", "<sharingModel>ReadWrite</sharingModel>");
  const line = customObject(
    "Invoice_Line__c",
    "<sharingModel>ControlledByParent</sharingModel><nameField><displayFormat>L-{00}</displayFormat><label>Line</label><type>AutoNumber</type></nameField>",
  );
  const detail = field(
    "Invoice__c",
    "<type>MasterDetail</type><referenceTo>Invoice__c</referenceTo><relationshipName>Lines</relationshipName><relationshipOrder>0</relationshipOrder>",
    "Invoice_Line__c",
  );

  it("has the system fields, a name and a key prefix of its own", () => {
    const catalog = customized(line, invoice, detail);
    expect(catalog.objectByPrefix("a00")?.name).toBe("Invoice_Line__c");
    expect(catalog.objectByPrefix("a01")?.name).toBe("Invoice__c");
    expect(catalog.object("Invoice__c")?.nameField).toMatchObject({ name: "Name", length: 80, createable: true });
    expect(catalog.object("Invoice_Line__c")?.nameField?.autoNumber).toEqual({ format: "L-{00}", start: 1 });
    expect(catalog.object("Invoice__c")?.field("OwnerId")).toBeDefined();
    expect(catalog.object("Invoice_Line__c")?.field("OwnerId")).toBeUndefined();
  });

  it("follows its master", () => {
    const catalog = customized(line, invoice, detail);
    expect(catalog.object("Invoice_Line__c")?.definition).toMatchObject({
      sharingModel: "ControlledByParent",
      controlledBy: "Invoice__c",
    });
    expect(catalog.object("Invoice__c")?.child("Lines__r")).toMatchObject({ onParentDelete: "cascade" });
  });

  it("is refused as a detail that says it has sharing of its own", () => {
    expect(
      reasonsOf(invoice, customObject("Invoice_Line__c", "<sharingModel>ReadWrite</sharingModel>"), detail),
    ).toEqual(["Invoice_Line__c.Invoice__c: a detail object must be custom and its sharingModel ControlledByParent"]);
  });
});

describe("a team's folder", () => {
  it("is read in the Metadata API format too", () => {
    const object = xml(
      "CustomObject",
      "<fields><fullName>ERP_Id__c</fullName><label>ERP Id</label><type>Text</type><length>20</length><externalId>true</externalId></fields>" +
        "<recordTypes><fullName>Web</fullName><active>true</active><label>Web order</label></recordTypes>" +
        "<validationRules><fullName>PO_needed</fullName><active>true</active><errorConditionFormula>ISBLANK(PoNumber)</errorConditionFormula><errorMessage>PO!</errorMessage></validationRules>",
    );
    const files = [{ path: "src/objects/Order.object", text: object }];
    const customization = readCustomization(files);
    const order = customized(...files).object("Order");
    expect(order?.field("ERP_Id__c")).toMatchObject({ label: "ERP Id", externalId: true });
    expect(order?.field("RecordTypeId")).toMatchObject({ referenceTo: ["RecordType"] });
    expect(customization.validationRules).toMatchObject([
      { name: "PO_needed", message: "PO!", active: true, field: undefined },
    ]);
  });

  it("brings record types, whose default a profile names", () => {
    const catalog = customized(
      file(
        "objects/Order/recordTypes/Web.recordType-meta.xml",
        "RecordType",
        "<fullName>Web</fullName><active>true</active><label>Web order</label>",
      ),
      file(
        "profiles/Admin.profile-meta.xml",
        "Profile",
        "<recordTypeVisibilities><default>true</default><recordType>Order.Web</recordType><visible>true</visible></recordTypeVisibilities>",
      ),
    );
    const order = catalog.object("Order");
    if (order === undefined) throw new Error("No Order");
    const infos = describeObject(order, { catalog, apiVersion: 62, host: "https://a" }).recordTypeInfos;
    expect(
      infos.map((info) => [info.developerName, info.defaultRecordTypeMapping, info.recordTypeId.slice(0, 3)]),
    ).toEqual([
      ["Web", true, "012"],
      ["Master", false, "012"],
    ]);
  });

  it("brings order statuses with their categories", () => {
    const values = ["Draft", "Approved", "Activated"].map(
      (name) =>
        `<standardValue><fullName>${name}</fullName><default>false</default><label>${name}</label><groupingString>${name === "Activated" ? "Activated" : "Draft"}</groupingString></standardValue>`,
    );
    const set = file(
      "standardValueSets/OrderStatus.standardValueSet-meta.xml",
      "StandardValueSet",
      `<sorted>false</sorted>${values.join("")}`,
    );
    expect(
      customized(set)
        .object("Order")
        ?.field("Status")
        ?.picklistValues?.map((each) => [each.value, each.group]),
    ).toEqual([
      ["Draft", "Draft"],
      ["Approved", "Draft"],
      ["Activated", "Activated"],
    ]);
  });

  it("brings Order settings, profiles and permission sets as data", () => {
    const customization = readCustomization([
      file(
        "settings/Order.settings-meta.xml",
        "OrderSettings",
        "<enableOrders>true</enableOrders><enableReductionOrders>true</enableReductionOrders>",
      ),
      file("settings/Case.settings-meta.xml", "CaseSettings", "<x>1</x>"),
      file(
        "profiles/Custom%3A Sales.profile-meta.xml",
        "Profile",
        "<custom>true</custom><userPermissions><enabled>true</enabled><name>ActivateOrder</name></userPermissions><userPermissions><enabled>false</enabled><name>EditActivatedOrders</name></userPermissions>",
      ),
      file(
        "permissionsets/Order_Reader.permissionset-meta.xml",
        "PermissionSet",
        "<label>Order Reader</label><objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete><allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false</modifyAllRecords><object>Order</object><viewAllRecords>true</viewAllRecords></objectPermissions><fieldPermissions><editable>false</editable><field>Order.PoNumber</field><readable>true</readable></fieldPermissions>",
      ),
    ]);
    expect(customization.settings).toEqual({ enableOrders: true, enableReductionOrders: true });
    expect(customization.permissions).toMatchObject([
      { kind: "profile", name: "Custom: Sales", userPermissions: ["ActivateOrder"] },
      {
        kind: "permissionSet",
        name: "Order_Reader",
        label: "Order Reader",
        objects: [{ object: "Order", read: true, viewAll: true, edit: false }],
        fields: [{ object: "Order", field: "PoNumber", readable: true, editable: false }],
      },
    ]);
  });

  it("says which fields keep history", () => {
    const order = customized(
      file("objects/Order/Order.object-meta.xml", "CustomObject", "<enableHistory>true</enableHistory>"),
      file(
        "objects/Order/fields/Status.field-meta.xml",
        "CustomField",
        "<fullName>Status</fullName><trackHistory>true</trackHistory>",
      ),
      field("X__c", "<type>Date</type><trackHistory>true</trackHistory>"),
    ).object("Order");
    expect(order?.definition.historyTracked).toEqual(["Status", "X__c"]);
  });

  it("is remarked upon where an org would do more than the mock", () => {
    const { remarks } = applyCustomization(
      STANDARD_OBJECTS,
      readCustomization([
        { path: "triggers/OrderTrigger.trigger", text: "trigger OrderTrigger on Order (before insert) {}" },
        field("X__c", "<type>Date</type>", "WorkOrder"),
        field("Y__c", "<type>Date</type>", "WorkOrder"),
        field("Z__c", "<type>Lookup</type><referenceTo>pkg__Thing__c</referenceTo>"),
        field("P__c", "<type>Picklist</type><valueSet><valueSetName>pkg__Set</valueSetName></valueSet>"),
        field(
          "S__c",
          "<type>Summary</type><summaryForeignKey>Invoice.OrderId</summaryForeignKey><summaryOperation>count</summaryOperation>",
        ),
        field(
          "Work__c",
          "<type>Lookup</type><referenceTo>WorkOrder</referenceTo><relationshipName>Orders</relationshipName><lookupFilter><active>true</active></lookupFilter>",
        ),
      ]),
    );
    expect(remarks.map((remark) => `${remark.element}: ${remark.reason}`)).toEqual([
      "file: Apex triggers are not executed",
      'valueSet/valueSetName: the global value set "pkg__Set" is in none of the given files: the field accepts any value',
      "WorkOrder: is not modeled; what the files say about it is left out",
      "Z__c/referenceTo: pkg__Thing__c is not modeled: the field accepts no record",
      "Work__c/referenceTo: WorkOrder is not modeled: the field accepts no record",
      "S__c/summaryForeignKey: Invoice is not modeled: the roll-up stays empty",
    ]);
  });

  it("may hold events, big objects and external objects, which are left out by name", () => {
    const files = ["E__e", "B__b", "X__x"].map((name) =>
      file(`objects/${name}/${name}.object-meta.xml`, "CustomObject", `<label>${name}</label>`),
    );
    const { definitions, remarks } = applyCustomization(STANDARD_OBJECTS, readCustomization(files));
    expect(definitions).toEqual(STANDARD_OBJECTS);
    expect(remarks.map((remark) => remark.reason)).toEqual([
      "platform events are not modeled",
      "big objects are not modeled",
      "external objects are not modeled",
    ]);
  });

  it("may define an object in one file and add to it in others", () => {
    const more = {
      path: "other/objects/Invoice__c.object",
      text: xml("CustomObject", "<fields><fullName>A__c</fullName><type>Date</type></fields>"),
    };
    expect(customized(more, customObject("Invoice__c")).object("Invoice__c")?.field("A__c")).toBeDefined();
    expect(reasonsOf(more)).toEqual(["Invoice__c: the object Invoice__c is in none of the given files"]);
  });

  it("changes nothing when it is empty", () => {
    expect(readCustomization([])).toEqual(NO_CUSTOMIZATION);
    expect(applyCustomization(STANDARD_OBJECTS, NO_CUSTOMIZATION).definitions).toEqual(STANDARD_OBJECTS);
  });

  it("is found below any folder, without what says nothing about records", () => {
    const root = mkdtempSync(join(tmpdir(), "source-dir-"));
    try {
      const known = field("X__c", "<type>Date</type>");
      for (const { path, text } of [
        known,
        { path: "node_modules/a/objects/Order.object", text: "" },
        { path: "classes/A.cls", text: "" },
        { path: "README.md", text: "# Not a custom metadata record" },
      ]) {
        mkdirSync(dirname(join(root, path)), { recursive: true });
        writeFileSync(join(root, path), text);
      }
      expect(readSourceDirs([root])).toEqual([{ path: join(root, known.path), text: known.text }]);
      expect(() => readSourceDirs([join(root, "missing")])).toThrow(/does not exist or is no folder/);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("an unreadable or contradictory file", () => {
  it("is refused with its path, element and reason, and all problems together", () => {
    const bad = {
      path: "objects/Order/fields/Bad__c.field-meta.xml",
      text: "<CustomField><fullName>Bad__c</CustomField>",
    };
    const wrong = field("Wrong__c", "<type>Hologram</type>");
    const problems = problemsOf(bad, wrong);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatchObject({
      path: bad.path,
      element: "file",
      reason: expect.stringMatching(/not well-formed XML/),
    });
    expect(problems[1]).toMatchObject({
      path: wrong.path,
      element: "Wrong__c/type",
      reason: "the field type Hologram is not supported",
    });
    expect(() => customized(bad, wrong)).toThrow(/2 problem\(s\)[\s\S]*Bad__c[\s\S]*Hologram/);
  });

  it.each<[string, SourceFile, string]>([
    [
      "another root",
      { path: "objects/Order/fields/A__c.field-meta.xml", text: xml("Profile", "") },
      "Profile: is not the root that this file should have: CustomField",
    ],
    ["no type", field("A__c", ""), "A__c/type: is missing"],
    ["an unknown element", field("A__c", "<type>Date</type><magic>1</magic>"), "A__c/magic: is not supported"],
    [
      "a bad flag",
      field("A__c", "<type>Date</type><required>yes</required>"),
      'CustomField/required: must be true or false, not "yes"',
    ],
    [
      "a text too long",
      field("A__c", "<type>Text</type><length>256</length>"),
      'CustomField/length: must be a whole number from 1 to 255, not "256"',
    ],
    ["no length", field("A__c", "<type>Text</type>"), "CustomField/length: is missing"],
    [
      "too many digits",
      field("A__c", "<type>Number</type><precision>19</precision><scale>0</scale>"),
      'CustomField/precision: must be a whole number from 1 to 18, not "19"',
    ],
    [
      "more decimals than digits",
      field("A__c", "<type>Number</type><precision>2</precision><scale>3</scale>"),
      "CustomField/scale: is 3, more than the precision 2",
    ],
    [
      "an external Id that is a date",
      field("A__c", "<type>Date</type><externalId>true</externalId>"),
      "CustomField/externalId: only Text, Number and Email can be external Ids",
    ],
    [
      "a default that cannot be evaluated",
      field("A__c", "<type>Date</type><defaultValue>NEXTWEEK()</defaultValue>"),
      "A__c/defaultValue: the function NEXTWEEK is not supported",
    ],
    [
      "a picklist without values",
      field("A__c", "<type>Picklist</type>"),
      "CustomField/valueSet: is missing; a picklist needs one",
    ],
    [
      "an unknown global value set",
      field("A__c", "<type>Picklist</type><valueSet><valueSetName>G</valueSetName></valueSet>"),
      'valueSet/valueSetName: the global value set "G" is in none of the given files',
    ],
    [
      "a required lookup that is set to null",
      field(
        "A__c",
        "<type>Lookup</type><referenceTo>Account</referenceTo><required>true</required><deleteConstraint>SetNull</deleteConstraint>",
      ),
      "CustomField/deleteConstraint: SetNull contradicts required; use Restrict or Cascade",
    ],
    [
      "a lookup to an unknown custom object",
      field("A__c", "<type>Lookup</type><referenceTo>B__c</referenceTo>"),
      "A__c/referenceTo: the object B__c is in none of the given files",
    ],
    [
      "a field of an unknown custom object",
      field("A__c", "<type>Date</type>", "B__c"),
      "B__c: the object B__c is in none of the given files",
    ],
    [
      "a bad auto-number format",
      field("A__c", "<type>AutoNumber</type><displayFormat>A-{0}-{0}</displayFormat>"),
      'CustomField/displayFormat: "A-{0}-{0}" needs exactly one {0} and may have {YYYY}, {YY}, {MM}, {DD}',
    ],
    [
      "a formula that cannot be evaluated",
      field("A__c", "<type>Text</type><formula>VLOOKUP(A, B, C)</formula>"),
      "A__c/formula: the function VLOOKUP is not supported: it stands only in validation rules",
    ],
    [
      "a formula over a missing field",
      field("A__c", "<type>Text</type><formula>Nope__c</formula>"),
      "A__c/formula: the field Nope__c does not exist on Order",
    ],
    [
      "a roll-up without master-detail",
      field(
        "A__c",
        "<type>Summary</type><summaryForeignKey>Contact.AccountId</summaryForeignKey><summaryOperation>count</summaryOperation>",
        "Account",
      ),
      "A__c/summaryForeignKey: Contact.AccountId is no master-detail field to Account",
    ],
    [
      "a validation rule without a message",
      file(
        "objects/Order/validationRules/V.validationRule-meta.xml",
        "ValidationRule",
        "<fullName>V</fullName><active>true</active><errorConditionFormula>TRUE</errorConditionFormula>",
      ),
      "V/errorMessage: is missing",
    ],
    [
      "a validation rule at a missing field",
      file(
        "objects/Order/validationRules/V.validationRule-meta.xml",
        "ValidationRule",
        "<fullName>V</fullName><active>true</active><errorConditionFormula>TRUE</errorConditionFormula><errorDisplayField>Nope__c</errorDisplayField><errorMessage>no</errorMessage>",
      ),
      "V/errorDisplayField: Order has no field Nope__c",
    ],
    [
      "an order status without a category",
      file(
        "standardValueSets/OrderStatus.standardValueSet-meta.xml",
        "StandardValueSet",
        "<standardValue><fullName>Draft</fullName></standardValue>",
      ),
      'standardValue/groupingString: of "Draft" must be its status category, one of Draft, Activated, not ""; it counts as Draft',
    ],
    [
      "reduction orders without orders",
      file(
        "settings/Order.settings-meta.xml",
        "OrderSettings",
        "<enableOrders>false</enableOrders><enableReductionOrders>true</enableReductionOrders>",
      ),
      "OrderSettings/enableReductionOrders: contradicts enableOrders, which is false",
    ],
    [
      "edit without read",
      file(
        "permissionsets/P.permissionset-meta.xml",
        "PermissionSet",
        "<label>P</label><objectPermissions><allowEdit>true</allowEdit><object>Order</object></objectPermissions>",
      ),
      "objectPermissions/Order: allowEdit needs allowRead",
    ],
    [
      "an editable field that is not readable",
      file(
        "permissionsets/P.permissionset-meta.xml",
        "PermissionSet",
        "<label>P</label><fieldPermissions><editable>true</editable><field>Order.PoNumber</field></fieldPermissions>",
      ),
      "fieldPermissions/Order.PoNumber: editable needs readable",
    ],
  ])("with %s says so", (_, source, reason) => {
    expect(reasonsOf(source)).toContain(reason);
  });

  it("with a child relationship name that its parent has already says from where", () => {
    const body = "<type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>Same</relationshipName>";
    expect(reasonsOf(field("A__c", body), field("B__c", body))).toEqual([
      "B__c/relationshipName: Account has a child relationship Same__r already, from Order.A__c",
    ]);
  });

  it("is a field that another file defines too", () => {
    const one = field("A__c", "<type>Date</type>");
    const two = { ...one, path: `other/objects/Order/fields/A__c.field-meta.xml` };
    expect(problemsOf(one, two)).toMatchObject([
      { path: two.path, element: "CustomField A__c", reason: `is defined in ${one.path} too` },
    ]);
  });
});
