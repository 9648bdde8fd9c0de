/**
 * Conducts one run that has its lease: looks up what earlier runs left open, asks the feeds, plans the waves, has them
 * carried out, adds up what they did, and keeps the record of the run. Who carries the waves out is the caller's choice.
 */

import { SyncError } from "../../errors.ts";
import { standardPriceBookKey } from "../../mapping/compile.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { RecordId } from "../../model/key.ts";
import type { RunRecord } from "../../state/port.ts";
import { LIVE } from "../../sync/presence.ts";
import { requireExternalFields } from "../check/external-fields.ts";
import { requireSameOrg } from "../check/same-org.ts";
import type { RunContext, RunInProgress } from "../context/context.ts";
import { MatchCache } from "../context/match-cache.ts";
import { RunMemory } from "../context/memory.ts";
import { outcomeOf, type RunReport } from "../context/report.ts";
import { RunTally } from "../context/tally.ts";
import { pollSalesforce } from "../detect/detect.ts";
import { withFirstPositions } from "../detect/external-feed.ts";
import { noteNotices } from "../detect/feed-notes.ts";
import { sweepPendingSinceMs } from "../detect/pending-sweep.ts";
import { noteRejectedInputs, readmitInputs } from "../detect/rejected-inputs.ts";
import { recoverIntents } from "../pass/recovery.ts";
import type { Executor, Wave } from "./executor.ts";
import { planWaves } from "./waves.ts";

/** A run that may begin. */
export interface RunStart extends Pick<RunContext, "ports" | "options" | "runId" | "lease"> {
  readonly executor: Executor;
  /** Stores the record of the run between two objects, where somebody else may have to go on with it. */
  readonly keepRecord?: (run: RunRecord) => Promise<void>;
  /** Stores the record of a run that could not be done; its error is thrown afterwards. */
  readonly failed: (run: RunRecord) => Promise<void>;
}

/** Conducts the run to its end. Throws what ends it. */
export async function conductRun(start: RunStart): Promise<RunReport> {
  const { ports, runId, lease } = start;
  const startedAtMs = ports.nowMs();
  const callsBefore = ports.salesforce.usage().calls;
  const tally = new RunTally();
  const apiCalls = (): number => ports.salesforce.usage().calls - callsBefore + tally.callsElsewhere;
  const remember = (outcome: RunRecord["outcome"], error: string | null): RunRecord => ({
    id: runId,
    startedAtMs,
    finishedAtMs: outcome === "running" ? null : ports.nowMs(),
    outcome,
    apiCalls: apiCalls(),
    predictedCalls: tally.predictedWriteCalls,
    error,
    counts: tally.counts(),
  });
  try {
    await lease.commit({ run: remember("running", null) });
    ports.observe({ kind: "runStarted", runId, atMs: startedAtMs });
    const identity = await ports.salesforce.connect();
    const memory = await RunMemory.load(ports.state);
    const { options } = start;
    const run: RunInProgress = { ports, options, runId, identity, lease, memory, matches: new MatchCache(), tally };
    await carryOut(run, start.executor, async () => await start.keepRecord?.(remember("running", null)));
    const report = tally.report({
      runId,
      startedAtMs,
      finishedAtMs: ports.nowMs(),
      apiCalls: apiCalls(),
      openDeadLetters: memory.deadLetterCount,
      sweepPendingSinceMs: sweepPendingSinceMs(await ports.state.cursors()),
    });
    const { outcome, error } = outcomeOf(report);
    await lease.commit({ run: remember(outcome, error) });
    ports.observe({ kind: "runFinished", report });
    return report;
  } catch (error) {
    await start.failed(remember("failed", error instanceof Error ? error.message : String(error)));
    throw error;
  }
}

async function carryOut(run: RunInProgress, executor: Executor, keepRecord: () => Promise<void>): Promise<void> {
  const { ports, tally } = run;
  await requireSameOrg(run);
  await requireExternalFields(ports);
  await linkStandardPriceBook(run);
  tally.add(await recoverIntents(run));
  await readmitInputs(run);
  const known = await ports.state.cursors();
  const polls = await pollSalesforce(run, known);
  const cursors = await withFirstPositions(run, known);
  const waves = planWaves(run, { polls, cursors }, executor);
  try {
    let at: ObjectMapping | undefined;
    let next: IteratorResult<Wave, void> = await waves.next();
    while (next.done !== true) {
      const wave = next.value;
      if (at !== undefined && at !== wave.mapping) await keepRecord();
      at = wave.mapping;
      const result = await executor.execute(run, wave);
      for (const part of result.parts) tally.add(part);
      if (result.failure !== null) throw result.failure;
      next = await waves.next(result);
    }
  } finally {
    await waves.return();
  }
  await noteNotices(run);
  await noteRejectedInputs(run);
}

/** The standard price book has no key of ours; it is known by `IsStandard` and linked once. */
async function linkStandardPriceBook(context: RunContext): Promise<void> {
  const { mapping, state, salesforce } = context.ports;
  const used = mapping.objects.some((object) =>
    [...object.fields, ...(object.lines?.fields ?? [])].some((field) => field.reference?.object === "Pricebook2"),
  );
  const key = standardPriceBookKey(mapping);
  if (!used || (await state.links("Pricebook2", [key])).has(key)) return;
  const [standard] = await salesforce.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
  if (standard === undefined) {
    throw new SyncError(
      "MAPPING_INVALID",
      "The org shows no standard price book; give the integration user read access to price books",
    );
  }
  await context.lease.commit({
    links: [
      {
        object: "Pricebook2",
        key,
        // The Id comes from Salesforce itself.
        recordId: String(standard["Id"]) as RecordId,
        naturalKey: null,
        lineIds: {},
        presence: LIVE,
      },
    ],
  });
}
