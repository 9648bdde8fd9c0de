/** The report of a run for people: what moved, what was settled, what was held back, and what it cost. */
import type { RunReport } from "../engine/report.ts";
import type { Value } from "../model/value.ts";
import { textTable } from "./table.ts";

/** Held documents and conflicts that are listed; the rest is counted. */
const LISTED_MAX = 20;

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
  for (const held of report.held.slice(0, LISTED_MAX)) {
    const reasons = held.obstacles.map((obstacle) => `${obstacle.code}: ${obstacle.message}`).join("; ");
    lines.push(`${held.how.padEnd(8)}  ${held.object} ${held.key}: ${reasons}`);
  }
  lines.push(...surplus(report.held.length, "documents held back"));
  const seconds = ((report.finishedAtMs - report.startedAtMs) / 1000).toFixed(1);
  lines.push(
    `${report.writes} documents written, ${report.compared} compared, ${report.apiCalls} API calls in ${seconds} s`,
  );
  return `${lines.map((line) => `  ${line}`).join("\n")}\n`;
}

function surplus(count: number, what: string): readonly string[] {
  return count > LISTED_MAX ? [`… and ${count - LISTED_MAX} more ${what}`] : [];
}

function shown(value: Value | undefined): string {
  return value === null || value === undefined ? "(empty)" : JSON.stringify(value);
}
