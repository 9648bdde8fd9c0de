/**
 * Runs the score card against an endpoint: every behavior passed, failed loudly, or failed silently.
 *
 * Silently means that the endpoint said yes and gave a wrong answer, which is worse than any refusal. Records that the run
 * makes are deleted at its end as far as the endpoint lets.
 */
import { setTimeout } from "node:timers/promises";
import type { Behavior, Call, Expected, Step } from "./behavior.ts";
import { differenceOf } from "./match.ts";
import { CREATED_OBJECTS, requiredOf, withRequired } from "./required-fields.ts";
import { SETUP } from "./setup.ts";

/** Where to run, and as whom. */
export interface Endpoint {
  /** Scheme and host, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** For example `62.0`. */
  readonly apiVersion: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** How the run waits for work that the endpoint does by itself; default: real time. */
  readonly pause?: (ms: number) => Promise<unknown>;
}

export type Verdict = "passed" | "loud" | "silent";

/** The outcome of one behavior. */
export interface Outcome {
  readonly behavior: Behavior;
  readonly verdict: Verdict;
  /** What was wrong; empty where it passed. */
  readonly reason: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

/** Runs the behaviors in order, one call at a time. Throws an `Error` where the first records cannot be made. */
export async function runScoreCard(
  endpoint: Endpoint,
  behaviors: readonly Behavior[],
  onOutcome: (outcome: Outcome) => void = () => undefined,
): Promise<readonly Outcome[]> {
  const run = new Run(endpoint);
  await run.lookAround();
  for (const step of SETUP) {
    const failure = await run.step(step);
    if (failure !== undefined) throw new Error(`The endpoint does not let the run begin: ${failure}`);
  }
  const outcomes: Outcome[] = [];
  for (const behavior of behaviors) {
    const outcome = await run.check(behavior);
    outcomes.push(outcome);
    onOutcome(outcome);
  }
  await run.cleanUp();
  return outcomes;
}

/** Work that an endpoint does by itself is asked for after pauses that double, from the first to the longest one. */
const PAUSE_MS_MIN = 5;
const PAUSE_MS_MAX = 2_000;
/** About a minute in all: a job of two rows in an org where nobody works is done in seconds. */
const ASKS_MAX = 38;

/** Names that repeat would collide with records of an earlier run. */
const RUN_NUMBER_RANGE = 1_000_000;

class Run {
  readonly #endpoint: Endpoint;
  readonly #values = new Map<string, string>();
  readonly #required = new Map<string, () => Readonly<Record<string, unknown>>>();
  /** Addresses of records to delete, newest last. */
  readonly #made: string[] = [];

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#values.set("version", endpoint.apiVersion);
    this.#values.set("token", endpoint.token);
    this.#values.set("run", String(Date.now() % RUN_NUMBER_RANGE));
    this.#values.set("today", new Date().toISOString().slice(0, 10));
  }

  /** Learns which custom fields the org requires of the records that the run creates. */
  async lookAround(): Promise<void> {
    for (const object of CREATED_OBJECTS) {
      const { body } = await this.#send({ method: "GET", path: `/sobjects/${object}/describe` });
      const required = requiredOf(body);
      if (required !== undefined) this.#required.set(object.toLowerCase(), required);
    }
  }

  async check(behavior: Behavior): Promise<Outcome> {
    for (const step of behavior.before) {
      const failure = await this.step(step);
      if (failure !== undefined) return { behavior, verdict: "loud", reason: `before: ${failure}` };
    }
    let answer: Answer;
    try {
      answer = await this.#send(behavior.call);
    } catch (error) {
      return { behavior, verdict: "loud", reason: error instanceof Error ? error.message : String(error) };
    }
    const reason = this.#reason(answer, behavior.expected);
    if (reason === undefined) return { behavior, verdict: "passed", reason: "" };
    return { behavior, verdict: saidYes(answer) ? "silent" : "loud", reason };
  }

