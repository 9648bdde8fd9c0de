/**
 * Applies a plan that somebody looked at: first the plan is made again and compared, then a run is made that may write
 * what the plan holds and nothing else.
 */
import { z } from "zod";
import { SyncError } from "../../errors.ts";
import type { EnginePorts } from "../context/ports.ts";
import type { RunReport } from "../context/report.ts";
import { overrideState } from "../context/state-views.ts";
import { type RunRequest, runOnce } from "../run/run.ts";
import { fingerprintOf, makePlan, type Plan, type PlannedWrite } from "./plan.ts";

/** What `apply` needs of a plan file; the rest of it is for people. */
const planFileSchema = z.object({
  format: z.literal(1),
  source: z.string(),
  organizationId: z.string(),
  writes: z.array(
    z.object({
      object: z.string(),
      key: z.string(),
      side: z.enum(["salesforce", "external"]),
      actions: z.array(z.string()),
      fingerprint: z.string(),
    }),
  ),
});

/** A plan as it was read from a file. */
export type PlanFile = z.infer<typeof planFileSchema>;

/** Differences that a refusal lists; the rest is counted. */
const LISTED_MAX = 20;

/** Reads a plan file's JSON. Throws `USAGE` for anything that is no plan of this version. */
export function parsePlan(json: unknown, place: string): PlanFile {
  const parsed = planFileSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new SyncError("USAGE", `${place} is no plan of this version; make one with order-sync plan --out ${place}`);
}

/**
 * Runs what the plan says. Throws `PLAN_STALE` with everything that moved, and then nothing was written; or, should
 * something move while the run is under way, before the first page that would differ is written.
 */
export async function applyPlan(ports: EnginePorts, plan: PlanFile, request: RunRequest): Promise<RunReport> {
  const now = await makePlan({ ...ports, observe: () => {} }, request);
  const moved = [...differentPlace(plan, now), ...differences(plan.writes, now.writes)];
  if (moved.length > 0) throw stale(moved);
  const allowed = new Set(plan.writes.map((write) => write.fingerprint));
  const state = overrideState(ports.state, {
    // Intents are stored before a call is sent: what is refused here has not left the process.
    commit: async (lease, batch) => {
      const strange = (batch.putIntents ?? []).filter((intent) => !allowed.has(fingerprintOf(intent)));
      if (strange.length > 0) {
        throw stale(
          strange.map(
            (intent) => `${intent.key} on the ${sideName(intent.side)} side moved while the plan was applied`,
          ),
        );
      }
      await ports.state.commit(lease, batch);
    },
  });
  return await runOnce({ ...ports, state }, request);
}

function differentPlace(plan: PlanFile, now: Plan): readonly string[] {
  const moved: string[] = [];
  if (plan.source !== now.source) moved.push(`the plan is for the source ${plan.source}, this is ${now.source}`);
  if (plan.organizationId !== now.organizationId) {
    moved.push(`the plan is for the org ${plan.organizationId}, this is ${now.organizationId}`);
  }
  return moved;
}

function differences(planned: PlanFile["writes"], present: readonly PlannedWrite[]): readonly string[] {
  const name = (write: { readonly object: string; readonly key: string; readonly side: string }): string =>
    `${write.object} ${write.key} ${write.side}`;
  const before = new Map(planned.map((write) => [name(write), write]));
  const after = new Map(present.map((write) => [name(write), write]));
  return [
    ...planned.flatMap((write) => {
      const now = after.get(name(write));
      const what = `${write.key}: ${write.actions.join(", ")} on the ${sideName(write.side)} side`;
      if (now === undefined) return [`${what} is not needed any more`];
      return now.fingerprint === write.fingerprint ? [] : [`${what} would write other values now`];
    }),
    ...present
      .filter((write) => !before.has(name(write)))
      .map((write) => `${write.key}: ${write.actions.join(", ")} on the ${sideName(write.side)} side is new`),
  ];
}

function sideName(side: string): string {
  return side === "salesforce" ? "Salesforce" : "external";
}

function stale(moved: readonly string[]): SyncError {
  const listed = moved.slice(0, LISTED_MAX).map((line) => `\n  - ${line}`);
  const rest = moved.length > LISTED_MAX ? `\n  - and ${moved.length - LISTED_MAX} more` : "";
  return new SyncError("PLAN_STALE", `The world has moved since the plan was made:${listed.join("")}${rest}`, {
    context: { moved: moved.length },
  });
}
