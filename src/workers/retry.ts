/** Waiting: for a time that a stop cuts short, and for a database that comes back. */
import { SyncError } from "../errors.ts";

/** Pauses between attempts while the database is away; together about half a minute. */
const DATABASE_PAUSES_MS = [50, 200, 500, 1_000, 2_000, 4_000, 8_000, 16_000] as const;

/** Resolves after `ms` or at once when the signal is aborted. Never rejects. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return;
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}

/** True for errors of the state's database that go away when it is back. */
export function isOutage(error: unknown): boolean {
  return error instanceof SyncError && (error.code === "STATE_UNREACHABLE" || error.code === "STATE_LOCKED");
}

/**
 * Does something that may safely be done twice, again and again while the database is away. Throws the last error after
 * about half a minute, other errors at once.
 */
export async function persistently<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
  for (const pauseMs of DATABASE_PAUSES_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isOutage(error) || signal?.aborted === true) throw error;
    }
    await pause(pauseMs, signal);
  }
  return await work();
}
