/** Change Data Capture through jsforce's streaming client. */
import { StreamingExtension } from "jsforce/lib/api/streaming.js";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Client, connect, idOf, testOrg } from "./fixture.ts";

/** What a change event looks like to a subscriber. */
interface ChangeMessage {
  readonly payload: {
    readonly ChangeEventHeader: Readonly<Record<string, unknown>> & {
      readonly entityName: string;
      readonly changeType: string;
      readonly recordIds: readonly string[];
    };
  } & Readonly<Record<string, unknown>>;
  readonly event: { readonly replayId: number };
}

let client: Client;
const streams: Faye[] = [];

/** jsforce's type of the client leaves out how to end it. */
interface Faye {
  disconnect(): unknown;
}

beforeEach(async () => {
  client = await connect(await testOrg());
});

afterEach(async () => {
  for (const stream of streams.splice(0)) stream.disconnect();
  await client.org.close();
});

/** Follows a channel; resolves when the subscription stands. */
async function follow(channel: string, extensions: readonly object[] = []) {
  const stream = client.conn.streaming.createClient([...extensions] as never);
  streams.push(stream as unknown as Faye);
  const received: ChangeMessage[] = [];
  let arrived = (): void => undefined;
  const subscription = stream.subscribe(channel, (message: ChangeMessage) => {
    received.push(message);
    arrived();
  });
  await subscription;
  return {
    received,
    subscription,
    /** Resolves when this many messages are there. */
    until: async (count: number): Promise<readonly ChangeMessage[]> => {
      while (received.length < count)
        await new Promise<void>((resolve) => {
          arrived = resolve;
        });
      return received;
    },
  };
}

const kinds = (messages: readonly ChangeMessage[]) =>
  messages.map(({ payload }) => `${payload.ChangeEventHeader.changeType} ${payload.ChangeEventHeader.entityName}`);

describe("change events through jsforce", () => {
  it("a subscriber hears of a create, an update, a delete and an undelete as they are committed", async () => {
    const { until } = await follow("/data/AccountChangeEvent");
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Acme", BillingCity: "Kiel" }));
    await client.conn.sobject("Account").update({ Id: id, Phone: "1" });
    await client.conn.sobject("Account").destroy(id);
    await client.conn.soap.undelete([id]);
    const messages = await until(4);
    expect(kinds(messages)).toEqual(["CREATE Account", "UPDATE Account", "DELETE Account", "UNDELETE Account"]);
    expect(messages[0]?.payload).toMatchObject({ Name: "Acme", BillingAddress: { City: "Kiel" } });
    expect(messages[1]?.payload).toEqual({
      ChangeEventHeader: {
        entityName: "Account",
        recordIds: [id],
        changeType: "UPDATE",
        changeOrigin: "com/salesforce/api/rest/62.0",
        transactionKey: expect.stringMatching(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/),
        sequenceNumber: 1,
        commitTimestamp: Date.parse("2026-03-01T08:00:00Z"),
        commitNumber: expect.any(Number),
        commitUser: expect.stringMatching(/^005/),
        nulledFields: [],
        diffFields: [],
        changedFields: ["Phone", "LastModifiedDate"],
      },
      Phone: "1",
      LastModifiedDate: "2026-03-01T08:00:00.000Z",
    });
  });

  it("changeOrigin names the client of the call options", async () => {
    const { until } = await follow("/data/ChangeEvents");
    await client.conn.request({
      method: "POST",
      url: "/sobjects/Account",
      body: '{"Name":"Acme"}',
      headers: { "Content-Type": "application/json", "Sforce-Call-Options": "client=erp-sync" },
    });
    const [message] = await until(1);
    expect(message?.payload.ChangeEventHeader).toMatchObject({
      changeOrigin: "com/salesforce/api/rest/62.0;client=erp-sync",
    });
  });

  it("Replay with -2 brings what happened before the subscription, an Id what happened after that event", async () => {
    await client.conn.sobject("Account").create({ Name: "First" });
    await client.conn.sobject("Account").create({ Name: "Second" });
    const channel = "/data/AccountChangeEvent";
    const all = await follow(channel, [new StreamingExtension.Replay(channel, -2)]);
    const [first] = await all.until(2);
    const rest = await follow(channel, [new StreamingExtension.Replay(channel, first?.event.replayId)]);
    const [second] = await rest.until(1);
    expect(second?.payload["Name"]).toBe("Second");
  });

  it("a replay Id that is not kept is refused through the subscription", async () => {
    const channel = "/data/AccountChangeEvent";
    const refused = follow(channel, [new StreamingExtension.Replay(channel, 17)]);
    await expect(refused).rejects.toMatchObject({
      message: expect.stringContaining("The replayId {17} you provided was invalid"),
    });
  });

  it("AuthFailure is called when the session ends", async () => {
    let told: (message: unknown) => void = () => undefined;
    const failure = new Promise((resolve) => {
      told = resolve;
    });
    await follow("/data/AccountChangeEvent", [new StreamingExtension.AuthFailure((message: unknown) => told(message))]);
    client.org.signIn.sessions.revokeAll();
    client.org.given.account();
    expect(await failure).toMatchObject({
      channel: "/meta/connect",
      error: "401::Authentication invalid",
      advice: { reconnect: "none" },
    });
  });

  it("AuthFailure is called at the handshake of a dead session", async () => {
    client.org.signIn.sessions.revokeAll();
    const failure = await new Promise((resolve) => {
      const stream = client.conn.streaming.createClient([new StreamingExtension.AuthFailure(resolve)] as never);
      streams.push(stream as unknown as Faye);
      void stream.subscribe("/data/AccountChangeEvent", () => undefined);
    });
    expect(failure).toMatchObject({
      error: "403::Handshake denied",
      ext: { sfdc: { failureReason: "401::Authentication invalid" } },
    });
  });

  it("PushTopics are refused by name", async () => {
    await expect(follow("/topic/Orders")).rejects.toMatchObject({
      message: expect.stringContaining("PushTopic streaming is not supported by the mock org"),
    });
  });

  it("the same change of several records in one call is one event", async () => {
    const ids = [client.org.given.account().Id, client.org.given.account().Id];
    const { until } = await follow("/data/AccountChangeEvent");
    await client.conn.sobject("Account").update(ids.map((Id) => ({ Id, Phone: "1" })));
    const [message] = await until(1);
    expect(message?.payload.ChangeEventHeader).toMatchObject({ changeType: "UPDATE", recordIds: ids });
  });
});
