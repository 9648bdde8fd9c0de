/** `/cometd/NN.0` over HTTP: Bayeux long polling in JSON arrays. Loaded when the first client comes. */
import { OrgError } from "../errors.ts";
import { dropConnection, type PipelineOptions } from "../http/pipeline.ts";
import { decodeText, readBody } from "../http/request-body.ts";
import type { WireCall } from "../http/wire-call.ts";
import { wireJson } from "../schema/wire-double.ts";
import type { Commits } from "./commits.ts";
import { bayeuxError, ERRORS, readMessages, type ServerMessage } from "./protocol.ts";
import { COOKIE, type Sender, StreamingServer } from "./server.ts";

const BODY_BYTES_MAX = 32_768; // Salesforce limit
const MESSAGES_MAX = 100; // more than a client ever has to say at once
const OLDEST_VERSION = 37; // Salesforce: since replay is part of the endpoint

/** Makes the server of an org. */
export function createStreamingServer(
  { services, signIn, journal }: PipelineOptions,
  commits: Commits,
): StreamingServer {
  return new StreamingServer({
    org: services.org,
    signIn,
    commits,
    usage: services.streaming,
    onUnsupported: ({ error }) => journal.noteRefusal(new OrgError(400, { code: "400", message: error })),
  });
}

/** Answers one request. */
export async function answerStreaming(
  options: PipelineOptions,
  server: StreamingServer,
  call: WireCall,
): Promise<Response> {
  const headers = options.headers.standing(call.header("origin"));
  headers["Content-Type"] = "application/json;charset=UTF-8";
  const write = (status: number, messages: readonly ServerMessage[]): Response =>
    new Response(wireJson(messages), { status, headers });
  if (call.method !== "POST") return write(405, [{ error: "405::Only POST is allowed", successful: false }]);
  const versionError = checkVersion(options, call.path);
  if (versionError !== undefined)
    return write(400, [{ channel: "/meta/handshake", error: versionError.error, successful: false }]);
  const text = await bodyOf(call);
  if (text === undefined) return write(413, [{ error: ERRORS.tooLarge.error, successful: false }]);
  const messages = readMessages(text, call.header("content-type"));
  if (messages === undefined || messages.length > MESSAGES_MAX)
    return write(400, [{ error: ERRORS.noMessages.error, successful: false }]);
  const sender = senderOf(call, messages.length === 1);
  const said: ServerMessage[] = [];
  let status = 200;
  for (const message of messages) {
    const answer = await server.answer(message, sender);
    if (answer.gone === true) return dropConnection(call);
    if (answer.cookie !== undefined) headers["Set-Cookie"] = `${COOKIE}=${answer.cookie}; Path=/cometd; HttpOnly`;
    status = answer.status ?? status;
    said.push(...answer.messages);
  }
  return write(status, said);
}

/** Clients of CometD's own libraries add the kind of message to the address. */
function checkVersion({ services: { versions } }: PipelineOptions, path: string) {
  const format = `URI format: '/cometd/${versions.newest}.0'`;
  const version = /^\/cometd\/(?:replay\/)?(\d+)\.0(?:\/|$)/.exec(path)?.[1];
  if (version === undefined) return bayeuxError(400, `API version in the URI is mandatory. ${format}`);
  const known = Number(version) >= OLDEST_VERSION && Number(version) <= versions.newest;
  if (known && !path.startsWith("/cometd/replay/")) return undefined;
  const supported = `Only API versions '${OLDEST_VERSION}.0' and later are supported.`;
  return bayeuxError(400, `Unsupported API version. ${supported} ${format}`);
}

/** The body's text; undefined where it is too long. */
async function bodyOf(call: WireCall): Promise<string | undefined> {
  try {
    return decodeText(await readBody(call, BODY_BYTES_MAX));
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    return error.statusCode === 413 ? undefined : "";
  }
}

function senderOf(call: WireCall, mayWait: boolean): Sender {
  return {
    token: /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1],
    cookie: new RegExp(`(?:^|;\\s*)${COOKIE}=([^;]*)`).exec(call.header("cookie") ?? "")?.[1],
    mayWait,
    onGone: (gone) => {
      const { outgoing } = call;
      if (outgoing !== undefined) {
        outgoing.once("close", gone);
        return () => outgoing.off("close", gone);
      }
      const { signal } = call.raw;
      signal?.addEventListener("abort", gone);
      return () => signal?.removeEventListener("abort", gone);
    },
  };
}
