/**
 * The commits that nobody has made events of yet.
 *
 * Taking one is all that a write pays for Change Data Capture: a reference to what the commit listeners get anyway.
 * Events are made when somebody reads, so an org whose changes nobody follows never makes any.
 */

import type { MockOrgCore } from "../org/org.ts";
import type { Actor, RecordChange, TransactionOrigin } from "../org/port.ts";
import type { Catalog } from "../schema/catalog.ts";

/** Changes that wait; the oldest commits go first. A real org keeps all of the last 72 hours. */
const WAITING_CHANGES_MAX = 20_000;

/** One commit with what its events will say about it. */
export interface Commit {
  readonly changes: readonly RecordChange[];
  readonly userId: string;
  readonly origin: TransactionOrigin | undefined;
  readonly atMs: number;
  /** The schema at that moment. */
  readonly catalog: Catalog;
  /** The objects that were selected at that moment. */
  readonly selected: ReadonlySet<string>;
}

/** Commits of one org that touched a selected object, oldest first. */
export class Commits {
  readonly #org: MockOrgCore;
  #waiting: Commit[] = [];
  #changes = 0;
  #selected: ReadonlySet<string> = new Set();
  #selectedOf: readonly string[] = [];
  #wake: (() => void) | undefined;

  constructor(org: MockOrgCore) {
    this.#org = org;
    org.onCommit((changes, actor, origin) => this.#take(changes, actor, origin));
  }

  /** The objects that are selected now. */
  get selected(): ReadonlySet<string> {
    const names = this.#org.settings.changeDataCapture;
    if (names !== this.#selectedOf) {
      this.#selectedOf = names;
      this.#selected = new Set(names);
    }
    return this.#selected;
  }

  /** Called after each commit that is taken. */
  set onCommit(wake: () => void) {
    this.#wake = wake;
  }

  /** Gives the waiting commits away. */
  drain(): readonly Commit[] {
    const waiting = this.#waiting;
    this.clear();
    return waiting;
  }

  /** Forgets the waiting commits. */
  clear(): void {
    this.#waiting = [];
    this.#changes = 0;
  }

  #take(changes: readonly RecordChange[], { userId }: Actor, origin: TransactionOrigin | undefined): void {
    const { selected } = this;
    if (!changes.some((change) => selected.has(change.object))) return;
    const { catalog, clock } = this.#org;
    this.#waiting.push({ changes, userId, origin, atMs: clock.nowMs(), catalog, selected });
    this.#changes += changes.length;
    while (this.#changes > WAITING_CHANGES_MAX && this.#waiting.length > 1)
      this.#changes -= this.#waiting.shift()?.changes.length ?? 0;
    this.#wake?.();
  }
}
