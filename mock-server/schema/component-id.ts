/** Ids of metadata components, which are no records here: derived from their names, so that they are always the same. */
import { RECORD_COUNTER_MAX, recordIdOf } from "./record-id.ts";

/** Key prefixes of components: custom object, custom field [memory: platform §5]. */
const PREFIXES = { CustomObject: "01I", CustomField: "00N" } as const;

/** The 18-character Id of a component, for example of the custom field `Account.ERP_Key__c`. */
export function componentId(kind: keyof typeof PREFIXES, fullName: string): string {
  return recordIdOf(PREFIXES[kind], hash(fullName) % (RECORD_COUNTER_MAX + 1));
}

/** FNV-1a with 32 bits: two of a few thousand names seldom share a value, and an Id that repeats harms nobody here. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}
