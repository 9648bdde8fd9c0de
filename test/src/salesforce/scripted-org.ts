/**
 * A scripted stand-in for an org on a loopback port: each test says what one path answers. It knows nothing about
 * Salesforce beyond the shape of a login and of a composite envelope.
 */
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { SalesforceConfig } from "../../../src/salesforce/config.ts";
import { createSalesforceOrg, type JsforceOrg, type OrgSurroundings } from "../../../src/salesforce/org.ts";

/** One request as it arrived. */
export interface SeenRequest {
  readonly method: string;
  /** Path with the query string, decoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What a path answers. `lost`: the connection is closed without an answer. */
export type Answer =
  | {
      readonly status?: number;
      readonly json?: unknown;
      readonly text?: string;
      readonly headers?: Record<string, string>;
    }
  | "lost"
  | "truncated";

/** One subrequest of a composite. */
export interface SeenSubrequest {
  readonly method: string;
  /** Decoded. */
  readonly url: string;
  readonly referenceId: string;
  readonly body?: Record<string, unknown>;
}

export type Answerer = (request: SeenRequest) => Answer;
export type Subanswerer = (subrequest: SeenSubrequest) => { readonly status?: number; readonly body: unknown };

export const SESSION_EXPIRED: Answer = {
  status: 401,
  json: [{ message: "Session expired or invalid", errorCode: "INVALID_SESSION_ID" }],
};

export class ScriptedOrg {
  readonly requests: SeenRequest[] = [];
  readonly #answers: { readonly pattern: RegExp; readonly answers: readonly Answerer[]; used: number }[] = [];
  readonly #server: ReturnType<typeof serve>;
  #held = false;
  /** Epoch milliseconds of the Date header. */
  nowMs = Date.parse("2026-01-31T10:00:00Z");

  constructor() {
    const app = new Hono();
    app.all("*", async (context) => {
      const url = new URL(context.req.url);
      const seen: SeenRequest = {
        method: context.req.method,
        path: decodeURIComponent(url.pathname + url.search),
        headers: context.req.header(),
        text: await context.req.text(),
      };
      this.requests.push(seen);
      if (this.#held) await new Promise((resolve) => context.req.raw.signal.addEventListener("abort", resolve));
      const answer = this.#answer(seen);
      if (answer === "lost" || answer === "truncated") {
        const { outgoing } = context.env as { outgoing: import("node:http").ServerResponse };
        if (answer === "truncated") {
          outgoing.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
          outgoing.write('{"compositeResponse":[');
        }
        setImmediate(() => outgoing.destroy());
        // Never returns: the server has nothing to say after this.
        return await new Promise<never>(() => {});
      }
      return new Response(answer.json === undefined ? (answer.text ?? null) : JSON.stringify(answer.json), {
        status: answer.status ?? 200,
        headers: {
          date: new Date(this.nowMs).toUTCString(),
          ...(answer.json === undefined ? {} : { "content-type": "application/json;charset=UTF-8" }),
          "sforce-limit-info": "api-usage=18/15000",
          ...answer.headers,
        },
      });
    });
    this.#server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  }

  async listening(): Promise<this> {
    if (!this.#server.listening) await new Promise((resolve) => this.#server.once("listening", resolve));
    return this;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Answers a path, the first time with the first answer, and so on; the last one stays. Later scripts win. */
  on(pattern: RegExp, ...answers: readonly (Answer | Answerer)[]): this {
    this.#answers.unshift({
      pattern,
      answers: answers.map((answer) => (typeof answer === "function" ? answer : () => answer)),
      used: 0,
    });
    return this;
  }

  /** Answers each subrequest of `/composite`. */
  onComposite(answer: Subanswerer): this {
    return this.on(/\/composite$/, (request) => ({ json: { compositeResponse: answerParts(request.text, answer) } }));
  }

  /** Requests whose path matches. */
  seen(pattern: RegExp): readonly SeenRequest[] {
    return this.requests.filter(({ path }) => pattern.test(path));
  }

  /** From now on nothing is answered. */
  hold(): void {
    this.#held = true;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      if ("closeAllConnections" in this.#server) this.#server.closeAllConnections();
    });
  }

  #answer(request: SeenRequest): Answer {
    const script = this.#answers.find(({ pattern }) => pattern.test(request.path));
    if (script === undefined) return { status: 404, json: [{ errorCode: "NOT_FOUND", message: "not scripted" }] };
    const answer = script.answers[Math.min(script.used, script.answers.length - 1)];
    script.used += 1;
    return answer?.(request) ?? { status: 500 };
  }
}

export function answerParts(text: string, answer: Subanswerer): readonly unknown[] {
  const { compositeRequest } = JSON.parse(text) as { compositeRequest: SeenSubrequest[] };
  return compositeRequest.map((subrequest) => {
    const { status, body } = answer({ ...subrequest, url: decodeURIComponent(subrequest.url) });
    return { referenceId: subrequest.referenceId, httpStatusCode: status ?? 200, httpHeaders: {}, body };
  });
}

/** A connector org on a scripted one: access token, no waiting, full jitter always at its bound. */
export function connectTo(
  scripted: ScriptedOrg,
  overrides: {
    readonly config?: Record<string, unknown>;
    /** Shorter than a user may set it. */
    readonly timeoutMs?: number;
    readonly surroundings?: OrgSurroundings;
  } = {},
): JsforceOrg {
  const config = SalesforceConfig.parse({
    loginUrl: scripted.url,
    auth: { kind: "accessToken", accessToken: "00DTESTTOKEN!secret", instanceUrl: scripted.url },
    ...overrides.config,
  });
  return createSalesforceOrg(
    { ...config, requestTimeoutMs: overrides.timeoutMs ?? 5_000 },
    { sleep: () => Promise.resolve(), random: () => 0.5, ...overrides.surroundings },
  );
}

/** Runs a test body with an org that is closed afterwards. */
export async function withOrg(body: (scripted: ScriptedOrg) => Promise<void>): Promise<void> {
  const scripted = await new ScriptedOrg().listening();
  try {
    await body(scripted);
  } finally {
    await scripted.close();
  }
}
