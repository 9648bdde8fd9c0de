/**
 * Records that a sweep finds missing, and whether their absence is evidence of a deletion (I11).
 *
 * A feed without deletions never tells that a record is gone, and a deletion log ends after a while. A sweep can tell: the
 * record was read and not found, then a complete list of its side did not name it, and it is read once more before
 * anything is deleted. A list that broke off, that has fewer records than its side counts, that names none at all, or
 * that comes from another source than before proves nothing.
 */
import type { ExternalChangePage, ExternalSystem } from "../../external/port.ts";
import { externalKey } from "../../mapping/external-view.ts";
import type { Mapping, ObjectMapping } from "../../mapping/mapping.ts";
import type { BusinessKey } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { Side } from "../../model/value.ts";
import type { PolledObject, SalesforceOrg } from "../../salesforce/port.ts";
import type { StateStore } from "../../state/port.ts";
import type { Parked } from "../../sync/decision.ts";
import { replacedOf } from "../detect/feed-notes.ts";
import { join } from "../join/join.ts";
import { type Join, type Pass, passWith } from "../pass/pass.ts";
import { type CountedReading, unprovenOf } from "./sweep-proof.ts";
import { watchPolls } from "./watch-polls.ts";

/** Why a document waits that one side does not show, by the sides that do not. */
const MISSING_ON: Readonly<Record<string, readonly Side[]>> = {
  EXTERNAL_MISSING: ["external"],
  SALESFORCE_MISSING: ["salesforce"],
  BOTH_MISSING: ["external", "salesforce"],
};

/** Missing records that a sweep does not take as deleted. JSON-serializable. */
export interface UndecidedAbsence {
  readonly side: Side;
  readonly object: string;
  /** How many records wait. */
  readonly records: number;
  /** What the list lacks as a proof, as a main clause without a full stop. */
  readonly reason: string;
  /** Whether `--allow-deletes` takes them as deleted all the same. */
  readonly canBeAllowed: boolean;
}

/** One sentence on missing records that are not taken as deleted. */
export function undecidedText({ side, object, records, reason, canBeAllowed }: UndecidedAbsence): string {
  const place = side === "salesforce" ? "Salesforce" : "the external system";
  const wayOut = canBeAllowed ? "; if this was meant, run order-sync sweep --allow-deletes" : "";
  const what = records === 1 ? "1 record is not found" : `${records} records are not found`;
  return `${object}: ${what} in ${place} and not taken as deleted, because ${reason}. Nothing was deleted${wayOut}`;
}

/** What one list of a side said about the missing records of an object. */
interface Listed {
  /** Keys that it named although the record could not be read. */
  readonly keys: Set<BusinessKey>;
  named: number;
  isComplete: boolean;
}

/** The missing records of one sweep. */
export class SweepAbsence {
  readonly #mapping: Mapping;
  readonly #missing: ReadonlyMap<string, ReadonlyMap<BusinessKey, Missing>>;
  readonly #listed = new Map<string, Listed>();
  /** Why the source of an object is another one than before. */
  readonly #replaced: ReadonlyMap<string, string>;
  readonly #allowDeletes: boolean;

  private constructor(
    mapping: Mapping,
    found: {
      readonly missing: ReadonlyMap<string, ReadonlyMap<BusinessKey, Missing>>;
      readonly replaced: ReadonlyMap<string, string>;
      readonly allowDeletes: boolean;
    },
  ) {
    this.#mapping = mapping;
    this.#missing = found.missing;
    this.#replaced = found.replaced;
    this.#allowDeletes = found.allowDeletes;
  }

