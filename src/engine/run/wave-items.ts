/** Collects what the feeds name for one wave, each document once. */
import type { Side } from "../../model/value.ts";
import type { Nomination } from "../read/nominations.ts";

/** A nomination with the feed that named it; `waiting` names what was held before. */
export interface WaveItem {
  readonly nomination: Nomination;
  readonly feed: Side | "waiting";
}

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

  /** Gives all items and begins again. */
  take(): readonly WaveItem[] {
    const items = this.#items;
    this.#items = [];
    this.#latest = new Map();
    return items;
  }
}

/** The items by feed, in the order in which they are worked on, in pages of at most `size`. */
export function pagesOf(items: readonly WaveItem[], size: number): readonly WavePage[] {
  return (["waiting", "salesforce", "external"] as const).flatMap((feed) => {
    const named = items.filter((item) => item.feed === feed).map(({ nomination }) => nomination);
    return chunks(named, size).map((nominations) => ({ feed, nominations }));
  });
}

/** What one pass gets of a wave. */
export interface WavePage {
  readonly feed: WaveItem["feed"];
  readonly nominations: readonly Nomination[];
}

/** Parts of at most `size`, in their order. */
export function chunks<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

/** The nomination with the other one's spellings of the key. */
function spelledAs(nomination: Nomination, other: Nomination): Nomination {
  const naturalKeys = [...(nomination.naturalKeys ?? []), ...(other.naturalKeys ?? [])];
  return naturalKeys.length === 0 ? nomination : { ...nomination, naturalKeys };
}
