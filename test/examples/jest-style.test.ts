import { createMockOrg, forkOfEach, type MockOrg } from "salesforce-order-sync/mock-server";
import { afterEach, beforeEach, expect, it } from "vitest";

const newOrg = forkOfEach(() => createMockOrg());
let org: MockOrg;

beforeEach(async () => {
  org = await newOrg();
});

afterEach(() => org.close());

it("has an org for itself", () => {
  org.given.account({ Name: "Only here" });
  expect(org.records("Account").count()).toBe(1);
});
