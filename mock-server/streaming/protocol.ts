/** Bayeux messages: what clients send, what they get, and the errors of Salesforce's servers. Source: change-events §3. */
import { isObject } from "../http/json-object.ts";

/** One message of a client. Its members are read where they are needed. */
export type ClientMessage = Readonly<Record<string, unknown>>;

/** One message to a client. */
export type ServerMessage = Readonly<Record<string, unknown>>;

/** Why a message was refused: `code::text`. */
export interface BayeuxError {
  readonly error: string;
  /** True for what a real org has and this one does not. */
  readonly unsupported: boolean;
}

/** An error in the protocol's form. */
export function bayeuxError(code: number, text: string): BayeuxError {
  return { error: `${code}::${text}`, unsupported: false };
}

/** A channel of a family that this org does not have. */
export function unsupportedChannel(family: string, channel: string): BayeuxError {
  return { error: `400::${family} is not supported by the mock org {${channel}}`, unsupported: true };
}

/** Texts of Salesforce's error list for the Streaming API, except where a comment says otherwise. */
export const ERRORS = {
  authenticationInvalid: bayeuxError(401, "Authentication invalid"),
  requiresAuthentication: bayeuxError(401, "Request requires authentication"),
  handshakeDenied: bayeuxError(403, "Handshake denied"),
  noHandshake: bayeuxError(403, "Client has not completed handshake"),
  unknownClient: bayeuxError(403, "Unknown client"),
  tooManyClients: bayeuxError(403, "Organization concurrent user limit exceeded"),
  allowanceSpent: bayeuxError(403, "Organization total events daily limit exceeded"),
  notEnabled: bayeuxError(403, "User not enabled for streaming"),
  otherUser: bayeuxError(400, "Authenticated user id does not match the session's user id"),
  tooLarge: bayeuxError(413, "Maximum Request Size Exceeded"),
  // From memory.
  noMessages: bayeuxError(400, "The request holds no Bayeux messages"),
  // From memory.
  restricted: bayeuxError(403, "Restricted channel"),
} as const;

/** Tells a client to go on as before; connects are held for this long (change-events §3 [doc]). */
export const HOLD_MS = 110_000;
export const ADVICE_RETRY = { reconnect: "retry", interval: 0, timeout: HOLD_MS } as const;
/** The server has forgotten the client. */
export const ADVICE_HANDSHAKE = { reconnect: "handshake", interval: 0 } as const;
/** It makes no sense to go on. */
export const ADVICE_NONE = { reconnect: "none", interval: 0 } as const;

/** The reply to a message: what both sides know it by, and what it says. */
export function reply(message: ClientMessage, parts: Readonly<Record<string, unknown>>): ServerMessage {
  const { clientId, channel, id } = message;
  return {
    ...(typeof clientId === "string" ? { clientId } : {}),
    ...parts,
    channel: typeof channel === "string" ? channel : "/meta/unknown",
    ...(typeof id === "string" || typeof id === "number" ? { id } : {}),
  };
}

/** A refusal of a message. */
export function refusal(
  message: ClientMessage,
  { error }: BayeuxError,
  parts: Readonly<Record<string, unknown>> = {},
): ServerMessage {
  return reply(message, { ...parts, error, successful: false });
}

/** The messages of a body: a JSON array, one alone, or either as a form's `message`; undefined where it is none of them. */
export function readMessages(text: string, contentType: string | undefined): readonly ClientMessage[] | undefined {
  const form = contentType?.startsWith("application/x-www-form-urlencoded") ?? false;
  const json = form ? (new URLSearchParams(text).get("message") ?? text) : text;
  try {
    const parsed: unknown = JSON.parse(json);
    const messages: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
    return messages.length > 0 && messages.every(isObject) ? messages : undefined;
  } catch {
    // Not JSON: the caller refuses the request.
    return undefined;
  }
}
