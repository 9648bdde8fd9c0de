/**
 * The console: pages under `/_mock/` that show what the org was asked, what it answered and why.
 *
 * Rendered here, without a build step and without anything from another host. The pages only read; their buttons call
 * the admin API.
 */
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import type { AppEnvironment } from "../http/wire-call.ts";
import { BASE, HOME } from "./addresses.ts";
import { asset } from "./assets.ts";
import { complete } from "./completion.ts";
import type { ConsoleHost, View } from "./host.ts";
import { html } from "./html.ts";
import { documentOf, type Page } from "./layout.ts";
import { liveStream } from "./live.ts";
import { coveragePage } from "./pages/coverage.ts";
import { faultsPage } from "./pages/faults.ts";
import { orderPage } from "./pages/order.ts";
import { ordersPage } from "./pages/orders.ts";
import { newRecordPage, recordPage } from "./pages/record.ts";
import { objectsPage, readRecordFilter, recordsPage } from "./pages/records.ts";
import { requestPage } from "./pages/request.ts";
import { newerRows, readFilter, requestsPage } from "./pages/requests.ts";
import { soqlPage } from "./pages/soql.ts";

type Environment = Context<AppEnvironment>;

/** The cookie that holds the viewing user's name. It chooses what is shown and gives no right to anything. */
const VIEW_AS = "mock-view-as";

/** Nothing but our own files; no inline script, no inline style, no frame around us. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; " +
  "base-uri 'none'; frame-ancestors 'none'";

const HEADERS = {
  "Content-Security-Policy": POLICY,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "same-origin",
  "Cache-Control": "no-store",
} as const;

/** The pages of one org as an app; see `mountConsole`. */
export function createConsole(host: ConsoleHost): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();
  const page =
    (make: (view: View, context: Environment, query: URLSearchParams) => Page | undefined) =>
    (context: Environment) => {
      const view = viewOf(host, context);
      const made = make(view, context, new URL(context.req.url).searchParams) ?? missingPage(view);
      return new Response(documentOf(view, made), {
        status: made.status ?? 200,
        headers: { ...HEADERS, "Content-Type": "text/html; charset=utf-8" },
      });
    };
  const param = (context: Environment, name: string): string => context.req.param(name) ?? "";

  app.get("/_mock", (context) => context.redirect(HOME));
  app.get(
    HOME,
    page((view, _, query) => requestsPage(view, readFilter(query), positive(query.get("before")))),
  );
  app.get(BASE, (context) => context.redirect(HOME));
  app.get(
    `${BASE}/requests/:number`,
    page((view, context) => requestPage(view, Number(param(context, "number")))),
  );
  app.get(
    `${BASE}/orders`,
    page((view, _, query) => ordersPage(view, (query.get("find") ?? "").trim(), positive(query.get("page")) ?? 1)),
  );
  app.get(
    `${BASE}/orders/:id`,
    page((view, context) => orderPage(view, param(context, "id"))),
  );
  app.get(`${BASE}/records`, page(objectsPage));
  app.get(
    `${BASE}/records/:object`,
    page((view, context, query) => recordsPage(view, param(context, "object"), readRecordFilter(query))),
  );
  app.get(
    `${BASE}/records/:object/new`,
    page((view, context) => newRecordPage(view, param(context, "object"))),
  );
  app.get(
    `${BASE}/records/:object/:id`,
    page((view, context) => recordPage(view, param(context, "object"), param(context, "id"))),
  );
  app.get(
    `${BASE}/soql`,
    page((view, _, query) => soqlPage(view, query.get("q") ?? "", query.get("deleted") === "1")),
  );
  app.get(`${BASE}/faults`, page(faultsPage));
  app.get(`${BASE}/coverage`, page(coveragePage));
  mountParts(app, host);
  app.get(
    `${BASE}/*`,
    page(() => undefined),
  );
  return app;
}

/** What the pages fetch for themselves. */
function mountParts(app: Hono<AppEnvironment>, host: ConsoleHost): void {
  app.get(`${BASE}/assets/:name`, (context) => {
    const file = asset(context.req.param("name"));
    if (file === undefined) return context.notFound();
    const headers = { ...HEADERS, "Content-Type": file.type, "Cache-Control": "public, max-age=31536000, immutable" };
    return new Response(file.content, { headers });
  });
  app.get(`${BASE}/live`, () => {
    const stream = liveStream(host);
    if (stream === undefined) return new Response(null, { status: 503, headers: { ...HEADERS, "Retry-After": "5" } });
    return new Response(stream, { headers: { ...HEADERS, "Content-Type": "text/event-stream" } });
  });
  app.get(`${BASE}/newer`, (context) => {
    const query = new URL(context.req.url).searchParams;
    const { rows, last } = newerRows(viewOf(host, context), readFilter(query), positive(query.get("after")) ?? 0);
    return new Response(JSON.stringify({ rows: rows.text, last }), {
      headers: { ...HEADERS, "Content-Type": "application/json" },
    });
  });
  app.get(`${BASE}/complete`, (context) => {
    const soql = context.req.query("q") ?? "";
    const at = positive(context.req.query("at")) ?? 0;
    const completion = complete(soql, Math.min(at, soql.length), viewOf(host, context).actor.access.catalog);
    return new Response(JSON.stringify(completion), { headers: { ...HEADERS, "Content-Type": "application/json" } });
  });
}

function viewOf(host: ConsoleHost, context: Environment): View {
  const username = getCookie(context, VIEW_AS);
  const chosen = username === undefined ? undefined : host.org.actor(username);
  return { host, actor: chosen ?? host.org.actor("admin@mock.org") ?? host.org.systemActor };
}

function missingPage(view: View): Page {
  const body = html`<div class="head"><h1>Not here</h1></div><div class="empty"><p><b>There is no such page, record or request.</b></p><p>${view.actor.username} may not see it, it was removed, or the journal has forgotten it.</p><p><a href="${HOME}">All requests</a></p></div>`;
  return { title: "Not here", section: "requests", body, status: 404 };
}

function positive(text: string | null | undefined): number | undefined {
  const number = Number(text ?? Number.NaN);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
