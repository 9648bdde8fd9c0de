import { createMockOrg, orgFixture } from "mock-org";
import { test as base, expect } from "vitest";

const test = base.extend(orgFixture(() => createMockOrg({ seed: "demo", now: "2026-03-01T08:00:00Z" })));

test("every test has an org of its own", async ({ org }) => {
  const order = org.given.order({ lines: 2, activated: true, PoNumber: "PO-1" });
  expect(order.record).toMatchObject({ Status: "Activated", TotalAmount: 200 });
});

test("and does not see what the others did", ({ org }) => {
  expect(org.records("Order").where({ PoNumber: "PO-1" })).toEqual([]);
});
