/**
 * One run: lease → recover → detect → for each object its passes (join → decide → sequence → execute → record).
 *
 * This is the one place where the ports meet. A run that dies anywhere leaves either an intent, which the next run looks
 * up, or nothing, and then the feeds name the key again.
 */
import { SyncError } from "../../errors.ts";
import type { ExternalChange } from "../../external/port.ts";
import { standardPriceBookKey } from "../../mapping/compile.ts";
import { externalKey } from "../../mapping/external-view.ts";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { RecordId } from "../../model/key.ts";
import type { RunRecord } from "../../state/port.ts";
import { inSpan } from "../../trace/span.ts";
import { requireExternalFields } from "../check/external-fields.ts";
import { requireSameOrg } from "../check/same-org.ts";
import type { RunContext } from "../context/context.ts";
import { MatchCache } from "../context/match-cache.ts";
import { RunMemory } from "../context/memory.ts";
import { DEFAULT_RUN_OPTIONS, type EnginePorts, type RunOptions } from "../context/ports.ts";
import { outcomeOf, type RunReport, RunTally } from "../context/report.ts";
import {
  externalFeed,
  type ObjectPoll,
  pollSalesforce,
  salesforceFeed,
  salesforceNominations,
} from "../detect/detect.ts";
import { acknowledge, feedName, positionOf, withFirstPositions } from "../detect/external-feed.ts";
import { noteNotices, noteRestart, noteWait } from "../detect/feed-notes.ts";
import { owedSweep, sweepOwedSinceMs } from "../detect/pending-sweep.ts";
import { noteRejectedInputs, readmitInputs } from "../detect/rejected-inputs.ts";
import { lettersToTry } from "../held/retry.ts";
import { startHeartbeat } from "../lease/heartbeat.ts";
import { LeaseKeeper, leaseName } from "../lease/lease.ts";
import { allowDeletions } from "../pass/delete-limit.ts";
import { type Pass, runPass } from "../pass/pass.ts";
import { recoverDoubts, recoverIntents } from "../pass/recovery.ts";
import { NominationSet } from "../read/nominations.ts";
import { orgRulesLoader } from "../read/org-rules.ts";

/** Options of `runOnce`: `holder` is required, the rest has defaults. */
export type RunRequest = Partial<RunOptions> & Pick<RunOptions, "holder">;

/**
 * Runs one round over all mapped objects and reports what it did.
 *
 * Throws `SyncError` when the run as a whole cannot be done (`LEASE_HELD`, `SALESFORCE_*`, `EXTERNAL_*`, `STATE_*`);
 * whatever had landed by then is recorded. Documents that were refused or wait are in the report, not exceptions; so are
 * objects that stood still because Salesforce refused all of their records alike.
 */
export async function runOnce(ports: EnginePorts, request: RunRequest): Promise<RunReport> {
  return await runWith(ports, request, runPass);
}

/** A round like `runOnce` whose passes are the caller's. */
export async function runWith(ports: EnginePorts, request: RunRequest, pass: Pass): Promise<RunReport> {
  return await inSpan("order_sync.run", { "order_sync.source": ports.mapping.source }, async (span) => {
    const report = await runRound(ports, request, pass);
    span.setAttributes({
      "order_sync.written": report.writes,
      "order_sync.held": report.held.length,
      "order_sync.api_calls": report.apiCalls,
    });
    return report;
  });
}

