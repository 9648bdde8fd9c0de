/**
 * Lanes: parts of a level that may be worked on at the same time, because no record and no parent is in two of them.
 *
 * Salesforce locks the account of an order, the product of a price and so on while a row is saved; two writers under one
 * parent only make each other fail (`UNABLE_TO_LOCK_ROW`).
 */

/** How a level is split. */
export interface LaneLimits {
  /** This many lanes at most. */
  readonly lanesMax: number;
  /**
   * Documents that are worth a lane: there are no more lanes than the documents fill to this number, and fuller ones hold
   * a multiple of it. Smaller lanes cost more API calls, because each is read by a call of its own.
   */
  readonly laneDocuments: number;
}

/**
 * Parts the items into lanes. Each item comes with the names of the records it touches; items that share a name, directly
 * or through others, come into one lane, in their order. Every item is in exactly one lane; no lane is empty. Pure.
 */
export function assignLanes<Item>(
  items: readonly Item[],
  namesOf: (item: Item) => readonly string[],
  { lanesMax, laneDocuments }: LaneLimits,
): readonly (readonly Item[])[] {
  const capacity = Math.ceil(items.length / lanesMax / laneDocuments) * laneDocuments;
  const lanes: Item[][] = [];
  const groups = [...connected(items, namesOf)].sort((left, right) => right.length - left.length);
  for (const group of groups) {
    const fitting = lanes.find((lane) => lane.length + group.length <= capacity);
    const lane = fitting ?? (lanes.length < lanesMax ? undefined : shortest(lanes));
    if (lane === undefined) lanes.push([...group]);
    else lane.push(...group);
  }
  return lanes;
}

function shortest<Item>(lanes: readonly Item[][]): Item[] | undefined {
  let found = lanes[0];
  for (const lane of lanes) if (found === undefined || lane.length < found.length) found = lane;
  return found;
}

/** The items in groups that share names: a union of sets with path halving. */
function connected<Item>(
  items: readonly Item[],
  namesOf: (item: Item) => readonly string[],
): Iterable<readonly Item[]> {
  const parents = items.map((_, index) => index);
  const root = (index: number): number => {
    let at = index;
    for (let up = parents[at] ?? at; up !== at; up = parents[at] ?? at) {
      parents[at] = parents[up] ?? up;
      at = up;
    }
    return at;
  };
  const owners = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    for (const name of namesOf(item)) {
      const owner = owners.get(name);
      if (owner === undefined) owners.set(name, index);
      else parents[root(index)] = root(owner);
    }
  }
  const groups = new Map<number, Item[]>();
  for (const [index, item] of items.entries()) {
    const group = groups.get(root(index));
    if (group === undefined) groups.set(root(index), [item]);
    else group.push(item);
  }
  return groups.values();
}
