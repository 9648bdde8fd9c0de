/**
 * What a mock can do and an org cannot, under `/_mock/`: health, reset, snapshots, clock, faults, the journal, records.
 *
 * Documented in `docs/mock-org.md`. Every answer is JSON; a refusal is `{ "error": "…" }` with a sentence that says what
 * would be right.
 */
import type { Context, Hono } from "hono";
import type { SignInService } from "../auth/login.ts";
import type { Faults } from "../faults/faults.ts";
import type { Journal, JournalEntry } from "../http/journal.ts";
import { isObject } from "../http/json-object.ts";
import type { ApiUsage } from "../http/usage.ts";
import type { AppEnvironment } from "../http/wire-call.ts";
import type { MockOrgCore } from "../org/org.ts";
import { kindsOf, type MetadataProblem } from "../schema/metadata/problem.ts";
import { readClockChange } from "./clock-change.ts";
import { asCurl, asJsforce, asTest } from "./copy-as.ts";
import { exportCsv, exportTree } from "./export.ts";
import { guardAdmin } from "./guard.ts";
import type { Snapshots } from "./snapshots.ts";
import { withHints } from "./unsupported.ts";

/** What the routes look into and act on. */
export interface AdminHost {
  readonly org: MockOrgCore;
  readonly signIn: SignInService;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  readonly faults: Faults;
  readonly snapshots: Snapshots;
  /** Puts the org back to its beginning. */
  readonly reset: () => void;
  /** Lets everything happen that is due. */
  readonly settle: () => Promise<void>;
  /** What a real org would make of the team's metadata and this one does not. */
  readonly remarks: readonly MetadataProblem[];
  /** Host names, beside those that nobody else can own, under which the admin API answers. */
  readonly adminHosts?: readonly string[];
}

/** Entries of the journal that one answer holds unless told otherwise, and at most. */
const REQUESTS_DEFAULT = 200;
const REQUESTS_MAX = 10_000;

type Environment = Context<AppEnvironment>;

/** Adds the routes to the app. */
export function mountAdminRoutes(app: Hono<AppEnvironment>, host: AdminHost): void {
  app.use("/_mock/*", guardAdmin(host.adminHosts));
  mountState(app, host);
  mountFaults(app, host);
  mountRequests(app, host);
  mountRecords(app, host);
}

/** Answers what no route under `/_mock/` took; called when everything is mounted. */
export function mountAdminEnd(app: Hono<AppEnvironment>): void {
  app.all("/_mock/*", (context) =>
    context.json({ error: `There is no ${context.req.method} ${context.req.path}; see docs/mock-org.md` }, 404),
  );
}

function mountState(app: Hono<AppEnvironment>, host: AdminHost): void {
  const { org, signIn, journal, usage, snapshots } = host;
  const clock = () => ({ now: new Date(org.clock.nowMs()).toISOString(), state: org.clock.state.kind });

  app.get("/_mock/health", (context) =>
    context.json({
      status: "ok",
      orgId: org.id,
      ...clock(),
      requests: journal.count,
      apiUsage: usage.used,
      apiLimit: usage.max,
      faults: host.faults.list().filter((fault) => !fault.spent).length,
    }),
  );
  app.get("/_mock/metadata", (context) =>
    context.json({
      kinds: kindsOf(host.remarks).map(({ kind, count }) => ({ kind, count })),
      remarks: host.remarks,
    }),
  );
  app.post("/_mock/reset", (context) => {
    host.reset();
    return context.body(null, 204);
  });
  app.get("/_mock/clock", (context) => context.json(clock()));
  app.post("/_mock/clock", async (context) => {
    const change = readClockChange(await bodyOf(context));
    if (typeof change === "object") return context.json(change, 400);
    if (change === "settle") await host.settle();
    else change(org.clock);
    return context.json(clock());
  });
  app.get("/_mock/snapshots", (context) => context.json({ snapshots: snapshots.names }));
  app.post("/_mock/snapshots", async (context) => {
    const name = memberOf(await bodyOf(context), "name");
    const taken = typeof name === "string" ? snapshots.take(name) : 'Send {"name":"before"}';
    return taken === true ? context.json({ name }, 201) : context.json({ error: taken }, 400);
  });
  app.post("/_mock/snapshots/:name/restore", (context) => {
    const name = context.req.param("name");
    if (snapshots.restore(name)) return context.body(null, 204);
    return context.json({ error: `There is no snapshot ${name}` }, 404);
  });
  app.delete("/_mock/snapshots/:name", (context) =>
    snapshots.forget(context.req.param("name")) ? context.body(null, 204) : context.json({ error: "no such" }, 404),
  );
  app.post("/_mock/sessions", async (context) => {
    const username = memberOf(await bodyOf(context), "username");
    const actor = typeof username === "string" ? signIn.activeUser(username) : undefined;
    if (actor === undefined) return context.json({ error: 'Send {"username":"…"} of an active user' }, 400);
    const { userId } = actor;
    const session = signIn.sessions.open({ userId, origin: "oauth", clientId: null, scope: "full", grantId: null });
    return context.json({ accessToken: session.token, userId }, 201);
  });
  app.delete("/_mock/sessions", (context) => context.json({ ended: signIn.sessions.revokeAll() }));
}

