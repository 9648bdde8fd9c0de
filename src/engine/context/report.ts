/** What one run did, in numbers and names. */
import type { ExternalNotice, ExternalRestart, ExternalWait } from "../../external/port.ts";
import type { BusinessKey, LineKey } from "../../model/key.ts";
import type { Side, Value } from "../../model/value.ts";
import type { Conflict, Kept, Obstacle } from "../../sync/decision.ts";

/** How many documents of one object were written to one side, by action (`create`, `update`, `activate`, `delete`). */
export interface WrittenCount {
  readonly object: string;
  readonly side: Side;
  readonly action: string;
  /** Documents written. */
  readonly count: number;
}

/** A document that was not written, and why. */
export interface HeldDocument {
  readonly object: string;
  readonly key: BusinessKey;
  readonly how: "parked" | "rejected";
  readonly obstacles: readonly Obstacle[];
}

/** Values of one field that a side keeps otherwise than they were sent: rounded, or spelled in another way. */
export interface KeptCount {
  readonly object: string;
  readonly side: Side;
  readonly field: string;
  readonly count: number;
  /** The first of them. */
  readonly example: {
    readonly key: BusinessKey;
    readonly lineKey?: LineKey;
    readonly sent: Value;
    readonly kept: Value;
  };
}

/** Documents or lines that stand on one side only and are left alone, by reason. */
export interface OneSidedCount {
  readonly object: string;
  /** `FILTERED`, `CREATE_NOT_ALLOWED`, `DELETE_NOT_PROPAGATED`, `FOREIGN_LINES` or `LINE_IGNORED`. */
  readonly code: string;
  /** What was said of the first of them. */
  readonly message: string;
  /** Documents, or lines for `LINE_IGNORED`. */
  readonly count: number;
  /** The first of them, at most `ONE_SIDED_EXAMPLES_MAX`. */
  readonly examples: readonly { readonly key: BusinessKey; readonly lineKey?: LineKey }[];
}

/** Examples of one reason: enough to see a pattern. */
export const ONE_SIDED_EXAMPLES_MAX = 5;
/** Notes that tell of a document or line which one side has and the other does not get. */
const ONE_SIDED: ReadonlySet<string> = new Set([
  "FILTERED",
  "CREATE_NOT_ALLOWED",
  "DELETE_NOT_PROPAGATED",
  "FOREIGN_LINES",
  "LINE_IGNORED",
]);
/** Documents that are remembered, so that two passes of a run count each once; beyond them one may count twice. */
const ONE_SIDED_KNOWN_MAX = 10_000;

/** An object whose writes to Salesforce were all refused alike, so that its mapping stood still for the rest of the run. */
export interface StoppedObject {
  readonly object: string;
  /** Salesforce's code. */
  readonly code: string;
  /** What was refused, with Salesforce's words. */
  readonly message: string;
}

/** A feed that is read again from the beginning. */
export interface FeedRestart extends ExternalRestart {
  readonly object: string;
  readonly collection: string;
}

/** A feed that waits, since when in epoch milliseconds at the latest, and for whom. */
export interface FeedWait extends Omit<ExternalWait, "ageMs"> {
  readonly sinceMs: number;
}

/** A wait in the report of a run. */
export interface ObjectWait extends FeedWait {
  readonly object: string;
  readonly collection: string;
}

/** The result of a run. JSON-serialisable. */
export interface RunReport {
  readonly runId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly written: readonly WrittenCount[];
  /** Documents written, over all objects and sides. */
  readonly writes: number;
  readonly conflicts: readonly Conflict[];
  readonly held: readonly HeldDocument[];
  /** Values that a side shows otherwise than they were sent, seen for the first time in this run; the sent ones stand. */
  readonly keptOtherwise: readonly KeptCount[];
  /** What this run found on one side only and left alone, by reason. A run at rest compares nothing and finds nothing. */
  readonly oneSided: readonly OneSidedCount[];
  /** Objects that stood still because of their mapping or rights; empty in a run that did all it could. */
  readonly stopped: readonly StoppedObject[];
  /** Objects whose deletion log does not reach back to the last run: only a sweep finds what was deleted meanwhile. */
  readonly unseenDeletes: readonly string[];
  /** External feeds that were read again from the beginning, because their position belonged to another source. */
  readonly restarts: readonly FeedRestart[];
  /** External feeds that hold changes back until somebody's open transaction ends. */
  readonly waits: readonly ObjectWait[];
  /** What people should know about the external system; each fact once, in the run that found it. */
  readonly notices: readonly ExternalNotice[];
  /** Since when a sweep is pending, because deletions may have been missed; null where none is. */
  readonly sweepOwedSinceMs: number | null;
  /** Dead letters of earlier runs that were tried again. */
  readonly retried: number;
  /** Dead letters that were open when the run ended, those of earlier runs included. */
  readonly openDeadLetters: number;
  /** Intents of interrupted runs that were looked up. */
  readonly recovered: number;
  /** Keys that the feeds named and that were read and compared. */
  readonly compared: number;
  readonly apiCalls: number;
  /** The write calls that the sequencer predicted. */
  readonly predictedWriteCalls: number;
}

