/** The console's style sheet: system fonts, one accent, light and dark by the reader's setting, from 320 px on. */
export const STYLES = `
:root {
  color-scheme: light dark;
  --paper: #f6f6f3;
  --surface: #ffffff;
  --sunken: #f0f0ec;
  --line: #deded8;
  --line-strong: #8b8d86;
  --ink: #1d2021;
  --dim: #5c6366;
  --accent: #0b6b6b;
  --accent-ink: #ffffff;
  --accent-soft: #e0efee;
  --bad: #a8321f;
  --bad-soft: #faebe7;
  --good: #2a6a3a;
  --shadow: 0 1px 2px rgb(20 24 24 / 5%), 0 6px 18px rgb(20 24 24 / 4%);
  --radius: 10px;
  --mono: ui-monospace, "SF Mono", SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #141717;
    --surface: #1c2020;
    --sunken: #171b1b;
    --line: #2e3434;
    --line-strong: #737d7c;
    --ink: #e8eae8;
    --dim: #9ca5a3;
    --accent: #64c3bc;
    --accent-ink: #0c2423;
    --accent-soft: #1d3635;
    --bad: #f09580;
    --bad-soft: #35211d;
    --good: #85c594;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-padding-top: 1rem; }
body {
  margin: 0;
  background: var(--paper);
  color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif;
  overflow-wrap: anywhere;
}
[hidden], .hidden:not(:focus) { display: none !important; }
.hidden { display: block !important; position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1, h2, h3, p, ul, ol, dl, dd, pre, fieldset { margin: 0; padding: 0; }
h1 { font-size: 1.6rem; line-height: 1.25; letter-spacing: -.015em; font-weight: 650; text-wrap: balance; }
h2 { font-size: 1.05rem; line-height: 1.35; font-weight: 650; }
h3 { font-size: .95rem; font-weight: 650; }
ul, ol { list-style: none; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; text-underline-offset: .18em; }
code, pre, kbd, .mono { font-family: var(--mono); font-size: .86em; }
code { overflow-wrap: anywhere; }
time, .num, .tabular, .num-left, td, .cell-value { font-variant-numeric: tabular-nums; }
.dim { color: var(--dim); }
b.bad { color: var(--bad); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
main:focus { outline: none; }
.skip { position: absolute; left: .75rem; top: -4rem; z-index: 20; background: var(--accent); color: var(--accent-ink); padding: .6rem 1rem; border-radius: 8px; }
.skip:focus { top: .75rem; }

/* Top bar */
.top { background: var(--surface); border-bottom: 1px solid var(--line); }
.bar, .state, main { max-width: 1240px; margin: 0 auto; padding: 0 1.5rem; }
.bar { display: flex; flex-wrap: wrap; align-items: center; gap: .25rem 2.25rem; padding-top: .7rem; }
.brand { display: flex; align-items: center; gap: .7rem; color: inherit; line-height: 1.2; padding: .2rem 0; min-width: 0; }
.brand:hover { text-decoration: none; }
.brand span { display: grid; min-width: 0; }
.brand code { color: var(--dim); font-size: .72rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .1rem; }
nav a { display: block; padding: .6rem .8rem .75rem; color: var(--dim); border-bottom: 2px solid transparent; font-weight: 500; }
nav a:hover { color: var(--ink); text-decoration: none; }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
.badge { display: inline-block; margin-left: .4rem; min-width: 1.3em; padding: 0 .4em; border-radius: 99px; background: var(--bad); color: var(--surface); font-size: .74rem; text-align: center; font-weight: 650; }
.state { display: flex; flex-wrap: wrap; align-items: flex-start; gap: .8rem 2.5rem; padding-top: .8rem; padding-bottom: .9rem; border-top: 1px solid var(--line); }
.bar + .state { max-width: none; }
.bar + .state { padding-left: max(1.5rem, calc((100vw - 1240px) / 2 + 1.5rem)); padding-right: max(1.5rem, calc((100vw - 1240px) / 2 + 1.5rem)); }
.cell { display: grid; gap: .15rem; min-width: 0; align-content: start; }
.cell.grow { margin-left: auto; }
.cell-label { font-size: .75rem; color: var(--dim); letter-spacing: .01em; }
.cell-value { font-weight: 600; color: inherit; white-space: nowrap; line-height: 1.75rem; }
.cell-value .dim { font-weight: 400; }
.clock { grid-template-columns: auto auto; column-gap: .9rem; }
.clock .cell-label { grid-column: 1 / -1; }
progress, meter { appearance: none; width: 100%; height: 3px; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; display: block; }
progress { margin-top: -.4rem; }
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
.buttons { display: flex; gap: .35rem; flex-wrap: wrap; }

/* Controls */
button, .button, select, input, textarea { font: inherit; color: inherit; border-radius: 7px; border: 1px solid var(--line-strong); background: var(--surface); }
button, .button { display: inline-flex; align-items: center; gap: .5rem; min-height: 1.95rem; padding: .2rem .75rem; cursor: pointer; font-size: .88rem; font-weight: 550; white-space: nowrap; border-color: var(--line-strong); color: var(--ink); }
button:hover, .button:hover { background: var(--sunken); text-decoration: none; }
button:active { transform: translateY(1px); }
button:disabled { opacity: .55; cursor: default; }
.primary { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
.primary:hover { background: var(--accent); filter: brightness(1.08); }
.primary kbd { border-color: currentColor; color: inherit; background: none; opacity: .85; }
.risky { color: var(--bad); }
.risky:hover { background: var(--bad-soft); border-color: var(--bad); }
.risky[data-armed] { background: var(--bad); border-color: var(--bad); color: var(--surface); }
.small { font-size: .8rem; min-height: 1.6rem; font-weight: 500; letter-spacing: 0; vertical-align: middle; }
.state button { min-height: 1.75rem; padding: .05rem .6rem; font-size: .82rem; }
input, select, textarea { padding: .3rem .6rem; min-height: 2.3rem; width: 100%; min-width: 0; }
input, select { height: 2.3rem; line-height: 1.4; }
.state select { min-height: 1.75rem; height: 1.75rem; padding: .05rem .4rem; font-size: .88rem; width: auto; max-width: 15rem; }
input[type="checkbox"], input[type="radio"] { width: 1.05rem; height: 1.05rem; min-height: 0; padding: 0; accent-color: var(--accent); margin: 0; flex: none; }
::placeholder { color: var(--dim); opacity: 1; }
kbd { border: 1px solid var(--line-strong); border-radius: 4px; padding: .05em .4em; font-size: .74rem; background: var(--surface); color: var(--dim); }
.filters { display: flex; flex-wrap: wrap; align-items: flex-end; gap: .7rem; margin-bottom: 1.1rem; }
.filters button, .filters .plain, .filters .check { min-height: 2.3rem; }
.plain { display: inline-flex; align-items: center; padding: 0 .35rem; }
.field { display: grid; gap: .22rem; min-width: 0; align-content: start; }
.field > span, .field > label { font-size: .8rem; color: var(--dim); font-weight: 500; }
.field label code { font-size: .72rem; opacity: .9; }
.find { flex: 1 1 17rem; max-width: 26rem; }
.narrow { margin-bottom: 1.5rem; }
.filters .grow { flex: 2 1 18rem; }
.check { display: inline-flex; align-items: center; gap: .5rem; min-height: 2.2rem; }
.required { color: var(--bad); }

/* Page */
main { padding-top: 1.9rem; padding-bottom: 5rem; }
main > section, main > dl, main > .columns, [data-live-part] > .columns { margin-top: 1.9rem; }
.head { display: grid; gap: .3rem; margin-bottom: 1.35rem; }
.head p { max-width: 68ch; }
.title-row { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: center; }
.crumbs { font-size: .88rem; color: var(--dim); display: flex; flex-wrap: wrap; gap: .2rem .5rem; align-items: center; }
.sub { color: var(--dim); }
section > h2 + * { margin-top: .6rem; }
section > * + * { margin-top: .6rem; }
.empty { border: 1px dashed var(--line-strong); border-radius: var(--radius); padding: 2rem 1.5rem; color: var(--dim); display: grid; gap: .35rem; justify-items: start; }
.empty b { color: var(--ink); }
.empty pre { background: var(--sunken); padding: .5rem .8rem; border-radius: 7px; margin-top: .4rem; max-width: 100%; overflow-x: auto; }
.pager { display: flex; flex-wrap: wrap; gap: .8rem; align-items: center; margin: 1rem 0; }
.note { background: var(--sunken); border-radius: 7px; padding: .5rem .8rem; }
.tag { display: inline-block; padding: .08em .6em; border-radius: 99px; font-size: .78rem; font-weight: 600; line-height: 1.5; background: var(--sunken); color: var(--dim); border: 1px solid var(--line); white-space: nowrap; vertical-align: .12em; letter-spacing: 0; }
.tag.on { background: var(--accent-soft); color: var(--accent); border-color: transparent; }
.tag.delete, .tag.purge { background: var(--bad-soft); color: var(--bad); border-color: transparent; }
.verdict { font-size: .8rem; font-weight: 600; margin-left: .4rem; }
.verdict.good { color: var(--good); }
.verdict.bad { color: var(--bad); }
.why { border-radius: var(--radius); padding: 1rem 1.25rem; background: var(--bad-soft); color: var(--ink); border: 1px solid transparent; }
.why h2 { color: var(--bad); }
.why h2 code { font-size: .95em; }
.message { white-space: pre-wrap; font-size: .9rem; overflow-x: auto; }
.code { background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; padding: .75rem .95rem; overflow-x: auto; font-size: .82rem; line-height: 1.55; max-height: 30rem; white-space: pre; }
.query .code { white-space: pre-wrap; }
.query + .query { margin-top: 1rem; }
.query p { margin-top: .4rem; font-size: .92rem; color: var(--dim); }
.query p b, .query p .num { color: var(--ink); }
details > summary { cursor: pointer; padding: .3rem 0; border-radius: 4px; }
summary h2 { display: inline; }
details > * + * { margin-top: .5rem; }
.names { line-height: 1.9; }
.names code { background: var(--sunken); border-radius: 4px; padding: .1em .4em; margin-right: .1rem; }

/* Requests */
.calls { background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); overflow: hidden; }
.calls:empty { display: none; }
.call + .call { border-top: 1px solid var(--line); }
.call a { display: grid; grid-template-columns: 3.1rem minmax(0, 1fr) 11rem 9rem; gap: .05rem 1rem; padding: .6rem 1.1rem; color: inherit; align-items: baseline; }
.call a:hover { background: var(--sunken); text-decoration: none; }
.call a:focus-visible { outline-offset: -2px; }
.call.fresh a { animation: arrive 1.6s ease-out; }
@keyframes arrive { from { background: var(--accent-soft); } }
.call-status { font-weight: 650; font-variant-numeric: tabular-nums; color: var(--dim); }
.call-status.bad, .call-status.cut { color: var(--bad); }
.call-what { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.call-what b { font-weight: 600; }
.path { font-family: var(--mono); font-size: .86em; }
.call-why { grid-column: 2; grid-row: 2; font-size: .86rem; color: var(--dim); display: flex; flex-wrap: wrap; gap: 0 .8rem; min-width: 0; }
.call-why .refusal { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; max-width: 100%; }
.refusal code { color: var(--bad); font-weight: 600; }
.call-who { font-size: .88rem; color: var(--dim); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.call-when { font-size: .88rem; text-align: right; white-space: nowrap; }
.call-title { font-size: 1.3rem; font-weight: 550; }
.call-title .path { font-size: .88em; overflow-wrap: anywhere; font-weight: 400; }
.step { font-size: .86rem; margin-left: .2rem; }
.facts { display: flex; flex-wrap: wrap; gap: .8rem 2.8rem; }
.facts dt { font-size: .78rem; color: var(--dim); }
.facts dd { font-weight: 600; font-variant-numeric: tabular-nums; }
.facts dd .dim { font-weight: 400; }
.change { border: 1px solid var(--line); background: var(--surface); border-radius: 8px; padding: .35rem 1rem; }
.change + .change { margin-top: .5rem; }
.change .scroll { margin-bottom: .6rem; }
.copy pre { margin-bottom: .5rem; }

/* Tables */
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); box-shadow: var(--shadow); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; padding: .48rem .9rem; vertical-align: baseline; font-weight: 400; overflow-wrap: normal; }
thead th { font-size: .78rem; color: var(--dim); font-weight: 600; white-space: nowrap; border-bottom: 1px solid var(--line); }
thead a { color: inherit; }
tbody tr + tr > * { border-top: 1px solid var(--line); }
tbody th { font-weight: 600; }
.wide td, .wide th { white-space: nowrap; max-width: 19rem; overflow: hidden; text-overflow: ellipsis; }
tbody tr:hover > * { background: var(--sunken); }
tfoot > tr > * { border-top: 1px solid var(--line-strong); font-weight: 650; }
th.num, td.num { text-align: right; }
tr.bad td { color: var(--bad); }
.nowrap { white-space: nowrap; }
.same { color: var(--dim); }
.differs { color: var(--bad); background: var(--bad-soft); }
td summary { padding: 0; }
.before { color: var(--dim); }
.before-after td { overflow-wrap: anywhere; min-width: 8rem; }
.before-after .after { font-weight: 600; }
.before-after { table-layout: auto; }
.change .scroll { box-shadow: none; border-radius: 8px; }

/* Orders */
.rail { display: flex; margin: .4rem 0 0; padding: 1.1rem 1.4rem; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); box-shadow: var(--shadow); overflow-x: auto; }
.rail li { flex: 1 0 auto; display: flex; align-items: center; gap: .6rem; color: var(--dim); padding-right: .8rem; white-space: nowrap; }
.rail li:last-child { flex-grow: 0; padding-right: 0; }
.rail li:not(:last-child)::after { content: ""; flex: 1; min-width: 1.4rem; height: 2px; background: var(--line); border-radius: 2px; }
.rail li.done:not(:last-child)::after { background: var(--accent); }
.dot { width: .85rem; height: .85rem; border-radius: 50%; border: 2px solid var(--line-strong); flex: none; }
.done .dot { background: var(--accent); border-color: var(--accent); }
.current .dot { border-color: var(--accent); box-shadow: 0 0 0 4px var(--accent-soft); background: var(--surface); border-width: 4px; }
.current { color: var(--ink) !important; font-weight: 650; }
.done { color: var(--ink) !important; }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 21rem; gap: 2.4rem; align-items: start; }
.columns > div > * + *, .columns > aside > * + * { margin-top: 1.9rem; }
.steps, .locks { border: 1px solid var(--line); background: var(--surface); border-radius: var(--radius); box-shadow: var(--shadow); }
.steps > li + li, .locks > li + li { border-top: 1px solid var(--line); }
.steps details > :not(summary) { margin-left: 1.1rem; margin-right: 1.1rem; }
.steps details[open] { padding-bottom: .9rem; }
.steps summary { display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: baseline; padding: .55rem 1.1rem; list-style: none; }
.steps summary::-webkit-details-marker { display: none; }
.steps summary:hover .step-label { text-decoration: underline; text-underline-offset: .18em; }
.steps summary:focus-visible { outline-offset: -2px; }
.mark { width: 1.1rem; font-weight: 700; color: var(--bad); }
.allowed .mark { color: var(--good); }
.step-label { font-weight: 550; flex: 1 1 10rem; }
.code-tag { color: var(--bad); font-weight: 600; }
.locks li { padding: .75rem 1.1rem; }
.locks li > * + * { margin-top: .2rem; }
.timeline { border-left: 2px solid var(--line); margin-left: .4rem; }
.timeline > li { position: relative; padding: 0 0 1.15rem 1.3rem; }
.timeline > li::before { content: ""; position: absolute; left: calc(-.4rem - 1px); top: .4rem; width: .7rem; height: .7rem; border-radius: 50%; background: var(--paper); border: 2px solid var(--line-strong); }
.timeline > .good::before, .timeline > .start::before { background: var(--accent); border-color: var(--accent); }
.timeline > .bad::before { border-color: var(--bad); }
.timeline > .planned::before { border-style: dotted; }
.timeline > .planned b { font-weight: 500; color: var(--dim); }
.timeline .dim { font-size: .84rem; }
.timeline ul { font-size: .88rem; margin-top: .2rem; }

/* Records */
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(14.5rem, 1fr)); gap: .6rem; }
.tiles a { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .8rem; padding: .65rem .95rem; background: var(--surface); border: 1px solid var(--line); border-radius: var(--radius); color: inherit; box-shadow: var(--shadow); }
.tiles a:hover { border-color: var(--accent); text-decoration: none; }
.tiles b, .tiles code { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.tiles b { font-weight: 600; }
.tiles code { grid-row: 2; color: var(--dim); font-size: .76rem; }
.tiles .num { grid-row: 1 / 3; grid-column: 2; align-self: center; font-size: 1.15rem; font-weight: 600; }
.values { display: grid; grid-template-columns: repeat(auto-fill, minmax(16rem, 1fr)); gap: .85rem 2rem; }
.values dt { font-size: .8rem; color: var(--dim); }
.values dt code { font-size: .7rem; opacity: .9; }
.values dd { overflow-wrap: anywhere; white-space: pre-line; }
.edit, .fault-details { border: 1px solid var(--line); border-radius: var(--radius); background: var(--surface); padding: .5rem 1.2rem; box-shadow: var(--shadow); }
.edit > summary { font-weight: 600; }
.edit[open] { padding-bottom: 1.2rem; }
.form-grid { display: grid; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)); gap: .9rem 1.2rem; align-items: start; }
.record-form > * + *, .fault-details > * + * { margin-top: 1rem; }
.form-end { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; font-size: .88rem; }
.read-only input, .read-only select, .read-only textarea { background: var(--sunken); }
.field.wrong input, .field.wrong select, .field.wrong textarea { border-color: var(--bad); box-shadow: 0 0 0 1px var(--bad); }
.refusals { background: var(--bad-soft); border-radius: 8px; padding: .7rem 1rem; }
.refusals code { color: var(--bad); font-weight: 600; }
.related + .related { margin-top: 1.1rem; }
.related h3 .dim { font-weight: 400; font-size: .84rem; }
.related li { padding: .18rem 0; font-size: .92rem; }

.compact { grid-template-columns: repeat(auto-fill, minmax(11.5rem, 1fr)); gap: .4rem; }
.compact a { padding: .35rem .8rem; box-shadow: none; background: none; }
.compact b { font-weight: 500; font-size: .9rem; }
.compact code, .compact .num { display: none; }

/* SOQL */
.editor { display: grid; gap: .7rem; }
.editor-box { position: relative; }
textarea { resize: vertical; line-height: 1.5; }
#soql { font-family: var(--mono); font-size: .9rem; line-height: 1.6; padding: .85rem 1rem; min-height: 8.5rem; border-radius: var(--radius); tab-size: 2; }
#soql[aria-invalid] { border-color: var(--bad); }
#suggestions { position: absolute; z-index: 10; min-width: 15rem; max-width: min(26rem, 100%); max-height: 15.5rem; overflow-y: auto; background: var(--surface); border: 1px solid var(--line-strong); border-radius: 8px; box-shadow: 0 8px 28px rgb(0 0 0 / 18%); padding: .25rem; }
#suggestions li { display: flex; gap: .8rem; justify-content: space-between; padding: .25rem .6rem; border-radius: 5px; cursor: pointer; font-size: .88rem; }
#suggestions li span:first-child { white-space: nowrap; font-family: var(--mono); font-size: .84rem; }
#suggestions li span:last-child { color: var(--dim); font-size: .78rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
#suggestions li[aria-selected="true"] { background: var(--accent); color: var(--accent-ink); }
#suggestions li[aria-selected="true"] span { color: inherit; }
.editor-bar { display: flex; flex-wrap: wrap; gap: .5rem 1.2rem; align-items: center; }
.editor-bar .dim { font-size: .86rem; }
.examples li { padding: .2rem 0; }

/* Faults and coverage */
.faults { border: 1px solid var(--line); background: var(--surface); border-radius: var(--radius); box-shadow: var(--shadow); }
.faults li { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: .3rem 1.2rem; align-items: center; padding: .7rem 1.1rem; }
.faults li + li { border-top: 1px solid var(--line); }
.faults li > div { display: flex; flex-wrap: wrap; gap: .1rem .7rem; align-items: baseline; }
.faults .num { font-size: .88rem; color: var(--dim); }
.spent b { text-decoration: line-through; color: var(--dim); }
.conditions { display: flex; flex-wrap: wrap; gap: .3rem; flex-basis: 100%; }
.condition { background: var(--sunken); border-radius: 5px; padding: .05rem .5rem; font-size: .84rem; overflow-wrap: anywhere; }
.fault-form { display: grid; grid-template-columns: minmax(0, 21rem) minmax(0, 1fr); gap: 1.6rem; align-items: start; }
fieldset { border: 0; min-width: 0; }
.act-group + .act-group { margin-top: 1rem; }
.act-group h3 { font-size: .8rem; color: var(--dim); margin-bottom: .25rem; }
.act { display: flex; gap: .7rem; padding: .32rem .6rem; border-radius: 7px; align-items: flex-start; cursor: pointer; }
.act input { margin-top: .25rem; }
.act span { display: grid; line-height: 1.35; }
.act b { font-weight: 550; }
.act .dim { font-size: .83rem; }
.act:hover { background: var(--sunken); }
.act:has(:checked) { background: var(--accent-soft); }
.act:has(:checked) .dim { color: var(--ink); }
.fault-details { padding-bottom: 1.1rem; padding-top: 1.1rem; position: sticky; top: 1rem; }
.ranking { margin-top: .8rem; border: 1px solid var(--line); background: var(--surface); border-radius: var(--radius); box-shadow: var(--shadow); }
.ranking li { display: grid; grid-template-columns: minmax(0, 1fr) 9rem 3.5rem; gap: .3rem 1.3rem; align-items: center; padding: .75rem 1.1rem; }
.ranking li + li { border-top: 1px solid var(--line); }
.ranking li > div { display: grid; gap: .1rem; min-width: 0; }
.ranking .dim { font-size: .86rem; overflow-wrap: anywhere; }
.ranking .num { text-align: right; }
.ranking .nearest { font-size: .9rem; }
meter { height: 6px; border-radius: 6px; }
meter::-webkit-meter-bar { background: var(--line); border: 0; border-radius: 6px; height: 6px; }
meter::-webkit-meter-optimum-value { background: var(--accent); }
meter::-moz-meter-bar { background: var(--accent); }

/* Toast and dialog */
.toast { position: fixed; left: 50%; bottom: 1.25rem; translate: -50% 0; z-index: 30; max-width: min(34rem, calc(100vw - 2rem)); }
.toast p { background: var(--ink); color: var(--paper); padding: .65rem 1.1rem; border-radius: 9px; box-shadow: 0 8px 28px rgb(0 0 0 / 25%); }
.toast a { color: inherit; text-decoration: underline; }
.toast .failed { background: var(--bad); color: var(--surface); }
dialog { border: 1px solid var(--line); border-radius: 12px; background: var(--surface); color: inherit; padding: 1.4rem 1.6rem; width: min(26rem, calc(100vw - 2rem)); }
dialog::backdrop { background: rgb(0 0 0 / 45%); }
.keys { margin: .9rem 0 1.1rem; display: grid; gap: .5rem; }
.keys div { display: flex; gap: 1rem; }
.keys dt { width: 7rem; }

/* One row as long as it fits: the badge of the navigation counts the armed faults too. */
@media (max-width: 1300px) {
  .bar + .state { column-gap: 1.25rem; }
  .state select { max-width: 10.5rem; }
}
@media (max-width: 1150px) {
  .armed { display: none; }
  .cell.grow { margin-left: 0; }
}
@media (max-width: 900px) {
  .columns, .fault-form { grid-template-columns: minmax(0, 1fr); gap: 1.9rem; }
  .acts { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; }
  .act-group + .act-group { margin-top: 0; }
  .fault-details { position: static; }
  .call a { grid-template-columns: 3.1rem minmax(0, 1fr) auto; }
  .call-who { grid-column: 2; grid-row: 3; }
  .call-when { grid-column: 3; grid-row: 1; }
}
@media (max-width: 560px) {
  body { font-size: 15px; }
  .bar, main { padding-left: 1rem; padding-right: 1rem; }
  .bar + .state { padding-left: 1rem; padding-right: 1rem; gap: .7rem 1.6rem; }
  .bar { padding-top: .4rem; gap: 0; }
  nav { width: calc(100% + 2rem); margin: 0 -1rem; overflow-x: auto; scrollbar-width: none; }
  nav ul { flex-wrap: nowrap; padding: 0 .55rem; }
  nav li { flex: 1 0 auto; }
  nav a { padding: .5rem .4rem .55rem; text-align: center; font-size: .84rem; }
  .badge { margin-left: .25rem; }
  .bar + .state { gap: .45rem .6rem; padding-top: .55rem; padding-bottom: .65rem; }
  .cell { flex: 1 0 100%; }
  .clock, .budget { display: flex; align-items: center; gap: .3rem .6rem; }
  .clock .cell-label, .as .cell-label, .keep .cell-label { display: none; }
  .clock { flex-wrap: wrap; }
  .clock .cell-value { flex: 1; font-size: .84rem; }
  .clock .dim { display: none; }
  .clock .buttons { flex-wrap: nowrap; }
  .budget .cell-value { line-height: 1.3; font-size: .86rem; }
  .budget progress { flex: 1; width: auto; margin: 0; }
  .as { flex: 1 1 8rem; }
  .keep { flex: 0 0 auto; }
  .state select { width: 100%; max-width: none; }
  .state button, button, .button, .state select { min-height: 2.3rem; height: auto; }
  h1 { font-size: 1.35rem; }
  .call a { grid-template-columns: 2.5rem minmax(0, 1fr); padding: .65rem .8rem; gap: .1rem .6rem; }
  .call-what { white-space: normal; overflow-wrap: anywhere; display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; }
  .call-when { grid-column: 2; grid-row: 4; text-align: left; }
  .call-why .refusal { white-space: normal; }
  .filters > * { flex: 1 1 100%; }
  .filters > .field { flex: 1 1 9rem; }
  .filters .find { flex: 1 1 100%; max-width: none; }
  .filters button { justify-content: center; }
  .facts { gap: .7rem 1.8rem; }
  .faults li { grid-template-columns: minmax(0, 1fr) auto; }
  .faults li > div { grid-column: 1 / -1; }
  .ranking li { grid-template-columns: minmax(0, 1fr) 3.5rem; }
  .ranking li > div { grid-column: 1 / -1; }
  .values, .form-grid { grid-template-columns: minmax(0, 1fr); }
  .rail { flex-direction: column; overflow: visible; padding: .9rem 1.1rem; gap: .9rem; }
  .rail li { flex: none; }
  .rail li:not(:last-child)::after { display: none; }
  .keys dt { width: 6rem; }
  th, td { padding: .45rem .55rem; font-size: .84rem; }
  .wide td, .wide th { max-width: 8rem; }
  .code { white-space: pre-wrap; }
  .state .buttons { gap: .25rem; }
  .state .buttons button { padding: .2rem .42rem; font-size: .78rem; }
}
@media (prefers-reduced-motion: reduce) {
  * { animation: none !important; transition: none !important; }
}
@media print {
  .state, nav, .toast, .filters { display: none; }
}
`;
