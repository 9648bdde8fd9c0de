/** Collects what the feeds name for one wave, each document once. */
import type { Nomination } from "../engine/read/nominations.ts";
import type { WaveItem } from "./dispatch.ts";

/**
 * The items of a wave. A document that two feeds name is looked at once, unless the later one has evidence of a deletion
 * that the earlier one has not: both mentions are in one lane then, one after the other. Spellings of the external key
 * are kept from all mentions.
 */
export class WaveItems {
  #items: WaveItem[] = [];
  /** Place of the latest mention, by key or Id. */
  #latest = new Map<string, number>();

  get size(): number {
    return this.#items.length;
  }

  add(mention: Nomination, feed: WaveItem["feed"]): void {
    const name = mention.key ?? `#${mention.recordId ?? ""}`;
    const at = this.#latest.get(name);
    const known = at === undefined ? undefined : this.#items[at];
    if (at === undefined || known === undefined) {
      this.#latest.set(name, this.#items.push({ nomination: mention, feed }) - 1);
      return;
    }
    const nomination = spelledAs(known.nomination, mention);
    this.#items[at] = { ...known, nomination };
    const gone = mention.deletedOn !== null && mention.deletedOn !== nomination.deletedOn;
    const named = mention.recordId !== null && nomination.recordId === null;
    if (!gone && !named) return;
    this.#latest.set(name, this.#items.push({ nomination: spelledAs(mention, nomination), feed }) - 1);
  }

  /** Gives all items and begins anew. */
  take(): readonly WaveItem[] {
    const items = this.#items;
    this.#items = [];
    this.#latest = new Map();
    return items;
  }
}

/** The nomination with the other one's spellings of the key. */
function spelledAs(nomination: Nomination, other: Nomination): Nomination {
  const naturalKeys = [...(nomination.naturalKeys ?? []), ...(other.naturalKeys ?? [])];
  return naturalKeys.length === 0 ? nomination : { ...nomination, naturalKeys };
}
