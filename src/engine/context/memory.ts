/** What waits and what was refused: loaded once when a run starts, kept up to date by every commit of the run. */
import type { BusinessKey } from "../../model/key.ts";
import type { StateStore, StoredConflict } from "../../state/port.ts";
import type { DeadLetter, Parked } from "../../sync/decision.ts";

/** Documents of one object that are looked at once more in a run: some ten calls, and little memory. */
const SECOND_LOOKS_MAX = 10_000;

/** More open conflicts than a person will ever answer; older ones come up when newer ones are settled. */
const OPEN_CONFLICTS_MAX = 10_000;

/** Deletions of one kind in one run. */
export interface DeletionCount {
  /** Deletions that were let through. */
  made: number;
  /** Documents that wait until all deletions are known, each with the number of its own. */
  readonly waiting: Map<BusinessKey, number>;
  /** True once they are known to be few enough. */
  allowed: boolean;
}

/** The deletions of one object in one run: of records, and of lines whose record stays. */
export interface DeletionTally {
  readonly records: DeletionCount;
  readonly lines: DeletionCount;
}

/** The held documents and open conflicts of one run. */
export class RunMemory {
  /** Collections in which a lock has cost its waiting time in this run, with the reason that was given first. */
  readonly lockedCollections = new Map<string, string>();
  readonly #parked: Map<string, Parked>;
  readonly #deadLetters: Map<string, DeadLetter>;
  /** The refused documents that refer to a record, by that record. */
  readonly #dependents = new Map<string, Set<string>>();
  readonly #conflicts: Map<string, readonly StoredConflict[]>;
  readonly #deletions = new Map<string, DeletionTally>();
  /** Objects with a write of this run whose fate is unknown. */
  readonly #doubtful = new Set<string>();
  readonly #recovered = new Map<string, Set<BusinessKey>>();

  private constructor(
    parked: readonly Parked[],
    deadLetters: readonly DeadLetter[],
    conflicts: readonly StoredConflict[],
  ) {
    this.#parked = new Map(parked.map((entry) => [name(entry.object, entry.key), entry]));
    this.#deadLetters = new Map(deadLetters.map((entry) => [name(entry.object, entry.key), entry]));
    for (const letter of deadLetters) this.#remember(letter);
    this.#conflicts = new Map();
    for (const conflict of conflicts) {
      const of = name(conflict.object, conflict.key);
      this.#conflicts.set(of, [...(this.#conflicts.get(of) ?? []), conflict]);
    }
  }

  static async load(state: StateStore): Promise<RunMemory> {
    return new RunMemory(
      await state.parked(),
      await state.deadLetters(),
      await state.conflicts({ open: true, limit: OPEN_CONFLICTS_MAX }),
    );
  }

  parked(object: string, key: BusinessKey): Parked | undefined {
    return this.#parked.get(name(object, key));
  }

  /** Keys of an object that wait. */
  parkedKeys(object: string): readonly BusinessKey[] {
    return [...this.#parked.values()].filter((entry) => entry.object === object).map((entry) => entry.key);
  }

  /** The refused documents of an object. */
  deadLetters(object: string): readonly DeadLetter[] {
    return [...this.#deadLetters.values()].filter((entry) => entry.object === object);
  }

  deadLetter(object: string, key: BusinessKey): DeadLetter | undefined {
    return this.#deadLetters.get(name(object, key));
  }

  get deadLetterCount(): number {
    return this.#deadLetters.size;
  }

  /** The refused documents that refer to this record. */
  dependentsOf(object: string, key: BusinessKey): readonly DeadLetter[] {
    const dependents = this.#dependents.get(name(object, key));
    if (dependents === undefined) return [];
    return [...dependents].flatMap((dependent) => this.#deadLetters.get(dependent) ?? []);
  }

  /** Conflicts that wait for a person or for the run that carries out the person's answer. */
  openConflicts(object: string, key: BusinessKey): readonly StoredConflict[] {
    return this.#conflicts.get(name(object, key)) ?? [];
  }

  /** The deletions of an object so far, to be brought up to date in place. */
  deletions(object: string): DeletionTally {
    const tally = this.#deletions.get(object) ?? { records: noDeletions(), lines: noDeletions() };
    this.#deletions.set(object, tally);
    return tally;
  }

  /** Keys of an object that this run itself has recovered and must compare anew. */
  recovered(object: string, keys: readonly BusinessKey[]): void {
    const known = this.#recovered.get(object) ?? new Set();
    for (const key of keys) known.add(key);
    this.#recovered.set(object, known);
  }

  /**
   * A key whose written values may be kept otherwise: it is looked at once more in this run, so that the run can tell.
   * What goes beyond the bound is left to the next poll.
   */
  lookAgain(object: string, key: BusinessKey): void {
    if ((this.#recovered.get(object)?.size ?? 0) < SECOND_LOOKS_MAX) this.recovered(object, [key]);
  }

  /** The recovered keys of an object; forgets them. */
  takeRecovered(object: string): readonly BusinessKey[] {
    const keys = [...(this.#recovered.get(object) ?? [])];
    this.#recovered.delete(object);
    return keys;
  }

  /** A write of this object got no answer: its intent has to be looked up. */
  doubt(object: string): void {
    this.#doubtful.add(object);
  }

  /** Whether an intent of this object has to be looked up; forgets it. */
  takeDoubt(object: string): boolean {
    return this.#doubtful.delete(object);
  }

  /** A conflict that a pass of this run has stored: a later pass over the same key meets it again. */
  keepConflict(conflict: StoredConflict): void {
    const of = name(conflict.object, conflict.key);
    const others = (this.#conflicts.get(of) ?? []).filter((one) => one.id !== conflict.id);
    this.#conflicts.set(of, [...others, conflict]);
  }

  park(entry: Parked): void {
    this.#parked.set(name(entry.object, entry.key), entry);
    this.#deadLetters.delete(name(entry.object, entry.key));
  }

  reject(entry: DeadLetter): void {
    this.#deadLetters.set(name(entry.object, entry.key), entry);
    this.#remember(entry);
    this.#parked.delete(name(entry.object, entry.key));
  }

  /** The document is written or agrees: nothing holds it any more. */
  release(object: string, key: BusinessKey): void {
    this.#parked.delete(name(object, key));
    this.#deadLetters.delete(name(object, key));
    this.#conflicts.delete(name(object, key));
  }

  #remember(letter: DeadLetter): void {
    for (const { object, key } of letter.dependsOn ?? []) {
      const dependents = this.#dependents.get(name(object, key)) ?? new Set();
      this.#dependents.set(name(object, key), dependents.add(name(letter.object, letter.key)));
    }
  }
}

const name = (object: string, key: BusinessKey): string => `${object} ${key}`;

function noDeletions(): DeletionCount {
  return { made: 0, waiting: new Map(), allowed: false };
}
