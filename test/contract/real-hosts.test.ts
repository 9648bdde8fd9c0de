/** jsforce under Salesforce's own host names, through msw. */
import { Connection } from "jsforce";
import { setupServer } from "msw/node";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { MockOrg } from "../../mock-server/index.ts";
import { testOrg } from "./fixture.ts";

const server = setupServer();
let org: MockOrg;

beforeAll(async () => {
  server.listen({ onUnhandledRequest: "error" });
  org = await testOrg({ myDomain: "acme" });
  server.use(...org.mswHandlers());
});

afterAll(() => server.close());

it("a client logs in at login.salesforce.com and works on its My Domain host", async () => {
  const conn = new Connection({ loginUrl: "https://login.salesforce.com", version: "62.0" });
  await conn.login("admin@mock.org", "mock-password");
  const { success } = await conn.sobject("Account").create({ Name: "Through msw" });
  const { records } = await conn.query<{ Name: string }>("SELECT Name FROM Account");
  expect(conn.instanceUrl).toBe("https://acme.my.salesforce.com");
  expect(success).toBe(true);
  expect(records.map((record) => record.Name)).toEqual(["Through msw"]);
});
