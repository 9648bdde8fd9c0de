/** `order-sync check`: everything in the configuration that does not fit the org or the external system. */
import { type CheckReport, checkEverything } from "../../engine/check/check.ts";
import { type UnkeyedRecords, unkeyedRecords, unkeyedText } from "../../engine/join/unkeyed.ts";
import { openPortsReadOnly } from "../../service/open.ts";
import { colorsOf, EXIT, type ExitCode, type Surroundings } from "../surroundings.ts";
import { type ConfigOptions, withConfig } from "../with-config.ts";

/** Exit codes of errors that mean "could not look" rather than "does not fit". */
const NOT_REACHED = /^(SALESFORCE|EXTERNAL)_(UNREACHABLE|LOGIN|UNAVAILABLE|LIMIT)$/;

/** Checks and lists. Writes nothing anywhere. */
export async function checkCommand(options: ConfigOptions, outer: Surroundings): Promise<ExitCode> {
  return await withConfig(options, outer, async (loaded, surroundings) => {
    await using open = await openPortsReadOnly(loaded);
    const report = await checkEverything(open.ports, Object.keys(loaded.config.external.collections));
    const unkeyed = report.problems.length === 0 ? await unkeyedRecords(open.ports) : [];
    if (options.json === true)
      surroundings.stdout.write(`${JSON.stringify({ ok: report.problems.length === 0, ...report, unkeyed })}\n`);
    else surroundings.stdout.write(checkText(report, unkeyed, { path: loaded.path, surroundings }));
    if (report.problems.length === 0) return EXIT.done;
    return report.problems.some((problem) => NOT_REACHED.test(problem.place)) ? EXIT.failed : EXIT.usage;
  });
}

function checkText(
  { identity, problems, warnings }: CheckReport,
  unkeyed: readonly UnkeyedRecords[],
  { path, surroundings }: { readonly path: string; readonly surroundings: Surroundings },
): string {
  const colors = colorsOf(surroundings);
  const lines: string[] = [];
  if (identity !== null)
    lines.push(`Signed in to ${identity.instanceUrl} as ${identity.username} (org ${identity.organizationId})`);
  const told = (mark: string, { side, place, message }: CheckReport["problems"][number]): string =>
    `${mark} ${side === "mapping" ? "" : `${side} `}${colors.bold(place)}: ${message}`;
  lines.push(...problems.map((problem) => told(colors.red("✗"), problem)));
  lines.push(...warnings.map((warning) => told(colors.yellow("!"), warning)));
  for (const records of unkeyed) {
    const text = unkeyedText(records);
    lines.push(records.matched ? text : `${colors.yellow("!")} ${text}`);
  }
  lines.push(
    problems.length === 0
      ? colors.green(
          `✓ ${path} fits the org and the external system${warnings.length === 0 ? "" : `; ${countOf(warnings.length, "warning")}`}`,
        )
      : countOf(problems.length, "problem"),
  );
  return `${lines.join("\n")}\n`;
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}
