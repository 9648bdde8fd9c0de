/** What waits and what was refused: loaded once when a run starts, kept up to date by every commit of the run. */
import type { BusinessKey } from "../model/key.ts";
import type { StateStore, StoredConflict } from "../state/port.ts";
import type { DeadLetter, Parked } from "../sync/decision.ts";

/** More open conflicts than a person will ever answer; older ones come up when newer ones are settled. */
const OPEN_CONFLICTS_MAX = 10_000;

/** The held documents and open conflicts of one run. */
export class RunMemory {
  readonly #parked: Map<string, Parked>;
  readonly #deadLetters: Map<string, DeadLetter>;
  readonly #conflicts: Map<string, readonly StoredConflict[]>;
  /** Objects with a write of this run whose fate is unknown. */
  readonly #doubtful = new Set<string>();
  readonly #deletes = new Map<string, number>();

  private constructor(
    parked: readonly Parked[],
    deadLetters: readonly DeadLetter[],
    conflicts: readonly StoredConflict[],
  ) {
    this.#parked = new Map(parked.map((entry) => [name(entry.object, entry.key), entry]));
    this.#deadLetters = new Map(deadLetters.map((entry) => [name(entry.object, entry.key), entry]));
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

  deadLetter(object: string, key: BusinessKey): DeadLetter | undefined {
    return this.#deadLetters.get(name(object, key));
  }

  /** Conflicts that wait for a person or for the run that carries out the person's answer. */
  openConflicts(object: string, key: BusinessKey): readonly StoredConflict[] {
    return this.#conflicts.get(name(object, key)) ?? [];
  }

  /** How many documents of each object this run has deleted. */
  get deletes(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#deletes);
  }

  countDelete(object: string): void {
    this.#deletes.set(object, (this.#deletes.get(object) ?? 0) + 1);
  }

  /** A write of this object got no answer: its intent has to be looked up. */
  doubt(object: string): void {
    this.#doubtful.add(object);
  }

  /** Whether an intent of this object has to be looked up; forgets it. */
  takeDoubt(object: string): boolean {
    return this.#doubtful.delete(object);
  }

  park(entry: Parked): void {
    this.#parked.set(name(entry.object, entry.key), entry);
    this.#deadLetters.delete(name(entry.object, entry.key));
  }

  reject(entry: DeadLetter): void {
    this.#deadLetters.set(name(entry.object, entry.key), entry);
    this.#parked.delete(name(entry.object, entry.key));
  }

  /** The document is written or agrees: nothing holds it any more. */
  release(object: string, key: BusinessKey): void {
    this.#parked.delete(name(object, key));
    this.#deadLetters.delete(name(object, key));
    this.#conflicts.delete(name(object, key));
  }
}

const name = (object: string, key: BusinessKey): string => `${object} ${key}`;
