/** Query results that did not fit on one page, waiting for `/query/<locator>`. Source: rest-api §8.1, §8.2. */
import { OrgError } from "../errors.ts";
import type { Clock, Transaction } from "../org/port.ts";
import type { HeldRecords } from "./held-records.ts";

/** A result waits two days by the org's clock. */
export const CURSOR_LIFETIME_MS = 2 * 24 * 60 * 60 * 1000;
/** Page size without `Sforce-Query-Options`, and its bounds. */
export const PAGE_ROWS = 2_000;
const PAGE_ROWS_MIN = 200;
/** Real orgs have no cap; this one keeps memory flat. The oldest result goes first. */
const CURSORS_MAX = 500;

/** A result whose records are made when they are asked for. */
export interface PagedSet {
  readonly totalSize: number;
  /** The records from this position on, at most `size`; `locate` keeps the rest of a large child set. */
  page(from: number, size: number, locate: (set: PagedSet, from: number) => string): readonly unknown[];
}

/** Whose result it is, and how its pages are made. */
export interface PageSetting {
  readonly userId: string;
  /** API version for the addresses of further pages. */
  readonly version: number;
  readonly pageRows: number;
  /** What pages read from; a later page is made in a later transaction. */
  readonly records: HeldRecords;
}

/** The body of one page: `totalSize, done, nextRecordsUrl, records`, in this order. */
export interface QueryPage {
  readonly totalSize: number;
  readonly done: boolean;
  readonly nextRecordsUrl?: string;
  readonly records: readonly unknown[];
}

interface Cursor extends Pick<PageSetting, "userId" | "pageRows" | "records"> {
  readonly set: PagedSet;
  readonly expiresMs: number;
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
  open(set: PagedSet, setting: PageSetting): QueryPage {
    const { totalSize } = set;
    const records = set.page(0, setting.pageRows, this.#keeper(setting));
    // COUNT() has a size and no records.
    if (totalSize <= setting.pageRows || records.length === 0) return { totalSize, done: true, records };
    return { totalSize, done: false, nextRecordsUrl: this.#keep(set, setting.pageRows, setting), records };
  }

  /** A further page by its locator `01g…-2000`; throws `OrgError` (`INVALID_QUERY_LOCATOR`). */
  next(locator: string, caller: Pick<PageSetting, "userId" | "version"> & { readonly tx: Transaction }): QueryPage {
    const [, id = "", offset = ""] = /^(01g\w{15})-(\d{1,9})$/.exec(locator) ?? [];
    const cursor = this.#cursors.get(id);
    const from = Number(offset);
    if (cursor === undefined || cursor.userId !== caller.userId || from >= cursor.set.totalSize) throw invalidLocator();
    if (cursor.expiresMs <= this.#clock.nowMs()) {
      this.#cursors.delete(id);
      throw invalidLocator();
    }
    cursor.records.attach(caller.tx);
    const { totalSize } = cursor.set;
    const setting: PageSetting = { ...cursor, version: caller.version };
    const records = cursor.set.page(from, cursor.pageRows, this.#keeper(setting));
    const end = from + cursor.pageRows;
    if (end >= totalSize) return { totalSize, done: true, records };
    return {
      totalSize,
      done: false,
      nextRecordsUrl: `/services/data/v${caller.version}.0/query/${id}-${end}`,
      records,
    };
  }

  /** Number of results that wait. */
  get size(): number {
    return this.#cursors.size;
  }

  /** Forgets all results. */
  clear(): void {
    this.#cursors.clear();
  }

  #keeper(setting: PageSetting): (set: PagedSet, from: number) => string {
    return (set, from) => this.#keep(set, from, setting);
  }

  #keep(set: PagedSet, from: number, { userId, version, pageRows, records }: PageSetting): string {
    const oldest = this.#cursors.keys().next();
    if (this.#cursors.size >= CURSORS_MAX && !oldest.done) this.#cursors.delete(oldest.value);
    const id = this.#newId();
    this.#cursors.set(id, { userId, pageRows, records, set, expiresMs: this.#clock.nowMs() + CURSOR_LIFETIME_MS });
    return `/services/data/v${version}.0/query/${id}-${from}`;
  }
}

/** A list of finished records as a set. */
export function listedSet(records: readonly unknown[]): PagedSet {
  return { totalSize: records.length, page: (from, size) => records.slice(from, from + size) };
}

/** The page size that a client asks for with `Sforce-Query-Options: batchSize=N`; figures out of range are clamped. */
export function pageRowsOf(header: string | undefined): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(header ?? "")?.[1];
  return asked === undefined ? PAGE_ROWS : Math.min(PAGE_ROWS, Math.max(PAGE_ROWS_MIN, Number(asked)));
}

function invalidLocator(): OrgError {
  return new OrgError(400, { code: "INVALID_QUERY_LOCATOR", message: "invalid query locator" });
}
