/** The web face of a connector that stays up: pages, health, metrics, and the few things that people may change. */
import { randomBytes } from "node:crypto";
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { SyncError } from "../errors.ts";
import type { Side } from "../model/value.ts";
import type { StateStore } from "../state/port.ts";
import type { Markup } from "./chart.ts";
import { type Frame, page } from "./layout.ts";
import { conflictsPage, deadLettersPage, planPage, recordPage, signInPage, statePage } from "./pages.ts";
import type { PlanView } from "./plan-view.ts";
import { addProbes, answerError, PROBE_PATHS, type Probed } from "./probes.ts";
import { type Form, limitBody, readBytes, readForm } from "./request-body.ts";
import { COOKIE, type Credentials, MARK_FIELD, SessionKeeper } from "./session.ts";

/** What the pages show and do. Actions reject with `SyncError` where they cannot. */
export interface Service extends Probed {
  readonly source: string;
  readonly state: StateStore;
  /** A person wants a run now. */
  wake(): void;
  /** Another system says that something has changed. */
  nudge(): void;
  answerConflict(id: string, winner: Side): Promise<void>;
  settleDeadLetter(how: "retry" | "discard", key: string, object: string): Promise<void>;
  makePlan(): Promise<PlanView>;
}

/** How the pages are reached. */
export interface AppOptions {
  readonly token: string | null;
  /** Why a call of `POST /webhook` is refused; undefined when it is genuine. Null where no secret is shared. */
  readonly refuseWebhook: ((call: WebhookRequest) => string | undefined) | null;
  /** True: pages show business data only to those who are signed in. */
  readonly readersSignIn: boolean;
  /** Host names that requests may name; null takes any. Keeps foreign names that resolve to this machine out. */
  readonly hosts: readonly string[] | null;
}

/** A call of the webhook as it came in. */
export interface WebhookRequest {
  readonly header: (name: string) => string | undefined;
  readonly body: Uint8Array;
}

const CONFLICTS_MAX = 200;
const ENTRIES_MAX = 200;
/** Answered without signing in where readers must sign in. */
const OPEN_PATHS = [...PROBE_PATHS, "/webhook", "/sign-in"];

type Env = { Variables: { secureHeadersNonce?: string } };

/** Builds the Hono app. */
export function createApp(service: Service, options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  const parts: Parts = {
    app,
    service,
    sessions: new SessionKeeper(options.token),
    plan: { shown: null, trouble: null },
  };
  addGuards(parts, options);
  app.onError(answerError);
  addProbes(app, service);
  app.get("/api/status", async (c) => c.json({ ...(await service.status()), service: service.service() }));
  addPages(parts);
  addSignIn(parts);
  addWebhook(parts, options.refuseWebhook);
  addChanges(parts);
  return app;
}

/** What the groups of addresses share. */
interface Parts {
  readonly app: Hono<Env>;
  readonly service: Service;
  readonly sessions: SessionKeeper;
  /** The plan that was made last, and why none could be made. */
  readonly plan: { shown: PlanView | null; trouble: string | null };
}

/** What every request passes: its host name, the headers of the answer, its size, and signing in. */
function addGuards({ app, sessions }: Parts, options: AppOptions): void {
  app.use(async (c, next) => {
    const host = hostName(c.req.header("host"));
    if (options.hosts !== null && !options.hosts.includes(host)) {
      return c.text(`This host name is not served (${host}); see serve.host and serve.hosts\n`, 421);
    }
    return await next();
  });
  app.use(async (c, next) => {
    const nonce = randomBytes(16).toString("base64url");
    c.set("secureHeadersNonce", nonce);
    return await secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: [`'nonce-${nonce}'`],
        scriptSrc: [`'nonce-${nonce}'`],
        imgSrc: ["data:"],
        connectSrc: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: "same-origin",
      // The pages speak plain HTTP on this machine; TLS is the proxy's.
      strictTransportSecurity: false,
    })(c, next);
  });
  app.use(limitBody);
  app.use(async (c, next) => {
    if (options.readersSignIn && !OPEN_PATHS.includes(c.req.path) && !sessions.isSignedIn(credentials(c, undefined))) {
      return c.req.path.startsWith("/api/") ? c.json({ error: "sign in" }, 401) : c.redirect("/sign-in", 303);
    }
    return await next();
  });
}

function frameOf({ service, sessions }: Parts, c: Context<Env>, title: string, live = false): Frame {
  return {
    title,
    source: service.source,
    nonce: c.get("secureHeadersNonce") ?? "",
    mark: sessions.markFor(getCookie(c, COOKIE)),
    canSignIn: sessions.canSignIn,
    live,
    notice: NOTICES.get(c.req.query("done") ?? "") ?? null,
  };
}

async function show(c: Context<Env>, of: Frame, path: string, content: Markup): Promise<Response> {
  return c.html(page(of, path, await content));
}

