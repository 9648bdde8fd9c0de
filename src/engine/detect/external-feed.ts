/** Where the engine is in the change feeds of the external system. */
import type { ObjectMapping } from "../../mapping/mapping.ts";
import type { RunContext } from "../context/context.ts";
import { externalFeed } from "./detect.ts";

/**
 * The stored positions, and one from before the first reading for every feed that has none and can tell it. Asked for
 * before anything is written: a record that we make, and that is deleted before its feed is read, is missed otherwise.
 */
export async function withFirstPositions(
  { ports, lease }: RunContext,
  cursors: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const first: Record<string, string> = {};
  for (const mapping of ports.mapping.objects) {
    const feed = externalFeed(feedName(mapping));
    const start = cursors[feed] === undefined ? await ports.external.start?.(mapping.collection) : undefined;
    if (start !== undefined) first[feed] = start;
  }
  if (Object.keys(first).length > 0) await lease.commit({ cursors: first });
  return { ...cursors, ...first };
}

/** The cursor to read on from; null reads everything for the first time. */
export function positionOf(mapping: ObjectMapping, cursors: Readonly<Record<string, string>>): string | null {
  return cursors[externalFeed(feedName(mapping))] ?? null;
}

/** Lets the adapter forget what is behind the stored cursor, as far as no other position needs it. */
export async function acknowledge(context: RunContext, mapping: ObjectMapping, cursor: string): Promise<void> {
  await context.ports.external.acknowledge?.(mapping.collection, cursor);
}

/** Two objects may read one collection (a product and its price): each has a position of its own. */
export function feedName(mapping: ObjectMapping): string {
  return `${mapping.collection}:${mapping.object}`;
}
