/** Assertions of a test about the calls that an org received. They fail with a list of what did arrive. */
import { AssertionError } from "node:assert";
import type { Journal, JournalEntry } from "../http/journal.ts";
import { matchesPath } from "../http/path-pattern.ts";
import type { ApiUsage } from "../http/usage.ts";
import { requireCount, requireKnown } from "../setup/known-names.ts";
import { tellCalls } from "./explain.ts";

/** Which calls are meant. What is absent matches all. */
export interface RequestMatch {
  readonly method?: string;
  /** A pattern of the path as faults have it (`/sobjects/*`, `/composite/**`), or an expression for path and query string. */
  readonly path?: string | RegExp;
  /** HTTP status of the answer. */
  readonly status?: number;
  readonly errorCode?: string;
  readonly username?: string;
  /** Members that the request body has, among others. */
  readonly body?: Readonly<Record<string, unknown>>;
}

/** How often; without any, at least once. */
export interface Occurrence {
  readonly times?: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** What assertions look into. */
export interface ExpectationHost {
  readonly journal: Journal;
  readonly usage: ApiUsage;
  readonly faults: () => readonly { readonly name: string; readonly applied: number }[];
}

export class Expectations {
  readonly #host: ExpectationHost;

  constructor(host: ExpectationHost) {
    this.#host = host;
  }

  /** Calls like this arrived, as often as said. Returns them. Throws an `Error` for members and counts that cannot be. */
  request(match: RequestMatch, occurrence: Occurrence = {}): readonly JournalEntry[] {
    requireMatch(match);
    requireKnown("expect.request", occurrence, OCCURRENCE);
    for (const name of ["times", "atLeast", "atMost"] as const) requireCount("expect.request", name, occurrence[name]);
    const { entries } = this.#host.journal;
    const found = entries.filter((entry) => fits(entry, match));
    const { times, atLeast = times ?? (occurrence.atMost === undefined ? 1 : 0), atMost = times } = occurrence;
    if (found.length >= atLeast && (atMost === undefined || found.length <= atMost)) return found;
    const wanted = times ?? (atMost === undefined ? `at least ${atLeast}` : `${atLeast} to ${atMost}`);
    throw failed(`${wanted} calls ${JSON.stringify(match, patternText)} expected, ${found.length} found`, entries);
  }

  /** No call like this arrived. */
  noRequest(match: RequestMatch): void {
    this.request(match, { times: 0 });
  }

  /** This many API calls were used since the beginning or the last reset. */
  apiCalls(occurrence: { readonly exactly?: number; readonly atMost?: number }): void {
    const { used } = this.#host.usage;
    const { exactly, atMost } = occurrence;
    requireKnown("expect.apiCalls", occurrence, { exactly: true, atMost: true });
    requireCount("expect.apiCalls", "exactly", exactly);
    requireCount("expect.apiCalls", "atMost", atMost);
    if ((exactly === undefined || used === exactly) && (atMost === undefined || used <= atMost)) return;
    throw failed(`${exactly ?? `at most ${atMost}`} API calls expected, ${used} used`, this.#host.journal.entries);
  }

  /** The client asked for nothing that this org does not have. */
  nothingUnsupported(): void {
    const { unsupported } = this.#host.journal;
    if (unsupported.length === 0) return;
    const lines = unsupported.map(({ what, count, example }) => `  ${count} × ${what} (${example})`);
    throw new AssertionError({ message: `The org was asked for what it does not have:\n${lines.join("\n")}` });
  }

  /** Every armed fault was applied at least once. */
  everyFaultApplied(): void {
    const idle = this.#host.faults().filter((fault) => fault.applied === 0);
    if (idle.length === 0) return;
    const names = idle.map((fault) => fault.name).join(", ");
    throw failed(`These faults have not been applied: ${names}`, this.#host.journal.entries);
  }
}

const MATCH: Readonly<Record<keyof RequestMatch, true>> = {
  method: true,
  path: true,
  status: true,
  errorCode: true,
  username: true,
  body: true,
};
const OCCURRENCE: Readonly<Record<keyof Occurrence, true>> = { times: true, atLeast: true, atMost: true };

/** A misspelt member would match every call, and a pattern without a slash none. */
function requireMatch(match: RequestMatch): void {
  requireKnown("expect.request", match, MATCH);
  const { path } = match;
  if (typeof path === "string" && !path.startsWith("/"))
    throw new Error(
      `expect.request: the path ${path} does not begin with a slash; write /**/${path}, or a regular expression`,
    );
}

function fits(entry: JournalEntry, match: RequestMatch): boolean {
  const { method, path, status, errorCode, username, body = {} } = match;
  if (method !== undefined && method.toUpperCase() !== entry.method) return false;
  if (typeof path === "string" && !matchesPath(path, entry.path.split("?")[0] ?? "")) return false;
  if (path instanceof RegExp && !path.test(entry.path)) return false;
  if (status !== undefined && status !== entry.status) return false;
  if (errorCode !== undefined && errorCode !== entry.errorCode) return false;
  if (username !== undefined && username !== entry.username) return false;
  const sent: unknown = entry.requestBody;
  return Object.entries(body).every(([name, value]) => JSON.stringify(memberOf(sent, name)) === JSON.stringify(value));
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([member]) => member === name)?.[1];
}

function failed(message: string, entries: readonly JournalEntry[]): AssertionError {
  return new AssertionError({ message: `${message}. ${tellCalls(entries)}` });
}

function patternText(_name: string, value: unknown): unknown {
  return value instanceof RegExp ? String(value) : value;
}
