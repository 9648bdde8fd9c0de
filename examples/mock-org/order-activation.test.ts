import jsforce from "jsforce";
import { createMockOrg } from "mock-org";
import { expect, it } from "vitest";

it("refuses to activate an order without products", async () => {
  await using org = await createMockOrg();
  const { url, accessToken } = await org.listen();
  const salesforce = new jsforce.Connection({ instanceUrl: url, accessToken, version: "62.0" });
  const account = await salesforce.sobject("Account").create({ Name: "Ærø Kaffebrænderi" });
  const draft = { AccountId: account.id, EffectiveDate: "2026-03-01", Status: "Draft" };
  const order = await salesforce.sobject("Order").create(draft);
  const activation = salesforce.sobject("Order").update({ Id: order.id ?? "", Status: "Activated" });
  await expect(activation).rejects.toThrow("An order must have at least one product.");
});
