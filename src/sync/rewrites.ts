/** Values that we write and that come back as they were: an automation on the other end, counted until we give in. */
import type { Rewrite } from "./decision.ts";

/**
 * So often we write the same value again after it was changed back. When the change back carries our own name, it was
 * made inside our transaction, by an automation; people may well change a value back and forth a few times.
 */
export const REWRITES_MAX = { bySelf: 3, byOthers: 12 } as const;

/** A value that comes back after this time starts a new count. */
export const REWRITE_WINDOW_MS = 24 * 60 * 60 * 1000;

/** Counts a value that came back and is to be written once more; `isOver` when it is time to give in. */
export function countRewrite(
  now: Pick<Rewrite, "side" | "lineKey" | "field" | "value" | "found">,
  {
    rewrites,
    nowMs,
    bySelf,
  }: { readonly rewrites: readonly Rewrite[]; readonly nowMs: number; readonly bySelf: boolean },
): { readonly rewrite: Rewrite; readonly isOver: boolean } {
  const before = rewrites.find(
    (past) =>
      past.side === now.side &&
      past.field === now.field &&
      past.lineKey === now.lineKey &&
      past.value === now.value &&
      past.found === now.found &&
      nowMs - past.lastAtMs < REWRITE_WINDOW_MS,
  );
  const times = before?.times ?? 0;
  const isOver = times >= (bySelf ? REWRITES_MAX.bySelf : REWRITES_MAX.byOthers);
  return { rewrite: { ...now, times: isOver ? times : times + 1, lastAtMs: nowMs }, isOver };
}

/** Counts of fields that were not written now stay, so that "write, seen, rewritten" goes on counting. */
export function keptRewrites(before: readonly Rewrite[], now: readonly Rewrite[], nowMs: number): readonly Rewrite[] {
  const kept = before.filter(
    (past) =>
      nowMs - past.lastAtMs < REWRITE_WINDOW_MS &&
      !now.some((each) => each.side === past.side && each.field === past.field && each.lineKey === past.lineKey),
  );
  return [...kept, ...now];
}
