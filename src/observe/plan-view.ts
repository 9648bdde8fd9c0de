/** A plan as the pages show it; the engine's plan has these parts. */
import type { Side } from "../model/value.ts";
import type { Obstacle } from "../sync/decision.ts";

/** What a run would do. */
export interface PlanView {
  readonly madeAtMs: number;
  readonly writes: readonly {
    readonly object: string;
    readonly key: string;
    readonly side: Side;
    readonly actions: readonly string[];
    readonly changes: readonly object[];
  }[];
  readonly conflicts: readonly object[];
  readonly unsynced: readonly { readonly key: string; readonly how: string; readonly obstacles: readonly Obstacle[] }[];
  readonly calls: { readonly reading: number; readonly writing: number; readonly lowerBound: number };
}
