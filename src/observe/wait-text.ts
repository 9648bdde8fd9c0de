/** What a feed that waits for an open transaction looks like to people. */
import type { ExternalWaitStatus } from "./status.ts";

/** A wait as one sentence without a full stop. `atMs`: now. */
export function waitText(collection: string, { changes, sinceMs, holder }: ExternalWaitStatus, atMs: number): string {
  const { pid, application, user, state } = holder;
  const who = [
    pid === null ? null : `process ${pid}`,
    application === null || application === "" ? null : application,
    user === null ? null : `user ${user}`,
    state,
  ].filter((part) => part !== null);
  const minutes = Math.max(0, Math.round((atMs - sinceMs) / 60_000));
  const age = minutes < 2 ? `${Math.max(0, Math.round((atMs - sinceMs) / 1000))} s` : `${minutes} min`;
  const holds = `an open transaction holds back ${changes} change${changes === 1 ? "" : "s"} of ${collection}`;
  const whose = who.length === 0 ? "" : ` (${who.join(", ")})`;
  return `${holds} since ${new Date(sinceMs).toISOString()} (${age})${whose}; nothing is lost, they follow when it ends`;
}
