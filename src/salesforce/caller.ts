/**
 * Calls to one org under one policy: a session that is renewed once, repetition, and the share of the org's requests
 * that this connector may use. Everything else in this room sends through it.
 */
import { SyncError } from "../errors.ts";
import { inSpan } from "../trace/span.ts";
import { canLogInAgain, type KeptLogin, type Login, type LoginContext, logIn } from "./auth.ts";
import { type CallPolicy, callWithPolicy, failureToSyncError } from "./call-policy.ts";
import type { AuthConfig } from "./config.ts";
import type { OrgConnection, OrgReply, OrgRequest, Session } from "./connection.ts";
import { CallFailure } from "./failure.ts";

/** How many requests this connector may use. */
export interface CallBudget {
  /** Share of the org's requests after which we stop. */
  readonly usedShareMax: number;
  readonly callsMax: number | null;
}

/** What a caller is made of. */
export interface CallerOptions {
  readonly connection: OrgConnection;
  readonly auth: AuthConfig;
  readonly login: LoginContext;
  readonly policy: CallPolicy;
  readonly budget: CallBudget;
}

/** Details of one call. */
export interface CallOptions {
  readonly intent: "read" | "write";
  /** For messages, for example `query Order`. */
  readonly name: string;
  /** Turns a good answer into a failure that the policy may repeat, by throwing `CallFailure`. */
  readonly check?: (reply: OrgReply) => void;
}

/** An older reading of the org's usage is no reason to refuse a call: the call itself brings a new one. */
const USAGE_READING_LIFE_MS = 300_000;

/** Sends requests to one org. */
export class OrgCaller {
  readonly connection: OrgConnection;
  readonly #options: CallerOptions;
  #auth: AuthConfig;
  #session: Session | null = null;
  /** All calls that meet a dead session wait for one login. */
  #renewing: Promise<Session> | null = null;

  constructor(options: CallerOptions) {
    this.connection = options.connection;
    this.#options = options;
    this.#auth = options.auth;
  }

  get host(): string {
    return this.#session?.instanceUrl ?? this.#options.login.loginUrl;
  }

  /** Logs in unless there is a session. Rejects with `SyncError`. */
  async session(): Promise<Session> {
    return this.#session ?? (await this.#renew(null));
  }

  /** One call. Rejects with `SyncError`. */
  async call(request: OrgRequest, options: CallOptions): Promise<OrgReply> {
    try {
      return await this.attemptCall(request, options);
    } catch (error) {
      throw error instanceof CallFailure ? this.explain(error, options.name) : error;
    }
  }

  /** The `SyncError` of a call that failed for good. */
  explain(failure: CallFailure, name: string): SyncError {
    const error = failureToSyncError(failure, name, this.host);
    const { failure: what } = failure;
    // Resources vanish with their version (reference: rest-api §2.1: 404 unknown, 410 retired).
    if (what.kind !== "http" || (what.status !== 404 && what.status !== 410)) return error;
    const message = `${error.message} (does this org offer API version ${this.connection.version}?)`;
    return new SyncError(error.code, message, { context: error.context, cause: failure });
  }

  /** One call. Rejects with the last `CallFailure`, or with the `SyncError` of a login or of the budget. */
  async attemptCall(request: OrgRequest, options: CallOptions): Promise<OrgReply> {
    await this.session();
    let used: Session | null = this.#session;
    return await callWithPolicy(this.#options.policy, {
      name: options.name,
      intent: options.intent,
      attempt: async () => {
        this.#refuseOverBudget();
        used = this.#session;
        return await inSpan(`salesforce ${options.name}`, { "http.request.method": request.method }, async (span) => {
          const reply = await this.connection.send(request);
          span.setAttribute("http.response.status_code", reply.status);
          options.check?.(reply);
          return reply;
        });
      },
      ...(canLogInAgain(this.#auth)
        ? {
            logInAgain: async () => {
              await this.#renew(used);
            },
          }
        : {}),
    });
  }

  /** A new session in place of a dead one; when somebody else has renewed it already, that one serves. */
  async #renew(dead: Session | null): Promise<Session> {
    if (this.#session !== null && this.#session !== dead) return this.#session;
    this.#renewing ??= this.#logIn(dead).finally(() => {
      this.#renewing = null;
    });
    return await this.#renewing;
  }

  async #logIn(dead: Session | null): Promise<Session> {
    const { login, policy } = this.#options;
    try {
      const { session } = await this.#attemptLogin(dead, async (auth) =>
        callWithPolicy(policy, { name: "login", intent: "read", attempt: async () => await logIn(auth, login) }),
      );
      this.connection.useSession(session);
      this.#session = session;
      return session;
    } catch (error) {
      throw error instanceof CallFailure ? failureToSyncError(error, "login", login.loginUrl) : error;
    }
  }

  /** With a refresh token the newest one counts, and the session that another process got with it serves as well. */
  async #attemptLogin(dead: Session | null, attempt: (auth: AuthConfig) => Promise<Login>): Promise<Login> {
    const auth = this.#auth;
    const { keeper } = this.#options.login;
    if (auth.kind !== "refreshToken") return await attempt(auth);
    const renew = async (kept: KeptLogin | null): Promise<Login> => {
      if (kept !== null && kept.session.accessToken !== dead?.accessToken) return kept;
      const login = await attempt(kept === null ? auth : { ...auth, refreshToken: kept.refreshToken });
      return { ...login, refreshToken: login.refreshToken ?? kept?.refreshToken ?? null };
    };
    const login = keeper === undefined ? await renew(null) : await keeper.renewing(renew);
    if (login.refreshToken !== null) this.#auth = { ...auth, refreshToken: login.refreshToken };
    return login;
  }

  #refuseOverBudget(): void {
    const { budget, policy } = this.#options;
    const { calls, used, limit, readAtMs } = this.connection.meter;
    if (budget.callsMax !== null && calls >= budget.callsMax) {
      throw new SyncError(
        "SALESFORCE_LIMIT",
        `this run has used its ${budget.callsMax} API calls (salesforce.callsMax)`,
      );
    }
    if (used === null || limit === null || readAtMs === null) return;
    if (policy.monotonicMs() - readAtMs > USAGE_READING_LIFE_MS) return;
    if (used >= limit * budget.usedShareMax) {
      throw new SyncError(
        "SALESFORCE_LIMIT",
        `${this.host}: ${used} of ${limit} API requests are used; the rest is kept for other applications (limits.reserveShare ${Number((1 - budget.usedShareMax).toFixed(4))})`,
        { context: { used, limit } },
      );
    }
  }
}
