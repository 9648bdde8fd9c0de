/** Dead letters whose reason is gone: a record that they missed has come to Salesforce since. */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { BusinessKey } from "../model/key.ts";
import type { RunContext } from "./context.ts";

/** The keys of refused documents that are worth another try. Reads links only; costs no call. */
export async function curedDeadLetters(context: RunContext, mapping: ObjectMapping): Promise<readonly BusinessKey[]> {
  const letters = context.memory
    .deadLetters(mapping.object)
    .map(({ key, obstacles }) => ({ key, missing: obstacles.flatMap((obstacle) => obstacle.missing ?? []) }))
    .filter(({ missing }) => missing.length > 0);
  const wanted = new Map<string, Set<BusinessKey>>();
  for (const { object, key } of letters.flatMap(({ missing }) => missing)) {
    const keys = wanted.get(object) ?? new Set();
    wanted.set(object, keys.add(key));
  }
  const present = new Set<string>();
  for (const [object, keys] of wanted) {
    for (const link of (await context.ports.state.links(object, [...keys])).values()) {
      const isThere = link.recordId !== null && !link.tombstone && link.deletedOn !== "salesforce";
      if (isThere) present.add(`${object} ${link.key}`);
    }
  }
  return letters
    .filter(({ missing }) => missing.some(({ object, key }) => present.has(`${object} ${key}`)))
    .map(({ key }) => key);
}
