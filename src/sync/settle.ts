/** What to remember after the operations of a decision have been sent: base, link, and whether all of it landed. */

import type { SyncDocument } from "../model/document.ts";
import type { ExternalOutcome } from "../model/external-record.ts";
import type { LineKey, RecordId } from "../model/key.ts";
import type { RowOutcome } from "../model/salesforce-record.ts";
import type { Fields } from "../model/value.ts";
import type { Base, Decision, FieldChange, Link, Rewrite, TransitionalStatus, UnsettledEdit } from "./decision.ts";
import { isDeletion } from "./delete-guard.ts";
import { pairsOfBase } from "./kept.ts";
import { goneFrom, isGone, LIVE, type Presence } from "./presence.ts";
import { without, withoutUnsettledEdits } from "./unsettled-edits.ts";

/** The state after a decision. */
export interface Settled {
  readonly base: Base;
  readonly link: Link;
  /** True when every operation landed. Otherwise the key must be decided again. */
  readonly complete: boolean;
}

/**
 * Settles a decision by its outcomes. What landed enters the base, what did not stays as it was before, so that the
 * next decision goes on from there. An operation without an outcome did not land. With nothing to write this brings
 * base and link up to date. Where a write has just replaced an edit unseen (`unsettledEdits`), nothing was agreed on.
 */
export function settle(
  decision: Decision,
  before: Base | null,
  outcomes: readonly RowOutcome[],
  landing: { readonly external?: ExternalOutcome | null; readonly unsettledEdits?: readonly UnsettledEdit[] } = {},
): Settled {
  const { external = null, unsettledEdits = [] } = landing;
  const landed = new Map<string, RecordId | null>();
  for (const outcome of outcomes) if (outcome.kind === "done") landed.set(outcome.opId, outcome.recordId);
  if (external?.kind === "done") landed.set(external.opId, null);
  const expected = [
    ...decision.salesforce.map((operation) => operation.opId),
    ...(decision.external === null ? [] : [decision.external.opId]),
  ];
  const complete = expected.every((opId) => landed.has(opId));
  const settled = complete ? decision.agreed : partly(decision, before, landed);
  const undecided = complete ? [] : undecidedEdits(decision, before);
  const wroteSalesforce = decision.salesforce.some((operation) => landed.has(operation.opId));
  const document = withoutUnsettledEdits(settled, before?.document ?? null, [...undecided, ...unsettledEdits]);
  const kept = pairsOfBase(document, decision.kept ?? []);
  const base: Base = {
    object: decision.object,
    key: decision.key,
    document,
    // Our own write moved the stamp; the next poll shows the new one with equal values.
    salesforceStamp: wroteSalesforce ? null : decision.salesforceStamp,
    externalVersion: external?.kind === "done" ? external.version : decision.externalVersion,
    rewrites: writtenAgain(decision, before?.rewrites ?? [], landed),
    transitional: leftTransitional(decision, landed),
    ...unsettled(latest([...stillUnsettledEdits(decision, before, landed), ...undecided, ...unsettledEdits])),
    ...(decision.keptOnOneSide === null ? {} : { keptOnOneSide: decision.keptOnOneSide }),
    ...(kept.length === 0 ? {} : { kept }),
  };
  return { base, link: settledLink(decision, landed, complete), complete };
}

/** An edit that was made over an earlier one is in its place; the journal has both. */
function latest(unsettledEdits: readonly UnsettledEdit[]): readonly UnsettledEdit[] {
  return unsettledEdits.filter(
    ({ lineKey, field }, index) =>
      !unsettledEdits.slice(index + 1).some((later) => later.lineKey === lineKey && later.field === field),
  );
}

/** Most bases hide nothing, and say nothing about it. */
function unsettled(unsettledEdits: readonly UnsettledEdit[]): Pick<Base, "unsettledEdits"> {
  return unsettledEdits.length === 0 ? {} : { unsettledEdits };
}

/**
 * Edits that the decision left alone, and those that have not reached both sides: one that was brought back to
 * Salesforce, but not to the external system, is still its user's edit and not ours.
 */
