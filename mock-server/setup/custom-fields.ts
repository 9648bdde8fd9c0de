/**
 * Custom fields from code, for tests that need a field or two and no folder of metadata.
 *
 * ```ts
 * createMockOrg({ fields: { Order: [textField("ERP_Key__c", { externalId: true, unique: true, length: 80 })] } });
 * ```
 */
import type { FieldDefinition, ObjectDefinition } from "../schema/definition.ts";

/** What every custom field may say about itself. */
export interface CustomFieldOptions {
  /** Default: the API name without `__c`, underscores as blanks. */
  readonly label?: string;
  /** A required field refuses null. Default false. */
  readonly required?: boolean;
  readonly externalId?: boolean;
  readonly unique?: boolean;
}

/** A text field; `length` in characters, default 255. `caseSensitive` concerns unique values and look-ups. */
export function textField(
  name: string,
  options: CustomFieldOptions & { readonly length?: number; readonly caseSensitive?: boolean } = {},
): FieldDefinition {
  const { length = 255, caseSensitive = false } = options;
  return { ...customField(name, options), type: "string", length, caseSensitive, groupable: true, aggregatable: true };
}

/** A number with `precision` digits, `scale` of them behind the decimal point; default 18 and 0. */
export function numberField(
  name: string,
  options: CustomFieldOptions & { readonly precision?: number; readonly scale?: number } = {},
): FieldDefinition {
  const { precision = 18, scale = 0 } = options;
  return { ...customField(name, options), type: "double", precision, scale, aggregatable: true };
}

/** A checkbox; default value false. */
export function checkboxField(name: string, options: Pick<CustomFieldOptions, "label"> = {}): FieldDefinition {
  const { nillable: _, ...field } = customField(name, options);
  return {
    ...field,
    type: "boolean",
    permissionable: true,
    defaultedOnCreate: true,
    defaultValue: false,
    groupable: true,
  };
}

/** A date. */
export function dateField(name: string, options: CustomFieldOptions = {}): FieldDefinition {
  return { ...customField(name, options), type: "date", groupable: true, aggregatable: true };
}

/** A date with time. */
export function datetimeField(name: string, options: CustomFieldOptions = {}): FieldDefinition {
  return { ...customField(name, options), type: "datetime", aggregatable: true };
}

/** A lookup to another object; the relationship is the API name with `__r`. */
export function lookupField(
  name: string,
  to: string,
  options: CustomFieldOptions & { readonly childRelationshipName?: string } = {},
): FieldDefinition {
  const base = name.replace(/__c$/, "");
  return {
    ...customField(name, options),
    type: "reference",
    length: 18,
    referenceTo: [to],
    relationshipName: `${base}__r`,
    childRelationshipName: options.childRelationshipName ?? `${base}__r`,
    onParentDelete: "setNull",
    groupable: true,
    aggregatable: true,
  };
}

/**
 * The definitions with the fields added to the objects they are meant for; the given ones stay as they are.
 * Throws an `Error` where an object does not exist or a name does not end in `__c`.
 */
export function withFields(
  definitions: readonly ObjectDefinition[],
  fields: Readonly<Record<string, readonly FieldDefinition[]>>,
): readonly ObjectDefinition[] {
  for (const [object, added] of Object.entries(fields)) {
    if (!definitions.some((definition) => definition.name === object)) {
      throw new Error(`There is no object ${object} to add fields to`);
    }
    const wrong = added.find((field) => !/^\w+__c$/.test(field.name));
    if (wrong !== undefined) throw new Error(`The custom field ${object}.${wrong.name} must end in __c`);
  }
  return definitions.map((definition) => {
    const added = fields[definition.name];
    return added === undefined ? definition : { ...definition, fields: [...definition.fields, ...added] };
  });
}

function customField(name: string, options: CustomFieldOptions): Omit<FieldDefinition, "type"> {
  const { label, required = false, externalId = false, unique = false } = options;
  return {
    name,
    label: label ?? name.replace(/__c$/, "").replaceAll("_", " "),
    custom: true,
    createable: true,
    updateable: true,
    nillable: !required,
    filterable: true,
    sortable: true,
    externalId,
    idLookup: externalId,
    unique,
  };
}
