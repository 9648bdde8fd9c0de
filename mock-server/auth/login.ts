/**
 * Who may come in: everything that the login endpoints of one org share.
 *
 * The endpoints themselves (SOAP, OAuth, the login page) only read requests and write answers.
 */
import type { Actor, Org } from "../org/contract.ts";
import { AuthorizationCodes } from "./authorization-codes.ts";
import type { ConnectedApp } from "./connected-apps.ts";
import { type Credentials, Passwords } from "./passwords.ts";
import { RefreshGrants } from "./refresh-grants.ts";
import { Sessions } from "./sessions.ts";
import type { RandomText } from "./tokens.ts";

/** The connected app that every mock org has. */
export const DEFAULT_APP: ConnectedApp = {
  clientId: "mock-client",
  clientSecret: "mock-secret",
  name: "Mock Client",
};

/** What a login desk is made of. */
export interface LoginDeskOptions {
  readonly org: Org;
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

/** Sessions, grants, codes, passwords and connected apps of one org. */
export class LoginDesk {
  readonly org: Org;
  readonly sessions: Sessions;
  readonly refreshGrants: RefreshGrants;
  readonly codes: AuthorizationCodes;
  readonly passwords = new Passwords();
  readonly wallNowMs: () => number;
  readonly #apps = new Map<string, ConnectedApp>();

  constructor(options: LoginDeskOptions) {
    const { org } = options;
    const random = options.random === undefined ? {} : { random: options.random };
    const lifetime = options.sessionLifetimeMs === undefined ? {} : { lifetimeMs: options.sessionLifetimeMs };
    this.org = org;
    this.wallNowMs = options.wallNowMs ?? Date.now;
    this.sessions = new Sessions({ orgId: org.id, clock: org.clock, ...lifetime, ...random });
    this.refreshGrants = new RefreshGrants(options.random);
    this.codes = new AuthorizationCodes(org.clock, options.random);
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

  /** The active user with this Id or username. */
  activeUser(userIdOrUsername: string): Actor | undefined {
    const actor = this.org.actor(userIdOrUsername);
    if (actor === undefined) return undefined;
    const inactive = this.org.transaction(actor, (tx) => tx.get("User", actor.userId)?.["IsActive"] === false);
    return inactive ? undefined : actor;
  }
}
