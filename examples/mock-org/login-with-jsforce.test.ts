import jsforce from "jsforce";
import { createMockOrg } from "mock-org";
import { expect, it } from "vitest";

it("logs in with username and password", async () => {
  await using org = await createMockOrg({ seed: "demo" });
  const { url } = await org.listen();
  const salesforce = new jsforce.Connection({ loginUrl: url, version: "62.0" });
  await salesforce.login("admin@mock.org", "mock-password");
  const { totalSize } = await salesforce.query("SELECT Id FROM Order WHERE StatusCode = 'Activated'");
  expect(totalSize).toBeGreaterThan(0);
});
