/** Seeds and the score card beside fields that a team requires of its records. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runScoreCard } from "../../../mock-server/conformance/run.ts";
import { BEHAVIORS } from "../../../mock-server/conformance/score-card.ts";
import { createMockOrg } from "../../../mock-server/mock-org/mock-org.ts";

const FIELDS: Readonly<Record<string, string>> = {
  "Account.Code__c": "<type>Text</type><length>20</length><unique>true</unique><externalId>true</externalId>",
  "Order.Kind__c":
    "<type>Picklist</type><valueSet><restricted>true</restricted><valueSetDefinition><value><fullName>a</fullName><default>false</default></value></valueSetDefinition></valueSet>",
  "OrderItem.Pieces__c": "<type>Number</type><precision>4</precision><scale>1</scale>",
  "Contact.Mail__c": "<type>Email</type>",
  "Product2.Since__c": "<type>Date</type>",
  "Contract.Signed__c": "<type>DateTime</type>",
};

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "required-"));
  for (const [path, body] of Object.entries(FIELDS)) {
    const [object = "", name = ""] = path.split(".");
    mkdirSync(join(folder, "objects", object, "fields"), { recursive: true });
    const text = `<CustomField><fullName>${name}</fullName><label>${name}</label>${body}<required>true</required></CustomField>`;
    writeFileSync(join(folder, "objects", object, "fields", `${name}.field-meta.xml`), text);
  }
});

afterAll(() => rmSync(folder, { recursive: true }));

it("a seed gives required fields a value that it makes up", async () => {
  await using org = await createMockOrg({ sourceDirs: [folder], seed: "demo", now: "2026-03-01T08:00:00Z" });
  const accounts = org.records("Account").all();
  expect(accounts.length).toBeGreaterThan(3);
  expect(new Set(accounts.map((row) => row["Code__c"])).size).toBe(accounts.length);
  const orders = org.records("Order").all();
  expect(orders.length).toBeGreaterThan(10);
  expect(new Set(orders.map((row) => row["Kind__c"]))).toEqual(new Set(["a"]));
});

it("the score card gives them a value, so that only rows of bulk jobs, which it sends as they are, miss them", async () => {
  await using org = await createMockOrg({ sourceDirs: [folder] });
  const { url, accessToken } = await org.listen();
  const endpoint = { url, token: accessToken, apiVersion: "62.0", pause: () => org.settle() };
  const outcomes = await runScoreCard(endpoint, BEHAVIORS);
  const failed = outcomes.filter((each) => each.verdict !== "passed");
  expect(failed.filter(({ behavior }) => !/\/jobs\/|\/async\//.test(behavior.call.path))).toEqual([]);
  expect(outcomes.length - failed.length).toBeGreaterThan(400);
}, 60_000);
