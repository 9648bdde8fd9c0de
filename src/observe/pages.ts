/** The contents of the pages: state, conflicts, dead letters, one record's history, and the plan. Pure. */

import { html, raw } from "hono/html";
import { counted } from "../model/counted.ts";
import type { Value } from "../model/value.ts";
import type { JournalEntry, RunRecord, StoredConflict } from "../state/port.ts";
import type { DeadLetter, Obstacle, Parked } from "../sync/decision.ts";
import { callsChart, type Markup } from "./chart.ts";
import { isEmptyChange, reasonsIn } from "./journal-detail.ts";
import { changeButton, type Frame } from "./layout.ts";
import type { PlanView } from "./plan-view.ts";
import { remedyFor } from "./remedy.ts";
import type { ServiceState, SyncStatus } from "./status.ts";
import { waitText } from "./wait-text.ts";

/** The first page: is all well, how far behind is it, what did it do, what may it still use. */
export function statePage(frame: Frame, status: SyncStatus, service: ServiceState, parked: readonly Parked[]): Markup {
  const open = status.objects.reduce((sum, object) => sum + object.openConflicts, 0);
  const dead = status.objects.reduce((sum, object) => sum + object.deadLetters, 0);
  return html`
    ${service.trouble === null ? "" : html`<p class="trouble" role="alert">${service.kind === "halted" ? "The schedule stands still. " : "The last run failed. "}${service.trouble}</p>`}
    ${status.sweepPendingSinceMs === null ? "" : html`<p class="trouble">Deletions may have been missed before ${new Date(status.sweepPendingSinceMs).toISOString()}: a sweep is pending.</p>`}
    ${status.objects.map(({ object, collection, externalWait }) => (externalWait === null ? "" : html`<p class="trouble">${object}: ${waitText(collection, externalWait, status.atMs)}.</p>`))}
    ${status.notices.map(({ message }) => html`<p class="soft">${message}</p>`)}
    <div class="cards">
      ${figure("Now", serviceWord(service), service.kind === "halted" ? "bad" : "good")}
      ${figure("Next run", service.nextRunAtMs === null ? "–" : untilText(service.nextRunAtMs - status.atMs), "")}
      ${figure("Open conflicts", String(open), open > 0 ? "warn" : "", "/conflicts")}
      ${figure("Dead letters", String(dead), dead > 0 ? "warn" : "", "/dead-letters")}
      ${figure("API calls in 24 h", status.dailyCalls === null ? String(status.callsOfTheDay) : `${status.callsOfTheDay} of ${status.dailyCalls}`, "")}
      ${service.changeEvents.length === 0 ? "" : figure("Change events", channelsText(service.changeEvents), service.changeEvents.every(({ kind }) => kind === "listening") ? "good" : "warn")}
      ${service.orgUsed === null || service.orgLimit === null ? "" : figure("Whole org", `${service.orgUsed.toLocaleString("en")} of ${service.orgLimit.toLocaleString("en")}`, "")}
    </div>
    ${service.changeEvents.map(({ channel, trouble }) => (trouble === null ? "" : html`<p class="soft">${channel} is not heard: ${trouble}. Changes are found by the schedule.</p>`))}
    <p>${changeButton(frame, { action: "/run", label: "Run now" })}</p>
    <h2>Objects</h2>
    <div class="card">
      <table class="stack">
        <thead><tr><th>Object</th><th>External</th><th class="number">Linked</th><th class="number">Waiting</th><th class="number">Dead letters</th><th class="number">Conflicts</th><th>Salesforce behind</th><th>External behind</th></tr></thead>
        <tbody>${status.objects.map(
          (one) => html`<tr>
            <td data-label="Object"><strong>${one.object}</strong></td>
            <td data-label="External">${one.collection}</td>
            <td data-label="Linked" class="number">${one.linked}</td>
            <td data-label="Waiting" class="number">${one.parked}</td>
            <td data-label="Dead letters" class="number">${one.deadLetters}</td>
            <td data-label="Conflicts" class="number">${one.openConflicts}</td>
            <td data-label="Salesforce behind">${one.watched ? lagText(one.salesforceKnownToMs, status.atMs) : one.collection === "" ? "" : "not watched"}</td>
            <td data-label="External behind">${one.collection === "" ? "" : lagText(one.externalKnownToMs, status.atMs)}</td>
          </tr>`,
        )}</tbody>
      </table>
    </div>
    ${parked.length === 0 ? "" : html`<h2>Waiting</h2><div class="card"><ul class="diff">${parked.slice(0, LISTED_MAX).map((one) => html`<li>${recordLink(one.key)}: ${obstacleList(one.obstacles)}</li>`)}</ul>${surplus(parked.length)}</div>`}
    <h2>API calls by hour</h2>
    <div class="card">${callsChart(status.runs, status.atMs)}</div>
    <h2>Runs</h2>
    <div class="card">
      <table class="stack">
        <thead><tr><th>Started (UTC)</th><th>Outcome</th><th class="number">Seconds</th><th class="number">API calls</th><th>What it moved</th></tr></thead>
        <tbody>${status.runs.slice(0, RUNS_SHOWN).map(runRow)}</tbody>
      </table>
      ${status.runs.length === 0 ? html`<p class="soft">No run yet.</p>` : ""}
    </div>`;
}

