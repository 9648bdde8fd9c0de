/** The Tooling API as far as it tells about the schema: through jsforce, which shares its code with the REST client. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, refusal, testOrg } from "./fixture.ts";

let client: Client;

beforeAll(async () => {
  client = await connect(await testOrg());
  await client.conn.metadata.create("CustomObject", {
    fullName: "Depot__c",
    label: "Depot",
    pluralLabel: "Depots",
    sharingModel: "ReadWrite",
    nameField: { label: "Depot Name", type: "Text" },
    fields: [{ fullName: "Region__c", type: "Text", length: 20, label: "Region" }],
  } as never);
});

afterAll(() => client.org.close());

describe("conn.tooling", () => {
  it("finds a custom field by its names, with an Id of its own", async () => {
    const { records, totalSize } = await client.conn.tooling.query(
      "SELECT Id, DeveloperName, FullName, TableEnumOrId, Length FROM CustomField WHERE DeveloperName = 'ERP_Key' AND TableEnumOrId = 'Account'",
    );
    const id = String(records[0]?.["Id"]);
    const row = await client.conn.tooling.sobject("CustomField").retrieve(id);
    expect(totalSize).toBe(1);
    expect(records[0]).toMatchObject({
      attributes: { type: "CustomField", url: `/services/data/v62.0/tooling/sobjects/CustomField/${id}` },
      Id: expect.stringMatching(/^00N\w{15}$/) as string,
      FullName: "Account.ERP_Key__c",
      Length: 80,
    });
    expect(row).toMatchObject({ DeveloperName: "ERP_Key" });
  });

  it("tells about objects, the custom ones with the Id that metadata lists", async () => {
    const [custom] = (await client.conn.tooling.query("SELECT Id, DeveloperName FROM CustomObject")).records;
    const [listed] = (await client.conn.metadata.list({ type: "CustomObject" })).filter(
      (each) => each.fullName === "Depot__c",
    );
    const { records } = await client.conn.tooling.query(
      "SELECT Id, DurableId, QualifiedApiName, KeyPrefix, IsCustomizable FROM EntityDefinition WHERE QualifiedApiName IN ('Order', 'Depot__c') ORDER BY QualifiedApiName",
    );
    expect(custom).toMatchObject({ Id: listed?.id, DeveloperName: "Depot" });
    expect(records).toMatchObject([
      { Id: "000000000000000AAA", DurableId: listed?.id?.slice(0, 15), QualifiedApiName: "Depot__c", KeyPrefix: "a00" },
      { Id: "000000000000000AAA", DurableId: "Order", QualifiedApiName: "Order", KeyPrefix: "801" },
    ]);
  });

  it("tells about the fields of an object, found by either of its names", async () => {
    const of = async (condition: string) =>
      (
        await client.conn.tooling.query(
          `SELECT QualifiedApiName, DataType, DurableId, EntityDefinition.QualifiedApiName FROM FieldDefinition WHERE ${condition} ORDER BY QualifiedApiName`,
        )
      ).records;
    const byId = await of("EntityDefinitionId = 'OrderItem' AND DataType LIKE 'Currency%'");
    const byName = await of("EntityDefinition.QualifiedApiName = 'Depot__c' AND QualifiedApiName LIKE '%\\_\\_c'");
    expect(byId.map((row) => row["QualifiedApiName"])).toContain("UnitPrice");
    expect(byName).toMatchObject([
      {
        QualifiedApiName: "Region__c",
        DataType: "Text(20)",
        DurableId: expect.stringMatching(/^01I\w{12}\.00N\w{12}$/) as string,
        EntityDefinition: { QualifiedApiName: "Depot__c" },
      },
    ]);
  });

  it("describes its objects under its own addresses", async () => {
    const all = await client.conn.tooling.describeGlobal();
    const one = await client.conn.tooling.describe("FieldDefinition");
    expect(all.sobjects.map((each) => each.name)).toContain("EntityDefinition");
    expect(one.urls["sobject"]).toBe("/services/data/v62.0/tooling/sobjects/FieldDefinition");
    expect(one.fields.find((field) => field.name === "EntityDefinitionId")?.relationshipName).toBe("EntityDefinition");
  });

  it("pages answer under tooling addresses", async () => {
    const response = await get("/tooling/query?q=SELECT+Id+FROM+FieldDefinition+WHERE+EntityDefinitionId+!=+null");
    const page = (await response.json()) as {
      nextRecordsUrl?: string;
      done: boolean;
      entityTypeName: string;
      size: number;
    };
    const first = { ...page };
    let rows = page.size;
    for (let url = page.nextRecordsUrl; url !== undefined; ) {
      const next = (await (await fetch(`${client.url}${url}`, { headers: authorization() })).json()) as typeof page;
      rows += next.size;
      url = next.nextRecordsUrl;
    }
    const fields = client.org.org.catalog.objects.reduce((sum, type) => sum + type.fields.length, 0);
    expect(first.entityTypeName).toBe("FieldDefinition");
    expect(rows).toBe(fields);
  });

  it.each([
    ["SELECT Id FROM FieldDefinition", "MALFORMED_QUERY", "a filter on a reified column is required"],
    ["SELECT Id, FullName FROM CustomField", "MALFORMED_QUERY", "no more than one row"],
    ["SELECT Metadata FROM CustomField LIMIT 1", "NOT_IMPLEMENTED", "Tooling: the field Metadata is not supported"],
    ["SELECT Nope FROM CustomField", "INVALID_FIELD", "Nope"],
    ["SELECT Id FROM ApexClass", "INVALID_TYPE", "ApexClass"],
  ])("%s is refused", async (soql, code, text) => {
    const error = await refusal(client.conn.tooling.query(soql));
    expect(error.errorCode).toBe(code);
    expect(error.message).toContain(text);
  });

  it("writing, Apex and unknown objects are refused by name", async () => {
    const create = await refusal(client.conn.tooling.sobject("CustomField").create({ FullName: "Account.X__c" }));
    const apex = await refusal(client.conn.tooling.executeAnonymous("System.debug(1);"));
    const unknown = await refusal(client.conn.tooling.describe("ApexClass"));
    expect([create, apex, unknown].map((error) => error.errorCode)).toEqual(Array(3).fill("NOT_IMPLEMENTED"));
    expect(apex.message).toContain("/tooling/executeAnonymous");
  });
});

function get(path: string): Promise<Response> {
  return fetch(`${client.url}/services/data/v62.0${path}`, { headers: authorization() });
}

function authorization(): Record<string, string> {
  return { authorization: `Bearer ${client.conn.accessToken}` };
}
