/** Calls a mock org in process, for tests that look at the wire without a client library. */
import type { MockOrg } from "../../mock-server/index.ts";

const DATA = "/services/data/v62.0";

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  /** The decoded JSON, or the text. */
  readonly body: unknown;
  readonly headers: Headers;
}

/** A client of one org with one session. */
export interface MockClient {
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  send(method: string, path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  query(soql: string): Promise<Answer>;
}

interface CallInit {
  readonly method?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A client with a session of this user; paths without a leading `/services` or `/_mock` are below the data API. */
export function clientOf(org: MockOrg, username?: string): MockClient {
  const token = org.openSession(username);
  const call = async (path: string, init: CallInit): Promise<Answer> => {
    const address = /^\/(?:services|_mock)\//.test(path) ? path : `${DATA}${path}`;
    const response = await org.app.request(address, {
      ...init,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...init.headers },
    });
    const text = await response.text();
    return { status: response.status, body: decoded(text), headers: response.headers };
  };
  return {
    get: (path, headers = {}) => call(path, { headers }),
    send: (method, path, body, headers = {}) =>
      call(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    query: (soql) => call(`/query?q=${encodeURIComponent(soql)}`, { headers: {} }),
  };
}

function decoded(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
