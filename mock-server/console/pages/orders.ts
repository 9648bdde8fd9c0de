/** The list of orders, last changed first, to choose one whose life is shown. */
import { visibleRecords } from "../../org/dataset.ts";
import type { Row } from "../../schema/definition.ts";
import { address, orderAddress } from "../addresses.ts";
import { liveCount, read, type View } from "../host.ts";
import { html, type Markup, NOTHING } from "../html.ts";
import type { Page } from "../layout.ts";
import { counted, instant, money, shown } from "../present.ts";

/** Rows on one page. */
const PAGE_ROWS = 60;
/** Orders that a search looks at, newest changes first. */
const LOOKED_AT_MAX = 20_000;

interface OrderLine {
  readonly row: Row;
  readonly account: string;
  readonly lines: number;
}

export function ordersPage(view: View, find: string, page: number): Page {
  const { orders, more, total } = ordersOf(view, find.toLowerCase(), page);
  const body = html`<div class="head"><h1>Orders</h1><p class="dim">Choose an order to see its life: what happened, what adds up, what is locked, what may come next.</p></div>
<form class="filters" method="get" action="${address("/orders")}" role="search" aria-label="Find an order">
<label class="field find"><span>Find</span><input type="search" name="find" value="${find}" placeholder="Number, account, status, name or Id" data-find></label>
<button type="submit">Find</button>${find === "" ? NOTHING : html`<a class="plain" href="${address("/orders")}">Clear</a>`}
</form>
<div data-live-part="orders">${
    orders.length === 0
      ? html`<div class="empty"><p><b>${total === 0 ? "No orders yet." : "No order matches."}</b></p><p>${total === 0 ? "They appear here as soon as a client creates one that the viewing user may see." : html`<a href="${address("/orders")}">Show all</a>`}</p></div>`
      : html`<div class="scroll" tabindex="0" role="region" aria-label="Orders"><table class="wide"><thead><tr><th scope="col">Order</th><th scope="col">Account</th><th scope="col">Status</th><th scope="col" class="num">Products</th><th scope="col" class="num">Amount</th><th scope="col">Start</th><th scope="col">Changed (UTC)</th></tr></thead><tbody data-rows>${orders.map(orderRow)}</tbody></table></div>`
  }
<p class="pager">${page > 1 ? html`<a class="button" href="${address("/orders", { find, page: page - 1 })}">Newer</a>` : NOTHING}${more ? html`<a class="button" href="${address("/orders", { find, page: page + 1 })}">Older</a>` : NOTHING}<span class="dim">${counted(total, "order")} in the org</span></p></div>`;
  return { title: "Orders", section: "orders", body };
}

function ordersOf(
  view: View,
  find: string,
  page: number,
): { orders: readonly OrderLine[]; more: boolean; total: number } {
  return read(view, (tx) => {
    if (view.actor.access.catalog.object("Order") === undefined) return { orders: [], more: false, total: 0 };
    const data = visibleRecords(tx);
    const stamped = [...data.byStamp("Order")].slice(-LOOKED_AT_MAX).reverse();
    const accountOf = (row: Row): string => String(tx.get("Account", String(row["AccountId"]))?.["Name"] ?? "");
    const wanted: OrderLine[] = [];
    for (const row of stamped) {
      const account = accountOf(row);
      const texts = [row["OrderNumber"], row["Id"], row["Status"], row["Name"], row["PoNumber"], account];
      if (
        find !== "" &&
        !texts.some((text) =>
          String(text ?? "")
            .toLowerCase()
            .includes(find),
        )
      )
        continue;
      wanted.push({ row, account, lines: 0 });
      if (wanted.length > page * PAGE_ROWS) break;
    }
    const orders = wanted.slice((page - 1) * PAGE_ROWS, page * PAGE_ROWS).map((order) => ({
      ...order,
      lines: tx.find("OrderItem", "OrderId", String(order.row["Id"])).filter((line) => line["IsDeleted"] !== true)
        .length,
    }));
    return { orders, more: wanted.length > page * PAGE_ROWS, total: liveCount(view, tx, "Order") };
  });
}

function orderRow({ row, account, lines }: OrderLine): Markup {
  return html`<tr><th scope="row"><a href="${orderAddress(String(row["Id"]))}" data-row>${shown(row["OrderNumber"])}</a>${row["IsReductionOrder"] === true ? html` <span class="tag">reduction</span>` : NOTHING}</th><td>${account}</td><td>${statusTag(row)}</td><td class="num">${lines}</td><td class="num">${money(Number(row["TotalAmount"] ?? 0))}</td><td class="num-left">${shown(row["EffectiveDate"])}</td><td class="num-left">${instant(String(row["SystemModstamp"]))}</td></tr>`;
}

/** The status in the color of its category. */
export function statusTag(row: Row): Markup {
  if (row["IsDeleted"] === true) return html`<span class="tag delete">deleted</span>`;
  return html`<span class="tag ${row["StatusCode"] === "Activated" ? "on" : "off"}">${shown(row["Status"])}</span>`;
}
