/** Reading and writing one mapped field: converter, null rules, and the canonical form in one place. */
import { businessKey, naturalKeyProblem, parseBusinessKey } from "../model/business-key.ts";
import { type Canonical, canonicalValue, problem } from "../model/canonical.ts";
import type { ExternalFields } from "../model/external-record.ts";
import type { Value } from "../model/value.ts";
import type { Converter, FieldMapping, RawReading } from "./mapping.ts";

/** A field of an external record: unknown, canonical, or refused. */
export type FieldReading = { readonly kind: "absent" } | { readonly kind: "read"; readonly result: Canonical };

/** How external records say "empty" and "unknown". */
export interface EmptyRules {
  readonly absent: "unknown" | "empty";
  readonly emptyTexts: readonly string[];
}

/** The canonical value of a field in an external record. */
export function readExternalField(mapping: FieldMapping, fields: ExternalFields): FieldReading {
  const reading = mapping.convert.read(fields);
  switch (reading.kind) {
    case "absent":
      return { kind: "absent" };
    case "problem":
      return { kind: "read", result: problem(reading.reason, reading.raw) };
    case "raw":
      return { kind: "read", result: canonicalValue(mapping.kind, reading.raw, mapping) };
    default:
      return reading satisfies never;
  }
}

/** The canonical value of a field in a Salesforce record; references are read elsewhere. */
export function readSalesforceField(mapping: FieldMapping, raw: unknown): Canonical {
  // Length and wholeness are limits for what we send, never a reason to refuse what Salesforce holds.
  return canonicalValue(mapping.kind, raw, { scale: mapping.scale });
}

/** Applies the mapping's rules for empty and missing properties in front of a converter. */
export function withEmptyRules(converter: Converter, rules: EmptyRules, names: readonly string[]): Converter {
  if (rules.absent === "unknown" && rules.emptyTexts.length === 0) return converter;
  const empty = new Set(rules.emptyTexts);
  return {
    write: converter.write,
    read: (fields) => {
      const seen: Record<string, ExternalFields[string]> = { ...fields };
      for (const name of names) {
        const value = fields[name];
        if (value === undefined && rules.absent === "empty") seen[name] = null;
        if (typeof value === "string" && empty.has(value.trim())) seen[name] = null;
      }
      return converter.read(seen);
    },
  };
}

/** A reference: the natural key parts of the referred record ⇄ its business key. All parts empty means no reference. */
export function referenceConverter(options: {
  readonly source: string;
  readonly object: string;
  readonly names: readonly string[];
  readonly keyCase: "exact" | "lower";
}): Converter {
  const { source, object, names, keyCase } = options;
  return {
    read: (fields): RawReading => {
      if (!names.every((name) => Object.hasOwn(fields, name))) return { kind: "absent" };
      const parts = names.map((name) => keyPart(fields[name], keyCase));
      if (parts.every((part) => part === "")) return { kind: "raw", raw: null };
      const wrong = naturalKeyProblem(source, object, parts);
      if (wrong !== undefined) return { kind: "problem", reason: `${wrong} (${object})`, raw: parts.join(", ") };
      return { kind: "raw", raw: businessKey(source, object, parts) };
    },
    write: (value: Value) => {
      if (value === null) return { kind: "fields", fields: Object.fromEntries(names.map((name) => [name, null])) };
      const key = parseBusinessKey(String(value));
      if (key === undefined || key.source !== source || key.naturalKey.length !== names.length) {
        return {
          kind: "problem",
          reason: `refers to a ${object} that the external system does not know (${String(value)})`,
        };
      }
      return {
        kind: "fields",
        fields: Object.fromEntries(names.map((name, index) => [name, key.naturalKey[index] ?? null])),
      };
    },
  };
}

/** One part of a natural key as text. */
export function keyPart(raw: ExternalFields[string] | undefined, keyCase: "exact" | "lower"): string {
  const text = raw === null || raw === undefined ? "" : String(raw).trim();
  return keyCase === "lower" ? text.toLowerCase() : text;
}
