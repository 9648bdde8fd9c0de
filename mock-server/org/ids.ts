/**
 * Where record Ids and automatic numbers come from: counters that only go up, so nothing is handed out twice.
 *
 * A number is consumed even when the save that asked for it fails, as on the platform (reference: order-domain §1.0).
 */
import assert from "node:assert/strict";
import { formatAutoNumber } from "../schema/auto-number.ts";
import type { AutoNumber } from "../schema/definition.ts";
import { recordIdOf, to18 } from "../schema/record-id.ts";

/** Counters start within this range when a seed is given, which leaves hundreds of millions of Ids above it. */
const SEEDED_START_MAX = 200_000_000;
const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** An Id's key prefix, its constant middle, and its counter (15 characters in all). */
const COUNTER_FROM = 10;
const COUNTER_TO = 15;

/** What counters have reached, by key prefix for Ids and by `Object.Field` for automatic numbers. Plain data. */
export interface CounterState {
  readonly firstId: number;
  readonly ids: Readonly<Record<string, number>>;
  readonly numbers: Readonly<Record<string, number>>;
}

/** Hands out record Ids and automatic numbers of one org. */
export class Counters {
  /** What was reached when somebody last asked; forks share it. */
  #state: CounterState;
  /** The same as maps, once a number was handed out since. */
  #open: { readonly ids: Map<string, number>; readonly numbers: Map<string, number> } | undefined;
  #latest = "";

  /** Without a seed Ids begin at 1; with one they begin at a number that the seed decides, the same on every machine. */
  constructor(seed?: number | string) {
    const firstId = seed === undefined ? 1 : 1 + (hashOf(String(seed)) % SEEDED_START_MAX);
    this.#state = { firstId, ids: {}, numbers: {} };
  }

  /** The next 18-character Id with this key prefix, above all earlier ones. */
  nextId(keyPrefix: string): string {
    const { ids } = this.#opened();
    const counter = ids.get(keyPrefix) ?? this.#state.firstId;
    ids.set(keyPrefix, counter + 1);
    this.#latest = recordIdOf(keyPrefix, counter);
    return this.#latest;
  }

  /** Takes note of an Id that came from elsewhere (a snapshot file, a test), so that it is never handed out again. */
  observeId(id: string): void {
    // Nearly every record is stored right after its Id was handed out.
    if (id === this.#latest) return;
    const keyPrefix = id.slice(0, 3);
    if (id.slice(3, COUNTER_FROM) !== INSTANCE) return;
    const { ids } = this.#opened();
    const counter = counterOf(id);
    if (counter >= (ids.get(keyPrefix) ?? this.#state.firstId)) ids.set(keyPrefix, counter + 1);
  }

  /** The next automatic number of `Object.Field` in its display format; dates in the format are those of `nowMs`. */
  nextNumber(fieldName: string, autoNumber: AutoNumber, nowMs: number): string {
    const { numbers } = this.#opened();
    const number = numbers.get(fieldName) ?? autoNumber.start;
    numbers.set(fieldName, number + 1);
    return formatAutoNumber(autoNumber, number, nowMs);
  }

  get state(): CounterState {
    if (this.#open === undefined) return this.#state;
    const { ids, numbers } = this.#open;
    this.#open = undefined;
    this.#state = { ...this.#state, ids: Object.fromEntries(ids), numbers: Object.fromEntries(numbers) };
    return this.#state;
  }

  restore(state: CounterState): void {
    this.#state = state;
    this.#open = undefined;
  }

  #opened() {
    this.#open ??= {
      ids: new Map(Object.entries(this.#state.ids)),
      numbers: new Map(Object.entries(this.#state.numbers)),
    };
    return this.#open;
  }
}

const INSTANCE = recordIdOf("000", 0).slice(3, COUNTER_FROM);

function counterOf(id: string): number {
  assert(to18(id) === id, `a stored record Id has 18 characters and its checksum, unlike ${id}`);
  let counter = 0;
  for (const digit of id.slice(COUNTER_FROM, COUNTER_TO)) counter = counter * BASE62.length + BASE62.indexOf(digit);
  return counter;
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}
