/**
 * The sessions of one org: which token speaks for which user, and until when.
 *
 * A session lives for a time of inactivity; every use extends it. Time is the org's clock, so a test decides when a
 * session dies. Source: rest-api §3.11.
 */
import type { Clock } from "../org/port.ts";
import { newAccessToken, type RandomText, systemRandomText } from "./tokens.ts";

/** Two hours of inactivity, the default of an org's session settings. */
export const SESSION_LIFETIME_MS = 2 * 60 * 60 * 1000;

/** More sessions than a test or a laptop ever needs; the one unused for longest goes first. */
const SESSIONS_MAX = 10_000;

/** How a session came to be: SOAP sessions end by SOAP logout, OAuth sessions by revocation. */
export type SessionOrigin = "soap" | "oauth";

/** What a login asks for. */
export interface SessionRequest {
  readonly userId: string;
  readonly origin: SessionOrigin;
  /** The connected app; null for SOAP logins. */
  readonly clientId: string | null;
  /** OAuth scopes separated by spaces; `full` for SOAP logins. */
  readonly scope: string;
  /** The refresh grant that this session belongs to and dies with. */
  readonly grantId: string | null;
  /** Inactivity in milliseconds; default: the org's. */
  readonly lifetimeMs?: number;
}

/** One live session. */
export interface Session {
  readonly token: string;
  readonly userId: string;
  readonly origin: SessionOrigin;
  readonly clientId: string | null;
  readonly scope: string;
  readonly grantId: string | null;
  readonly issuedMs: number;
  readonly lifetimeMs: number;
  /** The moment at which the session dies unless it is used before. */
  readonly expiresMs: number;
}

/** Options of a session store. */
export interface SessionsOptions {
  readonly orgId: string;
  readonly clock: Clock;
  readonly lifetimeMs?: number;
  readonly random?: RandomText;
}

/** The org's session table. */
export class Sessions {
  readonly #orgId: string;
  readonly #clock: Clock;
  readonly #lifetimeMs: number;
  readonly #random: RandomText;
  /** In order of last use: the first one is the one that was unused for longest. */
  readonly #byToken = new Map<string, Session>();

  constructor(options: SessionsOptions) {
    this.#orgId = options.orgId;
    this.#clock = options.clock;
    this.#lifetimeMs = options.lifetimeMs ?? SESSION_LIFETIME_MS;
    this.#random = options.random ?? systemRandomText;
  }

  /** Inactivity after which a session of this org dies, in milliseconds. */
  get lifetimeMs(): number {
    return this.#lifetimeMs;
  }

  /** Opens a session with a new token. */
  open(request: SessionRequest): Session {
    if (this.#byToken.size >= SESSIONS_MAX) this.#drop();
    const now = this.#clock.nowMs();
    const lifetimeMs = request.lifetimeMs ?? this.#lifetimeMs;
    const session: Session = {
      token: newAccessToken(this.#orgId, this.#random),
      userId: request.userId,
      origin: request.origin,
      clientId: request.clientId,
      scope: request.scope,
      grantId: request.grantId,
      issuedMs: now,
      lifetimeMs,
      expiresMs: now + lifetimeMs,
    };
    this.#byToken.set(session.token, session);
    return session;
  }

  /** The live session behind a token, its life extended by this use; undefined when missing, expired or revoked. */
  use(token: string): Session | undefined {
    const session = this.peek(token);
    if (session === undefined) return undefined;
    const now = this.#clock.nowMs();
    // A grain of one second keeps the common case free of allocation without shortening a life noticeably.
    if (now + session.lifetimeMs - session.expiresMs < 1000) return session;
    const extended: Session = { ...session, expiresMs: now + session.lifetimeMs };
    this.#byToken.delete(token);
    this.#byToken.set(token, extended);
    return extended;
  }

  /** The live session behind a token without extending its life. */
  peek(token: string): Session | undefined {
    const session = this.#byToken.get(token);
    if (session === undefined) return undefined;
    if (session.expiresMs > this.#clock.nowMs()) return session;
    this.#byToken.delete(token);
    return undefined;
  }

  /** Ends one session. Returns false when there was none. */
  revoke(token: string): boolean {
    return this.#byToken.delete(token);
  }

  /** Ends every session of a refresh grant. */
  revokeGrant(grantId: string): void {
    for (const session of this.#byToken.values()) {
      if (session.grantId === grantId) this.#byToken.delete(session.token);
    }
  }

  /** Ends every session, or every session of one user: what an administrator does to see how clients recover. */
  revokeAll(userId?: string): number {
    const before = this.#byToken.size;
    for (const session of this.#byToken.values()) {
      if (userId === undefined || session.userId === userId) this.#byToken.delete(session.token);
    }
    return before - this.#byToken.size;
  }

  /** Forgets every session whose time is over. */
  dropExpired(): void {
    for (const token of this.#byToken.keys()) this.peek(token);
  }

  #drop(): void {
    const oldest = this.#byToken.keys().next();
    if (!oldest.done) this.#byToken.delete(oldest.value);
  }
}
