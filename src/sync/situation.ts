/** The common ground of all decisions: their input, what Salesforce stands for, and the shapes of their results. */

import type { ObjectMapping } from "../mapping/mapping.ts";
import type { ParentLookup } from "../mapping/write.ts";
import { parseBusinessKey } from "../model/business-key.ts";
import type { SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey, LineKey, RecordId } from "../model/key.ts";
import type { Fields, Side } from "../model/value.ts";
import type { Base, Decision, Kept, Link, Obstacle, UnsettledEdit } from "./decision.ts";
import { isKeptInSalesforce, replaceKeptForms, sentPairs } from "./kept.ts";
import type { ExternalObservation, SalesforceObservation } from "./observation.ts";
import { categoryOf, type OrgRules } from "./org-rules.ts";
import { deletedFrom, deletedOn, goneFrom, isGone, LIVE, type Presence } from "./presence.ts";
import { stillUnsettled } from "./unsettled-edits.ts";
import type { Writes } from "./writes.ts";

/** All that a decision depends on. */
export interface DecideInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  readonly base: Base | null;
  readonly link: Link | null;
  readonly salesforce: SalesforceObservation;
  readonly external: ExternalObservation;
  readonly org: OrgRules;
  readonly parents: ParentLookup;
  /** A person's answers to conflicts of this document, by `answerKey`; empty when there are none. */
  readonly answers?: ReadonlyMap<string, Side>;
  /** Our user Id in the org and our name in the external system, as far as known. */
  readonly self?: Readonly<Record<Side, string | null>>;
  readonly nowMs: number;
  /** What keeps the document from being decided about at all: it is not certain which record it is. */
  readonly obstacle?: { readonly kind: "park" | "reject"; readonly obstacle: Obstacle };
  /** By which fields the record was recognized that is to be adopted. */
  readonly matchedBy?: readonly string[];
  /** The key under which that record was known while it waited. */
  readonly replaces?: BusinessKey;
  /** Records whose key field must be empty before this document can have its key. */
  readonly toClear?: readonly RecordId[];
  /** True when somebody has been informed already that its key had been changed. */
  readonly isKeyTold?: boolean;
}

/** The input, with Salesforce showing what it stands for. */
export interface Situation extends DecideInput {
  /** What Salesforce really shows. */
  readonly shown: SyncDocument | null;
  /** True when the record is in a status that it only passes through. */
  readonly resumes: boolean;
  /** Edits that our last write replaced unseen and still hides. */
  readonly unsettledEdits: readonly UnsettledEdit[];
  /** What the external system really shows. */
  readonly shownExternal: SyncDocument | null;
  /** Values that a side keeps otherwise than they were sent. */
  readonly kept: readonly Kept[];
  /** Of these, what was seen for the first time. */
  readonly found: readonly Kept[];
}

/**
 * Looks through what stands for something else: a transitional status for the status that was
 * meant, a value that a side keeps otherwise for the one that was sent.
 */
export function situationOf(given: DecideInput): Situation {
  const { input, kept, found } = replaceKeptFormsOnBothSides(given);
  const { salesforce, base, org, mapping } = input;
  const shownExternal = given.external.kind === "present" ? given.external.view.document : null;
  const known = { shownExternal, kept, found };
  // Whoever undeletes the record finds it as it was, in a transitional status and with what our write hides.
  if (salesforce.kind !== "present" || given.salesforce.kind !== "present") {
    return { ...input, ...known, shown: null, resumes: false, unsettledEdits: base?.unsettledEdits ?? [] };
  }
  const { view } = salesforce;
  const shown = given.salesforce.view.document;
  const unsettledEdits = stillUnsettled(base?.unsettledEdits ?? [], shown, (edit, value) =>
    isKeptInSalesforce(mapping, edit, value),
  );
  const transitional = base?.transitional ?? null;
  if (transitional === null || view.document.fields["Status"] !== transitional.shown) {
    return { ...input, ...known, shown, resumes: false, unsettledEdits };
  }
  const document = { ...view.document, fields: { ...view.document.fields, Status: transitional.meant } };
  const statusCategory = view.statusCategory ?? categoryOf(org, mapping.object, transitional.shown) ?? null;
  const through: SalesforceView = { ...view, document, statusCategory };
  return { ...input, ...known, salesforce: { kind: "present", view: through }, shown, resumes: true, unsettledEdits };
}

function replaceKeptFormsOnBothSides(given: DecideInput): {
  readonly input: DecideInput;
  readonly kept: readonly Kept[];
  readonly found: readonly Kept[];
} {
  const { mapping, base } = given;
  const pairs = base?.kept ?? [];
  if (pairs.length === 0) return { input: given, kept: [], found: [] };
  const ofSide = (side: Side): readonly Kept[] => pairs.filter((pair) => pair.side === side);
  const { salesforce, external } = given;
  const inSalesforce =
    salesforce.kind === "present" ? replaceKeptForms(mapping, base, "salesforce", salesforce.view.document) : null;
  const inExternal =
    external.kind === "present" ? replaceKeptForms(mapping, base, "external", external.view.document) : null;
  return {
    input: {
      ...given,
      salesforce:
        salesforce.kind === "present" && inSalesforce !== null
          ? { ...salesforce, view: { ...salesforce.view, document: inSalesforce.document } }
          : salesforce,
      external:
        external.kind === "present" && inExternal !== null
          ? { ...external, view: { ...external.view, document: inExternal.document } }
          : external,
    },
    kept: [...(inSalesforce?.kept ?? ofSide("salesforce")), ...(inExternal?.kept ?? ofSide("external"))],
    found: [...(inSalesforce?.found ?? []), ...(inExternal?.found ?? [])],
  };
}

