/** `order-sync run`: one round, its progress on standard error and its report on standard output. */

import type { Config } from "../../config/schema.ts";
import { checkBeforeFirstRun } from "../../engine/check/check.ts";
import { outcomeOf } from "../../engine/context/report.ts";
import { processHolder } from "../../engine/lease/holder.ts";
import { type RunRequest, runOnce } from "../../engine/run/run.ts";
import { openPorts, runOptions } from "../../service/open.ts";
import { pruneAfterRun } from "../../service/retention.ts";
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

/**
 * The exit code of a run as a scheduler sees it: 0 means that both sides are the same, 1 that something is held back or a
 * dead letter is open, though this run may not have tried it, and 3 that an object had to stand still.
 */
export function exitOf(report: Parameters<typeof outcomeOf>[0]): ExitCode {
  return EXIT[outcomeOf(report).outcome];
}
