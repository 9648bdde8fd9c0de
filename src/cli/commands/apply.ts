/** `order-sync apply plan.json`: does what a plan says, or says what has moved since. */
import { readFileSync } from "node:fs";
import { applyPlan, parsePlan } from "../../engine/plan/apply.ts";
import { SyncError } from "../../errors.ts";
import { openPorts } from "../../service/open.ts";
import { showProgress } from "../progress.ts";
import { reportText } from "../report-text.ts";
import type { ExitCode, Surroundings } from "../surroundings.ts";
import { withConfig } from "../with-config.ts";
import { exitOf, type RunCommandOptions, requestOf } from "./run.ts";

/** Applies. Throws `PLAN_STALE` when the plan does not hold any more, and writes nothing then. */
export async function applyCommand(file: string, options: RunCommandOptions, outer: Surroundings): Promise<ExitCode> {
  const plan = parsePlan(readJson(file), file);
  return await withConfig(options, outer, async (loaded, surroundings) => {
    await using open = await openPorts(loaded, { observe: showProgress(surroundings.stderr) });
    const report = await applyPlan(open.ports, plan, requestOf(loaded.config, options, surroundings));
    surroundings.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report));
    return exitOf(report);
  });
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SyncError(
      "USAGE",
      `The plan ${file} cannot be read (${reason}); make one with order-sync plan --out ${file}`,
      {
        cause,
      },
    );
  }
}
