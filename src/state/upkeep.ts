/**
 * Upkeep of the state: what is old goes, calls of all processes are counted, and small secrets are kept.
 *
 * A port of its own beside `StateStore`: no decision of a run depends on it, and none of it needs the lease of a run.
 */
import assert from "node:assert/strict";
import { type Kysely, sql } from "kysely";
import type { Lease } from "./port.ts";
import { CALL_SLICE_MS, STATE_SCHEMA, type StateDialect, type StateTables } from "./schema.ts";
import { stateError } from "./state-error.ts";

/** What grows with time and may be removed once it is old. */
export type PrunedKind = "journal" | "runs" | "conflicts";

/** A question for more API calls, answered for all processes that share the state. */
export interface CallBooking {
  readonly atMs: number;
  /** May be negative: booked calls that were not made after all. */
  readonly calls: number;
  /** Calls before this time do not count any more. */
  readonly sinceMs: number;
  /** This many calls may have been made since then, these included; null counts only. */
  readonly callsMax: number | null;
}

/** Methods throw `STATE_*`. */
export interface StateUpkeep {
  /**
   * Removes at most `rowsMax` entries that are older than `beforeMs`, oldest first, and tells how many it removed.
   *
   * What is open stays whatever its age: conflicts that nobody settled, and the history of every key that waits, has a
   * dead letter or an open conflict. The newest `RUNS_KEPT` runs stay too.
   */
  prune(kind: PrunedKind, beforeMs: number, rowsMax: number): Promise<number>;
  /**
   * Books calls before they are made, unless they would be too many. Of processes that ask at the same time one is
   * served after the other. `counted` is what had been booked before.
   */
  bookCalls(booking: CallBooking): Promise<{ readonly booked: boolean; readonly counted: number }>;
  /** A text that was kept under this name, as it was put. */
  sealed(name: string): Promise<string | null>;
  putSealed(name: string, body: string): Promise<void>;
  /** The leases that somebody holds and that have not run out. */
  leases(nowMs: number): Promise<readonly Lease[]>;
  /**
   * PostgreSQL: removes the schema of the state with everything in it, and these schemas beside it. `mayGo` gets the
   * leases that somebody holds, while no other can be taken; when it throws nothing is removed.
   */
  dropSchemas(others: readonly string[], nowMs: number, mayGo: (held: readonly Lease[]) => void): Promise<void>;
}

/** A first run is told from a later one by the runs before it, so some stay, however old. */
export const RUNS_KEPT = 100;
/** Number of the advisory lock under which calls are booked. Any fixed number of our own does. */
const BOOKING_LOCK = 5_284_613_908;

/** What the upkeep is made of. */
export interface UpkeepParts {
  readonly db: Kysely<StateTables>;
  readonly dialect: StateDialect;
  readonly place: string;
  /** False: the state is older than these tables, and whoever opened it only looks. */
  readonly isReady: () => boolean;
}

/** `StateUpkeep` on SQL. */
export class SqlUpkeep implements StateUpkeep {
  readonly #parts: UpkeepParts;

  constructor(parts: UpkeepParts) {
    this.#parts = parts;
  }

