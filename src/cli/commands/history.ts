/** `order-sync status`, `report` and `journal`: what the state tells about now, the last run and one record's past. */

import type { LoadedConfig } from "../../config/load.ts";
import { SyncError } from "../../errors.ts";
import { counted } from "../../model/counted.ts";
import { isEmptyChange, reasonsIn } from "../../observe/journal-detail.ts";
import type { SyncStatus } from "../../observe/status.ts";
import { waitText } from "../../observe/wait-text.ts";
import { openExistingState } from "../../service/open.ts";
import { readStatus } from "../../service/status.ts";
import type { JournalEntry, RunRecord, StateStore } from "../../state/port.ts";
import { colorsOf, EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { textTable } from "../table.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";

const RUNS_SHOWN = 5;
const JOURNAL_LIMIT = 100;
const JOURNAL_LIMIT_MAX = 100_000;
const RUNS_SEARCHED = 10_000;

/** The present state per object, and the last runs. */
export async function statusCommand(options: ConfigOptions, outer: Surroundings): Promise<ExitCode> {
  return await withStore(options, outer, async (state, { config, mapping }, { stdout }) => {
    const { dailyCalls } = config.limits;
    const status = await readStatus(state, mapping, { nowMs: Date.now(), dailyCalls, runs: RUNS_SHOWN });
    stdout.write(options.json === true ? `${JSON.stringify(status)}\n` : statusText(status));
    return EXIT.done;
  });
}

/** One run as it is remembered: the last one, or the one whose Id starts so. */
export async function reportCommand(
  runId: string | undefined,
  options: ConfigOptions,
  outer: Surroundings,
): Promise<ExitCode> {
  return await withStore(options, outer, async (state, _loaded, { stdout }) => {
    const run = (await state.runs(runId === undefined ? 1 : RUNS_SEARCHED)).find((one) =>
      one.id.startsWith(runId ?? ""),
    );
    if (run === undefined) {
      throw new SyncError(
        "NOT_FOUND",
        runId === undefined ? "There was no run yet" : `There is no run ${runId}; see order-sync status`,
      );
    }
    const unsynced = [...(await state.parked()), ...(await state.deadLetters())];
    if (options.json === true) stdout.write(`${JSON.stringify({ run, unsynced })}\n`);
    else {
      stdout.write(`${runText(run)}\n`);
      for (const entry of unsynced) {
        stdout.write(
          `  not synced: ${entry.key}: ${entry.obstacles.map((one) => `${one.code}: ${one.message}`).join("; ")}\n`,
        );
      }
    }
    return EXIT.done;
  });
}

/** Options of `journal`. */
export interface JournalOptions extends ConfigOptions {
  readonly object?: string;
  readonly run?: string;
  readonly since?: string;
  readonly limit?: string;
}

/** What happened to a key, when and why; newest first. */
export async function journalCommand(
  key: string | undefined,
  options: JournalOptions,
  outer: Surroundings,
): Promise<ExitCode> {
  const sinceMs = options.since === undefined ? undefined : Date.parse(options.since);
  if (sinceMs !== undefined && Number.isNaN(sinceMs)) {
    throw new SyncError("USAGE", `--since ${options.since} is no time; write for example 2026-03-01T08:00:00Z`);
  }
  const limit = options.limit === undefined ? JOURNAL_LIMIT : Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > JOURNAL_LIMIT_MAX) {
    throw new SyncError("USAGE", `--limit ${options.limit} must be a whole number from 1 to ${JOURNAL_LIMIT_MAX}`);
  }
  return await withStore(options, outer, async (state, _loaded, surroundings) => {
    const entries = await state.journal({
      ...(key === undefined ? {} : { key }),
      ...(options.object === undefined ? {} : { object: options.object }),
      ...(options.run === undefined ? {} : { runId: options.run }),
      ...(sinceMs === undefined ? {} : { sinceMs }),
      limit,
    });
    const { stdout } = surroundings;
    if (options.json === true) for (const entry of entries) stdout.write(`${JSON.stringify(entry)}\n`);
    else if (entries.length === 0)
      stdout.write(`The journal holds nothing${key === undefined ? "" : ` about ${key}`}.\n`);
    else for (const entry of entries) stdout.write(entryText(entry, surroundings));
    return EXIT.done;
  });
}

