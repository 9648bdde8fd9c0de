/** What is found out about which record is which, while documents are read. */
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { DecideInput } from "../../sync/situation.ts";
import type { RunContext } from "../context/context.ts";

/** The parts of a decision's input that are about which record is which. */
export type Identity = Pick<DecideInput, "obstacle" | "matchedBy" | "replaces" | "toClear" | "isKeyTold">;

/** A nominated record that cannot be joined, because it has no usable key. */
export interface Unjoined {
  readonly name: string;
  readonly reason: string;
  /**
   * `mention`: it is none of ours, the journal tells about it. `refuse`: it would take part if it could be named, so it
   * becomes a dead letter under its name. `forget`: it is gone, and with it the dead letter.
   */
  readonly how: "mention" | "refuse" | "forget";
  /** The code under which it is refused, where it is not that its key is unusable. */
  readonly code?: string;
  /** True: stored before anything of the pass is written, because afterwards nothing would tell of it. */
  readonly isFirst?: boolean;
}

/** The code of a record that carries the key of another one. */
export const KEY_COPIED = "KEY_COPIED";

/**
 * The code of a record to which somebody gave the key of another one, and that had to let go of it again. It waits for a
 * person: without its key it would look like a new record, and be made in the external system a second time.
 */
export const KEY_MOVED = "KEY_MOVED";

/** The name under which the dead letter of a record without a usable key of its own is kept. */
export function recordName(object: string, recordId: RecordId): BusinessKey {
  // Dead letters are looked up by key; the record's own name serves as one.
  return `${object} ${recordId}` as BusinessKey;
}

/** Whether a record had to let go of another one's key, and nobody has said yet what it is. */
export function hasMoved({ memory }: Pick<RunContext, "memory">, object: string, recordId: RecordId): boolean {
  const deadLetter = memory.deadLetter(object, recordName(object, recordId));
  return deadLetter?.obstacles.some(({ code }) => code === KEY_MOVED) === true;
}
