/**
 * Who may come in: everything that the login endpoints of one org share.
 *
 * The endpoints themselves (SOAP, OAuth, the login page) only read requests and write answers.
 */

import type { MockOrgCore } from "../org/org.ts";
import type { Actor } from "../org/port.ts";
import type { Catalog } from "../schema/catalog.ts";
import { AuthorizationCodes } from "./authorization-codes.ts";
import type { ConnectedApp } from "./connected-apps.ts";
import { DeviceCodes } from "./device-codes.ts";
import { IdTokenSigner } from "./id-token.ts";
import { type Credentials, Passwords } from "./passwords.ts";
import { RefreshGrants } from "./refresh-grants.ts";
import { type Session, Sessions } from "./sessions.ts";
import type { RandomText } from "./tokens.ts";

/** The connected app that every mock org has. */
export const DEFAULT_APP: ConnectedApp = {
  clientId: "mock-client",
  clientSecret: "mock-secret",
  name: "Mock Client",
};

/** A change of one of these may change who somebody is and what he may do. */
const IDENTITY_OBJECTS = new Set(["User", "Profile", "PermissionSet", "PermissionSetAssignment", "UserRole"]);
/** Names and Ids of users that are remembered. */
const ACTIVE_USERS_MAX = 1_000;

/** What a sign-in service is made of. */
export interface SignInServiceOptions {
  readonly org: MockOrgCore;
  /** Connected apps beside `mock-client`; one of that name replaces it. */
  readonly connectedApps?: readonly ConnectedApp[];
  /** Passwords by username; everybody else has `mock-password`. */
  readonly credentials?: Readonly<Record<string, Credentials>>;
  /** The user as whom `mock-client` runs in the client credentials flow. */
  readonly runAs?: string;
  readonly sessionLifetimeMs?: number;
  readonly random?: RandomText;
  /** Milliseconds since 1970 on the machine's clock, by which clients date their JWT assertions. */
  readonly wallNowMs?: () => number;
}

/** A live session and the active user behind it. */
export interface Visitor {
  readonly session: Session;
  readonly actor: Actor;
}

/** What a user without the permission API Enabled reads (reference: rest-api §3.11: the code report, the text memory). */
export const API_DISABLED = { code: "API_CURRENTLY_DISABLED", message: "API is disabled for this User" } as const;

/** True where the user may use the API at all. */
export function mayUseApi(actor: Actor): boolean {
  return actor.access.has("ApiEnabled");
}

/** Sessions, grants, codes, passwords and connected apps of one org. */
export class SignInService {
  readonly org: MockOrgCore;
  readonly sessions: Sessions;
  readonly refreshGrants: RefreshGrants;
  readonly codes: AuthorizationCodes;
  readonly devices: DeviceCodes;
  readonly idTokens: IdTokenSigner;
  readonly passwords = new Passwords();
  readonly wallNowMs: () => number;
  readonly #apps = new Map<string, ConnectedApp>();
  /** Actors of active users; every call needs one, and they change seldom. */
  readonly #activeUsers = new Map<string, Actor>();
  #catalog: Catalog;

  constructor(options: SignInServiceOptions) {
    const { org } = options;
    const random = options.random === undefined ? {} : { random: options.random };
    const lifetime = options.sessionLifetimeMs === undefined ? {} : { lifetimeMs: options.sessionLifetimeMs };
    this.org = org;
    this.#catalog = org.catalog;
    org.onCommit((changes) => {
      if (changes.some((change) => IDENTITY_OBJECTS.has(change.object))) this.#activeUsers.clear();
    });
    org.onReplaced(() => this.#activeUsers.clear());
    this.wallNowMs = options.wallNowMs ?? Date.now;
    this.sessions = new Sessions({ orgId: org.id, clock: org.clock, ...lifetime, ...random });
    this.refreshGrants = new RefreshGrants(options.random);
    this.codes = new AuthorizationCodes(org.clock, options.random);
    this.devices = new DeviceCodes(org.clock, options.random);
    this.idTokens = new IdTokenSigner(org.id);
    this.addApp(options.runAs === undefined ? DEFAULT_APP : { ...DEFAULT_APP, runAs: options.runAs });
    for (const app of options.connectedApps ?? []) this.addApp(app);
    for (const [username, credentials] of Object.entries(options.credentials ?? {})) {
      this.passwords.set(username, credentials);
    }
  }

  /** Adds a connected app, or replaces the one with the same client id. */
  addApp(app: ConnectedApp): void {
    this.#apps.set(app.clientId, app);
  }

  app(clientId: string): ConnectedApp | undefined {
    return this.#apps.get(clientId);
  }

  /** The active user behind a username and password; undefined for every reason not to let somebody in. */
  authenticate(username: string, password: string): Actor | undefined {
    const actor = this.activeUser(username);
    return actor !== undefined && this.passwords.matches(actor.username, password) ? actor : undefined;
  }

  /** Who comes with this token; using it extends the session's life. Undefined where the session or the user is no more. */
  enter(token: string | undefined): Visitor | undefined {
    const session = token === undefined ? undefined : this.sessions.use(token);
    const actor = session === undefined ? undefined : this.activeUser(session.userId);
    return session === undefined || actor === undefined ? undefined : { session, actor };
  }

  /** The active user with this Id or username. */
  activeUser(userIdOrUsername: string): Actor | undefined {
    if (this.org.catalog !== this.#catalog) {
      this.#catalog = this.org.catalog;
      this.#activeUsers.clear();
    }
    const known = this.#activeUsers.get(userIdOrUsername);
    if (known !== undefined) return known;
    const actor = this.org.actor(userIdOrUsername);
    if (actor === undefined) return undefined;
    const active = this.org.transaction(actor, (tx) => tx.get("User", actor.userId)?.["IsActive"] !== false);
    if (!active) return undefined;
    if (this.#activeUsers.size < ACTIVE_USERS_MAX) this.#activeUsers.set(userIdOrUsername, actor);
    return actor;
  }
}
