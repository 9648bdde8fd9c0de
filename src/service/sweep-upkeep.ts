/** Sweeps after a run where it is due, for whoever stays up: `serve`, and the worker that coordinates. */

import type { EnginePorts } from "../engine/context/ports.ts";
import type { RunReport } from "../engine/context/report.ts";
import type { RunRequest } from "../engine/run/run.ts";
import { sweep } from "../engine/sweep/sweep.ts";
import { undecidedText } from "../engine/sweep/sweep-absence.ts";
import { unnamedText, unprovenOf, unprovenText } from "../engine/sweep/sweep-proof.ts";
import { unlistedText } from "../engine/sweep/sweep-unlisted.ts";
import type { SyncLogger } from "../observe/log.ts";
import type { SweepTimes } from "./schedule.ts";
import { SweepDuty } from "./sweep-duty.ts";

/** What it works with. */
export interface SweepUpkeepParts {
  readonly ports: EnginePorts;
  readonly request: RunRequest;
  /** When to sweep beside what runs ask for; null: not at all. */
  readonly times: SweepTimes | null;
  readonly log: SyncLogger;
  readonly nowMs: () => number;
  /** Hears how many documents a sweep wrote although no feed had named them. */
  readonly onSwept: (missed: number) => void;
  /** Hears of each run of a sweep. */
  readonly onRun?: (report: RunReport) => void;
}

/** The sweeps of one process that stays up. */
export class SweepUpkeep {
  readonly #parts: SweepUpkeepParts;
  readonly #duty: SweepDuty;

  constructor(parts: SweepUpkeepParts) {
    this.#parts = parts;
    this.#duty = new SweepDuty(parts.times, parts.nowMs());
  }

  /**
   * Sweeps if it is due after this run, unless an object stood still in it. Throws what a run throws; then the sweep is
   * due still, an hour later.
   */
  async afterRun({ stopped }: Pick<RunReport, "stopped">, signal: AbortSignal): Promise<void> {
    const { ports, request, log, nowMs, onSwept, onRun } = this.#parts;
    if (stopped.length > 0) return;
    const startedMs = nowMs();
    const reason = this.#duty.due(await ports.state.cursors(), startedMs);
    if (reason === null) return;
    log.info({ reason }, "sweep: all records are compared");
    this.#duty.begin(startedMs);
    const { missed, counts, undecided, unlisted } = await sweep(ports, { ...request, signal }, onRun);
    this.#duty.done(await ports.state.cursors(), startedMs);
    onSwept(missed);
    for (const reading of unprovenOf(counts)) log.error({ reading }, `sweep: ${unprovenText(reading)}`);
    for (const absence of undecided) log.error({ absence }, `sweep: ${undecidedText(absence)}`);
    for (const records of unlisted) log.error({ records }, `sweep: ${unlistedText(records)}`);
    for (const reading of counts.filter(({ unnamed }) => unnamed > 0)) log.warn({ reading }, unnamedText(reading));
    if (missed === 0) log.info({ missed }, "sweep done: the feeds had missed nothing");
    else log.warn({ missed }, "sweep done: documents were written that no feed had named");
  }
}
