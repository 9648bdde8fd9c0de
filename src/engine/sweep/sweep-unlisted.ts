/**
 * Known records that can be read in the external system and that its list of all records does not name.
 *
 * A list may be narrower than one takes it for: a page size that the API cuts, a default filter on a status, a list that
 * comes back empty. Whatever changes in a record that it leaves out is seen by no run. A system that counts its records
 * shows that by its count (`sweep-proof.ts`); the others are asked for what they left out.
 */
import type { ExternalSystem } from "../../external/port.ts";
import { externalKey, externalView } from "../../mapping/external-view.ts";
import type { Mapping, ObjectMapping } from "../../mapping/mapping.ts";
import { parseBusinessKey } from "../../model/business-key.ts";
import type { BusinessKey, NaturalKey } from "../../model/key.ts";
import type { StateStore } from "../../state/port.ts";

/** Records of one object that their list leaves out. JSON-serializable. */
export interface UnlistedRecords {
  readonly object: string;
  readonly collection: string;
  /** How many there are; from `UNLISTED_READ_MAX` on there may be more. */
  readonly records: number;
  /** Up to five of their keys. */
  readonly examples: readonly BusinessKey[];
}

/** Records of an object that are asked for at most. */
export const UNLISTED_READ_MAX = 1_000;

const PAGE = 100;
const EXAMPLES_MAX = 5;

/** One sentence on records that a list leaves out. */
export function unlistedText({ object, collection, records, examples }: UnlistedRecords): string {
  const what = records === 1 ? "1 record is there and is" : `${String(records)} records are there and are`;
  const more = records > examples.length ? ", …" : "";
  return `${object}: ${what} not named by the list of all ${collection} (${examples.join(", ")}${more}). Runs do not see what changes in them, only sweeps do; make the list whole`;
}

/** Watches one reading of the external lists from their beginning. */
export class SweepUnlisted {
  readonly #mapping: Mapping;
  /** What a list named; absent until the list is read. */
  readonly #named = new Map<string, Set<string>>();
  /** Lists that were read to their end and that their system does not count. */
  readonly #uncounted = new Set<string>();

  constructor(mapping: Mapping) {
    this.#mapping = mapping;
  }

  /** The same external system; remembers what its lists name. A run reads a list after it has made what Salesforce has new. */
  watchExternal(external: ExternalSystem): Pick<ExternalSystem, "changes"> {
    return {
      changes: async (collection, cursor, limit) => {
        const page = await external.changes(collection, cursor, limit);
        const named = this.#namedIn(collection);
        if (cursor === null) this.#uncounted.delete(collection);
        for (const { naturalKey } of page.changes) named.add(JSON.stringify(naturalKey));
        if (page.more) return page;
        if (page.census === undefined) this.#uncounted.add(collection);
        else named.clear();
        return page;
      },
    };
  }

  /** Reads the known records that were not named, and tells those that are there. */
  async find(state: StateStore, external: ExternalSystem): Promise<readonly UnlistedRecords[]> {
    const found: UnlistedRecords[] = [];
    for (const mapping of this.#mapping.objects) {
      if (!this.#uncounted.has(mapping.collection)) continue;
      const keys = await this.#presentUnnamed(mapping, state, external);
      if (keys.length === 0) continue;
      const { object, collection } = mapping;
      found.push({ object, collection, records: keys.length, examples: keys.slice(0, EXAMPLES_MAX) });
    }
    return found;
  }

  async #presentUnnamed(
    mapping: ObjectMapping,
    state: StateStore,
    external: ExternalSystem,
  ): Promise<readonly BusinessKey[]> {
    const named = new Set<BusinessKey>();
    for (const text of this.#namedIn(mapping.collection)) {
      const key = externalKey(mapping, JSON.parse(text) as NaturalKey);
      if (key !== undefined) named.add(key);
    }
    const present: BusinessKey[] = [];
    let asked = 0;
    for (let after: BusinessKey | null = null; asked < UNLISTED_READ_MAX; ) {
      const keys: readonly BusinessKey[] = await state.keys(mapping.object, after, PAGE);
      after = keys.at(-1) ?? null;
      if (after === null) break;
      const unnamed = keys.filter((key) => !named.has(key));
      if (unnamed.length === 0) continue;
      asked += unnamed.length;
      const links = await state.links(mapping.object, unnamed);
      const naturalKeys = unnamed.flatMap((key) => {
        const naturalKey = links.get(key)?.naturalKey ?? parseBusinessKey(key)?.naturalKey;
        return naturalKey === undefined || naturalKey.length === 0 ? [] : [naturalKey];
      });
      for (const record of await external.read(mapping.collection, naturalKeys)) {
        const key = externalView(mapping, record).kind === "view" ? externalKey(mapping, record.naturalKey) : undefined;
        if (key !== undefined) present.push(key);
      }
    }
    return present;
  }

  #namedIn(collection: string): Set<string> {
    const named = this.#named.get(collection) ?? new Set<string>();
    this.#named.set(collection, named);
    return named;
  }
}
