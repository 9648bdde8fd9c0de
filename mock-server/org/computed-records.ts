/**
 * What readers see beyond the stored values: formula fields, which a parent's change or the passing of time moves, and
 * the dates at which this very user looked at a record.
 *
 * Objects without formula fields, read by users who looked at nothing, cost nothing: their rows are passed on as they are.
 */

import type { Catalog, SObjectType } from "../schema/catalog.ts";
import { type ComputedField, formulaFields } from "../schema/computed.ts";
import type { Row } from "../schema/definition.ts";
import { datetimeMs } from "../schema/temporal.ts";
import type { SoqlDataset } from "../soql/base/port.ts";
import type { Transaction } from "./port.ts";

/** What turns a stored row into the one that a reader sees. */
type View = (row: Row) => Row;

/** The record as the transaction's actor reads it. */
export function computedRow(tx: Transaction, object: string, row: Row): Row {
  return viewOf(tx, object)?.(row) ?? row;
}

/** The same dataset as the transaction's actor reads it. */
export function computedRecords(tx: Transaction, data: SoqlDataset): SoqlDataset {
  const views = new Map<string, View | undefined>();
  const of = (object: string): View | undefined => {
    if (!views.has(object)) views.set(object, viewOf(tx, object));
    return views.get(object);
  };
  const each = (object: string, rows: Iterable<Row>): Iterable<Row> => {
    const view = of(object);
    return view === undefined ? rows : mapped(rows, view);
  };
  return {
    get(object, id) {
      const row = data.get(object, id);
      return row === undefined ? undefined : (of(object)?.(row) ?? row);
    },
    rows: (object) => each(object, data.rows(object)),
    count: (object) => data.count(object),
    hasIndex: (object, field) => data.hasIndex(object, field),
    find(object, field, value) {
      const view = of(object);
      const rows = data.find(object, field, value);
      return view === undefined ? rows : rows.map(view);
    },
    byStamp: (object, from, to) => each(object, data.byStamp(object, from, to)),
  };
}

function* mapped(rows: Iterable<Row>, view: View): Generator<Row, void, undefined> {
  for (const row of rows) yield view(row);
}

function viewOf(tx: Transaction, object: string): View | undefined {
  const dates = tx.viewDates();
  const fields = formulasOf(tx.catalog, object);
  if (fields.length === 0) return dates;
  return (row) => compute(tx, fields, dates?.(row) ?? row);
}

function compute(tx: Transaction, fields: readonly ComputedField[], row: Row): Row {
  const context = {
    nowMs: datetimeMs(tx.now),
    user: tx.get("User", tx.actor.userId) ?? {},
    timeZone: tx.actor.timeZone,
    holds: (permission: string): boolean => tx.actor.access.has(permission),
    find: (object: string, where?: { readonly field: string; readonly value: string }): Row | undefined => {
      const [found] = where === undefined ? tx.rows(object) : tx.find(object, where.field, where.value);
      return found;
    },
  };
  const parents = (object: string, id: string): Row | undefined => tx.get(object, id);
  const values = fields.map((computed) => [computed.field.name, computed.value(row, parents, context)]);
  return { ...row, ...Object.fromEntries(values) };
}

function formulasOf(catalog: Catalog, object: string): readonly ComputedField[] {
  const type = catalog.object(object);
  if (type === undefined) return [];
  const known = FORMULAS.get(type);
  if (known !== undefined) return known;
  const found = formulaFields(type, catalog);
  FORMULAS.set(type, found);
  return found;
}

const FORMULAS = new WeakMap<SObjectType, readonly ComputedField[]>();
