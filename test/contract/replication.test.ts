/** `/updated` and `/deleted` through jsforce. */
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { type Client, connect, idOf, refusal, testOrg } from "./fixture.ts";

describe("updated and deleted through jsforce", () => {
  const clients: Client[] = [];
  let client: Client;

  beforeEach(async () => {
    client = await connect(await testOrg());
    clients.push(client);
  });

  afterAll(() => Promise.all(clients.map(({ org }) => org.close())));

  it("updated lists what was created and changed within the span", async () => {
    const accounts = client.conn.sobject("Account");
    const early = idOf(await accounts.create({ Name: "Early" }));
    client.org.clock.advance({ minutes: 10 });
    const late = idOf(await accounts.create({ Name: "Late" }));
    client.org.clock.advance({ minutes: 10 });
    const { ids, latestDateCovered } = await accounts.updated("2026-03-01T08:05:00Z", "2026-03-01T08:15:59Z");
    expect(ids).toEqual([late]);
    expect(ids).not.toContain(early);
    expect(latestDateCovered).toBe("2026-03-01T08:15:00.000+0000");
  });

  it("latestDateCovered stays behind the running second and behind open transactions", async () => {
    const accounts = client.conn.sobject("Account");
    client.org.clock.advance({ minutes: 30 });
    const open = client.org.org.openLongTransaction();
    client.org.clock.advance({ minutes: 30 });
    const held = await accounts.updated("2026-03-01T08:00:00Z", "2026-03-01T10:00:00Z");
    open.rollback();
    const free = await accounts.updated("2026-03-01T08:00:00Z", "2026-03-01T10:00:00Z");
    expect(held.latestDateCovered).toBe("2026-03-01T08:30:00.000+0000");
    expect(free.latestDateCovered).toBe("2026-03-01T08:59:59.000+0000");
  });

  it("deleted lists deletions with their time, and a cascade's too", async () => {
    const accounts = client.conn.sobject("Account");
    const id = idOf(await accounts.create({ Name: "Parent" }));
    const child = idOf(await client.conn.sobject("Contact").create({ LastName: "Child", AccountId: id }));
    client.org.clock.advance({ minutes: 5 });
    await accounts.destroy(id);
    client.org.clock.advance({ minutes: 5 });
    const deleted = await accounts.deleted("2026-03-01T08:00:00Z", "2026-03-01T08:10:00Z");
    const children = await client.conn.sobject("Contact").deleted("2026-03-01T08:00:00Z", "2026-03-01T08:10:00Z");
    expect(deleted.deletedRecords).toEqual([{ id, deletedDate: "2026-03-01T08:05:00.000+0000" }]);
    expect(children.deletedRecords.map((record) => record.id)).toEqual([child]);
    expect(deleted.earliestDateAvailable < deleted.latestDateCovered).toBe(true);
  });

  it.each([
    [
      "less than a minute",
      "2026-03-01T08:00:10Z",
      "2026-03-01T08:00:50Z",
      "endDate must be at least 1 minute greater than startDate",
    ],
    [
      "more than 30 days back",
      "2026-01-29T07:00:00Z",
      "2026-03-01T08:00:00Z",
      "startDate cannot be more than 30 days ago",
    ],
  ])("a span of %s is refused", async (_, start, end, message) => {
    const error = await refusal(client.conn.sobject("Account").updated(start, end));
    expect(error).toMatchObject({ errorCode: "INVALID_REPLICATION_DATE", message });
  });

  it("a plus sign that was not encoded is no date", async () => {
    const path = "/sobjects/Account/updated?start=2026-03-01T08:00:00+00:00&end=2026-03-01T09:00:00Z";
    expect((await refusal(client.conn.request(path))).errorCode).toBe("INVALID_REPLICATION_DATE");
  });
});
