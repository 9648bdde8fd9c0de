/**
 * Who may change something over HTTP: whoever knows the token, by a header (scripts) or a cookie (people).
 *
 * A cookie is sent by the browser whatever page asks, so a change by cookie must also carry a mark that only our own
 * pages hold, and come from our own origin.
 */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** The name of the cookie. */
export const COOKIE = "order_sync_session";
/** The name of the form field that carries the mark. */
export const MARK_FIELD = "mark";

/** What of a request decides. */
export interface Credentials {
  readonly authorization: string | undefined;
  readonly cookie: string | undefined;
  /** The form's mark, for requests that change something. */
  readonly mark: string | undefined;
  readonly origin: string | undefined;
  readonly host: string | undefined;
}

/** Sessions of one token. They need no store: a session is a random text with its signature, and ends with the token. */
export class SessionKeeper {
  readonly #token: string | null;
  readonly #key: string;

  /** `token` null: nobody may change anything. */
  constructor(token: string | null) {
    this.#token = token;
    this.#key = token ?? randomBytes(32).toString("hex");
  }

  /** False where no token is configured. */
  get canSignIn(): boolean {
    return this.#token !== null;
  }

  /** A new session's cookie value, or null for a wrong token. */
  signIn(token: string): string | null {
    if (this.#token === null || !isSame(token, this.#token)) return null;
    const id = randomBytes(18).toString("base64url");
    return `${id}.${this.#sign("session", id)}`;
  }

  isSignedIn({ authorization, cookie }: Credentials): boolean {
    return this.#isBearer(authorization) || this.#sessionOf(cookie) !== null;
  }

  /** Whether this request may change something. */
  mayChange(credentials: Credentials): boolean {
    if (this.#isBearer(credentials.authorization)) return true;
    const session = this.#sessionOf(credentials.cookie);
    if (session === null || credentials.mark === undefined) return false;
    return isSame(credentials.mark, this.#sign("mark", session)) && isOwnOrigin(credentials);
  }

  /** The mark for the forms of a page; null when nobody is signed in by cookie. */
  markFor(cookie: string | undefined): string | null {
    const session = this.#sessionOf(cookie);
    return session === null ? null : this.#sign("mark", session);
  }

  #isBearer(authorization: string | undefined): boolean {
    const given = /^Bearer (.+)$/i.exec(authorization ?? "")?.[1];
    return this.#token !== null && given !== undefined && isSame(given, this.#token);
  }

  #sessionOf(cookie: string | undefined): string | null {
    if (this.#token === null || cookie === undefined) return null;
    const [id, signature, ...rest] = cookie.split(".");
    if (id === undefined || signature === undefined || rest.length > 0) return null;
    return isSame(signature, this.#sign("session", id)) ? id : null;
  }

  #sign(purpose: string, text: string): string {
    return createHmac("sha256", this.#key).update(`${purpose}:${text}`).digest("base64url");
  }
}

function isOwnOrigin({ origin, host }: Credentials): boolean {
  if (origin === undefined || host === undefined || !URL.canParse(origin)) return false;
  return new URL(origin).host === host;
}

/** Compares in the same time wherever the first difference is. */
function isSame(left: string, right: string): boolean {
  const [one, other] = [Buffer.from(left), Buffer.from(right)];
  return one.length === other.length && timingSafeEqual(one, other);
}
