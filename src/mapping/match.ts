/**
 * Matching: by what a record that has no key is recognized as one of the other side. Pure; who looks for the records is
 * the engine's business.
 */
import type { ExternalFields } from "../model/external-record.ts";
import type { LineKey, RecordId } from "../model/key.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { Fields, Value } from "../model/value.ts";
import type { MatchIgnore, MatchMapping, ObjectMapping } from "./mapping.ts";

/**
 * What a Salesforce record is matched by, as one text; undefined where a value is empty, because emptiness says nothing.
 * `fields` are the canonical ones of the record.
 */
export function salesforceMatch(
  match: readonly MatchMapping[],
  record: SalesforceRecord,
  fields: Fields,
): string | undefined {
  return joined(match, ({ field, external }) => (external === null ? fields[field] : plain(record[field])));
}

/** What an external record is matched by, in the same form. `fields` are the canonical ones of the record. */
export function externalMatch(
  match: readonly MatchMapping[],
  record: ExternalFields,
  fields: Fields,
): string | undefined {
  return joined(match, ({ field, external }) => (external === null ? fields[field] : plain(record[external])));
}

/** A value without what may differ. Blanks around it never count: Salesforce takes them away when it saves. */
export function withoutIgnored(text: string, ignore: readonly MatchIgnore[]): string {
  const steps: Readonly<Record<MatchIgnore, (value: string) => string>> = {
    case: (value) => value.toLowerCase(),
    blanks: (value) => value.replace(/\s+/gu, ""),
    punctuation: (value) => value.replace(/[^\p{L}\p{N}]+/gu, ""),
    nonDigits: (value) => value.replace(/\D+/g, ""),
    leadingZeros: (value) => value.replace(/^0+(?=.)/su, ""),
  };
  // Zeros lead only once what stands before them is gone.
  const order = [...ignore].sort((left, right) => Number(left === "leadingZeros") - Number(right === "leadingZeros"));
  return order.reduce((value, each) => steps[each](value), text.normalize("NFC").trim()).trim();
}

/**
 * Whether no two external records can match alike: the natural key is among what is compared, and nothing of it ignored.
 */
export function matchesByKey(mapping: ObjectMapping): boolean {
  const exact = mapping.match.filter(({ ignore }) =>
    ignore.every((each) => each === "case" && mapping.keyCase === "lower"),
  );
  return mapping.naturalKey.every((part) =>
    exact.some(({ external, mapping: field }) =>
      external === null ? field?.reference != null && field.externalFields.includes(part) : external === part,
    ),
  );
}

/** Lines that are to be recognized in each other. */
export interface LinesToPair {
  readonly match: readonly MatchMapping[];
  /** Lines of Salesforce that carry no key. */
  readonly salesforce: readonly {
    readonly recordId: RecordId;
    readonly record: SalesforceRecord;
    readonly fields: Fields;
  }[];
  /** External lines that no line of Salesforce carries the key of. */
  readonly external: readonly { readonly lineKey: LineKey; readonly record: ExternalFields; readonly fields: Fields }[];
}

/** Which line is which, and the lines that were not recognized on either side. */
export interface PairedLines {
  readonly pairs: ReadonlyMap<RecordId, LineKey>;
  readonly leftInSalesforce: readonly RecordId[];
  readonly leftOutside: readonly LineKey[];
}

/**
 * Pairs the lines that match alike. Where several do, those with equal values are told apart by nothing and need not be;
 * of the others the last one on each side belong together.
 */
export function pairLines({ match, salesforce, external }: LinesToPair): PairedLines {
  const pairs = new Map<RecordId, LineKey>();
  const ours = salesforce.map((line) => ({ ...line, by: salesforceMatch(match, line.record, line.fields) }));
  const theirs = external.map((line) => ({ ...line, by: externalMatch(match, line.record, line.fields) }));
  const taken = new Set<LineKey>();
  const pair = (recordId: RecordId, lineKey: LineKey): void => {
    pairs.set(recordId, lineKey);
    taken.add(lineKey);
  };
  const free = (by: string | undefined): typeof theirs =>
    theirs.filter((line) => by !== undefined && line.by === by && !taken.has(line.lineKey));
  for (const line of ours) {
    const equal = free(line.by).find((other) => isEqual(line.fields, other.fields));
    if (equal !== undefined) pair(line.recordId, equal.lineKey);
  }
  for (const line of ours) {
    if (pairs.has(line.recordId)) continue;
    const rivals = ours.filter(({ by, recordId }) => by === line.by && !pairs.has(recordId));
    const [only, ...more] = free(line.by);
    if (only !== undefined && more.length === 0 && rivals.length === 1) pair(line.recordId, only.lineKey);
  }
  return {
    pairs,
    leftInSalesforce: ours.filter(({ recordId }) => !pairs.has(recordId)).map(({ recordId }) => recordId),
    leftOutside: theirs.filter(({ lineKey }) => !taken.has(lineKey)).map(({ lineKey }) => lineKey),
  };
}

function isEqual(left: Fields, right: Fields): boolean {
  return Object.entries(left).every(([field, value]) => right[field] === undefined || right[field] === value);
}

function joined(
  match: readonly MatchMapping[],
  valueOf: (entry: MatchMapping) => Value | undefined,
): string | undefined {
  if (match.length === 0) return undefined;
  const parts: string[] = [];
  for (const entry of match) {
    const value = valueOf(entry);
    const text = value === undefined || value === null ? "" : withoutIgnored(String(value), entry.ignore);
    if (text === "") return undefined;
    parts.push(text);
  }
  return JSON.stringify(parts);
}

function plain(raw: unknown): string | null {
  const isPlain =
    typeof raw === "string" || typeof raw === "number" || typeof raw === "bigint" || typeof raw === "boolean";
  return isPlain ? String(raw) : null;
}
