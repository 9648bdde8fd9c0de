/** The coordinator's role: one worker has it, the others wait to take it over. */

import { startHeartbeat } from "../engine/heartbeat.ts";
import { LeaseKeeper } from "../engine/lease.ts";
import { type NextStart, waitForStart } from "../engine/schedule.ts";
import { SyncError } from "../errors.ts";
import type { Crew } from "./crew.ts";
import { isOutage, pause, persistently } from "./patience.ts";
import { leadRun, roleName } from "./round.ts";

/** How often a worker asks whether the role is free. */
const ROLE_LOOK_MS = 1_000;
/** Pause after a run that broke off. */
const AGAIN_MS = 1_000;
const RUNS_LOOKED_AT = 1;
/** Errors after which repeating would do harm: failed logins lock the user, and deletes want a person's eye. */
const HALTING: readonly string[] = ["SALESFORCE_LOGIN", "DELETE_GUARD"];

/**
 * Waits for the role and leads run after run until `stop` is aborted. Throws the error of a defect, and
 * the errors after which repeating would do harm; other failures of a run are told and the next run comes at its time.
 */
export async function coordinate(crew: Crew, next: NextStart, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const role = await takeRole(crew);
    if (role === undefined) await pause(ROLE_LOOK_MS, stop);
    else {
      try {
        await haveRole(crew, role, { next, stop });
      } catch (error) {
        if (!isOutage(error)) throw error;
        crew.observe({ kind: "trouble", message: messageOf(error) });
        await pause(ROLE_LOOK_MS, stop);
      }
    }
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
    const held = error instanceof SyncError && error.code === "LEASE_HELD";
    if (!held && !isOutage(error)) throw error;
    if (!held) crew.observe({ kind: "trouble", message: messageOf(error) });
    return undefined;
  }
}

async function haveRole(
  crew: Crew,
  role: LeaseKeeper,
  { next, stop }: { readonly next: NextStart; readonly stop: AbortSignal },
): Promise<void> {
  crew.observe({ kind: "coordinating", on: true });
  const heartbeat = startHeartbeat(crew.options.leaseTtlMs, () => role.renew());
  const ended = AbortSignal.any([stop, heartbeat.lost]);
  try {
    let brokeOff = false;
    while (!ended.aborted) {
      if (brokeOff) await pause(AGAIN_MS, ended);
      else await waitUntilDue(crew, next, ended);
      if (!ended.aborted) brokeOff = await lead(crew, role, ended);
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
    if (!(error instanceof SyncError) || HALTING.includes(error.code)) throw error;
    crew.observe({ kind: "trouble", message: `${error.code}: ${error.message}` });
    // Somebody else is running this synchronisation right now: asked again soon, whatever the schedule says.
    if (error.code === "LEASE_HELD") await pause(AGAIN_MS, ended);
    return isOutage(error) || error.code === "LEASE_LOST";
  }
}

/** At once for the first run, and for one whose coordinator ended in the middle. */
async function waitUntilDue(crew: Crew, next: NextStart, ended: AbortSignal): Promise<void> {
  const { state, nowMs } = crew.ports;
  const [last] = await persistently(() => state.runs(RUNS_LOOKED_AT), ended);
  if (last === undefined || last.outcome === "running") return;
  await waitForStart(next, last.startedAtMs, { nowMs, sleep: pause }, ended);
}

async function letGo(role: LeaseKeeper): Promise<void> {
  try {
    await role.release();
  } catch (error) {
    // It runs out by itself.
    if (!(error instanceof SyncError)) throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
