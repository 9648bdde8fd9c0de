/**
 * Sorting: keys are computed once per row, text by its place in a dictionary, picklists by their defined order.
 *
 * Rows that compare equal keep their order, and rows come in order of Id, so every result has one order.
 * Source: reference: soql §8.5.
 */

import { type BoundExpression, type BoundOrder, fieldOf } from "../bind/bound.ts";
import type { ValueEmitter } from "./emit-value.ts";
import type { Emitter } from "./emitter.ts";
import { textOrderKey } from "./text-order.ts";

/** A value by which rows are compared; null stands for a missing one. */
export type SortKey = string | number | null;

/** The source of an expression's sort key. */
export function sortKeySource(emitter: Emitter, expression: BoundExpression, value: ValueEmitter): string {
  const source = value(expression);
  const key = emitter.temporary();
  switch (keyKind(expression)) {
    case "plain":
      return `(${source} ?? null)`;
    case "boolean":
      return `(${source} === true ? 1 : 0)`;
    case "text": {
      const order = emitter.shared("text order", () => textOrderKey);
      return `((${key} = ${source}) == null ? null : ${order}(${key}))`;
    }
    case "picklist": {
      const values = fieldOf(expression).field.picklistValues ?? [];
      const ranks = new Map(values.map((entry, rank) => [entry.value.toLowerCase(), rank]));
      const rank = emitter.constant(
        () =>
          (stored: string): SortKey =>
            ranks.get(stored.toLowerCase()) ?? textOrderKey(stored),
      );
      return `((${key} = ${source}) == null ? null : ${rank}(${key}))`;
    }
  }
}

/** Compares two keys without regard to direction; a value of a picklist outside its list stands behind the others. */
function compareKeys(a: SortKey, b: SortKey, nullsFirst: boolean, descending: boolean): number {
  if (a === b) return 0;
  if (a === null) return nullsFirst ? -1 : 1;
  if (b === null) return nullsFirst ? 1 : -1;
  const before = typeof a === typeof b ? a < b : typeof a === "number";
  return before === descending ? 1 : -1;
}

/**
 * The first `wanted` positions of `count` rows in sorted order; `keys[k][i]` is the k-th key of row i. Stable.
 *
 * Few rows of many are picked without sorting the rest.
 */
export function sortedPositions(
  keys: readonly (readonly SortKey[])[],
  orders: readonly Pick<BoundOrder, "nullsFirst" | "descending">[],
  count: number,
  wanted: number,
): readonly number[] {
  const compare = comparator(keys, orders);
  if (wanted <= PICKED_MAX && wanted * 8 < count) return pick(count, wanted, compare);
  const positions = Array.from({ length: count }, (_, position) => position);
  positions.sort(compare);
  return positions.length > wanted ? positions.slice(0, wanted) : positions;
}

/** The rows at these positions. */
export function rowsAt<T>(rows: readonly T[], positions: readonly number[]): readonly T[] {
  const picked: T[] = [];
  for (const position of positions) {
    const row = rows[position];
    if (row !== undefined) picked.push(row);
  }
  return picked;
}

/** Picking keeps a sorted list by insertion, which pays while that list is short. */
const PICKED_MAX = 2_000;

function pick(count: number, wanted: number, compare: (a: number, b: number) => number): readonly number[] {
  const picked: number[] = [];
  if (wanted === 0) return picked;
  for (let position = 0; position < count; position++) {
    const last = picked[picked.length - 1];
    if (picked.length === wanted && last !== undefined && compare(position, last) >= 0) continue;
    let low = 0;
    let high = picked.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(picked[middle] ?? 0, position) <= 0) low = middle + 1;
      else high = middle;
    }
    picked.splice(low, 0, position);
    if (picked.length > wanted) picked.pop();
  }
  return picked;
}

function comparator(
  keys: readonly (readonly SortKey[])[],
  orders: readonly Pick<BoundOrder, "nullsFirst" | "descending">[],
): (a: number, b: number) => number {
  const [firstKeys] = keys;
  const [first] = orders;
  if (keys.length === 1 && firstKeys !== undefined && first !== undefined) {
    const { nullsFirst, descending } = first;
    return (a, b) => compareKeys(firstKeys[a] ?? null, firstKeys[b] ?? null, nullsFirst, descending);
  }
  return (a, b) => {
    for (let k = 0; k < orders.length; k++) {
      const column = keys[k];
      const order = orders[k];
      if (column === undefined || order === undefined) break;
      const result = compareKeys(column[a] ?? null, column[b] ?? null, order.nullsFirst, order.descending);
      if (result !== 0) return result;
    }
    return 0;
  };
}

function keyKind(expression: BoundExpression): "plain" | "boolean" | "text" | "picklist" {
  switch (expression.kind) {
    case "dateFunction":
    case "grouping":
    case "distance":
      return "plain";
    case "label":
    case "format":
    case "currency":
      return "text";
    case "aggregate":
      if (expression.name !== "MIN" && expression.name !== "MAX") return "plain";
      return keyKind(expression.field);
    case "field":
      switch (expression.field.type) {
        case "boolean":
          return "boolean";
        case "picklist":
          return "picklist";
        case "id":
        case "reference":
        case "int":
        case "double":
        case "currency":
        case "percent":
        case "date":
        case "datetime":
        case "time":
          return "plain";
        default:
          return "text";
      }
  }
}
