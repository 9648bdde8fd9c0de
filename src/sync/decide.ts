/**
 * Decides what to do about one document: the heart of the connector, pure and total.
 *
 * Everything comes in as data or as a lookup, nothing is read or written. The result says what both sides will agree
 * on, which operations get them there, what was overwritten and why, or what stands in the way.
 */
import type { ObjectMapping } from "../mapping/mapping.ts";
import type { ParentLookup } from "../mapping/write.ts";
import { parseBusinessKey } from "../model/business-key.ts";
import type { ExternalView, Provenance, SalesforceView, SyncDocument } from "../model/document.ts";
import type { BusinessKey } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import type { Base, Conflict, Decision, Link, Obstacle } from "./decision.ts";
import { movedFields } from "./diff.ts";
import { planDelete } from "./lifecycle.ts";
import { agreedForNewRow, answerKey, conflictOf, mergeDocuments } from "./merge.ts";
import { categoryOf, type OrgRules } from "./org-rules.ts";
import { chooseWinner } from "./resolve.ts";
import type { ExternalSighting, SalesforceSighting } from "./sighting.ts";
import { externalWrites, salesforceWrites, type Writes } from "./writes.ts";

/** All that a decision depends on. */
export interface DecideInput {
  readonly mapping: ObjectMapping;
  readonly key: BusinessKey;
  readonly base: Base | null;
  readonly link: Link | null;
  readonly salesforce: SalesforceSighting;
  readonly external: ExternalSighting;
  readonly org: OrgRules;
  readonly parents: ParentLookup;
  /** A person's answers to conflicts of this document, by `answerKey`; empty when there are none. */
  readonly answers?: ReadonlyMap<string, Side>;
  /** Our user Id in the org and our name in the external system, as far as known. */
  readonly self?: Readonly<Record<Side, string | null>>;
  readonly nowMs: number;
}

/** Decides about one document. Never throws on data; the same input gives the same decision. */
export function decide(given: DecideInput): Decision {
  const input = situationOf(given);
  const { salesforce, external } = input;
  if (salesforce.kind === "filtered" || external.kind === "filtered") {
    return idle(
      input,
      note(
        "FILTERED",
        `is left out by the filter of the side ${salesforce.kind === "filtered" ? "salesforce" : "external"}`,
      ),
    );
  }
  const invalid = valueObstacles(input);
  if (invalid.length > 0) return blocked(input, "reject", invalid);
  if (salesforce.kind === "present" && external.kind === "present") return merge(input, salesforce.view, external.view);
  if (external.kind === "present") return withoutSalesforce(input, external.view);
  if (salesforce.kind === "present") return withoutExternal(input, salesforce.view);
  return gone(input);
}

/** The input, with Salesforce showing what it stands for. */
interface Situation extends DecideInput {
  /** What Salesforce really shows. */
  readonly shown: SyncDocument | null;
  /** True when the record stands in a status that it only passes through. */
  readonly resumes: boolean;
}

/** Looks through a status in which we left the record half way: it stands for the status that was meant. */
function situationOf(input: DecideInput): Situation {
  const { salesforce, base, org, mapping } = input;
  if (salesforce.kind !== "present") return { ...input, shown: null, resumes: false };
  const { view } = salesforce;
  const passing = base?.passing ?? null;
  if (passing === null || view.document.fields["Status"] !== passing.shown) {
    return { ...input, shown: view.document, resumes: false };
  }
  const document = { ...view.document, fields: { ...view.document.fields, Status: passing.meant } };
  const statusCategory = view.statusCategory ?? categoryOf(org, mapping.object, passing.shown) ?? null;
  const through: SalesforceView = { ...view, document, statusCategory };
  return { ...input, salesforce: { kind: "present", view: through }, shown: view.document, resumes: true };
}

