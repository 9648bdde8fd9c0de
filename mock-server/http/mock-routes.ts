/** What a mock can do and an org cannot, under `/_mock/`: health, reset, the journal and the clock. */
import type { Hono } from "hono";
import type { LoginDesk } from "../auth/login.ts";
import type { Duration } from "../org/clock.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Journal } from "./journal.ts";
import { isObject } from "./rest.ts";
import type { ApiUsage } from "./usage.ts";
import type { AppEnvironment } from "./wire-call.ts";

/** What the routes look into. */
export interface MockRouteOptions {
  readonly org: MockOrgCore;
  readonly desk: LoginDesk;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  /** Puts the org back to its beginning. */
  readonly reset: () => void;
}

/** Adds the routes to the app. */
export function mountMockRoutes(app: Hono<AppEnvironment>, options: MockRouteOptions): void {
  const { org, desk, journal, usage, reset } = options;
  const clock = () => ({ now: new Date(org.clock.nowMs()).toISOString(), state: org.clock.state.kind });

  app.get("/_mock/health", (context) =>
    context.json({ status: "ok", orgId: org.id, ...clock(), requests: journal.count, apiUsage: usage.used }),
  );
  app.post("/_mock/reset", (context) => {
    reset();
    return context.body(null, 204);
  });
  app.get("/_mock/requests", (context) => context.json({ requests: journal.entries }));
  app.delete("/_mock/requests", (context) => {
    journal.clear();
    return context.body(null, 204);
  });
  app.delete("/_mock/sessions", (context) => context.json({ ended: desk.sessions.revokeAll() }));
  app.get("/_mock/clock", (context) => context.json(clock()));
  app.post("/_mock/clock", async (context) => {
    const change = readClockChange(await context.req.text());
    if (typeof change === "string") return context.json({ error: change }, 400);
    change(org);
    return context.json(clock());
  });
  app.all("/_mock/*", (context) =>
    context.json({ error: `There is no ${context.req.method} ${context.req.path}` }, 404),
  );
}

const CLOCK_USAGE =
  'Send one of {"advance":{"days":1,"hours":2,"minutes":3,"seconds":4,"ms":5}}, {"set":"2026-01-31T10:00:00Z"}, ' +
  '{"freeze":true} or {"run":true}';

/** The change that a body asks for, or what is wrong with it. */
function readClockChange(text: string): ((org: MockOrgCore) => void) | string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return CLOCK_USAGE;
  }
  if (!isObject(body)) return CLOCK_USAGE;
  const { advance, set, freeze, run } = body;
  if (isObject(advance)) {
    const duration = readDuration(advance);
    return duration === undefined ? CLOCK_USAGE : (org) => org.clock.advance(duration);
  }
  if (typeof set === "string") {
    const ms = Date.parse(set);
    return Number.isNaN(ms) ? `"${set}" is no ISO instant. ${CLOCK_USAGE}` : (org) => org.clock.set(ms);
  }
  if (freeze === true) return (org) => org.clock.freeze();
  return run === true ? (org) => org.clock.run() : CLOCK_USAGE;
}

function readDuration(parts: Readonly<Record<string, unknown>>): Duration | undefined {
  const known = ["days", "hours", "minutes", "seconds", "ms"];
  const entries = Object.entries(parts);
  const good = entries.every(([name, value]) => known.includes(name) && Number.isFinite(value));
  return good && entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