async function runRound(ports: EnginePorts, request: RunRequest, pass: Pass): Promise<RunReport> {
  const options: RunOptions = { ...DEFAULT_RUN_OPTIONS, ...request };
  const runId = ports.newId();
  const startedAtMs = ports.nowMs();
  const callsBefore = ports.salesforce.usage().calls;
  const lease = await LeaseKeeper.take({
    state: ports.state,
    name: leaseName(ports.mapping.source),
    holder: options.holder,
    ttlMs: options.leaseTtlMs,
    nowMs: ports.nowMs,
    ...(ports.holderIsGone === undefined ? {} : { holderIsGone: ports.holderIsGone }),
  });
  // A call may take longer than the lease lives. That it was lost is told by the next commit.
  const heartbeat = startHeartbeat(options.leaseTtlMs, () => lease.keep());
  const tally = new RunTally();
  const remember = (outcome: RunRecord["outcome"], error: string | null): RunRecord => ({
    id: runId,
    startedAtMs,
    finishedAtMs: outcome === "running" ? null : ports.nowMs(),
    outcome,
    apiCalls: ports.salesforce.usage().calls - callsBefore,
    predictedCalls: tally.predictedWriteCalls,
    error,
    counts: tally.counts(),
  });
  try {
    await lease.commit({ run: remember("running", null) });
    ports.observe({ kind: "runStarted", runId, atMs: startedAtMs });
    const identity = await ports.salesforce.connect();
    const memory = await RunMemory.load(ports.state);
    await runAll({ ports, options, runId, identity, lease, tally, memory, matches: new MatchCache() }, pass);
    const report = tally.report({
      runId,
      startedAtMs,
      finishedAtMs: ports.nowMs(),
      apiCalls: ports.salesforce.usage().calls - callsBefore,
      openDeadLetters: memory.deadLetterCount,
      sweepOwedSinceMs: sweepOwedSinceMs(await ports.state.cursors()),
    });
    const { outcome, error } = outcomeOf(report);
    await lease.commit({ run: remember(outcome, error) });
    ports.observe({ kind: "runFinished", report });
    return report;
  } catch (error) {
    await rememberFailure(lease, remember("failed", error instanceof Error ? error.message : String(error)));
    throw error;
  } finally {
    heartbeat.stop();
    await lease.release();
  }
}

async function runAll(context: RunContext, pass: Pass): Promise<void> {
  const { ports, options } = context;
  await requireSameOrg(context);
  await requireExternalFields(context.ports);
  await linkStandardPriceBook(context);
  await recoverIntents(context);
  await readmitInputs(context);
  const known = await ports.state.cursors();
  const polls = await pollSalesforce(context, known);
  const cursors = await withFirstPositions(context, known);
  const rulesOf = orgRulesLoader(ports.salesforce, ports.nowMs);
  for (const mapping of ports.mapping.objects) {
    const size = mapping.lines === null ? options.passDocuments : options.passOrders;
    const means = { size, rulesOf, pass };
    const waiting = [...context.memory.parkedKeys(mapping.object), ...(await lettersToTry(context, mapping))];
    await passes(context, mapping, { sets: [keySet(waiting)], feed: "waiting", ...means });
    const poll = polls.get(mapping.object);
    if (poll !== undefined) await salesforcePasses(context, mapping, { poll, cursors, ...means });
    await externalPasses(context, mapping, { cursors, ...means });
    if (context.tally.isStopped(mapping.object)) continue;
    // What had to wait for a record of the same object, or moved while it was written, gets a second look at once.
    const recovered = context.memory.takeRecovered(mapping.object);
    const known = new Set(waiting);
    const parked = context.memory.parkedKeys(mapping.object).filter((key) => !known.has(key));
    const again = [...parked, ...(await lettersToTry(context, mapping))];
    const deletions = await allowDeletions(context, mapping);
    const sets = [keySet([...again, ...recovered, ...deletions])];
    await passes(context, mapping, { sets, feed: "waiting", ...means });
  }
  await noteNotices(context);
  await noteRejectedInputs(context);
}

type RulesOf = ReturnType<typeof orgRulesLoader>;

/** How the pages of one object are worked on. */
interface Means {
  readonly size: number;
  readonly rulesOf: RulesOf;
  readonly pass: Pass;
}

interface PassesInput extends Means {
  readonly sets: Iterable<NominationSet>;
  readonly feed: "salesforce" | "external" | "waiting";
}

