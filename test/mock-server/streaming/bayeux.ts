/** A Bayeux client in its plainest form, in process: one message, one answer. */
import type { MockOrg } from "../../../mock-server/index.ts";

/** A message of the server. */
export type Told = Readonly<Record<string, unknown>> & {
  readonly channel?: string;
  readonly error?: string;
  readonly data?: {
    readonly payload: Readonly<Record<string, unknown>> & {
      readonly ChangeEventHeader: Readonly<Record<string, unknown>>;
    };
    readonly event: { readonly replayId: number };
  };
};

/** A client that has shaken hands. */
export interface Bayeux {
  readonly clientId: string;
  readonly cookie: string;
  subscribe(channel: string, replay?: unknown): Promise<Told>;
  /** The events that are there, without waiting. */
  poll(): Promise<readonly Told[]>;
  /** Connects and waits. */
  connect(signal?: AbortSignal): Promise<readonly Told[]>;
  send(channel: string, more?: object): Promise<Told>;
}

/** How a raw request differs from the usual one. */
export interface RawOptions {
  readonly token?: string | null;
  readonly cookie?: string;
  readonly path?: string;
  readonly method?: string;
  readonly contentType?: string;
  readonly signal?: AbortSignal;
}

/** Sends a body as it is. */
export async function post(org: MockOrg, body: unknown, options: RawOptions = {}): Promise<Response> {
  const { token = org.openSession(), cookie, path = "/cometd/62.0", method = "POST", signal } = options;
  const headers = {
    "Content-Type": options.contentType ?? "application/json",
    ...(token === null ? {} : { Authorization: `OAuth ${token}` }),
    ...(cookie === undefined ? {} : { Cookie: cookie }),
  };
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return org.app.request(path, {
    method,
    headers,
    ...(method === "POST" ? { body: text } : {}),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The messages of an answer. */
export async function told(response: Response): Promise<readonly Told[]> {
  return (await response.json()) as readonly Told[];
}

/** Shakes hands, and makes the first connect, which is never held. */
export async function bayeux(org: MockOrg, username?: string): Promise<Bayeux> {
  const token = org.openSession(username);
  const handshake = { channel: "/meta/handshake", version: "1.0", supportedConnectionTypes: ["long-polling"], id: "1" };
  const response = await post(org, [handshake], { token });
  const [{ clientId } = {}] = await told(response);
  const cookie = response.headers.get("set-cookie")?.split(";")[0] ?? "";
  const send = async (channel: string, more: object = {}, signal?: AbortSignal): Promise<readonly Told[]> =>
    told(
      await post(org, [{ channel, clientId, id: "2", ...more }], {
        token,
        cookie,
        ...(signal === undefined ? {} : { signal }),
      }),
    );
  const connect = { connectionType: "long-polling" };
  await send("/meta/connect", connect);
  return {
    clientId: String(clientId),
    cookie,
    send: async (channel, more) => (await send(channel, more))[0] ?? {},
    subscribe: async (channel, replay) => {
      const ext = replay === undefined ? {} : { ext: { replay: { [channel]: replay } } };
      return (await send("/meta/subscribe", { subscription: channel, ...ext }))[0] ?? {};
    },
    poll: async () => events(await send("/meta/connect", { ...connect, advice: { timeout: 0 } })),
    connect: async (signal) => send("/meta/connect", connect, signal),
  };
}

/** The event messages among an answer's. */
export function events(messages: readonly Told[]): readonly Told[] {
  return messages.filter(({ data }) => data !== undefined);
}
