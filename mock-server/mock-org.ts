/**
 * One mock org: its records, its doors and its app, put together. This file is where the rooms of the wing meet.
 *
 * ```ts
 * await using org = await createMockOrg({ now: "2026-03-01T08:00:00Z" });
 * const { url, accessToken } = await org.listen();
 * ```
 */
import assert from "node:assert/strict";
import type { Server } from "node:http";
import type { Hono } from "hono";
import type { RequestHandler } from "msw";
import { STANDARD_OBJECTS } from "../fixtures/objects/standard.ts";
import type { ConnectedApp } from "./auth/connected-apps.ts";
import { LoginDesk } from "./auth/login.ts";
import type { Credentials } from "./auth/passwords.ts";
import { DEFAULT_PASSWORD } from "./auth/passwords.ts";
import type { RandomText } from "./auth/tokens.ts";
import type { BulkLimits } from "./bulk/allowances.ts";
import { withFields } from "./custom-fields.ts";
import type { CustomizedOrg } from "./customization.ts";
import { merge } from "./dml/merge.ts";
import type { Trigger, ValidationRule } from "./dml/options.ts";
import { save } from "./dml/save.ts";
import { createApp, type MockOrgApp } from "./http/app.ts";
import type { FaultHook } from "./http/fault-hook.ts";
import { Journal, type JournalEntry } from "./http/journal.ts";
import { mountMockRoutes } from "./http/mock-routes.ts";
import type { RestServices } from "./http/rest.ts";
import { ApiUsage } from "./http/usage.ts";
import { versionRange } from "./http/versions.ts";
import type { AppEnvironment } from "./http/wire-call.ts";
import { mswHandlers } from "./msw-handlers.ts";
import { frozenClock, ManualClock } from "./org/clock.ts";
import type { OrgSettings } from "./org/contract.ts";
import { createOrg, type MockOrgCore, type OrgSnapshot } from "./org/org.ts";
import type { PermissionDefinition } from "./org/permissions.ts";
import type { SharingModels } from "./org/sharing.ts";
import { ADMIN_USER, type UserDefinition } from "./org/standard-records.ts";
import type { PersistedOrg } from "./persist.ts";
import type { FieldDefinition, ObjectDefinition } from "./schema/definition.ts";
import type { MetadataProblem } from "./schema/metadata/problem.ts";
import type { SeedFile } from "./seed.ts";
import { mountSoap } from "./soap/mount.ts";

/** A user with what it logs in with; without a password it is `mock-password`. */
export interface MockUser extends UserDefinition, Partial<Credentials> {}

/** What a mock org may be told at its beginning. Everything has a default. */
export interface MockOrgOptions {
  readonly name?: string;
  /**
   * What the org holds at its beginning: nothing but what every org has, a small trading company, or the records of the
   * plan file of an `sf data export tree` (see `seed.ts`).
   */
  readonly seed?: "empty" | "demo" | (string & {});
  /** Folders of Salesforce metadata (SFDX source or Metadata API format) that configure the org. */
  readonly sourceDirs?: readonly string[];
  /** A snapshot file: the org is loaded from it where it exists, and saved to it after changes and at `close`. */
  readonly persist?: string;
  /** The org's time stands still at this instant until somebody moves it. Absent: it runs with real time. */
  readonly now?: string | number | Date;
  /** Where record Ids begin: the same seed gives the same Ids. */
  readonly idSeed?: number | string;
  /** Custom objects. Their key prefixes must be free. */
  readonly customObjects?: readonly ObjectDefinition[];
  /** Custom fields by object; see `textField` and its neighbours. */
  readonly fields?: Readonly<Record<string, readonly FieldDefinition[]>>;
  readonly settings?: Partial<OrgSettings>;
  /** Organization-wide defaults that differ from the standard ones. */
  readonly sharing?: SharingModels;
  readonly permissions?: readonly PermissionDefinition[];
  /** Users beside `admin@mock.org`. */
  readonly users?: readonly MockUser[];
  /** Connected apps beside `mock-client`. */
  readonly connectedApps?: readonly ConnectedApp[];
  /** Allowances of 24 hours, by their names in `/limits`. */
  readonly limits?: { readonly DailyApiRequests?: number } & BulkLimits;
  readonly validationRules?: readonly ValidationRule[];
  readonly triggers?: readonly Trigger[];
  /** Inactivity after which a session dies, in milliseconds of the org's clock. Default: two hours. */
  readonly sessionLifetimeMs?: number;
  /** The newest API version, for example 67. */
  readonly newestVersion?: number;
  /** Origins of browser pages that may call, beside those on this machine. */
  readonly corsOrigins?: readonly string[];
  /** First label of the My Domain host, for clients that come through login.salesforce.com. */
  readonly myDomain?: string;
  /** Calls that the journal keeps; 0 switches it off. */
  readonly journalEntries?: number;
  /** Makes session Ids and codes; default: the operating system's randomness. */
  readonly randomText?: RandomText;
  /** Time on the org's clock that each step of a bulk job waits for, in milliseconds; default 0: as fast as possible. */
  readonly bulkPaceMs?: number;
  /** Told about defects of the mock itself. */
  readonly onDefect?: (error: unknown) => void;
}

