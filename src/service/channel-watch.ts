/** Follows the channels of change events: their state for the pages, a line for each turn, a gauge. */
import type { SyncLogger } from "../observe/log.ts";
import type { SyncMetrics } from "../observe/metrics.ts";
import type { ChannelState } from "../observe/status.ts";
import type { ChangeEventState } from "../salesforce/change-events.ts";

/** What became of each channel so far. */
export class ChannelWatch {
  readonly #log: SyncLogger;
  readonly #metrics: SyncMetrics;
  readonly #states = new Map<string, ChannelState>();

  constructor(log: SyncLogger, metrics: SyncMetrics) {
    this.#log = log;
    this.#metrics = metrics;
  }

  get states(): readonly ChannelState[] {
    return [...this.#states.values()];
  }

  /** A channel has come or gone. While it is being opened again the last trouble stays in sight. */
  saw(channel: string, state: ChangeEventState): void {
    const before = this.#states.get(channel);
    const trouble = state.kind === "connecting" ? (before?.trouble ?? null) : state.trouble;
    this.#states.set(channel, { channel, kind: state.kind, trouble });
    this.#metrics.channel(channel, state.kind === "listening");
    if (state.kind === "listening") this.#log.info({ channel }, "listening for change events");
    // A channel that stays away says so once, not at each attempt.
    if (state.kind === "lost" && before?.trouble !== state.trouble) {
      this.#log.warn({ channel }, `no change events: ${state.trouble}; the schedule goes on without them`);
    }
  }
}
