/**
 * The dry run: an executor that decides like any other and writes nothing. Its writes count as landed, so that later
 * decisions see what a run would have made; what was decided is kept as data.
 */
import { overrideExternal } from "../../external/override.ts";
import type { ExternalSystem } from "../../external/port.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { RowOutcome } from "../../model/salesforce-record.ts";
import type { SalesforceOrg } from "../../salesforce/port.ts";
import type { SalesforceCall } from "../../sync/call.ts";
import { planCalls } from "../../sync/sequence.ts";
import { operationsOf } from "../../sync/split.ts";
import { join } from "../join/join.ts";
import { type Join, type Pass, passWith } from "../pass/pass.ts";
import type { Executor } from "../run/executor.ts";
import { inProcess } from "../run/in-process.ts";
import { intentsOf, type Perform, type Settlement, sequenceOptions } from "../write/perform.ts";

/** Starts the record Ids of a dry run; `~` is in no real Id. */
const REHEARSED = "~r~";

/** Decides and remembers what a run would write. For one run. */
export class DryRun {
  readonly #settlements: Settlement[] = [];
  readonly #calls: SalesforceCall[] = [];
  /** Documents that were written, by object and key. */
  readonly #written = new Set<string>();
  #records = 0;
  #sparedReads = 0;

  /** What was decided to write, in order, each document once. */
  get settlements(): readonly Settlement[] {
    return this.#settlements;
  }

  /** The calls that the writes would take. */
  get calls(): readonly SalesforceCall[] {
    return this.#calls;
  }

  /** Calls of a run that looks up records which the dry run did not make. */
  get sparedReads(): number {
    return this.#sparedReads;
  }

  executor(): Executor {
    const pass = passWith({ read: this.#read, write: this.#write });
    const noted: Pass = async (context, input) => {
      const result = await pass(context, input);
      this.#settlements.push(...result.settlements);
      return result;
    };
    return inProcess(noted);
  }

  /** The org as a dry run sees it: read only, and without what the dry run has only thought of. */
  salesforce(org: SalesforceOrg): SalesforceOrg {
    return {
      connect: () => org.connect(),
      describe: (objects) => org.describe(objects),
      poll: (requests) => org.poll(requests),
      query: (soql) => org.query(soql),
      read: async (request) => {
        const { by } = request;
        const asked: readonly string[] = by.kind === "id" ? by.ids : by.values;
        const known = <Name extends string>(names: readonly Name[]): readonly Name[] =>
          names.filter((name) => !name.startsWith(REHEARSED));
        const left = by.kind === "id" ? { ...by, ids: known(by.ids) } : { ...by, values: known(by.values) };
        if (asked.length === 0 || known(asked).length > 0) return await org.read({ ...request, by: left });
        // A run looks up what it has just made, too.
        this.#sparedReads += 1;
        return [];
      },
      execute: () => {
        throw new TypeError("A dry run writes nothing");
      },
      // A dry run neither waits for a job nor aborts one: its rows are looked up as they are now.
      endOfJob: async () => ({ landed: new Map() }),
      holdOff: (attempt) => org.holdOff(attempt),
      usage: () => org.usage(),
      close: async () => {},
    };
  }

  /** The external system as a dry run sees it: read only. */
  external(system: ExternalSystem): ExternalSystem {
    return overrideExternal(system, {
      apply: () => {
        throw new TypeError("A dry run writes nothing");
      },
      ...(system.rejected && { rejected: system.rejected.bind(system) }),
      close: async () => {},
    });
  }

  /**
   * Reads like a run, and leaves out what the dry run has written: both systems still show it as it was, where a run that
   * meets the document again finds both sides alike.
   */
  readonly #read: Join = async (context, mapping, nominations, feed) => {
    const { joined, unjoined } = await join(context, mapping, nominations, feed);
    return { joined: joined.filter(({ key }) => !this.#written.has(nameOf(mapping.object, key))), unjoined };
  };

  /** Plans the calls and answers each operation as if it had landed. */
  readonly #write: Perform = async (context, decisions) => {
    const nowMs = context.ports.nowMs();
    const writing = decisions.filter(({ salesforce }) => salesforce.length > 0);
    const plan = planCalls(writing, sequenceOptions(context, writing));
    const calls = plan.steps.flat();
    this.#calls.push(...calls);
    const outcomes = new Map(calls.flatMap((call) => this.#landed(call)).map((outcome) => [outcome.opId, outcome]));
    for (const { object, key } of decisions) this.#written.add(nameOf(object, key));
    return {
      stop: null,
      stopped: null,
      predictedCalls: plan.predictedCalls,
      settlements: decisions.map((decision): Settlement => {
        const { external } = decision;
        const own = decision.salesforce.flatMap(({ opId }) => outcomes.get(opId) ?? []);
        const [first] = own;
        return {
          decision,
          intents: intentsOf(context, decision, nowMs),
          salesforce:
            first === undefined ? { kind: "none" } : { kind: "done", created: first.kind === "done" && first.created },
          external: external === null ? { kind: "none" } : { kind: "done", created: false },
          outcomes: own,
          externalOutcome: external === null ? null : { kind: "done", opId: external.opId, version: null },
        };
      }),
    };
  };

  #landed(call: SalesforceCall): readonly RowOutcome[] {
    return operationsOf(call).map((operation) => ({
      kind: "done",
      opId: operation.opId,
      recordId: operation.kind === "upsert" ? this.#newRecordId() : operation.recordId,
      created: operation.kind === "upsert",
    }));
  }

  #newRecordId(): RecordId {
    this.#records += 1;
    // Looks like no Id of an org, and never leaves the dry run.
    return `${REHEARSED}${String(this.#records).padStart(15, "0")}` as RecordId;
  }
}

const nameOf = (object: string, key: BusinessKey): string => `${object} ${key}`;