/** What a part of a run did. JSON-serialisable. */
export type PartReport = Omit<
  RunReport,
  | "runId"
  | "startedAtMs"
  | "finishedAtMs"
  | "openDeadLetters"
  | "retried"
  | "unseenDeletes"
  | "restarts"
  | "waits"
  | "notices"
  | "sweepOwedSinceMs"
> & {
  /** Dead letters that refer to a record which the part wrote or found changed. */
  readonly stirred: readonly DocumentName[];
};

/** Names one document. */
export interface DocumentName {
  readonly object: string;
  readonly key: BusinessKey;
}

/**
 * How a run is remembered that nothing ended before its time. Refusals of earlier runs count as long as they are open:
 * they are not tried in every run, and a schedule must not look well in between.
 */
export function outcomeOf(report: Pick<RunReport, "stopped" | "held" | "openDeadLetters">): {
  readonly outcome: "done" | "doneWithRefusals" | "failed";
  readonly error: string | null;
} {
  const { stopped, held, openDeadLetters } = report;
  if (stopped.length > 0) return { outcome: "failed", error: stoppedText(stopped) };
  return { outcome: held.length + openDeadLetters === 0 ? "done" : "doneWithRefusals", error: null };
}

/** Stopped objects as one sentence. */
export function stoppedText(stopped: readonly StoppedObject[]): string {
  return stopped.map(({ object, message }) => `${object} stands still: ${message}`).join("; ");
}

/** Collects what happens in a run. */
export class RunTally {
  readonly #written = new Map<string, WrittenCount>();
  readonly #conflicts: Conflict[] = [];
  readonly #openConflicts = new Set<string>();
  readonly #held = new Map<string, HeldDocument>();
  readonly #kept = new Map<string, KeptCount>();
  readonly #oneSided = new Map<string, OneSidedCount>();
  readonly #knownOneSided = new Set<string>();
  readonly #stopped = new Map<string, StoppedObject>();
  readonly #stirred = new Map<string, DocumentName>();
  readonly #tried = new Set<string>();
  readonly #unseenDeletes = new Set<string>();
  readonly #restarts: FeedRestart[] = [];
  readonly #waits: ObjectWait[] = [];
  readonly #notices: ExternalNotice[] = [];
  writes = 0;
  recovered = 0;
  compared = 0;
  predictedWriteCalls = 0;

  /** Counts one written document once per action. */
  addWritten(object: string, side: Side, actions: readonly string[]): void {
    this.writes += 1;
    for (const action of actions) {
      const name = `${object} ${side} ${action}`;
      const count = (this.#written.get(name)?.count ?? 0) + 1;
      this.#written.set(name, { object, side, action, count });
    }
  }

  /** Values of a document that a side shows otherwise than they were sent. */
  addKept({ object, key }: DocumentName, pairs: readonly Kept[]): void {
    for (const { side, lineKey, field, sent, shown = null } of pairs) {
      const example = { key, ...(lineKey === undefined ? {} : { lineKey }), sent, kept: shown };
      this.#countKept({ object, side, field, count: 1, example });
    }
  }

  #countKept(entry: KeptCount): void {
    const name = `${entry.object} ${entry.side} ${entry.field}`;
    const known = this.#kept.get(name);
    this.#kept.set(name, known === undefined ? entry : { ...known, count: known.count + entry.count });
  }

