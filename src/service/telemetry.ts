/** From the events of runs to log lines and metrics. */

import type { EngineEvent, EngineObserver } from "../engine/context/events.ts";
import { outcomeOf, type RunReport } from "../engine/context/report.ts";
import type { SyncLogger } from "../observe/log.ts";
import type { RunMeasure, SyncMetrics } from "../observe/metrics.ts";
import type { RetryEvent } from "../salesforce/call-policy.ts";

/** Observers that write what happens to a log and to metrics. */
export interface Telemetry {
  readonly observe: EngineObserver;
  readonly onRetry: (event: RetryEvent) => void;
}

/** Lines and counts. Lines carry the run, the object and the key where they have one. */
export function telemetry(log: SyncLogger, metrics: SyncMetrics): Telemetry {
  const lines = logEvents(log);
  return {
    observe: (event) => {
      countRecords(event, metrics);
      lines.observe(event);
    },
    onRetry: (event) => {
      metrics.retried(reasonClass(event.reason));
      lines.onRetry(event);
    },
  };
}

/** Lines alone. */
export function logEvents(log: SyncLogger): Telemetry {
  let run: string | undefined;
  return {
    observe: (event) => {
      if (event.kind === "runFinished" && event.report.unseenDeletes.length > 0) {
        log.warn({ run, objects: event.report.unseenDeletes }, "deletions may have been missed; run a sweep");
      }
      if (event.kind === "runFinished" && event.report.oneSided.length > 0) {
        log.info({ run, documents: event.report.oneSided }, "documents stand on one side only and are left alone");
      }
      if (event.kind === "runFinished" && event.report.keptOtherwise.length > 0) {
        log.warn({ run, fields: event.report.keptOtherwise }, "values are kept otherwise than they were sent");
      }
      if (event.kind === "runFinished") logFeeds(event.report, run, log);
      if (event.kind === "runStarted") run = event.runId;
      write(event, run, log);
    },
    onRetry: (event) => {
      log.warn(
        { run, call: event.call, attempt: event.attempt, waitMs: event.waitMs, reason: event.reason },
        "call repeated",
      );
    },
  };
}

/** What the external feeds say about themselves. */
function logFeeds({ restarts, waits, notices }: RunReport, run: string | undefined, log: SyncLogger): void {
  for (const { object, collection, reason } of restarts)
    log.warn({ run, object, collection }, `read again from the beginning: ${reason}`);
  for (const { object, collection, sinceMs, changes, holder } of waits) {
    const since = new Date(sinceMs).toISOString();
    log.warn({ run, object, collection, since, changes, holder }, "changes wait for an open transaction");
  }
  for (const { code, message } of notices) log.warn({ run, code }, message);
}

/** What a run that ended tells the metrics. */
export function measureOf(report: RunReport): RunMeasure {
  const [stopped] = report.stopped;
  return {
    seconds: Math.max(0, report.finishedAtMs - report.startedAtMs) / 1000,
    outcome: outcomeOf(report).outcome,
    code: stopped?.code ?? null,
    calls: report.apiCalls,
    predictedCalls: report.predictedWriteCalls,
  };
}

/** Counts what happened to records. */
export function countRecords(event: EngineEvent, metrics: SyncMetrics): void {
  if (event.kind === "written") metrics.written(event.object, event.side, event.actions);
  if (event.kind === "unsynced") metrics.unsynced(event.object, event.how);
}

function write(event: EngineEvent, run: string | undefined, log: SyncLogger): void {
  switch (event.kind) {
    case "runStarted":
      log.info({ run }, "run started");
      break;
    case "recovered":
      log.warn({ run, object: event.object, key: event.key, found: event.found }, "interrupted write looked up");
      break;
    case "passDone":
      log.debug(
        { run, object: event.object, feed: event.feed, compared: event.nominated, written: event.written },
        "page done",
      );
      break;
    case "written":
      log.debug({ run, object: event.object, key: event.key, side: event.side, actions: event.actions }, "written");
      break;
    case "unsynced": {
      const reasons = event.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`);
      log.warn({ run, object: event.object, key: event.key, how: event.how, reasons }, "not synced");
      break;
    }
    case "runFinished": {
      const { writes, compared, apiCalls, unsynced, conflicts, recovered, startedAtMs, finishedAtMs } = event.report;
      log.info(
        {
          run,
          writes,
          compared,
          apiCalls,
          recovered,
          unsynced: unsynced.length,
          conflicts: conflicts.length,
          ms: finishedAtMs - startedAtMs,
        },
        "run finished",
      );
      break;
    }
    default:
      event satisfies never;
  }
}

/** Reasons hold hosts and messages; a label must have few values: the code at their end or start. */
export function reasonClass(reason: string): string {
  return (
    /\(([A-Z_]{3,40})\)/.exec(reason)?.[1] ??
    /\b([A-Z][A-Z_]{5,40})\b/.exec(reason)?.[1] ??
    /HTTP \d{3}/.exec(reason)?.[0] ??
    "other"
  );
}
