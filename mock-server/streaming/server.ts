/**
 * The Bayeux server of one org: handshake, connect, subscribe, unsubscribe, disconnect. Source: change-events §3.
 *
 * A connect is held until an event is committed, its time is over or the client goes away. Everything else is answered
 * at once.
 */
import type { SignInService, Visitor } from "../auth/login.ts";
import { mayUseApi } from "../auth/login.ts";
import type { StreamingUsage } from "../http/streaming-usage.ts";
import type { MockOrgCore } from "../org/org.ts";
import { carries, openChannel } from "./channels.ts";
import { type Client, Clients, type Release, type Subscription } from "./clients.ts";
import type { Commits } from "./commits.ts";
import { type BusEvent, EventBus, REPLAY_NEW } from "./event-bus.ts";
import { eventMessage } from "./payload.ts";
import {
  ADVICE_HANDSHAKE,
  ADVICE_NONE,
  ADVICE_RETRY,
  type BayeuxError,
  bayeuxError,
  type ClientMessage,
  ERRORS,
  HOLD_MS,
  refusal,
  reply,
  type ServerMessage,
} from "./protocol.ts";

/** What a server is made of. */
export interface ServerOptions {
  readonly org: MockOrgCore;
  readonly signIn: SignInService;
  readonly commits: Commits;
  readonly usage: StreamingUsage;
  /** Told about what a real org has and this one does not. */
  readonly onUnsupported: (error: BayeuxError) => void;
}

/** One HTTP request's worth of what every message needs to know. */
export interface Sender {
  readonly token: string | undefined;
  /** The value of the cookie that the handshake gave. */
  readonly cookie: string | undefined;
  /** False where other messages of the same request wait for their answer. */
  readonly mayWait: boolean;
  /** Calls back when the client goes away; returns the function that stops listening. */
  readonly onGone: (gone: () => void) => () => void;
}

/** The answer to one message. */
export interface Answer {
  readonly messages: readonly ServerMessage[];
  /** The cookie to set. */
  readonly cookie?: string;
  /** HTTP status where it is not 200. */
  readonly status?: number;
  /** True where nobody waits for the answer any more. */
  readonly gone?: boolean;
}

/** Messages of one answer; further events follow with the next connect. */
const EVENTS_PER_ANSWER_MAX = 1_000;
/** How often a held connect looks whether its session still lives. */
const SESSION_CHECK_MS = 1_000;
/** The cookie that ties requests to a handshake; the name is CometD's own. */
export const COOKIE = "BAYEUX_BROWSER";

/** See above. */
export class StreamingServer {
  readonly #options: ServerOptions;
  readonly #bus: EventBus;
  readonly #clients: Clients;
  #woken = false;

  constructor(options: ServerOptions) {
    this.#options = options;
    this.#bus = new EventBus(options.commits, options.org);
    this.#clients = new Clients(options.signIn.wallNowMs);
    options.usage.clients = () => this.#clients.count;
    options.commits.onCommit = () => this.#wake();
  }

