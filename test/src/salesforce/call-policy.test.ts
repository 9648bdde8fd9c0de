import { describe, expect, it } from "vitest";
import { type CallPolicy, callWithPolicy, type RetryEvent } from "../../../src/salesforce/call-policy.ts";
import { CallFailure, type Failure } from "../../../src/salesforce/failure.ts";
import { connectTo, SESSION_EXPIRED, withOrg } from "./scripted-org.ts";

const BUSY: Failure = { kind: "http", status: 503, apiErrors: [], html: false, retryAfterMs: null };
const SESSION: Failure = {
  kind: "http",
  status: 401,
  apiErrors: [{ code: "INVALID_SESSION_ID", message: "Session expired or invalid", fields: [] }],
  html: false,
  retryAfterMs: null,
};

/** A policy on a clock that only sleeping moves. */
function policy(overrides: Partial<CallPolicy> = {}): CallPolicy & { readonly waits: number[] } {
  const waits: number[] = [];
  let nowMs = 0;
  return {
    attempts: 6,
    deadlineMs: 600_000,
    baseMs: 1_000,
    capMs: 60_000,
    random: () => 0.5,
    sleep: (ms) => {
      waits.push(ms);
      nowMs += ms;
      return Promise.resolve();
    },
    monotonicMs: () => nowMs,
    waits,
    ...overrides,
  };
}

function failing(...failures: readonly Failure[]): () => Promise<string> {
  let calls = 0;
  return () => {
    const failure = failures[calls];
    calls += 1;
    return failure === undefined ? Promise.resolve(`attempt ${calls}`) : Promise.reject(new CallFailure(failure));
  };
}

describe("a read that fails for the moment", () => {
  it("is repeated after jittered waits that double", async () => {
    const patient = policy();

    const result = await callWithPolicy(patient, { name: "q", intent: "read", attempt: failing(BUSY, BUSY, BUSY) });

    expect(result).toBe("attempt 4");
    expect(patient.waits).toEqual([500, 1_000, 2_000]);
  });

  it("spreads its waits over the whole interval", async () => {
    const early = policy({ random: () => 0 });
    const late = policy({ random: () => 0.999 });

    await callWithPolicy(early, { name: "q", intent: "read", attempt: failing(BUSY, BUSY) });
    await callWithPolicy(late, { name: "q", intent: "read", attempt: failing(BUSY, BUSY) });

    expect(early.waits).toEqual([0, 0]);
    expect(late.waits).toEqual([999, 1_998]);
  });

  it("is given up after the last attempt", async () => {
    let calls = 0;
    const attempt = () => {
      calls += 1;
      return Promise.reject(new CallFailure(BUSY));
    };

    await expect(callWithPolicy(policy({ attempts: 3 }), { name: "q", intent: "read", attempt })).rejects.toThrow(
      "503",
    );
    expect(calls).toBe(3);
  });

  it("waits at least as long as the server asks", async () => {
    const patient = policy();

    await callWithPolicy(patient, {
      name: "q",
      intent: "read",
      attempt: failing({ ...BUSY, retryAfterMs: 17_000 } as Failure),
    });

    expect(patient.waits).toEqual([17_000]);
  });

  it("is given up when the wait would pass the deadline", async () => {
    const patient = policy({ deadlineMs: 10_000 });
    const attempt = failing({ ...BUSY, retryAfterMs: 10_001 } as Failure);

    await expect(callWithPolicy(patient, { name: "q", intent: "read", attempt })).rejects.toThrow("503");
    expect(patient.waits).toEqual([]);
  });

  it("tells about each repetition", async () => {
    const events: RetryEvent[] = [];

    await callWithPolicy(policy({ onRetry: (event) => events.push(event) }), {
      name: "poll",
      intent: "read",
      attempt: failing(BUSY),
    });

    expect(events).toEqual([{ call: "poll", attempt: 1, waitMs: 500, reason: "HTTP 503" }]);
  });
});

describe("a session that has expired", () => {
  it("is renewed once, without using up an attempt", async () => {
    let logins = 0;

    const result = await callWithPolicy(policy({ attempts: 1 }), {
      name: "q",
      intent: "write",
      attempt: failing(SESSION),
      logInAgain: () => {
        logins += 1;
        return Promise.resolve();
      },
    });

    expect([result, logins]).toEqual(["attempt 2", 1]);
  });

  it("is not renewed a second time", async () => {
    let logins = 0;

    const calling = callWithPolicy(policy(), {
      name: "q",
      intent: "read",
      attempt: failing(SESSION, SESSION, SESSION),
      logInAgain: () => {
        logins += 1;
        return Promise.resolve();
      },
    });

    await expect(calling).rejects.toThrow("INVALID_SESSION_ID");
    expect(logins).toBe(1);
  });
});

describe("an error of our own", () => {
  it("is not repeated", async () => {
    let calls = 0;

    const calling = callWithPolicy(policy(), {
      name: "q",
      intent: "read",
      attempt: () => {
        calls += 1;
        return Promise.reject(new RangeError("a mistake"));
      },
    });

    await expect(calling).rejects.toThrow("a mistake");
    expect(calls).toBe(1);
  });
});

