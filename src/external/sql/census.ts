/**
 * Proves a reading of all records: the rows that its pages named against the database's own count, in one snapshot.
 *
 * The count uses no order and no page condition, so what is wrong with those shows. Rows that came or went between two
 * pages make a difference too: then all pages are read once more, in this snapshot, where nothing comes or goes.
 */
import { sql } from "kysely";
import type { ExternalCensus } from "../port.ts";
import type { BoundCollection } from "./bind.ts";
import { type Db, tableRef } from "./connection.ts";
import { wholeKey } from "./read-records.ts";

/** Rows of a page that is only counted. */
const PAGE_ROWS = 10_000;

/** Reads the page behind the one that it read before, and tells how many rows it has. */
type CountPage = (limit: number) => Promise<number>;

/**
 * Compares `named`, the rows that the pages had, with the count. `countAgain` starts a second reading in this snapshot: it
 * returns the function that reads one page after the other.
 */
export async function takeCensus(
  db: Db,
  bound: BoundCollection,
  reading: { readonly named: number; readonly countAgain: () => CountPage },
): Promise<ExternalCensus> {
  const { rows } = await sql<{ counted: number | bigint; all_rows: number | bigint }>`
    select count(*) as all_rows, count(case when ${wholeKey(bound.key)} then 1 end) as counted
    from ${tableRef(bound.root.info.name)}
  `.execute(db);
  const counted = Number(rows[0]?.counted ?? 0);
  const unnamed = Number(rows[0]?.all_rows ?? 0) - counted;
  if (reading.named === counted) return { named: counted, counted, unnamed };
  const countPage = reading.countAgain();
  let named = 0;
  // A listing that goes on behind the count is wrong as well, and has to end.
  while (named <= counted) {
    const found = await countPage(PAGE_ROWS);
    named += found;
    if (found < PAGE_ROWS) break;
  }
  return { named, counted, unnamed };
}