/** What Salesforce would show without our last write: every edit that it hides in its place. */
export function withoutOurWrite(view: SalesforceView, unsettledEdits: readonly UnsettledEdit[]): SalesforceView {
  if (unsettledEdits.length === 0) return view;
  const fields = { ...view.document.fields };
  const lines: Record<LineKey, Fields> = { ...view.document.lines };
  for (const { lineKey, field, value } of unsettledEdits) {
    if (lineKey === undefined) fields[field] = value;
    else lines[lineKey] = { ...lines[lineKey], [field]: value };
  }
  const document = { ...view.document, fields, ...(view.document.lines === undefined ? {} : { lines }) };
  const last = unsettledEdits.at(-1);
  return { ...view, document, provenance: last === undefined ? view.provenance : { by: last.by, at: last.at } };
}

/** Planned operations of one side. */
export type WriteSet = Extract<Writes, { kind: "writes" }>;

/** A decision with operations; without any it is an agreement that brings base and link up to date. */
export function written(
  input: Situation,
  sets: readonly WriteSet[],
  result: Pick<Decision, "agreed" | "conflicts" | "link" | "rewrites"> & { readonly notes: readonly Obstacle[] },
): Decision {
  const { notes, ...rest } = result;
  const salesforce = sets.flatMap((set) => set.salesforce);
  const external = sets.map((set) => set.external).find((operation) => operation !== null) ?? null;
  const changes = sets.flatMap((set) => set.changes);
  return {
    ...idle(input),
    ...rest,
    kind: salesforce.length > 0 || external !== null ? "change" : "agree",
    salesforce,
    external,
    obstacles: notes,
    actions: [...new Set(sets.flatMap((set) => set.actions))],
    changes,
    kept: [...input.kept, ...sentPairs(input.mapping, changes, rest.agreed)],
    transitional:
      sets.map((set) => set.transitional).find((transitional) => transitional !== null) ??
      (input.resumes ? transitionalOfBase(input) : null),
    unsettledEdits: [],
    keptOnOneSide: null,
  };
}

/** Nothing to write; the base stays as it is. */
export function idle(input: Situation, ...notes: readonly Obstacle[]): Decision {
  const { base, salesforce, external } = input;
  const present = salesforce.kind === "present" ? salesforce.view : null;
  const shown = external.kind === "present" ? external.view : null;
  return {
    object: input.mapping.object,
    key: input.key,
    kind: "agree",
    agreed: base?.document ?? null,
    link: linkOf(input, {
      recordId: present?.recordId ?? input.link?.recordId ?? null,
      isGone: isGone(input.link),
    }),
    salesforceStamp: present?.stamp ?? null,
    externalVersion: shown?.version ?? null,
    salesforceBefore: input.shown,
    externalBefore: input.shownExternal,
    salesforce: [],
    external: null,
    conflicts: [],
    obstacles: notes,
    actions: [],
    changes: [],
    transitional: input.resumes || salesforce.kind !== "present" ? transitionalOfBase(input) : null,
    rewrites: base?.rewrites ?? [],
    unsettledEdits: input.unsettledEdits,
    keptOnOneSide: base?.keptOnOneSide ?? null,
    kept: input.kept,
    found: input.found,
    ...(input.replaces === undefined ? {} : { replaces: input.replaces }),
  };
}

/** Nothing is written; the obstacles say why. */
export function blocked(input: Situation, kind: "park" | "reject", obstacles: readonly Obstacle[]): Decision {
  return { ...idle(input, ...obstacles), kind };
}

/** The link as it will be, from what both sides show. */
export function linkOf(
  input: Situation,
  known: { readonly recordId: Link["recordId"]; readonly isGone: boolean },
): Link {
  const { salesforce, external, link } = input;
  const naturalKey =
    external.kind === "present"
      ? external.view.naturalKey
      : (link?.naturalKey ?? parseBusinessKey(input.key)?.naturalKey ?? null);
  const lineIds = salesforce.kind === "present" ? salesforce.view.lineIds : (link?.lineIds ?? {});
  return {
    object: input.mapping.object,
    key: input.key,
    naturalKey,
    lineIds,
    recordId: known.recordId,
    presence: presenceOf(input, known.isGone),
    ...(link?.instruction === undefined || input.base?.document != null ? {} : { instruction: link.instruction }),
  };
}

function presenceOf(input: Situation, isGoneNow: boolean): Presence {
  const { salesforce, link } = input;
  // A record that Salesforce shows is not merged away any more.
  const isMerged = link?.presence.kind === "mergedAway" && salesforce.kind !== "present";
  const before = link !== null && (isMerged || link.presence.kind !== "mergedAway") ? link.presence : LIVE;
  if (isGoneNow) return goneFrom(before, false);
  const side = deletionEvidence(input);
  if (side !== null) {
    const isAlong = before.kind === "deletedOnOneSide" && salesforce.kind !== "present";
    return { ...deletedFrom(before, side), ...(isAlong && before.along !== undefined ? { along: before.along } : {}) };
  }
  return before.kind === "mergedAway" ? { kind: "mergedAway", into: before.into, isGone: false } : LIVE;
}

/** The side that deleted the record and does not show it again. */
function deletionEvidence({ salesforce, external, link }: Situation): Side | null {
  if (external.kind === "deleted") return "external";
  if (salesforce.kind === "deleted") return "salesforce";
  const known = deletedOn(link);
  const seen = known === "salesforce" ? salesforce : external;
  return known === null || seen.kind === "present" ? null : known;
}

/** A note for the journal, or the reason of an obstacle. */
export function note(code: string, message: string): Obstacle {
  return { code, message };
}

function transitionalOfBase(input: Situation): Decision["transitional"] {
  return input.base?.transitional ?? null;
}
