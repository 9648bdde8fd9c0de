/**
 * What the files have said so far: the newest state of each record, in an SQLite file beside the folders.
 *
 * Each record carries the number of its last change, so the feed needs no log: it asks for higher numbers.
 */
import { createHash, randomUUID } from "node:crypto";
import { type Generated, Kysely, sql, type Transaction } from "kysely";
import { sqliteDialect } from "../../database/sqlite-driver.ts";
import type { ExternalFields, ExternalValue } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import { NumberText, parseJson, stringifyJson } from "../json.ts";
import type { FileLine } from "./file-record.ts";

/** The tables. */
interface IndexTables {
  readonly files_index: { readonly id: string; readonly version: number };
  readonly record: {
    readonly collection: string;
    readonly name: string;
    readonly body: string;
    readonly hash: string;
    readonly deleted: number;
    readonly seq: number;
  };
  /** Files whose records are in, and which may still be in the folder after a crash. */
  readonly taken: { readonly collection: string; readonly file: string; readonly hash: string };
  /** Files that lie in `rejected`, in the order in which they came there. */
  readonly rejected: {
    readonly seq: Generated<number>;
    readonly collection: string;
    readonly file: string;
    readonly origin: string;
    readonly problems: string;
  };
}

/** A file in the `rejected` folder of a collection. */
export interface RejectedFile {
  /** Counts up over all collections. */
  readonly seq: number;
  /** Its name there. */
  readonly file: string;
  /** The name under which it came in, or the file that its rows came in with. */
  readonly origin: string;
  readonly problems: readonly { readonly line: number | null; readonly reason: string }[];
}

/** A record as the index knows it. */
export interface IndexedRecord {
  readonly naturalKey: NaturalKey;
  readonly deleted: boolean;
  readonly fields: ExternalFields;
  readonly lines: readonly FileLine[];
  /** Hash of fields and lines. */
  readonly hash: string;
}

/** A writing transaction. */
export type IndexTransaction = Transaction<IndexTables>;

const LOCK_WAIT_MS = 10_000;
const KEYS_PER_STATEMENT_MAX = 500;

/** The index of one exchange folder. */
export class FilesIndex {
  /** A random name: tells a cursor of this index from one of another. */
  readonly id: string;
  readonly #db: Kysely<IndexTables>;

  constructor(db: Kysely<IndexTables>, id: string) {
    this.#db = db;
    this.id = id;
  }

  /** Runs a writing transaction. */
  write<R>(work: (tx: IndexTransaction) => Promise<R>): Promise<R> {
    return this.#db.transaction().execute(work);
  }

  /** The records with these keys, also deleted ones. */
  async records(
    collection: string,
    keys: readonly NaturalKey[],
    db: Kysely<IndexTables> = this.#db,
  ): Promise<ReadonlyMap<string, IndexedRecord>> {
    const found = new Map<string, IndexedRecord>();
    for (let start = 0; start < keys.length; start += KEYS_PER_STATEMENT_MAX) {
      const names = keys.slice(start, start + KEYS_PER_STATEMENT_MAX).map((key) => JSON.stringify(key));
      const rows = await db
        .selectFrom("record")
        .selectAll()
        .where("collection", "=", collection)
        .where("name", "in", names)
        .execute();
      for (const row of rows) found.set(row.name, decodeRow(row));
    }
    return found;
  }

  /** Keys changed after a number, in the order of their last changes. */
  async changesAfter(
    collection: string,
    seq: number,
    limit: number,
  ): Promise<readonly { readonly naturalKey: NaturalKey; readonly deleted: boolean; readonly seq: number }[]> {
    const rows = await this.#db
      .selectFrom("record")
      .select(["name", "deleted", "seq"])
      .where("collection", "=", collection)
      .where("seq", ">", seq)
      .orderBy("seq")
      .limit(limit)
      .execute();
    return rows.map((row) => ({
      naturalKey: JSON.parse(row.name) as NaturalKey,
      deleted: row.deleted === 1,
      seq: row.seq,
    }));
  }

  /** The highest number that was given to a change; 0 in an empty index. */
  async highest(): Promise<number> {
    const { highest } = await this.#db
      .selectFrom("record")
      .select((e) => e.fn.coalesce(e.fn.max("seq"), e.lit(0)).as("highest"))
      .executeTakeFirstOrThrow();
    return highest;
  }

  /** Stores records that differ from what is known, each with the next number. Returns the highest number. */
  async put(
    tx: IndexTransaction,
    collection: string,
    records: readonly Omit<IndexedRecord, "hash">[],
  ): Promise<number> {
    const { highest } = await tx
      .selectFrom("record")
      .select((e) => e.fn.coalesce(e.fn.max("seq"), e.lit(0)).as("highest"))
      .executeTakeFirstOrThrow();
    let seq = highest;
    for (const record of records) {
      const body = encodeBody(record);
      const hash = recordHash(record);
      const deleted = record.deleted ? 1 : 0;
      const name = JSON.stringify(record.naturalKey);
      const known = await tx
        .selectFrom("record")
        .select(["hash", "deleted"])
        .where("collection", "=", collection)
        .where("name", "=", name)
        .executeTakeFirst();
      if (known?.hash === hash && known.deleted === deleted) continue;
      seq += 1;
      await tx
        .insertInto("record")
        .values({ collection, name, body, hash, deleted, seq })
        .onConflict((conflict) => conflict.columns(["collection", "name"]).doUpdateSet({ body, hash, deleted, seq }))
        .execute();
    }
    return seq;
  }

