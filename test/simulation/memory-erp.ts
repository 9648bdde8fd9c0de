/**
 * An external system in memory: customers, products, and orders with lines, a change log, and transactions that commit
 * late. It honors the port's promises, so that whatever a simulation finds is the connector's fault.
 */
import { SyncError } from "../../src/errors.ts";
import type { ExternalChangePage } from "../../src/external/port.ts";
import type {
  ExternalFields,
  ExternalOperation,
  ExternalOutcome,
  ExternalRecord,
} from "../../src/model/external-record.ts";
import type { NaturalKey } from "../../src/model/key.ts";
import {
  type Erp,
  type ErpAuthor,
  type ErpChange,
  type ErpRow,
  type OpenTransaction,
  type Place,
  shuffled,
} from "./erp.ts";
import type { Random } from "./random.ts";

interface LogEntry {
  readonly seq: number;
  readonly collection: string;
  readonly key: NaturalKey;
}

/** What the tables look like; anything else is refused. */
export interface ErpSchema {
  readonly columns: Readonly<Record<string, readonly string[]>>;
  readonly lineColumns: readonly string[];
  /** The key column of each table. */
  readonly key: Readonly<Record<string, string>>;
  readonly lineKey: string;
}

const COMPANY: ErpSchema = {
  columns: {
    customers: ["no", "name", "phone", "city"],
    products: ["sku", "name", "price"],
    contracts: ["no", "customer_no", "state", "note"],
    orders: ["no", "customer_no", "contract_no", "date", "state", "note"],
  },
  lineColumns: ["line_no", "sku", "quantity", "price"],
  key: { customers: "no", products: "sku", contracts: "no", orders: "no" },
  lineKey: "line_no",
};

/** A collection that reads another one's table. */
const TABLE_OF: Readonly<Record<string, string>> = { prices: "products" };

/** The external system. Everything a person does is synchronous; the port is asynchronous. */
export class MemoryErp implements Erp {
  readonly name = "erp";
  readonly #tables: ReadonlyMap<string, Map<string, ErpRow>>;
  readonly #schema: ErpSchema;
  readonly #log: LogEntry[] = [];
  readonly #nowMs: () => number;
  /** Transactions that are open: their log numbers are taken, their changes are not visible. */
  readonly #open = new Set<LateTransaction>();
  #seq = 0;
  #version = 0;
  onChange: (change: ErpChange) => void = () => {};
  /** Set where the feed tells a page's changes in any order, and some of them twice. */
  shuffle: Random | undefined;

  constructor(nowMs: () => number, schema: ErpSchema = COMPANY) {
    this.#nowMs = nowMs;
    this.#schema = schema;
    this.#tables = new Map(Object.keys(schema.columns).map((name) => [name, new Map()]));
  }

  /** The stored record. */
  row(collection: string, key: string): ErpRow | undefined {
    return this.#table(collection).get(key);
  }

