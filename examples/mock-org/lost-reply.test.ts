import jsforce from "jsforce";
import { createMockOrg } from "mock-org";
import { expect, it } from "vitest";

it("saves although the reply is lost", async () => {
  await using org = await createMockOrg();
  const { url, accessToken } = await org.listen();
  const salesforce = new jsforce.Connection({ instanceUrl: url, accessToken, version: "62.0" });
  org.faults.add({ act: "lost-reply", operation: "create", times: 1 });
  await expect(salesforce.sobject("Account").create({ Name: "Ærø Kaffebrænderi" })).rejects.toThrow();
  expect(org.records("Account").all()).toMatchObject([{ Name: "Ærø Kaffebrænderi" }]);
  org.expect.request({ method: "POST", path: "/sobjects/Account" }, { times: 1 });
  org.expect.apiCalls({ exactly: 1 });
});
