/** A plan for people: one block a document, one line a field, in the manner of a diff. */

import { unkeyedText } from "../engine/join/unkeyed.ts";
import { isCreation, type Plan, type PlannedChange, type PlannedWrite } from "../engine/plan/plan.ts";
import { counted } from "../model/counted.ts";
import type { Value } from "../model/value.ts";
import { waitText } from "../observe/wait-text.ts";
import type { colorsOf } from "./surroundings.ts";

type Colors = ReturnType<typeof colorsOf>;

/** Documents shown in full; the rest is counted. `--json` and `--out` hold all. */
const DOCUMENTS_SHOWN_MAX = 200;
/** As many as the engine lists. */
const CHANGES_LISTED_MAX = 50;
const VALUE_CHARACTERS_MAX = 80;

/** Several lines, each ended. */
export function planText(plan: Plan, colors: Colors): string {
  const lines: string[] = [];
  for (const write of plan.writes.slice(0, DOCUMENTS_SHOWN_MAX)) lines.push(...writeLines(write, colors), "");
  if (plan.writes.length > DOCUMENTS_SHOWN_MAX) {
    lines.push(`… and ${plan.writes.length - DOCUMENTS_SHOWN_MAX} more documents (see --json or --out)`, "");
  }
  for (const conflict of plan.conflicts) {
    const line = conflict.lineKey === undefined ? "" : ` ${conflict.lineKey}`;
    lines.push(
      colors.yellow(
        `! conflict ${conflict.key}${line} ${conflict.field}: Salesforce ${shown(conflict.salesforce)}, external ${shown(conflict.external)} → ${conflict.winner ?? "waits for a person"} (${conflict.rule})`,
      ),
    );
  }
  for (const unsynced of plan.unsynced) {
    const reasons = unsynced.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`).join("; ");
    lines.push(colors.yellow(`! ${unsynced.how === "parked" ? "park" : "refuse"} ${unsynced.key}: ${reasons}`));
  }
  for (const unkeyed of plan.unkeyed) {
    const creates = plan.writes.filter((write) => write.object === unkeyed.object && isCreation(write)).length;
    lines.push(colors.yellow(`! ${unkeyedText(unkeyed, creates)}`));
  }
  for (const { collection, object, reason } of plan.restarts)
    lines.push(colors.yellow(`! ${collection} is read again from the beginning for ${object}, because ${reason}`));
  for (const wait of plan.waits)
    lines.push(colors.yellow(`! ${wait.object}: ${waitText(wait.collection, wait, plan.madeAtMs)}`));
  if (plan.conflicts.length + plan.unsynced.length + plan.unkeyed.length + plan.restarts.length + plan.waits.length > 0)
    lines.push("");
  lines.push(summary(plan, colors));
  return `${lines.join("\n")}\n`;
}

function writeLines(write: PlannedWrite, colors: Colors): readonly string[] {
  const { mark, paint } = styleOf(write, colors);
  const side = write.side === "salesforce" ? "Salesforce" : "external";
  const head = paint(`${mark} ${write.object} ${write.key}`) + colors.dim(`  ${write.actions.join(", ")} → ${side}`);
  const width = Math.max(0, ...write.changes.map((change) => nameOf(change).length));
  const created = write.actions.includes("create");
  const moved = write.changes.filter((change) => !(created && (change.to ?? null) === null));
  const fields = moved.map((change) => {
    const values =
      change.from === undefined || change.from === null
        ? shown(change.to)
        : `${shown(change.from)} → ${shown(change.to)}`;
    return `    ${nameOf(change).padEnd(width)}  ${values}${colors.dim(`  # ${change.rule}`)}`;
  });
  const rest = write.fields > CHANGES_LISTED_MAX ? [`    … and ${write.fields - CHANGES_LISTED_MAX} more`] : [];
  return [head, ...fields, ...rest];
}

function styleOf(
  write: PlannedWrite,
  colors: Colors,
): { readonly mark: string; readonly paint: (text: string) => string } {
  if (write.actions.includes("delete")) return { mark: "-", paint: colors.red };
  if (write.actions.includes("create") || write.actions.includes("revive")) return { mark: "+", paint: colors.green };
  return { mark: "~", paint: colors.cyan };
}

function nameOf(change: PlannedChange): string {
  return change.lineKey === undefined
    ? change.field
    : `${change.lineKey.slice(change.lineKey.lastIndexOf(":") + 1)}. ${change.field}`;
}

function summary({ writes, unsynced, conflicts, calls }: Plan, colors: Colors): string {
  const counts = new Map<string, number>();
  for (const write of writes) {
    for (const action of write.actions) counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  const actions = [...counts].map(([action, count]) =>
    action === "lines" ? `${count} with lines` : `${count} to ${action}`,
  );
  const what = writes.length === 0 ? "nothing to write" : actions.join(", ");
  const others = [
    ...(conflicts.length > 0 ? [counted(conflicts.length, "conflict")] : []),
    ...(unsynced.length > 0 ? [`${unsynced.length} not synced`] : []),
  ];
  const total = calls.reading + calls.writing;
  return (
    `${colors.bold("Plan:")} ${[what, ...others].join(", ")}.\n` +
    `API calls: about ${total} (${calls.reading} to read, ${calls.writing} to write; at least ${calls.lowerBound} to write).`
  );
}

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "(empty)";
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…`;
}
