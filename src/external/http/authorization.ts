/** The header that proves who we are; for OAuth client credentials, with a token that is fetched and kept. */
import { z } from "zod";
import { SyncError } from "../../errors.ts";
import type { HttpConfig } from "./config.ts";

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().positive().optional() });

/** A token is fetched again this long before it expires. */
const EARLY_MS = 30_000;
/** RFC 6749 §5.1 recommends `expires_in`; servers that leave it out are asked again after this time. */
const LIFETIME_MS = 30 * 60_000;

interface Token {
  readonly value: string;
  readonly untilMs: number;
}

/** Knows the credentials of one API. */
export class Authorization {
  readonly #config: Pick<HttpConfig, "auth" | "timeoutMs">;
  readonly #now: () => number;
  #token: Promise<Token> | undefined;

  constructor(config: Pick<HttpConfig, "auth" | "timeoutMs">, now: () => number) {
    this.#config = config;
    this.#now = now;
  }

  /**
   * The header to send, or undefined when there is none.
   *
   * Throws `EXTERNAL_REFUSED` when the token server refuses the credentials; network errors and its 5xx go to `failed`,
   * which throws what the caller wants.
   */
  async header(
    failed: (error: unknown) => never,
  ): Promise<{ readonly name: string; readonly value: string } | undefined> {
    const { auth } = this.#config;
    switch (auth.kind) {
      case "none":
        return undefined;
      case "header":
        return { name: auth.name, value: auth.value };
      case "basic": {
        const pair = Buffer.from(`${auth.username}:${auth.password}`, "utf8").toString("base64");
        return { name: "authorization", value: `Basic ${pair}` };
      }
      case "oauth": {
        try {
          return { name: "authorization", value: `Bearer ${await this.#current()}` };
        } catch (error) {
          this.#token = undefined;
          if (error instanceof SyncError) throw error;
          return failed(error);
        }
      }
    }
  }

  /** Forgets a header that was refused; false when a new one would be the same and asking again is useless. */
  async forget(refused: string | undefined): Promise<boolean> {
    if (this.#config.auth.kind !== "oauth") return false;
    const held = this.#token;
    // Several requests may be refused with one old token; only the first of them throws it away.
    if (held !== undefined && `Bearer ${(await held).value}` === refused && this.#token === held)
      this.#token = undefined;
    return true;
  }

  async #current(): Promise<string> {
    // Requests at the same time wait for one token: between the look and the assignment nothing is awaited.
    const held = this.#token ?? this.#renew();
    const token = await held;
    if (token.untilMs > this.#now()) return token.value;
    return (await (this.#token === held || this.#token === undefined ? this.#renew() : this.#token)).value;
  }

  #renew(): Promise<Token> {
    this.#token = this.#fetchToken();
    return this.#token;
  }

  async #fetchToken(): Promise<Token> {
    const { auth, timeoutMs } = this.#config;
    if (auth.kind !== "oauth") throw new Error("only OAuth has tokens");
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: auth.clientId,
      client_secret: auth.clientSecret,
      ...(auth.scope !== undefined && { scope: auth.scope }),
      ...(auth.audience !== undefined && { audience: auth.audience }),
    });
    const response = await fetch(auth.tokenUrl, {
      method: "POST",
      headers: { accept: "application/json" },
      body,
      redirect: "manual",
      signal: AbortSignal.timeout(timeoutMs),
    });
    const place = new URL(auth.tokenUrl);
    if (response.status >= 500 || response.status === 429) throw new Error(`token server answers ${response.status}`);
    const parsed = tokenSchema.safeParse(response.ok ? await response.json().catch(() => undefined) : undefined);
    if (!parsed.success) {
      throw new SyncError(
        "EXTERNAL_REFUSED",
        `${place.origin}${place.pathname} gives no token (answer ${response.status}); correct external.auth.`,
        { context: { status: response.status } },
      );
    }
    const { access_token: value, expires_in: seconds } = parsed.data;
    const lifetimeMs = seconds === undefined ? LIFETIME_MS : Math.max(seconds * 1000 - EARLY_MS, seconds * 500);
    return { value, untilMs: this.#now() + lifetimeMs };
  }
}
