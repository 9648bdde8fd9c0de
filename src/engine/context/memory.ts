/** What waits and what was refused: loaded once when a run starts, kept up to date by every commit of the run. */
import type { BusinessKey } from "../../model/key.ts";
import type { StateStore, StoredConflict } from "../../state/port.ts";
import type { DeadLetter, Parked } from "../../sync/decision.ts";

/** More open conflicts than a person will ever answer; older ones come up when newer ones are settled. */
const OPEN_CONFLICTS_MAX = 10_000;

/** The held documents and open conflicts of one run. */
export class RunMemory {
  /** Collections in which a lock has cost its waiting time in this run, with the reason that was given first. */
  readonly lockedCollections = new Map<string, string>();
  #parked = new Map<string, Parked>();
  #deadLetters = new Map<string, DeadLetter>();
  /** The refused documents that refer to a record, by that record. */
  readonly #dependents = new Map<string, Set<string>>();
  #conflicts = new Map<string, readonly StoredConflict[]>();

  private constructor() {}

  static async load(state: StateStore): Promise<RunMemory> {
    const memory = new RunMemory();
    await memory.reload(state);
    return memory;
  }

  /** Takes up what the state holds now: other processes have worked on it. */
  async reload(state: StateStore): Promise<void> {
    const parked = await state.parked();
    const deadLetters = await state.deadLetters();
    const conflicts = await state.conflicts({ open: true, limit: OPEN_CONFLICTS_MAX });
    this.#parked = new Map(parked.map((entry) => [name(entry.object, entry.key), entry]));
    this.#deadLetters = new Map(deadLetters.map((entry) => [name(entry.object, entry.key), entry]));
    this.#dependents.clear();
    for (const deadLetter of deadLetters) this.#remember(deadLetter);
    this.#conflicts = new Map();
    for (const conflict of conflicts) {
      const of = name(conflict.object, conflict.key);
      this.#conflicts.set(of, [...(this.#conflicts.get(of) ?? []), conflict]);
    }
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

  #remember(deadLetter: DeadLetter): void {
    for (const { object, key } of deadLetter.dependsOn ?? []) {
      const dependents = this.#dependents.get(name(object, key)) ?? new Set();
      this.#dependents.set(name(object, key), dependents.add(name(deadLetter.object, deadLetter.key)));
    }
  }
}

const name = (object: string, key: BusinessKey): string => `${object} ${key}`;
