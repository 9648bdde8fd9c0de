/** What the console looks into. It reads; every change goes from the browser to the admin API. */
import type { SaveRequest, SaveResult } from "../dml/contract.ts";
import type { Verdict } from "../dml/options.ts";
import type { FaultStatus } from "../faults/faults.ts";
import type { Journal } from "../http/journal.ts";
import type { ApiUsage } from "../http/usage.ts";
import type { Actor, Transaction } from "../org/contract.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Row } from "../schema/definition.ts";

/** The parts of a mock org that the pages show. */
export interface ConsoleHost {
  readonly org: MockOrgCore;
  readonly journal: Journal;
  readonly usage: ApiUsage;
  readonly faults: { list(): readonly FaultStatus[] };
  /** The org's save pipeline with its own validation rules and triggers, but without armed faults: those count strikes. */
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

/** Active users by name, the administrator first. */
export function activeUsers(host: ConsoleHost): readonly Row[] {
  return host.org.transaction(host.org.systemActor, (tx) =>
    [...tx.rows("User")].filter((row) => row["IsActive"] === true),
  );
}
