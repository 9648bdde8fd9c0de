/** What an org that is built from source folders would contain and leave out, without building it. */
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import { kindsOf, type MetadataProblem } from "../schema/metadata/problem.ts";
import { customizeOrg } from "./customization.ts";

/** The parts of one object that come from the source. */
export interface InspectedObject {
  readonly name: string;
  readonly kind: "custom object" | "custom setting" | "custom metadata type" | "standard object";
  readonly fields: number;
  readonly formulas: number;
  readonly rollUps: number;
  readonly recordTypes: number;
  readonly validationRules: number;
  /** Records that are in the source. */
  readonly records: number;
}

/** What the org would contain, and what would be missing. */
export interface Inspection {
  readonly objects: readonly InspectedObject[];
  readonly profiles: readonly string[];
  readonly permissionSets: readonly string[];
  readonly labels: number;
  readonly remarks: readonly MetadataProblem[];
}

/** Looks into the folders. Throws an `Error` that names the folder where it does not exist. */
export function inspectSource(folders: readonly string[]): Inspection {
  const org = customizeOrg(STANDARD_OBJECTS, folders, false);
  const standard = new Map(STANDARD_OBJECTS.map((object) => [object.name, object]));
  const rules = new Map<string, number>();
  for (const { object, code } of org.validationRules)
    if (code === undefined) rules.set(object, (rules.get(object) ?? 0) + 1);
  const named = (kind: "profile" | "permissionSet"): readonly string[] =>
    org.permissions.filter((each) => each.kind === kind).map((each) => each.name);
  return {
    objects: org.definitions
      .filter((object) => standard.get(object.name) !== object || rules.has(object.name))
      .map((object) => inspected(object, rules.get(object.name) ?? 0)),
    profiles: named("profile"),
    permissionSets: named("permissionSet"),
    labels: org.labels.size,
    remarks: org.remarks,
  };
}

function inspected(object: ObjectDefinition, validationRules: number): InspectedObject {
  const fields = object.fields.filter((field) => field.custom === true);
  return {
    name: object.name,
    kind: kindOf(object),
    fields: fields.length,
    formulas: fields.filter((field) => field.formula !== undefined).length,
    rollUps: fields.filter((field) => field.summary !== undefined).length,
    recordTypes: object.recordTypes?.length ?? 0,
    validationRules,
    records: object.records?.length ?? 0,
  };
}

function kindOf({ name, custom, customSetting }: ObjectDefinition): InspectedObject["kind"] {
  if (name.endsWith("__mdt")) return "custom metadata type";
  if (customSetting !== undefined) return "custom setting";
  return custom === true ? "custom object" : "standard object";
}

/** The inspection as lines to read: what there would be, then what would not, by kind. */
export function inspectionText({ objects, profiles, permissionSets, labels, remarks }: Inspection): string {
  const lines = objects.map((object) => {
    const parts = [
      counted(object.fields, "field", "fields"),
      counted(object.formulas, "formula", "formulas"),
      counted(object.rollUps, "roll-up", "roll-ups"),
      counted(object.validationRules, "validation rule", "validation rules"),
      counted(object.recordTypes, "record type", "record types"),
      counted(object.records, "record", "records"),
    ].filter((part) => part !== "");
    return `  ${object.name} (${object.kind})${parts.length === 0 ? "" : `: ${parts.join(", ")}`}`;
  });
  const grants = [
    ...(profiles.length === 0 ? [] : [`  profiles: ${profiles.join(", ")}`]),
    ...(permissionSets.length === 0 ? [] : [`  permission sets: ${permissionSets.join(", ")}`]),
    ...(labels === 0 ? [] : [`  ${counted(labels, "custom label", "custom labels")}`]),
  ];
  const contained = [...lines, ...grants];
  const missing = kindsOf(remarks).flatMap(({ kind, count }) => [
    `  ${kind} (${count})`,
    ...remarks
      .filter((remark) => (remark.kind ?? remark.reason) === kind)
      .map((remark) => `    ${placeOf(remark)}${reasonOf(remark, kind)}`),
  ]);
  return [
    contained.length === 0 ? "The org would contain nothing of these folders." : "The org would contain:",
    ...contained,
    missing.length === 0 ? "It would leave nothing out." : "It would leave out, or do otherwise:",
    ...missing,
    "",
  ].join("\n");
}

function placeOf({ path, element, leftOut }: MetadataProblem): string {
  if (leftOut !== undefined) return element === "file" ? `${leftOut} (${path})` : leftOut;
  return element === "file" ? path : `${path}: ${element}`;
}

function reasonOf({ reason }: MetadataProblem, kind: string): string {
  return reason === kind ? "" : `: ${reason}`;
}

function counted(count: number, one: string, many: string): string {
  return count === 0 ? "" : `${count} ${count === 1 ? one : many}`;
}
