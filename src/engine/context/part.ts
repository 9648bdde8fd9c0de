/** What one part of a run did: a pass, a recovery or a job. Parts are returned, and the run adds them up. */
import type { BusinessKey, LineKey } from "../../model/key.ts";
import type { Side } from "../../model/value.ts";
import type { Conflict, Kept, Obstacle } from "../../sync/decision.ts";
import type { DocumentName, KeptCount, StoppedObject, UnsyncedDocument, WrittenCount } from "./report.ts";

/** A conflict as a part met it. */
export interface MetConflict {
  readonly conflict: Conflict;
  /** Whether it waits; several passes of a run may meet the same one. */
  readonly isOpen: boolean;
}

/** A note that a document, or a line of it, stands on one side only. */
export interface OneSidedNote {
  readonly object: string;
  readonly code: string;
  readonly message: string;
  readonly key: BusinessKey;
  readonly lineKey?: LineKey;
}

/** What a part of a run did, in the order in which it happened. JSON-serializable. */
export interface PartReport {
  /** Documents written, over all objects and sides. */
  readonly writes: number;
  readonly written: readonly WrittenCount[];
  readonly conflicts: readonly MetConflict[];
  readonly unsynced: readonly UnsyncedDocument[];
  /** Documents that waited or were refused, and do not any more. */
  readonly released: readonly DocumentName[];
  readonly keptOtherwise: readonly KeptCount[];
  readonly oneSided: readonly OneSidedNote[];
  /** Objects that have to stand still for the rest of the run. */
  readonly stopped: readonly StoppedObject[];
  /** Dead letters that refer to a record which the part wrote or found changed. */
  readonly retriggered: readonly DocumentName[];
  /** Intents that were looked up. */
  readonly recovered: number;
  /** Documents that were read and compared. */
  readonly compared: number;
  /** The write calls that the sequencer predicted. */
  readonly predictedWriteCalls: number;
  /** API calls of another process; a process counts its own by itself. */
  readonly apiCalls: number;
}

/** A part in which nothing happened. */
export const NOTHING_DONE: PartReport = {
  writes: 0,
  written: [],
  conflicts: [],
  unsynced: [],
  released: [],
  keptOtherwise: [],
  oneSided: [],
  stopped: [],
  retriggered: [],
  recovered: 0,
  compared: 0,
  predictedWriteCalls: 0,
  apiCalls: 0,
};

/** Several parts, one after the other, as one. */
export function joinParts(parts: readonly PartReport[]): PartReport {
  const sum = (count: (part: PartReport) => number): number => parts.reduce((total, part) => total + count(part), 0);
  const unsynced = new Map<string, UnsyncedDocument>();
  const released = new Map<string, DocumentName>();
  for (const part of parts) {
    for (const document of part.released) {
      released.set(nameOf(document), document);
      unsynced.delete(nameOf(document));
    }
    for (const document of part.unsynced) {
      unsynced.set(nameOf(document), document);
      released.delete(nameOf(document));
    }
  }
  return {
    writes: sum(({ writes }) => writes),
    written: parts.flatMap(({ written }) => written),
    conflicts: parts.flatMap(({ conflicts }) => conflicts),
    unsynced: [...unsynced.values()],
    released: [...released.values()],
    keptOtherwise: parts.flatMap(({ keptOtherwise }) => keptOtherwise),
    oneSided: parts.flatMap(({ oneSided }) => oneSided),
    stopped: parts.flatMap(({ stopped }) => stopped),
    retriggered: parts.flatMap(({ retriggered }) => retriggered),
    recovered: sum(({ recovered }) => recovered),
    compared: sum(({ compared }) => compared),
    predictedWriteCalls: sum(({ predictedWriteCalls }) => predictedWriteCalls),
    apiCalls: sum(({ apiCalls }) => apiCalls),
  };
}

/** Notes that tell of a document or line which one side has and the other does not get. */
const ONE_SIDED: ReadonlySet<string> = new Set([
  "FILTERED",
  "CREATE_NOT_ALLOWED",
  "DELETE_NOT_PROPAGATED",
  "DELETED_BEFORE_AGREEMENT",
  "MERGED_AWAY",
  "FOREIGN_LINES",
  "LINE_IGNORED",
]);

/** Collects what the documents of one pass came to. It lives as long as the pass. */
export class PartTally {
  #writes = 0;
  readonly #written: WrittenCount[] = [];
  readonly #conflicts: MetConflict[] = [];
  readonly #unsynced = new Map<string, UnsyncedDocument>();
  readonly #released = new Map<string, DocumentName>();
  readonly #kept: KeptCount[] = [];
  readonly #oneSided: OneSidedNote[] = [];
  readonly #retriggered: DocumentName[] = [];

  /** Documents written so far. */
  get writes(): number {
    return this.#writes;
  }

  /** Counts one written document once per action. */
  addWritten(object: string, side: Side, actions: readonly string[]): void {
    this.#writes += 1;
    for (const action of actions) this.#written.push({ object, side, action, count: 1 });
  }

  /** Values of a document that a side shows otherwise than they were sent. */
  addKept({ object, key }: DocumentName, pairs: readonly Kept[]): void {
    for (const { side, lineKey, field, sent, shown = null } of pairs) {
      const example = { key, ...(lineKey === undefined ? {} : { lineKey }), sent, kept: shown };
      this.#kept.push({ object, side, field, count: 1, example });
    }
  }

  /** Keeps those notes on a document that say that it, or a line of it, stands on one side only. */
  addNotes({ object, key }: DocumentName, notes: readonly Obstacle[]): void {
    for (const { code, message, lineKey } of notes) {
      if (!ONE_SIDED.has(code)) continue;
      this.#oneSided.push({ object, code, message, key, ...(lineKey === undefined ? {} : { lineKey }) });
    }
  }

  addConflicts(conflicts: readonly Conflict[], { isOpen }: Pick<MetConflict, "isOpen">): void {
    this.#conflicts.push(...conflicts.map((conflict) => ({ conflict, isOpen })));
  }

  addUnsynced(unsynced: UnsyncedDocument): void {
    this.#unsynced.set(nameOf(unsynced), unsynced);
    this.#released.delete(nameOf(unsynced));
  }

  /** A document that was held does not wait any more. */
  release({ object, key }: DocumentName): void {
    this.#unsynced.delete(nameOf({ object, key }));
    this.#released.set(nameOf({ object, key }), { object, key });
  }

  /** Dead letters that refer to a record which moved. */
  retrigger(deadLetters: readonly DocumentName[]): void {
    this.#retriggered.push(...deadLetters.map(({ object, key }) => ({ object, key })));
  }

  /** What was collected, with what the pass itself counted. */
  part(counts: Partial<Pick<PartReport, "stopped" | "compared" | "predictedWriteCalls">>): PartReport {
    return {
      ...NOTHING_DONE,
      ...counts,
      writes: this.#writes,
      written: this.#written,
      conflicts: this.#conflicts,
      unsynced: [...this.#unsynced.values()],
      released: [...this.#released.values()],
      keptOtherwise: this.#kept,
      oneSided: this.#oneSided,
      retriggered: this.#retriggered,
    };
  }
}

const nameOf = ({ object, key }: DocumentName): string => `${object} ${key}`;
