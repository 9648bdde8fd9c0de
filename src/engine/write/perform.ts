/**
 * Perform: stores the intents, sends the calls, and says for each decision what became of it on each side.
 *
 * Rows that failed because of others (locks, halted graphs) are sent again in a smaller company; nothing whose fate is
 * unknown is ever sent again here.
 */
import { SyncError } from "../../errors.ts";
import type { ExternalOutcome } from "../../model/external-record.ts";
import type { ApiError, RowOutcome } from "../../model/salesforce-record.ts";
import type { Side } from "../../model/value.ts";
import type { SalesforceCall } from "../../sync/call.ts";
import type { Conflict, Decision, Intent } from "../../sync/decision.ts";
import { asShown } from "../../sync/kept.ts";
import { replacedLines } from "../../sync/replacement.ts";
import { type CallPlan, isAtomic, operationsToDrop, planCalls, type SequenceOptions } from "../../sync/sequence.ts";
import { operationsOf, retainOperations } from "../../sync/split.ts";
import type { RunContext } from "../context/context.ts";
import type { StoppedObject } from "../context/report.ts";
import { judge, type SideResult } from "./verdict.ts";

/** One decision with its intents and its fate. */
export interface Settlement {
  readonly decision: Decision;
  readonly intents: readonly Intent[];
  readonly salesforce: SideResult;
  readonly external: SideResult;
  /** The last outcome of each Salesforce operation that was sent. */
  readonly outcomes: readonly RowOutcome[];
  readonly externalOutcome: ExternalOutcome | null;
}

/** What performing came to; with `stop` the run records what it has and ends, with `stopped` its object does. */
export interface Performance {
  readonly settlements: readonly Settlement[];
  readonly stop: SyncError | null;
  readonly stopped: StoppedObject | null;
  /** The write calls that the sequencer predicted. */
  readonly predictedCalls: number;
}

/** Writes decisions, or does as if. */
export type Perform = (context: RunContext, decisions: readonly Decision[]) => Promise<Performance>;

/**
 * Decisions that are planned together, round by round: rows that failed because of others are sent again in a smaller
 * company, in the end alone. The first company is taken apart to the end before the next one is begun.
 */
const ROUND_SIZES = [Number.POSITIVE_INFINITY, 50, 10, 1] as const;
/**
 * This many records in a row that fail all alone end the repetition: what affects every record (a lock on all of them, a
 * trigger that fails) is not cured by a smaller company, and each of the others would cost its own calls to show it.
 */
const CONSECUTIVE_FAILURES_MAX = 5;
/** Waits for others of one page; what is held up after that is sent again at once, and then left for the next pass. */
const HOLD_OFFS_MAX = 6;
/** This many records of a call must be refused for the configuration before it is to blame: one may be a special case. */
const REFUSED_ALIKE_MIN = 2;
/** Waits under this code while somebody else's transaction holds its external record. */
const EXTERNAL_LOCKED = "EXTERNAL_LOCKED";
/** External operations per call to the adapter, so that a stop does not wait for a long list. */
const EXTERNAL_OPERATIONS_MAX = 200;

/** Writes the decisions of one page. Intents are committed before the first call. */
export const perform: Perform = async (context, decisions) => {
  const startedAtMs = context.ports.nowMs();
  const intents = new Map(decisions.map((decision) => [decision, intentsOf(context, decision, startedAtMs)]));
  await context.lease.commit({ putIntents: [...intents.values()].flat() });

  const sent = await sendToSalesforce(context, decisions, intents);
  const external = await sendToExternal(context, decisions, sent.stop);
  return {
    stop: sent.stop ?? external.stop,
    stopped: sent.stopped,
    predictedCalls: sent.predictedCalls,
    settlements: decisions.map((decision) => {
      const outcome = external.outcomes.get(decision);
      return {
        decision,
        intents: intents.get(decision) ?? [],
        salesforce: sent.results.get(decision) ?? { kind: "none" },
        external: outcome?.result ?? { kind: "none" },
        outcomes: decision.salesforce.flatMap((operation) => sent.outcomes.get(operation.opId) ?? []),
        externalOutcome: outcome?.outcome ?? null,
      };
    }),
  };
};

