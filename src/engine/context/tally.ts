/** Adds up the parts of one run, and remembers which dead letters it has tried. Only the run's own loop changes it. */
import type { ExternalNotice } from "../../external/port.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { Conflict } from "../../sync/decision.ts";
import type { MetConflict, OneSidedNote, PartReport } from "./part.ts";
import {
  type DocumentName,
  type FeedRestart,
  type KeptCount,
  type ObjectWait,
  ONE_SIDED_EXAMPLES_MAX,
  type OneSidedCount,
  type RunReport,
  type StoppedObject,
  type UnsyncedDocument,
  type WrittenCount,
} from "./report.ts";

/** Documents that are remembered, so that two passes of a run count each once; beyond them one may count twice. */
const ONE_SIDED_KNOWN_MAX = 10_000;

/** The numbers and names of one run. */
export class RunTally {
  readonly #written = new Map<string, WrittenCount>();
  readonly #conflicts: Conflict[] = [];
  readonly #openConflicts = new Set<string>();
  readonly #unsynced = new Map<string, UnsyncedDocument>();
  readonly #kept = new Map<string, KeptCount>();
  readonly #oneSided = new Map<string, OneSidedCount>();
  readonly #knownOneSided = new Set<string>();
  readonly #stopped = new Map<string, StoppedObject>();
  readonly #retriggered = new Map<string, DocumentName>();
  readonly #tried = new Set<string>();
  readonly #unseenDeletes = new Set<string>();
  readonly #restarts: FeedRestart[] = [];
  readonly #waits: ObjectWait[] = [];
  readonly #notices: ExternalNotice[] = [];
  #writes = 0;
  #recovered = 0;
  #compared = 0;
  #predictedWriteCalls = 0;
  #callsElsewhere = 0;

  /** Adds what a part of the run did. */
  add(part: PartReport): void {
    for (const entry of part.written) this.#countWritten(entry);
    for (const kept of part.keptOtherwise) this.#countKept(kept);
    for (const note of part.oneSided) this.#countOneSided(note);
    for (const document of part.released) this.#unsynced.delete(nameOf(document));
    for (const unsynced of part.unsynced) this.addUnsynced(unsynced);
    for (const stopped of part.stopped) this.#stop(stopped);
    for (const deadLetter of part.retriggered) this.#retriggered.set(nameOf(deadLetter), deadLetter);
    for (const met of part.conflicts) this.#addConflict(met);
    this.#writes += part.writes;
    this.#recovered += part.recovered;
    this.#compared += part.compared;
    this.#predictedWriteCalls += part.predictedWriteCalls;
    this.#callsElsewhere += part.apiCalls;
  }

  /** A document that is held twice in a run counts once, with its latest reason. */
  addUnsynced(unsynced: UnsyncedDocument): void {
    this.#unsynced.set(nameOf(unsynced), unsynced);
  }

  /** The keys of an object's dead letters that refer to a record which moved. */
  retriggered(object: string): ReadonlySet<BusinessKey> {
    return new Set(
      [...this.#retriggered.values()].filter((deadLetter) => deadLetter.object === object).map(({ key }) => key),
    );
  }

  /** Dead letters that are tried again in this run. */
  addTried(deadLetters: readonly DocumentName[]): void {
    for (const deadLetter of deadLetters) this.#tried.add(nameOf(deadLetter));
  }

  wasTried(deadLetter: DocumentName): boolean {
    return this.#tried.has(nameOf(deadLetter));
  }

  get retried(): number {
    return this.#tried.size;
  }

  /** Whether this run has already held the document back. */
  hasUnsynced(document: DocumentName): boolean {
    return this.#unsynced.has(nameOf(document));
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

  isStopped(object: string): boolean {
    return this.#stopped.has(object);
  }

  /** Objects that stand still for the rest of the run. */
  get stopped(): readonly StoppedObject[] {
    return [...this.#stopped.values()];
  }

  get predictedWriteCalls(): number {
    return this.#predictedWriteCalls;
  }

  /** API calls that other processes made for the run. */
  get callsElsewhere(): number {
    return this.#callsElsewhere;
  }

  /** The counters by `object side action`, for the run record. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries([...this.#written].map(([name, entry]) => [name, entry.count]));
  }

  /** The finished report. */
  report(run: {
    readonly runId: string;
    readonly startedAtMs: number;
    readonly finishedAtMs: number;
    readonly apiCalls: number;
    readonly openDeadLetters: number;
    readonly sweepPendingSinceMs: number | null;
  }): RunReport {
    return {
      ...run,
      written: [...this.#written.values()],
      writes: this.#writes,
      conflicts: this.#conflicts,
      unsynced: [...this.#unsynced.values()],
      keptOtherwise: [...this.#kept.values()],
      oneSided: [...this.#oneSided.values()],
      stopped: this.stopped,
      recovered: this.#recovered,
      compared: this.#compared,
      predictedWriteCalls: this.#predictedWriteCalls,
      retried: this.retried,
      unseenDeletes: [...this.#unseenDeletes],
      restarts: this.#restarts,
      waits: this.#waits,
      notices: this.#notices,
    };
  }

  #countWritten(entry: WrittenCount): void {
    const name = `${entry.object} ${entry.side} ${entry.action}`;
    this.#written.set(name, { ...entry, count: (this.#written.get(name)?.count ?? 0) + entry.count });
  }

  #countKept(entry: KeptCount): void {
    const name = `${entry.object} ${entry.side} ${entry.field}`;
    const known = this.#kept.get(name);
    this.#kept.set(name, known === undefined ? entry : { ...known, count: known.count + entry.count });
  }

  #countOneSided({ object, code, message, key, lineKey }: OneSidedNote): void {
    const document = JSON.stringify([object, code, key, lineKey]);
    if (this.#knownOneSided.has(document)) return;
    if (this.#knownOneSided.size < ONE_SIDED_KNOWN_MAX) this.#knownOneSided.add(document);
    const example = { key, ...(lineKey === undefined ? {} : { lineKey }) };
    const name = `${object} ${code}`;
    const known = this.#oneSided.get(name) ?? { object, code, message, count: 0, examples: [] };
    this.#oneSided.set(name, {
      ...known,
      count: known.count + 1,
      examples: [...known.examples, example].slice(0, ONE_SIDED_EXAMPLES_MAX),
    });
  }

  /** One that waits and that several passes of a run meet counts once. */
  #addConflict({ conflict, isOpen }: MetConflict): void {
    if (isOpen) {
      const name = JSON.stringify([conflict.object, conflict.key, conflict.lineKey, conflict.field]);
      if (this.#openConflicts.has(name)) return;
      this.#openConflicts.add(name);
    }
    this.#conflicts.push(conflict);
  }

  /** The first reason counts. */
  #stop(stopped: StoppedObject): void {
    if (!this.#stopped.has(stopped.object)) this.#stopped.set(stopped.object, stopped);
  }
}

const nameOf = ({ object, key }: DocumentName): string => `${object} ${key}`;
