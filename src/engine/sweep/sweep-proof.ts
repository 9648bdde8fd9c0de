/**
 * A sweep proves itself: the records that its reading from the beginning had on each side, against that side's own count.
 *
 * The external system counts in the moment in which its reading ends (`ExternalCensus`). Salesforce is asked for COUNT()
 * when its pages end; records that were stamped after the reading's horizon may have come behind a page, and belong to
 * the next run. What is still missing then was passed over by the reading.
 */

import { SyncError } from "../../errors.ts";
import type { ExternalCensus, ExternalSystem } from "../../external/port.ts";
import { counted } from "../../model/counted.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { Side } from "../../model/value.ts";
import type { PolledObject, SalesforceOrg } from "../../salesforce/port.ts";
import { parseWatermark, soqlInstant } from "../../salesforce/watermark.ts";
import { watchPolls } from "./watch-polls.ts";

/** One list of records, as a sweep read it and as its side counts it. JSON-serializable. */
export interface CountedReading {
  readonly side: Side;
  /** The object or the collection. */
  readonly name: string;
  /** Records that the reading had; null where it broke off. */
  readonly seen: number | null;
  /** Records by the side's own count; null where it has none or would not count. */
  readonly counted: number | null;
  /** Records that came or changed while it was read, which the next run reads. */
  readonly late: number;
  /** Records that nobody can name because their key is empty; the connector leaves them out. */
  readonly unnamed: number;
}

/** Records that exist and that the reading did not have. */
export function missingIn({ seen, counted, late }: CountedReading): number {
  return seen === null || counted === null ? 0 : Math.max(0, counted - seen - late);
}

/** Readings that leave records out. */
export function unprovenOf(counts: readonly CountedReading[]): readonly CountedReading[] {
  return counts.filter((reading) => missingIn(reading) > 0);
}

/** One sentence on a reading that leaves records out. */
export function unprovenText(reading: CountedReading): string {
  const { side, name, seen, counted } = reading;
  const place = side === "salesforce" ? "Salesforce" : "the external system";
  return `${name}: ${place} counts ${String(counted)} records, and its reading had ${String(seen)}; ${String(missingIn(reading))} were not compared. Nothing was changed in them. The sweep stays pending`;
}

/** One sentence on records without a whole key. */
export function unnamedText({ name, unnamed }: CountedReading): string {
  return `${name}: ${counted(unnamed, "record has", "records have")} an empty key and take no part; give each a key, or filter it out`;
}

/** Watches the readings of one run from the beginning. */
export class SweepProof {
  readonly #counts = new Map<string, CountedReading>();

  /** What was counted so far, in the order in which the readings began. */
  get counts(): readonly CountedReading[] {
    return [...this.#counts.values()];
  }

  /** The same external system; hears the census of each reading. */
  watchExternal(external: ExternalSystem): Pick<ExternalSystem, "changes"> {
    return {
      changes: async (collection, cursor, limit) => {
        const page = await external.changes(collection, cursor, limit);
        if (page.census !== undefined) this.#addExternal(collection, page.census);
        return page;
      },
    };
  }

  /** The same org; counts the rows of each poll, and asks for COUNT() when its pages end. */
  watchSalesforce(org: SalesforceOrg): SalesforceOrg {
    return watchPolls(org, (polled) => this.#watchPoll(org, polled));
  }

  #addExternal(name: string, { named, counted, unnamed }: ExternalCensus): void {
    const reading: CountedReading = { side: "external", name, seen: named, counted, late: 0, unnamed };
    const other = this.#counts.get(`external ${name}`);
    // Two objects may read one collection: the worse reading counts.
    if (other === undefined || missingIn(reading) >= missingIn(other)) this.#counts.set(`external ${name}`, reading);
  }

  #watchPoll(org: SalesforceOrg, polled: PolledObject): PolledObject {
    const name = polled.object;
    const put = (facts: Pick<CountedReading, "seen" | "counted" | "late">): void => {
      this.#counts.set(`salesforce ${name}`, { side: "salesforce", name, unnamed: 0, ...facts });
    };
    put({ seen: null, counted: null, late: 0 });
    const pages = async function* (): AsyncGenerator<readonly SalesforceRecord[]> {
      let seen = 0;
      for await (const page of polled.pages) {
        seen += page.filter((row) => row["IsDeleted"] !== true).length;
        yield page;
      }
      put({ seen, ...(await countOf(org, polled, seen)) });
    };
    return { ...polled, pages: { [Symbol.asyncIterator]: pages } };
  }
}

/** COUNT() of an object, and of what was stamped after the horizon of its reading where the count is higher than that. */
async function countOf(
  org: SalesforceOrg,
  { object, cursor }: PolledObject,
  seen: number,
): Promise<Pick<CountedReading, "counted" | "late">> {
  const count = async (condition: string): Promise<number> => {
    const [row] = await org.query(`SELECT COUNT(Id) n FROM ${object}${condition}`);
    return Number(row?.["n"] ?? 0);
  };
  try {
    const counted = await count("");
    if (counted <= seen) return { counted, late: 0 };
    const horizon = parseWatermark(cursor);
    return {
      counted,
      late: horizon === null ? 0 : await count(` WHERE SystemModstamp > ${soqlInstant(horizon.atMs)}`),
    };
  } catch (error) {
    // A count may take longer than a query may; whatever else is wrong the next call says.
    if (error instanceof SyncError && error.code.startsWith("SALESFORCE_")) return { counted: null, late: 0 };
    throw error;
  }
}
