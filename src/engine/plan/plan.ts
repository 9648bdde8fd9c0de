/**
 * The plan: what a run would do now, found out by rehearsing one.
 *
 * The rehearsal is a real run on real data. Only its last steps go nowhere: writes are answered as if they had landed,
 * and commits stay in memory. So a plan shows exactly what the engine decides, also about records whose parents do not
 * exist yet.
 */
import { createHash } from "node:crypto";
import { overrideExternal } from "../../external/override.ts";
import type { ExternalSystem } from "../../external/port.ts";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { RowOperation, RowOutcome } from "../../model/salesforce-record.ts";
import type { Fields, Side, Value } from "../../model/value.ts";
import type { SalesforceOrg } from "../../salesforce/port.ts";
import type { JournalEntry, StateBatch } from "../../state/port.ts";
import type { SalesforceCall } from "../../sync/call.ts";
import type { Conflict, Intent } from "../../sync/decision.ts";
import {
  BULK_JOB_CALLS,
  COMPOSITE_SUBREQUESTS_MAX,
  GRAPH_NODES_MAX,
  GRAPHS_MAX,
  leastCollectionCalls,
  nodesOf,
} from "../../sync/sequence.ts";
import { operationsOf } from "../../sync/split.ts";
import type { EnginePorts } from "../context/ports.ts";
import type { FeedRestart, HeldDocument, ObjectWait } from "../context/report.ts";
import { join } from "../join/join.ts";
import { type UnkeyedRecords, unkeyedRecords } from "../join/unkeyed.ts";
import { type Join, passWith } from "../pass/pass.ts";
import { type RunRequest, runWith } from "../run/run.ts";
import { rehearsalState } from "./rehearsal-state.ts";

/** One field that a run would change. */
export interface PlannedChange {
  readonly lineKey?: string;
  readonly field: string;
  readonly from?: Value;
  readonly to?: Value;
  readonly rule: string;
}

/** One document that a run would write to one side. */
export interface PlannedWrite {
  readonly object: string;
  readonly key: BusinessKey;
  readonly side: Side;
  /** `create`, `update`, `activate`, `reopen`, `delete`, … in their order. */
  readonly actions: readonly string[];
  /** The first 50 fields or lines; `fields` counts all. A line that is added or removed stands with its values. */
  readonly changes: readonly PlannedChange[];
  /** Fields and lines that would change. */
  readonly fields: number;
  /** Hash of the values before and after the write, by which `apply` knows it again. */
  readonly fingerprint: string;
}

/** What a run would do. JSON-serialisable. */
export interface Plan {
  readonly format: 1;
  readonly madeAtMs: number;
  readonly source: string;
  readonly organizationId: string;
  readonly writes: readonly PlannedWrite[];
  readonly conflicts: readonly Conflict[];
  /** External feeds that a run would read again from the beginning; a sweep is pending then where deletions were missed. */
  readonly restarts: readonly FeedRestart[];
  /** External feeds that hold changes back, which are not in the plan. */
  readonly waits: readonly ObjectWait[];
  /** Documents that would wait or be refused, with the reason. */
  readonly held: readonly HeldDocument[];
  /** Objects whose records would be made in Salesforce although the org holds some without a key that nothing matches. */
  readonly unkeyed: readonly UnkeyedRecords[];
  readonly calls: {
    /** Calls that the rehearsal made to look; a run makes them too. */
    readonly reading: number;
    /** Calls that the writes would take. */
    readonly writing: number;
    /** The fewest calls by which anybody could make these writes, with the pre-images that they read. */
    readonly lowerBound: number;
  };
}

/**
 * Rehearses a run. Writes nothing anywhere: not to the org, not to the external system, not to the state.
 *
 * Throws what a run throws, `LEASE_HELD` included: beside a running run a plan would be wrong at once.
 */
