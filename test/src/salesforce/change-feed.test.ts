import { describe, expect, it } from "vitest";
import type { SalesforceRecord } from "../../../src/model/salesforce-record.ts";
import type { PolledObject } from "../../../src/salesforce/port.ts";
import { connectTo, type ScriptedOrg, SESSION_EXPIRED, type SeenSubrequest, withOrg } from "./scripted-org.ts";

const NOW = "2026-01-31T10:00:00Z";
const COVERED = "2026-01-31T09:59:30.000+0000";
const CURSOR = JSON.stringify({ v: 1, at: "2026-01-31T09:50:10Z" });

interface Script {
  readonly covered?: { readonly status?: number; readonly body: unknown };
  readonly deleted?: { readonly status?: number; readonly body: unknown };
  readonly rows?: unknown;
}

function row(number: number, stamp: string): SalesforceRecord {
  return { attributes: { type: "Order" }, Id: `80100000000000${number}AAA`, SystemModstamp: stamp, IsDeleted: false };
}

function page(records: readonly SalesforceRecord[], next?: { readonly total: number; readonly locator: string }) {
  return next === undefined
    ? { totalSize: records.length, done: true, records }
    : {
        totalSize: next.total,
        done: false,
        nextRecordsUrl: `/services/data/v62.0/query/${next.locator}`,
        records,
      };
}

function script(scripted: ScriptedOrg, parts: Script): SeenSubrequest[] {
  const seen: SeenSubrequest[] = [];
  scripted.onComposite((subrequest) => {
    seen.push(subrequest);
    if (subrequest.url.includes("/updated/")) return parts.covered ?? { body: { ids: [], latestDateCovered: COVERED } };
    if (subrequest.url.includes("/deleted/")) {
      return (
        parts.deleted ?? {
          body: {
            deletedRecords: [],
            earliestDateAvailable: "2026-01-01T00:00:00.000+0000",
            latestDateCovered: COVERED,
          },
        }
      );
    }
    return { body: parts.rows ?? page([]) };
  });
  return seen;
}

async function rowsOf(polled: PolledObject | undefined): Promise<readonly unknown[]> {
  const ids: unknown[] = [];
  for await (const records of polled?.pages ?? []) ids.push(...records.map((record) => record["Id"]));
  return ids;
}

function poll(scripted: ScriptedOrg, cursor: string | null, objects: readonly string[] = ["Order"]) {
  return connectTo(scripted, {
    surroundings: { wallClockMs: () => Date.parse(NOW), monotonicMs: () => 0 },
  }).poll(objects.map((object) => ({ object, select: ["ERP_Key__c", "Account.ERP_Key__c"], cursor })));
}

describe("polling", () => {
  it("asks for five objects in one call, horizons before rows", () =>
    withOrg(async (scripted) => {
      const seen = script(scripted, {});

      await poll(scripted, CURSOR, ["Account", "Contract", "Order", "OrderItem", "Product2"]);

      expect(scripted.requests).toHaveLength(1);
      const kinds = seen.map(({ url }) => /updated|deleted|queryAll/.exec(url)?.[0]);
      expect(kinds).toEqual([
        ...Array<string>(5).fill("updated"),
        ...Array<string>(5).fill("deleted"),
        ...Array<string>(5).fill("queryAll"),
      ]);
    }));

  it("needs a second call for a sixth object", () =>
    withOrg(async (scripted) => {
      script(scripted, {});

      const polled = await poll(scripted, CURSOR, ["A", "B", "C", "D", "E", "F"]);

      expect(polled.map(({ object }) => object)).toEqual(["A", "B", "C", "D", "E", "F"]);
      expect(scripted.requests).toHaveLength(2);
    }));

  it("re-reads two minutes before the watermark, in whole minutes where the resource truncates", () =>
    withOrg(async (scripted) => {
      const seen = script(scripted, {});

      await poll(scripted, CURSOR);

      expect(seen.map(({ url }) => url)).toEqual([
        "/services/data/v62.0/sobjects/Order/updated/?start=2026-01-31T09:50:00Z&end=2026-01-31T10:00:00Z",
        "/services/data/v62.0/sobjects/Order/deleted/?start=2026-01-31T09:48:00Z&end=2026-01-31T10:00:00Z",
        "/services/data/v62.0/queryAll?q=SELECT Id, SystemModstamp, IsDeleted, ERP_Key__c, Account.ERP_Key__c FROM Order WHERE SystemModstamp >= 2026-01-31T09:48:10Z ORDER BY SystemModstamp, Id",
      ]);
    }));

  it("moves the cursor to latestDateCovered while a long transaction holds it back, and delivers newer rows all the same", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        covered: { body: { ids: [], latestDateCovered: "2026-01-31T09:55:00.000+0000" } },
        rows: page([row(1, "2026-01-31T09:58:00.000+0000")]),
      });

      const [polled] = await poll(scripted, CURSOR);

      expect(JSON.parse(polled?.cursor ?? "")).toEqual({ v: 1, at: "2026-01-31T09:55:00Z" });
      expect(await rowsOf(polled)).toEqual(["801000000000001AAA"]);
    }));

  it("never moves the cursor past the server's own clock", () =>
    withOrg(async (scripted) => {
      script(scripted, { covered: { body: { ids: [], latestDateCovered: "2026-01-31T10:05:00.000+0000" } } });

      const [polled] = await poll(scripted, CURSOR);

      expect(JSON.parse(polled?.cursor ?? "")).toEqual({ v: 1, at: "2026-01-31T09:59:58Z" });
    }));

  it("keeps the cursor when time stood still", () =>
    withOrg(async (scripted) => {
      script(scripted, { covered: { body: { ids: [], latestDateCovered: "2026-01-31T09:50:10.000+0000" } } });

      const [polled] = await poll(scripted, CURSOR);

      expect(polled?.cursor).toBe(CURSOR);
    }));

  it("does not deliver a settled row again, but does when it changed", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        rows: page([row(1, "2026-01-31T09:58:30.000+0000"), row(2, "2026-01-31T09:58:30.000+0000")]),
      });
      const [first] = await poll(scripted, CURSOR);
      script(scripted, {
        rows: page([row(1, "2026-01-31T09:58:30.000+0000"), row(2, "2026-01-31T09:58:31.000+0000")]),
      });

      const [second] = await poll(scripted, first?.cursor ?? null);

      expect(await rowsOf(first)).toEqual(["801000000000001AAA", "801000000000002AAA"]);
      expect(await rowsOf(second)).toEqual(["801000000000002AAA"]);
    }));

  it("delivers a row again that is not a minute older than the horizon, because it may still change within its second", () =>
    withOrg(async (scripted) => {
      script(scripted, { rows: page([row(1, "2026-01-31T09:58:31.000+0000")]) });
      const [first] = await poll(scripted, CURSOR);

      const [second] = await poll(scripted, first?.cursor ?? null);

      expect(await rowsOf(second)).toEqual(["801000000000001AAA"]);
    }));
});

