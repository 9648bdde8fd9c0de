/** Nominations: the keys and record Ids that a pass reads and compares, each with the evidence of a deletion if any. */
import type { BusinessKey, NaturalKey, RecordId } from "../../model/key.ts";
import type { Fields, Side } from "../../model/value.ts";

/** One document to look at. At least one of `key` and `recordId` is there. */
export interface Nomination {
  readonly key: BusinessKey | null;
  readonly recordId: RecordId | null;
  /** The side whose feed said that the record was deleted: positive evidence, never mere absence. */
  readonly deletedOn: Side | null;
  /** The root's fields as the feed showed them, where it did: they tell the parents before the record is read. */
  readonly seen?: Fields;
  /** How the external system spells the key, as far as its feed told: blanks and case may differ from the key. */
  readonly naturalKeys?: readonly NaturalKey[];
}

/** Collects nominations without doubles; evidence of a deletion is never lost by a later mention. */
export class NominationSet {
  readonly #byKey = new Map<BusinessKey, Nomination>();
  readonly #byRecordId = new Map<RecordId, Nomination>();

  addKey(key: BusinessKey, deletedOn: Side | null = null, seen?: Fields): void {
    this.#byKey.set(key, merged({ key, recordId: null, deletedOn }, seen, this.#byKey.get(key)));
  }

  /** A key of the external feed, with the spelling that the feed used. */
  addExternal(key: BusinessKey, naturalKey: NaturalKey, deletedOn: Side | null): void {
    const known = this.#byKey.get(key);
    const naturalKeys = [...(known?.naturalKeys ?? []), naturalKey];
    this.#byKey.set(key, { ...merged({ key, recordId: null, deletedOn }, undefined, known), naturalKeys });
  }

  addRecordId(recordId: RecordId, deletedOn: Side | null = null, seen?: Fields): void {
    const known = this.#byRecordId.get(recordId);
    this.#byRecordId.set(recordId, merged({ key: null, recordId, deletedOn }, seen, known));
  }

  get size(): number {
    return this.#byKey.size + this.#byRecordId.size;
  }

  /** The nominations in parts of at most `count`. */
  *parts(count: number): Generator<readonly Nomination[]> {
    const all = [...this.#byKey.values(), ...this.#byRecordId.values()];
    for (let start = 0; start < all.length; start += count) yield all.slice(start, start + count);
  }
}

function merged(mention: Nomination, seen: Fields | undefined, known: Nomination | undefined): Nomination {
  const fields = seen ?? known?.seen;
  return {
    ...mention,
    deletedOn: mention.deletedOn ?? known?.deletedOn ?? null,
    ...(fields === undefined ? {} : { seen: fields }),
  };
}
