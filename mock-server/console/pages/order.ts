/** One order: its stages, its time line, its totals, its locks, and what the org would say to each next step. */

import { ruleFact } from "../../kit/reason.ts";
import type { Row } from "../../schema/definition.ts";
import { address, orderAddress, recordAddress, requestAddress } from "../addresses.ts";
import { API_VERSION, read, type View } from "../host.ts";
import { html, type Markup, NOTHING, type Part } from "../html.ts";
import type { Page } from "../layout.ts";
import { type Lock, type OrderOutlook, outlookOf, type Step } from "../order-steps.ts";
import { type Moment, type Stage, stagesOf, timelineOf } from "../order-timeline.ts";
import { type OrderTotals, totalsOf } from "../order-totals.ts";
import { counted, json, money, shown } from "../present.ts";
import type { Attempt, Outcome } from "../rehearsal.ts";
import { statusTag } from "./orders.ts";
import { certainty } from "./request.ts";

/** The page; undefined where the viewing user sees no such order. */
export function orderPage(view: View, id: string): Page | undefined {
  const story = read(view, (tx) => {
    const order = view.actor.access.catalog.object("Order") === undefined ? undefined : tx.get("Order", id);
    if (order === undefined || !tx.canSee("Order", order)) return undefined;
    const totals = totalsOf(tx, order);
    return {
      order,
      totals,
      account: tx.get("Account", String(order["AccountId"])),
      contract: tx.get("Contract", String(order["ContractId"])),
      book: tx.get("Pricebook2", String(order["Pricebook2Id"])),
      stages: stagesOf(tx, order, totals.lines.length),
      moments: timelineOf(tx, order, view.host.journal),
    };
  });
  const outlook = outlookOf(view, id);
  if (story === undefined || outlook === undefined) return undefined;
  const { order, totals, account, contract, book } = story;
  const number = shown(order["OrderNumber"]);
  const body = html`<div data-live-part="order"><div class="head"><p class="crumbs"><a href="${address("/orders")}">Orders</a> <span aria-hidden="true">/</span> <span class="num">${number}</span></p>
<h1>Order ${number} ${statusTag(order)}</h1>
<p class="sub">${account === undefined ? NOTHING : html`<a href="${recordAddress("Account", String(account["Id"]))}">${shown(account["Name"])}</a> · `}${contract === undefined ? NOTHING : html`<a href="${recordAddress("Contract", String(contract["Id"]))}">Contract ${shown(contract["ContractNumber"])}</a> · `}${book === undefined ? html`<span class="dim">no price book</span>` : html`<a href="${recordAddress("Pricebook2", String(book["Id"]))}">${shown(book["Name"])}</a>`} · <a href="${recordAddress("Order", id)}">All fields</a>${
    typeof order["OriginalOrderId"] === "string"
      ? html` · <a href="${orderAddress(order["OriginalOrderId"])}">Original order</a>`
      : NOTHING
  }</p></div>
${stageRail(story.stages)}
<div class="columns"><div>
${totalsSection(totals, order)}
${nextSection(outlook, view.actor.username)}
${locksSection(outlook, view.actor.username)}
</div><aside>${timeline(story.moments)}</aside></div></div>`;
  return { title: `Order ${number}`, section: "orders", body };
}

function stageRail(stages: readonly Stage[]): Markup {
  return html`<ol class="rail" aria-label="Stages">${stages.map(
    ({ label, state }) =>
      html`<li class="${state}"${state === "current" ? html` aria-current="step"` : ""}><span class="dot" aria-hidden="true"></span><span>${label}</span><span class="hidden">, ${state}</span></li>`,
  )}</ol>`;
}

