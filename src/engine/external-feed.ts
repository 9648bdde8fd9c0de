/** Where the engine stands in the change feeds of the external system. */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { RunContext } from "./context.ts";
import { externalFeed } from "./detect.ts";

/**
 * The cursor to read on from; null reads everything for the first time. Where the adapter can tell a position before that
 * reading it is stored first: a record that we make and that is deleted before its page is done with is missed otherwise.
 */
export async function positionOf(
  context: RunContext,
  mapping: ObjectMapping,
  cursors: Readonly<Record<string, string>>,
): Promise<string | null> {
  const feed = externalFeed(feedName(mapping));
  const known = cursors[feed];
  if (known !== undefined) return known;
  const start = await context.ports.external.start?.(mapping.collection);
  if (start === undefined) return null;
  await context.lease.commit({ cursors: { [feed]: start } });
  return start;
}

/** Lets the adapter forget what is behind the stored cursor; not where two objects read one feed at their own pace. */
export async function acknowledge(context: RunContext, mapping: ObjectMapping, cursor: string): Promise<void> {
  const readers = context.ports.mapping.objects.filter((other) => other.collection === mapping.collection);
  if (readers.length === 1) await context.ports.external.acknowledge?.(mapping.collection, cursor);
}

/** Two objects may read one collection (a product and its price): each has a position of its own. */
export function feedName(mapping: ObjectMapping): string {
  return `${mapping.collection}:${mapping.object}`;
}
