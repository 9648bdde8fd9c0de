/**
 * One process of the connector in a simulation: its ports, with a place before and after every call at which the history
 * may do something to it. A crashed process waits for ever at its place; whoever started it hears of it at once.
 */
import type { FaultHook } from "../../mock-server/index.ts";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import type { RunReport } from "../../src/engine/context/report.ts";
import { makePlan, type Plan } from "../../src/engine/plan/plan.ts";
import { type RunRequest, runOnce } from "../../src/engine/run/run.ts";
import { sweep } from "../../src/engine/sweep/sweep.ts";
import { SyncError } from "../../src/errors.ts";
import type { ExternalSystem } from "../../src/external/port.ts";
import type { RowOperation, RowOutcome, SalesforceRecord } from "../../src/model/salesforce-record.ts";
import type { PolledObject, SalesforceOrg } from "../../src/salesforce/port.ts";
import type { Lease, StateStore } from "../../src/state/port.ts";
import { operationsOf } from "../../src/sync/split.ts";
import type { Judge } from "./judge.ts";
import type { Disturbance, WireAct, WireFault } from "./scenario.ts";
import type { Stage } from "./stage.ts";
import type { UsageReading } from "./traffic-judge.ts";
import { ACTS_AFTER, ACTS_BEFORE } from "./wire-acts.ts";

/** How long a silent runner keeps its lease. */
export const LEASE_TTL_MS = 120_000;

/** How a run ended. */
export type RunEnd =
  | { readonly kind: "done"; readonly report: RunReport }
  | { readonly kind: "planned"; readonly plan: Plan }
  | { readonly kind: "swept"; readonly missed: number }
  | { readonly kind: "failed"; readonly error: SyncError }
  | { readonly kind: "crashed" };

/** Changes ports, to build a connector that is broken in one known way. */
export type Breaking = (ports: EnginePorts) => EnginePorts;

/** What a process works with. */
export interface RunnerInput {
  readonly stage: Stage;
  readonly judge: Judge;
  readonly state: StateStore;
  /** Makes the Salesforce port; called once the fault hook is in place. */
  readonly openOrg: (sleep: (ms: number) => Promise<void>) => SalesforceOrg;
  readonly holder: string;
  /** `plan` rehearses a run instead. */
  readonly work: "run" | "plan" | "sweep";
  readonly disturbances: readonly Disturbance[];
  readonly wire: readonly WireFault[];
  /** Starts a rival and comes back when it has ended. */
  readonly rival: () => Promise<void>;
  readonly newId: () => string;
  readonly breaking: Breaking;
}

/** Places at which a run may fail by itself: reads and commits, not the writes to Salesforce. */
type Place = "calm" | "fallible" | "writing";

/** One run of one process. */
export async function runProcess(input: RunnerInput): Promise<RunEnd> {
  const process = new SimulatedProcess(input);
  return await input.stage.withFaults(process.faultHook, () => process.run());
}

class SimulatedProcess {
  readonly faultHook: FaultHook;
  readonly #input: RunnerInput;
  readonly #disturbances = new Map<number, Disturbance["act"][]>();
  readonly #died: Promise<RunEnd>;
  #die: (end: RunEnd) => void = () => {};
  #dead = false;
  /** Dies when the next write has landed. */
  #doomed = false;
  #places = 0;
  #wireCalls = 0;
  #wireFaults = 0;
  /** What the last answer told about the calls of the day. */
  #usage: UsageReading | undefined;
  /** Change number at which the org answered last. */
  #answeredSeq = 0;

