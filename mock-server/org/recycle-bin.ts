/**
 * The recycle bin: what was deleted when, for `/deleted` and for the purge after 15 days.
 *
 * It is derived from commits, so no caller has to remember it: a record whose `IsDeleted` becomes true is in the bin, one
 * that becomes false again has left it, and one that is removed stays in the log as purged. The log is a table of its
 * own, so that forks and snapshots share it like records.
 */
import { createCatalog } from "../schema/catalog.ts";
import type { Row } from "../schema/definition.ts";
import { wireInstant } from "./clock.ts";
import type { RecordChange } from "./port.ts";
import { Table, type TableSnapshot } from "./table.ts";

/** How long a deleted record can be restored (reference: order-domain §6.4 [live]). */
export const RECYCLE_BIN_DAYS = 15;
const RECYCLE_BIN_MS = RECYCLE_BIN_DAYS * 24 * 60 * 60 * 1000;

/** One deletion. */
export interface Deletion {
  readonly object: string;
  readonly id: string;
  /** When it was deleted, in wire form with a grain of one second. */
  readonly deletedDate: string;
  /** True where the record itself is gone, by hard delete or by purge. */
  readonly purged: boolean;
  /** False where the log was trimmed: the record is still in the bin, but `/deleted` does not tell of it. */
  readonly listed: boolean;
}

/** The bin at one moment. */
export interface RecycleBinSnapshot {
  readonly log: TableSnapshot;
  readonly earliest: string | undefined;
}

/** The deletions of one org. */
export class RecycleBin {
  readonly #log: Table;
  #earliest: string | undefined;

  private constructor(log: Table, earliest: string | undefined) {
    this.#log = log;
    this.#earliest = earliest;
  }

  /** An empty bin, or one as a snapshot has it. */
  static create(snapshot?: RecycleBinSnapshot): RecycleBin {
    return new RecycleBin(Table.create(DELETION, snapshot?.log), snapshot?.earliest);
  }

  /** Takes note of what a commit at `now` deleted, restored or removed. */
  record(changes: readonly RecordChange[], now: string): void {
    for (const { object, id, before, after } of changes) {
      const wasDeleted = before?.["IsDeleted"] === true;
      if (after === undefined) {
        // A hard delete keeps the date of the deletion that came before it.
        const known = this.#log.get(id)?.["SystemModstamp"];
        this.#write({ object, id, deletedDate: typeof known === "string" ? known : now, purged: true, listed: true });
      } else if (after["IsDeleted"] === true && !wasDeleted) {
        // A deleted record carries the time of its deletion as its stamp (reference: change-events §1.2 P7).
        const stamp = after["SystemModstamp"];
        this.#write({ object, id, deletedDate: typeof stamp === "string" ? stamp : now, purged: false, listed: true });
      } else if (after["IsDeleted"] === false && wasDeleted) {
        this.#log.set(id, undefined);
      }
    }
  }

  /** Deletions of an object with `from <= deletedDate <= to` in order of their date, purged ones included. */
  deletions(object: string, from?: string, to?: string): readonly Deletion[] {
    const found: Deletion[] = [];
    for (const row of this.#log.byStamp(from, to))
      if (row["SobjectType"] === object && row["IsListed"] === true) found.push(deletionOf(row));
    return found;
  }

  /** The deletion of this record, whether it is still in the bin or purged; undefined where it was not deleted. */
  find(id: string): Deletion | undefined {
    const row = this.#log.get(id);
    return row === undefined ? undefined : deletionOf(row);
  }

  /** The date of the newest deletion that the log has forgotten; undefined while it remembers all. */
  get earliestDateAvailable(): string | undefined {
    return this.#earliest;
  }

  /**
   * Hides deletions before an instant from `deletions`, as the platform does when its log is over a limit (reference:
   * change-events §1.3 [doc]). The records stay in the bin.
   */
  trimLog(beforeMs: number): void {
    const old = [...this.#log.byStamp(undefined, wireInstant(beforeMs - 1000))];
    for (const row of old) {
      this.#forget(row);
      if (row["IsPurged"] === true) this.#log.set(idOf(row), undefined);
      else this.#log.set(idOf(row), this.#log.shaped({ ...row, IsListed: false }));
    }
  }

  /** Forgets deletions older than 15 days and returns those whose records are now to be purged. */
  expire(nowMs: number): readonly Deletion[] {
    if (this.#log.count === 0) return [];
    const due = [...this.#log.byStamp(undefined, wireInstant(nowMs - RECYCLE_BIN_MS))];
    for (const row of due) {
      this.#forget(row);
      this.#log.set(idOf(row), undefined);
    }
    return due.filter((row) => row["IsPurged"] !== true).map(deletionOf);
  }

  fork(): RecycleBin {
    return new RecycleBin(this.#log.fork(), this.#earliest);
  }

  snapshot(): RecycleBinSnapshot {
    return { log: this.#log.snapshot(), earliest: this.#earliest };
  }

  restore(snapshot: RecycleBinSnapshot): void {
    this.#log.restore(snapshot.log);
    this.#earliest = snapshot.earliest;
  }

  /** Everything that the log holds, for a snapshot file. */
  entries(): readonly Deletion[] {
    return [...this.#log.rows()].map(deletionOf);
  }

  /** Puts back what `entries` gave. */
  load(entries: readonly Deletion[], earliest: string | undefined): void {
    for (const entry of entries) this.#write(entry);
    this.#earliest = earliest;
  }

  #write(deletion: Deletion): void {
    const row = this.#log.shaped({
      Id: deletion.id,
      SobjectType: deletion.object,
      SystemModstamp: deletion.deletedDate,
      IsPurged: deletion.purged,
      IsListed: deletion.listed,
    });
    this.#log.set(deletion.id, row);
  }

  #forget(row: Row): void {
    const stamp = row["SystemModstamp"];
    if (typeof stamp !== "string" || row["IsListed"] !== true) return;
    if (this.#earliest === undefined || stamp > this.#earliest) this.#earliest = stamp;
  }
}

/** The log's own shape; it is no object of the org and no query reaches it. */
const [DELETION] = createCatalog([
  {
    name: "Deletion",
    label: "Deletion",
    labelPlural: "Deletions",
    fields: [
      { name: "Id", label: "Id", type: "id" },
      { name: "SobjectType", label: "Object", type: "string" },
      { name: "SystemModstamp", label: "Deleted", type: "datetime" },
      { name: "IsPurged", label: "Purged", type: "boolean" },
      { name: "IsListed", label: "Listed", type: "boolean" },
    ],
  },
]).objects as [ReturnType<typeof createCatalog>["objects"][number]];

function deletionOf(row: Row): Deletion {
  return {
    object: String(row["SobjectType"]),
    id: idOf(row),
    deletedDate: String(row["SystemModstamp"]),
    purged: row["IsPurged"] === true,
    listed: row["IsListed"] === true,
  };
}

function idOf(row: Row): string {
  return String(row["Id"]);
}