  /** Counts those notes on a document that say that it, or a line of it, stands on one side only. */
  addNotes({ object, key }: DocumentName, notes: readonly Obstacle[]): void {
    for (const { code, message, lineKey } of notes) {
      if (!ONE_SIDED.has(code)) continue;
      const name = JSON.stringify([object, code, key, lineKey]);
      if (this.#knownOneSided.has(name)) continue;
      if (this.#knownOneSided.size < ONE_SIDED_KNOWN_MAX) this.#knownOneSided.add(name);
      const example = { key, ...(lineKey === undefined ? {} : { lineKey }) };
      this.#countOneSided({ object, code, message, count: 1, examples: [example] });
    }
  }

  #countOneSided(entry: OneSidedCount): void {
    const name = `${entry.object} ${entry.code}`;
    const known = this.#oneSided.get(name);
    if (known === undefined) this.#oneSided.set(name, entry);
    else
      this.#oneSided.set(name, {
        ...known,
        count: known.count + entry.count,
        examples: [...known.examples, ...entry.examples].slice(0, ONE_SIDED_EXAMPLES_MAX),
      });
  }

  addConflicts(conflicts: readonly Conflict[]): void {
    this.#conflicts.push(...conflicts);
  }

  /** Adds what a part of the run did elsewhere; its keys that are not held any more are released. */
  absorb(part: PartReport, object: string, keys: readonly BusinessKey[]): void {
    for (const entry of part.written) {
      const name = `${entry.object} ${entry.side} ${entry.action}`;
      this.#written.set(name, { ...entry, count: (this.#written.get(name)?.count ?? 0) + entry.count });
    }
    for (const kept of part.keptOtherwise) this.#countKept(kept);
    for (const oneSided of part.oneSided) this.#countOneSided(oneSided);
    for (const key of keys) this.release(object, key);
    for (const held of part.held) this.addHeld(held);
    for (const stopped of part.stopped) this.stop(stopped);
    this.stir(part.stirred);
    this.addConflicts(part.conflicts);
    this.writes += part.writes;
    this.recovered += part.recovered;
    this.compared += part.compared;
    this.predictedWriteCalls += part.predictedWriteCalls;
  }

  /** Conflicts that wait: one that several passes of a run meet counts once. */
  addOpenConflicts(conflicts: readonly Conflict[]): void {
    for (const conflict of conflicts) {
      const name = JSON.stringify([conflict.object, conflict.key, conflict.lineKey, conflict.field]);
      if (!this.#openConflicts.has(name)) this.#conflicts.push(conflict);
      this.#openConflicts.add(name);
    }
  }

  /** A document that is held twice in a run counts once, with its latest reason. */
  addHeld(held: HeldDocument): void {
    this.#held.set(nameOf(held), held);
  }

  /** Dead letters that refer to a record which moved. */
  stir(letters: readonly DocumentName[]): void {
    for (const { object, key } of letters) this.#stirred.set(nameOf({ object, key }), { object, key });
  }

  /** The keys of an object's dead letters that refer to a record which moved. */
  stirred(object: string): ReadonlySet<BusinessKey> {
    return new Set([...this.#stirred.values()].filter((letter) => letter.object === object).map(({ key }) => key));
  }

  /** Dead letters that are tried again in this run. */
  addTried(letters: readonly DocumentName[]): void {
    for (const letter of letters) this.#tried.add(nameOf(letter));
  }

  wasTried(letter: DocumentName): boolean {
    return this.#tried.has(nameOf(letter));
  }

  get retried(): number {
    return this.#tried.size;
  }

  /** Whether this run has already held the document back. */
  hasHeld(document: DocumentName): boolean {
    return this.#held.has(nameOf(document));
  }

  /** The deletion log of these objects does not reach back far enough. */
  addUnseenDeletes(objects: readonly string[]): void {
    for (const object of objects) this.#unseenDeletes.add(object);
  }

  addRestart(restart: FeedRestart): void {
    this.#restarts.push(restart);
  }

  addWait(wait: ObjectWait): void {
    this.#waits.push(wait);
  }

  addNotices(notices: readonly ExternalNotice[]): void {
    this.#notices.push(...notices);
  }

  /** An object stands still for the rest of the run; the first reason counts. */
  stop(stopped: StoppedObject): void {
    if (!this.#stopped.has(stopped.object)) this.#stopped.set(stopped.object, stopped);
  }

  isStopped(object: string): boolean {
    return this.#stopped.has(object);
  }

  get stopped(): readonly StoppedObject[] {
    return [...this.#stopped.values()];
  }

  /** A document that was held and then written is not held any more. */
  release(object: string, key: BusinessKey): void {
    this.#held.delete(nameOf({ object, key }));
  }

  /** The counters by `object side action`, for the run record. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#written].map(([name, entry]) => [name, entry.count]));
  }

  get heldCount(): number {
    return this.#held.size;
  }

  /** The finished report. */
  report(run: {
    readonly runId: string;
    readonly startedAtMs: number;
    readonly finishedAtMs: number;
    readonly apiCalls: number;
    readonly openDeadLetters: number;
    readonly sweepOwedSinceMs: number | null;
  }): RunReport {
    const { apiCalls: _calls, stirred: _stirred, ...part } = this.part(run.apiCalls);
    return {
      ...run,
      ...part,
      retried: this.retried,
      unseenDeletes: [...this.#unseenDeletes],
      restarts: this.#restarts,
      waits: this.#waits,
      notices: this.#notices,
    };
  }

  /** What a part of a run did. */
  part(apiCalls: number): PartReport {
    return {
      apiCalls,
      stirred: [...this.#stirred.values()],
      written: [...this.#written.values()],
      writes: this.writes,
      conflicts: this.#conflicts,
      held: [...this.#held.values()],
      keptOtherwise: [...this.#kept.values()],
      oneSided: [...this.#oneSided.values()],
      stopped: this.stopped,
      recovered: this.recovered,
      compared: this.compared,
      predictedWriteCalls: this.predictedWriteCalls,
    };
  }
}

const nameOf = ({ object, key }: DocumentName): string => `${object} ${key}`;
