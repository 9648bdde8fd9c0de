/**
 * Decides what to do about one document: the heart of the connector, pure and total.
 *
 * Everything comes in as data or as a lookup, nothing is read or written. The result says what both sides will agree
 * on, which operations get them there, what was overwritten and why, or what stands in the way.
 */
import type { ExternalView, SalesforceView } from "../model/document.ts";
import type { Side } from "../model/value.ts";
import { foreignLines } from "./creation.ts";
import type { Decision, Obstacle } from "./decision.ts";
import { mergeDocuments } from "./merge.ts";
import { gone, openConflict, withoutExternal, withoutSalesforce } from "./removal.ts";
import { changedKey, clearKeys, keyWriteOf } from "./restore-key.ts";
import {
  blocked,
  type DecideInput,
  idle,
  linkOf,
  note,
  type Situation,
  situationOf,
  withoutOurWrite,
  written,
} from "./situation.ts";
import { externalWrites, salesforceWrites } from "./writes.ts";

export type { DecideInput } from "./situation.ts";

/** Decides about one document. Never throws on data; the same input gives the same decision. */
export function decide(given: DecideInput): Decision {
  const input = situationOf(given);
  const { salesforce, external, obstacle, toClear = [] } = input;
  if (obstacle !== undefined) return blocked(input, obstacle.kind, [obstacle.obstacle]);
  if (salesforce.kind === "filtered" || external.kind === "filtered") {
    return idle(
      input,
      note(
        "FILTERED",
        `is left out by the filter of the side ${salesforce.kind === "filtered" ? "salesforce" : "external"}`,
      ),
    );
  }
  if (salesforce.kind === "present" && toClear.length > 0) return clearKeys(input, salesforce.view, toClear);
  const invalid = valueObstacles(input);
  if (invalid.length > 0) return blocked(input, "reject", invalid);
  if (salesforce.kind === "present" && external.kind === "present") return merge(input, salesforce.view, external.view);
  if (external.kind === "present") return withoutSalesforce(input, external.view);
  if (salesforce.kind === "present")
    return withoutExternal(input, withoutOurWrite(salesforce.view, input.unsettledEdits));
  return gone(input);
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
    unsettledEdits: input.unsettledEdits,
    answers: input.answers ?? NO_ANSWERS,
    self: input.self ?? NOBODY,
    nowMs: input.nowMs,
  });
  if (merged.rejections.length > 0) return blocked(input, "reject", merged.rejections);
  if (merged.open.length > 0) {
    return { ...blocked(input, "park", merged.open.map(openConflict)), conflicts: merged.open };
  }
  const toSalesforce = salesforceWrites(
    { ...input, ...keyWriteOf(input, salesforce) },
    { seen: salesforce, merged, external },
  );
  if (toSalesforce.kind !== "writes") return blocked(input, toSalesforce.kind, toSalesforce.obstacles);
  const foreign = foreignLines(mapping, salesforce);
  if (foreign.length > 0 && mapping.lines?.foreign === "park") return blocked(input, "park", foreign);
  const standing = withoutOurWrite(salesforce, input.unsettledEdits);
  const toExternal = externalWrites(input, { seen: external, merged, salesforce: standing });
  if (toExternal.kind !== "writes") return blocked(input, toExternal.kind, toExternal.obstacles);
  return written(input, [toSalesforce, toExternal], {
    agreed: merged.agreed,
    conflicts: [...merged.conflicts, ...changedKey(input, salesforce)],
    notes: [...merged.notes, ...foreign],
    rewrites: merged.rewrites,
    link: linkOf(input, { recordId: salesforce.recordId, isGone: false }),
  });
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
    ...(problem.naturalKeys === undefined ? {} : { naturalKeys: problem.naturalKeys }),
  }));
}

const NO_ANSWERS: ReadonlyMap<string, Side> = new Map();

const NOBODY: Readonly<Record<Side, string | null>> = { salesforce: null, external: null };
