/** From canonical values to what is sent: wire values for Salesforce, external fields for an adapter. */
import { parseBusinessKey, SALESFORCE_SOURCE } from "../model/business-key.ts";
import type { ExternalFields, ExternalValue } from "../model/external-record.ts";
import type { BusinessKey, RecordId } from "../model/key.ts";
import type { WireValue } from "../model/salesforce-record.ts";
import type { Fields, Value } from "../model/value.ts";
import type { FieldMapping, ReferenceMapping } from "./mapping.ts";

/** What is known about the record that a reference names. */
export type ParentState =
  /** It exists in Salesforce under this Id. */
  | { readonly kind: "linked"; readonly recordId: RecordId }
  /** It exists under its key, or will before the row that refers to it is written. */
  | { readonly kind: "keyed" }
  /** It waits itself. */
  | { readonly kind: "pending" }
  /** It is a dead letter. */
  | { readonly kind: "rejected" }
  /** Neither side has it. `removed`: it was in Salesforce until we deleted it there, because the other side had. */
  | { readonly kind: "absent"; readonly removed?: true };

/** Looks up a referred record. Pure from the caller's view: the same answer for the same key within one decision. */
export type ParentLookup = (object: string, key: BusinessKey) => ParentState;

/** A reference that cannot be sent now. */
export interface UnresolvedReference {
  readonly field: string;
  readonly object: string;
  readonly key: string;
  readonly state: "pending" | "rejected" | "absent";
}

/** Wire values by field, and the references that cannot be sent. */
export interface SalesforceWriting {
  readonly fields: Readonly<Record<string, WireValue>>;
  readonly unresolved: readonly UnresolvedReference[];
}

/** External fields, and the values that cannot be expressed there. */
export interface ExternalWriting {
  readonly fields: ExternalFields;
  readonly problems: readonly { readonly field: string; readonly value: Value; readonly reason: string }[];
}

/** Wire values of the given canonical values; fields without a mapping are skipped. */
export function toSalesforceFields(
  mappings: readonly FieldMapping[],
  values: Fields,
  parents: ParentLookup,
): SalesforceWriting {
  const fields: Record<string, WireValue> = {};
  const unresolved: UnresolvedReference[] = [];
  for (const mapping of mappings) {
    const value = values[mapping.field];
    if (value === undefined) continue;
    if (mapping.reference === null || value === null) {
      fields[mapping.field] = wireValue(mapping, value);
      continue;
    }
    const resolved = resolve(mapping.reference, String(value), parents);
    if (resolved.kind === "wire") fields[mapping.field] = resolved.value;
    else
      unresolved.push({
        field: mapping.field,
        object: mapping.reference.object,
        key: String(value),
        state: resolved.state,
      });
  }
  return { fields, unresolved };
}

/** External fields of the given canonical values; fields that do not flow there are skipped. */
export function toExternalFields(mappings: readonly FieldMapping[], values: Fields): ExternalWriting {
  const fields: Record<string, ExternalValue> = {};
  const problems: { field: string; value: Value; reason: string }[] = [];
  for (const mapping of mappings) {
    const value = values[mapping.field];
    if (value === undefined || mapping.direction === "toSalesforce" || mapping.convert.write === null) continue;
    const written = mapping.convert.write(value);
    if (written.kind === "fields") Object.assign(fields, written.fields);
    else problems.push({ field: mapping.field, value, reason: written.reason });
  }
  return { fields, problems };
}

/** A decimal goes as a number where a double holds it exactly, else as text, which Salesforce reads as well. */
function wireValue(mapping: FieldMapping, value: Value): WireValue {
  if (mapping.kind !== "decimal" || typeof value !== "string") return value;
  const number = Number(value);
  return String(number) === value ? number : value;
}

function resolve(
  reference: ReferenceMapping,
  key: string,
  parents: ParentLookup,
):
  | { readonly kind: "wire"; readonly value: WireValue }
  | { readonly kind: "unresolved"; readonly state: UnresolvedReference["state"] } {
  const parts = parseBusinessKey(key);
  if (parts?.source === SALESFORCE_SOURCE) return { kind: "wire", value: parts.naturalKey[0] ?? null };
  const businessKey = key as BusinessKey;
  const state = parents(reference.object, businessKey);
  if (state.kind === "linked") return { kind: "wire", value: state.recordId };
  if (state.kind !== "keyed") return { kind: "unresolved", state: state.kind };
  if (reference.keyField === null) return { kind: "unresolved", state: "pending" };
  const { relationship, keyField } = reference;
  return { kind: "wire", value: { kind: "byKey", relationship, keyField, key: businessKey } };
}