/** Where a listening org is found. */
export interface Listening {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** A session of the administrator. */
  readonly accessToken: string;
}

/** Makes a mock org. */
export async function createMockOrg(options: MockOrgOptions = {}): Promise<MockOrg> {
  const objects = withFields([...STANDARD_OBJECTS, ...(options.customObjects ?? [])], options.fields ?? {});
  const custom = await customized(objects, options.sourceDirs ?? []);
  const core = createOrg({
    definitions: custom.definitions,
    clock: clockAt(options.now),
    settings: { ...custom.settings, ...options.settings },
    permissions: [...custom.permissions, ...(options.permissions ?? [])],
    ...defined({
      seed: options.idSeed,
      name: options.name,
      users: options.users,
      sharing: options.sharing,
    }),
  });
  const persisted = options.persist === undefined ? undefined : await persist(core, options.persist);
  if (options.seed !== undefined && options.seed !== "empty" && persisted?.loaded !== true) {
    const { readPlanFiles, seedOrg } = await import("./seed.ts");
    seedOrg(core, options.seed === "demo" ? await demoFiles(core.clock.nowMs()) : readPlanFiles(options.seed));
    core.markOrigin();
  }
  const validationRules = [...custom.validationRules, ...(options.validationRules ?? [])];
  return new MockOrg(core, { ...options, validationRules }, { remarks: custom.remarks, persisted });
}

/** A mock org at work. Dispose it to close its port. */
export class MockOrg implements AsyncDisposable {
  /** The records, the clock and everything else that belongs to the org itself. */
  readonly org: MockOrgCore;
  /** The org as a Hono app; `app.fetch` answers without a port. */
  readonly app: Hono<AppEnvironment>;
  /** Sessions, passwords and connected apps. */
  readonly desk: LoginDesk;
  /** API calls of the last 24 hours; `max` may be changed. */
  readonly apiUsage: ApiUsage;
  readonly #options: MockOrgOptions;
  readonly #journal: Journal;
  readonly #services: RestServices;
  readonly #persisted: PersistedOrg | undefined;
  /** What a real org would do with the metadata files and this one does not. */
  readonly remarks: readonly MetadataProblem[];
  #faultHook: FaultHook | undefined;
  #server: Server | undefined;
  #closed = false;

  /** Use `createMockOrg`, or `fork` of another org. */
  constructor(
    org: MockOrgCore,
    options: MockOrgOptions,
    parts: { readonly remarks?: readonly MetadataProblem[]; readonly persisted?: PersistedOrg | undefined } = {},
  ) {
    this.org = org;
    this.remarks = parts.remarks ?? [];
    this.#persisted = parts.persisted;
    this.#options = options;
    this.#journal = new Journal(options.journalEntries);
    this.apiUsage = new ApiUsage(org.clock, options.limits?.DailyApiRequests);
    this.desk = new LoginDesk({
      org,
      runAs: ADMIN_USER.username,
      credentials: credentialsOf(options.users ?? []),
      ...defined({
        connectedApps: options.connectedApps,
        sessionLifetimeMs: options.sessionLifetimeMs,
        random: options.randomText,
      }),
    });
    const { app, services, pipeline } = this.#createApp();
    this.app = app;
    this.#services = services;
    mountSoap(app, pipeline);
    mountMockRoutes(app, {
      org,
      desk: this.desk,
      journal: this.#journal,
      usage: this.apiUsage,
      reset: () => this.reset(),
    });
  }

  /** The org's clock: freeze it, move it, let it run. */
  get clock(): ManualClock {
    return this.org.clock;
  }

  /** The calls that the journal kept, oldest first. */
  get requests(): readonly JournalEntry[] {
    return this.#journal.entries;
  }

  /** Decides about faults at the wire from now on; undefined ends them. */
  set faultHook(hook: FaultHook | undefined) {
    this.#faultHook = hook;
  }

  /** Opens a session without a login and returns its token. Throws an `Error` where there is no such active user. */
  openSession(username: string = ADMIN_USER.username): string {
    const actor = this.desk.activeUser(username);
    if (actor === undefined) throw new Error(`There is no active user ${username}`);
    const { userId } = actor;
    return this.desk.sessions.open({ userId, origin: "oauth", clientId: null, scope: "full", grantId: null }).token;
  }

