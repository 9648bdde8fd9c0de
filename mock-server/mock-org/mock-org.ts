/**
 * One mock org: its records, its gateway and its app, put together. This file is where the rooms of the wing meet.
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
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import { Snapshots } from "../admin/snapshots.ts";
import type { SignInService } from "../auth/login.ts";
import type { SaveOptions } from "../dml/options.ts";
import type { Faults } from "../faults/faults.ts";
import type { FaultHook } from "../http/fault-hook.ts";
import type { Journal, JournalEntry } from "../http/journal.ts";
import { answerInProcess, type RestAnswer } from "../http/pipeline.ts";
import type { ApiUsage } from "../http/usage.ts";
import { type AppEnvironment, dressed, type PlainCall } from "../http/wire-call.ts";
import { Expectations } from "../kit/expectations.ts";
import { Given } from "../kit/given.ts";
import { type Records, recordsOf } from "../kit/records.ts";
import { frozenClock, ManualClock } from "../org/clock.ts";
import { createOrg, type MockOrgCore } from "../org/org.ts";
import type { OrgSnapshot } from "../org/org-snapshot.ts";
import { ADMIN_USER } from "../org/standard-records.ts";
import type { FieldValue, ObjectDefinition, Row } from "../schema/definition.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";
import type { Seed } from "../seeds/named-seeds.ts";
import { withFields } from "../setup/custom-fields.ts";
import type { CustomizedOrg } from "../setup/customization.ts";
import type { Currencies, Multicurrency } from "../setup/multicurrency.ts";
import { forgetResults, type Gateway, openGateway, settleGateway } from "./gateway.ts";
import { mswHandlers } from "./msw-handlers.ts";
import { type MockOrgOptions, requireOptions, touchesSeed } from "./options.ts";
import type { PersistedOrg } from "./persist.ts";

/** Where a listening org is found. */
export interface Listening {
  /** `http://127.0.0.1:port`, without a slash at the end. */
  readonly url: string;
  /** A session of the administrator. */
  readonly accessToken: string;
}

/**
 * Makes a mock org. Rejects with an `Error` that names the option where a seed, a folder of metadata, a snapshot file or a value
 * cannot be used.
 */
export async function createMockOrg(options: MockOrgOptions = {}): Promise<MockOrg> {
  requireOptions(options);
  const seed = options.seed === undefined || options.seed === "empty" ? undefined : await loadSeed(options.seed);
  // A team that brings its own metadata brings its own statuses and settings.
  const setup = (options.sourceDirs ?? []).length === 0 ? seed?.setup : undefined;
  const standard = setup?.definitions(STANDARD_OBJECTS) ?? STANDARD_OBJECTS;
  const objects = withFields([...standard, ...(options.customObjects ?? [])], options.fields ?? {});
  const custom = await customized(objects, options.sourceDirs ?? [], options.strict ?? false);
  const currencies = options.multicurrency === undefined ? undefined : await loadCurrencies(options.multicurrency);
  const users = [...(setup?.users ?? []), ...(options.users ?? [])];
  const core = createOrg({
    definitions: currencies?.definitions(custom.definitions) ?? custom.definitions,
    clock: clockAt(options.now),
    settings: { ...setup?.settings, ...custom.settings, ...options.settings },
    labels: custom.labels,
    permissions: [...custom.permissions, ...(options.permissions ?? [])],
    users,
    ...defined({ seed: options.idSeed, id: options.orgId, name: options.name, sharing: options.sharing }),
  });
  const persisted = options.persist === undefined ? undefined : await persist(core, options.persist);
  if (persisted?.loaded !== true) currencies?.insert(core);
  if (seed !== undefined && persisted?.loaded !== true) await fill(core, seed, options);
  const validationRules = [...custom.validationRules, ...(options.validationRules ?? [])];
  const remarks = [...custom.remarks, ...(currencies?.remarks(custom.definitions) ?? [])];
  return new MockOrg(core, { ...options, users, validationRules }, { remarks, persisted });
}

