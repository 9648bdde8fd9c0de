/** The report of a run for people: what moved, what was settled, what was not synced, and what it cost. */

import type { RunReport, UnsyncedDocument } from "../engine/context/report.ts";
import { counted } from "../model/counted.ts";
import type { Value } from "../model/value.ts";
import { remedyFor } from "../observe/remedy.ts";
import { waitText } from "../observe/wait-text.ts";
import { textTable } from "./table.ts";

/** Held documents and conflicts that are listed; the rest is counted. */
const LISTED_MAX = 20;
/** Keys of documents that share a reason. */
const KEYS_LISTED_MAX = 5;

/** What to do while a sweep is pending. */
const SWEEP_PENDING =
  "deletions may have been missed, so a sweep is pending: run order-sync sweep (serve and worker do so by themselves)";

/** Several lines, each ended. */
export function reportText(report: RunReport): string {
  const lines: string[] = [];
  if (report.written.length > 0) {
    const rows = report.written.map((entry) => [entry.object, entry.side, entry.action, entry.count]);
    lines.push(...textTable(["object", "written to", "action", "documents"], rows).split("\n"));
  }
  for (const conflict of report.conflicts.slice(0, LISTED_MAX)) {
    const line = conflict.lineKey === undefined ? "" : ` ${conflict.lineKey}`;
    lines.push(
      `conflict  ${conflict.object} ${conflict.key}${line} ${conflict.field}: Salesforce ${shown(conflict.salesforce)}, ` +
        `external ${shown(conflict.external)} → ${conflict.winner ?? "waits for a person"} (${conflict.rule})`,
    );
  }
  lines.push(...surplus(report.conflicts.length, "conflicts"));
  lines.push(...unsyncedLines(report.unsynced));
  for (const { object, side, field, count, example } of report.keptOtherwise) {
    const line = example.lineKey === undefined ? "" : ` ${example.lineKey}`;
    lines.push(
      `kept otherwise  ${object} ${field} in ${side}: ${count === 1 ? "1 value" : `${count} values`} shown rounded or spelled otherwise, ` +
        `for example ${example.key}${line}: sent ${shown(example.sent)}, kept ${shown(example.kept)}; the sent value stands`,
    );
  }
  for (const { object, code, message, count, examples } of report.oneSided) {
    const names = examples.map(({ key, lineKey }) => (lineKey === undefined ? key : `${key} ${lineKey}`));
    const more = count > names.length ? ` and ${count - names.length} more` : "";
    lines.push(`one side  ${object} ${names.join(", ")}${more}: ${code}: ${message}`);
  }
  for (const { object, code, message } of report.stopped) {
    lines.push(`stopped   ${object}: ${message}`);
    const remedy = remedyFor(code);
    if (remedy !== null) lines.push(`          → ${remedy}`);
  }
  if (report.unseenDeletes.length > 0) {
    const objects = report.unseenDeletes.join(", ");
    lines.push(`deletions of ${objects} may have been missed: Salesforce's log does not reach back`);
  }
  lines.push(...feedLines(report));
  if (report.openDeadLetters > 0) {
    const tried = report.retried > 0 ? `, ${report.retried} tried again` : "";
    lines.push(`${counted(report.openDeadLetters, "dead letter")} open${tried}; see order-sync dead-letters list`);
  }
  const seconds = ((report.finishedAtMs - report.startedAtMs) / 1000).toFixed(1);
  lines.push(
    `${counted(report.writes, "document")} written, ${report.compared} compared, ${counted(report.apiCalls, "API call")} in ${seconds} s`,
  );
  return `${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

/** What the external feeds say about themselves, and whether a sweep is pending. */
function feedLines({ restarts, waits, notices, sweepPendingSinceMs, finishedAtMs }: RunReport): readonly string[] {
  const collections = new Map<string, Set<string>>();
  for (const { reason, collection } of restarts)
    collections.set(reason, (collections.get(reason) ?? new Set<string>()).add(collection));
  return [
    ...[...collections].map(
      ([reason, names]) => `read again from the beginning: ${[...names].join(", ")}, because ${reason}`,
    ),
    ...waits.map((wait) => `waits     ${wait.object}: ${waitText(wait.collection, wait, finishedAtMs)}`),
    ...notices.map(({ message }) => `note      ${message}`),
    ...(sweepPendingSinceMs === null ? [] : [SWEEP_PENDING]),
  ];
}

/** Documents that are held for the same reason share a line: one missing right can hold thousands. */
function unsyncedLines(unsynced: RunReport["unsynced"]): readonly string[] {
  const groups = new Map<string, UnsyncedDocument[]>();
  for (const document of unsynced) {
    const reasons = document.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`).join("; ");
    const name = `${document.how} ${document.object} ${reasons}`;
    groups.set(name, [...(groups.get(name) ?? []), document]);
  }
  const lines = [...groups.values()].slice(0, LISTED_MAX).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const keys = group.slice(0, KEYS_LISTED_MAX).map((document) => document.key);
    const more = group.length > KEYS_LISTED_MAX ? ` and ${group.length - KEYS_LISTED_MAX} more` : "";
    const reasons = first.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`).join("; ");
    const remedies = new Set(first.obstacles.flatMap((obstacle) => remedyFor(obstacle.code) ?? []));
    return [
      `${first.how.padEnd(8)}  ${first.object} ${keys.join(", ")}${more}: ${reasons}`,
      ...[...remedies].map((remedy) => `          → ${remedy}`),
    ];
  });
  const hidden = [...groups.values()].slice(LISTED_MAX).flat().length;
  return [...lines, ...(hidden === 0 ? [] : [`… and ${counted(hidden, "more document")} not synced`])];
}

function surplus(count: number, what: string): readonly string[] {
  return count > LISTED_MAX ? [`… and ${count - LISTED_MAX} more ${what}`] : [];
}

function shown(value: Value | undefined): string {
  return value === null || value === undefined ? "(empty)" : JSON.stringify(value);
}
