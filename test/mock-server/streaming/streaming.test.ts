/** The Bayeux protocol and the rules of change events, message by message. Reference: change-events §2, §3. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createMockOrg, type MockOrg, type MockOrgOptions, textField } from "../../../mock-server/index.ts";
import { bayeux, post, type Told, told } from "./bayeux.ts";

const ACCOUNTS = "/data/AccountChangeEvent";
const ALL = "/data/ChangeEvents";

let org: MockOrg;

async function fresh(options: MockOrgOptions = {}): Promise<MockOrg> {
  await org?.close();
  org = await createMockOrg({ now: "2026-03-01T08:00:00.000Z", ...options });
  return org;
}

beforeEach(() => fresh());
afterEach(() => org.close());

const headers = (messages: readonly Told[]) => messages.map(({ data }) => data?.payload.ChangeEventHeader ?? {});

describe("the Bayeux protocol", () => {
  it("a handshake gives a client Id, a cookie and says that it can replay", async () => {
    const response = await post(org, [{ channel: "/meta/handshake", supportedConnectionTypes: ["long-polling"] }]);
    expect(response.headers.get("set-cookie")).toMatch(/^BAYEUX_BROWSER=\w+; Path=\/cometd; HttpOnly$/);
    expect(await told(response)).toEqual([
      {
        channel: "/meta/handshake",
        clientId: expect.stringMatching(/^[a-z0-9]{26}$/),
        ext: { replay: true, "payload.format": true },
        minimumVersion: "1.0",
        version: "1.0",
        supportedConnectionTypes: ["long-polling"],
        successful: true,
      },
    ]);
  });

  it.each([
    ["no token", null, "401::Request requires authentication"],
    ["a dead one", "00Dnonsense", "401::Authentication invalid"],
  ])("a handshake with %s is denied and the reason given", async (_, token, failureReason) => {
    const [answer] = await told(await post(org, [{ channel: "/meta/handshake" }], { token }));
    expect(answer).toMatchObject({
      error: "403::Handshake denied",
      successful: false,
      ext: { sfdc: { failureReason } },
      advice: { reconnect: "none" },
    });
  });

  it.each([
    ["/cometd", "400::API version in the URI is mandatory. URI format: '/cometd/67.0'"],
    ["/cometd/x", "400::API version in the URI is mandatory. URI format: '/cometd/67.0'"],
    [
      "/cometd/36.0",
      "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/67.0'",
    ],
    [
      "/cometd/99.0",
      "400::Unsupported API version. Only API versions '37.0' and later are supported. URI format: '/cometd/67.0'",
    ],
  ])("%s is no address of it", async (path, error) => {
    const response = await post(org, [{ channel: "/meta/handshake" }], { path });
    expect(response.status).toBe(400);
    expect(await told(response)).toMatchObject([{ error, successful: false }]);
  });

  it("addresses of CometD's own libraries and forms are taken too", async () => {
    const body = new URLSearchParams({ message: '{"channel":"/meta/handshake"}' }).toString();
    const form = { path: "/cometd/62.0/handshake", contentType: "application/x-www-form-urlencoded" };
    expect(await told(await post(org, body, form))).toMatchObject([{ successful: true }]);
  });

  it("a body of 32,768 bytes is read, one more is 413", async () => {
    const bodyOf = (bytes: number) => JSON.stringify([{ channel: "/meta/handshake" }]).padEnd(bytes);
    expect((await post(org, bodyOf(32_768))).status).toBe(200);
    const tooLong = await post(org, bodyOf(32_769));
    expect(tooLong.status).toBe(413);
    expect(await told(tooLong)).toMatchObject([{ error: "413::Maximum Request Size Exceeded" }]);
  });

  it.each(["", "x", "[]", "[1]", "null"])("%j holds no messages", async (body) => {
    expect((await post(org, body)).status).toBe(400);
  });

  it("a request without the handshake's cookie is 400", async () => {
    const { clientId } = await bayeux(org);
    const response = await post(org, [{ channel: "/meta/connect", clientId, connectionType: "long-polling" }]);
    expect(response.status).toBe(400);
    expect(await told(response)).toMatchObject([
      { error: `400::Client ${clientId} has established a session, but no BAYEUX_BROWSER cookie present` },
    ]);
  });

  it("who is not known is sent back to the handshake", async () => {
    const client = await bayeux(org);
    await client.send("/meta/disconnect");
    expect(await client.send("/meta/connect", { connectionType: "long-polling" })).toMatchObject({
      error: "403::Unknown client",
      advice: { reconnect: "handshake" },
    });
  });

  it("only long polling is a connection", async () => {
    const client = await bayeux(org);
    expect(await client.send("/meta/connect", { connectionType: "websocket" })).toMatchObject({
      error: "400::Invalid connection type {websocket}",
    });
  });

  it("nobody publishes", async () => {
    const client = await bayeux(org);
    expect(await client.send(ACCOUNTS, { data: {} })).toMatchObject({ error: "403::Restricted channel" });
  });

  it("more clients than allowed are refused until one leaves", async () => {
    await fresh({ limits: { DurableStreamingApiConcurrentClients: 1 } });
    const first = await bayeux(org);
    const [refused] = await told(await post(org, [{ channel: "/meta/handshake" }]));
    expect(refused).toMatchObject({ error: "403::Organization concurrent user limit exceeded" });
    await first.send("/meta/disconnect");
    expect(await told(await post(org, [{ channel: "/meta/handshake" }]))).toMatchObject([{ successful: true }]);
  });
});

describe("subscriptions", () => {
  it.each([
    [undefined, "400::Channel name not specified"],
    ["data/ChangeEvents", "400::Channel subscriptions must start with a leading '/'"],
    ["/data/NopeChangeEvent", "400::The channel you requested to subscribe to doesn't exist {/data/NopeChangeEvent}"],
    ["/data/UserChangeEvent", "400::The channel you requested to subscribe to doesn't exist {/data/UserChangeEvent}"],
    ["/topic/x", "400::PushTopic streaming is not supported by the mock org {/topic/x}"],
    ["/event/X__e", "400::A platform event is not supported by the mock org {/event/X__e}"],
    ["/u/x", "400::Generic streaming is not supported by the mock org {/u/x}"],
    ["/data/X__chn", "400::A custom channel of change events is not supported by the mock org {/data/X__chn}"],
  ])("to %s is refused with %s", async (subscription, error) => {
    const client = await bayeux(org);
    expect(await client.send("/meta/subscribe", { subscription })).toMatchObject({ error, successful: false });
  });

  it("what is refused as unsupported is listed with the nearest thing that is there", async () => {
    await (await bayeux(org)).subscribe("/topic/x");
    expect(org.journal.unsupported).toMatchObject([{ what: expect.stringContaining("PushTopic") }]);
  });

  it("wants View All of the object, and View All Data for the channel of all", async () => {
    await fresh({ users: [{ username: "clerk@mock.org", profile: "Standard User" }] });
    const client = await bayeux(org, "clerk@mock.org");
    const error = "403::User not allowed to subscribe CDC without View All Data permissions";
    expect([await client.subscribe(ACCOUNTS), await client.subscribe(ALL)]).toMatchObject([{ error }, { error }]);
  });

  it.each([null, "x", {}, 5])("a replay Id %j is refused", async (replay) => {
    const { error } = await (await bayeux(org)).subscribe(ACCOUNTS, replay);
    expect(error).toMatch(/^400::The replayId /);
  });

  it("a replay map without the channel is refused", async () => {
    const client = await bayeux(org);
    const ext = { replay: { [ALL]: -1 } };
    expect(await client.send("/meta/subscribe", { subscription: ACCOUNTS, ext })).toMatchObject({
      error: `400::The replayId for channel {${ACCOUNTS}} wasn't found using the provided replay ID map {${ALL}=-1}`,
    });
  });

  it("without a replay Id, or with -1, only what follows is told", async () => {
    const client = await bayeux(org);
    org.given.account();
    await client.subscribe(ACCOUNTS, -1);
    await client.subscribe(ALL);
    expect(await client.poll()).toEqual([]);
    org.given.account();
    expect((await client.poll()).map(({ channel }) => channel)).toEqual([ACCOUNTS, ALL]);
  });

  it("-2 tells everything that is kept, an Id what came after it, and nothing is told twice", async () => {
    const client = await bayeux(org);
    for (const Name of ["a", "b", "c"]) org.given.account({ Name });
    await client.subscribe(ACCOUNTS, -2);
    const all = await client.poll();
    expect(all.map(({ data }) => data?.payload["Name"])).toEqual(["a", "b", "c"]);
    expect(await client.poll()).toEqual([]);
    await client.subscribe(ACCOUNTS, all[1]?.data?.event.replayId);
    expect((await client.poll()).map(({ data }) => data?.payload["Name"])).toEqual(["c"]);
  });

  it("after 72 hours of the org's clock events are gone and their Ids invalid", async () => {
    const client = await bayeux(org);
    org.given.account();
    await client.subscribe(ACCOUNTS, -2);
    const [event] = await client.poll();
    org.clock.advance({ hours: 73 });
    const later = await bayeux(org);
    expect(await later.subscribe(ACCOUNTS, -2)).toMatchObject({ successful: true });
    expect(await later.poll()).toEqual([]);
    expect(await later.subscribe(ACCOUNTS, event?.data?.event.replayId)).toMatchObject({ successful: false });
  });

  it("an unsubscribed channel tells nothing more", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    expect(await client.send("/meta/unsubscribe", { subscription: ACCOUNTS })).toMatchObject({ successful: true });
    org.given.account();
    expect(await client.poll()).toEqual([]);
  });

  it("the selection is a setting of the org", async () => {
    org.org.configure({ changeDataCapture: ["Contact"] });
    const client = await bayeux(org);
    expect(await client.subscribe(ACCOUNTS)).toMatchObject({ successful: false });
    await client.subscribe("/data/ContactChangeEvent");
    org.given.contact({ FirstName: "Ada", LastName: "Lovelace" });
    const [event] = await client.poll();
    expect(event?.data?.payload["Name"]).toEqual({ FirstName: "Ada", LastName: "Lovelace" });
  });

  it("the day's deliveries are counted, shown in /limits, and end with an error", async () => {
    await fresh({ limits: { DailyDeliveredPlatformEvents: 2 } });
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    for (const Name of ["a", "b", "c"]) org.given.account({ Name });
    expect(await client.poll()).toHaveLength(2);
    expect(await client.send("/meta/connect", { connectionType: "long-polling" })).toMatchObject({
      error: "403::Organization total events daily limit exceeded",
      advice: { reconnect: "none" },
    });
    const limits = await org.app.request("/services/data/v62.0/limits", {
      headers: { Authorization: `Bearer ${org.openSession()}` },
    });
    expect(await limits.json()).toMatchObject({
      DailyDeliveredPlatformEvents: { Max: 2, Remaining: 0 },
      DurableStreamingApiConcurrentClients: { Max: 20, Remaining: 19 },
    });
  });

  it("a reset forgets clients and events", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    org.given.account();
    org.reset();
    expect(await client.send("/meta/connect", { connectionType: "long-polling" })).toMatchObject({
      error: "403::Unknown client",
    });
    const next = await bayeux(org);
    await next.subscribe(ACCOUNTS, -2);
    expect(await next.poll()).toEqual([]);
  });
});

describe("a held connect", () => {
  it("answers as soon as an event is committed", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    const held = client.connect();
    await Promise.resolve();
    org.given.account();
    const answer = await held;
    expect(answer.map(({ channel }) => channel)).toEqual([ACCOUNTS, "/meta/connect"]);
    expect(answer[1]).toMatchObject({
      successful: true,
      advice: { reconnect: "retry", interval: 0, timeout: 110_000 },
    });
  });

  it("answers after 110 seconds, and a client that stays away for 40 is forgotten", async () => {
    vi.useFakeTimers();
    try {
      const client = await bayeux(org);
      const held = client.connect();
      await vi.advanceTimersByTimeAsync(110_000);
      expect(await held).toMatchObject([{ channel: "/meta/connect", successful: true }]);
      await vi.advanceTimersByTimeAsync(40_001);
      expect(await client.send("/meta/connect", { connectionType: "long-polling" })).toMatchObject({
        error: "403::Unknown client",
      });
    } finally {
      vi.useRealTimers();
    }
  });

  it("ends when its session does", async () => {
    vi.useFakeTimers();
    try {
      const client = await bayeux(org);
      const held = client.connect();
      await vi.advanceTimersByTimeAsync(0);
      org.signIn.sessions.revokeAll();
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await held).toMatchObject([{ error: "401::Authentication invalid", advice: { reconnect: "none" } }]);
    } finally {
      vi.useRealTimers();
    }
  });

  it("loses nothing when the client goes away meanwhile", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    const away = new AbortController();
    const held = client.connect(away.signal).catch(() => []);
    await new Promise((resolve) => setImmediate(resolve));
    away.abort();
    org.given.account();
    await held;
    expect(await client.poll()).toHaveLength(1);
  });

  it("is not held where other messages of the request wait for their answer", async () => {
    const { clientId, cookie } = await bayeux(org);
    const messages = [
      { channel: "/meta/subscribe", clientId, subscription: ACCOUNTS },
      { channel: "/meta/connect", clientId, connectionType: "long-polling" },
    ];
    expect(await told(await post(org, messages, { cookie }))).toMatchObject([
      { successful: true },
      { successful: true },
    ]);
  });
});

describe("change events", () => {
  it("a create tells the fields that have a value, an update those that changed", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    const { Id } = org.given.account({ Name: "Acme", BillingCity: "Kiel", Phone: "1" });
    org.given.update("Account", Id, { BillingCity: "Hamburg", Phone: null });
    const [created, updated] = await client.poll();
    expect(created?.data?.payload).toMatchObject({ Name: "Acme", BillingAddress: { City: "Kiel" }, Phone: "1" });
    for (const untold of ["Id", "IsDeleted", "SystemModstamp", "Fax", "BillingCity"])
      expect(created?.data?.payload).not.toHaveProperty(untold);
    expect(updated?.data?.payload).toEqual({
      ChangeEventHeader: expect.objectContaining({
        changedFields: ["BillingAddress.City", "Phone", "LastModifiedDate"],
        nulledFields: ["Phone"],
        changeOrigin: "",
      }),
      BillingAddress: { City: "Hamburg" },
      Phone: null,
      LastModifiedDate: "2026-03-01T08:00:00.000Z",
    });
  });

  it("the changes of one transaction share its key and are numbered, with holes where an object is not selected", async () => {
    const client = await bayeux(org);
    await client.subscribe(ALL);
    const token = org.openSession();
    const record = (type: string, referenceId: string, fields: object) => ({
      attributes: { type, referenceId },
      ...fields,
    });
    const Contacts = { records: [record("Contact", "b", { LastName: "Lovelace" })] };
    const body = JSON.stringify({
      records: [record("Account", "a", { Name: "x", Contacts }), record("Account", "c", { Name: "y" })],
    });
    await org.app.request("/services/data/v62.0/composite/tree/Account", {
      method: "POST",
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      body,
    });
    const [first, second] = headers(await client.poll());
    expect(first?.["transactionKey"]).toBe(second?.["transactionKey"]);
    expect([first?.["sequenceNumber"], second?.["sequenceNumber"]]).toEqual([1, 2]);
  });

  it("fields that the subscriber may not read are not told, nor that they changed", async () => {
    await fresh({
      fields: { Account: [textField("Secret__c")] },
      permissions: [
        {
          kind: "profile",
          name: "Follower",
          userPermissions: ["ApiEnabled", "ViewAllData"],
          grant: { objects: {}, fields: { "Account.Phone": { read: true, edit: false } } },
        },
      ],
      users: [{ username: "follower@mock.org", profile: "Follower" }],
    });
    const client = await bayeux(org, "follower@mock.org");
    await client.subscribe(ACCOUNTS);
    const { Id } = org.given.account({ Name: "Acme", Phone: "1" });
    org.given.update("Account", Id, { Phone: "2", Fax: "3" });
    const [, updated] = await client.poll();
    expect(updated?.data?.payload).toMatchObject({ Phone: "2" });
    expect(updated?.data?.payload).not.toHaveProperty("Fax");
    expect(headers([updated ?? {}])[0]?.["changedFields"]).toEqual(["Phone", "LastModifiedDate"]);
  });

  it("a refused call and a rolled-back row leave no event", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    await org.app.request("/services/data/v62.0/sobjects/Account", {
      method: "POST",
      headers: { Authorization: `Bearer ${org.openSession()}`, "Content-Type": "application/json" },
      body: "{}",
    });
    expect(await client.poll()).toEqual([]);
  });

  it("a bulk job's rows come from bulkapi, in chunks that each are a transaction", async () => {
    const client = await bayeux(org);
    await client.subscribe(ACCOUNTS);
    const call = async (method: string, path: string, body: string, type = "application/json") => {
      const response = await org.app.request(`/services/data/v62.0/jobs/ingest${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${org.openSession()}`,
          "Content-Type": type,
          "Sforce-Call-Options": "client=loader",
        },
        body,
      });
      return response.text();
    };
    const { id } = JSON.parse(await call("POST", "", '{"object":"Account","operation":"insert"}')) as { id: string };
    await call("PUT", `/${id}/batches`, "Name\na\nb\n", "text/csv");
    await call("PATCH", `/${id}`, '{"state":"UploadComplete"}');
    await org.settle();
    expect(headers(await client.poll()).map((header) => header["changeOrigin"])).toEqual([
      "com/salesforce/api/bulkapi/62.0;client=loader",
      "com/salesforce/api/bulkapi/62.0;client=loader",
    ]);
  });

  it("deleting an order tells of its products too", async () => {
    const client = await bayeux(org);
    const { Id, lines } = org.given.order({ lines: 2 });
    await client.subscribe(ALL);
    await org.app.request(`/services/data/v62.0/sobjects/Order/${Id}`, {
      method: "DELETE",
      headers: { Authorization: `Bearer ${org.openSession()}` },
    });
    const deleted = headers(await client.poll()).filter((header) => header["changeType"] === "DELETE");
    expect(deleted.map((header) => [header["entityName"], header["recordIds"]])).toEqual(
      expect.arrayContaining([
        ["Order", [Id]],
        ["OrderItem", lines.map((line) => line.Id)],
      ]),
    );
  });
});
