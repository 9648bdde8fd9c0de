/**
 * Whether the values of one field fit both sides: kinds, zones, sizes. What no record can get through is a problem; what
 * some records may not is a warning.
 */
import type { ExternalCollectionInfo, ExternalFieldFacts, ExternalFieldKind } from "../model/external-facts.ts";
import type { FieldFacts, ObjectFacts } from "./facts.ts";
import type { FieldMapping, ObjectMapping } from "./mapping.ts";
import { checkChoices } from "./preflight-choices.ts";
import { at, type PreflightProblem, when } from "./problem.ts";
import { scaleOf } from "./refine.ts";
import { STATUS_OBJECTS } from "./select.ts";

/** Compares the values of an object's fields and lines on both sides; `described` is empty where the org cannot be asked. */
export function checkValues(
  object: ObjectMapping,
  place: string,
  info: ExternalCollectionInfo,
  described: readonly ObjectFacts[],
): readonly PreflightProblem[] {
  const { lines } = object;
  const factsOf = (name: string): ObjectFacts | undefined => described.find((each) => each.name === name);
  return [
    ...checkNewest(object, place, info),
    ...object.fields.flatMap((field) =>
      checkField(`${place}.fields.${field.field}`, { field, known: info.fields, org: factsOf(object.object) }),
    ),
    ...(lines?.fields ?? []).flatMap((field) =>
      checkField(`${place}.lines.fields.${field.field}`, {
        field,
        known: info.lineFields,
        org: factsOf(lines?.object ?? ""),
      }),
    ),
  ];
}

/** The policy `newest` compares times of both sides: one that is reported without a zone is wrong by hours. */
function checkNewest(
  { policy, zone, fields, lines, collection }: ObjectMapping,
  place: string,
  { changedAt }: ExternalCollectionInfo,
): readonly PreflightProblem[] {
  const decides = [...fields, ...(lines?.fields ?? [])].some(
    (field) => field.direction === "both" && field.owner === null,
  );
  if (policy !== "newest" || !decides) return [];
  if (changedAt === null) {
    return [
      warning(
        `${place}.policy`,
        `is newest, but ${collection} tells no time of change, so that Salesforce wins every conflict; name the field in changedAt, or say policy: salesforce`,
      ),
    ];
  }
  return when(
    changedAt?.kind === "localTime" && zone === null,
    `${place}.policy`,
    `is newest, but "${changedAt?.name ?? ""}" is a time without a zone (${changedAt?.type ?? ""}); say external.timeZone`,
  );
}

interface FieldCase {
  readonly field: FieldMapping;
  readonly known: Readonly<Record<string, ExternalFieldFacts>> | undefined;
  readonly org: ObjectFacts | undefined;
}

function checkField(place: string, { field, known, org }: FieldCase): readonly PreflightProblem[] {
  return [...checkWayBack(place, field), ...checkFacts(place, { field, known, org })];
}

function checkWayBack(place: string, field: FieldMapping): readonly PreflightProblem[] {
  return warnWhen(
    field.isTacitlyOneWay,
    place,
    "flows to Salesforce only, because its value cannot be turned back into external fields: an edit of it in Salesforce is overwritten; say direction: toSalesforce if that is meant",
  );
}

function checkFacts(place: string, { field, known, org }: FieldCase): readonly PreflightProblem[] {
  const [name, ...more] = field.externalFields;
  const facts = name === undefined || more.length > 0 ? undefined : known?.[name];
  const described = org?.fields.find((each) => each.name === field.field);
  if (name === undefined || more.length > 0 || field.reference !== null) return [];
  const choices = STATUS_OBJECTS.includes(org?.name ?? "") && field.field === "Status" ? undefined : described;
  if (facts === undefined) return checkChoices(place, { field, name, facts, described: choices });
  const problems = field.isPlain ? checkKind(place, field, name, facts) : [];
  if (problems.length > 0) return problems;
  return [
    ...checkZone(place, field, name, facts),
    ...checkChoices(place, { field, name, facts, described: choices }),
    ...(described === undefined ? [] : checkSizes(place, { field, name, facts, described })),
  ];
}

