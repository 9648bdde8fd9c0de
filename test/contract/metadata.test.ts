/** Metadata through jsforce: the org's schema and permissions change while it runs. */
import { Connection } from "jsforce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

let client: Client;

beforeAll(async () => {
  client = await connect(
    await testOrg({ users: [{ username: "clerk@mock.org", profile: "Standard User" }], bulkPaceMs: 0 }),
  );
});

afterAll(() => client.org.close());

const TEXT = { type: "Text", length: 20, label: "Region", required: false } as const;

describe("conn.metadata.create", () => {
  it("makes fields that records can hold at once", async () => {
    const before = idOf(await client.conn.sobject("Account").create({ Name: "Before" }));
    const results = await client.conn.metadata.create("CustomField", [
      { ...TEXT, fullName: "Account.Region__c" },
      { fullName: "Account.Vip__c", type: "Checkbox", label: "VIP", defaultValue: true },
      {
        fullName: "Account.Tier__c",
        type: "Picklist",
        label: "Tier",
        valueSet: {
          restricted: true,
          valueSetDefinition: {
            sorted: false,
            value: [
              { fullName: "Gold", default: true, label: "Gold" },
              { fullName: "Silver", default: false, label: "Silver" },
            ],
          },
        },
      } as never,
    ]);
    const id = idOf(await client.conn.sobject("Account").create({ Name: "After", Region__c: "North" }));
    const bad = await refusal(client.conn.sobject("Account").create({ Name: "Bad", Tier__c: "Lead" }));
    const { records } = await client.conn.query(
      `SELECT Id, Region__c, Vip__c, Tier__c FROM Account WHERE Id IN ('${id}', '${before}') ORDER BY Name`,
    );
    const describe = await client.conn.describe("Account");
    expect(results).toMatchObject([
      { success: true, fullName: "Account.Region__c" },
      { success: true, fullName: "Account.Vip__c" },
      { success: true, fullName: "Account.Tier__c" },
    ]);
    expect(records).toMatchObject([
      { Id: id, Region__c: "North", Vip__c: true, Tier__c: "Gold" },
      { Id: before, Region__c: null, Vip__c: false, Tier__c: null },
    ]);
    expect(bad.errorCode).toBe("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST");
    expect(describe.fields.find((field) => field.name === "Region__c")).toMatchObject({ length: 20, custom: true });
  });

  it("makes an object with fields, of which one is a lookup; its Ids have a prefix of their own", async () => {
    const made = await client.conn.metadata.create("CustomObject", {
      fullName: "Depot__c",
      label: "Depot",
      pluralLabel: "Depots",
      deploymentStatus: "Deployed",
      sharingModel: "ReadWrite",
      nameField: { label: "Depot Name", type: "Text" },
    } as never);
    const field = await client.conn.metadata.create("CustomField", {
      fullName: "Order.Depot__c",
      type: "Lookup",
      label: "Depot",
      referenceTo: "Depot__c",
      relationshipName: "Orders",
    } as never);
    const other = await client.conn.metadata.create("CustomObject", {
      fullName: "Van__c",
      label: "Van",
      pluralLabel: "Vans",
      sharingModel: "ReadWrite",
      nameField: { label: "Van Number", type: "AutoNumber", displayFormat: "V-{000}" },
      fields: [{ ...TEXT, fullName: "Plate__c", label: "Plate" }],
    } as never);
    const depot = idOf(await client.conn.sobject("Depot__c").create({ Name: "Kiel" }));
    const van = idOf(await client.conn.sobject("Van__c").create({ Plate__c: "KI-1" }));
    const { records } = await client.conn.query("SELECT Name, Plate__c FROM Van__c");
    const { childRelationships } = await client.conn.describe("Depot__c");
    expect([made, field, other]).toMatchObject([{ success: true }, { success: true }, { success: true }]);
    expect([depot.slice(0, 3), van.slice(0, 3)]).toEqual(["a00", "a01"]);
    expect(records).toMatchObject([{ Name: "V-001", Plate__c: "KI-1" }]);
    expect(childRelationships).toMatchObject([{ childSObject: "Order", relationshipName: "Orders__r" }]);
  });

  it("a master-detail field hands the object over to its parent", async () => {
    await client.conn.metadata.create("CustomObject", {
      fullName: "Stop__c",
      label: "Stop",
      pluralLabel: "Stops",
      sharingModel: "ReadWrite",
      nameField: { label: "Stop Name", type: "Text" },
    } as never);
    const result = await client.conn.metadata.create("CustomField", {
      fullName: "Stop__c.Account__c",
      type: "MasterDetail",
      label: "Account",
      referenceTo: "Account",
      relationshipName: "Stops",
    } as never);
    const refused = await refusal(client.conn.sobject("Stop__c").create({ Name: "without" }));
    expect(result).toMatchObject({ success: true });
    expect(refused.errorCode).toBe("REQUIRED_FIELD_MISSING");
  });

  it.each([
    ["a name that is taken", { ...TEXT, fullName: "Account.ERP_Key__c" }, "DUPLICATE_DEVELOPER_NAME"],
    ["a name without __c", { ...TEXT, fullName: "Account.Plain" }, "FIELD_INTEGRITY_EXCEPTION"],
    ["a name without an object", { ...TEXT, fullName: "Plain__c" }, "FIELD_INTEGRITY_EXCEPTION"],
    ["an unknown object", { ...TEXT, fullName: "Nope__c.X__c" }, "INVALID_CROSS_REFERENCE_KEY"],
    ["no length", { fullName: "Account.X__c", type: "Text", label: "X" }, "FIELD_INTEGRITY_EXCEPTION"],
    ["no label", { fullName: "Account.X__c", type: "Text", length: 5 }, "FIELD_INTEGRITY_EXCEPTION"],
    ["an unknown type", { fullName: "Account.X__c", type: "Nope", label: "X" }, "FIELD_INTEGRITY_EXCEPTION"],
  ])("%s fails that component alone", async (_, field, statusCode) => {
    const result = await client.conn.metadata.create("CustomField", field as never);
    expect(result).toMatchObject({ success: false, fullName: field.fullName, errors: [{ statusCode }] });
    expect(client.org.org.catalog.object("Account")?.field("X__c")).toBeUndefined();
  });
});