describe("calls to an org", () => {
  const ROWS = { json: { totalSize: 0, done: true, records: [] } };
  const QUERY = "SELECT Id FROM Account";

  it.each([
    ["a maintenance page", { status: 503, text: "<html>Down</html>", headers: { "content-type": "text/html" } }],
    ["a web page with status 200", { text: "<!doctype html>", headers: { "content-type": "text/html" } }],
    ["a lost connection", "lost" as const],
    ["a reply that breaks off", "truncated" as const],
    ["HTTP 500", { status: 500, json: [{ errorCode: "UNKNOWN_EXCEPTION", message: "An unexpected error" }] }],
  ])("are repeated after %s, and every attempt is counted", (_, answer) =>
    withOrg(async (scripted) => {
      scripted.on(/query/, answer, ROWS);
      const org = connectTo(scripted);

      await org.query(QUERY);

      expect(scripted.requests).toHaveLength(2);
      expect(org.usage()).toEqual({ calls: 2, used: 18, limit: 15_000 });
    }),
  );

  it.each([
    ["seconds", "7"],
    ["a date, read against the server's own clock", "Sat, 31 Jan 2026 10:00:07 GMT"],
  ])("wait for a Retry-After of %s", (_, header) =>
    withOrg(async (scripted) => {
      const waits: number[] = [];
      scripted.on(/query/, { status: 503, text: "", headers: { "retry-after": header } }, ROWS);
      const org = connectTo(scripted, {
        surroundings: {
          sleep: (ms) => {
            waits.push(ms);
            return Promise.resolve();
          },
        },
      });

      await org.query(QUERY);

      expect(waits).toEqual([7_000]);
    }),
  );

  it("log in again with the same credentials and go on", () =>
    withOrg(async (scripted) => {
      scripted
        .on(/oauth2\/token/, (request) => ({
          json: { access_token: `t${scripted.seen(/token/).length}`, instance_url: scripted.url, id: request.path },
        }))
        .on(/query/, SESSION_EXPIRED, ROWS);
      const org = connectTo(scripted, {
        config: { auth: { kind: "clientCredentials", clientId: "client", clientSecret: "hidden" } },
      });

      await org.query(QUERY);

      expect(scripted.seen(/query/).map(({ headers }) => headers["authorization"])).toEqual(["Bearer t1", "Bearer t2"]);
    }));

  it("that meet a dead session at the same time wait for one login", () =>
    withOrg(async (scripted) => {
      scripted
        .on(/oauth2\/token/, () => ({
          json: { access_token: `t${scripted.seen(/token/).length}`, instance_url: scripted.url, id: "" },
        }))
        .on(/query/, (request) => (request.headers["authorization"] === "Bearer t1" ? SESSION_EXPIRED : ROWS));
      const org = connectTo(scripted, {
        config: { auth: { kind: "clientCredentials", clientId: "client", clientSecret: "hidden" } },
      });

      await Promise.all([org.query(QUERY), org.query(QUERY), org.query(QUERY)]);

      expect(scripted.seen(/token/)).toHaveLength(2);
    }));

  it("stop at the share of the org's requests that is kept for others", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, { ...ROWS, headers: { "sforce-limit-info": "api-usage=9000/10000" } });
      const org = connectTo(scripted);
      await org.query(QUERY);

      await expect(org.query(QUERY)).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
      expect(scripted.requests).toHaveLength(1);
    }));

  it("look again after five minutes whether requests are free", () =>
    withOrg(async (scripted) => {
      let nowMs = 0;
      scripted.on(/query/, { ...ROWS, headers: { "sforce-limit-info": "api-usage=9000/10000" } }, ROWS);
      const org = connectTo(scripted, { surroundings: { monotonicMs: () => nowMs } });
      await org.query(QUERY);

      nowMs = 300_001;

      await expect(org.query(QUERY)).resolves.toEqual([]);
    }));

  it("stop at the number of calls that the run may make", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, ROWS);
      const org = connectTo(scripted, { config: { callsMax: 1 } });
      await org.query(QUERY);

      await expect(org.query(QUERY)).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
    }));

  it("stop at once at the org's daily limit", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, {
        status: 403,
        json: [{ errorCode: "REQUEST_LIMIT_EXCEEDED", message: "TotalRequests Limit exceeded." }],
      });

      await expect(connectTo(scripted).query(QUERY)).rejects.toMatchObject({ code: "SALESFORCE_LIMIT" });
      expect(scripted.requests).toHaveLength(1);
    }));

  it("carry our name and the version, and reuse the connection", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, ROWS);
      const org = connectTo(scripted, { config: { client: "order-sync/test", apiVersion: "60.0" } });

      await org.query(QUERY);

      expect(scripted.requests[0]).toMatchObject({
        path: `/services/data/v60.0/query?q=${QUERY}`,
        headers: { "sforce-call-options": "client=order-sync/test", connection: "keep-alive" },
      });
    }));
});
