/** `order-sync run`: one round, its progress on standard error and its report on standard output. */

import type { Config } from "../../config/schema.ts";
import { checkBeforeFirstRun } from "../../engine/check.ts";
import { processHolder } from "../../engine/holder.ts";
import { openPorts, runOptions } from "../../engine/open.ts";
import type { RunReport } from "../../engine/report.ts";
import { type RunRequest, runOnce } from "../../engine/run.ts";
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
    surroundings.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    return exitOf(report);
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
