/** A plan for people: one block a document, one line a field, in the manner of a diff. */

import { unkeyedText } from "../engine/join/unkeyed.ts";
import { isCreation, type Plan, type PlannedChange, type PlannedWrite } from "../engine/plan/plan.ts";
import type { Value } from "../model/value.ts";
import { waitText } from "../observe/wait-text.ts";
import type { coloursOf } from "./surroundings.ts";

type Colours = ReturnType<typeof coloursOf>;

/** Documents shown in full; the rest is counted. `--json` and `--out` hold all. */
const DOCUMENTS_SHOWN_MAX = 200;
/** As many as the engine lists. */
const CHANGES_LISTED_MAX = 50;
const VALUE_CHARACTERS_MAX = 80;

/** Several lines, each ended. */
export function planText(plan: Plan, colours: Colours): string {
  const lines: string[] = [];
  for (const write of plan.writes.slice(0, DOCUMENTS_SHOWN_MAX)) lines.push(...writeLines(write, colours), "");
  if (plan.writes.length > DOCUMENTS_SHOWN_MAX) {
    lines.push(`… and ${plan.writes.length - DOCUMENTS_SHOWN_MAX} more documents (see --json or --out)`, "");
  }
  for (const conflict of plan.conflicts) {
    const line = conflict.lineKey === undefined ? "" : ` ${conflict.lineKey}`;
    lines.push(
      colours.yellow(
        `! conflict ${conflict.key}${line} ${conflict.field}: Salesforce ${shown(conflict.salesforce)}, external ${shown(conflict.external)} → ${conflict.winner ?? "waits for a person"} (${conflict.rule})`,
      ),
    );
  }
  for (const held of plan.held) {
    const reasons = held.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`).join("; ");
    lines.push(colours.yellow(`! ${held.how === "parked" ? "park" : "refuse"} ${held.key}: ${reasons}`));
  }
  for (const unkeyed of plan.unkeyed) {
    const creates = plan.writes.filter((write) => write.object === unkeyed.object && isCreation(write)).length;
    lines.push(colours.yellow(`! ${unkeyedText(unkeyed, creates)}`));
  }
  for (const { collection, object, reason } of plan.restarts)
    lines.push(colours.yellow(`! ${collection} is read again from the beginning for ${object}, because ${reason}`));
  for (const wait of plan.waits)
    lines.push(colours.yellow(`! ${wait.object}: ${waitText(wait.collection, wait, plan.madeAtMs)}`));
  if (plan.conflicts.length + plan.held.length + plan.unkeyed.length + plan.restarts.length + plan.waits.length > 0)
    lines.push("");
  lines.push(summary(plan, colours));
  return `${lines.join("\n")}\n`;
}

function writeLines(write: PlannedWrite, colours: Colours): readonly string[] {
  const { mark, paint } = styleOf(write, colours);
  const side = write.side === "salesforce" ? "Salesforce" : "external";
  const head = paint(`${mark} ${write.object} ${write.key}`) + colours.dim(`  ${write.actions.join(", ")} → ${side}`);
  const width = Math.max(0, ...write.changes.map((change) => nameOf(change).length));
  const created = write.actions.includes("create");
  const moved = write.changes.filter((change) => !(created && (change.to ?? null) === null));
  const fields = moved.map((change) => {
    const values =
      change.from === undefined || change.from === null
        ? shown(change.to)
        : `${shown(change.from)} → ${shown(change.to)}`;
    return `    ${nameOf(change).padEnd(width)}  ${values}${colours.dim(`  # ${change.rule}`)}`;
  });
  const rest = write.fields > CHANGES_LISTED_MAX ? [`    … and ${write.fields - CHANGES_LISTED_MAX} more`] : [];
  return [head, ...fields, ...rest];
}

function styleOf(
  write: PlannedWrite,
  colours: Colours,
): { readonly mark: string; readonly paint: (text: string) => string } {
  if (write.actions.includes("delete")) return { mark: "-", paint: colours.red };
  if (write.actions.includes("create") || write.actions.includes("revive")) return { mark: "+", paint: colours.green };
  return { mark: "~", paint: colours.cyan };
}

function nameOf(change: PlannedChange): string {
  return change.lineKey === undefined
    ? change.field
    : `${change.lineKey.slice(change.lineKey.lastIndexOf(":") + 1)}. ${change.field}`;
}

function summary({ writes, held, conflicts, calls }: Plan, colours: Colours): string {
  const counts = new Map<string, number>();
  for (const write of writes) {
    for (const action of write.actions) counts.set(action, (counts.get(action) ?? 0) + 1);
  }
  const actions = [...counts].map(([action, count]) =>
    action === "lines" ? `${count} with lines` : `${count} to ${action}`,
  );
  const what = writes.length === 0 ? "nothing to write" : actions.join(", ");
  const others = [
    ...(conflicts.length > 0 ? [`${conflicts.length} conflict${conflicts.length === 1 ? "" : "s"}`] : []),
    ...(held.length > 0 ? [`${held.length} held back`] : []),
  ];
  const total = calls.reading + calls.writing;
  return (
    `${colours.bold("Plan:")} ${[what, ...others].join(", ")}.\n` +
    `API calls: about ${total} (${calls.reading} to read, ${calls.writing} to write; at least ${calls.lowerBound} to write).`
  );
}

function shown(value: Value | undefined): string {
  if (value === null || value === undefined) return "(empty)";
  const text = JSON.stringify(value);
  return text.length <= VALUE_CHARACTERS_MAX ? text : `${text.slice(0, VALUE_CHARACTERS_MAX - 1)}…`;
}
