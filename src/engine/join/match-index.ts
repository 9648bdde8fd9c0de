/**
 * What unkeyed records are matched against, looked up once per run and object and only when something would be made.
 *
 * Salesforce is asked how many records have no key; when there are none, that one call is all. Where the mapping compares a
 * field as Salesforce itself compares it, the records are asked for by value (some 1,500 values a call); else all records
 * without a key are read once, 2,000 a call. The external records are read once through, which takes about 200 bytes of
 * memory a record.
 */
import { externalKey, externalView } from "../../mapping/external-view.ts";
import type { MatchMapping, ObjectMapping } from "../../mapping/mapping.ts";
import { salesforceMatch } from "../../mapping/match.ts";
import { readFields } from "../../mapping/salesforce-view.ts";
import { matchSelectList } from "../../mapping/select.ts";
import type { BusinessKey, RecordId } from "../../model/key.ts";
import type { SalesforceRecord } from "../../model/salesforce-record.ts";
import type { RunContext } from "../context/context.ts";
import type { MatchTable } from "../context/match-cache.ts";
import { idOf, keyLookup } from "../read/read-documents.ts";
import { countUnkeyed } from "./unkeyed.ts";

/** Rows that Salesforce gives in one page of a query. */
const SCAN_PAGE = 2_000;
/** External records read at a time. */
const READ_KEYS = 1_000;
/** Records that are remembered of those that match alike: more would only make a message longer. */
const TWINS_MAX = 6;

/** How many records of the object have no key. */
export function countOfUnkeyed(context: RunContext, mapping: ObjectMapping): Promise<number> {
  return context.matches.count(mapping.object, () => countUnkeyed(context.ports, mapping));
}

/** The Ids of all records without a key, by what they are matched by. */
export function unkeyedBy(context: RunContext, mapping: ObjectMapping): Promise<MatchTable<RecordId>> {
  return context.matches.salesforce(mapping.object, () => scanSalesforce(context, mapping));
}

/** The keys of all external records that the mapping lets take part, by what they are matched by. */
export function externalBy(context: RunContext, mapping: ObjectMapping): Promise<MatchTable<BusinessKey>> {
  return context.matches.external(mapping.object, () => scanExternal(context, mapping));
}

/**
 * The matched field by whose values Salesforce can be asked; undefined where only reading all records finds each one.
 * Salesforce compares texts without regard to case, except in custom fields that are case-sensitive
 * (reference: soql, comparison of strings).
 */
export function askedBy(mapping: ObjectMapping): MatchMapping | undefined {
  return mapping.match.find(({ field, ignore, mapping: fields }) => {
    if (fields?.reference != null) return fields.reference.keyField !== null && ignore.length === 0;
    const isText = fields === null || fields.kind === "text";
    return isText && ignore.every((each) => each === "case" && !field.endsWith("__c"));
  });
}

async function scanSalesforce(context: RunContext, mapping: ObjectMapping): Promise<MatchTable<RecordId>> {
  const found = new Map<string, RecordId[]>();
  const items = ["Id", ...matchSelectList(mapping).filter((item) => item !== "Id")].join(", ");
  for (let after: RecordId | null = null; ; ) {
    context.options.signal?.throwIfAborted();
    const behind: string = after === null ? "" : ` AND Id > '${after}'`;
    const rows: readonly SalesforceRecord[] = await context.ports.salesforce.query(
      `SELECT ${items} FROM ${mapping.object} WHERE ${mapping.keyField} = null${behind} ORDER BY Id LIMIT ${SCAN_PAGE}`,
    );
    const keyOf = await keyLookup(context, mapping, rows);
    for (const row of rows) {
      const fields = readFields(mapping.fields, row, { keyOf, problems: [] });
      const match = salesforceMatch(mapping.match, row, fields);
      if (match !== undefined) remember(found, match, idOf(row));
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < SCAN_PAGE) return found;
    after = idOf(last);
  }
}

async function scanExternal(context: RunContext, mapping: ObjectMapping): Promise<MatchTable<BusinessKey>> {
  const { external } = context.ports;
  const found = new Map<string, BusinessKey[]>();
  for (let cursor: string | null = null, more = true; more; ) {
    context.options.signal?.throwIfAborted();
    const page = await external.changes(mapping.collection, cursor, READ_KEYS);
    const keys = page.changes.flatMap(({ naturalKey, deleted }) => (deleted ? [] : [naturalKey]));
    for (const record of keys.length === 0 ? [] : await external.read(mapping.collection, keys)) {
      const reading = externalView(mapping, record);
      const key = externalKey(mapping, record.naturalKey);
      if (reading.kind === "view" && reading.view.match !== undefined && key !== undefined) {
        remember(found, reading.view.match, key);
      }
    }
    more = page.more && page.cursor !== cursor;
    cursor = page.cursor;
  }
  return found;
}

function remember<Name>(found: Map<string, Name[]>, match: string, name: Name): void {
  const known = found.get(match);
  if (known === undefined) found.set(match, [name]);
  else if (known.length < TWINS_MAX && !known.includes(name)) known.push(name);
}
