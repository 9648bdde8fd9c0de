/**
 * The org's state as server-sent events: one at once, one whenever it differs.
 *
 * New requests and commits are reported soon after they happen, in one event for many; what nobody tells of (clock, faults,
 * limits) is looked at once a second while somebody listens.
 */
import type { ConsoleHost } from "./host.ts";
import { type OrgState, orgState } from "./layout.ts";

/** Between looks at the state. */
const LOOK_MS = 1_000;
/** Changes within this time are one event. */
const GATHER_MS = 120;

/** Listeners of one org that are open at a time; more are a browser that leaks them. */
const LISTENERS_MAX = 50;

const open = new WeakMap<ConsoleHost, number>();

/** The stream of one listener; undefined where there are too many. `lookMs` is the time between looks at the state. */
export function liveStream(host: ConsoleHost, lookMs = LOOK_MS): ReadableStream<Uint8Array> | undefined {
  const listeners = open.get(host) ?? 0;
  if (listeners >= LISTENERS_MAX) return undefined;
  open.set(host, listeners + 1);
  const encoder = new TextEncoder();
  let stop = (): void => undefined;
  return new ReadableStream({
    start(controller) {
      let last = "";
      let commits = 0;
      let gathering: NodeJS.Timeout | undefined;
      const tell = (): void => {
        gathering = undefined;
        const state = orgState(host);
        const key = `${commits} ${fingerprint(host, state)}`;
        if (key === last) return;
        last = key;
        controller.enqueue(encoder.encode(`event: state\ndata: ${JSON.stringify({ ...state, commits })}\n\n`));
      };
      const soon = (): void => {
        gathering ??= setTimeout(tell, GATHER_MS).unref();
      };
      const look = setInterval(tell, lookMs).unref();
      const stopEntries = host.journal.onEntry(soon);
      const stopCommits = host.org.onCommit(() => {
        commits += 1;
        soon();
      });
      stop = () => {
        clearInterval(look);
        clearTimeout(gathering);
        stopEntries();
        stopCommits();
        open.set(host, (open.get(host) ?? 1) - 1);
        stop = () => undefined;
      };
      controller.enqueue(encoder.encode("retry: 2000\n\n"));
      tell();
    },
    cancel: () => stop(),
  });
}

/** A running clock goes on by itself in the browser; only its distance from real time is news. */
function fingerprint({ org }: ConsoleHost, { used, max, faults, requests }: OrgState): string {
  return JSON.stringify([used, max, faults, requests, org.clock.state]);
}