  /** The records that wait because a side does not show them. */
  static async load(
    mapping: Mapping,
    state: StateStore,
    { allowDeletes }: { readonly allowDeletes: boolean },
  ): Promise<SweepAbsence> {
    const missing = new Map<string, Map<BusinessKey, Missing>>();
    for (const { object } of mapping.objects) {
      const waiting = (await state.parked(object)).flatMap((entry) => {
        const sides = missingSides(entry);
        return sides.length === 0 ? [] : [{ key: entry.key, sides }];
      });
      const links = await state.links(
        object,
        waiting.map(({ key }) => key),
      );
      const entries = waiting.map(({ key, sides }) => {
        const recordId: string | null = links.get(key)?.recordId ?? null;
        return [key, { sides, recordId }] as const;
      });
      missing.set(object, new Map(entries));
    }
    const cursors = await state.cursors();
    const replaced = mapping.objects.flatMap((object) => {
      const reason = replacedOf(object, cursors);
      return reason === undefined ? [] : [[object.object, reason] as const];
    });
    return new SweepAbsence(mapping, { missing, replaced: new Map(replaced), allowDeletes });
  }

  /** Objects whose source was replaced and that have nothing left to decide. */
  settled(counts: readonly CountedReading[]): readonly string[] {
    const open = new Set(this.undecided(counts).flatMap(({ side, object }) => (side === "external" ? [object] : [])));
    return this.#mapping.objects
      .filter((mapping) => this.#replaced.has(mapping.object) && !open.has(mapping.object))
      .filter((mapping) => this.#flaw(mapping, "external", counts) === null)
      .map(({ object }) => object);
  }

  /** The same external system; looks for the missing records in what it lists. */
  watchExternal(external: ExternalSystem): Pick<ExternalSystem, "changes"> {
    return {
      changes: async (collection, cursor, limit) => {
        const page = await external.changes(collection, cursor, limit);
        for (const object of this.#mapping.objects)
          if (object.collection === collection) this.#addPage(object, page, cursor === null);
        return page;
      },
    };
  }

  /** The same org; looks for the missing records in its polls. */
  watchSalesforce(org: SalesforceOrg): SalesforceOrg {
    return watchPolls(org, (polled) => this.#watchPoll(polled));
  }

  /** Objects with missing records whose feed the runs do not read, so that nothing has listed them yet. */
  get unlisted(): readonly ObjectMapping[] {
    return this.#mapping.objects.filter(
      ({ object, watch }) =>
        !watch && [...(this.#missing.get(object)?.values() ?? [])].some(({ sides }) => sides.includes("salesforce")),
    );
  }

  /** A pass that takes the missing records as deleted where the lists prove it; null where they prove it of none. */
  passWithEvidence(counts: readonly CountedReading[]): Pass | null {
    const evidence = new Map<string, Side>();
    for (const [mapping, key, { sides }] of this.#all()) {
      const side = sides.find((each) => this.#isDeleted(mapping, key, each, counts));
      if (side !== undefined) evidence.set(`${mapping.object} ${key}`, side);
    }
    if (evidence.size === 0) return null;
    const read: Join = async (context, mapping, nominations, feed) => {
      const told = nominations.map((nomination) => ({
        ...nomination,
        deletedOn: nomination.deletedOn ?? evidence.get(`${mapping.object} ${nomination.key ?? ""}`) ?? null,
      }));
      return await join(context, mapping, feed === "waiting" ? told : nominations, feed);
    };
    return passWith({ read });
  }

  /** What is missing and waits because a list proves nothing. */
  undecided(counts: readonly CountedReading[]): readonly UndecidedAbsence[] {
    const found = new Map<string, UndecidedAbsence>();
    for (const [mapping, key, { sides }] of this.#all()) {
      if (sides.some((side) => this.#isDeleted(mapping, key, side, counts))) continue;
      for (const side of sides) {
        const doubt = this.#doubt(mapping, side, counts) ?? {
          reason: "the list of all records there names what cannot be read by its key",
          canBeAllowed: false,
        };
        const name = `${side} ${mapping.object}`;
        const records = (found.get(name)?.records ?? 0) + 1;
        found.set(name, { side, object: mapping.object, records, ...doubt });
      }
    }
    return [...found.values()];
  }

  *#all(): Generator<readonly [ObjectMapping, BusinessKey, Missing]> {
    for (const mapping of this.#mapping.objects)
      for (const [key, missing] of this.#missing.get(mapping.object) ?? []) yield [mapping, key, missing];
  }

  #isDeleted(mapping: ObjectMapping, key: BusinessKey, side: Side, counts: readonly CountedReading[]): boolean {
    const doubt = this.#doubt(mapping, side, counts);
    if (doubt !== null && !(doubt.canBeAllowed && this.#allowDeletes)) return false;
    return !this.#list(side, mapping.object).keys.has(key);
  }

  /** What keeps the list of a side from being a proof; null where nothing does. */
  #doubt(mapping: ObjectMapping, side: Side, counts: readonly CountedReading[]): Doubt | null {
    const flaw = this.#flaw(mapping, side, counts);
    if (flaw !== null) return { reason: flaw, canBeAllowed: false };
    const replaced = side === "external" ? this.#replaced.get(mapping.object) : undefined;
    if (replaced !== undefined)
      return { reason: `the source there is not the one that had it (${replaced})`, canBeAllowed: true };
    if (this.#list(side, mapping.object).named === 0)
      return { reason: "no record at all is listed there, as if it had been emptied", canBeAllowed: true };
    return null;
  }

  /** What the list lacks to be complete; null where it is. */
  #flaw(mapping: ObjectMapping, side: Side, counts: readonly CountedReading[]): string | null {
    const name = side === "external" ? mapping.collection : mapping.object;
    const readings = counts.filter((reading) => reading.side === side && reading.name === name);
    if (!this.#list(side, mapping.object).isComplete) return "there is no list of all records there";
    if (unprovenOf(readings).length > 0) return "the list leaves records out that are counted there";
    // An external system need not count; Salesforce can.
    const isCounted = side === "external" || readings.some(({ counted }) => counted !== null);
    return isCounted ? null : "the records there could not be counted";
  }

  #list(side: Side, object: string): Listed {
    const name = `${side} ${object}`;
    const known = this.#listed.get(name) ?? { keys: new Set(), named: 0, isComplete: false };
    this.#listed.set(name, known);
    return known;
  }

  #addPage(mapping: ObjectMapping, page: ExternalChangePage, isFirst: boolean): void {
    const list = this.#list("external", mapping.object);
    const missing = this.#missing.get(mapping.object);
    if (isFirst) list.isComplete = false;
    for (const { naturalKey, deleted } of page.changes) {
      if (deleted) continue;
      list.named += 1;
      const key = externalKey(mapping, naturalKey);
      if (key !== undefined && missing?.has(key) === true) list.keys.add(key);
    }
    if (!page.more) list.isComplete = true;
  }

  #watchPoll(polled: PolledObject): PolledObject {
    const mapping = this.#mapping.objects.find(({ object }) => object === polled.object);
    if (mapping === undefined) return polled;
    const list = this.#list("salesforce", mapping.object);
    const missing = this.#missing.get(mapping.object) ?? new Map<BusinessKey, Missing>();
    const byId = new Map([...missing].map(([key, { recordId }]) => [recordId, key]));
    const pages = async function* (): AsyncGenerator<readonly SalesforceRecord[]> {
      for await (const page of polled.pages) {
        for (const row of page) {
          if (row["IsDeleted"] === true) continue;
          list.named += 1;
          const key = byId.get(String(row["Id"]));
          if (key !== undefined) list.keys.add(key);
          // Only keys of the connector's own are among the missing ones.
          const stored = row[mapping.keyField] as BusinessKey;
          if (missing.has(stored)) list.keys.add(stored);
        }
        yield page;
      }
      list.isComplete = true;
    };
    return { ...polled, pages: { [Symbol.asyncIterator]: pages } };
  }
}

type Doubt = Pick<UndecidedAbsence, "reason" | "canBeAllowed">;

/** One missing record. */
interface Missing {
  readonly sides: readonly Side[];
  readonly recordId: string | null;
}

function missingSides({ obstacles }: Parked): readonly Side[] {
  return obstacles.flatMap(({ code }) => MISSING_ON[code] ?? []);
}
