/**
 * The vocabulary of the score card: one documented behavior of a Salesforce org, how to provoke it, and what must come.
 *
 * Values in double braces stand for records that the run made before: `{{account}}`. Nothing here knows the mock org; a
 * score card is run against any endpoint over HTTP.
 */

/** One HTTP call below `/services/data/vNN.0`, or at an absolute path. `{{token}}` is the session, for headers. */
export interface Call {
  readonly method: "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";
  readonly path: string;
  /** Sent as JSON, or as it is where it is a text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A call whose answer's `id` is kept under a name, or that is repeated until the endpoint has come so far. */
export interface Step extends Call {
  readonly save?: string;
  /** What the body must be, in the manner of `Expected`, before the run goes on. */
  readonly until?: unknown;
}

/**
 * What must come. In a body, objects may have more members than are named here, lists have exactly these items, a pattern
 * matches a text, and `ANY` matches everything but absence.
 */
export interface Expected {
  readonly status: number;
  readonly body?: unknown;
  /** What the body must look like before anybody decodes it. */
  readonly text?: RegExp;
  readonly headers?: Readonly<Record<string, string | RegExp>>;
}

/** One line of the score card. */
export interface Behavior {
  readonly id: string;
  readonly title: string;
  /** Section of the reference and its evidence mark: doc, live, fixture, report, client, forum or memory. */
  readonly source: string;
  readonly before: readonly Step[];
  readonly call: Call;
  readonly expected: Expected;
}

/** Matches everything but absence. */
export const ANY: unique symbol = Symbol("any");

export const get = (path: string, headers?: Readonly<Record<string, string>>): Call =>
  headers === undefined ? { method: "GET", path } : { method: "GET", path, headers };
export const post = (path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Call => ({
  method: "POST",
  path,
  ...(body !== undefined && { body }),
  ...(headers !== undefined && { headers }),
});
export const patch = (path: string, body: unknown): Call => ({ method: "PATCH", path, body });
export const put = (path: string, body: unknown, headers: Readonly<Record<string, string>>): Call => ({
  method: "PUT",
  path,
  body,
  headers,
});
export const remove = (path: string): Call => ({ method: "DELETE", path });
export const query = (soql: string): Call =>
  get(`/query?q=${encodeURIComponent(soql).replaceAll("%7B%7B", "{{").replaceAll("%7D%7D", "}}")}`);

/** A step that keeps the Id of what it made. */
export const saved = (name: string, call: Call): Step => ({ ...call, save: name });
/** A step that waits for work that the endpoint does by itself. */
export const waited = (call: Call, until: unknown): Step => ({ ...call, until });

/** The error array of a refused call with one fault. */
export const refused = (status: number, errorCode: string, more: Readonly<Record<string, unknown>> = {}): Expected => ({
  status,
  body: [{ errorCode, message: ANY, ...more }],
});

/** A row of the table: number, title, source, call, what must come, and what must be done before. */
export type BehaviorRow = readonly [
  title: string,
  source: string,
  call: Call,
  expected: Expected,
  ...before: readonly Step[],
];

/** Numbers the rows of one chapter. */
export function chapter(prefix: string, rows: readonly BehaviorRow[]): readonly Behavior[] {
  return rows.map(([title, source, call, expected, ...before], at) => ({
    id: `${prefix}-${at + 1}`,
    title,
    source,
    before,
    call,
    expected,
  }));
}
