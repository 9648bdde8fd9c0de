/** What a run has looked up in order to match records, so that it looks once. */
import type { BusinessKey, RecordId } from "../../model/key.ts";

/** Names of records by what they are matched by. */
export type MatchTable<Name> = ReadonlyMap<string, readonly Name[]>;

/** The lookups of one run, by object. */
export class MatchCache {
  readonly #counts = new Map<string, Promise<number>>();
  readonly #salesforce = new Map<string, Promise<MatchTable<RecordId>>>();
  readonly #external = new Map<string, Promise<MatchTable<BusinessKey>>>();

  /** How many records of the object had no key when the run first asked. */
  count(object: string, look: () => Promise<number>): Promise<number> {
    return once(this.#counts, object, look);
  }

  /** The Ids of all records without a key. */
  salesforce(object: string, look: () => Promise<MatchTable<RecordId>>): Promise<MatchTable<RecordId>> {
    return once(this.#salesforce, object, look);
  }

  /** The keys of all external records that the mapping lets take part. */
  external(object: string, look: () => Promise<MatchTable<BusinessKey>>): Promise<MatchTable<BusinessKey>> {
    return once(this.#external, object, look);
  }
}

async function once<Result>(
  known: Map<string, Promise<Result>>,
  name: string,
  look: () => Promise<Result>,
): Promise<Result> {
  const running = known.get(name) ?? look();
  known.set(name, running);
  try {
    return await running;
  } catch (error) {
    // Whoever asks again looks again: a worker goes on after an outage.
    known.delete(name);
    throw error;
  }
}