  /** Whether a file's records are in already. */
  async isTaken(collection: string, file: string, hash: string): Promise<boolean> {
    const row = await this.#db
      .selectFrom("taken")
      .select("hash")
      .where("collection", "=", collection)
      .where("file", "=", file)
      .executeTakeFirst();
    return row?.hash === hash;
  }

  /** Remembers that a file's records are in. */
  async take(tx: IndexTransaction, collection: string, file: string, hash: string): Promise<void> {
    await tx
      .insertInto("taken")
      .values({ collection, file, hash })
      .onConflict((conflict) => conflict.columns(["collection", "file"]).doUpdateSet({ hash }))
      .execute();
  }

  /** Forgets a file that has been moved away: one of the same name may come again. */
  async forget(collection: string, file: string): Promise<void> {
    await this.write((tx) =>
      tx.deleteFrom("taken").where("collection", "=", collection).where("file", "=", file).execute(),
    );
  }

  /** The rejected files of a collection that are known, in the order in which they were rejected. */
  async rejected(collection: string): Promise<readonly RejectedFile[]> {
    const rows = await this.#db
      .selectFrom("rejected")
      .select(["seq", "file", "origin", "problems"])
      .where("collection", "=", collection)
      .orderBy("seq")
      .execute();
    // The same program wrote them.
    return rows.map((row) => ({ ...row, problems: JSON.parse(row.problems) as RejectedFile["problems"] }));
  }

  /** Remembers a rejected file with the next number. */
  async reject(collection: string, rejected: Omit<RejectedFile, "seq">): Promise<void> {
    const { file, origin } = rejected;
    const problems = JSON.stringify(rejected.problems);
    await this.write(async (tx) => {
      await tx.deleteFrom("rejected").where("collection", "=", collection).where("file", "=", file).execute();
      await tx.insertInto("rejected").values({ collection, file, origin, problems }).execute();
    });
  }

  /** Forgets a rejected file that lies there no more. */
  async forgetRejected(collection: string, file: string): Promise<void> {
    await this.write((tx) =>
      tx.deleteFrom("rejected").where("collection", "=", collection).where("file", "=", file).execute(),
    );
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }
}

/** Opens an index, or makes an empty one. Throws SQLite's errors. */
export async function openFilesIndex(path: string): Promise<FilesIndex> {
  const dialect = sqliteDialect({ path, lockWaitMs: LOCK_WAIT_MS, onOpen: ["pragma synchronous = full"] });
  const db = new Kysely<IndexTables>({ dialect });
  try {
    const id = await db.transaction().execute(async (tx) => {
      for (const statement of TABLES) await sql.raw(statement).execute(tx);
      const known = await tx.selectFrom("files_index").select("id").executeTakeFirst();
      if (known !== undefined) return known.id;
      const made = randomUUID();
      await tx.insertInto("files_index").values({ id: made, version: 1 }).execute();
      return made;
    });
    return new FilesIndex(db, id);
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

const TABLES = [
  "create table if not exists files_index (id text primary key, version integer not null)",
  `create table if not exists record (
    collection text not null, name text not null, body text not null, hash text not null, deleted integer not null,
    seq integer not null unique, primary key (collection, name))`,
  "create index if not exists record_by_seq on record (collection, seq)",
  "create table if not exists taken (collection text not null, file text not null, hash text not null, primary key (collection, file))",
  // A number is never given twice, also when the file with the highest one is gone.
  `create table if not exists rejected (seq integer primary key autoincrement, collection text not null,
    file text not null, origin text not null, problems text not null)`,
];

/** Hash of everything that a record says. */
export function recordHash(record: Pick<IndexedRecord, "fields" | "lines">): string {
  return createHash("sha256").update(encodeBody(record)).digest("hex").slice(0, 32);
}

type StoredBody = readonly [Stored[], readonly (readonly [NaturalKey, Stored[]])[]];
type Stored = readonly [string, ExternalValue | NumberText];

function encodeBody(record: Pick<IndexedRecord, "fields" | "lines">): string {
  const values = (fields: ExternalFields) =>
    Object.entries(fields)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, typeof value === "bigint" ? new NumberText(String(value)) : value]);
  return stringifyJson([values(record.fields), record.lines.map((line) => [line.naturalKey, values(line.fields)])]);
}

function decodeRow(row: {
  readonly name: string;
  readonly body: string;
  readonly hash: string;
  readonly deleted: number;
}): IndexedRecord {
  // The same program wrote it with the same form.
  const [fields, lines] = parseJson(row.body) as unknown as StoredBody;
  const values = (stored: readonly Stored[]): ExternalFields =>
    Object.fromEntries(
      stored.map(([name, value]) => [name, value instanceof NumberText ? BigInt(value.digits) : value]),
    );
  return {
    naturalKey: JSON.parse(row.name) as NaturalKey,
    deleted: row.deleted === 1,
    fields: values(fields),
    lines: lines.map(([naturalKey, own]) => ({ naturalKey, fields: values(own) })),
    hash: row.hash,
  };
}
