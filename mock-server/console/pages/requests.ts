/** The list of requests: newest first, filtered, with what each did. */

import type { JournalEntry, JournalRecord } from "../../http/journal.ts";
import { redactPath } from "../../http/redaction.ts";
import { refusalMessage } from "../../kit/reason.ts";
import { address, HOME, requestAddress } from "../addresses.ts";
import { effectOf } from "../effect.ts";
import { activeUsernames, type View } from "../host.ts";
import { html, type Markup, NOTHING } from "../html.ts";
import type { Page } from "../layout.ts";
import { instant, milliseconds, timeOfDay } from "../present.ts";

/** Rows on one page. */
const PAGE_ROWS = 100;
/** Rows that one live update brings; who missed more loads the page again. */
const LIVE_ROWS_MAX = 100;

/** What the list is narrowed to. */
export interface RequestFilter {
  readonly text: string;
  /** The text, in any letter case. */
  readonly pattern: RegExp;
  readonly kind: "all" | "refused" | "changes" | "queries" | "faults" | "logins";
  readonly user: string;
}

const KINDS: readonly (readonly [RequestFilter["kind"], string])[] = [
  ["all", "Everything"],
  ["refused", "Refused"],
  ["changes", "Changed records"],
  ["queries", "Queries"],
  ["faults", "With a fault"],
  ["logins", "Logins"],
];

/** Reads a filter from a query string; what it does not know is no filter. */
export function readFilter(query: URLSearchParams): RequestFilter {
  const kind = KINDS.find(([name]) => name === query.get("kind"))?.[0] ?? "all";
  const text = (query.get("find") ?? "").trim();
  const pattern = new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"), "i");
  return { text, pattern, kind, user: query.get("user") ?? "" };
}

/** The page. `before` continues an earlier one. */
export function requestsPage(view: View, filter: RequestFilter, before: number | undefined): Page {
  const { journal } = view.host;
  const { entries, more } = newestFirst(view, filter, before ?? journal.count + 1);
  const last = entries.at(-1);
  const narrowed = filter.text !== "" || filter.kind !== "all" || filter.user !== "";
  const body = html`<div class="head"><h1>Requests</h1><p class="dim">What clients asked, what the org answered, and why.</p></div>
<form class="filters" method="get" action="${HOME}" role="search" aria-label="Filter requests">
<label class="field find"><span>Find</span><input type="search" name="find" value="${filter.text}" placeholder="Path, code, query or Id" data-find></label>
<label class="field"><span>Show</span><select name="kind">${KINDS.map(([kind, label]) => html`<option value="${kind}"${kind === filter.kind ? html` selected` : ""}>${label}</option>`)}</select></label>
<label class="field"><span>User</span><select name="user"><option value="">Everybody</option>${activeUsernames(
    view.host,
  ).map((name) => html`<option${name === filter.user ? html` selected` : ""}>${name}</option>`)}</select></label>
<button type="submit">Filter</button>
${narrowed ? html`<a class="plain" href="${HOME}">Clear</a>` : NOTHING}
</form>
${entries.length === 0 && before === undefined ? emptyNote(narrowed, journal.active) : NOTHING}
<ol class="calls" data-rows${before === undefined ? html` data-live-list` : ""}>${entries.map(requestRow)}</ol>
${more && last !== undefined ? html`<p class="pager"><a class="button" href="${address(HOME, { ...query(filter), before: last.number })}">Older requests</a></p>` : NOTHING}`;
  return { title: "Requests", section: "requests", body };
}

/** Rows that came after a number, newest first, for live updates. */
export function newerRows(view: View, filter: RequestFilter, after: number): { rows: Markup; last: number } {
  const { journal } = view.host;
  const rows: Markup[] = [];
  for (let number = journal.count; number > after && rows.length < LIVE_ROWS_MAX; number -= 1) {
    const record = journal.peek(number);
    if (record === undefined) break;
    const entry = matches(record, filter) ? journal.entry(number) : undefined;
    if (entry !== undefined) rows.push(requestRow(entry));
  }
  return { rows: html`${rows}`, last: journal.count };
}