/** What a decision is about to write, one intent for each side that it writes to. */
export function intentsOf(context: RunContext, decision: Decision, startedAtMs: number): readonly Intent[] {
  const lines = context.ports.mapping.byObject.get(decision.object)?.lines ?? null;
  const replaced = replacedLines(lines, decision);
  const intent = (side: Side): Intent => ({
    id: context.ports.newId(),
    object: decision.object,
    key: decision.key,
    side,
    before: side === "salesforce" ? decision.salesforceBefore : decision.externalBefore,
    after: asShown(side, decision.agreed, decision.kept ?? []),
    ...(decision.kept === undefined || decision.kept.length === 0 ? {} : { kept: decision.kept }),
    seen: side === "salesforce" ? decision.salesforceStamp : decision.externalVersion,
    transitional: side === "salesforce" ? decision.transitional : null,
    ...(side === "salesforce" && replaced !== undefined ? { replaced } : {}),
    atomic: side === "external" || isAtomic(decision, sequenceOptions(context, [decision])),
    conflicts: lostOn(decision.conflicts, side),
    startedAtMs,
  });
  return [
    ...(decision.salesforce.length === 0 ? [] : [intent("salesforce")]),
    ...(decision.external === null ? [] : [intent("external")]),
  ];
}

/** The conflicts that cost this side its value. */
export function lostOn(conflicts: readonly Conflict[], side: Side): readonly Conflict[] {
  return conflicts.filter((conflict) => conflict.winner !== null && conflict.winner !== side);
}

interface SalesforceSending {
  readonly results: ReadonlyMap<Decision, SideResult>;
  readonly outcomes: ReadonlyMap<string, RowOutcome>;
  readonly stop: SyncError | null;
  readonly stopped: StoppedObject | null;
  readonly predictedCalls: number;
}

async function sendToSalesforce(
  context: RunContext,
  decisions: readonly Decision[],
  intents: ReadonlyMap<Decision, readonly Intent[]>,
): Promise<SalesforceSending> {
  const results = new Map<Decision, SideResult>();
  const outcomes = new Map<string, RowOutcome>();
  let stop: SyncError | null = null;
  let stopped: StoppedObject | null = null;
  let predictedCalls = 0;
  let consecutiveFailures = 0;
  let holdOffs = 0;

  const send = async (batch: readonly Decision[], round: number): Promise<void> => {
    if (stop !== null || stopped !== null || consecutiveFailures >= CONSECUTIVE_FAILURES_MAX) return;
    const plan = planCalls(
      batch.map((decision) => withoutDone(decision, outcomes)),
      sequenceOptions(context, batch),
    );
    if (round === 0) predictedCalls = plan.predictedCalls;
    ({ stop, stopped } = await sendPlan(context, plan, { batch, owners: ownersOf(batch), outcomes, intents }));
    const pending = batch.filter((decision) => {
      const verdict = judge(context, decision, outcomes);
      const { result } = verdict;
      const isAlike = stopped !== null && result.kind === "refused" && result.configuration === true;
      results.set(decision, isAlike ? { kind: "stopped", apiErrors: result.apiErrors } : result);
      if (verdict.stop !== null) stop ??= verdict.stop;
      return verdict.resend;
    });
    const size = ROUND_SIZES[round + 1];
    if (size === undefined) {
      consecutiveFailures = pending.length === 0 ? 0 : consecutiveFailures + 1;
      return;
    }
    if (stop === null && stopped === null && holdOffs < HOLD_OFFS_MAX && pending.some(isHeldUp(outcomes))) {
      holdOffs += 1;
      await context.ports.salesforce.holdOff(round + 1);
    }
    for (const smaller of inCompanies(pending, size)) await send(smaller, round + 1);
  };
  const writing = decisions.filter((decision) => decision.salesforce.length > 0);
  if (writing.length > 0) await send(writing, 0);
  return { results, outcomes, stop, stopped, predictedCalls };
}