export async function makePlan(ports: EnginePorts, request: RunRequest): Promise<Plan> {
  const rehearsal = new Rehearsal();
  const { organizationId } = await ports.salesforce.connect();
  const report = await runWith(
    {
      ...ports,
      state: rehearsalState(ports.state, ports.nowMs, (batch) => rehearsal.heard(batch)),
      salesforce: rehearsal.salesforce(ports.salesforce),
      external: rehearsal.external(ports.external),
      observe: (event) => {
        // Nothing is written, so nobody is told that it was.
        if (event.kind === "passDone") ports.observe({ ...event, written: 0 });
      },
    },
    request,
    passWith(rehearsal.join),
  );
  const writes = rehearsal.writes();
  const creates = new Set(writes.flatMap((write) => (isCreation(write) ? [write.object] : [])));
  return {
    format: 1,
    madeAtMs: ports.nowMs(),
    source: ports.mapping.source,
    organizationId,
    writes,
    conflicts: report.conflicts,
    held: report.held,
    restarts: report.restarts,
    waits: report.waits,
    unkeyed: await unkeyedRecords(ports, ({ object, match }) => match.length === 0 && creates.has(object)),
    calls: { reading: report.apiCalls + rehearsal.sparedReads, ...rehearsal.calls() },
  };
}

/** Whether a record would be made in Salesforce. */
export function isCreation({ side, actions }: Pick<PlannedWrite, "side" | "actions">): boolean {
  return side === "salesforce" && actions.includes("create");
}

/** The mark by which a write is known again: object, key, side, and what is there before and after. */
export function fingerprintOf(intent: Intent): string {
  const facts = [intent.object, intent.key, intent.side, sortedKeys(intent.before), sortedKeys(intent.after)];
  return createHash("sha256").update(JSON.stringify(facts)).digest("hex").slice(0, 32);
}

function sortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortedKeys);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, item]) => [name, sortedKeys(item)]),
  );
}

/** Answers for the two systems, and notes what a run would have done. */
class Rehearsal {
  readonly #intents = new Map<string, Intent>();
  readonly #writes = new Map<string, PlannedWrite>();
  readonly #calls: SalesforceCall[] = [];
  /** Keys whose Salesforce write has been noted. */
  readonly #doneKeys = new Set<string>();
  #records = 0;
  #sparedReads = 0;

