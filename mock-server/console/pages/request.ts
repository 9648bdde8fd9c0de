/** One request with the why: who asked, what it cost, how rows were reached, which rules ran, what changed, which faults were applied. */

import { asCurl, asJsforce, asTest } from "../../admin/copy-as.ts";
import type { Verdict } from "../../dml/options.ts";
import type { JournalChange, JournalEntry } from "../../http/journal.ts";
import { pathWords, refusalMessage, ruleFact } from "../../kit/reason.ts";
import { HOME, recordAddress, requestAddress } from "../addresses.ts";
import type { View } from "../host.ts";
import { html, type Markup, NOTHING, type Part } from "../html.ts";
import type { Page } from "../layout.ts";
import { counted, instant, json, milliseconds, shown } from "../present.ts";
import { shortPath, toneOf } from "./requests.ts";

/** The page; undefined where the journal does not hold the request (any more). */
export function requestPage({ host }: View, number: number): Page | undefined {
  const entry = host.journal.entry(number);
  if (entry === undefined) return undefined;
  const { catalog } = host.org;
  const body = html`<div class="head">
<p class="crumbs"><a href="${HOME}">Requests</a> <span aria-hidden="true">/</span> <span class="num">#${entry.number}</span>${step(host.journal.entry(number - 1), "Previous")}${step(host.journal.entry(number + 1), "Next")}</p>
<h1 class="call-title"><span class="call-status ${toneOf(entry)}">${entry.status === 0 ? "cut" : entry.status}</span> <b>${entry.method}</b> <span class="path">${shortPath(entry.path)}</span></h1>
</div>
${whyPanel(entry)}
<dl class="facts">
${fact("Time", html`${instant(entry.at)} <span class="dim">UTC</span>`)}
${fact("User", entry.username ?? html`<span class="dim">no session</span>`)}
${fact("Cost", counted(entry.apiCalls, "API call"))}
${fact("Took", milliseconds(entry.durationMs))}
${fact("Faults", entry.faults.length === 0 ? html`<span class="dim">none</span>` : entry.faults.join(", "))}
</dl>
${queries(entry)}
${rules(entry)}
${leftOut(entry)}
${changes(entry, (object) => catalog.object(object)?.name)}
${hidden(entry)}
${bodies(entry)}
${copies(entry)}`;
  return { title: `${entry.method} ${entry.status}`, section: "requests", body };
}

function step(entry: JournalEntry | undefined, label: string): Markup {
  return entry === undefined
    ? NOTHING
    : html` <a class="step" href="${requestAddress(entry.number)}" rel="${label === "Next" ? "next" : "prev"}">${label}</a>`;
}

