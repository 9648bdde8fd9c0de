/** The external system on SQL: the user's own tables in SQLite or PostgreSQL. */
import { sql } from "kysely";
import { SyncError } from "../../errors.ts";
import type { ExternalCollectionInfo } from "../../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { ExternalChangePage, ExternalProblem, ExternalSystem } from "../port.ts";
import { type Binding, type BoundCollection, bindCollection } from "./bind.ts";
import { type LogTarget, logProblems, pruneLog, readLog, startOfLog } from "./change-log.ts";
import { columnFacts } from "./column-facts.ts";
import { COLUMN_START, readColumnFeed } from "./column-feed.ts";
import type { SqlConfig } from "./config.ts";
import { connectSql, externalFault, readSnapshot, type SqlConnection, sqlFailure } from "./connection.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import { readRecords, tolerant } from "./read-records.ts";
import { applyOperation } from "./write-record.ts";

/** The oldest PostgreSQL with transaction ids that never wrap around (`xid8`). */
const POSTGRES_VERSION_MIN = 130_000;

/**
 * Opens the user's database. Nothing is connected on PostgreSQL until the first call; an SQLite file must exist.
 *
 * `now` is the clock (milliseconds) that measures the overlap of column feeds.
 */
export function openSqlExternal(config: SqlConfig, now: () => number = Date.now): ExternalSystem {
  return new SqlExternalSystem(config, connectSql(config), now);
}

class SqlExternalSystem implements ExternalSystem {
  readonly name: string;
  readonly #config: SqlConfig;
  readonly #connection: SqlConnection;
  readonly #now: () => number;
  readonly #bindings = new Map<string, Binding>();

  constructor(config: SqlConfig, connection: SqlConnection, now: () => number) {
    this.name = config.name;
    this.#config = config;
    this.#connection = connection;
    this.#now = now;
  }

  async check(): Promise<readonly ExternalProblem[]> {
    return this.#guard(async () => {
      this.#bindings.clear();
      const problems = [...(await this.#versionProblems())];
      for (const name of Object.keys(this.#config.collections)) {
        const binding = await this.#binding(name);
        problems.push(...binding.problems);
        if (binding.bound?.changes.kind === "changeLog")
          problems.push(...(await logProblems(this.#target(binding.bound))));
      }
      return problems;
    });
  }

  async info(collection: string): Promise<ExternalCollectionInfo> {
    return this.#guard(async () => {
      const { root, lines } = await this.#bound(collection);
      return { collection, fields: columnFacts(root), ...(lines && { lineFields: columnFacts(lines) }) };
    });
  }

  async start(collection: string): Promise<string> {
    return this.#guard(async () => {
      const bound = await this.#bound(collection);
      if (bound.changes.kind === "column") return encodeCursor(COLUMN_START);
      return encodeCursor(await startOfLog(await this.#watched(bound)));
    });
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    return this.#guard(async () => {
      const bound = await this.#bound(collection);
      const position = decodeCursor(cursor);
      if (bound.changes.kind === "column") {
        const { column, overlapMs } = bound.changes;
        const target = { connection: this.#connection, bound, column, overlapMs };
        return readColumnFeed(target, position, { limit, nowMs: this.#now() });
      }
      return readLog(await this.#watched(bound), position, limit);
    });
  }

  async acknowledge(collection: string, cursor: string): Promise<void> {
    await this.#guard(async () => {
      const bound = await this.#bound(collection);
      if (bound.changes.kind === "changeLog") await pruneLog(this.#target(bound), decodeCursor(cursor));
    });
  }

  async read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    return this.#guard(async () => {
      const bound = await this.#bound(collection);
      const connection = this.#connection;
      // A statement that fails ends its transaction, so each attempt gets its own snapshot.
      return tolerant(keys, (chunk) =>
        readSnapshot(connection, (db) => readRecords({ connection, bound, db, lock: false }, chunk)),
      );
    });
  }

  async apply(operations: readonly ExternalOperation[]): Promise<readonly ExternalOutcome[]> {
    const outcomes: ExternalOutcome[] = [];
    for (const operation of operations) {
      try {
        const bound = await this.#bound(operation.collection);
        outcomes.push(await applyOperation(this.#connection, bound, operation));
      } catch (error) {
        // What was done before has been stored and must be told; the rest was not sent.
        if (outcomes.length === 0 || sqlFailure(error) === undefined)
          throw externalFault(error, this.#connection.place);
        const reason = error instanceof Error ? error.message : String(error);
        const rest = operations.slice(outcomes.length);
        return [...outcomes, ...rest.map(({ opId }) => ({ kind: "unknown" as const, opId, reason }))];
      }
    }
    return outcomes;
  }

  async close(): Promise<void> {
    await this.#connection.db.destroy();
  }

  async #binding(name: string): Promise<Binding> {
    const known = this.#bindings.get(name);
    if (known !== undefined) return known;
    const config = this.#config.collections[name];
    if (config === undefined) {
      throw new SyncError("EXTERNAL_REFUSED", `external.collections has no "${name}"; add it or correct the mapping.`);
    }
    const binding = await bindCollection(this.#connection, name, config);
    // Only what fits is remembered: a problem may be cured while the program runs.
    if (binding.bound !== undefined) this.#bindings.set(name, binding);
    return binding;
  }

  async #bound(name: string): Promise<BoundCollection> {
    const { bound, problems } = await this.#binding(name);
    if (bound !== undefined) return bound;
    const problem = problems[0];
    throw new SyncError("EXTERNAL_REFUSED", `${problem?.place}: ${problem?.message}; \`order-sync check\` lists all.`);
  }

  /** A trigger that somebody dropped or switched off would lose changes silently. */
  async #watched(bound: BoundCollection): Promise<LogTarget> {
    const target = this.#target(bound);
    const problem = (await logProblems(target))[0];
    if (problem !== undefined) throw new SyncError("EXTERNAL_REFUSED", `${problem.place}: ${problem.message}`);
    return target;
  }

  #target(bound: BoundCollection): LogTarget {
    return { connection: this.#connection, source: this.name, bound };
  }

  async #versionProblems(): Promise<readonly ExternalProblem[]> {
    if (this.#connection.dialect === "sqlite") return [];
    const { rows } = await sql<{ version: number; shown: string }>`
      select current_setting('server_version_num')::int as version, current_setting('server_version') as shown
    `.execute(this.#connection.db);
    const { version = 0, shown = "" } = rows[0] ?? {};
    if (version >= POSTGRES_VERSION_MIN) return [];
    return [{ place: "external.url", message: `PostgreSQL ${shown} is too old; 13 is the oldest that can be used` }];
  }

  async #guard<R>(work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      // The tables may have changed since they were looked up.
      if (sqlFailure(error) === "statement") this.#bindings.clear();
      throw externalFault(error, this.#connection.place);
    }
  }
}
