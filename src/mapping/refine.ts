/** Narrows the compiled mapping by what the org tells about its fields. */
import type { FieldFacts, ObjectFacts } from "./facts.ts";
import type { FieldMapping, Mapping, ObjectMapping } from "./mapping.ts";

/** Narrows a mapping by the describe: lengths, scales, and fields that can only be set when a record is made. */
export function refineMapping(mapping: Mapping, objects: readonly ObjectFacts[]): Mapping {
  const refine = (object: string, fields: readonly FieldMapping[]): readonly FieldMapping[] => {
    const described = objects.find((each) => each.name === object);
    return fields.map((field) => {
      const facts = described?.fields.find((each) => each.name === field.field);
      return facts === undefined ? field : refineField(field, facts);
    });
  };
  const refined = mapping.objects.map(
    (object): ObjectMapping => ({
      ...object,
      fields: refine(object.object, object.fields),
      lines:
        object.lines === null ? null : { ...object.lines, fields: refine(object.lines.object, object.lines.fields) },
    }),
  );
  return { ...mapping, objects: refined, byObject: new Map(refined.map((object) => [object.object, object])) };
}

function refineField(field: FieldMapping, facts: FieldFacts): FieldMapping {
  const decimal = field.kind === "decimal";
  const createOnly = facts.createable && !facts.updateable && field.write === "always";
  return {
    ...field,
    length: field.kind === "text" && facts.length > 0 ? facts.length : field.length,
    keeps: decimal ? { ...field.keeps, salesforce: scaleOf(facts) } : field.keeps,
    whole: decimal && facts.type === "int",
    write: createOnly ? "fixed" : field.write,
  };
}

/** Digits after the point that a field keeps: whole numbers have none. */
export function scaleOf(facts: FieldFacts): number {
  return facts.type === "int" ? 0 : facts.scale;
}
