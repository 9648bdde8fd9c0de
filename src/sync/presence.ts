/** Whether the record of a key is there: what is known of it on both sides together, as one of a few states. */
import type { BusinessKey } from "../model/key.ts";
import type { Side } from "../model/value.ts";

/** What is known of a record's deletion. */
export type Presence =
  /** No side is known to have deleted it; it may still have to be made. */
  | { readonly kind: "live" }
  /**
   * One side has deleted it while the other one still has it. A feed tells a deletion once; whatever has to wait
   * afterwards, for a person or a lock, needs the evidence later. Ends when the record is back, or gone on both sides.
   */
  | {
      readonly kind: "deletedOnOneSide";
      readonly side: Side;
      /** The record that we deleted in Salesforce and whose deletion took this one along: nobody meant it. */
      readonly along?: string;
    }
  /** Gone on both sides; a record that comes back is revived, not created. */
  | {
      readonly kind: "tombstone";
      /** Whether it was us who deleted the record in Salesforce: Salesforce took its children along. */
      readonly byUs: boolean;
    }
  /** Merged away in Salesforce into the record with this key, which stands for it where others refer to it. */
  | {
      readonly kind: "mergedAway";
      readonly into: BusinessKey;
      /** Whether it is gone in the external system as well. */
      readonly isGone: boolean;
      /** A side whose feed has told its deletion since. */
      readonly deletedOn?: Side;
    };

/** What a person has said about the tie between key and record; it has served once both sides agree. */
export type Instruction =
  /** That this record is the one, whatever its key field holds. */
  | "adopted"
  /** That it is made although records match it. */
  | "unmatched";

/** What a link says of presence. */
interface Present {
  readonly presence: Presence;
}

/** The presence of a record that no side is known to have deleted. */
export const LIVE: Presence = { kind: "live" };

/** Whether the record is gone on both sides. */
export function isGone(link: Present | null | undefined): boolean {
  const presence = link?.presence;
  return presence?.kind === "tombstone" || (presence?.kind === "mergedAway" && presence.isGone);
}

/** The side that is known to have deleted the record while the other one still has it; null where none is. */
export function deletedOn(link: Present | null | undefined): Side | null {
  const presence = link?.presence;
  if (presence?.kind === "deletedOnOneSide") return presence.side;
  return (presence?.kind === "mergedAway" && !presence.isGone ? presence.deletedOn : undefined) ?? null;
}

/** The key of the record that it was merged into; undefined where it was not. */
export function mergedInto(link: Present | null | undefined): BusinessKey | undefined {
  return link?.presence.kind === "mergedAway" ? link.presence.into : undefined;
}

/** Whether we deleted the record in Salesforce. */
export function isDeletedByUs(link: Present | null | undefined): boolean {
  return link?.presence.kind === "tombstone" && link.presence.byUs;
}

/** The same record once it is gone on both sides. */
export function goneFrom(presence: Presence, byUs: boolean): Presence {
  if (presence.kind === "mergedAway") return { kind: "mergedAway", into: presence.into, isGone: true };
  return { kind: "tombstone", byUs: byUs || (presence.kind === "tombstone" && presence.byUs) };
}

/** The same record with the evidence that a side has deleted it and the other one has not yet. */
export function deletedFrom(presence: Presence, side: Side): Presence {
  if (presence.kind === "mergedAway")
    return { kind: "mergedAway", into: presence.into, isGone: false, deletedOn: side };
  return { kind: "deletedOnOneSide", side };
}
