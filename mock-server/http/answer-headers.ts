/** The headers that every answer carries. Source: rest-api §2.3. */
import type { Clock } from "../org/port.ts";

/** Methods and headers that a browser may use across origins. */
const CORS_METHODS = "DELETE, GET, HEAD, PATCH, POST, PUT";
const CORS_HEADERS =
  "Authorization, Content-Type, Accept, If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, " +
  "Sforce-Call-Options, Sforce-Query-Options, Sforce-Mru, Sforce-Auto-Assign, Sforce-Duplicate-Rule-Header, " +
  "SOAPAction, X-PrettyPrint, X-SFDC-Session";
const CORS_EXPOSED = "Sforce-Limit-Info, Sforce-Locator, Sforce-NumberOfRecords, Location, ETag, Last-Modified, Date";

const REQUEST_ID_CHARACTERS = 32;

/** Makes the standing headers of one org. */
export class AnswerHeaders {
  readonly #clock: Clock;
  readonly #corsOrigins: readonly string[];
  #second = Number.NaN;
  #date = "";
  #answers = 0;

  /** `corsOrigins`: origins of browser pages allowed beside those on this machine; `*` allows all. */
  constructor(clock: Clock, corsOrigins: readonly string[] = []) {
    this.#clock = clock;
    this.#corsOrigins = corsOrigins;
  }

  /** Headers for one answer. `Date` is the org's time, because clients rely on it. `origin` is the header of that name. */
  standing(origin: string | undefined): Record<string, string> {
    // A literal, because this runs once a call.
    const headers: Record<string, string> = {
      "Cache-Control": "no-cache,must-revalidate,max-age=0,no-store,private",
      Vary: "Accept-Encoding",
      "X-Content-Type-Options": "nosniff",
      Date: this.#now(),
      "X-Sfdc-Request-Id": (++this.#answers).toString(16).padStart(REQUEST_ID_CHARACTERS, "0"),
    };
    if (origin !== undefined && this.#allows(origin)) {
      headers["Access-Control-Allow-Origin"] = origin;
      headers["Access-Control-Allow-Credentials"] = "true";
      headers["Access-Control-Expose-Headers"] = CORS_EXPOSED;
      headers["Vary"] = "Accept-Encoding, Origin";
    }
    return headers;
  }

  /** The answer to a browser's question (`OPTIONS`): empty 200, with permission where the origin is allowed. */
  preflight(origin: string | undefined): Response {
    const headers = this.standing(origin);
    if ("Access-Control-Allow-Origin" in headers) {
      headers["Access-Control-Allow-Methods"] = CORS_METHODS;
      headers["Access-Control-Allow-Headers"] = CORS_HEADERS;
      headers["Access-Control-Max-Age"] = "86400";
    }
    return new Response(null, { status: 200, headers });
  }

  #allows(origin: string): boolean {
    if (this.#corsOrigins.includes(origin) || this.#corsOrigins.includes("*")) return true;
    return /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(origin);
  }

  #now(): string {
    const second = Math.floor(this.#clock.nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#date = new Date(second * 1000).toUTCString();
    }
    return this.#date;
  }
}
