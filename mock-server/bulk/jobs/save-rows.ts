/** Saves one chunk of a job's rows; whatever a row does wrong concerns that row alone. */
import type { SaveInput, SaveRequest, SaveResult } from "../../dml/port.ts";
import { OrgError, type OrgFault } from "../../errors.ts";
import type { MockOrgCore } from "../../org/org.ts";
import type { Actor, Transaction, TransactionOrigin } from "../../org/port.ts";
import type { Wire } from "../../schema/values.ts";
import type { BulkFaultHook } from "./fault-hook.ts";

/** The org and its save pipeline. */
export interface Saver {
  readonly org: MockOrgCore;
  readonly save: (tx: Transaction, request: SaveRequest, wire: Wire) => readonly SaveResult[];
  readonly trigger: BulkFaultHook;
}

/** One chunk. */
export interface Chunk {
  readonly actor: Actor;
  readonly operation: SaveRequest["operation"];
  readonly externalIdFieldName: string | undefined;
  readonly records: readonly SaveInput[];
  readonly wire: Wire;
  /** API version of the job, and what the client that made it called itself. */
  readonly apiVersion: number;
  readonly client: string | undefined;
}

/** Saves a chunk in one transaction; one result for each row, in order. */
export function saveRows({ org, save }: Saver, chunk: Chunk): readonly SaveResult[] {
  const { actor, operation, wire, apiVersion: version, client } = chunk;
  const origin: TransactionOrigin = { api: "bulkapi", version, client };
  const upsert = chunk.externalIdFieldName === undefined ? {} : { externalIdField: chunk.externalIdFieldName };
  const attempt = (records: readonly SaveInput[]): readonly SaveResult[] =>
    org.transaction(actor, (tx) => save(tx, { operation, records, allOrNone: false, ...upsert }, wire), origin);
  try {
    return attempt(chunk.records);
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    // What refuses a whole REST request concerns one row here.
    return chunk.records.map((input) => attemptAlone(attempt, input));
  }
}

function attemptAlone(attempt: (records: readonly SaveInput[]) => readonly SaveResult[], input: SaveInput): SaveResult {
  try {
    const [result] = attempt([input]);
    if (result === undefined) throw new Error("a save call answers every record");
    return result;
  } catch (error) {
    if (!(error instanceof OrgError)) throw error;
    return { success: false, id: null, created: false, faults: error.faults, statusCode: error.statusCode };
  }
}

/** `CODE:message:fields --`, the form of errors in result files. */
export function faultText(fault: OrgFault): string {
  return `${fault.code}:${fault.message}:${(fault.fields ?? []).join(",")} --`;
}