/** Open conflicts with the values side by side. */
export function conflictsPage(frame: Frame, conflicts: readonly StoredConflict[]): Markup {
  if (conflicts.length === 0) return html`<p class="card">No open conflicts.</p>`;
  return html`${conflicts.map((conflict) => {
    const field = conflict.lineKey === undefined ? conflict.field : `${conflict.lineKey} ${conflict.field}`;
    const answer = (winner: "salesforce" | "external", label: string): Markup =>
      changeButton(frame, { action: `/conflicts/${conflict.id}`, label, values: { winner } });
    return html`<section class="card" aria-label="Conflict ${conflict.key} ${field}">
      <h2>${recordLink(conflict.key)} · ${field === "*" ? "the whole record" : field}</h2>
      <p class="soft">${timeText(conflict.atMs)} · ${conflict.rule}</p>
      <div class="sides">
        ${sideBox("Salesforce", conflict.salesforce, conflict.salesforceBy, conflict.salesforceAt)}
        ${sideBox("External", conflict.external, conflict.externalBy, conflict.externalAt)}
        ${sideBox("Last agreed", conflict.base, null, null)}
      </div>
      ${conflict.winner === null ? html`${answer("salesforce", "Salesforce is right")}${answer("external", "The external system is right")}` : html`<p class="good">${conflict.winner === "salesforce" ? "Salesforce" : "The external system"} wins; the next run carries it out.</p>`}
    </section>`;
  })}`;
}

/** Refused documents with the reason and what can be done. */
export function deadLettersPage(frame: Frame, deadLetters: readonly DeadLetter[]): Markup {
  if (deadLetters.length === 0) return html`<p class="card">No dead letters.</p>`;
  return html`<p>${changeButton(frame, { action: "/dead-letters/retry", label: "Try all again", values: { all: "yes" } })}</p>
    ${deadLetters.slice(0, LISTED_MAX).map((deadLetter) => {
      const values = { key: deadLetter.key, object: deadLetter.object };
      return html`<section class="card" aria-label="Dead letter ${deadLetter.key}">
        <h2>${deadLetter.object} ${recordLink(deadLetter.key)}</h2>
        <p class="soft">since ${timeText(deadLetter.firstAtMs)}, ${deadLetter.attempts} attempt${deadLetter.attempts === 1 ? "" : "s"}, last ${timeText(deadLetter.lastAtMs)}</p>
        ${obstacleList(deadLetter.obstacles)}
        <p>${changeButton(frame, { action: "/dead-letters/retry", label: "Try again", values })}
        ${changeButton(frame, { action: "/dead-letters/discard", label: "Discard", values, plain: true, question: `Forget ${deadLetter.key} until it changes again?` })}</p>
      </section>`;
    })}
    ${surplus(deadLetters.length)}`;
}

