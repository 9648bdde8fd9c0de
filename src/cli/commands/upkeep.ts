/** `order-sync sweep`, `migrate`, `prune` and `reset`: care of the memory. */

import { existsSync, rmSync } from "node:fs";
import { sweepPendingSinceMs } from "../../engine/detect/pending-sweep.ts";
import { processIsGone } from "../../engine/lease/holder.ts";
import { sweep } from "../../engine/sweep/sweep.ts";
import { undecidedText } from "../../engine/sweep/sweep-absence.ts";
import { type CountedReading, unnamedText, unprovenOf, unprovenText } from "../../engine/sweep/sweep-proof.ts";
import { unlistedText } from "../../engine/sweep/sweep-unlisted.ts";
import { SyncError } from "../../errors.ts";
import { counted } from "../../model/counted.ts";
import { openExistingState, openPorts } from "../../service/open.ts";
import { pruneState } from "../../service/retention.ts";
import { openStateStore } from "../../state/open.ts";
import { stateFile, statePlace } from "../../state/place.ts";
import type { Lease } from "../../state/port.ts";
import { QUEUE_SCHEMA } from "../../workers/queue.ts";
import { showProgress } from "../progress.ts";
import { reportText } from "../report-text.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";
import { exitOf, type RunCommandOptions, requestOf } from "./run.ts";

/** Compares every record on both sides, not only what changed. */
export async function sweepCommand(options: RunCommandOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    const { stdout, stderr } = surroundings;
    await using open = await openPorts(loaded, { observe: showProgress(stderr) });
    const { missed, counts, undecided, unlisted, runs } = await sweep(
      open.ports,
      requestOf(loaded.config, options, surroundings),
      (report) => {
        // That a sweep is pending is no advice while it is made.
        if (options.json !== true) stdout.write(reportText({ ...report, sweepPendingSinceMs: null }));
      },
    );
    stdout.write(
      options.json === true
        ? `${JSON.stringify({ missed, counts, undecided, unlisted, runs })}\n`
        : sweepText(missed, counts),
    );
    if (options.json !== true) for (const absence of undecided) stdout.write(`  ${undecidedText(absence)}\n`);
    if (options.json !== true) for (const records of unlisted) stdout.write(`  ${unlistedText(records)}\n`);
    if (options.json !== true && sweepPendingSinceMs(await open.ports.state.cursors()) !== null)
      stdout.write(
        "  the sweep is still pending, because it left out something or more was missed meanwhile; run it again\n",
      );
    const last = runs.at(-1);
    const exit = last === undefined ? EXIT.done : exitOf(last);
    const isLacking = unprovenOf(counts).length > 0 || undecided.length > 0 || unlisted.length > 0;
    return exit === EXIT.done && isLacking ? EXIT.doneWithRefusals : exit;
  });
}

function sweepText(missed: number, counts: readonly CountedReading[]): string {
  const unproven = unprovenOf(counts);
  const read = counts.filter(({ seen, counted }) => seen !== null && counted !== null);
  const records = read.reduce((sum, { seen }) => sum + (seen ?? 0), 0);
  const uncounted = counts.filter((reading) => !read.includes(reading)).map(({ name }) => name);
  return [
    `the change feeds had missed ${counted(missed, "document")}${missed === 0 ? "" : "; now in sync"}`,
    ...(unproven.length === 0 && read.length > 0
      ? [`${counted(records, "record")} read in ${counted(read.length, "list")}, as many as both sides count`]
      : unproven.map(unprovenText)),
    ...(uncounted.length === 0 ? [] : [`not counted: ${uncounted.join(", ")}`]),
    ...counts.filter(({ unnamed }) => unnamed > 0).map(unnamedText),
  ]
    .map((line) => `  ${line}\n`)
    .join("");
}

/** Makes the state's tables or brings them up to date. */
export async function migrateCommand(options: ConfigOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async ({ config }, { stdout }) => {
    const state = await openStateStore(config.state.url);
    try {
      await state.migrate();
    } finally {
      await state.close();
    }
    const place = statePlace(config.state.url);
    stdout.write(options.json === true ? `${JSON.stringify({ migrated: place })}\n` : `${place} is up to date.\n`);
    return EXIT.done;
  });
}

/** Removes everything that is older than `state.retention` keeps it, which a run does in small steps by itself. */
export async function pruneCommand(options: ConfigOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async ({ config }, { stdout, signal }) => {
    const state = await openExistingState(config);
    try {
      await state.migrate();
      const { journal, conflicts, runs } = await pruneState(state.upkeep, config.state.retention, {
        nowMs: Date.now(),
        batchesMax: Number.POSITIVE_INFINITY,
        signal,
      });
      stdout.write(
        options.json === true
          ? `${JSON.stringify({ journal, conflicts, runs })}\n`
          : `Removed ${counted(journal, "journal entry", "journal entries")}, ${counted(conflicts, "settled conflict")} and ${counted(runs, "run")}.\n`,
      );
    } finally {
      await state.close();
    }
    return EXIT.done;
  });
}

/** Forgets everything: the next run reads both sides again and makes nothing twice. */
export async function resetCommand(
  options: ConfigOptions & { readonly yes?: true },
  outer: Surroundings,
): Promise<ExitCode> {
  return await withConfig(options, outer, async ({ config }, surroundings) => {
    const { url } = config.state;
    const place = statePlace(url);
    const state = await openExistingState(config);
    try {
      refuseWhileHeld(await state.upkeep.leases(Date.now()));
      await confirm(options, surroundings, place);
      // The queue of the workers holds jobs of runs that nobody remembers then.
      if (stateFile(url) === null) await state.upkeep.dropSchemas([QUEUE_SCHEMA], Date.now(), refuseWhileHeld);
    } finally {
      await state.close();
    }
    const path = stateFile(url);
    if (path !== null) for (const file of [path, `${path}-wal`, `${path}-shm`]) if (existsSync(file)) rmSync(file);
    surroundings.stdout.write(
      options.json === true
        ? `${JSON.stringify({ removed: place })}\n`
        : `${place} is removed. The next run compares everything again; values that differ are settled by the mapping's policy.\n`,
    );
    return EXIT.done;
  });
}

function refuseWhileHeld(leases: readonly Lease[]): void {
  const held = leases.find(({ holder }) => !processIsGone(holder));
  if (held === undefined) return;
  throw new SyncError("LEASE_HELD", `${held.holder} is using this state (${held.name}); stop it before a reset`);
}

async function confirm(options: { readonly yes?: true }, { ask }: Surroundings, place: string): Promise<void> {
  if (options.yes === true) return;
  if (ask === undefined) throw new SyncError("USAGE", "reset forgets all links and open conflicts; confirm with --yes");
  const answer = await ask(`Forget all links, conflicts, dead letters and the journal in ${place}? Type yes: `);
  if (answer.toLowerCase() !== "yes") throw new SyncError("USAGE", "Nothing was removed");
}
