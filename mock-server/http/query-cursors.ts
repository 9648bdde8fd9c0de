/** Query results that did not fit on one page, waiting for `/query/<locator>`. Source: rest-api §8.1, §8.2. */
import { OrgError } from "../errors.ts";
import type { Clock } from "../org/contract.ts";

/** A result waits two days by the org's clock. */
export const CURSOR_LIFETIME_MS = 2 * 24 * 60 * 60 * 1000;
/** Page size without `Sforce-Query-Options`, and its bounds. */
export const PAGE_ROWS = 2_000;
const PAGE_ROWS_MIN = 200;
/** Real orgs have no cap; this one keeps memory flat. The oldest result goes first. */
const CURSORS_MAX = 500;

interface Cursor {
  readonly id: string;
  readonly userId: string;
  readonly records: readonly unknown[];
  readonly totalSize: number;
  readonly pageRows: number;
  readonly expiresMs: number;
}

/** One result that may need pages. */
export interface PagedResult {
  readonly userId: string;
  /** API version for the addresses of further pages. */
  readonly version: number;
  readonly records: readonly unknown[];
  readonly totalSize: number;
  readonly pageRows: number;
}

/** The body of one page: `totalSize, done, nextRecordsUrl, records`, in this order. */
export interface QueryPage {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly unknown[];
}

/** The open cursors of one org. */
export class QueryCursors {
  readonly #clock: Clock;
  readonly #newId: () => string;
  readonly #cursors = new Map<string, Cursor>();

  /** `newId` gives 18-character Ids with the prefix `01g`. */
  constructor(clock: Clock, newId: () => string) {
    this.#clock = clock;
    this.#newId = newId;
  }

  /** The first page of a result; the rest waits under a locator. */
  open(result: PagedResult): QueryPage {
    const { records, totalSize, pageRows, version } = result;
    if (records.length <= pageRows) return { totalSize, done: true, records };
    const oldest = this.#cursors.keys().next();
    if (this.#cursors.size >= CURSORS_MAX && !oldest.done) this.#cursors.delete(oldest.value);
    const cursor: Cursor = { ...result, id: this.#newId(), expiresMs: this.#clock.nowMs() + CURSOR_LIFETIME_MS };
    this.#cursors.set(cursor.id, cursor);
    return page(cursor, 0, version);
  }

  /** A further page by its locator `01g…-2000`; throws `OrgError` (`INVALID_QUERY_LOCATOR`). */
  next(locator: string, { userId, version }: { readonly userId: string; readonly version: number }): QueryPage {
    const [, id = "", offset = ""] = /^(01g\w{12,15})-(\d{1,9})$/.exec(locator) ?? [];
    const cursor = this.#cursors.get(id);
    const start = Number(offset);
    if (cursor === undefined || cursor.userId !== userId || start >= cursor.records.length) throw invalidLocator();
    if (cursor.expiresMs <= this.#clock.nowMs()) {
      this.#cursors.delete(id);
      throw invalidLocator();
    }
    return page(cursor, start, version);
  }

  /** Number of results that wait. */
  get size(): number {
    return this.#cursors.size;
  }

  /** Forgets all results. */
  clear(): void {
    this.#cursors.clear();
  }
}

/** The page size that a client asks for with `Sforce-Query-Options: batchSize=N`; figures out of range are clamped. */
export function pageRowsOf(header: string | undefined): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(header ?? "")?.[1];
  return asked === undefined ? PAGE_ROWS : Math.min(PAGE_ROWS, Math.max(PAGE_ROWS_MIN, Number(asked)));
}

function page(cursor: Cursor, start: number, version: number): QueryPage {
  const end = start + cursor.pageRows;
  const records = cursor.records.slice(start, end);
  const { totalSize } = cursor;
  if (end >= cursor.records.length) return { totalSize, done: true, records };
  return { totalSize, done: false, nextRecordsUrl: `/services/data/v${version}.0/query/${cursor.id}-${end}`, records };
}

function invalidLocator(): OrgError {
  return new OrgError(400, { code: "INVALID_QUERY_LOCATOR", message: "invalid query locator" });
}