function totalsSection({ lines, stored, recomputed }: OrderTotals, order: Row): Markup {
  const good = stored === recomputed && lines.every((line) => line.stored === line.recomputed);
  return html`<section class="panel" aria-labelledby="totals"><h2 id="totals">Totals ${good ? html`<span class="verdict good">adds up</span>` : html`<span class="verdict bad">does not add up</span>`}</h2>
${
  lines.length === 0
    ? html`<p class="dim">No order products. The stored amount is ${money(stored)}.</p>`
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Order products"><table><thead><tr><th scope="col">Product</th><th scope="col" class="num">Quantity</th><th scope="col" class="num">Unit price</th><th scope="col" class="num">Stored</th><th scope="col" class="num">Recomputed</th></tr></thead><tbody>${lines.map(
        (line) =>
          html`<tr><th scope="row"><a href="${recordAddress("OrderItem", String(line.row["Id"]))}">${line.product}</a>${available(line.row, order)}</th><td class="num">${shown(line.quantity)}</td><td class="num">${money(line.unitPrice)}</td><td class="num">${money(line.stored)}</td>${compared(line.stored, line.recomputed)}</tr>`,
      )}</tbody><tfoot><tr><th scope="row" colspan="3">Order amount</th><td class="num">${money(stored)}</td>${compared(stored, recomputed)}</tr></tfoot></table></div>`
}</section>`;
}

function available(line: Row, order: Row): Part {
  if (order["IsReductionOrder"] === true || line["AvailableQuantity"] === line["Quantity"]) return NOTHING;
  return html` <span class="dim">${shown(line["AvailableQuantity"])} left to reduce</span>`;
}

function compared(stored: number, recomputed: number): Markup {
  return stored === recomputed
    ? html`<td class="num same">${money(recomputed)}</td>`
    : html`<td class="num differs"><b>${money(recomputed)}</b></td>`;
}

function nextSection({ steps }: OrderOutlook, username: string): Markup {
  return html`<section class="panel" aria-labelledby="next"><h2 id="next">What may come next</h2><p class="dim">Each step was run as ${username} through the real rules and undone.</p><ul class="steps">${steps.map((step) => stepItem(step, username))}</ul></section>`;
}

function stepItem({ label, attempt, outcome }: Step, username: string): Markup {
  return html`<li class="${outcome.allowed ? "allowed" : "refused"}"><details><summary><span class="mark" aria-hidden="true">${outcome.allowed ? "✓" : "✕"}</span><span class="step-label">${label}</span>${
    outcome.allowed
      ? html`<span class="verdict good">allowed</span>`
      : html`<code class="code-tag">${outcome.faults[0]?.code}</code>`
  }</summary>${refusalLines(outcome)}${callOf(attempt, label, username)}</details></li>`;
}

/** The step as the call that a client would send, with a button that sends it. */
function callOf({ operation, object, id, values }: Attempt, label: string, username: string): Markup {
  const path = `/services/data/v${API_VERSION}.0/sobjects/${object}${id === undefined ? "" : `/${id}`}`;
  const name = html` aria-label="Do it as ${username}: ${label}"`;
  if (operation === "undelete")
    return html`<p><button type="button" data-undelete="${object}" data-id="${id}"${name}>Do it as ${username}</button></p>`;
  if (operation === "delete")
    return html`<pre class="code">DELETE ${path}</pre><p><button type="button" class="risky" data-delete="${object}" data-id="${id}"${name}>Do it as ${username}</button></p>`;
  const method = operation === "insert" ? "POST" : "PATCH";
  return html`<pre class="code">${method} ${path}
${json(values)}</pre><p><button type="button" data-do="${method}" data-path="${path}" data-body="${JSON.stringify(values)}"${name}>Do it as ${username}</button></p>`;
}

function refusalLines({ faults, rule }: Outcome): Markup {
  const known = rule === undefined ? undefined : ruleFact(rule);
  return html`${faults.map((fault) => html`<p class="refusal"><code>${fault.code}</code> ${fault.message}</p>`)}${
    rule === undefined
      ? NOTHING
      : html`<p class="dim">Rule ${rule}${known === undefined ? " of this org" : `: ${known.when}. Source: ${known.source}. ${certainty(known.certainty)}`}</p>`
  }`;
}

function locksSection({ locks, free }: OrderOutlook, username: string): Markup {
  return html`<section class="panel" aria-labelledby="locks"><h2 id="locks">What is locked now</h2>${
    locks.length === 0
      ? html`<p>Nothing that ${username} could edit is locked.</p>`
      : html`<ul class="locks">${locks.map(lockItem)}</ul>`
  }<p class="dim">${counted(free.length, "field")} of the order and its products may be changed.</p></section>`;
}

function lockItem({ object, fields, outcome }: Lock): Markup {
  const labels = fields.map(({ label }) => label.replace(/ ID$/, ""));
  const few = labels.slice(0, 6).join(", ");
  return html`<li><p><b>${object === "Order" ? "Order" : "Order product"}:</b> ${labels.length > 6 ? html`${few} and ${labels.length - 6} more` : few}</p>${refusalLines(outcome)}</li>`;
}

function timeline(moments: readonly Moment[]): Markup {
  return html`<section aria-labelledby="life"><h2 id="life">Time line</h2><ol class="timeline">${moments.map(
    ({ at, title, who, details, requests, tone }) =>
      html`<li class="${tone}"><p class="moment"><b>${title}</b>${requests.map((number) => html` <a class="step" href="${requestAddress(number)}">#${number}</a>`)}</p><p class="dim"><time datetime="${at}">${at.replace("T", " ")}</time>${who === undefined ? "" : ` · ${who}`}</p>${
        details.length === 0
          ? NOTHING
          : html`<ul>${details.slice(0, DETAILS_MAX).map((text) => html`<li>${text}</li>`)}${details.length > DETAILS_MAX ? html`<li class="dim">${details.length - DETAILS_MAX} more</li>` : NOTHING}</ul>`
      }</li>`,
  )}</ol></section>`;
}

/** Facts that one moment lists; an order of 500 lines is reported by its first ones. */
const DETAILS_MAX = 12;