  /** Takes up what was about to be written, then what the run believes it wrote. */
  heard(batch: StateBatch): void {
    for (const intent of batch.putIntents ?? []) {
      const name = writeName(intent.object, intent.key, intent.side);
      // A key that both feeds name is met twice. The first time counts: a real run would then find both sides equal.
      if (!this.#writes.has(name)) this.#intents.set(name, intent);
    }
    for (const entry of batch.journal ?? []) this.#note(entry);
  }

  /** Calls of a run that looks up records which the rehearsal did not make. */
  get sparedReads(): number {
    return this.#sparedReads;
  }

  writes(): readonly PlannedWrite[] {
    return [...this.#writes.values()];
  }

  /**
   * Reads like a run, and leaves out what the rehearsal has written: both systems still show it as it was, where a run
   * that meets the document again finds both sides alike.
   */
  readonly join: Join = async (context, mapping, nominations, feed) => {
    const { joined, unjoined } = await join(context, mapping, nominations, feed);
    return { joined: joined.filter(({ key }) => !this.#hasWritten(mapping.object, key)), unjoined };
  };

  calls(): { readonly writing: number; readonly lowerBound: number } {
    return {
      writing: this.#calls.reduce((sum, call) => sum + call.predictedCalls, 0),
      lowerBound: lowerBoundOf(this.#calls),
    };
  }

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
      execute: async (call) => {
        const operations = operationsOf(call);
        if (operations.some((operation) => this.#isNew(operation.opId))) this.#calls.push(call);
        return operations.map(
          (operation): RowOutcome => ({
            kind: "done",
            opId: operation.opId,
            recordId: operation.kind === "upsert" ? this.#newRecordId() : operation.recordId,
            created: operation.kind === "upsert",
          }),
        );
      },
      // A rehearsal neither waits for a job nor aborts one: its rows are looked up as they are now.
      endOfJob: async () => ({ landed: new Map() }),
      holdOff: (attempt) => org.holdOff(attempt),
      usage: () => org.usage(),
      close: async () => {},
    };
  }

  external(system: ExternalSystem): ExternalSystem {
    return overrideExternal(system, {
      apply: async (operations) => operations.map(({ opId }) => ({ kind: "done", opId, version: null })),
      ...(system.rejected && { rejected: system.rejected.bind(system) }),
      close: async () => {},
    });
  }

  #hasWritten(object: string, key: BusinessKey): boolean {
    return (["salesforce", "external"] as const).some((side) => this.#writes.has(writeName(object, key, side)));
  }

  #note(entry: JournalEntry): void {
    if (entry.side === null) return;
    const name = writeName(entry.object, entry.key, entry.side);
    const intent = this.#intents.get(name);
    if (intent === undefined || this.#writes.has(name)) return;
    if (entry.side === "salesforce") this.#doneKeys.add(entry.key);
    const { changes, fields } = entry.detail;
    this.#writes.set(name, {
      object: entry.object,
      key: entry.key,
      side: entry.side,
      actions: entry.event.split(", "),
      // The journal's own entry, written a moment ago by `record`.
      changes: Array.isArray(changes) ? linesInFull(changes as readonly PlannedChange[], intent) : [],
      fields: typeof fields === "number" ? fields : 0,
      fingerprint: fingerprintOf(intent),
    });
  }

  /** Operation ids start with the key of their document. */
  #isNew(opId: string): boolean {
    return !this.#doneKeys.has(opId.slice(0, opId.lastIndexOf("#")));
  }

  #newRecordId(): RecordId {
    this.#records += 1;
    // Looks like no Id of an org, and never leaves the rehearsal.
    return `${REHEARSED}${String(this.#records).padStart(15, "0")}` as RecordId;
  }
}

/** A line that is added or removed as a whole is shown with its values. */
function linesInFull(changes: readonly PlannedChange[], intent: Intent): readonly PlannedChange[] {
  const fieldsOf = (document: SyncDocument | null, lineKey: string): Fields =>
    Object.entries<Fields>(document?.lines ?? {}).find(([key]) => key === lineKey)?.[1] ?? {};
  return changes.flatMap((change) => {
    const { lineKey, rule } = change;
    if (lineKey === undefined || change.field !== "*") return [change];
    // The fields of a line that is removed and added again are listed one by one.
    if (Object.hasOwn(intent.replaced ?? {}, lineKey)) return [];
    const before = fieldsOf(intent.before, lineKey);
    const after = fieldsOf(intent.after, lineKey);
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((field) => {
      const [from, to] = [before[field] ?? null, after[field] ?? null];
      return from === to ? [] : [{ lineKey, field, from, to, rule }];
    });
  });
}

/** Starts the record Ids of a rehearsal; `~` stands in no real Id. */
const REHEARSED = "~r~";

const writeName = (object: string, key: BusinessKey, side: Side): string => `${object} ${key} ${side}`;

/** Graphs and rows of one object can share calls, those of different objects cannot: parents come first. */
function lowerBoundOf(calls: readonly SalesforceCall[]): number {
  const graphs = new Map<string, { count: number; nodes: number }>();
  const rows = new Map<string, readonly RowOperation[]>();
  const conditional = new Map<string, number>();
  for (const call of calls) {
    if (call.kind === "graphs") {
      const object = call.graphs[0]?.operations[0]?.object ?? "";
      const seen = graphs.get(object) ?? { count: 0, nodes: 0 };
      graphs.set(object, {
        count: seen.count + call.graphs.length,
        nodes: seen.nodes + call.graphs.reduce((sum, graph) => sum + nodesOf(graph.operations), 0),
      });
    } else {
      const operations = operationsOf(call);
      const object = operations[0]?.object ?? "";
      if (call.kind === "rows") conditional.set(object, (conditional.get(object) ?? 0) + operations.length);
      else rows.set(object, [...(rows.get(object) ?? []), ...operations]);
    }
  }
  const graphCalls = [...graphs.values()].map(({ count, nodes }) =>
    Math.max(Math.ceil(count / GRAPHS_MAX), Math.ceil(nodes / GRAPH_NODES_MAX)),
  );
  const rowCalls = [...rows.values()].map((operations) => Math.min(leastCollectionCalls(operations), BULK_JOB_CALLS));
  const conditionalCalls = [...conditional.values()].map((count) => Math.ceil(count / COMPOSITE_SUBREQUESTS_MAX));
  return [...graphCalls, ...rowCalls, ...conditionalCalls].reduce((sum, count) => sum + count, 0);
}
