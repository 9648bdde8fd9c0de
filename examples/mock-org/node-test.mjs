import assert from "node:assert/strict";
import { test } from "node:test";
import { createMockOrg, forkOfEach } from "mock-org";

const newOrg = forkOfEach(() => createMockOrg({ now: "2026-03-01T08:00:00Z" }));

test("an order without products is not activated", async () => {
  const org = await newOrg();
  assert.throws(() => org.given.order({ lines: 0, activated: true }), /An order must have at least one product/);
  await org.close();
});
