/** Ties a Salesforce record without a key, and its lines, to the external record that it stands for. */
import type { ObjectMapping } from "../../mapping/mapping.ts";
import { recogniseLines } from "../../mapping/match-lines.ts";
import type { ExternalRecord } from "../../model/external-record.ts";
import type { BusinessKey, LineKey } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { Base, Obstacle } from "../../sync/decision.ts";
import type { RunContext } from "../context/context.ts";
import { keyLookup, type ReadRecord, viewRecords } from "../read/read-documents.ts";

/** A record as it looks under the key of the external one. */
export async function underKey(
  context: RunContext,
  mapping: ObjectMapping,
  pairs: ReadonlyMap<BusinessKey, SalesforceRecord>,
): Promise<ReadonlyMap<BusinessKey, ReadRecord>> {
  const keys = [...pairs.keys()];
  const read = await viewRecords(context, mapping, [...pairs.values()], (index) => {
    const key = keys[index];
    return key === undefined ? {} : { key };
  });
  return new Map(keys.flatMap((key, index) => (read[index] === undefined ? [] : [[key, read[index]] as const])));
}

/** Documents that both sides show. */
interface Documents {
  readonly keys: readonly BusinessKey[];
  readonly bases: ReadonlyMap<BusinessKey, Base>;
  readonly records: ReadonlyMap<BusinessKey, ReadRecord>;
  readonly rows: ReadonlyMap<BusinessKey, ExternalRecord>;
}

/**
 * Recognizes the lines of documents that meet for the first time. The result holds the records as they look with their
 * lines under their keys, and an obstacle where lines are left over on both sides: they may be the same ones.
 */
export async function linkLines(
  context: RunContext,
  mapping: ObjectMapping,
  { keys, bases, records, rows }: Documents,
): Promise<ReadonlyMap<BusinessKey, ReadRecord | Obstacle>> {
  const tied = new Map<BusinessKey, ReadRecord | Obstacle>();
  const meeting = keys.flatMap((key) => {
    const read = records.get(key);
    const row = rows.get(key);
    const isFirst = mapping.lines !== null && bases.get(key)?.document == null;
    if (!isFirst || read?.reading.kind !== "view" || row === undefined) return [];
    const { view } = read.reading;
    return view.deleted || view.foreignLineIds.length === 0 ? [] : [{ key, read, row, view }];
  });
  if (meeting.length === 0) return tied;
  const keyOf = await keyLookup(
    context,
    mapping,
    meeting.map(({ read }) => read.record),
  );
  for (const { key, read, row, view } of meeting) {
    const { pairs, leftInSalesforce, leftOutside } = recogniseLines(
      mapping,
      {
        salesforce: read.record,
        external: row,
        unkeyed: view.foreignLineIds,
        keyed: new Set(Object.keys(view.lineIds) as LineKey[]),
      },
      keyOf,
    );
    if (leftInSalesforce.length > 0 && leftOutside.length > 0) {
      tied.set(key, leftOver(mapping, leftInSalesforce, leftOutside));
    } else if (pairs.size > 0) {
      const [again] = await viewRecords(context, mapping, [read.record], () => ({
        ...read.known,
        ...(view.keyed ? {} : { key }),
        lineKeyOf: (recordId) => read.known.lineKeyOf?.(recordId) ?? pairs.get(recordId),
      }));
      if (again !== undefined) tied.set(key, again);
    }
  }
  return tied;
}

const LISTED_MAX = 5;

function leftOver(mapping: ObjectMapping, ours: readonly string[], theirs: readonly string[]): Obstacle {
  const list = (names: readonly string[]): string =>
    `${names.slice(0, LISTED_MAX).join(", ")}${names.length > LISTED_MAX ? ", …" : ""}`;
  const by = mapping.lines?.match.map(({ field }) => field).join(" and ") ?? "";
  const how =
    by === "" ? "and lines.match names nothing to recognize them by" : `and ${by} does not tell which is which`;
  return {
    code: "MATCH_LINES",
    message: `has lines without a key in Salesforce (${list(ours)}) and external lines that it shows none for (${list(theirs)}), ${how}; nothing is written. Put the keys into ${mapping.lines?.keyField} of the lines that are the same, and remove or correct the others`,
  };
}
