/**
 * Change events, only as an alarm clock: they say that something changed, and the poll finds out what.
 *
 * So no replay Id is kept and nothing is read from an event but its header. Losing the stream costs time, not changes:
 * after every gap the listener is notified once, as if something had changed (reference: change-events §2.6, §3).
 */
import { type ChannelListener, isSessionLost, type Subscription } from "./channel.ts";
import { isJsonObject } from "./failure.ts";

/** How the stream stands. */
export interface ChangeEventState {
  readonly kind: "connecting" | "listening" | "lost";
  /** Why it is lost; null while it is not. */
  readonly trouble: string | null;
}

/** What the listener works with. */
export interface ChangeEventParts {
  /** For example `/data/ChangeEvents`, which brings all objects that the org has selected. */
  readonly channels: readonly string[];
  readonly subscribe: (channel: string, listener: ChannelListener) => Promise<Subscription>;
  /** The token of the present session; undefined before the first login. Logging in is left to the runs. */
  readonly token: () => string | undefined;
  /** Events of other objects wake nobody. */
  readonly objects: ReadonlySet<string>;
  /** `salesforce.client`: what our own calls changed is known, and what an automation made of it the next poll sees. */
  readonly client: string;
  /** Somebody else may have changed something. Called once for many events that come together. */
  readonly onChange: () => void;
  readonly onState?: (channel: string, state: ChangeEventState) => void;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly monotonicMs: () => number;
}

/** Without a sign of the server for so long the connection is dead: it holds a request for 110 s (change-events §3). */
const SILENCE_MS = 150_000;
const LOOK_EVERY_MS = 10_000;
const BACKOFF_MS = { first: 1_000, most: 300_000 };
/** How long events are gathered, and how far apart two alarms are at least: a long load must not eat up the budget. */
const GATHER_MS = 1_000;
const PAUSE_MS = 10_000;
/** Before the first login there is nobody to subscribe as. */
const LOGIN_LOOK_MS = 500;

/** Listens until `stop` is aborted. Never rejects. */
export async function listenForChanges(parts: ChangeEventParts, stop: AbortSignal): Promise<void> {
  const alarm = new Alarm(parts, stop);
  await Promise.all(parts.channels.map((channel) => keepOpen(parts, channel, alarm, stop)));
}

async function keepOpen(parts: ChangeEventParts, channel: string, alarm: Alarm, stop: AbortSignal): Promise<void> {
  const { sleep, random, token, onState } = parts;
  let backoffMs = BACKOFF_MS.first;
  while (!stop.aborted) {
    onState?.(channel, { kind: "connecting", trouble: null });
    while (token() === undefined && !stop.aborted) await sleep(LOGIN_LOOK_MS, stop);
    if (stop.aborted) return;
    const used = token();
    const { reason, session, listened } = await listenOnce(parts, channel, alarm, stop);
    if (stop.aborted) return;
    onState?.(channel, { kind: "lost", trouble: reason });
    if (listened) backoffMs = BACKOFF_MS.first;
    // The run that this starts meets the dead session, and logs in once for everybody.
    if (session && token() === used) alarm.notify();
    await sleep(backoffMs / 2 + (random() * backoffMs) / 2, stop);
    backoffMs = Math.min(backoffMs * 2, BACKOFF_MS.most);
  }
}

/** Subscribes and listens until the subscription is lost. */
async function listenOnce(
  parts: ChangeEventParts,
  channel: string,
  alarm: Alarm,
  stop: AbortSignal,
): Promise<{ readonly reason: string; readonly session: boolean; readonly listened: boolean }> {
  const { subscribe, monotonicMs, onState, sleep } = parts;
  let signMs = monotonicMs();
  let lost: { readonly reason: string; readonly session: boolean } | null = null;
  const over = new AbortController();
  const end = AbortSignal.any([stop, over.signal]);
  let subscription: Subscription;
  try {
    subscription = await subscribe(channel, {
      onMessage: (message) => {
        if (concernsUs(message, parts)) alarm.notify();
      },
      onSign: () => {
        signMs = monotonicMs();
      },
      onLost: (why) => {
        lost = why;
        over.abort();
      },
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { reason, session: isSessionLost(reason), listened: false };
  }
  onState?.(channel, { kind: "listening", trouble: null });
  // Whatever happened before this moment came without an event.
  alarm.notify();
  while (!end.aborted) {
    await sleep(LOOK_EVERY_MS, end);
    if (monotonicMs() - signMs > SILENCE_MS) break;
  }
  subscription.close();
  return { ...(lost ?? { reason: "the server has not answered any more", session: false }), listened: true };
}

/** Gap and overflow events have a header too, and wake like any other. */
function concernsUs(message: unknown, { objects, client }: ChangeEventParts): boolean {
  const payload = isJsonObject(message) ? message["payload"] : undefined;
  const header = isJsonObject(payload) ? payload["ChangeEventHeader"] : undefined;
  // A platform event has no header: its channel was chosen on purpose.
  if (!isJsonObject(header)) return true;
  const { entityName, changeOrigin } = header;
  if (typeof changeOrigin === "string" && changeOrigin.endsWith(`;client=${client}`)) return false;
  return typeof entityName !== "string" || objects.has(entityName);
}

/** Rings for many events once, and not too often. */
class Alarm {
  readonly #parts: ChangeEventParts;
  readonly #stop: AbortSignal;
  #set = false;
  #rangMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ChangeEventParts, stop: AbortSignal) {
    this.#parts = parts;
    this.#stop = stop;
  }

  notify(): void {
    if (this.#set) return;
    this.#set = true;
    void this.#ringLater();
  }

  async #ringLater(): Promise<void> {
    const { monotonicMs, sleep, onChange } = this.#parts;
    await sleep(Math.max(GATHER_MS, this.#rangMs + PAUSE_MS - monotonicMs()), this.#stop);
    this.#set = false;
    this.#rangMs = monotonicMs();
    if (!this.#stop.aborted) onChange();
  }
}
