/** What all stages of one save call share. */
import type { Transaction } from "../org/port.ts";
import type { Wire } from "../schema/values.ts";
import type { RowVerdict, SaveOptions } from "./options.ts";
import type { SaveRequest, SaveResult } from "./port.ts";

/** The state of one save call. */
export interface SaveContext {
  readonly tx: Transaction;
  readonly options: Omit<SaveOptions, "onVerdict">;
  /** Takes note of a rule's answer about the record at hand; absent where nobody listens. */
  readonly onVerdict: ((verdict: RowVerdict) => void) | undefined;
  readonly wire: Wire;
  /** How many saves of triggers this one is nested in. */
  readonly depth: number;
  /** Saves other records in the same transaction, one level deeper. */
  nested(request: SaveRequest): readonly SaveResult[];
}