  /**
   * Handlers for msw, so that clients with real host names come here: `server.use(...org.mswHandlers())`. The org answers
   * for login.salesforce.com, test.salesforce.com and every My Domain host.
   */
  mswHandlers(): readonly RequestHandler[] {
    return mswHandlers((request) => this.app.fetch(request));
  }

  /** Listens on loopback, or on another host, and on a free port unless one is given. */
  async listen(address: { readonly port?: number; readonly host?: string } = {}): Promise<Listening> {
    assert(this.#server === undefined, "an org listens on one port at a time");
    const { port = 0, host = "127.0.0.1" } = address;
    const { createAdaptorServer } = await import("@hono/node-server");
    // Salesforce's own bound is checked by the app; Node's must not come first.
    const server = createAdaptorServer({
      fetch: this.app.fetch,
      serverOptions: { maxHeaderSize: 64 * 1024, keepAliveTimeout: KEEP_ALIVE_MS },
    }) as Server;
    const taken = await new Promise<number>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, () => {
        const bound = server.address();
        server.off("error", reject);
        resolve(typeof bound === "object" && bound !== null ? bound.port : port);
      });
    });
    this.#server = server;
    const shownHost = host.includes(":") ? `[${host}]` : host;
    return { url: `http://${shownHost}:${taken}`, accessToken: this.openSession() };
  }

  /** Stops listening and saves the snapshot file; running calls are cut off. Closing twice does nothing. */
  async close(): Promise<void> {
    this.#services.bulk.jobs?.stop();
    const server = this.#server;
    this.#server = undefined;
    if (server !== undefined) {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    }
    if (!this.#closed) await this.#persisted?.close();
    this.#closed = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Back to the beginning: records, clock, settings, journal and counters. Sessions stay, so clients go on. */
  reset(): void {
    this.org.reset();
    this.#forget();
  }

  /** The records' and the clock's state now. */
  snapshot(): OrgSnapshot {
    return this.org.snapshot();
  }

  /** Goes back to a snapshot; open query results are forgotten. */
  restore(snapshot: OrgSnapshot): void {
    this.org.restore(snapshot);
    this.#services.cursors.clear();
  }

  /** An independent org with the same records, with doors and a journal of its own. It is kept in no file. */
  fork(): MockOrg {
    return new MockOrg(this.org.fork(), this.#options, { remarks: this.remarks });
  }

  #forget(): void {
    this.#services.cursors.clear();
    this.#journal.clear();
    this.apiUsage.reset();
    this.#services.bulk.allowances.batches.reset();
    this.#services.bulk.allowances.queryJobs.reset();
  }

  #createApp(): MockOrgApp {
    const { validationRules, triggers } = this.#options;
    const saveOptions = defined({ validationRules, triggers });
    return createApp({
      org: this.org,
      desk: this.desk,
      journal: this.#journal,
      usage: this.apiUsage,
      save: (tx, request, wire) => save(tx, request, { ...saveOptions, wire }),
      merge: (tx, request, wire) => merge(tx, request, { ...saveOptions, wire }),
      versions: versionRange(this.#options.newestVersion),
      faultHook: () => this.#faultHook,
      ...defined({
        corsOrigins: this.#options.corsOrigins,
        myDomain: this.#options.myDomain,
        bulkPaceMs: this.#options.bulkPaceMs,
        bulkLimits: this.#options.limits,
        onDefect: this.#options.onDefect,
      }),
    });
  }
}

/** Longer than the pauses of a polling client, so that it keeps its connection. */
const KEEP_ALIVE_MS = 75_000;

/** The metadata reader and the snapshot file are loaded only where somebody asks for them. */
async function customized(
  definitions: readonly ObjectDefinition[],
  folders: readonly string[],
): Promise<CustomizedOrg> {
  if (folders.length === 0) return { definitions, settings: {}, permissions: [], validationRules: [], remarks: [] };
  const { customizeOrg } = await import("./customization.ts");
  return customizeOrg(definitions, folders);
}

async function demoFiles(nowMs: number): Promise<readonly SeedFile[]> {
  const { demoRecords } = await import("../fixtures/orgs/demo.ts");
  return [{ path: "demo", records: demoRecords(nowMs) }];
}

async function persist(org: MockOrgCore, path: string): Promise<PersistedOrg> {
  const { persistOrg } = await import("./persist.ts");
  return persistOrg(org, { path });
}

function clockAt(now: MockOrgOptions["now"]): ManualClock {
  if (now === undefined) return new ManualClock();
  const ms = new Date(now).getTime();
  if (Number.isNaN(ms)) throw new Error(`The option now is no instant: ${String(now)}`);
  return frozenClock(ms);
}

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
