/** How a process calls itself in a lease, and how another one on the same machine sees that it is dead. */
import { hostname } from "node:os";

/** `host:pid:start`, for example `sync-1:4711:1774000000000`. */
export function processHolder(startedAtMs: number): string {
  return `${hostname()}:${process.pid}:${startedAtMs}`;
}

/**
 * True when the holder was a process of this machine that does not exist any more. Another machine's processes, and a
 * process number that was given to somebody else, count as alive: their lease runs out by time.
 */
export function processIsGone(holder: string): boolean {
  const [host, pid] = holder.split(":");
  if (host !== hostname() || pid === undefined || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}