/** The history of one record as a timeline, newest first. */
export function recordPage(key: string, entries: readonly JournalEntry[]): Markup {
  return html`
    <form method="get" action="/records" role="search" class="card">
      <label for="key">Business key, for example erp:Order:A-26003</label><br>
      <input type="search" id="key" name="key" value="${key}"> <button>Show</button>
    </form>
    ${key === "" ? (entries.length === 0 ? "" : html`<h2>Last changes</h2>`) : html`<h2><code>${key}</code></h2>`}
    ${key !== "" && entries.length === 0 ? html`<p class="card">The journal holds nothing about this key.</p>` : ""}
    <ol class="timeline">${entries.map(
      (entry) => html`<li>
        <p class="soft"><time datetime="${new Date(entry.atMs).toISOString()}">${timeText(entry.atMs)}</time>${key === "" ? html` · ${recordLink(entry.key)}` : ""}</p>
        <strong>${entry.event}</strong>${entry.side === null ? "" : ` → ${entry.side === "salesforce" ? "Salesforce" : "external"}`}
        ${detailMarkup(entry.detail)}
      </li>`,
    )}</ol>`;
}

/** What a run would do now. */
export function planPage(frame: Frame, plan: PlanView | null, trouble: string | null): Markup {
  const button = changeButton(frame, { action: "/plan", label: plan === null ? "Make a plan" : "Make it again" });
  return html`<p>A plan reads both systems and writes nothing. ${button}</p>
    ${trouble === null ? "" : html`<p class="trouble" role="alert">${trouble}</p>`}
    ${plan === null ? "" : planMarkup(plan)}`;
}

/** The form that asks for the token. */
export function signInPage(wrong: boolean): Markup {
  return html`<form method="post" action="/sign-in" class="card">
    ${wrong ? html`<p class="bad" role="alert">That is not the token.</p>` : ""}
    <label for="token">Token (serve.token of the configuration)</label><br>
    <input type="password" id="token" name="token" autocomplete="current-password" required autofocus>
    <button>Sign in</button>
  </form>`;
}

const LISTED_MAX = 200;
const RUNS_SHOWN = 20;

function figure(label: string, value: string, tone: string, href?: string): Markup {
  const text = html`<p class="label">${label}</p><p class="figure ${tone}">${value}</p>`;
  return href === undefined
    ? html`<div class="card">${text}</div>`
    : html`<div class="card">${text}<a href="${href}">Show</a></div>`;
}

function serviceWord({ kind }: ServiceState): string {
  return { idle: "Idle", running: "Running", halted: "Stands still", stopping: "Stopping" }[kind];
}

function runRow(run: RunRecord): Markup {
  const tone = { running: "", done: "good", doneWithRefusals: "warn", failed: "bad" }[run.outcome];
  const word = { running: "running", done: "done", doneWithRefusals: "done, some not synced", failed: "failed" }[
    run.outcome
  ];
  const seconds = run.finishedAtMs === null ? "" : ((run.finishedAtMs - run.startedAtMs) / 1000).toFixed(1);
  const moved = Object.entries(run.counts).map(([name, count]) => `${name}: ${count}`);
  return html`<tr>
    <td data-label="Started">${timeText(run.startedAtMs)}</td>
    <td data-label="Outcome" class="${tone}">${word}</td>
    <td data-label="Seconds" class="number">${seconds}</td>
    <td data-label="API calls" class="number">${run.apiCalls}</td>
    <td data-label="Moved">${run.error ?? (moved.length === 0 ? "nothing" : moved.join(", "))}</td>
  </tr>`;
}

function sideBox(name: string, value: Value | undefined, by: string | null, at: string | null): Markup {
  return html`<div><p class="label">${name}</p><p class="value">${shown(value)}</p>
    <p class="soft">${[by, at].filter((part) => part !== null).join(", ")}</p></div>`;
}

