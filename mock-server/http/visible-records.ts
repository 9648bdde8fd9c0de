/** The records of a transaction as one user may read them: what queries run over. */
import type { Transaction } from "../org/contract.ts";
import type { Row } from "../schema/definition.ts";
import type { SoqlDataset } from "../soql/contract.ts";

/** A dataset without the records that sharing hides. Object and field permissions are the catalog's business. */
export function visibleRecords(tx: Transaction): SoqlDataset {
  const { access } = tx.actor;
  const seesAll = (object: string): boolean => access.object(object).viewAll;
  const visible = function* (object: string, rows: Iterable<Row>): Iterable<Row> {
    for (const row of rows) if (tx.canSee(object, row)) yield row;
  };
  return {
    get(object, id) {
      const row = tx.get(object, id);
      return row === undefined || seesAll(object) || tx.canSee(object, row) ? row : undefined;
    },
    rows: (object) => (seesAll(object) ? tx.rows(object) : visible(object, tx.rows(object))),
    count: (object) => tx.count(object),
    hasIndex: (object, field) => tx.hasIndex(object, field),
    find(object, field, value) {
      const rows = tx.find(object, field, value);
      return seesAll(object) ? rows : rows.filter((row) => tx.canSee(object, row));
    },
    byStamp(object, from, to) {
      const rows = tx.byStamp(object, from, to);
      return seesAll(object) ? rows : visible(object, rows);
    },
  };
}