/** Both sides show the record. */
function merge(input: Situation, salesforce: SalesforceView, external: ExternalView): Decision {
  const { mapping, key } = input;
  const merged = mergeDocuments({
    mapping,
    key,
    base: input.base?.document ?? null,
    salesforce,
    external,
    rewrites: input.base?.rewrites ?? [],
    answers: input.answers ?? NO_ANSWERS,
    self: input.self ?? NOBODY,
    nowMs: input.nowMs,
  });
  if (merged.rejections.length > 0) return blocked(input, "reject", merged.rejections);
  if (merged.open.length > 0) {
    return { ...blocked(input, "park", merged.open.map(openConflict)), conflicts: merged.open };
  }
  const toSalesforce = salesforceWrites(input, { seen: salesforce, merged, external });
  if (toSalesforce.kind !== "writes") return blocked(input, toSalesforce.kind, toSalesforce.obstacles);
  const foreign = foreignLines(mapping, salesforce);
  if (foreign.length > 0 && mapping.lines?.foreign === "park") return blocked(input, "park", foreign);
  const toExternal = externalWrites(input, { seen: external, merged, salesforce });
  if (toExternal.kind !== "writes") return blocked(input, toExternal.kind, toExternal.obstacles);
  return written(input, [toSalesforce, toExternal], {
    agreed: merged.agreed,
    conflicts: merged.conflicts,
    notes: [...merged.notes, ...foreign],
    rewrites: merged.rewrites,
    link: linkOf(input, { recordId: salesforce.recordId, tombstone: false }),
  });
}

/** The external system has the record, Salesforce shows none. */
function withoutSalesforce(input: Situation, external: ExternalView): Decision {
  const { base, link, mapping, salesforce } = input;
  const agreed = base?.document ?? null;
  if (salesforce.kind === "deleted" && salesforce.master !== null) return merged(input, external, salesforce.master);
  if (agreed === null) {
    const deletedUnseen = salesforce.kind === "deleted" && link?.tombstone !== true;
    return deletedUnseen ? deletedBeforeAgreement(input, external) : createSalesforce(input, external, []);
  }
  if (salesforce.kind === "absent") {
    return blocked(input, "park", [
      obstacle(
        "SALESFORCE_MISSING",
        `was in Salesforce${link?.recordId == null ? "" : ` as ${link.recordId}`} and is not found there now, but nothing proves a deletion; run a sweep, or check the user's access to it`,
      ),
    ]);
  }
  const edits = movedFields(mapping, agreed, external.document);
  if (edits.length === 0) return propagateDelete(input, "external", []);
  const conflict = deleteAgainstEdit(input, agreed, {
    side: "external",
    document: external.document,
    provenance: external.provenance,
  });
  if (conflict.winner === null) return openDelete(input, conflict.records);
  return conflict.winner === "external"
    ? createSalesforce(input, external, conflict.records)
    : propagateDelete(input, "external", conflict.records);
}

/** Salesforce has the record, the external system shows none. */
function withoutExternal(input: Situation, salesforce: SalesforceView): Decision {
  const { base, external, link, mapping } = input;
  const agreed = base?.document ?? null;
  if (agreed === null) {
    if (external.kind === "deleted" && link?.tombstone !== true) {
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
      obstacle(
        "EXTERNAL_MISSING",
        "is not found in the external system, but its change feed reported no deletion; nothing is deleted in Salesforce: run a sweep",
      ),
    ]);
  }
  const edits = movedFields(mapping, agreed, salesforce.document);
  if (edits.length === 0) return propagateDelete(input, "salesforce", []);
  const conflict = deleteAgainstEdit(input, agreed, {
    side: "salesforce",
    document: salesforce.document,
    provenance: salesforce.provenance,
  });
  if (conflict.winner === null) return openDelete(input, conflict.records);
  return conflict.winner === "salesforce"
    ? createExternal(input, salesforce, conflict.records)
    : propagateDelete(input, "salesforce", conflict.records);
}

/** Neither side shows it. */
function gone(input: Situation): Decision {
  const known = input.link !== null || input.base !== null;
  const proven = input.salesforce.kind === "deleted" || input.external.kind === "deleted";
  if (!known) return idle(input);
  if (!proven && input.base?.document != null) {
    return blocked(input, "park", [
      obstacle(
        "BOTH_MISSING",
        "is found on neither side, but nothing proves a deletion; run a sweep, or check the access of both users",
      ),
    ]);
  }
  const already = input.link?.tombstone === true && input.base?.document == null;
  return {
    ...idle(input),
    agreed: null,
    link: linkOf(input, { recordId: input.link?.recordId ?? null, tombstone: true }),
    actions: already ? [] : ["tombstone"],
  };
}

function createSalesforce(input: Situation, external: ExternalView, conflicts: readonly Conflict[]): Decision {
  const { mapping } = input;
  if (!mapping.create.salesforce) {
    return idle(
      input,
      note(
        "CREATE_NOT_ALLOWED",
        `exists in the external system only, and create.salesforce of ${mapping.object} is off`,
      ),
    );
  }
  const agreed = newDocument(mapping, external.document, "salesforce");
  const writes = salesforceWrites(input, { seen: null, external });
  if (writes.kind !== "writes") return blocked(input, writes.kind, writes.obstacles);
  const revived = input.link?.tombstone === true || input.salesforce.kind === "deleted";
  return written(input, [revived ? renamed(writes, "create", "revive") : writes], {
    agreed,
    conflicts,
    notes: [],
    rewrites: [],
    // The old Id is dead; the outcome of the create brings the new one.
    link: { ...linkOf(input, { recordId: null, tombstone: false }), lineIds: {} },
  });
}