  constructor(input: RunnerInput) {
    this.#input = input;
    for (const { at, act } of input.disturbances) {
      this.#disturbances.set(at, [...(this.#disturbances.get(at) ?? []), act]);
    }
    this.#died = new Promise((resolve) => {
      this.#die = resolve;
    });
    this.faultHook = {
      before: async () => {
        const call = this.#wireCalls;
        this.#wireCalls += 1;
        await this.#place("calm");
        const fault = input.wire.find(({ at }) => at === call)?.act;
        if (fault !== undefined) this.#wireFaults += 1;
        input.judge.traffic.calling(this.#usage, input.stage.nowMs);
        this.#after = fault;
        this.#deliveredTwice ||= fault === "twice";
        return fault === undefined ? undefined : ACTS_BEFORE[fault];
      },
      after: async () => {
        this.#answeredSeq = input.judge.seq;
        const fault = this.#after;
        const { used, max: limit } = input.stage.mock.apiUsage;
        if (fault === undefined) this.#usage = { used, limit, atMs: input.stage.nowMs };
        await this.#place("calm");
        return fault === undefined ? undefined : ACTS_AFTER[fault];
      },
    };
  }

  #after: WireAct | undefined;
  #deliveredTwice = false;
  /** Seed of the edit that the next write meets. */
  #race: number | undefined;

  async run(): Promise<RunEnd> {
    const { stage, newId, breaking } = this.#input;
    const ports = this.#watched(
      breaking({
        mapping: stage.mapping,
        salesforce: this.#salesforce(),
        external: this.#external(),
        state: this.#state(),
        nowMs: () => stage.nowMs + stage.config.skewMs,
        newId,
        observe: () => {},
      }),
    );
    const work = this.#work(ports).catch((error: unknown): RunEnd => {
      if (error instanceof SyncError) return { kind: "failed", error };
      throw error;
    });
    return await Promise.race([work, this.#died]);
  }

  /** The feeds as the connector sees them, which is what they are judged by. */
  #watched(ports: EnginePorts): EnginePorts {
    const { judge, holder } = this.#input;
    const { feeds } = judge;
    const { external } = ports;
    const start = external.start?.bind(external);
    return {
      ...ports,
      external: {
        ...external,
        ...(start === undefined
          ? {}
          : {
              start: async (collection: string) => {
                const cursor = await start(collection);
                feeds.started(collection, cursor);
                return cursor;
              },
            }),
        changes: async (collection, cursor, limit) => {
          const page = await external.changes(collection, cursor, limit);
          feeds.told(collection, cursor, page, !judge.holdsLease(holder));
          return page;
        },
      },
    };
  }

  async #work(ports: EnginePorts): Promise<RunEnd> {
    const request = this.#request();
    switch (this.#input.work) {
      case "run":
        return { kind: "done", report: await runOnce(ports, request) };
      case "plan":
        return { kind: "planned", plan: await makePlan(ports, request) };
      case "sweep":
        return { kind: "swept", missed: (await sweep(ports, request)).missed };
      default:
        return this.#input.work satisfies never;
    }
  }

  #request(): RunRequest {
    const { holder, stage } = this.#input;
    const { bulkRows } = stage.config;
    const sizes = { passDocuments: 3, passOrders: 2 };
    return { holder, leaseTtlMs: LEASE_TTL_MS, ...sizes, deleteShare: 1, deleteLineShare: 1, bulkRows };
  }

  /** A place at which the process waits. Comes back, throws a port's error, or never comes back. */
  async #place(kind: Place): Promise<void> {
    const { stage } = this.#input;
    if (this.#dead) return await forever();
    stage.advance(PLACE_MS);
    const acts = this.#disturbances.get(this.#places) ?? [];
    this.#places += 1;
    for (const act of acts) await this.#suffer(act, kind);
  }

  async #suffer(act: Disturbance["act"], place: Place): Promise<void> {
    const { stage, rival } = this.#input;
    switch (act.kind) {
      case "edit":
        return stage.people.edit(act.seed);
      case "habit":
        return stage.people.habit(act.seed);
      case "late":
        return stage.people.openLate(act.seed);
      case "commitLate":
        return stage.people.commitLate();
      case "race":
        this.#race = act.seed;
        return;
      case "lock":
        return stage.people.lockRow(act.seed);
      case "refuse":
        return stage.refuseRows(act.seed);
      case "others":
        return stage.callByOthers(act.calls);
      case "advance":
        return stage.advance(act.seconds * 1_000);
      case "crash":
        return await this.#crash();
      case "crashAfterWrite":
        this.#doomed = true;
        return;
      case "error":
        if (place === "fallible") throw new SyncError("STATE_UNREACHABLE", "the simulation cut the line");
        return;
      case "rival":
        // A process that is frozen between the check of its lease and the write cannot be helped: Salesforce knows no
        // fencing numbers. Everywhere else it must find out.
        if (place === "fallible") {
          if (act.late) stage.advance(LEASE_TTL_MS + 1_000);
          await rival();
        }
        return;
      default:
        return act satisfies never;
    }
  }

  async #crash(): Promise<never> {
    this.#dead = true;
    this.#input.judge.traffic.died(this.#input.holder);
    this.#die({ kind: "crashed" });
    return await forever();
  }

  async #call<Result>(kind: Place, work: () => Promise<Result>): Promise<Result> {
    await this.#place(kind);
    const result = await work();
    await this.#place(kind);
    return result;
  }

  #salesforce(): SalesforceOrg {
    const { judge, stage, holder } = this.#input;
    const org = this.#input.openOrg(async (ms) => {
      stage.advance(ms);
      await this.#place("calm");
    });
    return {
      connect: () => this.#call("calm", () => org.connect()),
      describe: (objects) => org.describe(objects),
      poll: async (requests) => {
        const polled = await this.#call("calm", () => org.poll(requests));
        return polled.map((object) => this.#polled(object));
      },
      read: (request) =>
        this.#call("calm", async () => {
          const records = await org.read(request);
          judge.readSalesforce(request.by.kind === "id" ? request.by.ids : request.by.values, this.#answeredSeq);
          judge.readSalesforce(
            records.map((record) => String(record["Id"])),
            this.#answeredSeq,
          );
          return records;
        }),
      query: (soql) => this.#call("calm", () => org.query(soql)),
      endOfJob: (jobId) => this.#call("calm", () => org.endOfJob(jobId)),
      execute: (call) =>
        this.#call("writing", async () => {
          const operations = operationsOf(call);
          if (this.#race !== undefined) stage.people.race(this.#race, operations);
          this.#race = undefined;
          judge.sending(call);
          judge.traffic.sending({ process: holder, stale: !judge.holdsLease(holder) }, operations);
          this.#deliveredTwice = false;
          const [calls, apiErrors] = [this.#wireCalls, this.#wireFaults];
          const outcomes = await this.#answered(operations, () => org.execute(call));
          judge.sent(operations, outcomes, this.#deliveredTwice);
          if (this.#doomed) await this.#crash();
          // What fails as a whole is sent again, or in halves.
          if (this.#wireFaults === apiErrors && outcomes.every(({ kind }) => kind === "done"))
            judge.traffic.wrote(this.#wireCalls - calls, call.predictedCalls);
          return outcomes;
        }),
      holdOff: (attempt) => org.holdOff(attempt),
      usage: () => org.usage(),
      close: () => org.close(),
    };
  }

  /** The call is under way until it is answered or has failed; a process that is gone never sees its end. */
  async #answered(
    operations: readonly RowOperation[],
    send: () => Promise<readonly RowOutcome[]>,
  ): Promise<readonly RowOutcome[]> {
    const { traffic } = this.#input.judge;
    let outcomes: readonly RowOutcome[] = [];
    try {
      outcomes = await send();
    } finally {
      traffic.answered(operations, outcomes);
    }
    return outcomes;
  }

  #polled(object: PolledObject): PolledObject {
    const walk = async function* (
      process: SimulatedProcess,
    ): AsyncGenerator<readonly SalesforceRecord[], void, undefined> {
      for await (const page of object.pages) {
        await process.#place("calm");
        // The feed promises rows, not their order, nor that each comes once.
        yield process.#input.stage.config.shuffled ? [...page, ...page.slice(0, 2)].reverse() : page;
      }
    };
    return { ...object, pages: { [Symbol.asyncIterator]: () => walk(this) } };
  }

  #external(): ExternalSystem {
    const { judge, stage, holder } = this.#input;
    const { erp } = stage;
    const forget = erp.acknowledge?.bind(erp);
    const unreachable = async <Result>(work: () => Promise<Result>): Promise<Result> => {
      try {
        return await work();
      } catch (error) {
        if (error instanceof SyncError && error.code === "STATE_UNREACHABLE") {
          throw new SyncError("EXTERNAL_UNREACHABLE", "the simulation cut the line");
        }
        throw error;
      }
    };
    return {
      name: erp.name,
      check: () => erp.check(),
      info: (collection) => erp.info(collection),
      start: (collection) => unreachable(() => this.#call("fallible", () => erp.start(collection))),
      changes: (collection, cursor, limit) =>
        unreachable(() => this.#call("fallible", () => erp.changes(collection, cursor, limit))),
      read: (collection, keys) =>
        unreachable(() =>
          this.#call("fallible", async () => {
            const records = await erp.read(collection, keys);
            judge.readErp(
              collection,
              keys.map((key) => key.join(":")),
            );
            return records;
          }),
        ),
      // Each operation is a transaction of its own: the line may break between two of them.
      apply: (operations) =>
        unreachable(async () => {
          const outcomes = [];
          for (const operation of operations) {
            await this.#place("calm");
            judge.traffic.applying({ process: holder, stale: !judge.holdsLease(holder) }, operation.opId);
            outcomes.push(...(await erp.apply([operation])));
            judge.traffic.applied(operation.opId);
            if (this.#doomed) await this.#crash();
            await this.#place("fallible");
          }
          return outcomes;
        }),
      ...(forget === undefined
        ? {}
        : {
            acknowledge: (collection: string, cursor: string) =>
              unreachable(() => this.#call("calm", () => forget(collection, cursor))),
          }),
      // The ERP outlives the process.
      close: () => Promise.resolve(),
    };
  }

  #state(): StateStore {
    const { state, judge } = this.#input;
    const fallible = <Result>(work: () => Promise<Result>): Promise<Result> => this.#call("fallible", work);
    return {
      migrate: () => state.migrate(),
      acquireLease: (request) =>
        fallible(async () => {
          const lease = await state.acquireLease(request);
          judge.leased(lease);
          return lease;
        }),
      renewLease: async (lease, ttlMs, nowMs) => {
        // The heart of a dead process stops at its next beat: its timer is real, and would hold all of it in memory.
        if (this.#dead) throw new SyncError("LEASE_LOST", "the process is gone");
        return await fallible(() => state.renewLease(lease, ttlMs, nowMs));
      },
      releaseLease: (lease) =>
        fallible(async () => {
          await state.releaseLease(lease);
          judge.released(lease);
        }),
      leaseHolder: (name) => fallible(() => state.leaseHolder(name)),
      cursors: () => fallible(() => state.cursors()),
      links: (object, keys) => fallible(() => state.links(object, keys)),
      linksByRecordId: (object, ids) => fallible(() => state.linksByRecordId(object, ids)),
      bases: (object, keys) => fallible(() => state.bases(object, keys)),
      keys: (object, after, limit) => fallible(() => state.keys(object, after, limit)),
      intents: () => fallible(() => state.intents()),
      parked: (object) => fallible(() => state.parked(object)),
      deadLetters: (object) => fallible(() => state.deadLetters(object)),
      conflicts: (query) => fallible(() => state.conflicts(query)),
      journal: (query) => fallible(() => state.journal(query)),
      runs: (limit) => fallible(() => state.runs(limit)),
      counts: () => fallible(() => state.counts()),
      lineCount: (object) => fallible(() => state.lineCount(object)),
      commit: (lease: Lease, batch) =>
        fallible(async () => {
          await state.commit(lease, batch);
          judge.committed(lease, batch);
        }),
      close: () => state.close(),
    };
  }
}

/** Time that passes at every place: a tenth of a second, so that a run of a hundred places takes some seconds. */
const PLACE_MS = 100;

/** Never ends. Each waits for one of its own: a promise that all of them waited for would keep every dead process. */
function forever(): Promise<never> {
  return new Promise(() => {});
}
