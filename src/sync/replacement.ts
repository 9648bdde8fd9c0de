/**
 * Lines that are removed and added again under the same key: what tells the new one from the old one, for whoever has to
 * find out later whether such a write has landed.
 */
import type { LinesMapping } from "../mapping/mapping.ts";
import type { LineKey } from "../model/key.ts";
import type { Decision } from "./decision.ts";

/**
 * The lines that a decision removes from Salesforce and adds again, each with its fields that differ and that nobody can
 * change in place; undefined where there are none.
 */
export function replacedLines(
  lines: LinesMapping | null,
  { changes }: Pick<Decision, "changes">,
): Readonly<Record<LineKey, readonly string[]>> | undefined {
  const own = changes.filter(({ side, lineKey }) => side === "salesforce" && lineKey !== undefined);
  const removed = new Set(own.flatMap(({ lineKey, field, to }) => (field === "*" && to === null ? [lineKey] : [])));
  const fixed = new Set(lines?.fields.filter(({ write }) => write === "fixed").map(({ field }) => field));
  const replaced: Record<LineKey, string[]> = {};
  for (const { lineKey, field } of own) {
    if (lineKey === undefined || !removed.has(lineKey) || !fixed.has(field)) continue;
    replaced[lineKey] = [...(replaced[lineKey] ?? []), field];
  }
  return Object.keys(replaced).length === 0 ? undefined : replaced;
}