function obstacleList(obstacles: readonly Obstacle[]): Markup {
  return html`<ul class="diff">${obstacles.map((one) => {
    const place = [one.lineKey, one.field].filter((part) => part !== undefined).join(" ");
    const remedy = remedyFor(one.code);
    return html`<li><code>${one.code}</code> ${place === "" ? "" : html`<code>${place}</code> `}${one.message}${remedy === null ? "" : html`<br><span class="soft">→ ${remedy}</span>`}</li>`;
  })}</ul>`;
}

function detailMarkup(detail: JournalEntry["detail"]): Markup {
  const rows = Object.entries(detail).flatMap(([name, value]): Markup[] => {
    if (name === "changes" && Array.isArray(value)) {
      return value.filter((change: unknown) => !isEmptyChange(change)).map(changeMarkup);
    }
    if (name === "fields") return [];
    const reasons = reasonsIn(value);
    if (reasons !== null) return reasons.map(({ code, message }) => html`<li><code>${code}</code> ${message}</li>`);
    return [
      html`<li>${name}: <span class="value">${typeof value === "string" ? value : JSON.stringify(value)}</span></li>`,
    ];
  });
  return html`<ul class="diff">${rows}</ul>`;
}

function changeMarkup(change: unknown): Markup {
  const of: Readonly<Record<string, unknown>> =
    typeof change === "object" && change !== null ? Object.fromEntries(Object.entries(change)) : {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const line = text(of["lineKey"]);
  // A line that came or went as a whole.
  if (of["field"] === "*") {
    const came = (of["to"] ?? null) !== null;
    return html`<li><code>${line}</code> <span class="${came ? "to" : "from"}">${came ? "line added" : "line removed"}</span> <span class="soft">${text(of["rule"])}</span></li>`;
  }
  return html`<li>${line === "" ? "" : html`<code>${line}</code> `}${text(of["field"])}: <span class="from value">${shown(of["from"])}</span> → <span class="to value">${shown(of["to"])}</span> <span class="soft">${text(of["rule"])}</span></li>`;
}

function planMarkup(plan: PlanView): Markup {
  const { calls } = plan;
  return html`<p><strong>${counted(plan.writes.length, "document")}</strong> to write, ${counted(plan.conflicts.length, "conflict")}, ${plan.unsynced.length} not synced; about ${calls.reading + calls.writing} API calls (at least ${calls.lowerBound} to write). Made ${timeText(plan.madeAtMs)}.</p>
    ${plan.writes.slice(0, LISTED_MAX).map(
      (
        write,
      ) => html`<section class="card" aria-label="${write.key}"><strong>${write.object} ${recordLink(write.key)}</strong>
        <span class="soft">${write.actions.join(", ")} → ${write.side === "salesforce" ? "Salesforce" : "external"}</span>
        <ul class="diff">${write.changes.filter((change) => !isEmptyChange(change)).map(changeMarkup)}</ul></section>`,
    )}
    ${surplus(plan.writes.length)}
    ${plan.unsynced.map((unsynced) => html`<section class="card"><strong>${unsynced.how} ${recordLink(unsynced.key)}</strong>${obstacleList(unsynced.obstacles)}</section>`)}`;
}

function recordLink(key: string): Markup {
  return html`<a href="/records?key=${encodeURIComponent(key)}"><code>${key}</code></a>`;
}

function surplus(count: number): Markup {
  return count > LISTED_MAX ? html`<p class="soft">and ${count - LISTED_MAX} more</p>` : raw("");
}

function shown(value: unknown): string {
  return value === undefined || value === null ? "(empty)" : typeof value === "string" ? value : JSON.stringify(value);
}

function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace("T", " ");
}

function lagText(knownToMs: number | null, nowMs: number): string {
  return knownToMs === null ? "never read" : spanText(nowMs - knownToMs);
}

function untilText(ms: number): string {
  return ms <= 0 ? "now" : `in ${spanText(ms)}`;
}

function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}

function channelsText(channels: ServiceState["changeEvents"]): string {
  const heard = channels.filter(({ kind }) => kind === "listening").length;
  return heard === channels.length ? "Listening" : heard === 0 ? "Lost" : `${heard} of ${channels.length}`;
}
