/**
 * Links as they are stored. The form is that of the first version, flag by flag, so that any version reads what any other
 * one has written; inside the program a link is in one of a few states.
 */
import type { BusinessKey, LineKey, NaturalKey, RecordId } from "../model/key.ts";
import type { Side } from "../model/value.ts";
import type { Link } from "../sync/decision.ts";
import { deletedOn, type Instruction, isGone, LIVE, type Presence } from "../sync/presence.ts";

/** A stored link. */
export interface LinkBody {
  readonly object: string;
  readonly key: BusinessKey;
  readonly recordId: RecordId | null;
  readonly naturalKey: NaturalKey | null;
  readonly lineIds: Readonly<Record<LineKey, RecordId>>;
  /** Gone on both sides. */
  readonly tombstone: boolean;
  /** The side that has deleted it while the other one still has it. */
  readonly deletedOn?: Side;
  /** With `tombstone`: we deleted it in Salesforce. */
  readonly removed?: true;
  /** The record whose deletion by us made Salesforce delete this one, too. */
  readonly cascadeDeleted?: string;
  readonly unmatched?: true;
  readonly adopted?: true;
  /** The key of the record that it was merged into. */
  readonly mergedInto?: BusinessKey;
}

/** The link as it is stored. */
export function toBody({ presence, instruction, ...link }: Link): LinkBody {
  const side = deletedOn({ presence });
  return {
    ...link,
    tombstone: isGone({ presence }),
    ...(side === null ? {} : { deletedOn: side }),
    ...(presence.kind === "tombstone" && presence.byUs ? { removed: true } : {}),
    ...(presence.kind === "deletedOnOneSide" && presence.along !== undefined ? { cascadeDeleted: presence.along } : {}),
    ...(instruction === undefined ? {} : { [instruction]: true }),
    ...(presence.kind === "mergedAway" ? { mergedInto: presence.into } : {}),
  };
}

/** The link of what was stored. Flags that exclude each other are read as the stronger one: merged, gone, deleted. */
export function fromBody(body: LinkBody): Link {
  const { object, key, recordId, naturalKey, lineIds } = body;
  const instruction: Instruction | undefined =
    body.adopted === true ? "adopted" : body.unmatched === true ? "unmatched" : undefined;
  return {
    object,
    key,
    recordId,
    naturalKey,
    lineIds,
    presence: presenceOf(body),
    ...(instruction === undefined ? {} : { instruction }),
  };
}

function presenceOf({ tombstone, deletedOn: side, removed, cascadeDeleted, mergedInto: into }: LinkBody): Presence {
  if (into !== undefined) {
    const evidence = side === undefined || tombstone ? {} : { deletedOn: side };
    return { kind: "mergedAway", into, isGone: tombstone, ...evidence };
  }
  if (tombstone) return { kind: "tombstone", byUs: removed === true };
  if (side === undefined) return LIVE;
  return { kind: "deletedOnOneSide", side, ...(cascadeDeleted === undefined ? {} : { along: cascadeDeleted }) };
}
