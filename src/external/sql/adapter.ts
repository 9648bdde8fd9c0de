/** The external system on SQL: the user's own tables in SQLite or PostgreSQL. */
import { sql } from "kysely";
import { SyncError } from "../../errors.ts";
import type { ExternalCollectionInfo } from "../../model/external-facts.ts";
import type { ExternalOperation, ExternalOutcome, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { ApplyOptions, ExternalChangePage, ExternalNotice, ExternalProblem, ExternalSystem } from "../port.ts";
import { type Binding, type BoundCollection, type BoundTable, bindCollection } from "./bind.ts";
import type { ColumnInfo } from "./catalog.ts";
import { readLog, startOfLog } from "./change-log.ts";
import { columnFacts, factsOf } from "./column-facts.ts";
import { readColumnFeed, startOfColumn } from "./column-feed.ts";
import type { SqlConfig } from "./config.ts";
import { connectSql, type Db, externalError, readSnapshot, type SqlConnection, sqlFailure } from "./connection.ts";
import { decodePosition, encodePosition } from "./cursor.ts";
import { acknowledgeLog } from "./log-readers.ts";
import { logProblems } from "./log-triggers.ts";
import { existingKeys, readRecords, tolerant } from "./read-records.ts";
import { refusalReason } from "./refusal.ts";
import { refusalsOf, tableRights, withRights } from "./rights.ts";
import { rightsProblems } from "./rights-problems.ts";
import { fileIdentity, type SourceTarget } from "./source.ts";
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
  #connection: SqlConnection;
  /** The SQLite file that is open; undefined on PostgreSQL. */
  #file: string | undefined;
  readonly #now: () => number;
  readonly #bindings = new Map<string, Binding>();
  readonly #notices = new Map<string, ExternalNotice>();

  constructor(config: SqlConfig, connection: SqlConnection, now: () => number) {
    this.name = config.name;
    this.#config = config;
    this.#connection = connection;
    this.#file = fileIdentity(connection);
    this.#now = now;
  }

  async check(): Promise<readonly ExternalProblem[]> {
    return this.#guard(async () => {
      await this.#followFile();
      this.#bindings.clear();
      const problems = [...(await this.#versionProblems())];
      for (const name of Object.keys(this.#config.collections)) problems.push(...(await this.#problemsOf(name)));
      return problems;
    });
  }

  async info(collection: string): Promise<ExternalCollectionInfo> {
    return this.#guard(async () => {
      const { root, key, lines, changedAt } = await this.#bound(collection);
      const connection = this.#connection;
      const facts = async (table: BoundTable, filled: readonly ColumnInfo[], itself: readonly ColumnInfo[]) => {
        const rights = await tableRights(connection, table);
        const given = new Set(itself.map(({ name }) => name));
        const fields = withRights(columnFacts(connection.dialect, table.columns), rights);
        return {
          refuses: refusalsOf(rights, table, filled),
          // The adapter fills these: to the mapping they need no value.
          fields: Object.fromEntries(
            Object.entries(fields).map(([name, one]) => [name, given.has(name) ? { ...one, hasDefault: true } : one]),
          ),
        };
      };
      const ofRoot = await facts(root, key, []);
      const ofLines = lines && (await facts(lines, [...lines.parentKey, ...lines.key], lines.parentKey));
      return {
        collection,
        fields: ofRoot.fields,
        changedAt: changedAt === undefined ? null : { ...factsOf(connection.dialect, changedAt), name: changedAt.name },
        refuses: ofRoot.refuses,
        ...(ofLines && { lineFields: ofLines.fields, lineRefuses: ofLines.refuses }),
      };
    });
  }

  async start(collection: string): Promise<string> {
    return this.#guard(async () => {
      await this.#followFile();
      const bound = await this.#bound(collection);
      if (bound.changes.kind === "column") return startOfColumn(this.#target(bound));
      const position = await startOfLog(await this.#watched(bound));
      this.#note(await acknowledgeLog(this.#target(bound), position));
      return encodePosition(position.cursor, position);
    });
  }

  async changes(collection: string, cursor: string | null, limit: number): Promise<ExternalChangePage> {
    return this.#guard(async () => {
      await this.#followFile();
      const bound = await this.#bound(collection);
      const position = decodePosition(cursor);
      const page =
        bound.changes.kind === "column"
          ? await readColumnFeed({ ...this.#target(bound), ...bound.changes }, position, { limit, nowMs: this.#now() })
          : await readLog(await this.#watched(bound), position, limit);
      // Another table may have other columns.
      if (page.restart !== undefined) this.#bindings.clear();
      return page;
    });
  }

  async acknowledge(collection: string, cursor: string): Promise<void> {
    await this.#guard(async () => {
      const bound = await this.#bound(collection);
      if (bound.changes.kind === "changeLog")
        this.#note(await acknowledgeLog(this.#target(bound), decodePosition(cursor)));
    });
  }

  notices(): readonly ExternalNotice[] {
    return [...this.#notices.values()];
  }

  async read(collection: string, keys: readonly NaturalKey[]): Promise<readonly ExternalRecord[]> {
    return this.#guard(async () => {
      const bound = await this.#bound(collection);
      const connection = this.#connection;
      // A statement that fails ends its transaction, so each attempt gets its own snapshot.
      return tolerant(
        keys,
        (chunk) => readSnapshot(connection, (db) => readRecords({ connection, bound, db, lock: false }, chunk)),
        async (key) => {
          try {
            const look = (db: Db) => existingKeys({ connection, bound, db, lock: false }, [key]);
            return (await readSnapshot(connection, look)).size > 0;
          } catch (error) {
            // Where even that is unknown, the record must not seem to be gone.
            if (sqlFailure(error) === "data") return true;
            throw error;
          }
        },
      );
    });
  }

  async apply(
    operations: readonly ExternalOperation[],
    { lockedCollections }: ApplyOptions = {},
  ): Promise<readonly ExternalOutcome[]> {
    const outcomes: ExternalOutcome[] = [];
    const locked = new Map(lockedCollections);
    for (const operation of operations) {
      try {
        const outcome = await this.#applyOne(operation, locked);
        outcomes.push(outcome);
        if (outcome.kind === "locked") locked.set(operation.collection, outcome.reason);
        // The tables may have changed since they were looked up.
        if (outcome.kind === "refused") this.#bindings.delete(operation.collection);
      } catch (error) {
        // What was done before has been stored and must be reported; the rest was not sent.
        if (outcomes.length === 0 || sqlFailure(error) === undefined)
          throw externalError(error, this.#connection.place);
        const reason = error instanceof Error ? error.message : String(error);
        const rest = operations.slice(outcomes.length);
        return [...outcomes, ...rest.map(({ opId }) => ({ kind: "unknown" as const, opId, reason }))];
      }
    }
    return outcomes;
  }

  async #applyOne(operation: ExternalOperation, locked: ReadonlyMap<string, string>): Promise<ExternalOutcome> {
    const connection = this.#connection;
    // SQLite locks the whole file, and its lock has been waited for already.
    const [ofFile] = locked.values();
    if (connection.dialect === "sqlite" && ofFile !== undefined)
      return { kind: "locked", opId: operation.opId, reason: ofFile };
    const bound = await this.#bound(operation.collection);
    const { emptyForNull } = this.#config;
    return applyOperation(connection, bound, operation, {
      emptyForNull,
      lockedBefore: locked.get(operation.collection),
    });
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
    const { timeZone } = this.#config;
    const found = await bindCollection(this.#connection, name, config);
    const binding =
      found.bound === undefined || timeZone === undefined ? found : { ...found, bound: { ...found.bound, timeZone } };
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
  async #watched(bound: BoundCollection): Promise<SourceTarget> {
    const target = this.#target(bound);
    const problem = (await logProblems(target))[0];
    if (problem !== undefined) throw new SyncError("EXTERNAL_REFUSED", `${problem.place}: ${problem.message}`);
    return target;
  }

  /** An SQLite file that was replaced at its path lives on for whoever has it open, and nobody writes to it any more. */
  async #followFile(): Promise<void> {
    const file = fileIdentity(this.#connection);
    if (file === this.#file) return;
    const before = this.#connection;
    this.#connection = connectSql(this.#config);
    this.#file = file;
    this.#bindings.clear();
    await before.db.destroy();
  }

  #note(found: readonly ExternalNotice[]): void {
    for (const notice of found) this.#notices.set(notice.code, notice);
  }

  #target(bound: BoundCollection): SourceTarget {
    return { connection: this.#connection, source: this.name, bound };
  }

  /** Everything about one collection. What the database refuses to tell is a problem of this collection alone. */
  async #problemsOf(name: string): Promise<readonly ExternalProblem[]> {
    try {
      const { bound, problems } = await this.#binding(name);
      if (bound === undefined) return problems;
      const found = [...(await rightsProblems(this.#connection, bound))];
      if (bound.changes.kind === "changeLog") found.push(...(await logProblems(this.#target(bound))));
      return found;
    } catch (error) {
      if (sqlFailure(error) !== "statement") throw error;
      return [{ place: `external.collections.${name}`, message: refusalReason(error) }];
    }
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
      throw externalError(error, this.#connection.place);
    }
  }
}
