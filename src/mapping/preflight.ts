/**
 * Compares the whole mapping with what the org and the external system say about themselves, before a record moves.
 *
 * Pure: the descriptions come in as data. Every problem is listed, each with its place in the mapping and the way out.
 */
import type { ObjectFacts, PreflightFacts } from "./facts.ts";
import type { LinesMapping, Mapping, ObjectMapping } from "./mapping.ts";
import { checkCollection } from "./preflight-collection.ts";
import { checkRows, type Rows } from "./preflight-rows.ts";
import { at, type PreflightProblem, when } from "./problem.ts";
import { STATUS_OBJECTS } from "./select.ts";

/** The objects that a preflight needs described, lines included. */
export function describedObjects(mapping: Mapping): readonly string[] {
  return mapping.objects.flatMap((object) => [object.object, ...(object.lines === null ? [] : [object.lines.object])]);
}

/** What of `preflight` needs no org: how the mapping and the external system fit. */
export function checkCollections(
  mapping: Mapping,
  collections: PreflightFacts["collections"],
): readonly PreflightProblem[] {
  return mapping.objects.flatMap((object) => checkCollection(object, `mapping.objects.${object.object}`, collections));
}

/** Lists everything in the mapping that cannot work. Empty when all is well. */
export function preflight(mapping: Mapping, facts: PreflightFacts): readonly PreflightProblem[] {
  return mapping.objects.flatMap((object) => {
    const place = `mapping.objects.${object.object}`;
    const described = facts.objects.find((each) => each.name === object.object);
    const root: Rows = {
      place,
      object: object.object,
      keyField: object.keyField,
      keyCase: object.keyCase,
      fields: object.fields,
      creates: object.create.salesforce,
      deletes: object.delete.salesforce,
      parent: null,
    };
    return [
      ...checkRows(root, described),
      ...(described === undefined ? [] : checkRoot(object, place, described)),
      ...checkLines(object, object.lines, `${place}.lines`, facts),
      ...checkStatuses(object, place, facts),
      ...checkCollection(object, place, facts.collections, facts.objects),
    ];
  });
}

function checkRoot(object: ObjectMapping, place: string, described: ObjectFacts): readonly PreflightProblem[] {
  const known = new Set(described.fields.map((field) => field.name));
  const missing = Object.keys(object.filter.salesforce).filter((field) => !known.has(field));
  const reduces = object.onActivated === "reduce" && object.object === "Order";
  const unmatched = object.match.map(({ field }) => field).filter((field) => !known.has(field));
  return [
    ...unmatched.map((field) =>
      at(`${place}.match`, `${object.object}.${field} does not exist or is hidden from the user`),
    ),
    ...missing.map((field) =>
      at(`${place}.filter.salesforce.${field}`, `${object.object}.${field} does not exist or is hidden from the user`),
    ),
    ...when(
      !known.has(object.newKey),
      `${place}.newKey`,
      `${object.object}.${object.newKey} does not exist or is hidden from the user`,
    ),
    ...when(
      reduces && !writable(described, "IsReductionOrder"),
      `${place}.onActivated`,
      "is reduce, but the user may not make reduction orders; enable them and grant Create Reduction Orders, or say reopen or park",
    ),
  ];
}

function checkLines(
  object: ObjectMapping,
  lines: LinesMapping | null,
  place: string,
  facts: PreflightFacts,
): readonly PreflightProblem[] {
  if (lines === null) return [];
  const described = facts.objects.find((each) => each.name === lines.object);
  const problems = checkRows(
    {
      place,
      object: lines.object,
      keyField: lines.keyField,
      keyCase: object.keyCase,
      fields: lines.fields,
      creates: lines.direction !== "toExternal" && object.create.salesforce,
      deletes: false,
      parent: lines.parent,
    },
    described,
  );
  const parent = described?.fields.find((field) => field.name === lines.parent);
  const wrongParent = described !== undefined && parent?.referenceTo.includes(object.object) !== true;
  return [
    ...problems,
    ...when(wrongParent, `${place}.parent`, `${lines.object}.${lines.parent} is no reference to ${object.object}`),
  ];
}

function checkStatuses(object: ObjectMapping, place: string, facts: PreflightFacts): readonly PreflightProblem[] {
  const rows = facts.statuses[object.object] ?? [];
  if (!STATUS_OBJECTS.includes(object.object) || rows.length === 0) return [];
  const known = new Map(rows.map((row) => [row.value, row.category]));
  const status = object.fields.find((field) => field.field === "Status");
  const values = status === undefined || status.direction === "toExternal" ? [] : status.possibleValues;
  const draft = object.draftStatus;
  return [
    ...values
      .filter((value) => !known.has(value))
      .map((value) =>
        at(
          `${place}.fields.Status`,
          `can become "${value}", which is no ${object.object} status (${[...known.keys()].join(", ")})`,
        ),
      ),
    ...values
      .filter((value) => SYSTEM_CATEGORIES.includes(known.get(value) ?? ""))
      .map((value) =>
        at(
          `${place}.fields.Status`,
          `can become "${value}" of the category ${known.get(value)}, which only Salesforce itself sets`,
        ),
      ),
    ...when(
      draft !== null && known.get(draft) !== "Draft",
      `${place}.draftStatus`,
      `"${draft}" is no status of the category Draft (${rows
        .filter((row) => row.category === "Draft")
        .map((row) => row.value)
        .join(", ")})`,
    ),
    ...when(
      object.create.salesforce && ![...known.values()].includes("Draft"),
      place,
      "the org has no status of the category Draft; every new record starts in one",
    ),
  ];
}

const SYSTEM_CATEGORIES: readonly string[] = ["Canceled", "Expired", "Superseded"];

function writable(described: ObjectFacts, name: string): boolean {
  return described.fields.some((field) => field.name === name && field.createable);
}