  /** Answers one message. */
  async answer(message: ClientMessage, sender: Sender): Promise<Answer> {
    const { channel } = message;
    const visitor = this.#options.signIn.enter(sender.token);
    if (channel === "/meta/handshake") return this.#handshake(message, visitor, sender);
    if (visitor === undefined) {
      const { authenticationInvalid, requiresAuthentication } = ERRORS;
      const error = sender.token === undefined ? requiresAuthentication : authenticationInvalid;
      return only(refusal(message, error, { advice: ADVICE_NONE }));
    }
    const client = this.#clientOf(message, visitor, sender);
    if ("messages" in client) return client;
    switch (channel) {
      case "/meta/connect":
        return this.#connect(message, client, sender);
      case "/meta/subscribe":
        return only(this.#subscribe(message, client, visitor));
      case "/meta/unsubscribe":
        for (const name of namesOf(message)) client.subscriptions.delete(name);
        return only(reply(message, { subscription: message["subscription"], successful: true }));
      case "/meta/disconnect":
        this.#clients.remove(client);
        return only(reply(message, { successful: true }));
      default:
        return only(refusal(message, ERRORS.restricted));
    }
  }

  /** Forgets clients and events: the org's records are others now. */
  forget(): void {
    this.#bus.clear();
    this.#clients.clear();
  }

  #handshake(message: ClientMessage, visitor: Visitor | undefined, { token }: Sender): Answer {
    const denied = (error: BayeuxError): Answer =>
      only(
        refusal(message, ERRORS.handshakeDenied, {
          ext: { sfdc: { failureReason: error.error }, replay: true },
          advice: ADVICE_NONE,
        }),
      );
    if (visitor === undefined)
      return denied(token === undefined ? ERRORS.requiresAuthentication : ERRORS.authenticationInvalid);
    if (!mayUseApi(visitor.actor)) return denied(ERRORS.notEnabled);
    const types = message["supportedConnectionTypes"];
    if (Array.isArray(types) && !types.includes("long-polling"))
      return only(refusal(message, invalidConnectionType(types[0]), { supportedConnectionTypes: ["long-polling"] }));
    if (this.#clients.count >= this.#options.usage.clientsMax)
      return only(refusal(message, ERRORS.tooManyClients, { advice: ADVICE_NONE }));
    const client = this.#clients.add(visitor.actor.userId);
    const said = reply(message, {
      ext: { replay: true, "payload.format": true },
      minimumVersion: "1.0",
      clientId: client.id,
      supportedConnectionTypes: ["long-polling"],
      version: "1.0",
      successful: true,
    });
    return { messages: [said], cookie: client.cookie };
  }

  /** The client behind a message, or the refusal. */
  #clientOf(message: ClientMessage, { actor }: Visitor, { cookie }: Sender): Client | Answer {
    const { clientId } = message;
    if (typeof clientId !== "string" || clientId === "")
      return only(refusal(message, ERRORS.noHandshake, { advice: ADVICE_HANDSHAKE }));
    const client = this.#clients.find(clientId);
    if (client === undefined || (cookie !== undefined && cookie !== client.cookie))
      return only(refusal(message, ERRORS.unknownClient, { advice: ADVICE_HANDSHAKE }));
    if (cookie === undefined) {
      const text = `Client ${clientId} has established a session, but no ${COOKIE} cookie present`;
      return { messages: [refusal(message, bayeuxError(400, text))], status: 400 };
    }
    return client.userId === actor.userId ? client : only(refusal(message, ERRORS.otherUser));
  }

  async #connect(message: ClientMessage, client: Client, sender: Sender): Promise<Answer> {
    const { signIn, usage } = this.#options;
    const { connectionType } = message;
    if (connectionType !== "long-polling") return only(refusal(message, invalidConnectionType(connectionType)));
    // A client has one connect at a time.
    client.release?.("timeout");
    client.connects += 1;
    // The first one tells the client the advice, so it is not held [memory: platform §10].
    const waits =
      sender.mayWait && client.connects > 1 && wantedTimeout(message) !== 0 && usage.delivered.remaining > 0;
    if (waits && this.#waiting(client).length === 0) {
      const reason = await this.#hold(client, sender);
      client.seenMs = signIn.wallNowMs();
      if (reason === "gone") return { messages: [], gone: true };
      if (!this.#clients.has(client)) return only(refusal(message, ERRORS.unknownClient, { advice: ADVICE_HANDSHAKE }));
    }
    const visitor = signIn.enter(sender.token);
    if (visitor === undefined) {
      this.#clients.remove(client);
      return only(refusal(message, ERRORS.authenticationInvalid, { advice: ADVICE_NONE }));
    }
    if (usage.delivered.remaining === 0) return only(refusal(message, ERRORS.allowanceSpent, { advice: ADVICE_NONE }));
    const delivered: ServerMessage[] = [];
    for (const { subscription, event } of this.#waiting(client)) {
      if (!usage.delivered.charge(1)) break;
      subscription.after = event.replayId;
      delivered.push(eventMessage(subscription.channel.name, event, visitor.actor));
    }
    return { messages: [...delivered, reply(message, { advice: ADVICE_RETRY, successful: true })] };
  }