async function withStore(
  options: ConfigOptions,
  outer: Surroundings,
  work: (state: StateStore, loaded: LoadedConfig, surroundings: Surroundings) => Promise<ExitCode>,
): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    const state = await openExistingState(loaded.config);
    try {
      return await work(state, loaded, surroundings);
    } finally {
      await state.close();
    }
  });
}

function statusText(status: SyncStatus): string {
  const rows = status.objects.map((object) => [
    object.object,
    object.linked,
    object.parked,
    object.deadLetters,
    object.openConflicts,
    ...(object.collection === ""
      ? ["", ""]
      : [
          object.watched ? ago(object.salesforceKnownToMs, status.atMs) : "not watched",
          ago(object.externalKnownToMs, status.atMs),
        ]),
  ]);
  const header = ["object", "linked", "waiting", "dead letters", "conflicts", "Salesforce known", "external known"];
  const budget = status.dailyCalls === null ? "" : ` of ${status.dailyCalls}`;
  const lines = [
    textTable(header, rows),
    "",
    status.running === null ? "Nobody is running." : `Running: ${status.running.holder}`,
    `API calls in 24 hours: ${status.callsOfTheDay}${budget}`,
    ...(status.unfinishedIntents === 0
      ? []
      : [`${status.unfinishedIntents} writes were interrupted; the next run looks up what became of them`]),
    ...(status.sweepPendingSinceMs === null
      ? []
      : [
          `Deletions may have been missed before ${new Date(status.sweepPendingSinceMs).toISOString()}: run order-sync sweep (serve and worker do so by themselves)`,
        ]),
    ...status.objects.flatMap(({ object, collection, externalWait }) =>
      externalWait === null ? [] : [`${object} waits: ${waitText(collection, externalWait, status.atMs)}`],
    ),
    ...status.notices.map(({ message }) => `Note: ${message}`),
    ...status.runs.map((run) => runText(run).split("\n")[0] ?? ""),
  ];
  return `${lines.join("\n")}\n`;
}

function runText(run: RunRecord): string {
  const end = run.finishedAtMs === null ? "" : ` in ${((run.finishedAtMs - run.startedAtMs) / 1000).toFixed(1)} s`;
  const writes = Object.entries(run.counts).map(([name, count]) => `  ${name}: ${count}`);
  const written = Object.values(run.counts).reduce((sum, count) => sum + count, 0);
  const head = `${new Date(run.startedAtMs).toISOString()}  ${run.id.slice(0, 10)}  ${run.outcome}${end}, ${counted(written, "action")}, ${counted(run.apiCalls, "API call")}${run.error === null ? "" : `: ${run.error}`}`;
  return [head, ...writes].join("\n");
}

function ago(atMs: number | null, nowMs: number): string {
  if (atMs === null) return "never";
  const seconds = Math.max(0, Math.round((nowMs - atMs) / 1000));
  if (seconds < 120) return `${seconds} s ago`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3_600)} h ago`;
}

function entryText(entry: JournalEntry, surroundings: Surroundings): string {
  const colors = colorsOf(surroundings);
  const side = entry.side === null ? "" : ` → ${entry.side === "salesforce" ? "Salesforce" : "external"}`;
  const head = `${new Date(entry.atMs).toISOString()}  ${entry.object} ${entry.key}  ${colors.bold(entry.event)}${side}`;
  return `${[head, ...detailLines(entry.detail)].join("\n    ")}\n`;
}

function detailLines(detail: JournalEntry["detail"]): readonly string[] {
  return Object.entries(detail).flatMap(([name, value]) => {
    const reasons = reasonsIn(value);
    if (reasons !== null) return reasons.map(({ code, message }) => `${code}: ${message}`);
    if (Array.isArray(value)) {
      return name === "changes"
        ? value.filter((change: unknown) => !isEmptyChange(change)).map(changeText)
        : value.map((item) => JSON.stringify(item));
    }
    return name === "fields" ? [] : [`${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
}

function changeText(change: unknown): string {
  if (typeof change !== "object" || change === null) return String(change);
  const of = Object.fromEntries(Object.entries(change));
  const shown = (value: unknown): string => (value === undefined || value === null ? "(empty)" : JSON.stringify(value));
  const line = typeof of["lineKey"] === "string" ? `${of["lineKey"]} ` : "";
  return `${line}${String(of["field"])}: ${shown(of["from"])} → ${shown(of["to"])}  (${String(of["rule"])})`;
}
