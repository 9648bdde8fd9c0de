/** From an external record as an adapter reads it to its view: a canonical document with its version and provenance. */
import { businessKey, lineKey, naturalKeyProblem } from "../model/business-key.ts";
import type { ExternalView, ValueProblem } from "../model/document.ts";
import type { ExternalFields, ExternalRecord } from "../model/external-record.ts";
import { parseInstant } from "../model/instant.ts";
import type { BusinessKey, LineKey, NaturalKey } from "../model/key.ts";
import type { Fields, Value } from "../model/value.ts";
import { keyPart, readExternalField } from "./field.ts";
import { passesFilter } from "./filter.ts";
import type { FieldMapping, ObjectMapping } from "./mapping.ts";
import { externalMatch } from "./match.ts";
import { valueProblem } from "./salesforce-view.ts";

/** What an external record is to the mapping. */
export type ExternalReading =
  | { readonly kind: "view"; readonly view: ExternalView }
  /** The mapping's filter leaves it out. */
  | { readonly kind: "filtered"; readonly key: BusinessKey }
  /** Its natural key is empty or too long: it cannot be named. */
  | { readonly kind: "unkeyed"; readonly naturalKey: NaturalKey; readonly reason: string };

/** The business key of an external record's natural key; undefined when it cannot be one. */
export function externalKey(mapping: ObjectMapping, naturalKey: NaturalKey): BusinessKey | undefined {
  const parts = naturalKey.map((part) => keyPart(part, mapping.keyCase));
  if (naturalKeyProblem(mapping.source, mapping.object, parts) !== undefined) return undefined;
  return businessKey(mapping.source, mapping.object, parts);
}

/** Reads a record with its lines. Values that are not canonical become problems of the view. Never throws on data. */
export function externalView(mapping: ObjectMapping, record: ExternalRecord): ExternalReading {
  const key = externalKey(mapping, record.naturalKey);
  if (key === undefined) {
    const wrong = naturalKeyProblem(mapping.source, mapping.object, record.naturalKey) ?? "has no natural key";
    return { kind: "unkeyed", naturalKey: record.naturalKey, reason: wrong };
  }
  if (record.unreadable === undefined && !passesFilter(mapping.filter.external, record.fields))
    return { kind: "filtered", key };
  const problems: ValueProblem[] =
    record.unreadable === undefined
      ? []
      : [
          {
            field: mapping.keyField,
            value: record.naturalKey.join(", "),
            reason: `cannot be read: ${record.unreadable}`,
          },
        ];
  const fields = readFields(mapping.fields, record.fields, problems);
  const lines = mapping.lines === null || record.lines === undefined ? undefined : readLines(mapping, record, problems);
  const match = externalMatch(mapping.match, record.fields, fields);
  return {
    kind: "view",
    view: {
      side: "external",
      document: { object: mapping.object, key, fields, ...(lines === undefined ? {} : { lines: lines.fields }) },
      naturalKey: record.naturalKey,
      ...(lines === undefined ? {} : { lineKeys: lines.keys }),
      version: record.version,
      deleted: false,
      provenance: { by: record.changedBy, at: momentOf(record.changedAt, mapping.zone) },
      problems,
      ...(match === undefined ? {} : { match }),
    },
  };
}

/** Where nobody names a zone the time is taken as UTC; `check` asks for the zone where the time decides. */
function momentOf(text: string | null, zone: string | null): string | null {
  if (text === null) return null;
  const moment = parseInstant(text, zone ?? "UTC");
  return moment.ok ? moment.text : null;
}

function readLines(
  mapping: ObjectMapping,
  record: ExternalRecord,
  problems: ValueProblem[],
): { readonly fields: Readonly<Record<LineKey, Fields>>; readonly keys: Readonly<Record<LineKey, NaturalKey>> } {
  const lines = mapping.lines;
  const read: Record<LineKey, Fields> = {};
  const keys: Record<LineKey, NaturalKey> = {};
  if (lines === null) return { fields: read, keys };
  const rootParts = record.naturalKey.map((part) => keyPart(part, mapping.keyCase));
  for (const line of record.lines ?? []) {
    const lineParts = line.naturalKey.map((part) => keyPart(part, mapping.keyCase));
    const wrong = naturalKeyProblem(mapping.source, lines.object, lineParts);
    if (wrong !== undefined) {
      problems.push({
        field: lines.keyField,
        value: line.naturalKey.join(", "),
        reason: `${wrong} (${lines.naturalKey.join(", ")})`,
      });
      continue;
    }
    const key = lineKey(mapping.source, lines.object, rootParts, lineParts);
    if (Object.hasOwn(read, key)) {
      problems.push({
        field: lines.keyField,
        lineKey: key,
        value: lineParts.join(", "),
        reason: "stands twice in the record; the line's natural key must tell lines apart",
      });
      continue;
    }
    read[key] = readFields(lines.fields, line.fields, problems, key);
    keys[key] = line.naturalKey;
  }
  return { fields: read, keys };
}

function readFields(
  mappings: readonly FieldMapping[],
  fields: ExternalFields,
  problems: ValueProblem[],
  key?: LineKey,
): Fields {
  const read: Record<string, Value> = {};
  for (const mapping of mappings) {
    const reading = readExternalField(mapping, fields);
    if (reading.kind === "absent") continue;
    if (reading.result.ok) read[mapping.field] = reading.result.value;
    // What only flows out of Salesforce will be overwritten: a wrong value there is no reason to refuse the record.
    else if (mapping.direction !== "toExternal") problems.push(valueProblem(mapping.field, reading.result, key));
  }
  return read;
}