describe("more pages", () => {
  it("are followed one call at a time", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        rows: page([row(1, "2026-01-31T09:51:00.000+0000")], { total: 3, locator: "01g-1" }),
      });
      scripted.on(/query\/01g-1$/, { json: page([row(2, COVERED)], { total: 3, locator: "01g-2" }) });
      scripted.on(/query\/01g-2$/, { json: page([row(3, COVERED)]) });

      const [polled] = await poll(scripted, CURSOR);

      expect(await rowsOf(polled)).toEqual(["801000000000001AAA", "801000000000002AAA", "801000000000003AAA"]);
      expect(scripted.requests).toHaveLength(3);
    }));

  it("go on behind the last row when the server has forgotten them", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        rows: page([row(1, "2026-01-31T09:51:00.000+0000")], { total: 2, locator: "01g-1" }),
      });
      scripted.on(/query\/01g-1$/, {
        status: 400,
        json: [{ errorCode: "INVALID_QUERY_LOCATOR", message: "invalid query locator" }],
      });
      scripted.on(/queryAll\?q=/, { json: page([row(2, COVERED)]) });

      const [polled] = await poll(scripted, CURSOR);

      expect(await rowsOf(polled)).toEqual(["801000000000001AAA", "801000000000002AAA"]);
      expect(scripted.requests.at(-1)?.path).toContain(
        "WHERE SystemModstamp > 2026-01-31T09:51:00Z OR (SystemModstamp = 2026-01-31T09:51:00Z AND Id > '801000000000001AAA')",
      );
    }));
});

describe("a session that is renewed between two pages", () => {
  it("has lost its locator, so the feed goes on behind the last row", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        rows: page([row(1, "2026-01-31T09:51:00.000+0000")], { total: 2, locator: "01g-1" }),
      });
      scripted
        .on(/oauth2\/token/, () => ({ json: { access_token: "t", instance_url: scripted.url, id: "" } }))
        .on(/query\/01g-1$/, SESSION_EXPIRED)
        .on(/queryAll\?q=/, { json: page([row(2, COVERED)]) });
      const org = connectTo(scripted, {
        config: { auth: { kind: "clientCredentials", clientId: "client", clientSecret: "hidden" } },
      });

      const [polled] = await org.poll([{ object: "Order", select: [], cursor: CURSOR }]);

      expect(await rowsOf(polled)).toEqual(["801000000000001AAA", "801000000000002AAA"]);
      expect(scripted.seen(/token/)).toHaveLength(2);
    }));
});

describe("the first load", () => {
  it("reads all live rows by Id and asks for no deletions", () =>
    withOrg(async (scripted) => {
      const seen = script(scripted, { rows: page([row(1, "2020-01-01T00:00:00.000+0000")]) });

      const [polled] = await poll(scripted, null);

      expect(seen.map(({ url }) => url.replace(/\?start.*/, ""))).toEqual([
        "/services/data/v62.0/sobjects/Order/updated/",
        "/services/data/v62.0/query?q=SELECT Id, SystemModstamp, IsDeleted, ERP_Key__c, Account.ERP_Key__c FROM Order ORDER BY Id",
      ]);
      expect(await rowsOf(polled)).toEqual(["801000000000001AAA"]);
      expect(polled).toMatchObject({ deletesComplete: true, deletedIds: [] });
      expect(JSON.parse(polled?.cursor ?? "").at).toBe("2026-01-31T09:59:30Z");
    }));
});

