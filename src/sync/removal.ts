/**
 * Decisions about records that one side shows and the other does not: deleted, merged away, or just not found.
 *
 * A record is only deleted on positive evidence from the other side, when it has not moved since both agreed, and when
 * the mapping allows it. A deletion against an edit is a conflict like any other.
 */

import type { ExternalView, Provenance, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import { answerKey, conflictOf } from "./conflict.ts";
import { createExternal, createSalesforce } from "./creation.ts";
import type { Conflict, Decision, KeptOnOneSide, Link, Obstacle } from "./decision.ts";
import { movedFields } from "./diff.ts";
import { planDelete } from "./lifecycle.ts";
import type { MergeSurvivor } from "./observation.ts";
import { deletedFrom, isGone, LIVE, type Presence } from "./presence.ts";
import { chooseWinner } from "./resolve.ts";
import { leavesOnOneSide } from "./settle.ts";
import { blocked, idle, linkOf, note, type Situation, written } from "./situation.ts";

/** The external system has the record, Salesforce shows none. */
export function withoutSalesforce(input: Situation, external: ExternalView): Decision {
  const { base, link, mapping, salesforce } = input;
  const agreed = base?.document ?? null;
  if (salesforce.kind === "deleted" && salesforce.master !== null) return merged(input, external, salesforce.master);
  if (agreed === null) {
    const deletedUnseen = salesforce.kind === "deleted" && !isGone(link);
    return deletedUnseen ? deletedBeforeAgreement(input, external) : createSalesforce(input, external, []);
  }
  if (salesforce.kind === "absent") {
    return blocked(input, "park", [
      note(
        "SALESFORCE_MISSING",
        `was in Salesforce${link?.recordId == null ? "" : ` as ${link.recordId}`} and is not found there now, but no feed tells of a deletion; it stays in the external system until \`order-sync sweep\` has read everything and misses it too. If it is still there, check the user's access to it`,
      ),
    ]);
  }
  const parent = deletedAlongWith(input);
  if (parent !== null) return cascadeDeleted(input, parent);
  const edits = movedFields(mapping, agreed, { side: "external", document: external.document });
  if (edits.length === 0) return propagateDelete(input, "external", []);
  const { document, provenance } = external;
  const { winner, records } = settlement(input, agreed, { side: "external", document, provenance });
  if (winner === null) return openDelete(input, records);
  return staying(
    winner === "external" ? createSalesforce(input, external, records) : propagateDelete(input, "external", records),
    { side: "external", document, winner },
  );
}

/** Salesforce has the record, the external system shows none. */
export function withoutExternal(input: Situation, salesforce: SalesforceView): Decision {
  const { base, external, link, mapping } = input;
  const agreed = base?.document ?? null;
  if (agreed === null) {
    if (external.kind === "deleted" && !isGone(link)) {
      return idle(
        input,
        note(
          "DELETED_BEFORE_AGREEMENT",
          "was deleted in the external system before both sides ever agreed; it stays in Salesforce",
        ),
      );
    }
    return createExternal(input, salesforce, []);
  }
  if (external.kind === "absent") {
    return blocked(input, "park", [
      note(
        "EXTERNAL_MISSING",
        "is not found in the external system, but its change feed told no deletion; it stays in Salesforce until `order-sync sweep` has read everything and misses it too",
      ),
    ]);
  }
  const edits = movedFields(mapping, agreed, { side: "salesforce", document: salesforce.document });
  if (edits.length === 0) return propagateDelete(input, "salesforce", []);
  const { document, provenance } = salesforce;
  const { winner, records } = settlement(input, agreed, { side: "salesforce", document, provenance });
  if (winner === null) return openDelete(input, records);
  return staying(
    winner === "salesforce"
      ? createExternal(input, salesforce, records)
      : propagateDelete(input, "salesforce", records),
    { side: "salesforce", document, winner },
  );
}

/** Neither side shows it. */
export function gone(input: Situation): Decision {
  const known = input.link !== null || input.base !== null;
  const proven = input.salesforce.kind === "deleted" || input.external.kind === "deleted";
  if (!known) return idle(input);
  if (!proven && input.base?.document != null) {
    return blocked(input, "park", [
      note(
        "BOTH_MISSING",
        "is found on neither side, but no feed tells of a deletion; `order-sync sweep` decides. If it is still there, check the access of both users",
      ),
    ]);
  }
  const already = isGone(input.link) && input.base?.document == null;
  return {
    ...idle(input),
    agreed: null,
    link: linkOf(input, { recordId: input.link?.recordId ?? null, isGone: true }),
    actions: already ? [] : ["tombstone"],
  };
}

/**
 * The record whose deletion took this one along: one that we deleted in Salesforce, under which somebody had put this
 * record after we had looked. Salesforce names who deleted it; of what is deleted along that is the same user [memory: platform §12].
 */
function deletedAlongWith({ mapping, salesforce, link, self, parents }: Situation): string | null {
  if (link?.presence.kind === "deletedOnOneSide" && link.presence.along !== undefined) return link.presence.along;
  if (salesforce.kind !== "deleted" || salesforce.document === null) return null;
  const { provenance, document } = salesforce;
  if (provenance.by === null || provenance.by !== self?.salesforce) return null;
  for (const { field, reference } of mapping.fields) {
    const key = document.fields[field];
    if (reference === null || typeof key !== "string") continue;
    // The values of reference fields are business keys.
    const parent = parents(reference.object, key as BusinessKey);
    if (parent.kind === "absent" && parent.removed === true) return `${reference.object} ${key}`;
  }
  return null;
}

/** Nobody deleted it, so nothing is deleted on its account; it waits until it is undeleted, or deleted for good. */
function cascadeDeleted(input: Situation, parent: string): Decision {
  const text = `was deleted in Salesforce along with ${parent}, which the external system had deleted, and is in the external system still; undelete it in Salesforce (recycle bin, 15 days), or delete it in the external system`;
  const parked = blocked(input, "park", [note("CASCADE_DELETED", text)]);
  const presence: Presence = { kind: "deletedOnOneSide", side: "salesforce", along: parent };
  return { ...parked, link: { ...parked.link, presence } };
}

/** The other side deleted the record: delete it on `side` too where the mapping allows it. */
function propagateDelete(input: Situation, side: Side, conflicts: readonly Conflict[]): Decision {
  const { mapping } = input;
  const other: Side = side === "salesforce" ? "external" : "salesforce";
  if (!mapping.delete[side]) {
    const kept = note(
      "DELETE_NOT_PROPAGATED",
      `was deleted on the side ${other} and stays on the side ${side}, because delete.${side} of ${mapping.object} is off`,
    );
    return { ...idle(input, kept), conflicts };
  }
  const shown = input.salesforce.kind === "present" ? input.salesforce.view.recordId : null;
  const known = linkOf(input, { recordId: shown ?? input.link?.recordId ?? null, isGone: false });
  // A deletion that does not land now needs its evidence again; one that lands leaves a tombstone.
  const link: Link = { ...known, presence: deletedFrom(known.presence, other) };
  const result = { agreed: null, conflicts, notes: [], rewrites: [], link };
  if (side === "salesforce") {
    if (input.salesforce.kind !== "present") return idle(input);
    const plan = planDelete(mapping, input.salesforce.view, input.org);
    if (plan.kind !== "plan") return blocked(input, plan.kind, [plan.obstacle]);
    const { operations, actions, transitional } = plan;
    return written(
      input,
      [{ kind: "writes", salesforce: operations, external: null, actions, changes: [], transitional }],
      result,
    );
  }
  if (input.external.kind !== "present") return idle(input);
  const { naturalKey, version } = input.external.view;
  const operation = {
    opId: `${input.key}#x`,
    collection: mapping.collection,
    naturalKey,
    change: { kind: "delete" },
    expectedVersion: version,
  } as const;
  const deletion = written(
    input,
    [{ kind: "writes", salesforce: [], external: operation, actions: ["delete"], changes: [], transitional: null }],
    result,
  );
  // Whoever undeletes the record in Salesforce finds it in a transitional status, and with what our last write hides.
  return { ...deletion, transitional: input.base?.transitional ?? null, unsettledEdits: input.unsettledEdits };
}

/** An account was merged away in Salesforce: its children moved to the survivor, so the link follows. */
function merged(input: Situation, external: ExternalView, master: MergeSurvivor): Decision {
  if (master.key === undefined) {
    return blocked(input, "park", [
      note("MERGED", `was merged into ${master.recordId} in Salesforce, which is read first`),
    ]);
  }
  const known = linkOf(input, { recordId: master.recordId, isGone: false });
  const link: Link = { ...known, lineIds: {}, presence: LIVE };
  const agreed = input.base?.document ?? null;
  if (master.key !== null && master.key !== input.key) {
    const edited =
      agreed !== null &&
      movedFields(input.mapping, agreed, { side: "external", document: external.document }).length > 0;
    const text = `was merged into ${master.key} in Salesforce; merge the two in the external system too, or delete this one there`;
    const result = edited ? blocked(input, "park", [note("MERGED", text)]) : idle(input, note("MERGED_AWAY", text));
    const presence: Presence = { kind: "mergedAway", into: master.key, isGone: false };
    // The survivor's Id stays with its own key: two links to one record would leave its key in doubt.
    return { ...result, link: { ...link, recordId: null, presence }, actions: ["merge"] };
  }
  // The survivor has no key of its own: it takes this one, and the next pass compares the two.
  const { mapping, key } = input;
  if (master.key === key) return { ...idle(input), link, actions: ["merge"] };
  const opId = `${key}#1`;
  const operation = {
    kind: "update",
    opId,
    object: mapping.object,
    recordId: master.recordId,
    fields: { [mapping.keyField]: key },
  } as const;
  return written(
    input,
    [{ kind: "writes", salesforce: [operation], external: null, actions: ["merge"], changes: [], transitional: null }],
    {
      agreed,
      conflicts: [],
      notes: [note("MERGED", `was merged in Salesforce into ${master.recordId}, which takes over its key`)],
      rewrites: input.base?.rewrites ?? [],
      link,
    },
  );
}

/** Salesforce deleted a record that both sides never agreed on, for example after the state was lost. */
function deletedBeforeAgreement(input: Situation, external: ExternalView): Decision {
  const conflict = deleteAgainstEdit(input, null, {
    side: "external",
    document: external.document,
    provenance: external.provenance,
  });
  if (conflict.winner === null) return openDelete(input, conflict.records);
  if (conflict.winner === "external") return createSalesforce(input, external, conflict.records);
  return idle(
    input,
    note(
      "DELETED_BEFORE_AGREEMENT",
      "was deleted in Salesforce before both sides ever agreed; it stays in the external system and is not made again",
    ),
  );
}

/** A decision that leaves the record on one side remembers what it was settled about. */
function staying(decision: Decision, keptOnOneSide: KeptOnOneSide): Decision {
  return decision.kind === "agree" || leavesOnOneSide(decision) ? { ...decision, keptOnOneSide } : decision;
}

/** As it was settled before, where nobody has edited since; otherwise a conflict. */
function settlement(input: Situation, agreed: SyncDocument, editor: Editor): DeletionConflict {
  const keptOnOneSide = input.base?.keptOnOneSide;
  const holds =
    keptOnOneSide?.side === editor.side && movedFields(input.mapping, keptOnOneSide.document, editor).length === 0;
  return holds ? { winner: keptOnOneSide.winner, records: [] } : deleteAgainstEdit(input, agreed, editor);
}

/** What the side shows that still has the record. */
interface Editor {
  readonly side: Side;
  readonly document: SyncDocument;
  readonly provenance: Provenance;
}

interface DeletionConflict {
  readonly winner: Side | null;
  readonly records: readonly Conflict[];
}

function deleteAgainstEdit(input: Situation, agreed: SyncDocument | null, editor: Editor): DeletionConflict {
  const deleter: Side = editor.side === "salesforce" ? "external" : "salesforce";
  const deletion = input.salesforce.kind === "deleted" ? input.salesforce.provenance : { by: null, at: null };
  const provenance: Record<Side, Provenance> =
    editor.side === "external"
      ? { salesforce: deletion, external: editor.provenance }
      : { salesforce: editor.provenance, external: { by: null, at: null } };
  const answer = input.answers?.get(answerKey("*"));
  const choice = chooseWinner({
    mapping: { owner: null },
    policy: input.mapping.policy,
    provenance,
    ...(answer === undefined ? {} : { answer }),
  });
  const subject = { object: input.mapping.object, key: input.key, provenance };
  const whole = conflictOf(
    subject,
    { field: "*", base: agreed === null ? undefined : true, [deleter]: null, [editor.side]: true },
    choice,
  );
  const fields = agreed === null ? [] : movedFields(input.mapping, agreed, editor);
  const records = fields.map((delta) =>
    conflictOf(
      subject,
      {
        ...(delta.lineKey === undefined ? {} : { lineKey: delta.lineKey }),
        field: delta.field,
        base: delta.before,
        [deleter]: null,
        [editor.side]: delta.after,
      },
      choice,
    ),
  );
  // Only the winner's opponent loses something: an edit that wins has nothing to journal but the deletion.
  return { winner: choice.winner, records: choice.winner === deleter ? [whole, ...records] : [whole] };
}

function openDelete(input: Situation, conflicts: readonly Conflict[]): Decision {
  return { ...blocked(input, "park", conflicts.map(openConflict)), conflicts };
}

/** A conflict that waits for a person, as an obstacle. */
export function openConflict(conflict: Conflict): Obstacle {
  const place = `${conflict.field === "*" ? "the record" : conflict.field}${conflict.lineKey === undefined ? "" : ` of line ${conflict.lineKey}`}`;
  const values = `salesforce: ${String(conflict.salesforce ?? "(empty)")}, external: ${String(conflict.external ?? "(empty)")}`;
  return {
    code: "CONFLICT_MANUAL",
    message: `${place} was changed on both sides (${values}); decide with \`order-sync conflicts\``,
    field: conflict.field,
    ...(conflict.lineKey === undefined ? {} : { lineKey: conflict.lineKey }),
  };
}
