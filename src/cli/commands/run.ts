/** `order-sync run`: one round, its progress on standard error and its report on standard output. */
import { loadConfig } from "../../config/load.ts";
import { processHolder } from "../../engine/holder.ts";
import { openPorts, runOptions } from "../../engine/open.ts";
import type { RunReport } from "../../engine/report.ts";
import { runOnce } from "../../engine/run.ts";
import { showProgress } from "../progress.ts";
import { reportText } from "../report-text.ts";
import { EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";

/** Runs one round. Throws `SyncError` when it cannot be done. */
export async function runCommand(
  options: { readonly config?: string; readonly allowDeletes?: true; readonly json?: true },
  surroundings: Surroundings,
): Promise<ExitCode> {
  const { config, mapping } = await loadConfig(options.config, surroundings.environment);
  await using open = await openPorts(config, mapping, showProgress(surroundings.stderr));
  const report = await runOnce(open.ports, {
    holder: processHolder(Date.now()),
    ...runOptions(config),
    allowDeletes: options.allowDeletes === true,
  });
  surroundings.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
  return exitOf(report);
}

function exitOf(report: RunReport): ExitCode {
  return report.held.length === 0 ? EXIT.done : EXIT.doneWithRefusals;
}