function fact(name: string, value: Part): Markup {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function whyPanel(entry: JournalEntry): Markup {
  if (entry.status === 0)
    return html`<section class="why bad"><h2>Cut</h2><p>The connection was closed by the fault ${entry.faults.join(", ")}.</p></section>`;
  if (entry.status < 400) return NOTHING;
  const broken = entry.rules.filter((verdict) => !verdict.kept);
  return html`<section class="why bad" aria-labelledby="why"><h2 id="why">Refused with <code>${entry.errorCode ?? entry.status}</code></h2>
<pre class="message">${(refusalMessage(entry) ?? "The answer has no message.").replace(/^\n/, "")}</pre>
${broken.map((verdict) => ruleReason(verdict))}
${entry.faults.length > 0 ? html`<p>An armed fault was applied: <b>${entry.faults.join(", ")}</b>.</p>` : NOTHING}</section>`;
}

function ruleReason({ rule }: Verdict): Markup {
  const known = ruleFact(rule);
  if (known === undefined) return html`<p>Refused by this org's own rule or trigger <b>${rule}</b>.</p>`;
  return html`<p>Rule <b>${rule}</b>: ${known.when}. <span class="dim">Source: ${known.source}. ${certainty(known.certainty)}</span></p>`;
}

/** What the marks of certainty mean, in words. */
export function certainty(mark: "A" | "B" | "C"): string {
  return { A: "Code and text are as recorded.", B: "The code is sure, the text partly.", C: "Reconstructed." }[mark];
}

function queries({ queries: asked }: JournalEntry): Markup {
  if (asked.length === 0) return NOTHING;
  return html`<section aria-labelledby="queries"><h2 id="queries">${asked.length === 1 ? "Query" : "Queries"}</h2>${asked.map(
    (query) =>
      html`<div class="query"><pre class="code">${query.soql}</pre><p><b>${query.object}</b> ${pathWords(query.path)}${
        query.ordered ? ", already in order" : ""
      } · <span class="num">${query.rowsRead}</span> rows read · <span class="num">${query.rowsReturned}</span> returned</p></div>`,
  )}</section>`;
}

function rules(entry: JournalEntry): Markup {
  if (entry.rules.length === 0) return NOTHING;
  const broken = entry.rules.filter((verdict) => !verdict.kept);
  const kept = entry.rules.filter((verdict) => verdict.kept);
  const all = entry.rules.length + entry.omitted.rules;
  return html`<section aria-labelledby="rules"><h2 id="rules">Rules</h2>
<p>${counted(all, "rule")} asked, ${broken.length === 0 ? "all kept" : html`<b class="bad">${broken.length} broken</b>`}.</p>
${broken.length === 0 ? NOTHING : verdictTable("Broken rules", broken)}
${kept.length === 0 ? NOTHING : html`<details><summary>${counted(kept.length, "kept rule")}</summary>${verdictTable("Kept rules", kept)}</details>`}
${entry.omitted.rules > 0 ? html`<p class="dim">${entry.omitted.rules} more are not listed.</p>` : NOTHING}</section>`;
}

function verdictTable(label: string, verdicts: readonly Verdict[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><thead><tr><th scope="col" class="num">Row</th><th scope="col">Rule</th><th scope="col">Object</th><th scope="col">Refuses when</th><th scope="col">Verdict</th></tr></thead><tbody>${verdicts.map(
    (verdict) =>
      html`<tr${verdict.kept ? "" : html` class="bad"`}><td class="num">${verdict.row}</td><td class="nowrap"><b>${verdict.rule}</b></td><td>${verdict.object}</td><td>${ruleFact(verdict.rule)?.when ?? "rule of this org"}</td><td>${verdict.kept ? "kept" : (verdict.fault?.code ?? "broken")}</td></tr>`,
  )}</tbody></table></div>`;
}

function changes(entry: JournalEntry, nameOf: (object: string) => string | undefined): Markup {
  if (entry.changes.length === 0) return NOTHING;
  return html`<section aria-labelledby="changes"><h2 id="changes">Records changed</h2>${entry.changes.map((change) => changePanel(change, nameOf(change.object) !== undefined))}${
    entry.omitted.changes > 0 ? html`<p class="dim">${entry.omitted.changes} more are not listed.</p>` : NOTHING
  }</section>`;
}

const KIND_WORDS: Readonly<Record<JournalChange["kind"], string>> = {
  insert: "created",
  update: "updated",
  delete: "deleted",
  undelete: "restored",
  purge: "removed for good",
};

/** One changed record, field by field. */
export function changePanel(change: JournalChange, isLinked: boolean): Markup {
  const fields = Object.entries(change.fields);
  const name = html`<b>${change.object}</b> <code>${change.id}</code>`;
  return html`<details class="change"${fields.length <= 8 ? html` open` : ""}><summary>${name} <span class="tag ${change.kind}">${KIND_WORDS[change.kind]}</span> <span class="dim">${counted(fields.length, "field")}</span></summary>
${isLinked && change.kind !== "purge" ? html`<p><a href="${recordAddress(change.object, change.id)}">Open the record</a></p>` : NOTHING}
<div class="scroll" tabindex="0" role="region" aria-label="Changed fields of ${change.object} ${change.id}"><table class="before-after"><thead><tr><th scope="col">Field</th><th scope="col">Before</th><th scope="col">After</th></tr></thead><tbody>${fields.map(
    ([field, { before, after }]) =>
      html`<tr><th scope="row">${field}</th><td class="before">${shown(before)}</td><td class="after">${shown(after)}</td></tr>`,
  )}</tbody></table></div></details>`;
}

function leftOut({ leftOut: parts }: JournalEntry): Markup {
  if (parts.length === 0) return NOTHING;
  return html`<section aria-labelledby="left-out"><h2 id="left-out">Left out of this org</h2><p>The call met ${counted(parts.length, "part")} of the metadata that the org does not have.</p><ul>${parts.map((part) => html`<li>${part}</li>`)}</ul></section>`;
}

function hidden({ hiddenFields, username }: JournalEntry): Markup {
  if (hiddenFields.length === 0) return NOTHING;
  return html`<section aria-labelledby="hidden"><h2 id="hidden">Hidden by permission</h2><p>${username ?? "The user"} may not see ${counted(hiddenFields.length, "field")} of the objects concerned.</p><details><summary>Fields</summary><p class="names">${hiddenFields.map((field) => html`<code>${field}</code> `)}</p></details></section>`;
}

function bodies({ requestBody, responseBody }: JournalEntry): Markup {
  return html`${requestBody === null ? NOTHING : html`<section aria-labelledby="sent"><h2 id="sent">Request body</h2><pre class="code" tabindex="0">${json(requestBody)}</pre></section>`}${
    responseBody === null
      ? NOTHING
      : html`<section aria-labelledby="answered"><h2 id="answered">Answer</h2><pre class="code" tabindex="0">${json(responseBody)}</pre></section>`
  }`;
}

function copies(entry: JournalEntry): Markup {
  const one = (id: string, label: string, text: string): Markup =>
    html`<details class="copy"${id === "curl" ? html` open` : ""}><summary>${label}</summary><pre class="code" id="copy-${id}" tabindex="0">${text}</pre><button type="button" data-copy="copy-${id}">Copy ${label}</button></details>`;
  return html`<section aria-labelledby="copies"><h2 id="copies">Copy as</h2>${one("curl", "curl", asCurl(entry))}${one("jsforce", "jsforce", asJsforce(entry))}${one("test", "test", asTest(entry))}</section>`;
}
