/** `order-sync plan`: what a run would do, field by field, without doing it. */
import { writeFileSync } from "node:fs";
import { makePlan } from "../../engine/plan/plan.ts";
import { SyncError } from "../../errors.ts";
import { openPortsReadOnly } from "../../service/open.ts";
import { planText } from "../plan-text.ts";
import { showProgress } from "../progress.ts";
import { colorsOf, EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { withConfig } from "../with-config.ts";
import { type RunCommandOptions, requestOf } from "./run.ts";

/** Plans. Reads both systems, writes nothing but the plan's own file. */
export async function planCommand(
  options: RunCommandOptions & { readonly out?: string },
  outer: Surroundings,
): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    await using open = await openPortsReadOnly(loaded, { observe: showProgress(surroundings.stderr) });
    const plan = await makePlan(open.ports, requestOf(loaded.config, options, surroundings));
    if (options.out !== undefined) writePlan(options.out, loaded.redact(JSON.stringify(plan, null, 2)));
    surroundings.stdout.write(
      options.json === true ? `${JSON.stringify(plan)}\n` : planText(plan, colorsOf(surroundings)),
    );
    if (options.out !== undefined && options.json !== true) {
      surroundings.stdout.write(`\nSaved. To do exactly this: order-sync apply ${options.out}\n`);
    }
    return plan.unsynced.length === 0 ? EXIT.done : EXIT.doneWithRefusals;
  });
}

function writePlan(path: string, text: string): void {
  try {
    // It holds business data.
    writeFileSync(path, `${text}\n`, { mode: 0o600 });
  } catch (cause) {
    throw new SyncError(
      "USAGE",
      `The plan cannot be written to ${path} (${cause instanceof Error ? cause.message : String(cause)})`,
      {
        cause,
      },
    );
  }
}
