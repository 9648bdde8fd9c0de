/** Whether the external collections have the fields that the mapping names. */
import type { PreflightFacts } from "./facts.ts";
import type { Mapping, ObjectMapping } from "./mapping.ts";
import { at, type PreflightProblem } from "./problem.ts";

/** The external fields that the mapping names and the collections do not have. Collections that do not tell are left out. */
export function missingExternalFields(
  mapping: Mapping,
  collections: PreflightFacts["collections"],
): readonly PreflightProblem[] {
  const facts: PreflightFacts = { objects: [], statuses: {}, collections };
  return mapping.objects.flatMap((object) => checkCollection(object, `mapping.objects.${object.object}`, facts));
}

/** Looks for the fields of one object's collection; a collection that does not tell its fields is left out. */
export function checkCollection(
  object: ObjectMapping,
  place: string,
  facts: PreflightFacts,
): readonly PreflightProblem[] {
  const info = facts.collections.find((each) => each.collection === object.collection);
  if (info === undefined) return [];
  return [
    ...missingExternal(`${place}.naturalKey`, object.collection, object.naturalKey, info.fields),
    ...missingExternal(`${place}.filter.external`, object.collection, Object.keys(object.filter.external), info.fields),
    ...object.fields.flatMap((field) =>
      missingExternal(`${place}.fields.${field.field}`, object.collection, field.externalFields, info.fields),
    ),
    ...(object.lines?.fields ?? []).flatMap((field) =>
      missingExternal(
        `${place}.lines.fields.${field.field}`,
        `${object.collection} lines`,
        field.externalFields,
        info.lineFields,
      ),
    ),
    ...missingExternal(
      `${place}.lines.naturalKey`,
      `${object.collection} lines`,
      object.lines?.naturalKey ?? [],
      info.lineFields,
    ),
  ];
}

function missingExternal(
  place: string,
  where: string,
  names: readonly string[],
  known: Readonly<Record<string, string>> | undefined,
): readonly PreflightProblem[] {
  if (known === undefined) return [];
  return names
    .filter((name) => !Object.hasOwn(known, name))
    .map((name) =>
      at(
        place,
        `${where} has no field "${name}" (${Object.keys(known).slice(0, NAMES_SHOWN_MAX).join(", ")}${Object.keys(known).length > NAMES_SHOWN_MAX ? ", …" : ""})`,
      ),
    );
}

const NAMES_SHOWN_MAX = 20;