  #subscribe(message: ClientMessage, client: Client, { actor }: Visitor): ServerMessage {
    const { subscription } = message;
    const opened: Subscription[] = [];
    const names = namesOf(message);
    for (const name of names.length === 0 ? [undefined] : names) {
      const channel = openChannel(name, {
        actor,
        catalog: this.#options.org.catalog,
        selected: this.#options.commits.selected,
      });
      if ("error" in channel) {
        if (channel.unsupported) this.#options.onUnsupported(channel);
        return refusal(message, channel, { subscription });
      }
      const after = this.#startOf(channel.name, message);
      if (typeof after === "object") return refusal(message, after, { subscription });
      opened.push({ channel, after });
    }
    for (const each of opened) client.subscriptions.set(each.channel.name, each);
    // What is kept already goes out with the connect that is held.
    this.#wake();
    return reply(message, { subscription, successful: true });
  }

  /** Where a subscription begins: where the client says, else with the next event. */
  #startOf(channel: string, { ext }: ClientMessage): number | BayeuxError {
    const replay = memberOf(ext, "replay");
    if (typeof replay !== "object" || replay === null) return this.#bus.startOf(REPLAY_NEW) ?? 0;
    const wanted = memberOf(replay, channel);
    if (wanted === undefined || wanted === null) {
      const map = Object.entries(replay).map(([name, id]) => `${name}=${JSON.stringify(id)}`);
      return bayeuxError(
        400,
        `The replayId for channel {${channel}} wasn't found using the provided replay ID map {${map.join(", ")}}`,
      );
    }
    const from = typeof wanted === "string" && /^-?\d+$/.test(wanted) ? Number(wanted) : wanted;
    const start = typeof from === "number" ? this.#bus.startOf(from) : undefined;
    return (
      start ??
      bayeuxError(
        400,
        `The replayId {${JSON.stringify(wanted)}} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.`,
      )
    );
  }

  /** The events that a client has not got yet, in the order of their replay Ids. */
  #waiting(client: Client): readonly { readonly subscription: Subscription; readonly event: BusEvent }[] {
    const subscriptions = [...client.subscriptions.values()];
    if (subscriptions.length === 0) return [];
    const waiting: { subscription: Subscription; event: BusEvent }[] = [];
    for (const event of this.#bus.after(Math.min(...subscriptions.map(({ after }) => after)))) {
      for (const subscription of subscriptions)
        if (subscription.after < event.replayId && carries(subscription.channel, event))
          waiting.push({ subscription, event });
      if (waiting.length >= EVENTS_PER_ANSWER_MAX) break;
    }
    // Whoever has seen everything need not look at it again.
    if (waiting.length === 0) for (const each of subscriptions) each.after = this.#bus.lastReplayId;
    return waiting;
  }

  #hold(client: Client, sender: Sender): Promise<Release> {
    return new Promise((resolve) => {
      const release = (reason: Release): void => {
        clearTimeout(timeout);
        clearInterval(check);
        stopListening();
        if (client.release === release) client.release = undefined;
        resolve(reason);
      };
      const stopListening = sender.onGone(() => release("gone"));
      const timeout = setTimeout(() => release("timeout"), HOLD_MS).unref();
      const check = setInterval(() => {
        if (this.#options.signIn.enter(sender.token) === undefined) release("ended");
      }, SESSION_CHECK_MS).unref();
      client.release = release;
    });
  }

  /** Answers the connects that have something to tell, once for all commits of this turn. */
  #wake(): void {
    if (this.#woken) return;
    this.#woken = true;
    queueMicrotask(() => {
      this.#woken = false;
      for (const client of this.#clients.held()) if (this.#waiting(client).length > 0) client.release?.("events");
    });
  }
}

function only(message: ServerMessage): Answer {
  return { messages: [message] };
}

function invalidConnectionType(type: unknown): BayeuxError {
  return bayeuxError(400, `Invalid connection type {${typeof type === "string" ? type : JSON.stringify(type)}}`);
}

/** The channels that a message names; Bayeux allows one or several. */
function namesOf({ subscription }: ClientMessage): readonly string[] {
  const names: readonly unknown[] = Array.isArray(subscription) ? subscription : [subscription];
  return names.filter((name) => typeof name === "string");
}

/** How long the client wants to wait; undefined where it leaves that to the server. */
function wantedTimeout({ advice }: ClientMessage): unknown {
  return memberOf(advice, "timeout");
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
