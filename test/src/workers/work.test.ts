/** One worker and one job, with a state in memory: what happens when the lane is lost, the work must stop, or the database is away. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MatchCache } from "../../../src/engine/context/match-cache.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts } from "../../../src/engine/context/ports.ts";
import { SyncError } from "../../../src/errors.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import type { ExternalFields, ExternalOperation, ExternalRecord } from "../../../src/model/external-record.ts";
import type { BusinessKey } from "../../../src/model/key.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { openStateStore } from "../../../src/state/open.ts";
import type { Lease, StateStore } from "../../../src/state/port.ts";
import type { WorkerContext, WorkerEvent } from "../../../src/workers/context.ts";
import { type Job, type JobOutcome, laneName } from "../../../src/workers/job.ts";
import { workOn } from "../../../src/workers/work.ts";
import { compiled } from "../../support/erp-mapping.ts";

const NUMBERS = ["1", "2", "3"];
const keyOf = (number: string): BusinessKey => businessKey("erp", "Account", [number]);
const LANE = laneName("erp", 0);
const STOPPED = new SyncError("STOPPED", "told to end");

describe("a worker with a job", () => {
  let state: StateStore;
  let run: Lease;
  let erp: Map<string, ExternalFields>;
  let applied: ExternalOperation[];
  /** Called before the ERP applies anything. */
  let beforeApply: () => Promise<void>;
  let outcomes: JobOutcome[];
  let events: WorkerEvent[];

  beforeEach(async () => {
    state = await openStateStore(":memory:");
    await state.migrate();
    run = await taken("run:erp", "workers:r");
    erp = new Map();
    applied = [];
    beforeApply = async () => {};
    outcomes = [];
    events = [];
  });
  afterEach(async () => {
    await state.close();
  });

  it("brings what Salesforce has to the ERP, says so while it still has the lane, and then lets go of it", async () => {
    let holder: string | undefined;
    await work({
      end: async () => {
        holder = (await state.leaseHolder(LANE))?.holder;
      },
    });

    expect([...erp.values()].map((row) => row["name"])).toEqual(["Account 1", "Account 2", "Account 3"]);
    expect(outcomes).toMatchObject([{ kind: "done", holder: "me", report: { writes: 3, unsynced: [] } }]);
    expect(holder).toBe("me");
    expect(await state.leaseHolder(LANE)).toBeUndefined();
    expect((await state.bases("Account", NUMBERS.map(keyOf))).size).toBe(3);
  });

  it("stores nothing more and says nothing once another worker has taken its lane", async () => {
    beforeApply = async () => {
      const mine = await state.leaseHolder(LANE);
      if (mine !== undefined) await state.releaseLease(mine);
      await taken(LANE, "another");
    };

    await expect(work()).rejects.toMatchObject({ code: "LEASE_LOST" });

    expect(outcomes).toEqual([]);
    expect((await state.bases("Account", NUMBERS.map(keyOf))).size).toBe(0);
    expect(await state.intents()).toHaveLength(3);
    expect(await state.journal({ limit: 9 })).toEqual([]);
    expect((await state.leaseHolder(LANE))?.holder).toBe("another");
  });

  it("stores nothing more once its run was taken over", async () => {
    beforeApply = async () => {
      await state.releaseLease(run);
    };

    await expect(work()).rejects.toMatchObject({ code: "LEASE_LOST" });

    expect((await state.bases("Account", NUMBERS.map(keyOf))).size).toBe(0);
    expect(outcomes).toEqual([]);
  });

  it("looks up what the worker before it had sent, and sends nothing twice", async () => {
    beforeApply = async () => {
      const mine = await state.leaseHolder(LANE);
      if (mine !== undefined) await state.releaseLease(mine);
    };
    await expect(work()).rejects.toMatchObject({ code: "LEASE_LOST" });
    beforeApply = async () => {};

    await work({ again: true });

    expect(applied).toHaveLength(3);
    expect(outcomes).toMatchObject([{ kind: "done", report: { recovered: 3, unsynced: [] } }]);
    expect(await state.intents()).toEqual([]);
    expect(await state.parked()).toEqual([]);
    expect((await state.bases("Account", NUMBERS.map(keyOf))).size).toBe(3);
  });

  it("leaves the unfinished writes of others alone", async () => {
    const foreign = { id: "f".repeat(32), object: "Account", key: keyOf("9"), side: "external" } as const;
    await state.commit(run, { putIntents: [{ ...foreign, before: null, after: null, startedAtMs: 1 }] });

    await work({ again: true });

    expect(await state.intents()).toMatchObject([foreign]);
  });

  it("survives a database that goes away in the middle, without a second write", async () => {
    let away = 0;
    beforeApply = async () => {
      away = 1;
    };
    const outage = new SyncError("STATE_UNREACHABLE", "connection terminated");
    const commit: StateStore["commit"] = async (lease, batch) => {
      if (away > 0) {
        away -= 1;
        throw outage;
      }
      await state.commit(lease, batch);
    };

    await work({ commit });

    expect(applied).toHaveLength(3);
    expect(outcomes).toMatchObject([{ kind: "done", report: { recovered: 3, unsynced: [] } }]);
    expect(events).toContainEqual({ kind: "trouble", message: "connection terminated" });
    expect(await state.parked()).toEqual([]);
  });

  it("sends nothing once it was told to stop, and leaves everything waiting", async () => {
    const stop = new AbortController();
    stop.abort(STOPPED);

    await work({ stop: stop.signal });

    expect(applied).toEqual([]);
    expect(outcomes).toMatchObject([{ kind: "done", report: { writes: 0 } }]);
    expect((await state.parked("Account")).map(({ key }) => key)).toEqual(NUMBERS.map(keyOf));
  });

  it("hands the error that ends the run to the coordinator, with what it had done by then", async () => {
    beforeApply = async () => {
      throw new SyncError("EXTERNAL_UNREACHABLE", "the ERP is away");
    };

    await work();

    expect(outcomes).toMatchObject([{ kind: "failed", code: "EXTERNAL_UNREACHABLE", message: "the ERP is away" }]);
    expect(await state.intents()).toHaveLength(3);
  });

  it("does not begin while another worker has the lane", async () => {
    await taken(LANE, "another");
    await expect(work()).rejects.toMatchObject({ code: "LEASE_HELD" });
    expect(applied).toEqual([]);
  });

  async function taken(name: string, holder: string): Promise<Lease> {
    const lease = await state.acquireLease({ name, holder, ttlMs: 60_000, nowMs: Date.now() });
    if (lease === undefined) throw new Error(`${name} is free`);
    return lease;
  }

  async function work(
    options: {
      readonly again?: boolean;
      readonly stop?: AbortSignal;
      readonly commit?: StateStore["commit"];
      readonly end?: (outcome: JobOutcome) => Promise<void>;
    } = {},
  ): Promise<void> {
    const { again = false, stop = new AbortController().signal, commit } = options;
    const worker = crewOf(commit === undefined ? state : withCommit(state, commit));
    const end = async (outcome: JobOutcome): Promise<void> => {
      outcomes.push(outcome);
      await options.end?.(outcome);
    };
    const assignment = {
      id: "11111111-2222-4333-8444-555555555555",
      job: job(),
      again,
      matches: new MatchCache(),
    };
    await workOn(worker, assignment, { stop, end });
  }

  function job(): Job {
    const nominations = NUMBERS.map((number) => ({ key: keyOf(number), recordId: null, deletedOn: null }));
    const names = { runId: "r", run, fingerprint: "", object: "Account", lane: 0 };
    return { ...names, feed: "salesforce", recover: false, deletes: [], stopped: [], nominations };
  }

  function crewOf(store: StateStore): WorkerContext {
    const ports: EnginePorts = {
      mapping: MAPPING,
      state: store,
      salesforce: ORG,
      external: externalSystem(),
      nowMs: Date.now,
      newId: () => crypto.randomUUID().replaceAll("-", ""),
      observe: () => {},
    };
    const options = { ...DEFAULT_RUN_OPTIONS, holder: "me" };
    // A job never touches the queue; its worker does.
    const unused = { queue: undefined as never, afterRun: async () => {} };
    return { ...unused, ports, options, fingerprint: "", observe: (event) => events.push(event) };
  }

  function externalSystem(): ExternalSystem {
    return {
      name: "erp",
      check: async () => [],
      info: async (collection) => ({ collection }),
      changes: async () => ({ changes: [], cursor: "", more: false }),
      read: async (_collection, keys) =>
        keys.flatMap(([number = ""]): readonly ExternalRecord[] => {
          const fields = erp.get(number);
          if (fields === undefined) return [];
          return [{ naturalKey: [number], fields, version: null, changedBy: null, changedAt: null }];
        }),
      apply: async (operations) => {
        await beforeApply();
        applied.push(...operations);
        for (const { naturalKey, change } of operations) {
          if (change.kind !== "delete") erp.set(naturalKey[0] ?? "", { no: naturalKey[0] ?? "", ...change.fields });
        }
        return operations.map(({ opId }) => ({ kind: "done", opId, version: null }));
      },
      close: async () => {},
    };
  }
});

