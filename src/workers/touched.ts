/** Which records a nominated document touches when it is written: itself and the parents that Salesforce locks. */

import type { EnginePorts } from "../engine/context/ports.ts";
import type { Nomination } from "../engine/read/nominations.ts";
import { externalView } from "../mapping/external-view.ts";
import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import { parseBusinessKey } from "../model/business-key.ts";
import type { BusinessKey, NaturalKey } from "../model/key.ts";
import type { Fields } from "../model/value.ts";

/**
 * Price books and their entries stand behind every order; as parents they would put everything into one lane. That saving
 * a child does not lock them is [memory: platform §12]; should it, rows that fail on a lock are sent again one by one.
 */
const SHARED_PARENTS = ["Pricebook2", "PricebookEntry"];
/** Keys read from the external system at a time. */
const READ_KEYS = 500;

/**
 * The names of the records that each nomination touches, as far as anybody knows them: from the base, from the feed's row,
 * or, for documents that are new, from the external record. Costs no Salesforce call.
 */
export async function touchedRecords(
  ports: EnginePorts,
  mapping: ObjectMapping,
  nominations: readonly Nomination[],
): Promise<(nomination: Nomination) => readonly string[]> {
  const parents = mapping.fields.filter(isParent);
  const keys = nominations.flatMap(({ key }) => (key === null ? [] : [key]));
  const known = new Map<BusinessKey, readonly string[]>();
  if (parents.length > 0) {
    for (const [key, base] of await ports.state.bases(mapping.object, keys)) {
      if (base.document !== null) known.set(key, parentNames(parents, base.document.fields));
    }
    const fresh = nominations.flatMap((nomination) => {
      const { key, seen } = nomination;
      return key !== null && seen === undefined && !known.has(key) ? spellingsOf(key, nomination) : [];
    });
    await readParents(ports, mapping, { naturalKeys: fresh, parents, known });
  }
  return ({ key, recordId, seen }) => [
    `${mapping.object} ${key ?? recordId ?? ""}`,
    ...(key === null ? [] : (known.get(key) ?? [])),
    ...(seen === undefined ? [] : parentNames(parents, seen)),
  ];
}

async function readParents(
  ports: EnginePorts,
  mapping: ObjectMapping,
  wanted: {
    readonly naturalKeys: readonly NaturalKey[];
    readonly parents: readonly FieldMapping[];
    readonly known: Map<BusinessKey, readonly string[]>;
  },
): Promise<void> {
  const { naturalKeys, parents, known } = wanted;
  for (let start = 0; start < naturalKeys.length; start += READ_KEYS) {
    const records = await ports.external.read(mapping.collection, naturalKeys.slice(start, start + READ_KEYS));
    for (const record of records) {
      const reading = externalView(mapping, record);
      if (reading.kind !== "view") continue;
      const { key, fields } = reading.view.document;
      known.set(key, parentNames(parents, fields));
    }
  }
}

/** As the external feed spelled the key, or as the key itself does. */
function spellingsOf(key: BusinessKey, nomination: Nomination): readonly NaturalKey[] {
  const parsed = parseBusinessKey(key);
  return nomination.naturalKeys ?? (parsed === undefined ? [] : [parsed.naturalKey]);
}

function isParent(field: FieldMapping): boolean {
  return field.reference !== null && !SHARED_PARENTS.includes(field.reference.object);
}

function parentNames(parents: readonly FieldMapping[], fields: Fields): readonly string[] {
  return parents.flatMap((parent) => {
    const value = fields[parent.field];
    return parent.reference === null || typeof value !== "string" ? [] : [`${parent.reference.object} ${value}`];
  });
}
