/** What is found out about which record is which, while documents are read. */
import type { DecideInput } from "../../sync/situation.ts";

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
}

/** The code of a record that carries the key of another one. */
export const KEY_COPIED = "KEY_COPIED";
