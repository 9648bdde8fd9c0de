/** The armed faults, and a form to arm one. */
import type { FaultStatus } from "../../faults/faults.ts";
import { type Control, FAULT_ACTS, type FaultAct, MATCHES } from "../fault-acts.ts";
import type { View } from "../host.ts";
import { html, type Markup, NOTHING } from "../html.ts";
import type { Page } from "../layout.ts";
import { counted } from "../present.ts";

export function faultsPage({ host }: View): Page {
  const faults = host.faults.list();
  const body = html`<div class="head"><h1>Faults</h1><p class="dim">What goes wrong on purpose, in Salesforce's own words. A fault applies to what it matches until it is spent or disarmed.</p></div>
<section aria-labelledby="armed" data-live-part="armed"><h2 id="armed">Armed</h2>${
    faults.length === 0
      ? html`<div class="empty"><p><b>Everything works.</b></p><p>Arm a fault below and see how the client takes it.</p></div>`
      : html`<ul class="faults">${faults.map(faultItem)}</ul><p><button type="button" data-disarm-all>Disarm all</button></p>`
  }</section>
<section aria-labelledby="arm"><h2 id="arm">Arm a fault</h2>
<form class="fault-form" data-fault autocomplete="off">
<fieldset class="acts"><legend class="hidden">What goes wrong</legend>${GROUPS.map(
    ([kind, title]) =>
      html`<div class="act-group"><h3>${title}</h3>${FAULT_ACTS.filter((act) => act.kind === kind).map(actChoice)}</div>`,
  )}</fieldset>
<div class="fault-details"><div class="form-grid" data-members>${FAULT_ACTS.flatMap((act) =>
    act.members.map(
      (member) => html`<div data-for-act="${act.act}" hidden>${controlOf(member, `${act.act}-${member.name}`)}</div>`,
    ),
  )}</div>
<details open><summary>When it applies</summary><div class="form-grid">${MATCHES.map(
    (member) =>
      html`<div data-for-kind="${member.kinds.join(" ")}">${controlOf(member, `match-${member.name}${member.kinds.length === 1 ? `-${member.kinds[0]}` : ""}`)}</div>`,
  )}</div></details>
<div class="refusals" role="alert" data-refusals hidden></div>
<p class="form-end"><button type="submit" class="primary">Arm</button></p>
<details class="preview"><summary>As code</summary><pre class="code" data-preview tabindex="0"></pre></details></div>
</form></section>`;
  return { title: "Faults", section: "faults", body };
}

const GROUPS = [
  ["call", "At the wire"],
  ["row", "On rows"],
  ["bulk", "In bulk jobs"],
] as const;

function faultItem({ id, name, fault, seen, applied, spent }: FaultStatus): Markup {
  const { act, name: _, ...members } = fault;
  const known = FAULT_ACTS.find((one) => one.act === act);
  return html`<li class="fault${spent ? " spent" : ""}"><div><b>${name}</b> <code>${act}</code><span class="dim">${known?.says ?? ""}</span>${
    Object.keys(members).length === 0
      ? html`<span class="dim">Matches everything.</span>`
      : html`<span class="conditions">${Object.entries(members).map(([member, value]) => html`<span class="condition"><span class="dim">${member}</span> ${typeof value === "string" ? value : JSON.stringify(value)}</span>`)}</span>`
  }</div><span class="num">${spent ? "spent, " : ""}applied ${applied} of ${counted(seen, "match", "matches")}</span><button type="button" data-disarm="${id}" aria-label="Disarm ${name}">Disarm</button></li>`;
}

function actChoice({ act, kind, says }: FaultAct, _at: number): Markup {
  return html`<label class="act"><input type="radio" name="act" value="${act}" data-kind="${kind}"${act === "row-lock" ? html` checked` : ""}><span><b>${act}</b><span class="dim">${says}</span></span></label>`;
}

function controlOf({ name, label, type, options, placeholder, initial }: Control, id: string): Markup {
  const common = html`id="${id}" data-member="${name}" data-type="${type}"`;
  return html`<label class="field" for="${id}"><span>${label}</span>${
    options !== undefined
      ? html`<select ${common}><option value="">any</option>${options.map((option) => html`<option>${option}</option>`)}</select>`
      : html`<input ${common}${type === "number" ? html` inputmode="decimal"` : ""}${placeholder === undefined ? NOTHING : html` placeholder="${placeholder}"`} value="${initial ?? ""}">`
  }</label>`;
}
