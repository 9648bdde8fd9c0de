/**
 * Judges the feeds of the ERP: every row that is there when a reading from the beginning starts is nominated by its end
 * (I14), and a position is used only on the source that gave it (I15).
 */
import type { ExternalChangePage } from "../../src/external/port.ts";
import { type Erp, nameOf, type Place } from "./erp.ts";
import type { Fail } from "./traffic-judge.ts";

/** A reading under way: the rows that were there at its beginning and have not been nominated yet. */
interface Reading {
  readonly missing: ReadonlySet<string>;
  readonly invariant: "I14" | "I15";
}

/** Where a position comes from. */
interface Position extends Reading {
  readonly place: Place;
}

/** Watches what the feeds answer. */
export class FeedJudge {
  /** Readings from the beginning that came to their end. */
  readings = 0;
  readonly #erp: Erp;
  readonly #mayRestart: () => boolean;
  readonly #fail: Fail;
  readonly #positions = new Map<string, Position>();

  /** `mayRestart`: false where a feed has no reason to be read again from its beginning. */
  constructor(erp: Erp, mayRestart: () => boolean, fail: Fail) {
    this.#erp = erp;
    this.#mayRestart = mayRestart;
    this.#fail = fail;
  }

  /** The position before everything was given out. */
  started(collection: string, cursor: string): void {
    this.#positions.set(`${collection} ${cursor}`, {
      ...this.#everything(collection, "I14"),
      place: this.#erp.place(collection),
    });
  }

  /**
   * A page was given out. `stale`: to a process whose lease somebody else has, and who may have stored a later position and
   * had the log forgotten up to there.
   */
  told(collection: string, cursor: string | null, page: ExternalChangePage, stale = false): void {
    const place = this.#erp.place(collection);
    const from = cursor === null ? undefined : this.#positions.get(`${collection} ${cursor}`);
    const known = from !== undefined && this.#erp.knows(collection, from.place) ? from : undefined;
    const reading = known ?? this.#everything(collection, from === undefined ? "I14" : "I15");
    if (page.restart !== undefined && known !== undefined && !stale && !this.#mayRestart())
      this.#fail(
        "I15",
        `${collection} is read from its beginning, though nothing happened to it: ${page.restart.reason}`,
      );
    const named = new Set(page.changes.map(({ naturalKey }) => naturalKey.join("|")));
    const missing = new Set(
      [...reading.missing].filter((name) => !named.has(name) && this.#erp.row(collection, name) !== undefined),
    );
    const { invariant } = reading;
    if (!page.more) {
      this.readings += 1;
      if (missing.size > 0) this.#fail(invariant, `${collection}: ${TELLING[invariant]} ${[...missing].join(", ")}`);
      missing.clear();
    }
    this.#positions.set(`${collection} ${page.cursor}`, { missing, invariant, place });
  }

  /** True for a position that the table as it is now has not given out. */
  isForeign(collection: string, cursor: string): boolean {
    const from = this.#positions.get(`${collection} ${cursor}`);
    return from !== undefined && !this.#erp.knows(collection, from.place);
  }

  #everything(collection: string, invariant: Reading["invariant"]): Reading {
    return { invariant, missing: new Set(this.#erp.rows(collection).map(nameOf)) };
  }
}

const TELLING: Readonly<Record<Reading["invariant"], string>> = {
  I14: "a reading from the beginning has come to its end and never named",
  I15: "a position of another source was used, and the reading from it never named",
};
