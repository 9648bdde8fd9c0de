/**
 * Seeds that were loaded beforehand: the records that the save pipeline makes of a story, put into a new org as they are.
 *
 * The pipeline needs a hundred milliseconds for the four hundred records of the demo company where it runs for the first
 * time; this needs a tenth. What differs from org to org (Ids, times, numbers) stands as a formula in its cell; the
 * records themselves are made, and compared with what the pipeline makes, by `prebuild.ts`.
 */
import assert from "node:assert/strict";
import { endOfTerm } from "../dml/rules/derived.ts";
import type { MockOrgCore } from "../org/org.ts";
import type { Transaction } from "../org/port.ts";
import type { FieldValue } from "../schema/definition.ts";
import { formatDatetime } from "../schema/temporal.ts";

/**
 * A value, or how to make it. Numbers and booleans are themselves; the first character of a text says what it is:
 *
 * - `=text` the text
 * - `#Object.n` the Id of the object's nth record, counted from 0
 * - `@seconds` a time so long after the org's present (mostly before: negative)
 * - `~days` a day this many days after the present one
 * - `^days+months` the last day of a term of months that begins at that day
 * - `%` the field's next automatic number
 */
export type Cell = string | number | boolean;

/** The records of one object. They refer only to records before them. */
export interface PrebuiltObject {
  readonly object: string;
  /** What the records have in common. */
  readonly same: Readonly<Record<string, Cell>>;
  /** The fields in which they differ, in the order of `rows`. A field that is in neither is null. */
  readonly fields: readonly string[];
  /** One list a record, as long as `fields`; null for an empty field. */
  readonly rows: readonly (readonly (Cell | null)[])[];
  /** What became of records that every org has: their number among the object's records, and the fields that changed. */
  readonly changed: readonly (readonly [number, Readonly<Record<string, Cell | null>>])[];
}

/** Puts the records into a new org, with Ids, times and numbers as the pipeline would have dealt them. */
export function loadPrebuilt(org: MockOrgCore, objects: readonly PrebuiltObject[]): void {
  const nowMs = org.clock.nowMs();
  org.transaction(org.systemActor, (tx) => {
    const reader = new CellReader(tx, nowMs);
    for (const { object, same, fields, rows, changed } of objects) {
      for (const [at, values] of changed) {
        const before = tx.get(object, reader.id(object, at));
        tx.replace(object, { ...before, ...reader.values(object, values) });
      }
      // Each record is made from the stored one before it, because such a copy has the form that the table stores.
      let last = reader.values(object, same);
      for (const cells of rows) {
        const id = reader.newId(object);
        const row: Record<string, FieldValue> = { ...last, Id: id };
        // The plain loop is the fastest where nothing is compiled yet.
        for (let at = 0; at < fields.length; at += 1) {
          const field = fields[at] ?? "";
          row[field] = reader.value(cells[at] ?? null, object, field);
        }
        tx.insert(object, row);
        last = tx.get(object, id) ?? last;
      }
    }
  });
}

const SECOND_MS = 1000;
const DAY_MS = 24 * 60 * 60 * SECOND_MS;

/** Turns cells into the values of one org at one moment. */
class CellReader {
  readonly #tx: Transaction;
  readonly #nowMs: number;
  readonly #ids = new Map<string, string[]>();
  /** Most cells stand there many times. */
  readonly #known = new Map<string, string>();

  constructor(tx: Transaction, nowMs: number) {
    this.#tx = tx;
    this.#nowMs = nowMs;
  }

  /** The Id of the object's next record. */
  newId(object: string): string {
    const id = this.#tx.newId(object);
    this.#idsOf(object).push(id);
    return id;
  }

  /** The Id of the object's nth record. */
  id(object: string, at: number): string {
    const id = this.#idsOf(object)[at];
    assert(id !== undefined, `a prebuilt seed refers to earlier records, unlike ${object} ${at}`);
    return id;
  }

  values(object: string, cells: Readonly<Record<string, Cell | null>>): Readonly<Record<string, FieldValue>> {
    const entries = Object.entries(cells);
    return Object.fromEntries(entries.map(([field, cell]) => [field, this.value(cell, object, field)]));
  }

  value(cell: Cell | null, object: string, field: string): FieldValue {
    if (typeof cell !== "string") return cell;
    if (cell === "%") return this.#tx.nextAutoNumber(object, field);
    let value = this.#known.get(cell);
    if (value === undefined) this.#known.set(cell, (value = this.#made(cell)));
    return value;
  }

  #made(cell: string): string {
    const rest = cell.slice(1);
    switch (cell.charAt(0)) {
      case "=":
        return rest;
      case "@":
        return formatDatetime(this.#nowMs + Number(rest) * SECOND_MS);
      case "~":
        return this.#day(Number(rest));
      case "#": {
        const [object = "", at] = rest.split(".");
        return this.id(object, Number(at));
      }
      case "^": {
        const [days, months] = rest.split("+");
        return endOfTerm(this.#day(Number(days)), Number(months));
      }
      default:
        throw new Error(`${cell} is no cell of a prebuilt seed`);
    }
  }

  #day(days: number): string {
    return new Date(this.#nowMs + days * DAY_MS).toISOString().slice(0, 10);
  }

  #idsOf(object: string): string[] {
    let ids = this.#ids.get(object);
    if (ids === undefined) {
      ids = [...this.#tx.rows(object)].map((row) => String(row["Id"]));
      this.#ids.set(object, ids);
    }
    return ids;
  }
}
