/** The coordinator's role: one worker has it, the others wait to take it over. */
import { LeaseKeeper } from "../engine/lease.ts";
import { SyncError } from "../errors.ts";
import type { Crew } from "./crew.ts";
import { startHeartbeat } from "./heartbeat.ts";
import { isOutage, pause, persistently } from "./patience.ts";
import { leadRun, roleName } from "./round.ts";

/** How often a worker asks whether the role is free. */
const ROLE_LOOK_MS = 1_000;
/** After a longer pause the clock is looked at again: machines sleep, and clocks are put right. */
const PAUSE_MS_MAX = 30_000;
/** Pause after a run that broke off. */
const AGAIN_MS = 1_000;
const RUNS_LOOKED_AT = 1;

/** When the next run is due, given the start of the last one; both in milliseconds since 1970. */
export type NextRun = (lastStartedAtMs: number) => number;

/**
 * Waits for the role and leads run after run until `stop` is aborted. Throws the error of a defect, and
 * `SALESFORCE_LOGIN`; other failures of a run are told and the next run comes at its time.
 */
export async function coordinate(crew: Crew, next: NextRun, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const role = await takeRole(crew);
    if (role === undefined) await pause(ROLE_LOOK_MS, stop);
    else await haveRole(crew, role, { next, stop });
  }
}

async function takeRole(crew: Crew): Promise<LeaseKeeper | undefined> {
  const { ports, options } = crew;
  try {
    return await LeaseKeeper.take({
      state: ports.state,
      name: roleName(ports.mapping.source),
      holder: options.holder,
      ttlMs: options.leaseTtlMs,
      nowMs: ports.nowMs,
      ...(ports.holderIsGone === undefined ? {} : { holderIsGone: ports.holderIsGone }),
    });
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    if (error.code !== "LEASE_HELD") crew.observe({ kind: "trouble", message: error.message });
    return undefined;
  }
}

async function haveRole(
  crew: Crew,
  role: LeaseKeeper,
  { next, stop }: { readonly next: NextRun; readonly stop: AbortSignal },
): Promise<void> {
  crew.observe({ kind: "coordinating", on: true });
  const heartbeat = startHeartbeat(crew.options.leaseTtlMs, () => role.renew());
  const ended = AbortSignal.any([stop, heartbeat.lost]);
  try {
    let brokeOff = false;
    while (!ended.aborted) {
      const dueMs = brokeOff ? AGAIN_MS : (await dueAtMs(crew, next)) - crew.ports.nowMs();
      await pause(Math.min(dueMs, PAUSE_MS_MAX), ended);
      if (!ended.aborted && dueMs <= PAUSE_MS_MAX) brokeOff = await lead(crew, role, ended);
    }
  } finally {
    heartbeat.stop();
    crew.observe({ kind: "coordinating", on: false });
    await letGo(role);
  }
}

/** Returns true when the run broke off because of the database or of another coordinator, and should go on at once. */
async function lead(crew: Crew, role: LeaseKeeper, ended: AbortSignal): Promise<boolean> {
  try {
    await leadRun(crew, role, ended);
    return false;
  } catch (error) {
    if (ended.aborted) return false;
    if (!(error instanceof SyncError) || error.code === "SALESFORCE_LOGIN") throw error;
    crew.observe({ kind: "trouble", message: `${error.code}: ${error.message}` });
    // Somebody else is running this synchronisation right now: asked again soon, whatever the schedule says.
    if (error.code === "LEASE_HELD") await pause(AGAIN_MS, ended);
    return isOutage(error) || error.code === "LEASE_LOST";
  }
}

/** At once for the first run, and for one whose coordinator ended in the middle. */
async function dueAtMs(crew: Crew, next: NextRun): Promise<number> {
  const [last] = await persistently(() => crew.ports.state.runs(RUNS_LOOKED_AT));
  return last === undefined || last.outcome === "running" ? 0 : next(last.startedAtMs);
}

async function letGo(role: LeaseKeeper): Promise<void> {
  try {
    await role.release();
  } catch (error) {
    // It runs out by itself.
    if (!(error instanceof SyncError)) throw error;
  }
}
