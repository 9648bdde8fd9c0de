/** The frame of every page: the head, the top bar with the org's state, the navigation, and the live region. */
import { address, HOME } from "./addresses.ts";
import { type AssetAddresses, assetAddresses } from "./assets.ts";
import { activeUsernames, type ConsoleHost, type View } from "./host.ts";
import { html, Markup, type Part } from "./html.ts";
import { counted, instant, whole } from "./present.ts";

/** The parts of the navigation. */
export type Section = "requests" | "orders" | "records" | "soql" | "faults" | "coverage";

/** What stands within the frame. */
export interface Page {
  readonly title: string;
  readonly section: Section;
  readonly body: Part;
  /** HTTP status; default 200. */
  readonly status?: number;
}

const SECTIONS: readonly {
  readonly section: Section;
  readonly label: string;
  readonly to: string;
  readonly key: string;
}[] = [
  { section: "requests", label: "Requests", to: HOME, key: "1" },
  { section: "orders", label: "Orders", to: address("/orders"), key: "2" },
  { section: "records", label: "Records", to: address("/records"), key: "3" },
  { section: "soql", label: "SOQL", to: address("/soql"), key: "4" },
  { section: "faults", label: "Faults", to: address("/faults"), key: "5" },
  { section: "coverage", label: "Coverage", to: address("/coverage"), key: "6" },
];

/** The org's state as the top bar shows it and as the browser is reported live. */
export interface OrgState {
  readonly now: string;
  readonly clock: "frozen" | "running";
  readonly used: number;
  readonly max: number;
  readonly faults: number;
  /** Requests since the org began; grows with each. */
  readonly requests: number;
}

export function orgState({ org, usage, journal, faults }: ConsoleHost): OrgState {
  return {
    now: new Date(org.clock.nowMs()).toISOString(),
    clock: org.clock.state.kind,
    used: usage.used,
    max: usage.max,
    faults: faults.list().filter((fault) => !fault.spent).length,
    requests: journal.count,
  };
}

/** Not within the template: bundlers rewrite tagged templates that hold it. */
const SCRIPT_END = new Markup("</script>");

/** The whole document. */
export function documentOf(view: View, page: Page): string {
  const assets = assetAddresses();
  const { text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${page.title} · Mock org</title>
<link rel="icon" href="${assets.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${assets.styles}">
<script src="${assets.script}" defer>${SCRIPT_END}
</head>
<body data-section="${page.section}">
<a class="skip" href="#main">Skip to the content</a>
${topBar(view, page.section, assets)}
<main id="main" tabindex="-1">
${page.body}
</main>
<div id="said" class="toast" role="status" aria-live="polite"></div>
${shortcuts()}
</body>
</html>
`;
  return text;
}

function topBar(view: View, current: Section, assets: AssetAddresses): Markup {
  const { host } = view;
  const state = orgState(host);
  const known = activeUsernames(host);
  const usernames = known.includes(view.actor.username) ? known : [view.actor.username, ...known];
  const organization = host.org.transaction(host.org.systemActor, (tx) => tx.get("Organization", host.org.id));
  return html`<header class="top">
<div class="bar">
<a class="brand" href="${HOME}"><img src="${assets.icon}" alt="" width="26" height="26"><span><b>${String(organization?.["Name"] ?? "Mock org")}</b><code>${host.org.id}</code></span></a>
<nav aria-label="Pages"><ul>${SECTIONS.map(
    ({ section, label, to, key }) =>
      html`<li><a href="${to}"${section === current ? html` aria-current="page"` : ""} data-key="${key}">${label}${
        section === "faults"
          ? html`<span class="badge" data-live="faults-badge"${state.faults === 0 ? html` hidden` : ""}>${state.faults}</span>`
          : ""
      }</a></li>`,
  )}</ul></nav>
</div>
<div class="state">
<section class="cell clock" aria-label="Clock">
<span class="cell-label">Clock <span class="dim" data-live="clock">${state.clock}</span></span>
<span class="cell-value"><time data-live="now" datetime="${state.now}">${instant(state.now)}</time> <span class="dim">UTC</span></span>
<span class="buttons"><button type="button" data-clock="minutes" title="Move the clock on by one minute">+1 min</button><button type="button" data-clock="hours" title="Move the clock on by one hour">+1 h</button><button type="button" data-clock="days" title="Move the clock on by one day">+1 day</button></span>
</section>
<section class="cell budget" aria-label="API budget">
<span class="cell-label">API calls, 24 h</span>
<span class="cell-value"><span data-live="used">${whole(state.used)}</span> <span class="dim">of <span data-live="max">${whole(state.max)}</span></span></span>
<progress data-live="budget" max="${state.max}" value="${Math.min(state.used, state.max)}" aria-label="API calls used"></progress>
</section>
<section class="cell armed" aria-label="Armed faults">
<span class="cell-label">Faults</span>
<a class="cell-value" href="${address("/faults")}"><span data-live="faults">${state.faults === 0 ? "none armed" : counted(state.faults, "armed", "armed")}</span></a>
</section>
<section class="cell as" aria-label="Viewing user">
<label class="cell-label" for="view-as">View as</label>
<select id="view-as">${usernames.map(
    (name) => html`<option value="${name}"${name === view.actor.username ? html` selected` : ""}>${name}</option>`,
  )}</select>
</section>
<section class="cell grow keep" aria-label="State of the org">
<span class="cell-label">State</span>
<span class="buttons"><button type="button" data-act="snapshot" title="Keep the records and the clock as they are now">Snapshot</button><button type="button" data-act="restore" title="Go back to the last snapshot" hidden>Restore</button><button type="button" data-act="reset" class="risky" title="Back to the beginning: records, clock and journal">Reset</button></span>
</section>
</div>
</header>`;
}

const KEYS: readonly (readonly [string, string])[] = [
  ["1 – 6", "Go to a page"],
  ["/", "Find on this page"],
  ["j  k", "Next and previous row"],
  ["Enter", "Open the row"],
  ["Ctrl Enter", "Run the query"],
  ["Ctrl Space", "Complete a name"],
  ["?", "Show this list"],
];

function shortcuts(): Markup {
  return html`<dialog id="keys" aria-labelledby="keys-title"><h2 id="keys-title">Keys</h2><dl class="keys">${KEYS.map(
    ([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`,
  )}</dl><form method="dialog"><button>Close</button></form></dialog>`;
}