  rows(collection: string): readonly ErpRow[] {
    return [...this.#table(collection).values()];
  }

  /** What a person writes: fields that change; lines by number, null removes one. Makes the record where it is missing. */
  put(
    collection: string,
    key: string,
    fields: ExternalFields,
    lines: Readonly<Record<string, ExternalFields | null>> = {},
  ): void {
    if (this.isLocked(collection, key)) return;
    this.#store(collection, [key], this.#edited(collection, key, fields, lines), "clerk");
  }

  remove(collection: string, key: string): void {
    if (this.isLocked(collection, key) || this.row(collection, key) === undefined) return;
    this.#store(collection, [key], undefined, "clerk");
  }

  /** A transaction of a person that takes its log numbers now and becomes visible later. */
  begin(): LateTransaction {
    const transaction = new LateTransaction(
      () => this.#nextSeq(),
      (collection, key) => this.isLocked(collection, key),
      (writes) => {
        this.#open.delete(transaction);
        for (const { seq, collection, key, fields, lines } of writes)
          this.#store(collection, [key], this.#edited(collection, key, fields, lines), "clerk", seq);
      },
    );
    this.#open.add(transaction);
    return transaction;
  }

  get openTransactions(): readonly LateTransaction[] {
    return [...this.#open];
  }

  isLocked(collection: string, key: string): boolean {
    for (const transaction of this.#open) if (transaction.holds(collection, key)) return true;
    return false;
  }

  async check(): Promise<readonly []> {
    return [];
  }

  async info(collection: string): Promise<{ readonly collection: string }> {
    this.#table(collection);
    return { collection };
  }

  async start(collection: string): Promise<string> {
    this.#table(collection);
    return `start:${this.#horizon()}:`;
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    if (cursor !== null && !/^(start:|\d+$)/.test(cursor)) {
      const restart = { reason: "another adapter has made the position", deletesMissed: true };
      return { ...(await this.changes(collection, null, limit)), restart };
    }
    const table = TABLE_OF[collection] ?? collection;
    const rows = this.#table(collection);
    const horizon = this.#horizon();
    if (cursor === null || cursor.startsWith("start:")) {
      const [, at = String(horizon), after = ""] = cursor?.split(":") ?? [];
      const keys = [...rows.keys()].sort().filter((key) => key > after);
      const page = keys.slice(0, limit);
      const more = keys.length > page.length;
      return {
        changes: page.map((key) => ({ naturalKey: [key], deleted: false })),
        cursor: more ? `start:${at}:${page.at(-1)}` : at,
        // The log may hold what happened since the start; its own page tells.
        more: true,
      };
    }
    const found = this.#log
      .filter((entry) => entry.collection === table && entry.seq > Number(cursor) && entry.seq <= horizon)
      .sort((left, right) => left.seq - right.seq);
    const page = found.slice(0, limit);
    const more = found.length > page.length;
    const changes = page.map(({ key }) => ({ naturalKey: key, deleted: !rows.has(key[0] ?? "") }));
    return {
      changes: this.shuffle === undefined ? changes : shuffled(changes, this.shuffle),
      cursor: more ? String(page.at(-1)?.seq) : String(Math.max(horizon, Number(cursor))),
      more,
    };
  }

  async read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    const rows = this.#table(collection);
    return keys.flatMap((key) => {
      const row = rows.get(key.join("|"));
      return row === undefined ? [] : [recordOf(collection, row)];
    });
  }

  async apply(operations: readonly ExternalOperation[]): Promise<readonly ExternalOutcome[]> {
    return operations.map((operation) => this.#apply(operation));
  }

  async close(): Promise<void> {}

  place(): Place {
    return { history: 0, changes: 0 };
  }

  knows(): boolean {
    return true;
  }

  suffer(): Promise<boolean> {
    throw new TypeError("upheavals happen to databases only");
  }

  #apply(operation: ExternalOperation): ExternalOutcome {
    const { opId, collection, naturalKey, change, expectedVersion } = operation;
    const key = naturalKey.join("|");
    const row = this.#table(collection).get(key);
    if (this.isLocked(collection, key)) return { kind: "stale", opId };
    if (change.kind === "create" ? row !== undefined : row === undefined && change.kind === "update") {
      return { kind: "stale", opId };
    }
    if (row !== undefined && expectedVersion !== null && expectedVersion !== String(row.version)) {
      return { kind: "stale", opId };
    }
    if (change.kind === "delete") {
      if (row !== undefined) this.#store(collection, naturalKey, undefined, "connector");
      return { kind: "done", opId, version: null };
    }
    const columns = this.#schema.columns[TABLE_OF[collection] ?? collection] ?? [];
    const foreign = Object.keys(change.fields).find((field) => !columns.includes(field));
    const lineForeign = (change.lines ?? [])
      .flatMap((line) => (line.kind === "put" ? Object.keys(line.fields) : []))
      .find((field) => !this.#schema.lineColumns.includes(field));
    if (foreign !== undefined || lineForeign !== undefined) {
      return { kind: "refused", opId, reason: `there is no column ${foreign ?? lineForeign}` };
    }
    const lines = Object.fromEntries(
      (change.lines ?? []).map((line) => [line.naturalKey.join("|"), line.kind === "put" ? line.fields : null]),
    );
    const next = this.#edited(collection, key, change.fields, lines);
    this.#store(collection, naturalKey, next, "connector");
    return { kind: "done", opId, version: String(this.row(collection, key)?.version) };
  }

  #edited(
    collection: string,
    key: string,
    fields: ExternalFields,
    lines: Readonly<Record<string, ExternalFields | null>>,
  ): Pick<ErpRow, "fields" | "lines"> {
    const old = this.row(collection, key);
    const merged = new Map(old?.lines);
    for (const [no, line] of Object.entries(lines)) {
      if (line === null) merged.delete(no);
      else merged.set(no, { [this.#schema.lineKey]: no, ...merged.get(no), ...line });
    }
    const table = TABLE_OF[collection] ?? collection;
    const blank = Object.fromEntries((this.#schema.columns[table] ?? []).map((column) => [column, null]));
    return {
      fields: { ...(old?.fields ?? { ...blank, [this.#schema.key[table] ?? ""]: key }), ...fields },
      lines: merged,
    };
  }

  #store(
    collection: string,
    key: NaturalKey,
    content: Pick<ErpRow, "fields" | "lines"> | undefined,
    author: ErpAuthor,
    seq: number = this.#nextSeq(),
  ): void {
    const rows = this.#table(collection);
    const name = key.join("|");
    const before = rows.get(name);
    this.#version += 1;
    const after =
      content === undefined ? undefined : { ...content, key, version: this.#version, by: author, atMs: this.#nowMs() };
    if (after === undefined) rows.delete(name);
    else rows.set(name, after);
    const table = TABLE_OF[collection] ?? collection;
    this.#log.push({ seq, collection: table, key });
    this.onChange({ collection: table, key, before, after, author });
  }

  #nextSeq(): number {
    this.#seq += 1;
    return this.#seq;
  }

  /** Up to here every change is visible. */
  #horizon(): number {
    const taken = [...this.#open].flatMap((transaction) => transaction.firstSeq ?? []);
    return Math.min(this.#seq, ...taken.map((seq) => seq - 1));
  }

  #table(collection: string): Map<string, ErpRow> {
    const table = this.#tables.get(TABLE_OF[collection] ?? collection);
    if (table === undefined) throw new SyncError("EXTERNAL_REFUSED", `The ERP has no collection ${collection}`);
    return table;
  }
}

interface LateWrite {
  readonly seq: number;
  readonly collection: string;
  readonly key: string;
  readonly fields: ExternalFields;
  readonly lines: Readonly<Record<string, ExternalFields | null>>;
}

/** An open transaction; the records that it writes are locked until it ends. */
export class LateTransaction implements OpenTransaction {
  readonly #nextSeq: () => number;
  readonly #isLocked: (collection: string, key: string) => boolean;
  readonly #end: (writes: readonly LateWrite[]) => void;
  readonly #writes: LateWrite[] = [];

  constructor(
    nextSeq: () => number,
    isLocked: (collection: string, key: string) => boolean,
    end: (writes: readonly LateWrite[]) => void,
  ) {
    this.#nextSeq = nextSeq;
    this.#isLocked = isLocked;
    this.#end = end;
  }

  get firstSeq(): number | undefined {
    return this.#writes[0]?.seq;
  }

  holds(collection: string, key: string): boolean {
    const table = TABLE_OF[collection] ?? collection;
    return this.#writes.some((write) => write.collection === table && write.key === key);
  }

  put(
    collection: string,
    key: string,
    fields: ExternalFields,
    lines: Readonly<Record<string, ExternalFields | null>> = {},
  ): void {
    if (this.#isLocked(collection, key)) return;
    this.#writes.push({ seq: this.#nextSeq(), collection: TABLE_OF[collection] ?? collection, key, fields, lines });
  }

  commit(): void {
    this.#end(this.#writes);
  }
}

function recordOf(collection: string, row: ErpRow): ExternalRecord {
  const lines = [...row.lines].map(([no, fields]) => ({ naturalKey: [no], fields }));
  return {
    naturalKey: row.key,
    fields: row.fields,
    ...(collection === "orders" ? { lines } : {}),
    version: String(row.version),
    changedBy: row.by,
    changedAt: new Date(row.atMs).toISOString().replace(/\.\d{3}Z$/, "Z"),
  };
}
