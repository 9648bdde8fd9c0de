import { afterEach, beforeEach, expect, it } from "@jest/globals";
import jsforce from "jsforce";
import { createMockOrg, forkOfEach } from "mock-org";

const newOrg = forkOfEach(() => createMockOrg({ seed: "demo", now: "2026-03-01T08:00:00Z" }));
let org;

beforeEach(async () => {
  org = await newOrg();
});

afterEach(() => org.close());

it("writes to an org of its own", async () => {
  const { url, accessToken } = await org.listen();
  const salesforce = new jsforce.Connection({ instanceUrl: url, accessToken, version: "62.0" });
  await salesforce.sobject("Account").create({ Name: "Only here" });
  expect(org.records("Account").where({ Name: "Only here" })).toHaveLength(1);
});

it("and does not see what the other test wrote", () => {
  expect(org.records("Account").where({ Name: "Only here" })).toEqual([]);
});