function stillUnsettledEdits(
  decision: Decision,
  before: Base | null,
  landed: ReadonlyMap<string, RecordId | null>,
): readonly UnsettledEdit[] {
  const pending = (before?.unsettledEdits ?? []).flatMap((edit): readonly UnsettledEdit[] => {
    const isOfEdit = (each: Pick<UnsettledEdit, "lineKey" | "field">): boolean =>
      each.lineKey === edit.lineKey && each.field === edit.field;
    if (decision.unsettledEdits.some(isOfEdit)) return [];
    const changes = decision.changes.filter(isOfEdit);
    const back = changes.find(({ side }) => side === "salesforce");
    const over = changes.find(({ side }) => side === "external");
    if (back !== undefined && !landed.has(back.opId)) return [edit];
    if (over === undefined || landed.has(over.opId)) return [];
    return [{ ...edit, ours: back?.to ?? edit.ours }];
  });
  return [...decision.unsettledEdits, ...pending];
}

/**
 * Edits that lose without a write of their own: Salesforce shows the winner already. Their conflict is reported with the
 * decision as a whole, so when that does not land they are decided about again.
 */
function undecidedEdits(decision: Decision, before: Base | null): readonly UnsettledEdit[] {
  const known = [...decision.unsettledEdits, ...decision.changes];
  return (before?.unsettledEdits ?? []).filter(
    (edit) => !known.some((each) => each.lineKey === edit.lineKey && each.field === edit.field),
  );
}

/** A value that never arrived was not changed back: only writes that landed count as rewrites. */
function writtenAgain(
  decision: Decision,
  before: readonly Rewrite[],
  landed: ReadonlyMap<string, RecordId | null>,
): readonly Rewrite[] {
  const missed = decision.changes.filter((change) => !landed.has(change.opId));
  if (missed.length === 0) return decision.rewrites;
  const isMissed = (rewrite: Rewrite): boolean => missed.some((change) => isOf(rewrite, change));
  return [...decision.rewrites.filter((rewrite) => !isMissed(rewrite)), ...before.filter(isMissed)];
}

function isOf(rewrite: Rewrite, change: FieldChange): boolean {
  return rewrite.side === change.side && rewrite.field === change.field && rewrite.lineKey === change.lineKey;
}

/** The base when only a part has landed. */
function partly(
  decision: Decision,
  base: Base | null,
  landed: ReadonlyMap<string, RecordId | null>,
): SyncDocument | null {
  const { agreed, changes } = decision;
  const before = base?.document ?? null;
  if (agreed === null) return before;
  const edits = base?.unsettledEdits ?? [];
  // An edit that we hide in Salesforce, and that the other side has now, is agreed on: what shows it must still follow.
  const isCarried = ({ side, lineKey, field, to }: FieldChange): boolean =>
    side === "salesforce" &&
    edits.some((edit) => edit.lineKey === lineKey && edit.field === field && edit.value === to) &&
    changes.some(
      (each) => each.side === "external" && each.lineKey === lineKey && each.field === field && landed.has(each.opId),
    );
  const missed = changes.filter((change) => !landed.has(change.opId) && !isCarried(change));
  // A new record whose root is missing on one side was not agreed on.
  const creation = creationOf(decision);
  if (creation !== null && !landed.has(creation.opId)) return before;
  // The status that a new record is made for is agreed on; that it is not there yet is what `passing` says.
  const made = creation !== null && creation.record !== "external";
  const fields = without(
    agreed.fields,
    before?.fields,
    missed.filter((change) => change.lineKey === undefined && !(made && change.field === "Status")),
  );
  if (agreed.lines === undefined) return { ...agreed, fields };
  const lines: Record<LineKey, Fields> = { ...agreed.lines };
  for (const change of missed) {
    const { lineKey } = change;
    if (lineKey === undefined) continue;
    const old = before?.lines?.[lineKey];
    const now = lines[lineKey];
    if (change.field === "*") {
      // A line that was removed to be added again, and was not, is one that only the other side has.
      const isRemoved = changes.some(
        ({ side, lineKey: line, field, to, opId }) =>
          side === change.side && line === lineKey && field === "*" && to === null && landed.has(opId),
      );
      if (old === undefined || isRemoved) delete lines[lineKey];
      else lines[lineKey] = old;
    } else if (now !== undefined) {
      lines[lineKey] = without(now, old, [change]);
    }
  }
  return { ...agreed, fields, lines };
}

