/**
 * One subscription to one channel of change events, through jsforce's streaming client.
 *
 * The client that jsforce makes repeats what fails by itself, with the token that it was made with, and cannot be made to
 * end while it does. So whatever fails closes this subscription for good, and whoever wants another one opens it.
 */
import type { OrgConnection } from "./connection.ts";
import { isJsonObject, shorten } from "./failure.ts";

/** What a subscriber hears. */
export interface ChannelListener {
  /** One event, as it came. */
  readonly onMessage: (message: unknown) => void;
  /** The server has answered: the subscription lives. */
  readonly onSign: () => void;
  /** It is over. `session`: the session is not accepted any more. */
  readonly onLost: (why: { readonly reason: string; readonly session: boolean }) => void;
}

/** An open subscription. */
export interface Subscription {
  close(): void;
}

/** jsforce's type of the client leaves out how to end it, and how it tells that the network is gone. */
interface StreamingClient {
  subscribe(channel: string, hear: (message: unknown) => void): PromiseLike<unknown>;
  disconnect(): unknown;
  on(event: "transport:down", hear: () => void): unknown;
}

type Pass = (message: unknown) => void;

/** A server that takes the connection and says nothing is no server. */
const SUBSCRIBE_MS_MAX = 60_000;

/** Resolves once the subscription stands. Rejects with an `Error` that says what the server answered. */
export async function subscribeTo(
  connection: OrgConnection,
  channel: string,
  listener: ChannelListener,
): Promise<Subscription> {
  // Loaded where somebody wants it: it brings a WebSocket client and a cookie jar with it.
  const { Streaming } = await import("jsforce/lib/api/streaming.js");
  let open = true;
  let standing = false;
  let refuse: (error: Error) => void = () => {};
  const refused = new Promise<never>((_resolve, reject) => {
    refuse = reject;
  });
  const end = (reason: string, session: boolean): void => {
    if (!open) return;
    close();
    if (standing) listener.onLost({ reason, session });
    else refuse(new Error(reason));
  };
  const extension = {
    // A closed client may still try to repeat: it gets nothing out and nothing in.
    outgoing: (message: unknown, pass: Pass) => {
      if (open) pass(message);
    },
    incoming: (message: unknown, pass: Pass) => {
      if (!open) return;
      const reason = refusalOf(message);
      if (reason !== null) return end(reason, isSessionLost(reason));
      listener.onSign();
      pass(message);
    },
  };
  // The declarations ask for jsforce's own extension classes; any object with these two methods is one.
  const made = new Streaming(connection).createClient([extension] as never) as unknown as StreamingClient;
  const close = (): void => {
    if (!open) return;
    made.disconnect();
    open = false;
  };
  made.on("transport:down", () => end("the connection broke", false));
  const timer = setTimeout(() => end("the server does not answer", false), SUBSCRIBE_MS_MAX);
  try {
    await Promise.race([made.subscribe(channel, listener.onMessage), refused]);
    standing = true;
    return { close };
  } finally {
    clearTimeout(timer);
  }
}

/** Whether the server has ended the session, by its words (reference: change-events §3). */
export function isSessionLost(reason: string): boolean {
  return /401::/.test(reason);
}

/** A reply of the protocol that says no, in its words. */
function refusalOf(message: unknown): string | null {
  if (!isJsonObject(message) || message["successful"] !== false) return null;
  const { channel, error, ext } = message;
  const cause = isJsonObject(ext) && isJsonObject(ext["sfdc"]) ? ext["sfdc"]["failureReason"] : undefined;
  const reason = [error, cause].filter((text) => typeof text === "string").join(", ");
  return shorten(reason === "" ? `${String(channel)} is refused` : reason);
}
