/**
 * The pseudo-object `Name`: what a plain path sees behind a polymorphic reference.
 *
 * Source: reference: soql §5.4 [forum]; the list of its fields is shortened there, so a field beyond it is refused.
 */
import { type Catalog, createCatalog, type SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, FieldType } from "../../schema/definition.ts";

const objects = new WeakMap<Catalog, SObjectType>();

/** The `Name` object of a catalog. Its `Type` is the real object's name; the rest are fields of the real record. */
export function nameObjectOf(catalog: Catalog): SObjectType {
  const known = objects.get(catalog);
  if (known !== undefined) return known;
  const fields = [
    ...FIELDS.map(([name, type]) => makeField(name, type)),
    ...REFERENCES.flatMap(([name, object]) =>
      catalog.object(object) === undefined ? [] : [makeReference(name, object)],
    ),
  ];
  const object = createCatalog([{ name: "Name", label: "Name", labelPlural: "Names", fields }]).object("Name");
  if (object === undefined) throw new Error("The catalog of one object has that object");
  objects.set(catalog, object);
  return object;
}

const FIELDS: readonly (readonly [string, FieldType])[] = [
  ["Id", "id"],
  ["Name", "string"],
  ["LastName", "string"],
  ["FirstName", "string"],
  ["Type", "string"],
  ["Alias", "string"],
  ["Email", "email"],
  ["IsActive", "boolean"],
  ["Phone", "phone"],
  ["Title", "string"],
  ["Username", "string"],
];

const REFERENCES: readonly (readonly [string, string])[] = [
  ["ProfileId", "Profile"],
  ["UserRoleId", "UserRole"],
];

function makeField(name: string, type: FieldType): FieldDefinition {
  return {
    name,
    label: name,
    type,
    nillable: true,
    filterable: true,
    sortable: true,
    groupable: true,
    aggregatable: true,
  };
}

function makeReference(name: string, object: string): FieldDefinition {
  return { ...makeField(name, "reference"), referenceTo: [object], relationshipName: object };
}
