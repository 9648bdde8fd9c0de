import { createMockOrg } from "mock-org";
import { expect, it } from "vitest";

it("ends a session after two hours without a call", async () => {
  await using org = await createMockOrg({ now: "2026-03-01T08:00:00Z" });
  const headers = { authorization: `Bearer ${org.openSession()}` };
  const limits = () => org.app.request("/services/data/v62.0/limits", { headers });
  expect((await limits()).status).toBe(200);
  org.clock.advance({ hours: 2 });
  expect((await limits()).status).toBe(401);
});
