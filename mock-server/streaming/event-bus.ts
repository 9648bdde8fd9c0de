/**
 * The change events of one org in the order of their commits, for the 72 hours for which an org keeps them.
 *
 * Source: change-events §2.1, §2.3, §2.8. Replay Ids go up and have gaps; nothing can be computed from them.
 */
import { createHash } from "node:crypto";
import type { Clock } from "../org/port.ts";
import { type ChangeEvent, changeEvents } from "./change-event.ts";
import type { Commit, Commits } from "./commits.ts";

const RETENTION_MS = 72 * 60 * 60 * 1000;
/** Events kept at most; the oldest go first. A real org has no such bound. */
const EVENTS_MAX = 100_000;

/** One event on the bus. */
export interface BusEvent extends ChangeEvent {
  readonly replayId: number;
  readonly transactionKey: string;
  readonly commitNumber: number;
}

/** Where a subscriber wants to begin. */
export type ReplayFrom = number;
/** Only what happens from now on. */
export const REPLAY_NEW = -1;
/** Everything that is kept. */
export const REPLAY_ALL = -2;

/** Makes events of commits when somebody reads, and keeps them. */
export class EventBus {
  readonly #commits: Commits;
  readonly #clock: Clock;
  readonly #orgId: string;
  #events: BusEvent[] = [];
  #lastReplayId = 1_000;
  #transactions = 0;

  constructor(commits: Commits, { id, clock }: { readonly id: string; readonly clock: Clock }) {
    this.#commits = commits;
    this.#clock = clock;
    this.#orgId = id;
  }

  /** The Id of the newest event; events that come later have larger ones. */
  get lastReplayId(): number {
    this.#refresh();
    return this.#lastReplayId;
  }

  /** The replay Id behind which a subscription begins; undefined where the wanted one is not kept (any more). */
  startOf(from: ReplayFrom): number | undefined {
    this.#refresh();
    if (from === REPLAY_NEW) return this.#lastReplayId;
    if (from === REPLAY_ALL) return 0;
    return this.#events[this.#indexAfter(from) - 1]?.replayId === from ? from : undefined;
  }

  /** The kept events behind a replay Id, oldest first. */
  *after(replayId: number): Iterable<BusEvent> {
    this.#refresh();
    for (let at = this.#indexAfter(replayId); at < this.#events.length; at += 1) {
      const event = this.#events[at];
      if (event !== undefined) yield event;
    }
  }

  /** Forgets all events; their Ids are not given again. */
  clear(): void {
    this.#commits.clear();
    this.#events = [];
  }

  #refresh(): void {
    for (const commit of this.#commits.drain()) this.#append(commit);
    const oldestMs = this.#clock.nowMs() - RETENTION_MS;
    let gone = Math.max(0, this.#events.length - EVENTS_MAX);
    while (gone < this.#events.length && (this.#events[gone]?.commitTimestamp ?? 0) < oldestMs) gone += 1;
    if (gone > 0) this.#events = this.#events.slice(gone);
  }

  #append(commit: Commit): void {
    this.#transactions += 1;
    const transactionKey = keyOf(`${this.#orgId} ${this.#transactions}`);
    const commitNumber = FIRST_COMMIT_NUMBER + this.#transactions * COMMIT_NUMBER_STEP;
    // One more for each transaction: subscribers must not rely on the next number.
    this.#lastReplayId += 1;
    for (const event of changeEvents(commit)) {
      this.#lastReplayId += 1;
      this.#events.push({ ...event, replayId: this.#lastReplayId, transactionKey, commitNumber });
    }
  }

  /** Index of the first event with a larger replay Id. */
  #indexAfter(replayId: number): number {
    let low = 0;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#events[middle]?.replayId ?? 0) <= replayId) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

const FIRST_COMMIT_NUMBER = 10_564_213_000_000;
const COMMIT_NUMBER_STEP = 7;

/** A key in the form of a UUID. */
function keyOf(text: string): string {
  const hash = createHash("sha256").update(text).digest("hex");
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
