/** Conflicts as they are remembered, and the names by which people answer them. */
import type { Provenance } from "../model/document.ts";
import type { BusinessKey, LineKey } from "../model/key.ts";
import type { Side, Value } from "../model/value.ts";
import type { Conflict } from "./decision.ts";

/** Where two values meet, and which. */
export interface ConflictCase {
  readonly lineKey?: LineKey;
  readonly field: string;
  readonly base?: Value | undefined;
  readonly salesforce?: Value | undefined;
  readonly external?: Value | undefined;
}

/** A conflict record with both values and who and when on each side. */
export function conflictOf(
  subject: {
    readonly object: string;
    readonly key: BusinessKey;
    readonly provenance: Readonly<Record<Side, Provenance>>;
  },
  at: ConflictCase,
  choice: { readonly winner: Side | null; readonly rule: string },
): Conflict {
  const { salesforce, external } = subject.provenance;
  return {
    object: subject.object,
    key: subject.key,
    ...(at.lineKey === undefined ? {} : { lineKey: at.lineKey }),
    field: at.field,
    base: at.base,
    salesforce: at.salesforce,
    external: at.external,
    salesforceBy: salesforce.by,
    salesforceAt: salesforce.at,
    externalBy: external.by,
    externalAt: external.at,
    winner: choice.winner,
    rule: choice.rule,
  };
}

/** Names a field for a person's answer to its conflict. */
export function answerKey(field: string, lineKey?: LineKey): string {
  return `${lineKey ?? ""}/${field}`;
}
