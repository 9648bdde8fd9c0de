/**
 * The vocabulary of rules: a fact about the platform with its error code, its source and how sure we are of it.
 *
 * A rule with a `check` is enforced by the registry (`rules/registry.ts`); a fact without one is enforced by the stage
 * named in `enforcedIn`. Both together are the error catalog of this org, from which the fidelity page is written.
 */
import type { OrgFault } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import type { Change, WriteOperation } from "./change.ts";

/**
 * How sure the text is (reference: order-domain §11): A code and text were read in a live or recorded source; B the
 * code is sure and the text partly; C reconstructed, chosen by us.
 */
export type Certainty = "A" | "B" | "C";

/** What is known about one refusal. */
export interface RuleFact {
  /** The catalog's number, for example `ORD-4`; numbers from 20 on are ours. */
  readonly id: string;
  /** Salesforce's error code. */
  readonly code: string;
  /** The sObject; `*` for all. */
  readonly object: string;
  readonly on: readonly WriteOperation[];
  /** When the refusal happens, as half a sentence. */
  readonly when: string;
  readonly message: string;
  readonly fields: readonly string[];
  /** The section of the reference, with its evidence mark. */
  readonly source: string;
  readonly certainty: Certainty;
  /** The file that enforces it, where that is not the rule itself. */
  readonly enforcedIn?: string;
}

/** A fact that the registry enforces. */
export interface Rule extends RuleFact {
  /**
   * True where the platform reports this refusal together with the others of the same kind instead of stopping at the
   * first (activation checks: reference: order-domain §2.5 [live]).
   */
  readonly together?: true;
  /** True where the change keeps the rule. Pure reading: it must not write. */
  check(change: Change, tx: Transaction): boolean;
  /** The text of this refusal, where it names the record; otherwise the fixed message and fields stand. */
  explain?(change: Change, tx: Transaction): { readonly message: string; readonly fields?: readonly string[] };
  /** The HTTP status of a single-row call, where it is not 400. */
  readonly statusCode?: number;
}

/** The fault that a broken rule answers with. */
export function faultOf(rule: Rule, change: Change, tx: Transaction): OrgFault {
  const told = rule.explain?.(change, tx);
  return { code: rule.code, message: told?.message ?? rule.message, fields: told?.fields ?? rule.fields };
}

/** A fact that a stage enforces, in the order in which it is read: number, code, object, operations, when, rest. */
export function fact(
  id: string,
  code: string,
  object: string,
  on: RuleFact["on"],
  when: string,
  rest: Pick<RuleFact, "message" | "fields" | "source" | "certainty"> & { readonly enforcedIn: string },
): RuleFact {
  return { id, code, object, on, when, ...rest };
}
