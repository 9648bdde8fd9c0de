/**
 * Merge of up to three records of one object into one, as SOAP and Apex offer it for accounts and contacts.
 *
 * The losers go into the recycle bin with `MasterRecordId`; their children move to the winner, activated orders and
 * contracts included (reference: order-domain §6.5 [memory; unsure], §12 no. 14).
 */
import type { Transaction } from "../org/port.ts";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import { checkChange, checkObject, unsupportedObject } from "./access.ts";
import { liveChildren } from "./cascade.ts";
import { type Refusal, refuse } from "./change.ts";
import { isRefusal } from "./decode.ts";
import { noteDeletion } from "./deletion-root.ts";
import { type ObjectPlan, planOf } from "./object-plan.ts";
import type { SaveOptions } from "./options.ts";
import type { SaveInput, SaveResult } from "./port.ts";
import { failure, guarded } from "./refusal-result.ts";
import { rollUp } from "./rules/roll-up.ts";
import { save } from "./save.ts";
import { liveRecord, parseRecordId } from "./target.ts";

/** A winner takes at most two others (reference: order-domain §6.5 [memory]). */
const LOSERS_MAX = 2;

/** One merge. */
export interface MergeRequest {
  readonly object: string;
  readonly masterId: string;
  /** One or two records that go. */
  readonly loserIds: readonly string[];
  /** Values that the winner gets with the merge. */
  readonly values?: SaveInput["values"];
}

/** Merges records; all or nothing. The result is about the winner. */
export function merge(tx: Transaction, request: MergeRequest, options: SaveOptions = {}): SaveResult {
  const type = tx.catalog.object(request.object);
  if (type === undefined) return failure(unsupportedObject(request.object), request.masterId, false);
  const start = tx.savepoint();
  const refusal = guarded(() => mergeRecords(tx, planOf(type), request, options));
  if (refusal === undefined) return { success: true, id: request.masterId, created: false };
  tx.rollbackTo(start);
  return failure(refusal, request.masterId, false);
}

function mergeRecords(
  tx: Transaction,
  plan: ObjectPlan,
  request: MergeRequest,
  options: SaveOptions,
): Refusal | undefined {
  const hidden = checkObject(tx, plan);
  if (hidden !== undefined) return hidden;
  // [memory: platform §4] both texts.
  if (plan.type.definition.mergeable !== true)
    return refuse({
      code: "INVALID_TYPE_FOR_OPERATION",
      message: `entity type ${plan.name} does not support merge`,
      fields: [],
    });
  const distinct = new Set([request.masterId, ...request.loserIds].map((id) => id.slice(0, 15)));
  if (request.loserIds.length < 1 || request.loserIds.length > LOSERS_MAX || distinct.size <= request.loserIds.length)
    return refuse({
      code: "INVALID_ARGUMENT_TYPE",
      message: "merge needs one winner and one or two other records",
      fields: [],
    });
  const winner = record(tx, plan, request.masterId, "update");
  if (isRefusal(winner)) return winner;
  const winnerId = String(winner.row["Id"]);
  for (const id of request.loserIds) {
    const loser = record(tx, plan, id, "delete");
    if (isRefusal(loser)) return loser;
    moveChildren(tx, plan.type, loser.row, winnerId);
    const current = tx.get(plan.name, String(loser.row["Id"])) ?? loser.row;
    tx.replace(plan.name, { ...current, IsDeleted: true, MasterRecordId: winnerId, ...stamps(current, tx) });
    noteDeletion(tx.get(plan.name, String(loser.row["Id"])), String(loser.row["Id"]));
  }
  const records = [{ object: plan.name, id: winnerId, values: request.values ?? {} }];
  const [saved] = save(tx, { operation: "update", records, allOrNone: true }, options);
  return saved === undefined || saved.success ? undefined : { faults: saved.faults, statusCode: saved.statusCode };
}

function record(
  tx: Transaction,
  plan: ObjectPlan,
  given: string,
  operation: "update" | "delete",
): { readonly row: Row } | Refusal {
  const id = parseRecordId(plan, given, operation);
  if (typeof id !== "string") return id;
  const live = liveRecord(tx, plan, id);
  return isRefusal(live) ? live : (checkChange(tx, plan, operation, live.row) ?? live);
}

function moveChildren(tx: Transaction, type: SObjectType, loser: Row, winnerId: string): void {
  for (const relationship of type.children) {
    const { childObject, field } = relationship;
    // Histories and shares stay with the record that they are about.
    if (tx.catalog.object(childObject)?.definition.createable !== true) continue;
    for (const child of liveChildren(tx, relationship, String(loser["Id"]))) {
      // The winner may be a child of the loser: it does not become its own parent.
      const target = child["Id"] === winnerId ? null : winnerId;
      const after: Row = { ...child, [field.name]: target, ...stamps(child, tx) };
      tx.replace(childObject, after);
      rollUp({ object: childObject, operation: "update", before: child, after }, tx);
    }
  }
}

function stamps(row: Row, tx: Transaction): Readonly<Record<string, FieldValue>> {
  return {
    ...("LastModifiedDate" in row && { LastModifiedDate: tx.now, LastModifiedById: tx.actor.userId }),
    ...("SystemModstamp" in row && { SystemModstamp: tx.now }),
  };
}
