/**
 * What would happen if: runs a save through the org's real pipeline and undoes it.
 *
 * It runs on a fork that is thrown away, so that no Id and no auto-number of the org is used up and nobody hears of a
 * commit. Armed faults and row locks are not part of it; triggers of the test author do run, and what they do outside
 * the org stays done.
 */

import type { Verdict } from "../dml/options.ts";
import type { SaveInput, SaveRequest, SaveResult } from "../dml/port.ts";
import { OrgError, type OrgFault } from "../errors.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { ConsoleHost, View } from "./host.ts";

/** The outcome of a save that did not happen. */
export interface Outcome {
  readonly allowed: boolean;
  /** Why not; empty where it is allowed. */
  readonly faults: readonly OrgFault[];
  /** The first rule that was broken; undefined where a stage of the pipeline refused, or nothing did. */
  readonly rule: string | undefined;
}

/** One attempt. */
export interface Attempt extends SaveInput {
  readonly operation: SaveRequest["operation"];
}

/** Thrown to undo; carries nothing because the outcome is already noted. */
class Undo extends Error {}

/** Tries saves as one user, each against the present state. */
export class Rehearsal {
  readonly #host: ConsoleHost;
  readonly #userId: string;
  #fork: MockOrgCore | undefined;

  constructor({ host, actor }: View) {
    this.#host = host;
    this.#userId = actor.userId;
  }

  /** The outcome of one attempt. */
  try({ operation, ...record }: Attempt): Outcome {
    this.#fork ??= this.#host.org.fork();
    const actor = this.#fork.actor(this.#userId);
    if (actor === undefined) throw new Error(`there is no user ${this.#userId}`);
    const verdicts: Verdict[] = [];
    let result: SaveResult | undefined;
    try {
      this.#fork.transaction(actor, (tx) => {
        [result] = this.#host.rehearse(tx, { operation, records: [record], allOrNone: true }, (verdict) => {
          if (!verdict.kept) verdicts.push(verdict);
        });
        throw new Undo();
      });
    } catch (error) {
      if (error instanceof OrgError) return { allowed: false, faults: error.faults, rule: undefined };
      if (!(error instanceof Undo)) throw error;
    }
    if (result === undefined || result.success) return { allowed: true, faults: [], rule: undefined };
    return { allowed: false, faults: result.faults, rule: verdicts[0]?.rule };
  }
}
