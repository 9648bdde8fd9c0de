/** What formulas read beside their record: labels, custom metadata, custom settings, permissions, the org and the user. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/mock-org/mock-org.ts";

const FORMULAS: Readonly<Record<string, string>> = {
  Label__c: "$Label.Greeting &amp; ' ' &amp; $Label.single",
  Rate__c: "TEXT($CustomMetadata.Rate__mdt.Standard.Percent__c)",
  Base__c: "$CustomMetadata.Rate__mdt.Standard.Name__c",
  Setting__c: "TEXT($Setup.Limits__c.Max__c)",
  Custom__c: "IF($Permission.Approver, 'yes', 'no') &amp; IF($CustomPermission.Other, 'yes', 'no')",
  Org__c: "$Organization.Name &amp; '/' &amp; $Organization.Country",
  Who__c: "$User.Username &amp; '/' &amp; $Profile.Name &amp; '/' &amp; $UserRole.Name",
  Api__c: "$Api.Partner_Server_URL_260",
  Type__c: "$RecordType.DeveloperName &amp; RecordType.Name",
};

let folder: string;
let org: MockOrg;

function write(path: string, root: string, body: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), `<?xml version="1.0"?><${root}>${body}</${root}>`);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "globals-"));
  for (const [name, formula] of Object.entries(FORMULAS))
    write(
      `objects/Account/fields/${name}.field-meta.xml`,
      "CustomField",
      `<fullName>${name}</fullName><label>${name}</label><type>Text</type><formula>${formula}</formula>`,
    );
  write(
    "labels/CustomLabels.labels-meta.xml",
    "CustomLabels",
    "<labels><fullName>Greeting</fullName><value>Hello &amp; welcome</value></labels>",
  );
  write("labels/Single.label-meta.xml", "CustomLabel", "<fullName>Single</fullName><value>one</value>");
  write(
    "objects/Rate__mdt/Rate__mdt.object-meta.xml",
    "CustomObject",
    "<label>Rate</label><pluralLabel>Rates</pluralLabel>",
  );
  write(
    "objects/Rate__mdt/fields/Percent__c.field-meta.xml",
    "CustomField",
    "<fullName>Percent__c</fullName><label>P</label><type>Number</type><precision>4</precision><scale>1</scale>",
  );
  write(
    "objects/Rate__mdt/fields/Name__c.field-meta.xml",
    "CustomField",
    "<fullName>Name__c</fullName><label>N</label><type>Text</type><length>20</length>",
  );
  write(
    "objects/Rate__mdt/fields/Parent__c.field-meta.xml",
    "CustomField",
    "<fullName>Parent__c</fullName><label>P</label><type>MetadataRelationship</type><referenceTo>Rate__mdt</referenceTo><relationshipName>Rates</relationshipName>",
  );
  write(
    "customMetadata/Rate.Standard.md-meta.xml",
    "CustomMetadata",
    "<label>Standard rate</label><protected>false</protected><values><field>Percent__c</field><value>19.5</value></values><values><field>Name__c</field><value>base</value></values>",
  );
  write(
    "customMetadata/Rate.Reduced.md-meta.xml",
    "CustomMetadata",
    "<label>Reduced</label><values><field>Percent__c</field><value>7</value></values><values><field>Parent__c</field><value>Standard</value></values>",
  );
  write(
    "objects/Limits__c/Limits__c.object-meta.xml",
    "CustomObject",
    "<label>Limits</label><customSettingsType>Hierarchy</customSettingsType>",
  );
  write(
    "objects/Limits__c/fields/Max__c.field-meta.xml",
    "CustomField",
    "<fullName>Max__c</fullName><label>M</label><type>Number</type><precision>4</precision><scale>0</scale>",
  );
  write(
    "permissionsets/Approvers.permissionset-meta.xml",
    "PermissionSet",
    `<label>A</label><customPermissions><enabled>true</enabled><name>Approver</name></customPermissions><objectPermissions><allowRead>true</allowRead><object>Account</object><viewAllRecords>true</viewAllRecords></objectPermissions>${Object.keys(
      FORMULAS,
    )
      .map(
        (name) =>
          `<fieldPermissions><editable>false</editable><field>Account.${name}</field><readable>true</readable></fieldPermissions>`,
      )
      .join("")}`,
  );
  org = await createMockOrg({
    sourceDirs: [folder],
    users: [{ username: "approver@mock.org", permissionSets: ["Approvers"] }],
  });
});

afterAll(async () => {
  await org.close();
  rmSync(folder, { recursive: true });
});

async function seenBy(username: string, id: string): Promise<Record<string, unknown>> {
  const token = org.openSession(username);
  const fields = Object.keys(FORMULAS).join(",");
  const answer = await org.app.request(`/services/data/v62.0/sobjects/Account/${id}?fields=${fields}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Record<string, unknown>;
}

it("are all accepted", () => {
  expect(org.remarks).toEqual([]);
});

it("have their values for the user who reads", async () => {
  const { Id } = org.given.account();
  expect(await seenBy("admin@mock.org", Id)).toMatchObject({
    Label__c: "Hello & welcome one",
    Rate__c: "19.5",
    Base__c: "base",
    Setting__c: null,
    Custom__c: "nono",
    Org__c: "Mock Org/",
    Who__c: "admin@mock.org/System Administrator/",
    Api__c: `https://mock.my.salesforce.com/services/Soap/u/26.0/${org.org.id.slice(0, 15)}`,
    Type__c: null,
  });
  expect(await seenBy("approver@mock.org", Id)).toMatchObject({
    Custom__c: "yesno",
    Who__c: "approver@mock.org/Standard User/",
  });
});

it("find the setting of the user before that of the profile and of the organization", async () => {
  const { Id } = org.given.account();
  const user = org.records("User").where({ Username: "approver@mock.org" })[0];
  org.given.record("Limits__c", { SetupOwnerId: org.org.id, Max__c: 1 });
  expect(await seenBy("approver@mock.org", Id)).toMatchObject({ Setting__c: "1" });
  org.given.record("Limits__c", { SetupOwnerId: user?.["ProfileId"], Max__c: 2 });
  expect(await seenBy("approver@mock.org", Id)).toMatchObject({ Setting__c: "2" });
  org.given.record("Limits__c", { SetupOwnerId: user?.["Id"], Max__c: 3 });
  expect(await seenBy("approver@mock.org", Id)).toMatchObject({ Setting__c: "3" });
  expect(await seenBy("admin@mock.org", Id)).toMatchObject({ Setting__c: "1" });
});

it("rest on records that queries read and nobody writes", async () => {
  const token = org.openSession();
  const headers = { Authorization: `Bearer ${token}`, "Content-Type": "application/json" };
  const soql = "SELECT DeveloperName, MasterLabel, Percent__c FROM Rate__mdt ORDER BY Percent__c";
  const read = await org.app.request(`/services/data/v62.0/query?q=${encodeURIComponent(soql)}`, { headers });
  expect(await read.json()).toMatchObject({
    records: [
      { DeveloperName: "Reduced", MasterLabel: "Reduced", Percent__c: 7 },
      { DeveloperName: "Standard", MasterLabel: "Standard rate", Percent__c: 19.5 },
    ],
  });
  const [reduced] = org.records("Rate__mdt").where({ DeveloperName: "Reduced" });
  expect(org.records("Rate__mdt").get(String(reduced?.["Parent__c"]))).toMatchObject({ DeveloperName: "Standard" });
  const written = await org.app.request("/services/data/v62.0/sobjects/Rate__mdt", {
    method: "POST",
    headers,
    body: JSON.stringify({ DeveloperName: "New" }),
  });
  expect(written.status).toBeGreaterThanOrEqual(400);
});