describe("deletions", () => {
  const purged = { deletedRecords: [{ id: "801000000000009AAA", deletedDate: "2026-01-31T09:58:00.000+0000" }] };

  it("name rows that are gone from the recycle bin as well", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        deleted: { body: { ...purged, earliestDateAvailable: "2026-01-20T00:00:00.000+0000" } },
      });

      const [polled] = await poll(scripted, CURSOR);

      expect(polled).toMatchObject({ deletedIds: ["801000000000009AAA"], deletesComplete: true });
    }));

  it("are not named twice", () =>
    withOrg(async (scripted) => {
      script(scripted, { deleted: { body: purged } });
      const [first] = await poll(scripted, CURSOR);

      const [second] = await poll(scripted, first?.cursor ?? null);

      expect(second?.deletedIds).toEqual([]);
    }));

  it("are incomplete when the log does not reach back to the watermark", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        deleted: { body: { deletedRecords: [], earliestDateAvailable: "2026-01-31T09:55:00.000+0000" } },
      });

      const [polled] = await poll(scripted, CURSOR);

      expect(polled?.deletesComplete).toBe(false);
    }));

  it("are incomplete when the watermark is older than fifteen days", () =>
    withOrg(async (scripted) => {
      const seen = script(scripted, {});

      const [polled] = await poll(scripted, JSON.stringify({ v: 1, at: "2026-01-01T00:00:00Z" }));

      expect(polled?.deletesComplete).toBe(false);
      expect(seen[1]?.url).toContain("start=2026-01-16T11:00:00Z");
    }));

  it("are incomplete when the org refuses the dates", () =>
    withOrg(async (scripted) => {
      script(scripted, {
        deleted: { status: 400, body: [{ errorCode: "INVALID_REPLICATION_DATE", message: "startDate before" }] },
      });

      const [polled] = await poll(scripted, CURSOR);

      expect(polled?.deletesComplete).toBe(false);
    }));
});

describe("an org without /updated in a composite", () => {
  const refused = { status: 400, body: [{ errorCode: "INVALID_INPUT", message: "not composable" }] };

  it("keeps five minutes of distance once, then is asked separately before the rows", () =>
    withOrg(async (scripted) => {
      script(scripted, { covered: refused });
      scripted.on(/updated\/\?/, { json: { ids: [], latestDateCovered: COVERED } });
      const org = connectTo(scripted, { surroundings: { monotonicMs: () => 0 } });
      const request = { object: "Order", select: [], cursor: CURSOR };

      const [first] = await org.poll([request]);
      const [second] = await org.poll([request]);

      expect(JSON.parse(first?.cursor ?? "").at).toBe("2026-01-31T09:54:58Z");
      expect(JSON.parse(second?.cursor ?? "").at).toBe("2026-01-31T09:59:30Z");
      expect(scripted.requests.map(({ path }) => /composite|updated/.exec(path)?.[0])).toEqual([
        "composite",
        "updated",
        "composite",
      ]);
    }));
});

describe("a poll that cannot go on", () => {
  it("takes a used-up limit for no refusal of /updated, whose absence would move the cursor blindly", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(() => ({ body: page([]) }));
      scripted.on(/composite/, {
        status: 403,
        json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }],
      });

      await expect(poll(scripted, CURSOR)).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
      expect(scripted.requests).toHaveLength(1);
    }));

  it("names the object and the field that is gone", () =>
    withOrg(async (scripted) => {
      scripted.onComposite(({ url }) =>
        url.includes("queryAll")
          ? {
              status: 400,
              body: [{ errorCode: "INVALID_FIELD", message: "No such column 'ERP_Key__c' on entity 'Order'" }],
            }
          : { body: {} },
      );

      await expect(poll(scripted, CURSOR)).rejects.toMatchObject({
        code: "SALESFORCE_REFUSED",
        message: expect.stringContaining("poll Order: INVALID_FIELD: No such column 'ERP_Key__c' on entity 'Order'"),
      });
    }));

  it("refuses a cursor that is not one", () =>
    withOrg(async (scripted) => {
      await expect(poll(scripted, "yesterday")).rejects.toMatchObject({ code: "STATE_UNREADABLE" });
    }));

  it("is repeated as a whole when one part of it fails for the moment", () =>
    withOrg(async (scripted) => {
      const busy = [{ errorCode: "SERVER_UNAVAILABLE", message: "Server too busy" }];
      script(scripted, {});
      scripted.on(
        /composite$/,
        { json: { compositeResponse: [{ referenceId: "rows0", httpStatusCode: 503, body: busy }] } },
        { json: { compositeResponse: [{ referenceId: "rows0", httpStatusCode: 200, body: page([row(1, COVERED)]) }] } },
      );

      const [polled] = await poll(scripted, CURSOR);

      expect(await rowsOf(polled)).toHaveLength(1);
    }));
});