/** Whether somebody else's work is what a decision failed of: that passes with time, a smaller company alone may not help. */
function isHeldUp(outcomes: ReadonlyMap<string, RowOutcome>): (decision: Decision) => boolean {
  return ({ salesforce }) =>
    salesforce.some(({ opId }) => {
      const outcome = outcomes.get(opId);
      return outcome?.kind === "failed" && (outcome.class === "retrySerially" || outcome.class === "retry");
    });
}

interface Sending {
  readonly batch: readonly Decision[];
  /** The decision that each operation belongs to, by operation. */
  readonly owners: ReadonlyMap<string, Decision>;
  /** Filled as answers come in. */
  readonly outcomes: Map<string, RowOutcome>;
  readonly intents: ReadonlyMap<Decision, readonly Intent[]>;
}

/** Sends the steps of a plan; operations of decisions that failed in an earlier step are left out. */
async function sendPlan(
  context: RunContext,
  plan: CallPlan,
  sending: Sending,
): Promise<Pick<Performance, "stop" | "stopped">> {
  const failed = new Set<string>();
  for (const step of plan.steps) {
    for (const planned of step) {
      const dropped = operationsToDrop(sending.batch, failed);
      const call = retainOperations(planned, ({ opId }) => !dropped.has(opId));
      if (call === undefined) continue;
      await context.lease.keep();
      const listener = {
        jobStarted: (jobId: string) => context.lease.commit({ putIntents: sentBy(jobId, call, sending) }),
      };
      try {
        for (const outcome of await context.ports.salesforce.execute(call, listener)) {
          sending.outcomes.set(outcome.opId, outcome);
          if (outcome.kind !== "done") failed.add(outcome.opId);
        }
      } catch (error) {
        if (error instanceof SyncError) return { stop: error, stopped: null };
        throw error;
      }
      const stopped = refusedAlike(context, call, sending);
      if (stopped !== null) return { stop: null, stopped };
    }
  }
  return { stop: null, stopped: null };
}

/** The intents of a job's rows with the job: whoever finds them later waits for its end before anything else. */
function sentBy(jobId: string, call: SalesforceCall, { owners, intents }: Sending): readonly Intent[] {
  return operationsOf(call).flatMap((operation) => {
    const owner = owners.get(operation.opId);
    const row = operation.kind === "upsert" ? operation.key : operation.recordId;
    const own = (owner === undefined ? undefined : intents.get(owner)) ?? [];
    return own.flatMap((intent) => (intent.side === "salesforce" ? [{ ...intent, job: { jobId, row } }] : []));
  });
}

/**
 * The object of a call whose records were all refused for the configuration: a field that may not be written, a right
 * that is missing. Null as soon as one record of the page landed, or was not even tried because of the others.
 */
function refusedAlike(context: RunContext, call: SalesforceCall, { owners, outcomes }: Sending): StoppedObject | null {
  for (const outcome of outcomes.values()) if (outcome.kind === "done") return null;
  const decisions = new Set(operationsOf(call).flatMap(({ opId }) => owners.get(opId) ?? []));
  const refusals: { readonly decision: Decision; readonly apiErrors: readonly ApiError[] }[] = [];
  for (const decision of decisions) {
    const { result } = judge(context, decision, outcomes);
    if (result.kind !== "refused" || result.configuration !== true) return null;
    refusals.push({ decision, apiErrors: result.apiErrors });
  }
  const [first] = refusals;
  const apiError = first?.apiErrors[0];
  if (first === undefined || apiError === undefined || refusals.length < REFUSED_ALIKE_MIN) return null;
  return {
    object: first.decision.object,
    code: apiError.code,
    message: `all ${refusals.length} records of a call were refused, the first one ${first.decision.key}: ${apiError.code}: ${apiError.message}`,
  };
}