function newestFirst(
  { host: { journal } }: View,
  filter: RequestFilter,
  before: number,
): { readonly entries: readonly JournalEntry[]; readonly more: boolean } {
  const entries: JournalEntry[] = [];
  for (let number = Math.min(before - 1, journal.count); number > 0; number -= 1) {
    const record = journal.peek(number);
    if (record === undefined) break;
    const entry = matches(record, filter) ? journal.entry(number) : undefined;
    if (entry === undefined) continue;
    if (entries.length === PAGE_ROWS) return { entries, more: true };
    entries.push(entry);
  }
  return { entries, more: false };
}

/** Asked of every kept call, so it looks at what the pipeline reported and makes no entry of it. */
function matches(record: JournalRecord, { text, pattern, kind, user }: RequestFilter): boolean {
  if (user !== "" && record.actor?.username !== user) return false;
  return isOfKind(record, kind) && (text === "" || mentions(record, text, pattern));
}

function isOfKind({ status, path, trace, faults }: JournalRecord, kind: RequestFilter["kind"]): boolean {
  switch (kind) {
    case "all":
      return true;
    case "refused":
      return status >= 400 || status === 0;
    case "changes":
      return (trace?.changes.length ?? 0) > 0;
    case "queries":
      return (trace?.queries.length ?? 0) > 0;
    case "faults":
      return (faults?.length ?? 0) + (trace?.faults.length ?? 0) > 0;
    case "logins":
      return !path.startsWith("/services/data/");
  }
}

function mentions({ path, method, status, errorCode, trace }: JournalRecord, text: string, pattern: RegExp): boolean {
  return (
    pattern.test(redactPath(path)) ||
    pattern.test(method) ||
    (errorCode !== null && pattern.test(errorCode)) ||
    String(status) === text ||
    (trace !== undefined &&
      (trace.queries.some((query) => pattern.test(query.soql)) ||
        trace.changes.some((change) => pattern.test(change.id) || pattern.test(change.object)) ||
        trace.verdicts.some((verdict) => !verdict.kept && pattern.test(verdict.rule))))
  );
}

function requestRow(entry: JournalEntry): Markup {
  const tone = toneOf(entry);
  const effect = effectOf(entry);
  const refusal = entry.status >= 400 ? refusalMessage(entry) : undefined;
  return html`<li class="call ${tone}" data-number="${entry.number}"><a href="${requestAddress(entry.number)}" data-row>
<span class="call-status ${tone}">${entry.status === 0 ? "cut" : entry.status}</span>
<span class="call-what"><b>${entry.method}</b> <span class="path">${shortPath(entry.path)}</span></span>
<span class="call-why">${refusal === undefined ? NOTHING : html`<span class="refusal"><code>${entry.errorCode ?? entry.status}</code> ${refusal.trim()}</span>`}${
    effect === "" ? NOTHING : html`<span>${effect}</span>`
  }</span>
<span class="call-who">${entry.username ?? ""}</span>
<span class="call-when"><time datetime="${entry.at}" title="${instant(entry.at)} UTC">${timeOfDay(entry.at)}</time> <span class="dim">${milliseconds(entry.durationMs)}</span></span>
</a></li>`;
}

/** `bad`, `good` or `cut`: the color of a status. */
export function toneOf({ status }: Pick<JournalEntry, "status">): string {
  if (status === 0) return "cut";
  return status >= 400 ? "bad" : "good";
}

/** The path without what is the same in all of them; the query decoded so that SOQL is readable. */
export function shortPath(path: string): string {
  const short = path.replace(/^\/services\/data(?=\/)/, "");
  try {
    return decodeURIComponent(short.replaceAll("+", " "));
  } catch {
    return short;
  }
}

function query({ text, kind, user }: RequestFilter): Record<string, string | undefined> {
  return { find: text, kind: kind === "all" ? undefined : kind, user };
}

function emptyNote(narrowed: boolean, isKept: boolean): Markup {
  if (narrowed) return html`<p class="empty" data-empty>No request matches. <a href="${HOME}">Show all</a></p>`;
  if (!isKept)
    return html`<div class="empty"><p><b>The journal is off.</b> This org was made with <code>journalEntries: 0</code>.</p></div>`;
  return html`<div class="empty" data-empty><p><b>No requests yet.</b> They appear here the moment a client calls.</p><p>Log in at this page's own address, with jsforce, the Salesforce CLI or curl.</p></div>`;
}
