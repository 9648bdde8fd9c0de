/**
 * Formula fields as readers see them. Their values are not stored, because a parent's change or the passing of time
 * moves them; they are computed when a record is read.
 *
 * Objects without formula fields cost nothing: their rows are passed on as they are.
 */

import type { Catalog, SObjectType } from "../schema/catalog.ts";
import { type ComputedField, formulaFields } from "../schema/computed.ts";
import type { Row } from "../schema/definition.ts";
import { datetimeMs } from "../schema/temporal.ts";
import type { SoqlDataset } from "../soql/contract.ts";
import type { Transaction } from "./contract.ts";

/** The record with the values of its formula fields. */
export function computedRow(tx: Transaction, object: string, row: Row): Row {
  const fields = formulasOf(tx.catalog, object);
  return fields.length === 0 ? row : compute(tx, fields, row);
}

/** The same dataset with the values of formula fields in its rows. */
export function computedRecords(tx: Transaction, data: SoqlDataset): SoqlDataset {
  const all = function* (fields: readonly ComputedField[], rows: Iterable<Row>): Iterable<Row> {
    for (const row of rows) yield compute(tx, fields, row);
  };
  return {
    get(object, id) {
      const row = data.get(object, id);
      return row === undefined ? undefined : computedRow(tx, object, row);
    },
    rows(object) {
      const fields = formulasOf(tx.catalog, object);
      return fields.length === 0 ? data.rows(object) : all(fields, data.rows(object));
    },
    count: (object) => data.count(object),
    hasIndex: (object, field) => data.hasIndex(object, field),
    find(object, field, value) {
      const fields = formulasOf(tx.catalog, object);
      const rows = data.find(object, field, value);
      return fields.length === 0 ? rows : rows.map((row) => compute(tx, fields, row));
    },
    byStamp(object, from, to) {
      const fields = formulasOf(tx.catalog, object);
      const rows = data.byStamp(object, from, to);
      return fields.length === 0 ? rows : all(fields, rows);
    },
  };
}

function compute(tx: Transaction, fields: readonly ComputedField[], row: Row): Row {
  const context = {
    nowMs: datetimeMs(tx.now),
    user: tx.get("User", tx.actor.userId) ?? {},
    timeZone: tx.actor.timeZone,
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
