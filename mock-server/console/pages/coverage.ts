/** What clients wanted and this org does not have, most wanted first. */
import { withHints } from "../../admin/unsupported.ts";
import { kindsOf } from "../../schema/metadata/problem.ts";
import { requestAddress } from "../addresses.ts";
import type { View } from "../host.ts";
import { html, type Markup, NOTHING } from "../html.ts";
import type { Page } from "../layout.ts";
import { counted, whole } from "../present.ts";

export function coveragePage({ host }: View): Page {
  const unsupported = withHints(host.journal.unsupported);
  const most = unsupported[0]?.count ?? 1;
  const total = unsupported.reduce((sum, { count }) => sum + count, 0);
  const body = html`<div class="head"><h1>Coverage</h1><p class="dim">Requests that were refused because this org does not support them, most wanted first. A mock that answers wrongly in silence is worse than one that refuses.</p></div>
<div data-live-part="coverage">${
    unsupported.length === 0
      ? html`<div class="empty"><p><b>Nothing was refused as unsupported.</b></p><p>${counted(host.journal.count, "request")} so far, and every one was something that this org knows.</p></div>`
      : html`<p>${counted(total, "refusal")} of ${counted(unsupported.length, "thing")}.</p><ol class="ranking">${unsupported.map(
          (one) =>
            html`<li><div><b class="what">${one.what}</b><span class="dim">first as <code>${one.example}</code>, request ${requestLink(host, one.firstNumber)}${
              one.lastNumber === one.firstNumber ? "" : html`, last in ${requestLink(host, one.lastNumber)}`
            }</span>${one.nearest === null ? NOTHING : html`<span class="nearest">Nearest: ${one.nearest}</span>`}</div><meter min="0" max="${most}" value="${one.count}" aria-label="${counted(one.count, "time")}"></meter><b class="num">${whole(one.count)} ×</b></li>`,
        )}</ol>`
  }</div>${metadata(host)}`;
  return { title: "Coverage", section: "coverage", body };
}

/** Remarks of one kind that are listed; `GET /_mock/metadata` has them all. */
const LISTED_MAX = 200;

/** What was left out of the team's metadata when the org started, by kind. */
function metadata({ remarks }: View["host"]): Markup {
  if (remarks.length === 0) return NOTHING;
  const kinds = kindsOf(remarks);
  return html`<section aria-labelledby="metadata"><h2 id="metadata">Metadata</h2><p>What a real org would make of the source folders and this one does not: ${counted(remarks.length, "remark")} of ${counted(kinds.length, "kind")}.</p>${kinds.map(
    ({ kind, count }) => {
      const listed = remarks.filter((remark) => (remark.kind ?? remark.reason) === kind).slice(0, LISTED_MAX);
      return html`<details><summary>${kind} <b class="num">${whole(count)} ×</b></summary><ul>${listed.map(
        ({ path, element, reason, leftOut }) =>
          html`<li><b>${leftOut ?? element}</b>: ${reason} <code>${path}</code></li>`,
      )}</ul>${count > listed.length ? html`<p class="dim">${whole(count - listed.length)} more are not listed.</p>` : NOTHING}</details>`;
    },
  )}</section>`;
}

function requestLink({ journal }: View["host"], number: number) {
  return journal.entry(number) === undefined ? `#${number}` : html`<a href="${requestAddress(number)}">#${number}</a>`;
}
