/** What the console looks into. It reads; every change goes from the browser to the admin API. */

import type { Verdict } from "../dml/options.ts";
import type { SaveRequest, SaveResult } from "../dml/port.ts";
import type { FaultStatus } from "../faults/faults.ts";
import type { Journal } from "../http/journal.ts";
import type { ApiUsage } from "../http/usage.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Actor, Transaction } from "../org/port.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";

/** The parts of a mock org that the pages show. */
export interface ConsoleHost {
  readonly org: MockOrgCore;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  readonly faults: { list(): readonly FaultStatus[] };
  /** What a real org would make of the team's metadata and this one does not. */
  readonly remarks: readonly MetadataProblem[];
  /** The org's save pipeline with its own validation rules and triggers, but without armed faults: those count applications. */
  readonly rehearse: (
    tx: Transaction,
    request: SaveRequest,
    onVerdict: (verdict: Verdict) => void,
  ) => readonly SaveResult[];
}

/** One page's view: the org through the eyes of one user. */
export interface View {
  readonly host: ConsoleHost;
  readonly actor: Actor;
}

/** The API version that the pages speak: an old one that every org answers. */
export const API_VERSION = 62;

/** Reads as the user sees it; nothing is changed. */
export function read<T>(view: View, work: (tx: Transaction) => T): T {
  return view.host.org.transaction(view.actor, work);
}

/** Users that a list offers; an org of thousands shows its first ones. */
const USERS_MAX = 200;

/** The usernames of active users, in order of their making. */
export function activeUsernames(host: ConsoleHost): readonly string[] {
  return host.org.transaction(host.org.systemActor, (tx) => {
    const names: string[] = [];
    for (const user of tx.rows("User")) {
      if (user["IsActive"] === true) names.push(String(user["Username"]));
      if (names.length === USERS_MAX) break;
    }
    return names;
  });
}

/** How many records of an object the viewing user sees, without those in the recycle bin. */
export function liveCount({ host, actor }: View, tx: Transaction, object: string): number {
  if (tx.catalog.object(object)?.field("IsDeleted") === undefined) return tx.count(object);
  if (tx.seesAll(object) && tx.actor.userId === actor.userId) return tx.count(object) - binned(host, object);
  let count = 0;
  for (const row of tx.rows(object)) if (row["IsDeleted"] !== true && tx.canSee(object, row)) count += 1;
  return count;
}

function binned({ org }: ConsoleHost, object: string): number {
  return org.recycleBin.entries().filter((deletion) => deletion.object === object && !deletion.purged).length;
}
