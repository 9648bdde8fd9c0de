/**
 * Record: one commit that remembers what a pass did. Bases only for what both sides now hold, the reasons for
 * everything else, the history, and the cursor last and only when the whole pass is done.
 */

import { createHash } from "node:crypto";
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import type { JournalEntry, StoredConflict } from "../../state/port.ts";
import type { Base, Conflict, DeadLetter, Decision, Link, Obstacle, Parked } from "../../sync/decision.ts";
import { CONCURRENT_EDIT, type ConcurrentEdit, lacksPreImage, unsettledEditsOf } from "../../sync/pre-image.ts";
import { isGone } from "../../sync/presence.ts";
import { settle } from "../../sync/settle.ts";
import { actionsOf, CHANGES_LISTED_MAX, changesOf } from "../../sync/side-write.ts";
import type { RunContext } from "../context/context.ts";
import type { PartTally } from "../context/part.ts";
import type { Unjoined } from "../join/identity.ts";
import { dependenciesOf } from "../resolve/retry.ts";
import { lostOn, type Performance, type Settlement } from "../write/perform.ts";
import { CREATED_CONCURRENTLY, type SideResult } from "../write/verdict.ts";
import {
  type ConcurrentEdits,
  concurrentEditEntry,
  concurrentEditObstacle,
  deletedEdits,
  findConcurrentEdits,
} from "./concurrent-edits.ts";
import { obstaclesOf, sameObstacles, waiting } from "./reason.ts";

/** What one pass decided and performed. */
export interface RecordInput {
  readonly mapping: ObjectMapping;
  readonly decisions: readonly Decision[];
  /** The bases from before, by key. */
  readonly bases: ReadonlyMap<BusinessKey, Base>;
  readonly unjoined: readonly Unjoined[];
  readonly performance: Performance;
  /** Collects what is counted and told. */
  readonly tally: PartTally;
  readonly cursors: Readonly<Record<string, string>>;
}

/** A refusal is tried so often in its own run and in later ones, each time decided on what is read then. */
const REPLANS_MAX = 3;
/** The event of a value that a side shows otherwise than it was sent, rounded for example. */
const KEPT_OTHERWISE = "kept otherwise";

/** What has to follow a pass in the same run. */
export interface FollowUp {
  /** A write got no answer: its intent has to be looked up before the next pass. */
  readonly doubtful: boolean;
  /** Keys to be decided about once more. */
  readonly again: readonly BusinessKey[];
  /** Keys whose written values may be kept otherwise: looked at once more, as far as there is room. */
  readonly worthALook: readonly BusinessKey[];
}

/** Commits the results of a pass and tells the observer. */
export async function record(context: RunContext, input: RecordInput): Promise<FollowUp> {
  const concurrentEdits = await findConcurrentEdits(context, input.mapping, input.performance.settlements);
  const page = new Page(context, input, concurrentEdits);
  const settlements = new Map(input.performance.settlements.map((settlement) => [settlement.decision, settlement]));
  for (const decision of input.decisions) {
    switch (decision.kind) {
      case "agree":
        page.agree(decision);
        break;
      case "park":
        page.hold(decision, "parked", decision.obstacles);
        break;
      case "reject":
        page.hold(decision, "rejected", decision.obstacles);
        break;
      case "change": {
        const settlement = settlements.get(decision);
        if (settlement !== undefined) page.settle(settlement, input.bases.get(decision.key) ?? null);
        break;
      }
      default:
        decision.kind satisfies never;
    }
  }
  for (const unjoined of input.unjoined) page.unjoined(unjoined);
  const { stop, stopped } = input.performance;
  await page.commit(stop === null && stopped === null ? input.cursors : {});
  return page.followUp;
}

/** Collects one commit. */
class Page {
  readonly #context: RunContext;
  readonly #mapping: ObjectMapping;
  readonly #tally: PartTally;
  readonly #links: Link[] = [];
  readonly #bases: Base[] = [];
  readonly #clearIntents: string[] = [];
  readonly #conflicts: StoredConflict[] = [];
  readonly #deadLetters: DeadLetter[] = [];
  readonly #parked: Parked[] = [];
  readonly #released: { readonly object: string; readonly key: BusinessKey }[] = [];
  readonly #journal: JournalEntry[] = [];
  readonly #concurrentEdits: ConcurrentEdits;
  readonly #again: BusinessKey[] = [];
  readonly #worthALook: BusinessKey[] = [];
  #doubtful = false;

  constructor(
    context: RunContext,
    { mapping, tally }: Pick<RecordInput, "mapping" | "tally">,
    concurrentEdits: ConcurrentEdits,
  ) {
    this.#context = context;
    this.#mapping = mapping;
    this.#tally = tally;
    this.#concurrentEdits = concurrentEdits;
  }

