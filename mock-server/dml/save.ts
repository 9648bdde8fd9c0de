/**
 * The save pipeline: one call for REST rows, collections, composite, tree, Bulk and SOAP.
 *
 * Each record stands on a savepoint of its own and is undone alone when it fails. With `allOrNone` one failure undoes
 * all, and the rows that were good say so. The records are saved in their order; later ones see earlier ones.
 */
import type { Transaction } from "../org/port.ts";
import { checkObject, unsupportedObject } from "./access.ts";
import { type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { isRefusal } from "./decode.ts";
import { deleteRecord } from "./delete.ts";
import { type ObjectPlan, planOf } from "./object-plan.ts";
import type { SaveOptions } from "./options.ts";
import type { SaveInput, SaveRequest, SaveResult } from "./port.ts";
import { failure, guarded } from "./refusal-result.ts";
import { undeleteRecord } from "./undelete.ts";
import { duplicateKeys, resolveUpsert } from "./upsert.ts";
import { insertRecord, updateRecord, type Written } from "./write-record.ts";

/** How deep saves of triggers may nest: Apex's limit. */
const TRIGGER_DEPTH_MAX = 16;

/** GEN-5 (reference: rest-api §9.4 [fixture]). */
const ROLLED_BACK = {
  code: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
  message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
  fields: [],
} as const;

/**
 * Saves the records of a request within a transaction; one result for each, in order.
 *
 * A refused record is a result, not an exception. Throws an `OrgError` where the platform refuses the whole request: a
 * value of a wrong JSON type (400 JSON_PARSER_ERROR) or an upsert field that is no external Id (404). The caller's
 * transaction is then undone.
 */
export function save(tx: Transaction, request: SaveRequest, options: SaveOptions = {}): readonly SaveResult[] {
  return saveAt(tx, request, options, 0);
}

function saveAt(tx: Transaction, request: SaveRequest, options: SaveOptions, depth: number): readonly SaveResult[] {
  if (depth > TRIGGER_DEPTH_MAX) throw new Error(`maximum trigger depth exceeded: ${TRIGGER_DEPTH_MAX}`);
  const listener = options.onVerdict;
  let row = 0;
  const context: SaveContext = {
    tx,
    options,
    onVerdict: listener && ((verdict) => listener({ row, ...verdict })),
    wire: options.wire ?? "json",
    depth,
    nested: (next) => saveAt(tx, next, options, depth + 1),
  };
  const start = tx.savepoint();
  const duplicates = upsertDuplicates(tx, request);
  let failed = false;
  const results = request.records.map((input, at): SaveResult => {
    row = at;
    const key = duplicates?.get(at);
    const result = key === undefined ? saveRow(context, request, input) : failure(duplicateKey(key), null, false);
    failed ||= !result.success;
    return result;
  });
  if (!failed || !request.allOrNone) return results;
  tx.rollbackTo(start);
  return results.map((result, at) => (result.success ? rolledBack(result, request.records[at]) : result));
}

function saveRow(context: SaveContext, request: SaveRequest, input: SaveInput): SaveResult {
  const { tx } = context;
  const type = tx.catalog.object(input.object);
  if (type === undefined) return failure(unsupportedObject(input.object), null, false);
  const plan = planOf(type);
  const hidden = checkObject(tx, plan);
  if (hidden !== undefined) return failure(hidden, null, false);
  const before = tx.savepoint();
  const { outcome, created, id } = attempt(context, plan, request, input);
  if (!isRefusal(outcome)) return { success: true, id: outcome.id, created };
  tx.rollbackTo(before);
  return failure(outcome, id, created);
}

interface Attempt {
  readonly outcome: Written | Refusal;
  readonly created: boolean;
  /** The record that was meant, as far as the request names it. */
  readonly id: string | null;
}

function attempt(context: SaveContext, plan: ObjectPlan, request: SaveRequest, input: SaveInput): Attempt {
  const known = input.id ?? null;
  switch (request.operation) {
    case "insert":
      return { outcome: guarded(() => insertRecord(context, plan, input.values)), created: true, id: null };
    case "update":
      return {
        outcome: guarded(() => updateRecord(context, plan, { id: input.id, values: input.values })),
        created: false,
        id: known,
      };
    case "upsert": {
      const target = resolveUpsert(context, plan, input, request);
      if ("statusCode" in target) return { outcome: target, created: false, id: known };
      if (target.kind === "insert")
        return { outcome: guarded(() => insertRecord(context, plan, target.values)), created: true, id: null };
      return { outcome: guarded(() => updateRecord(context, plan, target)), created: false, id: target.id };
    }
    case "delete":
    case "hardDelete": {
      const hard = request.operation === "hardDelete";
      return { outcome: guarded(() => deleteRecord(context, plan, { id: input.id, hard })), created: false, id: known };
    }
    case "undelete":
      return { outcome: guarded(() => undeleteRecord(context, plan, input.id)), created: false, id: known };
  }
}

function upsertDuplicates(tx: Transaction, request: SaveRequest): ReadonlyMap<number, string> | undefined {
  const [first] = request.records;
  if (request.operation !== "upsert" || first === undefined) return undefined;
  const type = tx.catalog.object(first.object);
  return type === undefined ? undefined : duplicateKeys(tx, planOf(type), request);
}

function duplicateKey(key: string): Refusal {
  return refuse({ code: "DUPLICATE_VALUE", message: `Duplicate external id specified: ${key}`, fields: [] });
}

function rolledBack(result: SaveResult & { success: true }, input: SaveInput | undefined): SaveResult {
  const id = result.created ? null : (input?.id ?? result.id);
  return { success: false, id, created: result.created, faults: [ROLLED_BACK], statusCode: 400 };
}