/** The pages that only show. */
function addPages(parts: Parts): void {
  const { app, service } = parts;
  const frame = (c: Context<Env>, title: string, live = false): Frame => frameOf(parts, c, title, live);
  app.get("/", async (c) => {
    const of = frame(c, "State", true);
    return await show(
      c,
      of,
      "/",
      statePage(of, await service.status(), service.service(), await service.state.parked()),
    );
  });
  app.get("/conflicts", async (c) => {
    const of = frame(c, "Conflicts");
    const conflicts = await service.state.conflicts({ open: true, limit: CONFLICTS_MAX });
    return await show(c, of, "/conflicts", conflictsPage(of, conflicts));
  });
  app.get("/dead-letters", async (c) => {
    const of = frame(c, "Dead letters");
    return await show(c, of, "/dead-letters", deadLettersPage(of, await service.state.deadLetters()));
  });
  app.get("/records", async (c) => {
    // No key holds a control character, and PostgreSQL takes no NUL in a text.
    const key = (c.req.query("key") ?? "").replace(/\p{Cc}/gu, "").trim();
    const entries = await service.state.journal({ ...(key === "" ? {} : { key }), limit: ENTRIES_MAX });
    return await show(c, frame(c, "Records"), "/records", recordPage(key, entries));
  });
  app.get("/plan", async (c) => {
    const of = frame(c, "Plan");
    return await show(c, of, "/plan", planPage(of, parts.plan.shown, parts.plan.trouble));
  });
  app.get("/sign-in", async (c) => await show(c, frame(c, "Sign in"), "/sign-in", signInPage(false)));
}

function addSignIn(parts: Parts): void {
  const { app, sessions } = parts;
  app.post("/sign-in", async (c) => {
    const cookie = sessions.signIn((await readForm(c))("token"));
    if (cookie === null) return c.html(page(frameOf(parts, c, "Sign in"), "/sign-in", signInPage(true)), 403);
    setCookie(c, COOKIE, cookie, { httpOnly: true, sameSite: "Strict", path: "/", secure: isHttps(c) });
    return c.redirect("/", 303);
  });
}

function addWebhook({ app, service }: Parts, refuse: AppOptions["refuseWebhook"]): void {
  app.post("/webhook", async (c) => {
    if (refuse === null) return c.json({ error: "serve.webhookSecret is not set" }, 404);
    const body = await readBytes(c);
    const error = refuse({ header: (name) => c.req.header(name), body });
    if (error !== undefined) return c.json({ error }, 401);
    service.nudge();
    return c.json({ accepted: true }, 202);
  });
}

/** What people may change. */
function addChanges({ app, service, sessions, plan }: Parts): void {
  /** Something that changes state: only with the token, and from our own pages. */
  const change = (path: string, work: (form: Form, c: Context<Env>) => Promise<string>): void => {
    app.post(path, async (c) => {
      const form = await readForm(c);
      if (!sessions.mayChange(credentials(c, form(MARK_FIELD)))) {
        return c.text("Sign in first; changes need the token of serve.token.\n", 403);
      }
      return c.redirect(await work(form, c), 303);
    });
  };
  change("/sign-out", async (_form, c) => {
    deleteCookie(c, COOKIE, { path: "/" });
    return "/";
  });
  change("/run", async () => {
    service.wake();
    return "/?done=run";
  });
  change("/conflicts/:id", async (form, c) => {
    const winner = form("winner");
    if (winner !== "salesforce" && winner !== "external")
      throw new SyncError("USAGE", "winner must be salesforce or external");
    await service.answerConflict(c.req.param("id") ?? "", winner);
    return "/conflicts?done=answered";
  });
  for (const how of ["retry", "discard"] as const) {
    change(`/dead-letters/${how}`, async (form) => {
      const all = how === "retry" && form("all") === "yes" ? await service.state.deadLetters() : null;
      if (all === null) await service.settleDeadLetter(how, form("key"), form("object"));
      else for (const deadLetter of all) await service.settleDeadLetter(how, deadLetter.key, deadLetter.object);
      return `/dead-letters?done=${how}`;
    });
  }
  change("/plan", async () => {
    plan.trouble = null;
    try {
      plan.shown = await service.makePlan();
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      plan.trouble = `${error.code}: ${error.message}`;
    }
    return "/plan";
  });
}

/** What a page says after a change. */
const NOTICES: ReadonlyMap<string, string> = new Map([
  ["run", "A run starts."],
  ["answered", "Noted. The next run carries it out."],
  ["retry", "The next run decides again."],
  ["discard", "Forgotten until the record changes again."],
]);

function credentials(c: Context<Env>, mark: string | undefined): Credentials {
  return {
    authorization: c.req.header("authorization"),
    cookie: getCookie(c, COOKIE),
    mark,
    origin: c.req.header("origin"),
    host: c.req.header("host"),
  };
}

function isHttps(c: Context<Env>): boolean {
  return c.req.header("x-forwarded-proto") === "https";
}

/** The name without the port; empty when there is none. */
function hostName(host: string | undefined): string {
  return (host ?? "").toLowerCase().replace(/:\d+$/, "");
}