/** Kinds of external fields whose values are never of a kind of ours. */
const NEVER: Readonly<Record<FieldMapping["kind"], readonly ExternalFieldKind[]>> = {
  text: [],
  reference: [],
  decimal: ["boolean", "date", "moment", "localTime"],
  boolean: ["date", "moment", "localTime"],
  date: ["number", "boolean"],
  instant: ["number", "boolean", "date"],
};

function checkKind(
  place: string,
  field: FieldMapping,
  name: string,
  { kind, type }: ExternalFieldFacts,
): readonly PreflightProblem[] {
  return when(
    kind !== undefined && NEVER[field.kind].includes(kind),
    place,
    `is mapped as ${field.kind}, but "${name}" is ${type}; map a field of that kind, or say with convert how its values are read`,
  );
}

function checkZone(
  place: string,
  field: FieldMapping,
  name: string,
  { kind, type }: ExternalFieldFacts,
): readonly PreflightProblem[] {
  if (field.zone !== undefined) return [];
  return [
    ...when(
      field.kind === "date" && kind === "moment",
      place,
      `"${name}" is a moment (${type}), and its day depends on the zone; say external.timeZone, or convert: { date: { zone: … } }`,
    ),
    ...when(
      field.kind === "instant" && kind === "localTime",
      place,
      `"${name}" is a time without a zone (${type}); say external.timeZone, or convert: { datetime: { zone: … } }`,
    ),
  ];
}

interface SizeCase {
  readonly field: FieldMapping;
  readonly name: string;
  readonly facts: ExternalFieldFacts;
  readonly described: FieldFacts;
}

/** Sizes are limits for some records only: most texts are short. */
function checkSizes(place: string, { field, name, facts, described }: SizeCase): readonly PreflightProblem[] {
  const toSalesforce = field.direction !== "toExternal";
  const toExternal = field.direction !== "toSalesforce";
  if (field.kind === "text") {
    const { length } = facts;
    if (length === undefined || described.length === 0) return [];
    return [
      ...warnWhen(
        toSalesforce && length > described.length,
        place,
        `"${name}" holds ${length} characters, ${field.field} only ${described.length}; a record with a longer text becomes a dead letter`,
      ),
      ...warnWhen(
        toExternal && described.length > length,
        place,
        `${field.field} holds ${described.length} characters, "${name}" only ${length}; a record with a longer text becomes a dead letter`,
      ),
    ];
  }
  if (field.kind !== "decimal") return [];
  const ours = { scale: scaleOf(described), whole: described.precision - scaleOf(described) };
  const { scale, precision } = facts;
  const whole = scale === undefined || precision === undefined ? undefined : precision - scale;
  return [
    ...warnWhen(
      toSalesforce && field.scale === null && scale !== undefined && scale > ours.scale,
      place,
      `"${name}" has ${scale} decimals, ${field.field} ${ours.scale}; what Salesforce rounds is reported by the run, and the external value stands (say scale: ${ours.scale} to round it yourself)`,
    ),
    ...warnWhen(
      toExternal && scale !== undefined && ours.scale > scale,
      place,
      `${field.field} has ${ours.scale} decimals, "${name}" ${scale ?? 0}; what the external system rounds is reported by the run, and Salesforce's value stands`,
    ),
    ...warnWhen(
      toSalesforce && whole !== undefined && described.precision > 0 && whole > ours.whole,
      place,
      `"${name}" has up to ${whole ?? 0} digits before the point, ${field.field} ${ours.whole}; a record with a larger number becomes a dead letter`,
    ),
  ];
}

function warnWhen(condition: boolean, place: string, message: string): readonly PreflightProblem[] {
  return condition ? [warning(place, message)] : [];
}

function warning(place: string, message: string): PreflightProblem {
  return { ...at(place, message), warning: true };
}
