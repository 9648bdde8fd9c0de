/**
 * Counts the Salesforce records that carry no key: what is in the org before a first run and is made a second time
 * from the external system, unless the mapping says by what it is matched.
 */
import type { ObjectMapping } from "../../mapping/mapping.ts";
import { businessKey } from "../../model/business-key.ts";
import type { EnginePorts } from "../context/ports.ts";

/** The records of one object without a key. JSON-serializable. */
export interface UnkeyedRecords {
  readonly object: string;
  readonly keyField: string;
  readonly count: number;
  /** False: the mapping names no fields by which they are matched. */
  readonly matched: boolean;
  /** What a key of the object looks like, with the names of the natural key's fields in angle brackets. */
  readonly keyFormat: string;
}

/**
 * The objects with records without a key, among those whose records may be made in Salesforce; `only` narrows them. One
 * API call per object. Throws `SALESFORCE_*`.
 */
export async function unkeyedRecords(
  { mapping, salesforce }: Pick<EnginePorts, "mapping" | "salesforce">,
  only: (object: ObjectMapping) => boolean = () => true,
): Promise<readonly UnkeyedRecords[]> {
  const found: UnkeyedRecords[] = [];
  for (const object of mapping.objects) {
    if (!object.create.salesforce || !only(object)) continue;
    const count = await countUnkeyed({ salesforce }, object);
    if (count === 0) continue;
    found.push({
      object: object.object,
      keyField: object.keyField,
      count,
      matched: object.match.length > 0,
      keyFormat: keyFormat(object),
    });
  }
  return found;
}

/** The number of living records of an object without a key. One API call. */
export async function countUnkeyed(
  { salesforce }: Pick<EnginePorts, "salesforce">,
  { object, keyField }: ObjectMapping,
): Promise<number> {
  const [row] = await salesforce.query(`SELECT COUNT(Id) unkeyed FROM ${object} WHERE ${keyField} = null`);
  return Number(row?.["unkeyed"] ?? 0);
}

/** The key of an object with the names of its natural key's fields in place of their values. */
export function keyFormat({ source, object, naturalKey }: ObjectMapping): string {
  const names = naturalKey.map((_, index) => `n${index}`);
  const sample: string = businessKey(source, object, names);
  return names.reduce((text, name, index) => text.replace(`:${name}`, `:<${naturalKey[index]}>`), sample);
}

/** What happens with unkeyed records and what to do about it, as a sentence; `creates` of a plan, where known. */
export function unkeyedText(unkeyed: UnkeyedRecords, creates?: number): string {
  const { object, keyField, count, matched, keyFormat: format } = unkeyed;
  const some = count === 1 ? "1 record carries" : `${count} records carry`;
  const head = `${object}: ${some} no key in ${keyField}`;
  if (matched) return `${head}; the fields of mapping.objects.${object}.match decide which of them are adopted`;
  const made = creates === undefined ? "what the external system has" : `${creates} from the external system`;
  return `${head}, so ${made} would be made beside them, and whatever stands on both sides would be a duplicate. Name the fields by which they are matched in mapping.objects.${object}.match, or fill ${keyField} with keys like ${format} first; leave it as it is where they are other records`;
}
