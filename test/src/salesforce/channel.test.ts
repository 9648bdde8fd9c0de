/** One subscription with jsforce's streaming client, against an org that streams. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";
import { subscribeTo } from "../../../src/salesforce/channel.ts";
import { OrgConnection } from "../../../src/salesforce/connection.ts";

let org: MockOrg;
let connection: OrgConnection;
let heard: unknown[];
let signs: number;
let lost: Promise<{ readonly reason: string; readonly session: boolean }>;
let onLost: (why: { readonly reason: string; readonly session: boolean }) => void;

const listener = {
  onMessage: (message: unknown) => heard.push(message),
  onSign: () => {
    signs += 1;
  },
  onLost: (why: { readonly reason: string; readonly session: boolean }) => onLost(why),
};

beforeEach(async () => {
  heard = [];
  signs = 0;
  lost = new Promise((resolve) => {
    onLost = resolve;
  });
  org = await createMockOrg();
  const { url, accessToken } = await org.listen();
  connection = new OrgConnection({ version: "62.0", client: "order-sync", timeoutMs: 5_000, monotonicMs: () => 0 });
  connection.useSession({ accessToken, instanceUrl: url, organizationId: null, userId: null, username: null });
});
afterEach(async () => {
  connection.close();
  await org.close();
});

describe("a subscription to change events", () => {
  it("hears of a change, and nothing after it was closed", async () => {
    const subscription = await subscribeTo(connection, "/data/ChangeEvents", listener);
    const arrived = new Promise((resolve) => {
      heard.push = (message: unknown) => {
        resolve(message);
        return 1;
      };
    });
    org.given.account({ Name: "Acme" });

    expect(await arrived).toMatchObject({ payload: { ChangeEventHeader: { entityName: "Account" } } });
    expect(signs).toBeGreaterThan(0);
    subscription.close();
  });

  it("is lost with the session, and says that it was the session", async () => {
    await subscribeTo(connection, "/data/ChangeEvents", listener);
    org.signIn.sessions.revokeAll();
    org.given.account();

    expect(await lost).toEqual({ reason: "401::Authentication invalid", session: true });
  });

  it("is lost when the org goes away", async () => {
    await subscribeTo(connection, "/data/ChangeEvents", listener);
    await org.close();

    expect(await lost).toEqual({ reason: "the connection broke", session: false });
  });

  it("is refused by name where the org has no such channel, or the session is dead", async () => {
    const none = subscribeTo(connection, "/data/NoneChangeEvent", listener);
    await expect(none).rejects.toThrow(/400::.*NoneChangeEvent/);

    org.signIn.sessions.revokeAll();
    await expect(subscribeTo(connection, "/data/ChangeEvents", listener)).rejects.toThrow(/401::/);
  });
});
