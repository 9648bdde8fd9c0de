/** What a request did, for a row of the list. */
import type { JournalEntry } from "../http/journal.ts";
import { pathWords } from "../kit/reason.ts";
import { counted } from "./present.ts";

/** What a request did, in few words: `3 records changed, 12 rules asked`. */
export function effectOf(entry: JournalEntry): string {
  const parts: string[] = [];
  const changed = entry.changes.length + entry.omitted.changes;
  if (entry.faults.length > 0) parts.push(`fault ${entry.faults.join(", ")}`);
  if (changed > 0) parts.push(`${counted(changed, "record")} changed`);
  const [query] = entry.queries;
  if (entry.queries.length === 1 && query !== undefined)
    parts.push(`${pathWords(query.path)}, ${query.rowsRead} read, ${query.rowsReturned} returned`);
  if (entry.queries.length > 1) parts.push(counted(entry.queries.length, "query", "queries"));
  const broken = entry.rules.find((verdict) => !verdict.kept);
  if (broken !== undefined) parts.push(`broke ${broken.rule}`);
  else if (entry.rules.length > 0) parts.push(`${counted(entry.rules.length + entry.omitted.rules, "rule")} kept`);
  return parts.join(" · ");
}
