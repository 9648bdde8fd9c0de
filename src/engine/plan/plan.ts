/**
 * The plan: what a run would do now, found out by a dry run.
 *
 * A dry run is a real run on real data. Only its last steps go nowhere: writes count as landed, and commits stay in
 * memory. So a plan shows exactly what the engine decides, also about records whose parents do not exist yet.
 */
import { createHash } from "node:crypto";
import type { SyncDocument } from "../../model/document.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { RowOperation } from "../../model/salesforce-record.ts";
import type { Fields, Side } from "../../model/value.ts";
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
import { actionsOf, CHANGES_LISTED_MAX, changesOf, type ReportedChange } from "../../sync/side-write.ts";
import { operationsOf } from "../../sync/split.ts";
import type { EnginePorts } from "../context/ports.ts";
import type { FeedRestart, ObjectWait, UnsyncedDocument } from "../context/report.ts";
import { type UnkeyedRecords, unkeyedRecords } from "../join/unkeyed.ts";
import { type RunRequest, runWith } from "../run/run.ts";
import type { Settlement } from "../write/perform.ts";
import { DryRun } from "./dry-run.ts";
import { rehearsalState } from "./rehearsal-state.ts";

/** One field that a run would change. */
export type PlannedChange = ReportedChange;

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

/** What a run would do. JSON-serializable. */
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
  readonly unsynced: readonly UnsyncedDocument[];
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
 * Makes a dry run. Writes nothing anywhere: not to the org, not to the external system, not to the state.
 *
 * Throws what a run throws, `LEASE_HELD` included: beside a running run a plan would be wrong at once.
 */
export async function makePlan(ports: EnginePorts, request: RunRequest): Promise<Plan> {
  const dryRun = new DryRun();
  const { organizationId } = await ports.salesforce.connect();
  const report = await runWith(
    {
      ...ports,
      state: rehearsalState(ports.state, ports.nowMs),
      salesforce: dryRun.salesforce(ports.salesforce),
      external: dryRun.external(ports.external),
      observe: (event) => {
        // Nothing is written, so nothing is reported as written.
        if (event.kind === "passDone") ports.observe({ ...event, written: 0 });
      },
    },
    request,
    dryRun.executor(),
  );
  const writes = plannedWrites(dryRun.settlements);
  const creates = new Set(writes.flatMap((write) => (isCreation(write) ? [write.object] : [])));
  return {
    format: 1,
    madeAtMs: ports.nowMs(),
    source: ports.mapping.source,
    organizationId,
    writes,
    conflicts: report.conflicts,
    unsynced: report.unsynced,
    restarts: report.restarts,
    waits: report.waits,
    unkeyed: await unkeyedRecords(ports, ({ object, match }) => match.length === 0 && creates.has(object)),
    calls: {
      reading: report.apiCalls + dryRun.sparedReads,
      writing: dryRun.calls.reduce((sum, call) => sum + call.predictedCalls, 0),
      lowerBound: lowerBoundOf(dryRun.calls),
    },
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

/** The writes of decisions, each side of a document by itself. */
function plannedWrites(settlements: readonly Settlement[]): readonly PlannedWrite[] {
  return settlements.flatMap(({ decision, intents }) =>
    intents.map((intent): PlannedWrite => {
      const { object, key, side } = intent;
      const changes = changesOf(decision, side);
      return {
        object,
        key,
        side,
        actions: actionsOf(decision, side),
        changes: linesInFull(changes.slice(0, CHANGES_LISTED_MAX), intent),
        fields: changes.length,
        fingerprint: fingerprintOf(intent),
      };
    }),
  );
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
