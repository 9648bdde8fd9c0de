/** Whether the external collections have the fields that the mapping names. */
import type { ExternalCollectionInfo } from "../model/external-facts.ts";
import type { ObjectFacts, PreflightFacts } from "./facts.ts";
import type { Mapping, MatchMapping, ObjectMapping } from "./mapping.ts";
import { checkNewKey } from "./preflight-new-key.ts";
import { checkValues } from "./preflight-values.ts";
import { checkExternalWrites } from "./preflight-writes.ts";
import { at, type PreflightProblem } from "./problem.ts";

/** The external fields that the mapping names and the collections do not have. Collections that do not tell are left out. */
export function missingExternalFields(
  mapping: Mapping,
  collections: PreflightFacts["collections"],
): readonly PreflightProblem[] {
  return mapping.objects.flatMap((object) => {
    const info = collections.find((each) => each.collection === object.collection);
    return info === undefined ? [] : missingFields(object, `mapping.objects.${object.object}`, info);
  });
}

/** Compares one object with its collection. What the collection does not tell is left out. */
export function checkCollection(
  object: ObjectMapping,
  place: string,
  collections: PreflightFacts["collections"],
  described: readonly ObjectFacts[] = [],
): readonly PreflightProblem[] {
  const info = collections.find((each) => each.collection === object.collection);
  if (info === undefined) return [];
  return [
    ...missingFields(object, place, info),
    ...checkExternalWrites(object, place, info),
    ...checkNewKey(
      object,
      place,
      info,
      described.find(({ name }) => name === object.object),
    ),
    ...checkValues(object, place, info, described),
  ];
}

function missingFields(
  object: ObjectMapping,
  place: string,
  info: ExternalCollectionInfo,
): readonly PreflightProblem[] {
  return [
    ...missingExternal(`${place}.naturalKey`, object.collection, object.naturalKey, info.fields),
    ...missingExternal(`${place}.filter.external`, object.collection, Object.keys(object.filter.external), info.fields),
    ...missingExternal(`${place}.match`, object.collection, matchedFields(object.match), info.fields),
    ...missingExternal(
      `${place}.lines.match`,
      `${object.collection} lines`,
      matchedFields(object.lines?.match ?? []),
      info.lineFields,
    ),
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

function matchedFields(match: readonly MatchMapping[]): readonly string[] {
  return match.flatMap(({ external }) => external ?? []);
}

function missingExternal(
  place: string,
  where: string,
  names: readonly string[],
  known: Readonly<Record<string, unknown>> | undefined,
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