  async prune(kind: PrunedKind, beforeMs: number, rowsMax: number): Promise<number> {
    return await this.#ask(async (db) => {
      switch (kind) {
        case "journal":
          return await this.#pruneJournal(db, beforeMs, rowsMax);
        case "runs":
          return await pruneRuns(db, beforeMs, rowsMax);
        case "conflicts":
          return await pruneConflicts(db, beforeMs, rowsMax);
      }
    });
  }

  async bookCalls({ atMs, calls, sinceMs, callsMax }: CallBooking): Promise<{ booked: boolean; counted: number }> {
    if (!this.#parts.isReady()) return { booked: true, counted: 0 };
    return await this.#ask((db) =>
      db.transaction().execute(async (tx) => {
        if (this.#parts.dialect === "postgres") {
          await sql`select pg_advisory_xact_lock(${sql.lit(BOOKING_LOCK)})`.execute(tx);
        }
        const { counted } = await tx
          .selectFrom("api_call")
          .select(sql<number>`cast(coalesce(sum(calls), 0) as bigint)`.as("counted"))
          .where("slice_ms", ">", sinceMs - CALL_SLICE_MS)
          .executeTakeFirstOrThrow();
        if (callsMax !== null && counted + calls > callsMax) return { booked: false, counted };
        await tx
          .deleteFrom("api_call")
          .where("slice_ms", "<=", sinceMs - CALL_SLICE_MS)
          .execute();
        await tx
          .insertInto("api_call")
          .values({ slice_ms: Math.floor(atMs / CALL_SLICE_MS) * CALL_SLICE_MS, calls })
          .onConflict((conflict) =>
            conflict.column("slice_ms").doUpdateSet((e) => ({
              calls: e("api_call.calls", "+", e.ref("excluded.calls")),
            })),
          )
          .execute();
        return { booked: true, counted };
      }),
    );
  }

  async sealed(name: string): Promise<string | null> {
    if (!this.#parts.isReady()) return null;
    const row = await this.#ask((db) =>
      db.selectFrom("sealed").select("body").where("name", "=", name).executeTakeFirst(),
    );
    return row?.body ?? null;
  }

  async putSealed(name: string, body: string): Promise<void> {
    await this.#ask((db) =>
      db
        .insertInto("sealed")
        .values({ name, body })
        .onConflict((conflict) => conflict.column("name").doUpdateSet({ body }))
        .execute(),
    );
  }

  async leases(nowMs: number): Promise<readonly Lease[]> {
    return await this.#ask((db) => heldLeases(db, nowMs));
  }

  async dropSchemas(others: readonly string[], nowMs: number, mayGo: (held: readonly Lease[]) => void): Promise<void> {
    assert(this.#parts.dialect === "postgres", "an SQLite state has no schemas");
    await this.#ask((db) =>
      db.transaction().execute(async (tx) => {
        await sql`lock table ${sql.id(STATE_SCHEMA, "lease")} in access exclusive mode`.execute(tx);
        mayGo(await heldLeases(tx, nowMs));
        for (const schema of [...others, STATE_SCHEMA]) {
          await sql`drop schema if exists ${sql.id(schema)} cascade`.execute(tx);
        }
      }),
    );
  }

  async #pruneJournal(db: Kysely<StateTables>, beforeMs: number, rowsMax: number): Promise<number> {
    const keyOfConflict =
      this.#parts.dialect === "postgres"
        ? sql<string>`(body::jsonb ->> 'key') collate "C"`
        : sql<string>`json_extract(body, '$.key')`;
    const old = db
      .selectFrom("journal")
      .select(sql.ref<number>("seq").as("seq"))
      .where("at_ms", "<", beforeMs)
      .where("key", "not in", (open) =>
        open.selectFrom("conflict").select(keyOfConflict.as("key")).where("resolved_at_ms", "is", null),
      )
      .where("key", "not in", (open) => open.selectFrom("parked").select("key"))
      .where("key", "not in", (open) => open.selectFrom("dead_letter").select("key"))
      .orderBy("at_ms")
      .limit(rowsMax);
    const { numDeletedRows } = await db
      .deleteFrom("journal")
      .where(sql.ref<number>("seq"), "in", old)
      .executeTakeFirstOrThrow();
    return Number(numDeletedRows);
  }

  async #ask<Result>(work: (db: Kysely<StateTables>) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.#parts.db);
    } catch (error) {
      throw stateError(error, this.#parts.place);
    }
  }
}

async function heldLeases(db: Kysely<StateTables>, nowMs: number): Promise<readonly Lease[]> {
  const rows = await db
    .selectFrom("lease")
    .selectAll()
    .where("holder", "<>", "")
    .where("expires_at_ms", ">", nowMs)
    .orderBy("name")
    .execute();
  return rows.map(({ name, holder, fence, expires_at_ms }) => ({ name, holder, fence, expiresAtMs: expires_at_ms }));
}

async function pruneRuns(db: Kysely<StateTables>, beforeMs: number, rowsMax: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("run")
    .where("id", "in", (e) =>
      e
        .selectFrom("run")
        .select("id")
        .where("started_at_ms", "<", beforeMs)
        .where("id", "not in", (newest) =>
          newest.selectFrom("run").select("id").orderBy("started_at_ms", "desc").orderBy("id", "desc").limit(RUNS_KEPT),
        )
        .orderBy("started_at_ms")
        .limit(rowsMax),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}

async function pruneConflicts(db: Kysely<StateTables>, beforeMs: number, rowsMax: number): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom("conflict")
    .where("id", "in", (e) =>
      e
        .selectFrom("conflict")
        .select("id")
        .where("resolved_at_ms", "<", beforeMs)
        .orderBy("resolved_at_ms")
        .limit(rowsMax),
    )
    .executeTakeFirstOrThrow();
  return Number(numDeletedRows);
}
