/** The coordinator's role: one worker has it, the others wait to take it over. */

import { checkBeforeFirstRun } from "../engine/check/check.ts";
import { startHeartbeat } from "../engine/lease/heartbeat.ts";
import { LeaseKeeper } from "../engine/lease/lease.ts";
import { SyncError } from "../errors.ts";
import { isHalting, waitForManualRun } from "../service/halt.ts";
import { type NextStart, waitForStart } from "../service/schedule.ts";
import { inSpan } from "../trace/span.ts";
import type { WorkerContext } from "./context.ts";
import { isOutage, pause, persistently } from "./retry.ts";
import { leadRun, roleName } from "./round.ts";

/** How often a worker asks whether the role is free. */
const ROLE_LOOK_MS = 1_000;
/** Pause after a run that broke off. */
const AGAIN_MS = 1_000;
/** Pause while a single process, such as `order-sync sweep`, is at work. */
const HELD_MS = 5_000;
const RUNS_LOOKED_AT = 1;
/**
 * Waits for the role and leads run after run until `stop` is aborted. Failures of a run are reported, and the next run comes
 * at its time; after those that only a person can mend, it stands still and keeps the role. Throws the error of a defect.
 */
export async function coordinate(worker: WorkerContext, next: NextStart, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const role = await takeRole(worker);
    if (role === undefined) await pause(ROLE_LOOK_MS, stop);
    else {
      try {
        await haveRole(worker, role, { next, stop });
      } catch (error) {
        if (!isOutage(error)) throw error;
        worker.observe({ kind: "trouble", message: messageOf(error) });
        await pause(ROLE_LOOK_MS, stop);
      }
    }
  }
}

async function takeRole(worker: WorkerContext): Promise<LeaseKeeper | undefined> {
  const { ports, options } = worker;
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
    if (!held) worker.observe({ kind: "trouble", message: messageOf(error) });
    return undefined;
  }
}

async function haveRole(
  worker: WorkerContext,
  role: LeaseKeeper,
  { next, stop }: { readonly next: NextStart; readonly stop: AbortSignal },
): Promise<void> {
  worker.observe({ kind: "coordinating", on: true });
  const heartbeat = startHeartbeat(worker.options.leaseTtlMs, () => role.renew());
  const ended = AbortSignal.any([stop, heartbeat.lost]);
  let triedAtMs: number | null = null;
  try {
    let then: Afterwards = "onTime";
    while (!ended.aborted) {
      if (then === "again") await pause(AGAIN_MS, ended);
      // The role is kept meanwhile: another worker would only meet the same.
      else if (then === "halt") await waitForManualRun(worker.ports.state, pause, ended);
      else await waitUntilDue(worker, next, triedAtMs, ended);
      if (ended.aborted) return;
      triedAtMs = worker.ports.nowMs();
      then = await lead(worker, role, ended);
    }
  } finally {
    heartbeat.stop();
    worker.observe({ kind: "coordinating", on: false });
    await letGo(role);
  }
}

/** What follows a run: the next one at its time, the same one at once because it broke off, or nothing. */
type Afterwards = "onTime" | "again" | "halt";

async function lead(worker: WorkerContext, role: LeaseKeeper, ended: AbortSignal): Promise<Afterwards> {
  try {
    await checkBeforeFirstRun(worker.ports);
    const attributes = { "order_sync.source": worker.ports.mapping.source, "order_sync.shared": true };
    const report = await inSpan("order_sync.run", attributes, () => leadRun(worker, role, ended));
    await worker.afterRun(report, ended);
    return "onTime";
  } catch (error) {
    if (ended.aborted) return "onTime";
    if (!(error instanceof SyncError)) throw error;
    const { code, message } = error;
    worker.observe({ kind: isHalting(error) ? "halted" : "runFailed", code, message });
    if (isHalting(error)) return "halt";
    // Somebody else is running this synchronization right now: asked again soon, whatever the schedule says.
    if (code === "LEASE_HELD") await pause(HELD_MS, ended);
    return isOutage(error) || code === "LEASE_LOST" ? "again" : "onTime";
  }
}

/** At once for the first run, and for one whose coordinator ended in the middle. */
async function waitUntilDue(
  worker: WorkerContext,
  next: NextStart,
  triedAtMs: number | null,
  ended: AbortSignal,
): Promise<void> {
  const { state, nowMs } = worker.ports;
  const [last] = await persistently(() => state.runs(RUNS_LOOKED_AT), ended);
  if (last?.outcome === "running") return;
  // A run that the check before the first one kept from being made is remembered nowhere else.
  const lastMs = Math.max(last?.startedAtMs ?? 0, triedAtMs ?? 0);
  if (lastMs > 0) await waitForStart(next, lastMs, { nowMs, sleep: pause }, ended);
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
