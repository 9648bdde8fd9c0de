/** The pain: jsforce's autoFetch stops after 10,000 rows without a word (reference: change-events §1.2 P17). */
import { expect, it } from "vitest";
import { createMockOrg } from "../../../mock-server/index.ts";
import { SalesforceConfig } from "../../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../../src/salesforce/org.ts";

const ROWS = 10_500;

it("a poll through the real client delivers every row", async () => {
  await using mock = await createMockOrg({ journalEntries: 0 });
  const { org } = mock;
  org.transaction(org.systemActor, (tx) => {
    for (let index = 0; index < ROWS; index += 1) {
      const Id = tx.newId("Account");
      tx.insert("Account", { Id, Name: `Account ${index}`, IsDeleted: false, SystemModstamp: tx.now });
    }
  });
  const { url } = await mock.listen();
  const salesforce = createSalesforceOrg(
    SalesforceConfig.parse({
      loginUrl: url,
      auth: { kind: "password", username: "admin@mock.org", password: "mock-password" },
    }),
  );

  const ids = new Set<unknown>();
  for (const polled of await salesforce.poll([{ object: "Account", select: ["Name"], cursor: null }])) {
    for await (const page of polled.pages) for (const row of page) ids.add(row["Id"]);
  }
  await salesforce.close();

  expect(ids.size).toBe(ROWS);
});