/** A mock org at work. Dispose it to close its port. */
export class MockOrg implements AsyncDisposable {
  /** The records, the clock and everything else that belongs to the org itself. */
  readonly org: MockOrgCore;
  /** What a real org would do with the metadata files and this one does not. */
  readonly remarks: readonly MetadataProblem[];
  /** Snapshots under names, shared with the admin API. */
  readonly snapshots: Snapshots;
  readonly #options: MockOrgOptions;
  readonly #persisted: PersistedOrg | undefined;
  #gateway: Gateway | undefined;
  #given: Given | undefined;
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
    this.snapshots = new Snapshots(
      () => this.snapshot(),
      (snapshot) => this.restore(snapshot),
    );
  }

  /** The org as a Hono app; `app.fetch` answers without a port. */
  get app(): Hono<AppEnvironment> {
    return this.#open().app;
  }

  /**
   * Answers a call under `/services/data/` without making messages of it: for simulations, which make millions of calls.
   * The body is the org's own data, not a copy. `dropped` where a fault cuts the connection.
   */
  async answer(call: PlainCall): Promise<RestAnswer | "dropped"> {
    return await answerInProcess(this.#open().pipeline, dressed(call));
  }

  /** Sessions, passwords and connected apps. */
  get signIn(): SignInService {
    return this.#open().signIn;
  }

  /** API calls of the last 24 hours; `max` may be changed. */
  get apiUsage(): ApiUsage {
    return this.#open().usage;
  }

  /** API calls used in the last 24 hours of the org's clock. */
  get apiCalls(): number {
    return this.#gateway?.usage.used ?? 0;
  }

  /** What goes wrong: add faults, look at their counters, take them away. */
  get faults(): Faults {
    return this.#open().faults;
  }

  /** The org's clock: freeze it, move it, let it run. */
  get clock(): ManualClock {
    return this.org.clock;
  }

  /** The calls that the journal kept, oldest first. */
  get requests(): readonly JournalEntry[] {
    return this.#gateway?.journal.entries ?? [];
  }

  /** The journal itself: pages of it, single entries, what was refused as unsupported. */
  get journal(): Journal {
    return this.#open().journal;
  }

  /** Assertions about the calls that arrived; each throws an error that lists what did arrive. */
  get expect(): Expectations {
    const { journal, usage, faults } = this.#open();
    return new Expectations({ journal, usage, faults: () => faults.list() });
  }

  /** Builders that save records through the real pipeline, as the administrator, untouched by faults. */
  get given(): Given {
    this.#given ??= new Given(this.org, this.#saveOptions());
    return this.#given;
  }

  /** The records of one object, read past all permissions. `T` types the fields that you look at. */
  records<T extends Readonly<Record<string, FieldValue>> = Row>(object: string): Records<T> {
    return recordsOf<T>(this.org, object);
  }

  /** Decides about faults at the wire from now on, in the place of the list of faults; undefined ends it. */
  set faultHook(hook: FaultHook | undefined) {
    this.#faultHook = hook;
  }

  /** Opens a session without a login and returns its token. Throws an `Error` where there is no such active user. */
  openSession(username: string = ADMIN_USER.username): string {
    const actor = this.signIn.activeUser(username);
    if (actor === undefined) throw new Error(`There is no active user ${username}`);
    const { userId } = actor;
    return this.signIn.sessions.open({ userId, origin: "oauth", clientId: null, scope: "full", grantId: null }).token;
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
    this.#gateway?.faults.clear();
    this.#gateway?.services.bulk.jobs?.stop();
    this.#gateway?.streaming.forget();
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

  /** Back to the beginning: records, clock, settings, faults, journal and counters. Sessions stay, so clients go on. */
  reset(): void {
    const gateway = this.#gateway;
    gateway?.faults.clear();
    this.org.reset();
    if (gateway === undefined) return;
    forgetResults(gateway);
    gateway.journal.clear();
    gateway.usage.reset();
    const { batches, queryJobs } = gateway.services.bulk.allowances;
    for (const count of [batches, queryJobs, gateway.services.streaming.delivered]) count.reset();
  }

  /** The records' and the clock's state now. */
  snapshot(): OrgSnapshot {
    return this.org.snapshot();
  }

  /** Goes back to a snapshot; open query results and bulk jobs are forgotten. */
  restore(snapshot: OrgSnapshot): void {
    this.org.restore(snapshot);
    if (this.#gateway !== undefined) forgetResults(this.#gateway);
  }

  /** An independent org with the same records, with its own gateway and journal. It is kept in no file. */
  fork(): MockOrg {
    return new MockOrg(this.org.fork(), this.#options, { remarks: this.remarks });
  }

  /**
   * Lets everything happen that is due by now: timers of the clock, the purge of the recycle bin, expired sessions and
   * query results, bulk jobs. A bulk job with a pace waits for the clock: advance it first.
   */
  async settle(): Promise<void> {
    this.clock.settle();
    // Every transaction begins with the purge.
    this.org.transaction(this.org.systemActor, () => undefined);
    if (this.#gateway !== undefined) await settleGateway(this.#gateway, this.#options.bulkPaceMs ?? 0);
  }

  #open(): Gateway {
    this.#gateway ??= openGateway(this.org, this.#options, {
      ownHook: () => this.#faultHook,
      reset: () => this.reset(),
      settle: () => this.settle(),
      snapshots: this.snapshots,
      remarks: this.remarks,
    });
    return this.#gateway;
  }

  #saveOptions(): SaveOptions {
    const { validationRules = [], triggers = [] } = this.#options;
    return { validationRules, triggers };
  }
}

/** Longer than the pauses of a polling client, so that it keeps its connection. */
const KEEP_ALIVE_MS = 75_000;

/** Seeds and currencies are loaded only where somebody asks for them. */
async function loadSeed(seed: string): Promise<Seed> {
  const { seedCalled } = await import("../seeds/named-seeds.ts");
  return seedCalled(seed);
}

async function loadCurrencies(currencies: Currencies): Promise<Multicurrency> {
  const { ofCurrencies } = await import("../setup/multicurrency.ts");
  return ofCurrencies(currencies);
}

/** Fills a new org, with the seed's prebuilt records where the pipeline would make the same. */
async function fill(org: MockOrgCore, seed: Seed, options: MockOrgOptions): Promise<void> {
  const prebuilt = touchesSeed(options) ? undefined : await seed.prebuilt?.();
  if (prebuilt === undefined) {
    const { seedOrg } = await import("../seeds/seed.ts");
    seedOrg(org, await seed.files(org));
  } else {
    const { loadPrebuilt } = await import("../seeds/prebuilt-seed.ts");
    loadPrebuilt(org, prebuilt);
  }
  org.markOrigin();
}

/** The metadata reader and the snapshot file are loaded only where somebody asks for them. */
async function customized(
  definitions: readonly ObjectDefinition[],
  folders: readonly string[],
  strict: boolean,
): Promise<CustomizedOrg> {
  if (folders.length === 0)
    return { definitions, settings: {}, labels: new Map(), permissions: [], validationRules: [], remarks: [] };
  const { customizeOrg } = await import("../setup/customization.ts");
  return customizeOrg(definitions, folders, strict);
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

/** The members that have a value. */
function defined<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  // Object.entries cannot carry the type of each member through.
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
