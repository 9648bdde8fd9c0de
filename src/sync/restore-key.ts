/** Puts right what somebody did to key fields in Salesforce: a record keeps the key under which both sides know it. */
import type { SalesforceView } from "../model/document.ts";
import type { RecordId } from "../model/key.ts";
import type { RowOperation } from "../model/salesforce-record.ts";
import type { Conflict, Decision, FieldChange } from "./decision.ts";
import { linkOf, note, type Situation, written } from "./situation.ts";
import type { KeyWrite } from "./write-target.ts";

/** The code of a document that waits until its key can be put back. */
export const KEY_CHANGED = "KEY_CHANGED";

const RULE = "a record keeps its key";

/** Where a key can only be put back once other records have let go of it: empties their key fields, and no more yet. */
export function clearKeys(input: Situation, salesforce: SalesforceView, recordIds: readonly RecordId[]): Decision {
  const { mapping, key, base } = input;
  const operations = recordIds.map(
    (recordId, index): RowOperation => ({
      kind: "update",
      opId: `${key}#${index + 1}`,
      object: mapping.object,
      recordId,
      fields: { [mapping.keyField]: null },
    }),
  );
  const changes = operations.map(
    ({ opId }): FieldChange => ({
      side: "salesforce",
      field: mapping.keyField,
      from: salesforce.heldKey ?? key,
      to: null,
      rule: RULE,
      opId,
    }),
  );
  const writes = {
    kind: "writes",
    salesforce: operations,
    external: null,
    actions: ["clear key"],
    changes,
    transitional: null,
  } as const;
  const decision = written(input, [writes], {
    agreed: base?.document ?? null,
    conflicts: changedKey(input, salesforce),
    notes: [],
    rewrites: base?.rewrites ?? [],
    link: linkOf(input, { recordId: salesforce.recordId, isGone: false }),
  });
  return {
    ...decision,
    transitional: base?.transitional ?? null,
    unsettledEdits: input.unsettledEdits,
    keptOnOneSide: base?.keptOnOneSide ?? null,
    again: note(
      KEY_CHANGED,
      `its key was changed in Salesforce; the fields that held it are emptied, and it is put back at once, or in the next run`,
    ),
  };
}

/** The conflict about a key that was changed; empty where it was not, or somebody has been informed. */
export function changedKey(input: Situation, salesforce: SalesforceView): readonly Conflict[] {
  if (!isMoved(input, salesforce) || input.isKeyTold === true) return [];
  const { provenance } = salesforce;
  return [
    {
      object: input.mapping.object,
      key: input.key,
      field: input.mapping.keyField,
      base: input.key,
      salesforce: salesforce.heldKey ?? null,
      external: input.key,
      salesforceBy: provenance.by,
      salesforceAt: provenance.at,
      externalBy: null,
      externalAt: null,
      winner: "external",
      rule: RULE,
    },
  ];
}

/** Whether the record had its key when both sides agreed on it, and has it no more. */
export function isMoved({ base, link }: Situation, salesforce: SalesforceView): boolean {
  return !salesforce.keyed && base?.document != null && link?.recordId === salesforce.recordId;
}

/** What it means that a record of both sides, or one of its lines, gets its key; empty where all of them have theirs. */
export function keyWriteOf(input: Situation, salesforce: SalesforceView): { readonly keyWrite?: KeyWrite } {
  if (salesforce.keyed && salesforce.heldLineKeys === undefined) return {};
  if (input.base?.document != null) return { keyWrite: { action: "restore key", rule: RULE } };
  const { matchedBy = [] } = input;
  const how = matchedBy.length === 0 ? "the link or its own name says so" : `matched by ${matchedBy.join(" and ")}`;
  return { keyWrite: { action: "adopt", rule: `${salesforce.recordId} is adopted: ${how}` } };
}