/** The status that the record was left in, when its first operation landed and its last one did not. */
function leftTransitional(decision: Decision, landed: ReadonlyMap<string, RecordId | null>): TransitionalStatus | null {
  const { salesforce, transitional } = decision;
  const first = salesforce[0];
  const last = salesforce.at(-1);
  if (transitional === null || (last !== undefined && landed.has(last.opId))) return null;
  const entered = decision.salesforceBefore?.fields["Status"] === transitional.shown;
  const isGone = decision.salesforceBefore === null && first === undefined;
  return entered || isGone || (first !== undefined && landed.has(first.opId)) ? transitional : null;
}

/** The operation by which a side comes to its root record. */
interface Creation {
  readonly opId: string;
  /** `survivor`: Salesforce has it already, as the record that a merge has left. */
  readonly record: "salesforce" | "survivor" | "external";
}

/** The creation of the root record, when this decision is one. */
function creationOf({ salesforceBefore, salesforce, external }: Decision): Creation | null {
  const [first] = salesforce;
  if (salesforceBefore === null) {
    if (first === undefined) return null;
    return { opId: first.opId, record: first.kind === "upsert" ? "salesforce" : "survivor" };
  }
  return external?.change.kind === "create" ? { opId: external.opId, record: "external" } : null;
}

function settledLink(decision: Decision, landed: ReadonlyMap<string, RecordId | null>, complete: boolean): Link {
  const { link } = decision;
  const lineIds: Record<LineKey, RecordId> = { ...link.lineIds };
  const creation = creationOf(decision);
  const isMade = creation !== null && landed.has(creation.opId);
  // The Id of an older, deleted record ends with the making of a new one.
  let recordId = isMade && creation.record === "salesforce" ? null : link.recordId;
  for (const operation of decision.salesforce) {
    const id = landed.get(operation.opId) ?? null;
    if (id === null) continue;
    if (operation.kind === "upsert" && operation.key === decision.key) recordId = id;
    else if (operation.kind === "upsert" && operation.object !== decision.object)
      lineIds[operation.key as LineKey] = id;
    else if (operation.kind === "delete" && operation.object !== decision.object) {
      for (const [lineKey, lineId] of Object.entries(lineIds))
        if (lineId === operation.recordId) delete lineIds[lineKey as LineKey];
    }
  }
  const presence = settledPresence(decision, isMade, complete);
  const settled: Link = { ...link, recordId, lineIds, presence };
  return complete && decision.agreed !== null ? withoutSaying(settled) : settled;
}

/** A deletion that has not landed keeps its evidence; a record that was not made again keeps its deletion. */
function settledPresence(decision: Decision, isMade: boolean, complete: boolean): Presence {
  const { presence } = decision.link;
  if (decision.kind !== "change") return presence;
  if (isMade) return complete || isGone(decision.link) ? LIVE : presence;
  if (!complete || leavesOnOneSide(decision)) return presence;
  const removes = decision.salesforce.some(({ kind, object }) => kind === "delete" && object === decision.object);
  if (isDeletion(decision)) return goneFrom(presence, removes);
  // What was done on account of a deletion is done: its evidence has served.
  return presence.kind === "deletedOnOneSide" ? LIVE : presence;
}

/** What a person said about the tie has served once both sides agree. */
function withoutSaying({ instruction: _said, ...link }: Link): Link {
  return link;
}

/** Salesforce got edits of its own back, and the other side is as it was: the deletion there is still true. */
export function leavesOnOneSide({ salesforce, external }: Decision): boolean {
  return external === null && salesforce.length > 0 && salesforce.every(({ kind }) => kind === "update");
}
