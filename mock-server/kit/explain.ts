/**
 * Calls as lines to read: what was asked, what was answered, and what decided. For whoever looks at a failing test.
 */
import type { JournalEntry } from "../http/journal.ts";
import { pathWords, refusalMessage, ruleFact } from "./reason.ts";

/** Calls that `tellCalls` lists, the newest last. */
const LISTED_MAX = 20;
/** Changes and queries of one call that are reported. */
const DETAILS_MAX = 5;

/**
 * One call in a few lines: method, address, status and code, then the message, the rule that was broken with its
 * source, the faults that were applied, the queries with their plan, and the records that changed.
 */
export function explain(entry: JournalEntry): string {
  const details = [
    ...refusalOf(entry),
    ...entry.leftOut,
    ...entry.faults.map((fault) => `fault ${fault}`),
    ...entry.queries.slice(0, DETAILS_MAX).map(({ object, path, rowsRead, rowsReturned }) => {
      return `query of ${object}: ${pathWords(path)}, ${rowsRead} rows read, ${rowsReturned} returned`;
    }),
    ...entry.changes.slice(0, DETAILS_MAX).map(({ kind, object, id }) => `${kind} of ${object} ${id}`),
  ];
  return [lineOf(entry), ...details.map((detail) => `     ${detail}`)].join("\n");
}

/** The last calls, refused ones with their reason; a sentence where there were none. */
export function tellCalls(entries: readonly JournalEntry[]): string {
  if (entries.length === 0) return "No call arrived.";
  const more = entries.length > LISTED_MAX ? `\n  … and ${entries.length - LISTED_MAX} before` : "";
  const lines = entries.slice(-LISTED_MAX).map((entry) => {
    return [lineOf(entry), ...refusalOf(entry).map((reason) => `     ${reason}`)].join("\n");
  });
  return `Calls that arrived:${more}\n${lines.join("\n")}`;
}

function lineOf({ number, method, path, status, errorCode }: JournalEntry): string {
  const answer = status === 0 ? "no answer" : String(status);
  return `  #${number} ${method} ${readable(path)} → ${answer}${errorCode === null ? "" : ` ${errorCode}`}`;
}

/** Why it was refused: the message, and the rules behind it. A rule of the org's own has nothing but its name. */
function refusalOf(entry: JournalEntry): readonly string[] {
  const message = entry.status >= 400 ? refusalMessage(entry)?.trim() : undefined;
  const broken = entry.rules.filter((verdict) => !verdict.kept).slice(0, DETAILS_MAX);
  const rules = broken.map(({ rule, object, id, fault }) => {
    const fact = ruleFact(rule);
    const about = fact === undefined ? "" : `: refused when ${fact.when} (${fact.source})`;
    const said = fault === undefined || fault.message === message ? "" : ` ${fault.code}: ${fault.message}`;
    return `${object}${id === null ? "" : ` ${id}`} broke ${rule}${about}${said}`;
  });
  return message === undefined ? rules : [...message.split("\n"), ...rules];
}

/** The path with its blanks and quotes, where it can be decoded. */
function readable(path: string): string {
  try {
    return decodeURIComponent(path.replaceAll("+", " "));
  } catch {
    return path;
  }
}
