/** An org on a port and a logged-in client, for one test file. */
import { Connection } from "jsforce";
import { createMockOrg, type MockOrg, type MockOrgOptions, textField } from "../../mock-server/index.ts";

/** The org's time in these tests. */
export const NOW = "2026-03-01T08:00:00.000Z";

/** An org with an external Id on Account and Order, standing at `NOW`. */
export function testOrg(options: MockOrgOptions = {}): Promise<MockOrg> {
  return createMockOrg({
    now: NOW,
    fields: {
      Account: [textField("ERP_Key__c", { externalId: true, unique: true, length: 80 })],
      Order: [textField("ERP_Key__c", { externalId: true, unique: true, length: 80 })],
      Contact: [textField("Group_Key__c", { externalId: true, length: 80 })],
    },
    ...options,
  });
}

/** What a test works with: the org, its address, and jsforce with an administrator's session. */
export interface Client {
  readonly org: MockOrg;
  readonly url: string;
  readonly conn: Connection;
}

/** Listens and connects. */
export async function connect(org: MockOrg): Promise<Client> {
  const { url, accessToken } = await org.listen();
  return { org, url, conn: new Connection({ instanceUrl: url, accessToken, version: "62.0" }) };
}

/** The error that a promise is rejected with. */
export async function refusal(promise: PromiseLike<unknown>): Promise<Error & { errorCode?: string; data?: unknown }> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
  throw new Error("the call was expected to be refused");
}

/** The Id of something just created. */
export function idOf(result: { readonly id?: string | null | undefined } | readonly unknown[]): string {
  if (!Array.isArray(result) && "id" in result && typeof result.id === "string") return result.id;
  throw new Error(`no Id in ${JSON.stringify(result)}`);
}
