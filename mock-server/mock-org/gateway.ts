/**
 * Everything through which an org is reached: the app, logins, the journal, the counters and the faults.
 *
 * They are made together when somebody first comes, so that a fork that is only read or written in process costs
 * nothing but its records.
 */
import type { Hono } from "hono";
import type { AdminHost } from "../admin/routes.ts";
import { SignInService } from "../auth/login.ts";
import { type Credentials, DEFAULT_PASSWORD, type MockUser } from "../auth/passwords.ts";
import { merge } from "../dml/merge.ts";
import type { SaveOptions } from "../dml/options.ts";
import { save } from "../dml/save.ts";
import { Faults } from "../faults/faults.ts";
import type { FaultHook } from "../http/fault-hook.ts";
import { Journal } from "../http/journal.ts";
import { LeftOutParts } from "../http/left-out.ts";
import type { PipelineOptions } from "../http/pipeline.ts";
import type { RestServices } from "../http/rest.ts";
import { ApiUsage } from "../http/usage.ts";
import { versionRange } from "../http/versions.ts";
import type { AppEnvironment } from "../http/wire-call.ts";
import type { MockOrgCore } from "../org/org.ts";
import { ADMIN_USER } from "../org/standard-records.ts";
import type { Wire } from "../schema/values.ts";
import type { StreamingGateway } from "../streaming/routes.ts";
import { createApp } from "./app.ts";
import type { MockOrgOptions } from "./options.ts";

/** The gateway of one org: all its protocols and what they share. */
export interface Gateway {
  readonly app: Hono<AppEnvironment>;
  readonly services: RestServices;
  /** What every REST call goes through. */
  readonly pipeline: PipelineOptions;
  readonly signIn: SignInService;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  readonly faults: Faults;
  readonly streaming: StreamingGateway;
}

/** Opens the gateway of an org. `ownHook` is asked before the faults of the list. */
export function openGateway(
  org: MockOrgCore,
  options: MockOrgOptions,
  host: Pick<AdminHost, "reset" | "snapshots" | "settle" | "remarks"> & {
    readonly ownHook: () => FaultHook | undefined;
  },
): Gateway {
  const journal = new Journal(options.journalEntries, () => org.catalog, new LeftOutParts(host.remarks));
  if (journal.active) org.onCommit((changes) => journal.noteChanges(changes));
  const usage = new ApiUsage(org.clock, options.limits?.DailyApiRequests);
  const signIn = new SignInService({
    org,
    runAs: ADMIN_USER.username,
    credentials: credentialsOf(options.users ?? []),
    ...defined({
      connectedApps: options.connectedApps,
      sessionLifetimeMs: options.sessionLifetimeMs,
      random: options.randomText,
    }),
  });
  const { validationRules = [], triggers = [] } = options;
  const verdicts = journal.active ? { onVerdict: journal.noteVerdict } : {};
  const own = { validationRules, triggers, ...verdicts };
  const withFaults = (wire: Wire): SaveOptions => {
    const added = faults.triggers;
    return added.length === 0 ? { ...own, wire } : { ...own, wire, triggers: [...triggers, ...added] };
  };
  const { app, services, pipeline, streaming } = createApp({
    org,
    signIn,
    journal,
    usage,
    save: (tx, request, wire) => save(tx, request, withFaults(wire)),
    merge: (tx, request, wire) => merge(tx, request, withFaults(wire)),
    versions: versionRange(options.newestVersion),
    faultHook: () => host.ownHook() ?? faults.hook,
    ...defined({
      corsOrigins: options.corsOrigins,
      myDomain: options.myDomain,
      bulkPaceMs: options.bulkPaceMs,
      bulkLimits: options.limits,
      streamingLimits: options.limits,
      onDefect: options.onDefect,
    }),
  });
  const faults: Faults = new Faults({
    org,
    signIn,
    usage,
    cursors: services.cursors,
    save: (tx, request) => save(tx, request, own),
    noteFault: (name) => journal.noteFault(name),
  });
  services.bulk.trigger = (step) => {
    const fault = faults.bulk(step);
    if (fault === undefined) return undefined;
    return fault.act === "bulk-stuck" ? { kind: "stuck" } : { kind: "failed", message: fault.message ?? BATCH_FAILED };
  };
  mountLater(app, "/_mock", async () => {
    const { createAdminApp } = await import("./admin-app.ts");
    const shown = { org, journal, usage, faults, remarks: host.remarks };
    return createAdminApp(
      { ...shown, signIn, ...host, ...defined({ adminHosts: options.adminHosts }) },
      { ...shown, rehearse: (tx, request, onVerdict) => save(tx, request, { ...own, onVerdict }) },
    );
  });
  return { app, services, pipeline, signIn, journal, usage, faults, streaming };
}

/** Hands everything under a path to an app that is loaded when the first call comes. */
function mountLater(app: Hono<AppEnvironment>, path: string, load: () => Promise<Hono<AppEnvironment>>): void {
  let loaded: Promise<Hono<AppEnvironment>> | undefined;
  app.all(`${path}/*`, async (context) => {
    loaded ??= load();
    return (await loaded).fetch(context.req.raw, context.env);
  });
}

/** What a failed batch says unless the fault says otherwise; reference: rest-api §11 [memory]. */
const BATCH_FAILED = "InternalServerError : Error while processing batch";

/** Forgets query results, bulk jobs and change events: they speak of records that are not there any more. */
export function forgetResults({ services, streaming }: Gateway): void {
  const { cursors, bulk } = services;
  streaming.forget();
  cursors.clear();
  bulk.jobs?.stop();
  bulk.jobs = undefined;
}

/** Turns of the event loop without progress after which bulk jobs are taken for stuck, and turns in all. */
const STILL_TURNS_MAX = 100;
const BULK_TURNS_MAX = 1_000_000;

/** Waits until bulk jobs without a pace have come to rest, and drops sessions that have expired. */
export async function settleGateway({ services, signIn }: Gateway, bulkPaceMs: number): Promise<void> {
  signIn.sessions.dropExpired();
  let before = "";
  for (let turn = 0, still = 0; bulkPaceMs === 0 && still < STILL_TURNS_MAX && turn < BULK_TURNS_MAX; turn += 1) {
    const { jobs } = services.bulk;
    if (jobs === undefined) return;
    const batches = jobs.classic.list().flatMap((job) => [...job.batches.values()]);
    const classic = batches.map(({ id, state, results }) => ({ id, state, processed: results.length }));
    const atWork = [...jobs.ingest.list(), ...jobs.query.list(), ...classic].filter((job) => AT_WORK.has(job.state));
    if (atWork.length === 0) return;
    const now = atWork.map((job) => `${job.id} ${job.state} ${job.processed}`).join();
    still = now === before ? still + 1 : 0;
    before = now;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

const AT_WORK: ReadonlySet<string> = new Set(["UploadComplete", "Queued", "InProgress"]);

function credentialsOf(users: readonly MockUser[]): Readonly<Record<string, Credentials>> {
  return Object.fromEntries(
    users.map(({ username, password = DEFAULT_PASSWORD, securityToken }) => [
      username,
      securityToken === undefined ? { password } : { password, securityToken },
    ]),
  );
}

/** The members that have a value. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Object.entries cannot carry the type of each member through.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