  get followUp(): FollowUp {
    return { doubtful: this.#doubtful, again: this.#again, worthALook: this.#worthALook };
  }

  /** Both sides are alike: the base follows. */
  agree(decision: Decision): void {
    // A record that was never agreed on and is left alone stays unknown: nothing may refer to it.
    if (decision.agreed !== null || isGone(decision.link) || decision.actions.length > 0) {
      const settled = settle(decision, null, []);
      this.#links.push(settled.link);
      this.#bases.push(settled.base);
    }
    this.#replace(decision);
    this.#release(decision);
    this.#retrigger(decision);
    this.#settleConflicts(decision.conflicts);
    this.#tellKept(decision);
    for (const action of decision.actions) this.#write(decision, action, null, {});
    if (decision.obstacles.length > 0) this.#write(decision, "noted", null, { notes: decision.obstacles });
    this.#tally.addNotes(decision, decision.obstacles);
  }

  /** The writes of a decision landed, or did not. */
  settle(settlement: Settlement, before: Base | null): void {
    const { decision, salesforce, external } = settlement;
    const uncertain = salesforce.kind === "unknown" || external.kind === "unknown";
    for (const intent of settlement.intents) {
      const result = intent.side === "salesforce" ? salesforce : external;
      if (result.kind !== "unknown") this.#clearIntents.push(intent.id);
    }
    for (const side of SIDES) {
      if (settlement[side].kind === "done") this.#landed(settlement, side);
    }
    // What is unknown counts as not landed: the base keeps its old values there, and recovery brings them up to date.
    const concurrentEdits = this.#concurrentEdits.get(decision) ?? [];
    this.#recordConcurrentEdits(decision, before, concurrentEdits);
    const unsettledEdits = unsettledEditsOf(concurrentEdits);
    const settled = settle(decision, before, settlement.outcomes, {
      external: settlement.externalOutcome,
      unsettledEdits,
    });
    this.#links.push(settled.link);
    if (settled.base.document !== null || settled.complete) this.#bases.push(settled.base);
    this.#tellKept(decision);
    this.#tally.addNotes(decision, decision.obstacles);
    if (settled.base.kept?.some(({ shown }) => shown === undefined) === true) this.#worthALook.push(decision.key);
    if (landed(salesforce) && landed(external)) this.#replace(decision);
    this.#doubtful ||= uncertain;
    if (landed(salesforce) && landed(external)) {
      this.#release(decision);
      this.#settleConflicts(decision.conflicts);
      if (unsettledEdits.length > 0) {
        this.hold(decision, "parked", [concurrentEditObstacle(unsettledEdits)]);
        this.#again.push(decision.key);
      } else if (decision.again !== undefined) {
        this.hold(decision, "parked", [decision.again]);
        this.#again.push(decision.key);
      }
      return;
    }
    // A part of it landed: what that part overwrote must be reported now, the rest is decided again.
    for (const side of SIDES) {
      if (settlement[side].kind !== "unknown") this.#settleConflicts(lostByLanding(settlement, side));
    }
    const failure = [salesforce, external].find((result) => !landed(result));
    if (failure === undefined) return;
    if (!uncertain && (failure.kind === "refused" || this.#isRefusedForGood(decision, failure))) {
      this.hold(decision, "rejected", obstaclesOf(failure.apiErrors), failure.apiErrors);
    } else if (failure.kind === "stopped") {
      this.hold(decision, "parked", obstaclesOf(failure.apiErrors));
    } else {
      this.hold(decision, "parked", [waiting(failure)]);
    }
  }

  /** What a side made of a value that was sent to it. */
  #tellKept(decision: Decision): void {
    const { object, key, found = [] } = decision;
    for (const side of SIDES) {
      const pairs = found.filter((pair) => pair.side === side);
      if (pairs.length === 0) continue;
      const changes = pairs.map(({ lineKey, field, sent, shown }) => ({ lineKey, field, from: sent, to: shown }));
      this.#write(decision, KEPT_OTHERWISE, side, {
        fields: pairs.length,
        changes: changes.slice(0, CHANGES_LISTED_MAX),
      });
    }
    this.#tally.addKept({ object, key }, found);
  }

  /** What a write replaced unseen is reported at once, whatever is decided about it later. */
  #recordConcurrentEdits(decision: Decision, before: Base | null, concurrentEdits: readonly ConcurrentEdit[]): void {
    if (concurrentEdits.length === 0) return;
    this.#write(decision, CONCURRENT_EDIT, "salesforce", {
      changes: concurrentEdits.map(concurrentEditEntry),
    });
    this.#settleConflicts(deletedEdits(decision, before, concurrentEdits));
  }

  /** The same refusal, decided again in several runs, does not go away by itself. */
  #isRefusedForGood(
    decision: Decision,
    failure: SideResult,
  ): failure is Extract<SideResult, { kind: "again" }> & {
    readonly apiErrors: DeadLetter["apiErrors"];
  } {
    if (failure.kind !== "again" || failure.apiErrors === undefined) return false;
    const { memory } = this.#context;
    const parked = memory.parked(decision.object, decision.key);
    if (memory.deadLetter(decision.object, decision.key) !== undefined || parked?.refusals !== undefined) return true;
    return (
      parked !== undefined && parked.attempts >= REPLANS_MAX && sameObstacles(parked.obstacles, [waiting(failure)])
    );
  }

  /** The document is not written now. */
  hold(
    decision: Decision,
    how: "parked" | "rejected",
    obstacles: readonly Obstacle[],
    apiErrors: DeadLetter["apiErrors"] = [],
  ): void {
    const { memory, ports } = this.#context;
    const { object, key } = decision;
    const nowMs = ports.nowMs();
    const parked = memory.parked(object, key);
    if (how === "rejected") {
      this.#reject(decision, obstacles, {
        apiErrors,
        fingerprint: fingerprint(decision),
        dependsOn: dependenciesOf(this.#mapping, [decision.salesforceBefore, decision.externalBefore, decision.agreed]),
      });
    } else {
      const refusals = memory.deadLetter(object, key)?.attempts ?? parked?.refusals ?? 0;
      const entry: Parked = {
        object,
        key,
        obstacles,
        attempts: (parked?.attempts ?? 0) + 1,
        sinceMs: parked?.sinceMs ?? nowMs,
        ...(refusals === 0 ? {} : { refusals }),
      };
      this.#parked.push(entry);
      memory.park(entry);
      // A document that waits for the same thing as in the last run has nothing new to tell.
      const isKnown = parked !== undefined && sameObstacles(parked.obstacles, obstacles);
      if (!isKnown) this.#write(decision, how, null, { obstacles });
    }
    if (decision.kind !== "change") {
      this.#links.push(decision.link);
      this.#openConflicts(decision.conflicts);
    }
    this.#tally.addUnsynced({ object, key, how, obstacles });
    ports.observe({ kind: "unsynced", object, key, how, obstacles });
  }

  /** A dead letter. What waits and both feeds may bring one to several passes of a run: that is one attempt, told once. */
  #reject(
    { object, key }: Pick<Decision, "object" | "key">,
    obstacles: readonly Obstacle[],
    tried: Pick<DeadLetter, "apiErrors" | "fingerprint" | "dependsOn">,
  ): void {
    const { memory, ports, runId } = this.#context;
    const nowMs = ports.nowMs();
    const known = memory.deadLetter(object, key);
    const isSameTry = known?.runId === runId;
    const attempts = known?.attempts ?? memory.parked(object, key)?.refusals ?? 0;
    const deadLetter: DeadLetter = {
      object,
      key,
      obstacles,
      attempts: isSameTry ? attempts : attempts + 1,
      firstAtMs: known?.firstAtMs ?? nowMs,
      lastAtMs: nowMs,
      runId,
      ...tried,
    };
    this.#deadLetters.push(deadLetter);
    memory.reject(deadLetter);
    if (!isSameTry || !sameObstacles(known.obstacles, obstacles)) {
      this.#journal.push(this.#entry(key, "rejected", null, { obstacles }));
    }
  }

  /** A record without a usable key, under its own name. */
  unjoined({ name, reason, how, code = "KEY_UNUSABLE" }: Unjoined): void {
    const { memory, ports } = this.#context;
    // Journal and dead letters are looked up by key; the record's own name serves as one.
    const key = name as BusinessKey;
    const { object } = this.#mapping;
    const known = memory.deadLetter(object, key);
    if (how === "forget") {
      if (known !== undefined) this.#released.push({ object, key });
      memory.release(object, key);
      return;
    }
    if (how === "mention") {
      this.#journal.push(this.#entry(key, "unjoined", null, { reason }));
      return;
    }
    const obstacles = [{ code, message: reason }];
    this.#reject({ object, key }, obstacles, { apiErrors: [], fingerprint: "" });
    this.#tally.addUnsynced({ object, key, how: "rejected", obstacles });
    ports.observe({ kind: "unsynced", object, key, how: "rejected", obstacles });
  }

  async commit(cursors: Readonly<Record<string, string>>): Promise<void> {
    await this.#context.lease.commit({
      links: this.#links,
      bases: this.#bases,
      clearIntents: this.#clearIntents,
      conflicts: this.#conflicts,
      deadLetters: this.#deadLetters,
      parked: this.#parked,
      clearDeadLetters: [...this.#released, ...this.#parked],
      clearParked: [...this.#released, ...this.#deadLetters],
      journal: this.#journal,
      cursors,
    });
  }

  #landed({ decision, outcomes }: Settlement, side: Side): void {
    const { ports } = this.#context;
    this.#retrigger(decision);
    const changes = changesOf(decision, side);
    const actions = actionsOf(decision, side);
    this.#tally.addWritten(decision.object, side, actions);
    const unguarded = side === "salesforce" && lacksPreImage(decision, outcomes);
    this.#write(decision, actions.join(", "), side, {
      fields: changes.length,
      ...(unguarded ? { preImage: "none" } : {}),
      changes: changes.slice(0, CHANGES_LISTED_MAX),
    });
    ports.observe({ kind: "written", object: decision.object, key: decision.key, side, actions });
  }

  /** The key under which an adopted record waited stands for nothing any more. */
  #replace({ object, replaces }: Decision): void {
    if (replaces === undefined) return;
    const { memory } = this.#context;
    this.#links.push({
      object,
      key: replaces,
      recordId: null,
      naturalKey: null,
      lineIds: {},
      presence: { kind: "tombstone", byUs: false },
    });
    this.#released.push({ object, key: replaces });
    memory.release(object, replaces);
    this.#tally.release({ object, key: replaces });
  }

  /** Refused documents that refer to this one may be written now. */
  #retrigger({ object, key }: Decision): void {
    this.#tally.retrigger(this.#context.memory.dependentsOf(object, key));
  }

  #release({ object, key }: Decision): void {
    const { memory } = this.#context;
    const unsynced = memory.parked(object, key) !== undefined || memory.deadLetter(object, key) !== undefined;
    if (unsynced) {
      this.#released.push({ object, key });
      this.#tally.release({ object, key });
    }
    const nowMs = this.#context.ports.nowMs();
    for (const conflict of memory.openConflicts(object, key)) {
      this.#conflicts.push({ ...conflict, resolvedAtMs: nowMs });
    }
    memory.release(object, key);
  }

  /** Conflicts that a rule settled. */
  #settleConflicts(conflicts: readonly Conflict[]): void {
    const { ports, runId } = this.#context;
    const atMs = ports.nowMs();
    for (const conflict of conflicts) {
      this.#conflicts.push({ ...conflict, id: ports.newId(), runId, atMs, resolvedAtMs: atMs });
    }
    this.#tally.addConflicts(conflicts, { isOpen: false });
  }

  /** Conflicts that wait for a person; the same conflict keeps its Id from pass to pass and from run to run. */
  #openConflicts(conflicts: readonly Conflict[]): void {
    const { ports, runId, memory } = this.#context;
    for (const conflict of conflicts) {
      const known = memory
        .openConflicts(conflict.object, conflict.key)
        .find((open) => open.field === conflict.field && open.lineKey === conflict.lineKey);
      const stored: StoredConflict = {
        ...conflict,
        id: known?.id ?? ports.newId(),
        runId: known?.runId ?? runId,
        atMs: known?.atMs ?? ports.nowMs(),
        resolvedAtMs: null,
      };
      this.#conflicts.push(stored);
      memory.keepConflict(stored);
    }
    this.#tally.addConflicts(conflicts, { isOpen: true });
  }

  #write(decision: Decision, event: string, side: Side | null, detail: JournalEntry["detail"]): void {
    this.#journal.push(this.#entry(decision.key, event, side, detail));
  }

  #entry(key: BusinessKey, event: string, side: Side | null, detail: JournalEntry["detail"]): JournalEntry {
    const { ports, runId } = this.#context;
    return { atMs: ports.nowMs(), runId, object: this.#mapping.object, key, event, side, detail };
  }
}

const SIDES = ["salesforce", "external"] as const;

/** The conflicts that have cost this side its value: those whose operation landed, also where a later one did not. */
function lostByLanding(settlement: Settlement, side: Side): readonly Conflict[] {
  const { decision, outcomes } = settlement;
  const lost = lostOn(decision.conflicts, side);
  const result = settlement[side];
  if (result.kind === "done") return lost;
  // The first of two deliveries may have landed whole: rather one loss too many on record than one too few.
  if (result.kind === "again" && result.code === CREATED_CONCURRENTLY) return lost;
  const done = new Set(outcomes.filter(({ kind }) => kind === "done").map(({ opId }) => opId));
  return lost.filter((conflict) =>
    decision.changes.some(
      (change) =>
        change.side === side &&
        change.lineKey === conflict.lineKey &&
        (change.field === conflict.field || change.field === "*") &&
        done.has(change.opId),
    ),
  );
}

function landed(result: SideResult): boolean {
  return result.kind === "none" || result.kind === "done";
}

function fingerprint(decision: Decision): string {
  const seen = JSON.stringify([decision.salesforceBefore, decision.externalBefore]);
  return createHash("sha256").update(seen).digest("hex").slice(0, 32);
}