  /** Does a step; a sentence where it is refused, or does not come to what is waited for. */
  async step(step: Step): Promise<string | undefined> {
    const { pause = setTimeout } = this.#endpoint;
    let answer = await this.#send(step);
    const missing = (): string | undefined =>
      step.until === undefined || answer.status >= 300
        ? undefined
        : differenceOf(answer.body, this.#filled(step.until));
    for (let asks = 1, pauseMs = PAUSE_MS_MIN; asks < ASKS_MAX && missing() !== undefined; asks += 1) {
      await pause(pauseMs);
      pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
      answer = await this.#send(step);
    }
    if (answer.status >= 300)
      return `${step.method} ${step.path} answers ${answer.status} ${JSON.stringify(answer.body)}`;
    const difference = missing();
    if (difference !== undefined) return `${step.method} ${step.path} stays as it is: ${difference}`;
    if (step.save === undefined) return undefined;
    const id = idOf(answer.body);
    if (id === undefined) return `${step.method} ${step.path} gives no Id`;
    this.#values.set(step.save, id);
    this.#values.set(`${step.save}15`, id.slice(0, 15));
    return undefined;
  }

  async cleanUp(): Promise<void> {
    for (const path of this.#made.reverse()) {
      try {
        await this.#send({ method: "DELETE", path });
      } catch {
        // What cannot be deleted stays; the score card is for orgs that nobody works in.
      }
    }
  }

  #reason(answer: Answer, expected: Expected): string | undefined {
    if (answer.status !== expected.status) {
      return `status ${answer.status}, not ${expected.status}: ${JSON.stringify(answer.body)?.slice(0, 160)}`;
    }
    for (const [name, value] of Object.entries(expected.headers ?? {})) {
      const difference = differenceOf(answer.headers.get(name) ?? undefined, value, `header ${name}`);
      if (difference !== undefined) return difference;
    }
    const difference = expected.body === undefined ? undefined : differenceOf(answer.body, this.#filled(expected.body));
    return difference ?? (expected.text === undefined ? undefined : differenceOf(answer.text, expected.text, "text"));
  }

  async #send(call: Call): Promise<Answer> {
    const { url, token, apiVersion, fetch: send = fetch } = this.#endpoint;
    const path = this.#text(call.path);
    const address = ABSOLUTE.test(path) ? path : `/services/data/v${apiVersion}${path}`;
    const headers: Record<string, string> = { Authorization: `Bearer ${token}` };
    const body = withRequired(call.method, path, this.#filled(call.body), this.#required);
    if (body !== undefined) headers["Content-Type"] = "application/json";
    for (const [name, value] of Object.entries(call.headers ?? {})) headers[name] = this.#text(value);
    // Bulk 1.0 has a header of its own for the session.
    if (SESSION_HEADER in headers) delete headers["Authorization"];
    const response = await send(`${url}${address}`, {
      method: call.method,
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const answer = { status: response.status, body: decoded(text), text, headers: response.headers };
    const created = /\/sobjects\/(\w+)$/.exec(path)?.[1];
    const id = idOf(answer.body);
    if (call.method === "POST" && answer.status === 201 && created !== undefined && id !== undefined) {
      this.#made.push(`/sobjects/${created}/${id}`);
    }
    return answer;
  }

  /** A copy with every `{{name}}` replaced. Patterns and symbols stay as they are. */
  #filled(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((item: unknown) => this.#filled(item));
    if (typeof value !== "object" || value === null || value instanceof RegExp) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [this.#text(name), this.#filled(member)]));
  }

  #text(text: string): string {
    return text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => this.#values.get(name) ?? whole);
  }
}

const SESSION_HEADER = "X-SFDC-Session";
/** Addresses that do not stand below a version of the REST API. */
const ABSOLUTE = /^\/(?:services|cometd|id|\.well-known)(?:\/|$)/;

/** True where nothing in the answer tells the client that something went wrong. */
function saidYes({ status, body }: Answer): boolean {
  if (status < 200 || status > 299) return false;
  return !/"(?:errorCode|statusCode|exceptionCode)":"|<exceptionCode>|"success":false|"hasErrors":true|"isSuccessful":false/.test(
    JSON.stringify(body ?? null),
  );
}

function idOf(body: unknown): string | undefined {
  // Bulk 1.0 answers in XML: a job or batch has an Id, the list of a query's results is made of them.
  if (typeof body === "string") return /<(?:id|result)>(75\w{16})<\//.exec(body)?.[1];
  if (typeof body !== "object" || body === null) return undefined;
  if ("id" in body && typeof body.id === "string") return body.id;
  if (!("records" in body) || !Array.isArray(body.records)) return undefined;
  const [first]: unknown[] = body.records;
  return typeof first === "object" && first !== null && "Id" in first && typeof first.Id === "string"
    ? first.Id
    : undefined;
}

function decoded(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
