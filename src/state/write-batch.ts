/** Writes one batch inside a transaction that has already checked the lease. */

import type { Insertable, Transaction } from "kysely";
import type { BusinessKey } from "../model/key.ts";
import { toBody } from "./link-body.ts";
import type { StateBatch } from "./port.ts";
import type { StateTables } from "./schema.ts";

/** Rows per INSERT: keeps the statement far below the limit of 32,766 parameters. */
const INSERT_ROWS_MAX = 500;
/** Keys per DELETE. */
const DELETE_KEYS_MAX = 500;

type Tx = Transaction<StateTables>;
type KeyedTable = "base" | "dead_letter" | "parked";
interface ObjectKey {
  readonly object: string;
  readonly key: BusinessKey;
}

/**
 * Writes all parts of a batch, the cursors last.
 *
 * Clears come before puts, so that a batch may clear and put the same key. Of two entries with the same key in one part
 * the later one wins.
 */
export async function writeBatch(tx: Tx, batch: StateBatch): Promise<void> {
  await removeKeys(tx, "base", batch.removeBases ?? []);
  await removeKeys(tx, "dead_letter", batch.clearDeadLetters ?? []);
  await removeKeys(tx, "parked", batch.clearParked ?? []);
  await clearIntents(tx, batch.clearIntents ?? []);

  const links = (batch.links ?? []).map((link) => ({
    ...objectKey(link),
    record_id: link.recordId,
    body: text(toBody(link)),
  }));
  for (const rows of chunks(lastOfEach(links, rowKey), INSERT_ROWS_MAX)) {
    await tx
      .insertInto("link")
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(["object", "key"])
          .doUpdateSet((e) => ({ record_id: e.ref("excluded.record_id"), body: e.ref("excluded.body") })),
      )
      .execute();
  }
  await putBodies(tx, "base", batch.bases ?? []);
  await putBodies(tx, "dead_letter", batch.deadLetters ?? []);
  await putBodies(tx, "parked", batch.parked ?? []);

  const intents = (batch.putIntents ?? []).map((intent) => ({
    id: intent.id,
    started_at_ms: intent.startedAtMs,
    body: text(intent),
  }));
  for (const rows of chunks(
    lastOfEach(intents, (row) => row.id),
    INSERT_ROWS_MAX,
  )) {
    await tx
      .insertInto("intent")
      .values(rows)
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet((e) => ({
          started_at_ms: e.ref("excluded.started_at_ms"),
          body: e.ref("excluded.body"),
        })),
      )
      .execute();
  }
  const conflicts = (batch.conflicts ?? []).map((conflict) => ({
    id: conflict.id,
    object: conflict.object,
    at_ms: conflict.atMs,
    resolved_at_ms: conflict.resolvedAtMs,
    body: text(conflict),
  }));
  for (const rows of chunks(
    lastOfEach(conflicts, (row) => row.id),
    INSERT_ROWS_MAX,
  )) {
    await tx
      .insertInto("conflict")
      .values(rows)
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet((e) => ({
          at_ms: e.ref("excluded.at_ms"),
          resolved_at_ms: e.ref("excluded.resolved_at_ms"),
          body: e.ref("excluded.body"),
        })),
      )
      .execute();
  }
  const journal = (batch.journal ?? []).map((entry) => ({
    at_ms: entry.atMs,
    run_id: entry.runId,
    object: entry.object,
    key: entry.key,
    event: entry.event,
    side: entry.side,
    detail: text(entry.detail),
  }));
  for (const rows of chunks(journal, INSERT_ROWS_MAX)) await tx.insertInto("journal").values(rows).execute();

  if (batch.run !== undefined) {
    const body = text(batch.run);
    await tx
      .insertInto("run")
      .values({ id: batch.run.id, started_at_ms: batch.run.startedAtMs, body })
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ body }))
      .execute();
  }
  const cursors = Object.entries(batch.cursors ?? {}).map(([feed, position]) => ({ feed, position }));
  for (const rows of chunks(cursors, INSERT_ROWS_MAX)) {
    await tx
      .insertInto("feed_cursor")
      .values(rows)
      .onConflict((conflict) => conflict.column("feed").doUpdateSet((e) => ({ position: e.ref("excluded.position") })))
      .execute();
  }
}

async function removeKeys(tx: Tx, table: KeyedTable, keys: readonly ObjectKey[]): Promise<void> {
  for (const object of new Set(keys.map((entry) => entry.object))) {
    const ofObject = keys.filter((entry) => entry.object === object).map((entry) => entry.key);
    for (const chunk of chunks(ofObject, DELETE_KEYS_MAX)) {
      await tx.deleteFrom(table).where("object", "=", object).where("key", "in", chunk).execute();
    }
  }
}

async function clearIntents(tx: Tx, ids: readonly string[]): Promise<void> {
  for (const chunk of chunks(ids, DELETE_KEYS_MAX)) await tx.deleteFrom("intent").where("id", "in", chunk).execute();
}

async function putBodies(tx: Tx, table: KeyedTable, entries: readonly ObjectKey[]): Promise<void> {
  const rows: Insertable<StateTables[KeyedTable]>[] = entries.map((entry) => ({
    ...objectKey(entry),
    body: text(entry),
  }));
  for (const chunk of chunks(lastOfEach(rows, rowKey), INSERT_ROWS_MAX)) {
    await tx
      .insertInto(table)
      .values(chunk)
      .onConflict((conflict) =>
        conflict.columns(["object", "key"]).doUpdateSet((e) => ({ body: e.ref("excluded.body") })),
      )
      .execute();
  }
}

function objectKey(entry: ObjectKey): { object: string; key: string } {
  return { object: entry.object, key: entry.key };
}

function rowKey(row: { readonly object: string; readonly key: string }): string {
  return JSON.stringify([row.object, row.key]);
}

/** PostgreSQL refuses an upsert that touches one row twice; the later entry is the one that counts. */
function lastOfEach<T>(rows: readonly T[], key: (row: T) => string): readonly T[] {
  return [...new Map(rows.map((row) => [key(row), row])).values()];
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

function text(value: object): string {
  return JSON.stringify(value);
}