describe("reading, changing and deleting metadata", () => {
  it("a field is read as it was made, and a changed copy is taken back", async () => {
    await client.conn.metadata.create("CustomField", { ...TEXT, fullName: "Order.Channel__c", label: "Channel" });
    await client.conn.sobject("Account").create({ Name: "keeps its records" });
    const [read] = await client.conn.metadata.read("CustomField", ["Order.Channel__c"]);
    const updated = await client.conn.metadata.update("CustomField", {
      ...read,
      fullName: "Order.Channel__c",
      length: 40,
      label: "Sales Channel",
    } as never);
    const describe = await client.conn.describe("Order");
    expect(read).toMatchObject({ fullName: "Order.Channel__c", type: "Text", length: 20, required: false });
    expect(updated).toMatchObject({ success: true });
    expect(describe.fields.find((field) => field.name === "Channel__c")).toMatchObject({
      label: "Sales Channel",
      length: 40,
    });
  });

  it("an object read and sent back changes nothing", async () => {
    const before = client.org.org.catalog.object("Van__c")?.definition;
    const [read] = await client.conn.metadata.read("CustomObject", ["Van__c"]);
    const result = await client.conn.metadata.update("CustomObject", read as never);
    expect(read).toMatchObject({ label: "Van", fields: [{ fullName: "Plate__c", length: 20 }] });
    expect(result).toMatchObject({ success: true });
    expect(client.org.org.catalog.object("Van__c")?.definition).toEqual(before);
  });

  it("upsert says whether it made or changed", async () => {
    const field = { ...TEXT, fullName: "Contact.Nick__c", label: "Nick" };
    const results = [
      await client.conn.metadata.upsert("CustomField", field),
      await client.conn.metadata.upsert("CustomField", { ...field, length: 30 }),
    ];
    expect(results).toMatchObject([
      { created: true, success: true },
      { created: false, success: true },
    ]);
  });

  it("a deleted field is gone from records and queries; one that a formula needs stays", async () => {
    await client.conn.metadata.create("CustomField", [
      { fullName: "Contact.A__c", type: "Number", precision: 5, scale: 0, label: "A" },
      { fullName: "Contact.B__c", type: "Number", precision: 5, scale: 0, label: "B", formula: "A__c * 2" },
      { ...TEXT, fullName: "Contact.C__c", label: "C" },
    ]);
    const id = idOf(await client.conn.sobject("Contact").create({ LastName: "F", A__c: 4, C__c: "c" }));
    const results = await client.conn.metadata.delete("CustomField", ["Contact.A__c", "Contact.C__c", "Contact.Name"]);
    const row = await client.conn.sobject("Contact").retrieve(id);
    expect(results).toMatchObject([
      { success: false, errors: [{ statusCode: "DEPENDENCY_EXISTS" }] },
      { success: true },
      { success: false, errors: [{ statusCode: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY" }] },
    ]);
    expect(row).toMatchObject({ A__c: 4 });
    expect(row).toHaveProperty("B__c");
    expect(row).not.toHaveProperty("C__c");
  });

  it("an object goes with its records, once nothing points at it", async () => {
    const early = await client.conn.metadata.delete("CustomObject", "Depot__c");
    await client.conn.metadata.delete("CustomField", "Order.Depot__c");
    const late = await client.conn.metadata.delete("CustomObject", "Depot__c");
    const query = await refusal(client.conn.query("SELECT Id FROM Depot__c"));
    expect([early, late]).toMatchObject([{ success: false }, { success: true }]);
    expect(query.errorCode).toBe("INVALID_TYPE");
  });

  it("lists and describes what there is", async () => {
    const describe = await client.conn.metadata.describe();
    const fields = await client.conn.metadata.list([{ type: "CustomField" }]);
    const objects = await client.conn.metadata.list({ type: "CustomObject" });
    expect(describe.metadataObjects.map((each) => each.xmlName)).toContain("PermissionSet");
    expect(describe.partialSaveAllowed).toBe(true);
    expect(fields.map((each) => each.fullName)).toContain("Account.ERP_Key__c");
    expect(objects.find((each) => each.fullName === "Van__c")).toMatchObject({
      fileName: "objects/Van__c.object",
      id: expect.stringMatching(/^01I\w{15}$/) as string,
    });
  });

  it("what does not exist is read as nothing", async () => {
    const read = await client.conn.metadata.read("CustomField", ["Account.Nope__c"]);
    expect(read[0]?.fullName ?? null).toBeNull();
  });

  it("a reset takes the org back to its schema", async () => {
    const org = await testOrg();
    const other = await connect(org);
    await other.conn.metadata.create("CustomField", { ...TEXT, fullName: "Account.Gone__c", label: "Gone" });
    const there = org.org.catalog.object("Account")?.field("Gone__c");
    org.reset();
    const after = org.org.catalog.object("Account")?.field("Gone__c");
    await org.close();
    expect([there?.name, after]).toEqual(["Gone__c", undefined]);
  });
});

describe("permissions as metadata", () => {
  it("a permission set gives rights to whom it is assigned, and is withdrawn by an update", async () => {
    await client.conn.metadata.create("CustomField", { ...TEXT, fullName: "Account.Secret__c", label: "Secret" });
    const made = await client.conn.metadata.create("PermissionSet", {
      fullName: "Order_Editor",
      label: "Order Editor",
      userPermissions: [{ enabled: true, name: "EditActivatedOrders" }],
      objectPermissions: [
        {
          object: "Product2",
          allowRead: true,
          allowCreate: true,
          allowEdit: true,
          allowDelete: false,
          viewAllRecords: false,
          modifyAllRecords: false,
        },
      ],
    } as never);
    const clerk = client.org.org.actor("clerk@mock.org");
    client.org.org.assignPermissionSet(clerk?.userId ?? "", "Order_Editor");
    const rights = () => {
      const access = client.org.org.actor("clerk@mock.org")?.access;
      return [access?.has("EditActivatedOrders"), access?.object("Product2").create];
    };
    const given = rights();
    const [read] = await client.conn.metadata.read("PermissionSet", ["Order_Editor"]);
    await client.conn.metadata.update("PermissionSet", { fullName: "Order_Editor", label: "Order Editor" } as never);
    const withdrawn = rights();
    const deleted = await client.conn.metadata.delete("PermissionSet", "Order_Editor");
    expect(made).toMatchObject({ success: true });
    expect([given, withdrawn]).toEqual([
      [true, true],
      [false, false],
    ]);
    expect(read).toMatchObject({
      label: "Order Editor",
      objectPermissions: [{ object: "Product2", allowCreate: true }],
    });
    expect(deleted).toMatchObject({ success: false, errors: [{ statusCode: "DELETE_FAILED" }] });
  });

  it("a profile keeps what an update does not name", async () => {
    const result = await client.conn.metadata.update("Profile", {
      fullName: "Standard",
      fieldPermissions: [{ field: "Account.Secret__c", readable: false, editable: false }],
      userPermissions: [{ enabled: false, name: "ActivateOrder" }],
    } as never);
    const access = client.org.org.actor("clerk@mock.org")?.access;
    expect(result).toMatchObject({ success: true });
    expect(access?.canReadField("Account", "Secret__c")).toBe(false);
    expect(access?.canReadField("Account", "Phone")).toBe(true);
    expect([access?.has("ActivateOrder"), access?.has("ApiEnabled")]).toEqual([false, true]);
  });

  it("who may not modify metadata is refused", async () => {
    const { instanceUrl } = client.conn;
    const clerk = new Connection({
      instanceUrl,
      accessToken: client.org.openSession("clerk@mock.org"),
      version: "62.0",
    });
    expect((await refusal(clerk.metadata.describe())).errorCode).toBe("sf:INSUFFICIENT_ACCESS");
  });
});

describe("what is refused by name", () => {
  it("deploy, retrieve and other types", async () => {
    const retrieve = await refusal(client.conn.metadata.retrieve({ apiVersion: "62.0" } as never));
    const apex = await refusal(client.conn.metadata.list({ type: "ApexClass" }));
    expect(retrieve.message).toContain("Metadata operation retrieve is not supported by the mock org");
    expect(apex.message).toContain("Metadata type 'ApexClass' is not supported by the mock org");
  });

  it("eleven components are one too many", async () => {
    const fields = Array.from({ length: 11 }, (_, at) => ({ ...TEXT, fullName: `Account.F${at}__c` }));
    expect((await refusal(client.conn.metadata.create("CustomField", fields))).errorCode).toBe("sf:EXCEEDED_ID_LIMIT");
  });
});