const MAPPING = compiled({
  source: "erp",
  objects: {
    Account: {
      collection: "customers",
      keyField: "ERP_Key__c",
      naturalKey: ["no"],
      create: { salesforce: true, external: true },
      fields: { Name: "name" },
    },
  },
});

/** An org with three accounts that nobody changes. */
const ORG: SalesforceOrg = {
  connect: async () => ({ organizationId: "00D", userId: "005", username: "u", instanceUrl: "" }),
  describe: async () => [],
  poll: async () => [],
  endOfJob: async () => ({ landed: new Map() }),
  holdOff: async () => {},
  read: async ({ by }) =>
    by.kind === "id"
      ? []
      : NUMBERS.filter((number) => by.values.includes(keyOf(number))).map((number) => ({
          Id: `00100000000000${number}AAA`,
          SystemModstamp: "2026-01-01T00:00:00.000+0000",
          IsDeleted: false,
          ERP_Key__c: keyOf(number),
          Name: `Account ${number}`,
        })),
  query: async () => [],
  execute: async () => [],
  usage: () => ({ calls: 0, used: null, limit: null }),
  close: async () => {},
};

function withCommit(state: StateStore, commit: StateStore["commit"]): StateStore {
  return new Proxy(state, {
    get: (target, name) => {
      if (name === "commit") return commit;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
}
