/**
 * A Salesforce org in the same process: the connector's own reading, writing and classifying, with a connection that
 * calls the mock org's app instead of a socket. It leaves out jsforce and HTTP, which makes a call ten times cheaper;
 * a smaller number of seeds runs through the real client.
 */
import type { MockOrg } from "../../mock-server/index.ts";
import { endOfBulkJob, executeBulk } from "../../src/salesforce/bulk.ts";
import { type CallPolicy, holdOff } from "../../src/salesforce/call-policy.ts";
import { OrgCaller } from "../../src/salesforce/caller.ts";
import { ChangeFeed } from "../../src/salesforce/change-feed.ts";
import { executeCollections } from "../../src/salesforce/collections.ts";
import {
  type Meter,
  type OrgConnection,
  type OrgReply,
  type OrgRequest,
  refuseFailedAnswer,
} from "../../src/salesforce/connection.ts";
import { withExactNumbers } from "../../src/salesforce/exact-numbers.ts";
import { CallFailure } from "../../src/salesforce/failure.ts";
import { executeGraphs } from "../../src/salesforce/graphs.ts";
import { usageOf } from "../../src/salesforce/limits.ts";
import type { OrgIdentity, SalesforceOrg } from "../../src/salesforce/port.ts";
import { queryAllRows } from "../../src/salesforce/query.ts";
import { readRecords } from "../../src/salesforce/read.ts";
import { executeRows } from "../../src/salesforce/rows.ts";

/** What the connection needs from the simulated world. */
export interface InProcessOptions {
  readonly mock: MockOrg;
  readonly username: string;
  /** Our own clock, which may be minutes off. */
  readonly wallClockMs: () => number;
  /** Waits in virtual time. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly random: () => number;
  /** Share of the org's calls that is kept for others. */
  readonly reserveShare: number;
  /** Sees each request before it is sent and after it was answered; what it throws is thrown to the caller. */
  readonly watch?: (when: "before" | "after", request: OrgRequest) => void;
}

const INSTANCE = "https://mock.my.salesforce.com";

/** An org whose calls never leave the process. */
export function createInProcessOrg(options: InProcessOptions): SalesforceOrg {
  const { mock, username } = options;
  const connection = new InProcessConnection(options);
  const policy: CallPolicy = {
    attempts: 4,
    deadlineMs: 100_000,
    baseMs: 1_000,
    capMs: 60_000,
    random: options.random,
    sleep: options.sleep,
    monotonicMs: () => mock.clock.nowMs(),
  };
  const caller = new OrgCaller({
    // The connection is a class with private parts, of which this is a second implementation.
    connection: connection as unknown as OrgConnection,
    auth: { kind: "accessToken", accessToken: "in process", instanceUrl: INSTANCE },
    policy,
    budget: { usedShareMax: 1 - options.reserveShare, callsMax: null },
    login: { loginUrl: INSTANCE, version: "62.0", timeoutMs: 1_000, nowMs: options.wallClockMs },
  });
  const polling = { sleep: options.sleep, waitMs: 60_000 };
  const feed = new ChangeFeed(caller, {
    wallClockMs: options.wallClockMs,
    polling,
    bulkQueryRows: Number.POSITIVE_INFINITY,
  });
  const userId = mock.org.actor(username)?.userId ?? "";
  const identity: OrgIdentity = { organizationId: mock.org.id, userId, username, instanceUrl: INSTANCE };
  return {
    connect: () => Promise.resolve(identity),
    describe: () => Promise.reject(new TypeError("the simulation describes nothing")),
    poll: (requests) => feed.poll(requests),
    read: (request) => readRecords(caller, request),
    query: (soql) => queryAllRows(caller, soql),
    execute: (call, listener) => {
      switch (call.kind) {
        case "collections":
          return executeCollections(caller, call.parts);
        case "graphs":
          return executeGraphs(caller, call.graphs);
        case "rows":
          return executeRows(caller, call.operations);
        case "bulk":
          return executeBulk(caller, call.part, { listener: listener ?? null, polling });
      }
    },
    endOfJob: (jobId) => endOfBulkJob(caller, jobId, polling),
    holdOff: (attempt) => holdOff(policy, attempt),
    usage: () => usageOf(caller),
    close: () => Promise.resolve(),
  };
}

class InProcessConnection {
  readonly root = "/services/data/v62.0";
  readonly version = "62.0";
  readonly #options: InProcessOptions;
  #token: string;
  #meter: Meter = { calls: 0, used: null, limit: null, readAtMs: null };
  #serverOffsetMs: number | null = null;

  constructor(options: InProcessOptions) {
    this.#options = options;
    this.#token = options.mock.openSession(options.username);
  }

  get meter(): Meter {
    return this.#meter;
  }

  get serverNowMs(): number | null {
    return this.#serverOffsetMs === null ? null : this.#serverOffsetMs + this.#options.mock.clock.nowMs();
  }

  useSession(): void {}

  learnServerTime(): void {}

  async send(request: OrgRequest): Promise<OrgReply> {
    const { mock, username } = this.#options;
    const startedMs = mock.clock.nowMs();
    this.#options.watch?.("before", request);
    const text = request.json === undefined ? request.text : JSON.stringify(request.json);
    const answer = await mock.answer({
      method: request.method,
      path: request.path,
      accessToken: this.#token,
      headers: request.headers ?? {},
      ...(text === undefined ? {} : { body: text }),
      ...(request.contentType === undefined ? {} : { contentType: request.contentType }),
    });
    if (answer === "dropped") {
      this.#meter = { ...this.#meter, calls: this.#meter.calls + 1 };
      throw new CallFailure({ kind: "network", code: "ECONNRESET", sent: true });
    }
    const { status, body: data, headers: own } = answer.result;
    const headers = lowerCased({ ...answer.headers, ...own });
    const body = data === undefined || status === 204 ? "" : typeof data === "string" ? data : JSON.stringify(data);
    this.#options.watch?.("after", request);
    const serverDateMs = Date.parse(headers["date"] ?? "");
    this.#serverOffsetMs = serverDateMs - mock.clock.nowMs();
    // A dead session is renewed by the caller's next attempt: the log-in itself is not part of the simulation.
    if (status === 401) this.#token = mock.openSession(username);
    else this.#count(headers["sforce-limit-info"]);
    refuseFailedAnswer({ url: request.path, status, headers, body });
    return {
      body: body === "" ? undefined : request.raw === true ? body : JSON.parse(withExactNumbers(body)),
      status,
      headers,
      serverDateMs,
      elapsedMs: mock.clock.nowMs() - startedMs,
    };
  }

  #count(limitInfo: string | undefined): void {
    const usage = /api-usage=(\d+)\/(\d+)/.exec(limitInfo ?? "");
    this.#meter = {
      calls: this.#meter.calls + 1,
      used: usage === null ? this.#meter.used : Number(usage[1]),
      limit: usage === null ? this.#meter.limit : Number(usage[2]),
      readAtMs: this.#options.mock.clock.nowMs(),
    };
  }
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