function createExternal(input: Situation, salesforce: SalesforceView, conflicts: readonly Conflict[]): Decision {
  const { mapping } = input;
  if (!mapping.create.external) {
    return idle(
      input,
      note("CREATE_NOT_ALLOWED", `exists in Salesforce only, and create.external of ${mapping.object} is off`),
    );
  }
  const agreed = newDocument(mapping, salesforce.document, "external");
  const toExternal = externalWrites(input, { seen: null, salesforce });
  if (toExternal.kind !== "writes") return blocked(input, toExternal.kind, toExternal.obstacles);
  const stamp = salesforceWrites(input, { seen: salesforce, external: null });
  if (stamp.kind !== "writes") return blocked(input, stamp.kind, stamp.obstacles);
  const revived = input.link?.tombstone === true || input.external.kind === "deleted";
  return written(input, [stamp, revived ? renamed(toExternal, "create", "revive") : toExternal], {
    agreed,
    conflicts,
    notes: foreignLines(mapping, salesforce),
    rewrites: [],
    link: linkOf(input, { recordId: salesforce.recordId, tombstone: false }),
  });
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
  const link = linkOf(input, { recordId: input.link?.recordId ?? null, tombstone: true });
  const result = { agreed: null, conflicts, notes: [], rewrites: [], link };
  if (side === "salesforce") {
    if (input.salesforce.kind !== "present") return idle(input);
    const plan = planDelete(mapping, input.salesforce.view, input.org);
    if (plan.kind !== "plan") return blocked(input, plan.kind, [plan.obstacle]);
    const { operations, actions, passing } = plan;
    return written(
      input,
      [{ kind: "writes", salesforce: operations, external: null, actions, changes: [], passing }],
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
  return written(
    input,
    [{ kind: "writes", salesforce: [], external: operation, actions: ["delete"], changes: [], passing: null }],
    result,
  );
}

/** An account was merged away in Salesforce: its children moved to the survivor, so the link follows. */
function merged(
  input: Situation,
  external: ExternalView,
  master: { readonly recordId: Link["recordId"]; readonly key: BusinessKey | null },
): Decision {
  const link = { ...linkOf(input, { recordId: master.recordId, tombstone: false }), lineIds: {} };
  const agreed = input.base?.document ?? null;
  if (master.key !== null && master.key !== input.key) {
    const edited = agreed !== null && movedFields(input.mapping, agreed, external.document).length > 0;
    const text = `was merged into ${master.key} in Salesforce; merge the two in the external system too, or delete this one there`;
    const result = edited ? blocked(input, "park", [obstacle("MERGED", text)]) : idle(input, note("MERGED", text));
    return { ...result, link, actions: ["merge"] };
  }
  // The survivor has no key of its own: it takes this one, and the next pass compares the two.
  const { mapping, key } = input;
  if (master.key === key || master.recordId === null) return { ...idle(input), link, actions: ["merge"] };
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
    [{ kind: "writes", salesforce: [operation], external: null, actions: ["merge"], changes: [], passing: null }],
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

function deleteAgainstEdit(
  input: Situation,
  agreed: SyncDocument | null,
  editor: { readonly side: Side; readonly document: SyncDocument; readonly provenance: Provenance },
): { readonly winner: Side | null; readonly records: readonly Conflict[] } {
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
  const fields = agreed === null ? [] : movedFields(input.mapping, agreed, editor.document);
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

function openConflict(conflict: Conflict): Obstacle {
  const place = `${conflict.field === "*" ? "the record" : conflict.field}${conflict.lineKey === undefined ? "" : ` of line ${conflict.lineKey}`}`;
  const values = `salesforce: ${String(conflict.salesforce ?? "(empty)")}, external: ${String(conflict.external ?? "(empty)")}`;
  return {
    code: "CONFLICT_MANUAL",
    message: `${place} was changed on both sides (${values}); decide with \`order-sync conflicts\``,
    field: conflict.field,
    ...(conflict.lineKey === undefined ? {} : { lineKey: conflict.lineKey }),
  };
}

function newDocument(mapping: ObjectMapping, shown: SyncDocument, target: Side): SyncDocument {
  const lines = mapping.lines;
  return {
    object: shown.object,
    key: shown.key,
    fields: agreedForNewRow(mapping.fields, target, shown.fields),
    ...(lines === null || shown.lines === undefined
      ? {}
      : {
          lines: Object.fromEntries(
            Object.entries(shown.lines).map(([lineKey, fields]) => [
              lineKey,
              agreedForNewRow(lines.fields, target, fields),
            ]),
          ),
        }),
  };
}

function valueObstacles(input: Situation): readonly Obstacle[] {
  const { salesforce, external } = input;
  const problems = [
    ...(salesforce.kind === "present" ? salesforce.view.problems.map((each) => ({ ...each, side: "Salesforce" })) : []),
    ...(external.kind === "present"
      ? external.view.problems.map((each) => ({ ...each, side: "the external system" }))
      : []),
  ];
  return problems.map((problem) => ({
    code: "VALUE_INVALID",
    message: `${problem.field}${problem.lineKey === undefined ? "" : ` of line ${problem.lineKey}`}: "${problem.value}" in ${problem.side} ${problem.reason}`,
    field: problem.field,
    ...(problem.lineKey === undefined ? {} : { lineKey: problem.lineKey }),
  }));
}

function foreignLines(mapping: ObjectMapping, salesforce: SalesforceView): readonly Obstacle[] {
  const count = salesforce.foreignLineIds.length;
  if (mapping.lines === null || count === 0) return [];
  return [
    obstacle(
      "FOREIGN_LINES",
      `has ${count} ${count === 1 ? "line that was" : "lines that were"} made in Salesforce (${salesforce.foreignLineIds.slice(0, 3).join(", ")}); they are left alone: remove them there, or add them in the external system`,
    ),
  ];
}

const NO_ANSWERS: ReadonlyMap<string, Side> = new Map();
const NOBODY: Readonly<Record<Side, string | null>> = { salesforce: null, external: null };

type WriteSet = Extract<Writes, { kind: "writes" }>;

function written(
  input: Situation,
  sets: readonly WriteSet[],
  result: Pick<Decision, "agreed" | "conflicts" | "link" | "rewrites"> & { readonly notes: readonly Obstacle[] },
): Decision {
  const { notes, ...rest } = result;
  const salesforce = sets.flatMap((set) => set.salesforce);
  const external = sets.map((set) => set.external).find((operation) => operation !== null) ?? null;
  return {
    ...idle(input),
    ...rest,
    kind: salesforce.length > 0 || external !== null ? "change" : "agree",
    salesforce,
    external,
    obstacles: notes,
    actions: [...new Set(sets.flatMap((set) => set.actions))],
    changes: sets.flatMap((set) => set.changes),
    passing: sets.map((set) => set.passing).find((passing) => passing !== null) ?? stillPassing(input),
  };
}

function stillPassing(input: Situation): Decision["passing"] {
  return input.resumes ? (input.base?.passing ?? null) : null;
}

function renamed(set: WriteSet, from: string, to: string): WriteSet {
  return { ...set, actions: set.actions.map((action) => (action === from ? to : action)) };
}

/** Nothing to write; the base stays as it is. */
function idle(input: Situation, ...notes: readonly Obstacle[]): Decision {
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
      tombstone: input.link?.tombstone ?? false,
    }),
    salesforceStamp: present?.stamp ?? null,
    externalVersion: shown?.version ?? null,
    salesforceBefore: input.shown,
    externalBefore: shown?.document ?? null,
    salesforce: [],
    external: null,
    conflicts: [],
    obstacles: notes,
    actions: [],
    changes: [],
    passing: stillPassing(input),
    rewrites: base?.rewrites ?? [],
  };
}

function blocked(input: Situation, kind: "park" | "reject", obstacles: readonly Obstacle[]): Decision {
  return { ...idle(input, ...obstacles), kind };
}

function linkOf(input: Situation, known: Pick<Link, "recordId" | "tombstone">): Link {
  const { salesforce, external, link } = input;
  const naturalKey =
    external.kind === "present"
      ? external.view.naturalKey
      : (link?.naturalKey ?? parseBusinessKey(input.key)?.naturalKey ?? null);
  const lineIds = salesforce.kind === "present" ? salesforce.view.lineIds : (link?.lineIds ?? {});
  return { object: input.mapping.object, key: input.key, naturalKey, lineIds, ...known };
}

function note(code: string, message: string): Obstacle {
  return { code, message };
}

function obstacle(code: string, message: string): Obstacle {
  return { code, message };
}
