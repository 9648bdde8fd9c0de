/** Whether one field of the mapping fits the org's field: writable, of the right type, with the picklist's values. */
import type { FieldFacts, ObjectFacts } from "./facts.ts";
import type { FieldMapping } from "./mapping.ts";
import { at, type PreflightProblem, when } from "./problem.ts";
import { scaleOf } from "./refine.ts";

/** Compares a mapped field with its object's description. */
export function checkField(place: string, field: FieldMapping, described: ObjectFacts): readonly PreflightProblem[] {
  const facts = described.fields.find((each) => each.name === field.field);
  if (facts === undefined) {
    return [
      at(
        place,
        `${described.name}.${field.field} does not exist or is hidden from the user; correct the name, or grant field-level access`,
      ),
    ];
  }
  const written = field.direction !== "toExternal";
  return [
    ...when(
      written && facts.calculated,
      place,
      `is calculated by Salesforce and cannot be written; make it toExternal`,
    ),
    ...when(
      written && !facts.calculated && !facts.createable && !facts.updateable,
      place,
      `cannot be written by the user; grant field-level Edit access, or make it toExternal`,
    ),
    ...when(
      written && !facts.createable && facts.updateable && field.write === "fixed",
      place,
      `cannot be set when a record is made; make it toExternal`,
    ),
    ...when(
      written && facts.createable && !facts.updateable && field.write === "always" && field.direction === "both",
      place,
      `can only be set when a record is made; say createOnly: true or direction: toSalesforce`,
    ),
    ...checkType(place, field, facts),
    ...checkPicklist(place, field, facts),
  ];
}

/** Salesforce field types that each kind fits. */
const TYPES: Readonly<Record<FieldMapping["kind"], readonly string[]>> = {
  text: [
    "string",
    "textarea",
    "picklist",
    "multipicklist",
    "email",
    "phone",
    "url",
    "combobox",
    "id",
    "encryptedstring",
    "anyType",
    "reference",
  ],
  decimal: ["currency", "double", "percent", "int", "long"],
  boolean: ["boolean"],
  date: ["date"],
  instant: ["datetime"],
  reference: ["reference"],
};

function checkType(place: string, field: FieldMapping, facts: FieldFacts): readonly PreflightProblem[] {
  const { kind, reference } = field;
  const right = Object.entries(TYPES).find(([, types]) => types.includes(facts.type))?.[0];
  if (!TYPES[kind].includes(facts.type)) {
    const remedy =
      right === undefined
        ? "which is not supported; take the field out"
        : right === "reference"
          ? `a reference; say reference: ${facts.referenceTo[0] ?? "…"}`
          : `so say kind: ${right}`;
    return [at(place, `is mapped as ${kind}, but Salesforce has ${facts.type}, ${remedy}`)];
  }
  if (reference === null) {
    if (facts.type === "reference")
      return [
        at(
          place,
          `refers to ${facts.referenceTo.join(" or ")}; say reference: ${facts.referenceTo[0] ?? "…"}, because record Ids mean nothing to the external system`,
        ),
      ];
    const tooFine = kind === "decimal" && field.scale !== null && field.scale > scaleOf(facts);
    return when(
      tooFine,
      place,
      `has scale ${field.scale}, but Salesforce keeps ${scaleOf(facts)} digits after the point; say scale: ${scaleOf(facts)}`,
    );
  }
  return [
    ...when(
      !facts.referenceTo.includes(reference.object),
      place,
      `refers to ${facts.referenceTo.join(" or ")}, not to ${reference.object}`,
    ),
    ...when(
      facts.relationshipName !== null && facts.relationshipName !== reference.relationship,
      place,
      `has the relationship name ${facts.relationshipName}, not ${reference.relationship}; say relationship: ${facts.relationshipName}`,
    ),
  ];
}

function checkPicklist(place: string, field: FieldMapping, facts: FieldFacts): readonly PreflightProblem[] {
  const allowed = facts.restrictedValues;
  if (allowed === null || field.direction === "toExternal") return [];
  const unknown = field.possibleValues.filter((value) => !allowed.includes(value));
  return when(
    unknown.length > 0,
    place,
    `can become ${unknown.map((value) => `"${value}"`).join(", ")}, which the picklist does not have (${allowed.join(", ")}); add the value in Salesforce, or correct the table`,
  );
}
