/** What the query engine reads: the records that the asking user may see, within one transaction. */
import type { Row } from "../schema/definition.ts";
import type { SoqlDataset } from "../soql/base/port.ts";
import type { Transaction } from "./port.ts";

/**
 * The records of a transaction as its actor sees them. Object permissions are not asked again: the actor's catalog has
 * no object that the actor may not read.
 *
 * Where the actor sees every record of an object the transaction answers itself; elsewhere each record is asked for.
 */
export function visibleRecords(tx: Transaction): SoqlDataset {
  const sees = (object: string) => (row: Row) => tx.canSee(object, row);
  return {
    get(object, id) {
      const row = tx.get(object, id);
      return row !== undefined && tx.canSee(object, row) ? row : undefined;
    },
    rows: (object) => (tx.seesAll(object) ? tx.rows(object) : filtered(tx.rows(object), sees(object))),
    count(object) {
      if (tx.seesAll(object)) return tx.count(object);
      let count = 0;
      for (const _ of filtered(tx.rows(object), sees(object))) count += 1;
      return count;
    },
    hasIndex: (object, field) => tx.hasIndex(object, field),
    find(object, field, value) {
      const rows = tx.find(object, field, value);
      return tx.seesAll(object) ? rows : rows.filter(sees(object));
    },
    byStamp(object, from, to) {
      const rows = tx.byStamp(object, from, to);
      return tx.seesAll(object) ? rows : filtered(rows, sees(object));
    },
  };
}

function* filtered(rows: Iterable<Row>, keep: (row: Row) => boolean): Generator<Row, void, undefined> {
  for (const row of rows) if (keep(row)) yield row;
}
