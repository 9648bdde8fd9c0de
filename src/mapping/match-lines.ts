/** Recognizes the lines of a document that both sides show for the first time. */
import { lineKey } from "../model/business-key.ts";
import type { ExternalRecord } from "../model/external-record.ts";
import type { LineKey, RecordId } from "../model/key.ts";
import type { SalesforceRecord } from "../model/salesforce-record.ts";
import type { Fields, Value } from "../model/value.ts";
import { keyPart, readExternalField } from "./field.ts";
import type { LinesMapping, ObjectMapping } from "./mapping.ts";
import { type LinesToPair, type PairedLines, pairLines } from "./match.ts";
import { childRecords, type KeyLookup, readFields } from "./salesforce-view.ts";

/** A record on both sides, as it was read, with the lines whose keys Salesforce holds already. */
export interface DocumentToPair {
  readonly salesforce: SalesforceRecord;
  readonly external: ExternalRecord;
  /** Lines without a key. */
  readonly unkeyed: readonly RecordId[];
  readonly keyed: ReadonlySet<LineKey>;
}

/** Pairs the lines that Salesforce shows without a key with the external ones that it shows no line for. */
export function recogniseLines(mapping: ObjectMapping, document: DocumentToPair, keyOf: KeyLookup): PairedLines {
  const { lines } = mapping;
  if (lines === null) return { pairs: new Map(), leftInSalesforce: [], leftOutside: [] };
  const unkeyed = new Set(document.unkeyed);
  const salesforce = childRecords(document.salesforce[lines.relationship]).flatMap((record) => {
    // Ids come from Salesforce itself.
    const recordId = String(record["Id"]) as RecordId;
    return unkeyed.has(recordId)
      ? [{ recordId, record, fields: readFields(lines.fields, record, { keyOf, problems: [] }) }]
      : [];
  });
  const external = externalLines(mapping, lines, document.external).filter((line) => !document.keyed.has(line.lineKey));
  return pairLines({ match: lines.match, salesforce, external });
}

function externalLines(mapping: ObjectMapping, lines: LinesMapping, record: ExternalRecord): LinesToPair["external"] {
  const parts = record.naturalKey.map((part) => keyPart(part, mapping.keyCase));
  return (record.lines ?? []).map((line) => {
    const own = line.naturalKey.map((part) => keyPart(part, mapping.keyCase));
    const fields: Record<string, Value> = {};
    for (const field of lines.fields) {
      const reading = readExternalField(field, line.fields);
      if (reading.kind === "read" && reading.result.ok) fields[field.field] = reading.result.value;
    }
    const known: Fields = fields;
    return { lineKey: lineKey(mapping.source, lines.object, parts, own), record: line.fields, fields: known };
  });
}
