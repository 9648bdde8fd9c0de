/** Decisions about records that stand on one side only and are to be made on the other. */

import type { ObjectMapping } from "../mapping/mapping.ts";
import type { ExternalView, SalesforceView, SyncDocument } from "../model/document.ts";
import type { Side } from "../model/value.ts";
import type { Conflict, Decision, Obstacle } from "./decision.ts";
import type { Write } from "./merge-sheet.ts";
import { agreedForNewRow } from "./new-row.ts";
import { CONCURRENT_EDIT } from "./pre-image.ts";
import { isGone } from "./presence.ts";
import { blocked, idle, linkOf, note, type Situation, type WriteSet, written } from "./situation.ts";
import type { SalesforceTarget } from "./write-target.ts";
import { externalWrites, salesforceWrites } from "./writes.ts";

/** Makes the record in Salesforce, where the mapping allows it. */
export function createSalesforce(input: Situation, external: ExternalView, conflicts: readonly Conflict[]): Decision {
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
  const revived = isGone(input.link) || input.salesforce.kind === "deleted";
  return written(input, [revived ? renamed(writes, "create", "revive") : writes], {
    agreed,
    conflicts,
    notes: [],
    rewrites: [],
    // Until the outcome of the create brings a new Id an older deletion is the last word, and the dead Id tells a record
    // that was made from one that was undeleted.
    link: {
      ...linkOf(input, { recordId: input.link?.recordId ?? null, isGone: isGone(input.link) }),
      lineIds: {},
    },
  });
}

/** Makes the record in the external system, where the mapping allows it; a Salesforce record without a key gets one. */
export function createExternal(input: Situation, salesforce: SalesforceView, conflicts: readonly Conflict[]): Decision {
  const { mapping } = input;
  if (!mapping.create.external) {
    const alone = note(
      "CREATE_NOT_ALLOWED",
      `exists in Salesforce only, and create.external of ${mapping.object} is off`,
    );
    const isWhole = input.unsettledEdits.length === 0 && !input.resumes;
    return isWhole ? idle(input, alone) : bringBack(input, salesforce, alone);
  }
  const agreed = newDocument(mapping, salesforce.document, "external");
  const toExternal = externalWrites(input, { seen: null, salesforce });
  if (toExternal.kind !== "writes") return blocked(input, toExternal.kind, toExternal.obstacles);
  const stamp = salesforceWrites(input, salesforceStands(input, salesforce));
  if (stamp.kind !== "writes") return blocked(input, stamp.kind, stamp.obstacles);
  const revived = isGone(input.link) || input.external.kind === "deleted";
  return written(input, [stamp, revived ? renamed(toExternal, "create", "revive") : toExternal], {
    agreed,
    conflicts,
    notes: foreignLines(mapping, salesforce),
    rewrites: [],
    link: linkOf(input, { recordId: salesforce.recordId, isGone: isGone(input.link) }),
  });
}

/**
 * The record stays in Salesforce alone; the edits that our last write hides there are its own and come back, and so does
 * the status that it only passes through.
 */
function bringBack(input: Situation, salesforce: SalesforceView, alone: Obstacle): Decision {
  const writes = salesforceWrites(input, salesforceStands(input, salesforce));
  if (writes.kind !== "writes") return blocked(input, writes.kind, writes.obstacles);
  return written(input, [writes], {
    agreed: input.base?.document ?? null,
    conflicts: [],
    notes: [alone],
    rewrites: input.base?.rewrites ?? [],
    link: linkOf(input, { recordId: salesforce.recordId, isGone: false }),
  });
}

/** Salesforce keeps its record, gets its key where it has none, and gets back what our last write has hidden. */
function salesforceStands(input: Situation, salesforce: SalesforceView): SalesforceTarget {
  const seen = input.salesforce.kind === "present" ? input.salesforce.view : salesforce;
  const restored = input.unsettledEdits.map(({ lineKey, field, value, ours }): Write => {
    const at = lineKey === undefined ? { field } : { field, lineKey };
    return { ...at, side: "salesforce", from: ours, to: value, rule: CONCURRENT_EDIT };
  });
  return { seen, external: null, restored };
}

/** A note about lines that somebody made in Salesforce; empty when there are none. */
export function foreignLines(mapping: ObjectMapping, salesforce: SalesforceView): readonly Obstacle[] {
  const count = salesforce.foreignLineIds.length;
  if (mapping.lines === null || count === 0) return [];
  return [
    note(
      "FOREIGN_LINES",
      `has ${count} ${count === 1 ? "line that was" : "lines that were"} made in Salesforce (${salesforce.foreignLineIds.slice(0, 3).join(", ")}); they are left alone: remove them there, or add them in the external system`,
    ),
  ];
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

function renamed(set: WriteSet, from: string, to: string): WriteSet {
  return { ...set, actions: set.actions.map((action) => (action === from ? to : action)) };
}
