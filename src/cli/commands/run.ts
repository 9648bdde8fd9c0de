/** `order-sync run`: one round, its progress on standard error and its report on standard output. */

import type { Config } from "../../config/schema.ts";
import { checkBeforeFirstRun } from "../../engine/check.ts";
import { processHolder } from "../../engine/holder.ts";
import { openPorts, runOptions } from "../../engine/open.ts";
import type { RunReport } from "../../engine/report.ts";
import { pruneAfterRun } from "../../engine/retention.ts";
import { type RunRequest, runOnce } from "../../engine/run.ts";
import type { StateStore } from "../../state/port.ts";
import { showProgress } from "../progress.ts";
import { reportText } from "../report-text.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";

/** Options of commands that write. */
export interface RunCommandOptions extends ConfigOptions {
  readonly allowDeletes?: true;
}

/** Runs one round. Throws `SyncError` when it cannot be done. */
export async function runCommand(options: RunCommandOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    await using open = await openPorts(loaded, { observe: showProgress(surroundings.stderr) });
    await checkBeforeFirstRun(open.ports);
    const report = await runOnce(open.ports, requestOf(loaded.config, options, surroundings));
    await pruneAfterRun(open, loaded.config, (text) => surroundings.stderr.write(`${text}\n`));
    surroundings.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    return await exitAfter(open.ports.state, report);
  });
}

/** The request of a run as configuration, command line and terminal make it. */
export function requestOf(
  config: Config,
  options: { readonly allowDeletes?: true },
  { signal }: Pick<Surroundings, "signal">,
): RunRequest {
  return {
    holder: processHolder(Date.now()),
    ...runOptions(config),
    allowDeletes: options.allowDeletes === true,
    ...(signal === undefined ? {} : { signal }),
  };
}

/** 3 when an object had to stand still, 1 when something was held back, else 0. */
export function exitOf(report: Pick<RunReport, "held"> & Partial<Pick<RunReport, "stopped">>): ExitCode {
  if ((report.stopped ?? []).length > 0) return EXIT.failed;
  return report.held.length === 0 ? EXIT.done : EXIT.doneWithRefusals;
}

/**
 * The exit code of a run as a scheduler sees it: 0 means that both sides are the same. A dead letter is not tried in each
 * run, so the runs after the one that refused it have nothing to report; while one is open they end with 1 as well.
 */
export async function exitAfter(
  state: Pick<StateStore, "counts">,
  report: Parameters<typeof exitOf>[0],
): Promise<ExitCode> {
  const exit = exitOf(report);
  if (exit !== EXIT.done) return exit;
  const open = Object.values(await state.counts()).some((of) => (of["deadLetters"] ?? 0) > 0);
  return open ? EXIT.doneWithRefusals : EXIT.done;
}
