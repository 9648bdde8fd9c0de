/** Lookup filters refuse records, and dependent picklists tell their dependency. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { parseLogic } from "../../../mock-server/schema/metadata/lookup-filter.ts";

const item = (field: string, operation: string, rest: string): string =>
  `<filterItems><field>${field}</field><operation>${operation}</operation>${rest}</filterItems>`;
const lookup = (filter: string): string =>
  `<type>Lookup</type><referenceTo>Account</referenceTo><relationshipName>R{n}</relationshipName><lookupFilter><active>true</active>${filter}<isOptional>false</isOptional></lookupFilter>`;

const FIELDS: Readonly<Record<string, string>> = {
  Partner__c: lookup(
    `<errorMessage>Choose a partner</errorMessage><booleanFilter>1 AND (2 OR 3)</booleanFilter>${item("Account.Type", "equals", "<value>Customer - Direct, Customer - Channel</value>")}${item("Account.NumberOfEmployees", "greaterThan", "<value>10</value>")}${item("$Source.Description", "startsWith", "<value>vip</value>")}`,
  ),
  Same_Owner__c: lookup(item("Account.OwnerId", "equals", "<valueField>$Source.OwnerId</valueField>")),
  Broken__c: lookup(item("Account.Gone__c", "equals", "<value>1</value>")),
  Optional__c: lookup(item("Account.Name", "equals", "<value>nobody</value>")).replace(
    "false</isOptional>",
    "true</isOptional>",
  ),
  Region__c:
    "<type>Picklist</type><valueSet><valueSetDefinition><value><fullName>EU</fullName></value><value><fullName>US</fullName></value><value><fullName>Asia</fullName></value></valueSetDefinition></valueSet>",
  Land__c:
    "<type>Picklist</type><valueSet><controllingField>Region__c</controllingField><valueSetDefinition><value><fullName>DE</fullName></value><value><fullName>TX</fullName></value><value><fullName>X</fullName></value></valueSetDefinition><valueSettings><controllingFieldValue>EU</controllingFieldValue><valueName>DE</valueName></valueSettings><valueSettings><controllingFieldValue>US</controllingFieldValue><controllingFieldValue>Asia</controllingFieldValue><valueName>TX</valueName></valueSettings></valueSet>",
};

let folder: string;
let org: MockOrg;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lookup-"));
  for (const [at, [name, body]] of Object.entries(FIELDS).entries()) {
    const path = join(folder, `objects/Contact/fields/${name}.field-meta.xml`);
    mkdirSync(dirname(path), { recursive: true });
    const content = body.replace("{n}", String(at));
    writeFileSync(path, `<CustomField><fullName>${name}</fullName><label>${name}</label>${content}</CustomField>`);
  }
  org = await createMockOrg({ sourceDirs: [folder], users: [{ username: "other@mock.org" }] });
});

afterAll(async () => {
  await org.close();
  rmSync(folder, { recursive: true });
});

const REFUSED = "FIELD_FILTER_VALIDATION_EXCEPTION: ";

it("a record that does not satisfy the filter is refused with the filter's text", () => {
  const small = org.given.account({ Type: "Customer - Direct", NumberOfEmployees: 3 });
  const large = org.given.account({ Type: "Customer - Channel", NumberOfEmployees: 30 });
  const other = org.given.account({ Type: "Other", NumberOfEmployees: 30 });
  expect(() => org.given.contact({ Partner__c: small.Id })).toThrow(`${REFUSED}Choose a partner`);
  expect(() => org.given.contact({ Partner__c: other.Id })).toThrow(REFUSED);
  expect(org.given.contact({ Partner__c: large.Id })).toMatchObject({ Partner__c: large.Id });
  const made = org.given.contact({ Partner__c: small.Id, Description: "VIP of ours" });
  expect(() => org.given.update("Contact", made.Id, { Description: "no more" })).toThrow(REFUSED);
  expect(org.given.update("Contact", made.Id, { Title: "Dr." })).toMatchObject({ Title: "Dr." });
  expect(org.given.update("Contact", made.Id, { Partner__c: null, Description: null })).toMatchObject({
    Partner__c: null,
  });
});

it("a filter compares the record with the one that looks it up", () => {
  const [user] = org.records("User").where({ Username: "other@mock.org" });
  const theirs = org.given.account({ OwnerId: user?.["Id"] });
  const ours = org.given.account();
  expect(() => org.given.contact({ Same_Owner__c: theirs.Id })).toThrow(
    `${REFUSED}Value does not exist or does not match filter criteria.`,
  );
  expect(org.given.contact({ Same_Owner__c: ours.Id })).toMatchObject({ Same_Owner__c: ours.Id });
});

it("an optional filter refuses nothing, and one that cannot be asked is left out by name", () => {
  expect(org.given.contact({ Optional__c: org.given.account().Id })["Optional__c"]).not.toBeNull();
  expect(org.remarks).toMatchObject([
    {
      leftOut: "Contact.Broken__c/lookupFilter",
      reason: "the field Broken__r.Gone__c does not exist on Account; left out",
    },
  ]);
});

it("a dependent picklist tells what controls it and which values go together", async () => {
  const headers = { Authorization: `Bearer ${org.openSession()}` };
  const answer = await org.app.request("/services/data/v62.0/sobjects/Contact/describe", { headers });
  const { fields } = (await answer.json()) as { readonly fields: readonly { readonly name: string }[] };
  expect(fields.find((field) => field.name === "Land__c")).toMatchObject({
    controllerName: "Region__c",
    dependentPicklist: true,
    picklistValues: [
      { value: "DE", validFor: Buffer.from([0b1000_0000]).toString("base64") },
      { value: "TX", validFor: Buffer.from([0b0110_0000]).toString("base64") },
      { value: "X", validFor: Buffer.from([0]).toString("base64") },
    ],
  });
});

it.each([
  ["1 AND 2 OR 3", [false, true, true], true],
  ["1 AND (2 OR 3)", [false, true, true], false],
  ["NOT 1 and 2", [false, true, false], true],
  ["1 AND", [], undefined],
  ["4", [], undefined],
  ["(1", [], undefined],
  ["1 2", [], undefined],
  ["(".repeat(1_000), [], undefined],
])("the logic %s of %j gives %s", (text, held, expected) => {
  expect(parseLogic(text, 3)?.(held)).toBe(expected);
});