function ownersOf(decisions: readonly Decision[]): ReadonlyMap<string, Decision> {
  return new Map(
    decisions.flatMap((decision) => decision.salesforce.map((operation) => [operation.opId, decision] as const)),
  );
}

/** How the calls of a page are planned. */
export function sequenceOptions(context: RunContext, decisions: readonly Decision[]): SequenceOptions {
  const object = decisions[0]?.object ?? "";
  const activation = context.ports.mapping.byObject.get(object)?.activation ?? "inGraph";
  return { activation, bulkRows: context.options.bulkRows };
}

function* inCompanies(decisions: readonly Decision[], size: number): Generator<readonly Decision[]> {
  const step = Math.min(size, decisions.length);
  for (let start = 0; start < decisions.length; start += step) yield decisions.slice(start, start + step);
}

function withoutDone(decision: Decision, outcomes: ReadonlyMap<string, RowOutcome>): Decision {
  const salesforce = decision.salesforce.filter((operation) => outcomes.get(operation.opId)?.kind !== "done");
  return { ...decision, salesforce };
}

interface ExternalFate {
  readonly result: SideResult;
  readonly outcome: ExternalOutcome | null;
}

async function sendToExternal(
  context: RunContext,
  decisions: readonly Decision[],
  stopped: SyncError | null,
): Promise<{ readonly outcomes: ReadonlyMap<Decision, ExternalFate>; readonly stop: SyncError | null }> {
  const outcomes = new Map<Decision, ExternalFate>();
  const writing = decisions.filter((decision) => decision.external !== null);
  let stop: SyncError | null = null;
  for (let start = 0; start < writing.length; start += EXTERNAL_OPERATIONS_MAX) {
    const part = writing.slice(start, start + EXTERNAL_OPERATIONS_MAX);
    if (stopped !== null || stop !== null) {
      for (const decision of part) outcomes.set(decision, { result: { kind: "unsent" }, outcome: null });
      continue;
    }
    await context.lease.keep();
    try {
      const { lockedCollections } = context.memory;
      const operations = part.flatMap((decision) => decision.external ?? []);
      const results = await context.ports.external.apply(operations, { lockedCollections });
      for (const [index, result] of results.entries()) {
        const collection = operations[index]?.collection;
        if (result.kind === "locked" && collection !== undefined && !lockedCollections.has(collection))
          lockedCollections.set(collection, result.reason);
      }
      for (const [index, decision] of part.entries()) outcomes.set(decision, externalFate(results[index]));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      // The adapter broke off in the middle: what it did not report may or may not have landed.
      stop = error;
      for (const decision of part) {
        outcomes.set(decision, { result: { kind: "unknown", reason: error.message }, outcome: null });
      }
    }
  }
  return { outcomes, stop };
}

function externalFate(outcome: ExternalOutcome | undefined): ExternalFate {
  if (outcome === undefined) {
    return { result: { kind: "unknown", reason: "the adapter gave no outcome" }, outcome: null };
  }
  return { result: externalResult(outcome), outcome };
}

function externalResult(outcome: ExternalOutcome): SideResult {
  switch (outcome.kind) {
    case "done":
      return { kind: "done", created: false };
    case "stale":
      return { kind: "again", reason: outcome.reason ?? "the external record moved since it was read" };
    case "locked":
      return { kind: "again", reason: outcome.reason, code: EXTERNAL_LOCKED };
    case "refused":
      return { kind: "refused", apiErrors: [{ code: "EXTERNAL_REFUSED", message: outcome.reason, fields: [] }] };
    case "unknown":
      return { kind: "unknown", reason: outcome.reason };
    default:
      return outcome satisfies never;
  }
}
