/** The frame of every page: head, style, navigation, and the few lines of script. Nothing comes from another host. */
import { html, raw } from "hono/html";
import type { Markup } from "./chart.ts";

/** What the frame shows. */
export interface Frame {
  readonly title: string;
  readonly source: string;
  /** For the Content-Security-Policy of this answer. */
  readonly nonce: string;
  /** The mark of the session's forms; null when nobody is signed in. */
  readonly mark: string | null;
  readonly canSignIn: boolean;
  /** True: the page fetches itself again every few seconds while nobody types. */
  readonly live: boolean;
  readonly notice: string | null;
}

const PAGES = [
  { path: "/", name: "State" },
  { path: "/conflicts", name: "Conflicts" },
  { path: "/dead-letters", name: "Dead letters" },
  { path: "/records", name: "Records" },
  { path: "/plan", name: "Plan" },
] as const;

/** A whole page. */
export function page(frame: Frame, path: string, content: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>${frame.title} · order-sync ${frame.source}</title>
  <link rel="icon" href="data:,">
  <style nonce="${frame.nonce}">${raw(STYLE)}</style>
</head>
<body>
  <a class="skip" href="#content">To the content</a>
  <header>
    <p class="brand">order-sync <span>${frame.source}</span></p>
    <nav aria-label="Pages">
      ${PAGES.map((one) => html`<a href="${one.path}" ${one.path === path ? raw('aria-current="page"') : ""}>${one.name}</a>`)}
    </nav>
    ${signInPart(frame)}
  </header>
  <main id="content" tabindex="-1">
    <h1>${frame.title}</h1>
    ${frame.notice === null ? "" : html`<p class="notice" role="status">${frame.notice}</p>`}
    ${content}
  </main>
  <script nonce="${frame.nonce}">${raw(frame.live ? LIVE_SCRIPT : "")}${raw(CONFIRM_SCRIPT)}</script>
</body>
</html>`;
}

/** A button that changes something: a form of its own, with the mark. Disabled for those who are not signed in. */
export function changeButton(
  frame: Pick<Frame, "mark">,
  button: {
    readonly action: string;
    readonly label: string;
    readonly values?: Readonly<Record<string, string>>;
    readonly question?: string;
    readonly plain?: boolean;
  },
): Markup {
  const { action, label, values = {}, question } = button;
  return html`<form method="post" action="${action}" class="inline" ${question === undefined ? "" : html`data-confirm="${question}"`}>
    <input type="hidden" name="mark" value="${frame.mark ?? ""}">
    ${Object.entries(values).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}
    <button ${button.plain === true ? raw('class="plain"') : ""} ${frame.mark === null ? raw('disabled title="Sign in to change something"') : ""}>${label}</button>
  </form>`;
}

function signInPart(frame: Frame): Markup {
  if (frame.mark !== null) {
    return html`<form method="post" action="/sign-out" class="inline"><input type="hidden" name="mark" value="${frame.mark}"><button class="plain">Sign out</button></form>`;
  }
  return frame.canSignIn
    ? html`<a class="sign-in" href="/sign-in">Sign in to change something</a>`
    : html`<span class="sign-in">Read only</span>`;
}

/** Replaces the content by a new one, unless somebody is at work in it. */
const LIVE_SCRIPT = `
const REFRESH_MS = 5000;
setInterval(async () => {
  const main = document.querySelector("main");
  if (document.hidden || (main.contains(document.activeElement) && document.activeElement !== main)) return;
  if (document.querySelector("details[open]") || String(getSelection()) !== "") return;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main");
    if (fresh !== null) main.replaceChildren(...fresh.childNodes);
  } catch { /* The service is away for a moment; the next tick tries again. */ }
}, REFRESH_MS);
`;

const CONFIRM_SCRIPT = `
document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question !== undefined && !confirm(question)) event.preventDefault();
});
`;

const STYLE = `
:root {
  --ground: #f7f7f5; --card: #ffffff; --ink: #1d2126; --soft: #5b6470; --line: #d9dce0; --link: #0b5cad;
  --good: #17693c; --warn: #8a5200; --bad: #a8201a; --bar: #3b7dc4; --add: #e6f4ea; --take: #fbe9e7;
  font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--ground);
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #15181c; --card: #1e2227; --ink: #e6e8eb; --soft: #a3acb8; --line: #363c44; --link: #7db6f2;
    --good: #6fce97; --warn: #f0b458; --bad: #ff8f87; --bar: #5a9ae0; --add: #16301f; --take: #3a1d1b;
  }
}
* { box-sizing: border-box; }
body { margin: 0; }
a { color: var(--link); }
a:focus-visible, button:focus-visible, input:focus-visible, summary:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px; }
.skip { position: absolute; left: -999px; }
.skip:focus { left: 1rem; top: .5rem; background: var(--card); padding: .25rem .5rem; }
header { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; align-items: center; padding: .75rem 1.5rem; background: var(--card); border-bottom: 1px solid var(--line); }
.brand { margin: 0; font-weight: 700; }
.brand span { font-weight: 400; color: var(--soft); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; flex: 1; }
nav a { text-decoration: none; padding: .25rem 0; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--link); font-weight: 600; }
.sign-in { font-size: .9rem; color: var(--soft); }
main { max-width: 72rem; margin: 0 auto; padding: 1rem 1.5rem 3rem; }
main:focus { outline: none; }
h1 { font-size: 1.5rem; margin: .5rem 0 1rem; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
section.card h2, .card > h2 { margin-top: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 0 0 1rem; overflow-x: auto; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.2rem, 1fr)); gap: .75rem; }
.cards .card { margin: 0; padding: .75rem; }
.figure { font-size: 1.4rem; font-weight: 600; margin: 0; overflow-wrap: anywhere; }
.label, .soft { color: var(--soft); font-size: .9rem; margin: 0; }
table { border-collapse: collapse; width: 100%; font-size: .95rem; }
th, td { text-align: left; padding: .4rem 1rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
tr:last-child td { border-bottom: 0; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); }
.notice { background: var(--card); border-left: 4px solid var(--link); padding: .5rem 1rem; }
.trouble { background: var(--card); border-left: 4px solid var(--bad); padding: .5rem 1rem; overflow-wrap: anywhere; }
code, .value { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
.sides { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: .5rem 0; }
.sides > div { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .75rem; }
form.inline { display: inline-block; margin: .15rem .5rem .15rem 0; }
button { font: inherit; padding: .35rem .9rem; border-radius: 6px; border: 1px solid var(--link); background: var(--link); color: var(--card); cursor: pointer; }
button.plain { background: transparent; color: var(--link); }
button:disabled { opacity: .45; cursor: not-allowed; }
input[type=text], input[type=password], input[type=search] { font: inherit; padding: .35rem .6rem; border: 1px solid var(--soft); border-radius: 6px; background: var(--card); color: var(--ink); width: min(28rem, 100%); }
ol.timeline { list-style: none; margin: 0; padding: 0 0 0 1.25rem; border-left: 2px solid var(--line); }
ol.timeline > li { position: relative; margin: 0 0 1.25rem; }
ol.timeline > li::before { content: ""; position: absolute; left: -1.65rem; top: .45rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--bar); }
.chart { width: 100%; height: auto; }
.chart .bar { fill: var(--bar); } .chart .slot { fill: transparent; } .chart .slot:hover { fill: var(--line); opacity: .5; }
.chart .axis { stroke: var(--line); } .chart text { fill: var(--soft); font-size: 11px; text-anchor: middle; } .chart .peak { fill: var(--ink); } .chart .first { text-anchor: start; } .chart .last { text-anchor: end; }
.diff { margin: .25rem 0 0; padding: 0; list-style: none; }
.diff li { padding: .1rem .5rem; overflow-wrap: anywhere; }
.from { background: var(--take); padding: 0 .25rem; border-radius: 3px; } .to { background: var(--add); padding: 0 .25rem; border-radius: 3px; }
@media (max-width: 40rem) {
  header { padding: .5rem 1rem; gap: .25rem 1rem; } .brand { flex: 1; } nav { order: 1; flex: 1 1 100%; gap: .25rem .7rem; font-size: .95rem; }
  header form.inline, .sign-in { margin: 0; }
  .cards { grid-template-columns: 1fr 1fr; gap: .5rem; } .cards .card { padding: .6rem .75rem; }
  .chart text { font-size: 22px; } main { padding: .5rem 1rem 2rem; }
  .sides { grid-template-columns: 1fr; }
  table.stack thead { position: absolute; left: -999px; }
  table.stack tr { display: block; border-bottom: 1px solid var(--line); padding: .4rem 0; }
  table.stack td { display: flex; justify-content: space-between; gap: 1rem; border: 0; padding: .1rem 0; text-align: right; }
  table.stack td::before { content: attr(data-label); color: var(--soft); text-align: left; }
}
`;