async function passes(context: RunContext, mapping: ObjectMapping, input: PassesInput): Promise<void> {
  for (const set of input.sets) {
    for (const nominations of set.parts(input.size)) {
      checkSignal(context);
      if (context.tally.isStopped(mapping.object)) return;
      const rules = (): ReturnType<RulesOf> => input.rulesOf(mapping.object);
      await input.pass(context, { mapping, nominations, feed: input.feed, rules, cursors: {} });
      await recoverDoubts(context, mapping);
    }
  }
}

async function salesforcePasses(
  context: RunContext,
  mapping: ObjectMapping,
  input: Means & { readonly poll: ObjectPoll; readonly cursors: Readonly<Record<string, string>> },
): Promise<void> {
  const { poll, cursors, ...means } = input;
  if (context.tally.isStopped(mapping.object)) return;
  for await (const set of salesforceNominations(context, mapping, poll, means.size)) {
    await passes(context, mapping, { sets: [set], feed: "salesforce", ...means });
    if (context.tally.isStopped(mapping.object)) return;
  }
  // The watermark moves only now: every row below it is done, parked or a dead letter.
  const moved = [poll.root, ...(poll.lines === null ? [] : [poll.lines])].filter(
    (polled) => cursors[salesforceFeed(polled.object)] !== polled.cursor,
  );
  if (moved.length === 0) return;
  const positions = Object.fromEntries(moved.map((polled) => [salesforceFeed(polled.object), polled.cursor]));
  const owed = poll.root.deletesComplete ? {} : owedSweep(context.ports.nowMs());
  await context.lease.commit({ cursors: { ...positions, ...owed } });
}

async function externalPasses(
  context: RunContext,
  mapping: ObjectMapping,
  input: Means & { readonly cursors: Readonly<Record<string, string>> },
): Promise<void> {
  const { size, rulesOf, pass } = input;
  if (context.tally.isStopped(mapping.object)) return;
  let cursor = positionOf(mapping, input.cursors);
  let more = true;
  while (more) {
    checkSignal(context);
    const page = await context.ports.external.changes(mapping.collection, cursor, size);
    await noteRestart(context, mapping, page);
    const set = new NominationSet();
    const unkeyed: ExternalChange[] = [];
    for (const change of page.changes) {
      const key = externalKey(mapping, change.naturalKey);
      if (key !== undefined) set.addExternal(key, change.naturalKey, change.deleted ? "external" : null);
      else unkeyed.push(change);
    }
    const parts = [...set.parts(size)];
    if (parts.length === 0 && unkeyed.length > 0) parts.push([]);
    for (const [index, nominations] of parts.entries()) {
      const last = index === parts.length - 1;
      const cursors = last ? { [externalFeed(feedName(mapping))]: page.cursor } : {};
      const rules = (): ReturnType<RulesOf> => rulesOf(mapping.object);
      await pass(context, { mapping, nominations, feed: "external", rules, cursors, unkeyed: last ? unkeyed : [] });
      await recoverDoubts(context, mapping);
      if (context.tally.isStopped(mapping.object)) return;
    }
    if (parts.length === 0 && page.cursor !== cursor) {
      await context.lease.commit({ cursors: { [externalFeed(feedName(mapping))]: page.cursor } });
    }
    await acknowledge(context, mapping, page.cursor);
    await noteWait(context, mapping, page, input.cursors);
    cursor = page.cursor;
    more = page.more;
  }
}

function keySet(keys: Iterable<Parameters<NominationSet["addKey"]>[0]>): NominationSet {
  const set = new NominationSet();
  for (const key of keys) set.addKey(key);
  return set;
}

/** The standard price book has no key of ours; it is known by `IsStandard` and linked once. */
export async function linkStandardPriceBook(context: RunContext): Promise<void> {
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
        tombstone: false,
      },
    ],
  });
}

function checkSignal(context: RunContext): void {
  context.options.signal?.throwIfAborted();
}

async function rememberFailure(lease: LeaseKeeper, run: RunRecord): Promise<void> {
  try {
    await lease.commit({ run });
  } catch (error) {
    // A lost lease or a broken store is what ended the run; the first error is the one to report.
    if (!(error instanceof SyncError)) throw error;
  }
}