function mountFaults(app: Hono<AppEnvironment>, { faults }: AdminHost): void {
  app.get("/_mock/faults", (context) => context.json({ faults: faults.list() }));
  app.post("/_mock/faults", async (context) => {
    try {
      // The list reads what it gets: whatever is no fault is refused with its reason.
      const added = faults.add((await bodyOf(context)) as Parameters<Faults["add"]>[0]);
      const { id, name, fault, seen, applied, spent } = added;
      return context.json({ id, name, fault, seen, applied, spent }, 201);
    } catch (error) {
      return context.json({ error: error instanceof Error ? error.message : String(error) }, 400);
    }
  });
  app.delete("/_mock/faults", (context) => {
    faults.clear();
    return context.body(null, 204);
  });
  app.delete("/_mock/faults/:id", (context) => {
    const id = context.req.param("id");
    return faults.remove(Number(id))
      ? context.body(null, 204)
      : context.json({ error: `There is no fault ${id}` }, 404);
  });
}

function mountRequests(app: Hono<AppEnvironment>, { journal }: AdminHost): void {
  app.get("/_mock/requests", (context) => {
    const after = Number(context.req.query("after") ?? 0);
    const limit = Number(context.req.query("limit") ?? REQUESTS_DEFAULT);
    if (!Number.isInteger(after) || !Number.isInteger(limit) || limit < 1 || limit > REQUESTS_MAX) {
      return context.json({ error: `after and limit are whole numbers, limit at most ${REQUESTS_MAX}` }, 400);
    }
    return context.json({ count: journal.count, requests: journal.page({ after, limit }) });
  });
  app.get("/_mock/requests/unsupported", (context) => context.json({ unsupported: withHints(journal.unsupported) }));
  app.get("/_mock/requests/:number", (context) => {
    const entry = journal.entry(Number(context.req.param("number")));
    return entry === undefined ? noEntry(context) : context.json(entry);
  });
  app.get("/_mock/requests/:number/:form", (context) => {
    const entry = journal.entry(Number(context.req.param("number")));
    const form = FORMS[context.req.param("form")];
    if (entry === undefined) return noEntry(context);
    return form === undefined
      ? context.json({ error: `Choose one of ${Object.keys(FORMS).join(", ")}` }, 404)
      : context.text(form(entry));
  });
  app.delete("/_mock/requests", (context) => {
    journal.clear();
    return context.body(null, 204);
  });
}

const FORMS: Readonly<Record<string, (entry: JournalEntry) => string>> = {
  curl: asCurl,
  jsforce: asJsforce,
  test: asTest,
};

function noEntry(context: Environment): Response {
  return context.json({ error: `The journal has no entry ${context.req.param("number")} (any more)` }, 404);
}

function mountRecords(app: Hono<AppEnvironment>, { org }: AdminHost): void {
  app.get("/_mock/records", (context) => {
    const objects = context.req.query("objects")?.split(",");
    const unknown = objects?.filter((name) => org.catalog.object(name) === undefined) ?? [];
    if (unknown.length > 0) return context.json({ error: `There is no object ${unknown.join(", ")}` }, 404);
    return context.json(exportTree(org, objects));
  });
  app.get("/_mock/records/:object", (context) => {
    const object = org.catalog.object(context.req.param("object"))?.name;
    if (object === undefined) return context.json({ error: `There is no object ${context.req.param("object")}` }, 404);
    if (context.req.query("format") === "csv") {
      return context.text(exportCsv(org, object), 200, { "Content-Type": "text/csv;charset=UTF-8" });
    }
    return context.json(exportTree(org, [object]).files[`${object}.json`] ?? { records: [] });
  });
}

/** The body as a value; undefined where it is no JSON. */
async function bodyOf(context: Environment): Promise<unknown> {
  const text = await context.req.text();
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function memberOf(body: unknown, name: string): unknown {
  return isObject(body) ? body[name] : undefined;
}
