/**
 * The catalog answers every question about names: which object, field, parent or child relationship is meant.
 *
 * It is built once from object definitions and is immutable; a customized org has a catalog of its own. The same
 * interface serves the whole schema and the part of it that one user may see (`restrictCatalog`), so whoever binds
 * names needs no knowledge of permissions: what a user may not see does not exist.
 */
import type { DeleteRule, FieldDefinition, ObjectDefinition } from "./definition.ts";

/** A relationship seen from the parent: the child object and the field that points here. */
export interface ChildRelationship {
  /** The subquery name, for example `OrderItems`; null where the relationship has none. */
  readonly name: string | null;
  readonly childObject: string;
  readonly field: FieldDefinition;
  readonly onParentDelete: DeleteRule;
}

/** One object with its names resolved. All look-ups ignore letter case, as Salesforce does. */
export interface SObjectType {
  readonly name: string;
  readonly definition: ObjectDefinition;
  /** Fields in describe order. */
  readonly fields: readonly FieldDefinition[];
  readonly nameField: FieldDefinition | undefined;
  readonly children: readonly ChildRelationship[];
  field(name: string): FieldDefinition | undefined;
  /** The reference field behind a parent relationship name (`Account` → `AccountId`). */
  parent(relationshipName: string): FieldDefinition | undefined;
  /** The child relationship behind a subquery name (`OrderItems`). */
  child(relationshipName: string): ChildRelationship | undefined;
}

/** All objects of an org, or the part of them that one user may see. */
export interface Catalog {
  /** Objects sorted by name. */
  readonly objects: readonly SObjectType[];
  object(name: string): SObjectType | undefined;
  /**
   * The object whose record Ids begin with these three characters (case-sensitive); undefined where several objects
   * share them, as history objects do.
   */
  objectByPrefix(keyPrefix: string): SObjectType | undefined;
  /** Texts that formulas name with `$Label`, by API name in lower case. */
  readonly labels: CustomLabels;
}

/** Custom labels by API name in lower case. */
export type CustomLabels = ReadonlyMap<string, string>;

const NO_LABELS: CustomLabels = new Map();

/** Which part of a catalog stays visible. */
export interface CatalogFilter {
  object(object: ObjectDefinition): boolean;
  field(object: ObjectDefinition, field: FieldDefinition): boolean;
}

/**
 * Builds a catalog. Child relationships are derived from the reference fields of all given objects.
 *
 * Throws an `Error` when two objects share a name or a key prefix, or two fields of one object share a name: the
 * definitions are data of the program or were checked by the metadata reader before.
 */
export function createCatalog(definitions: readonly ObjectDefinition[], labels: CustomLabels = NO_LABELS): Catalog {
  return assemble(definitions, (definition) => definition.fields, labels);
}

/** The same catalog as one user sees it: hidden objects and fields are simply absent, and so are their relationships. */
export function restrictCatalog(catalog: Catalog, filter: CatalogFilter): Catalog {
  const visible = catalog.objects.map((object) => object.definition).filter((definition) => filter.object(definition));
  const fieldsOf = (definition: ObjectDefinition) =>
    definition.fields.filter((field) => filter.field(definition, field));
  return assemble(visible, fieldsOf, catalog.labels);
}

function assemble(
  definitions: readonly ObjectDefinition[],
  fieldsOf: (definition: ObjectDefinition) => readonly FieldDefinition[],
  labels: CustomLabels,
): Catalog {
  const fields = new Map(definitions.map((definition) => [definition.name, fieldsOf(definition)]));
  const children = new Map<string, ChildRelationship[]>();
  for (const definition of definitions) {
    for (const field of fields.get(definition.name) ?? []) {
      for (const parent of field.referenceTo ?? []) {
        const list = children.get(parent) ?? [];
        list.push({
          name: field.childRelationshipName ?? null,
          childObject: definition.name,
          field,
          onParentDelete: field.onParentDelete ?? "setNull",
        });
        children.set(parent, list);
      }
    }
  }
  const byName = new Map<string, SObjectType>();
  const byPrefix = new Map<string, SObjectType>();
  const byIdPrefix = new Map<string, SObjectType | undefined>();
  for (const definition of definitions) {
    const type = resolve(definition, fields.get(definition.name) ?? [], children.get(definition.name) ?? []);
    addOnce(byName, definition.name.toLowerCase(), type, `object ${definition.name}`);
    if (definition.keyPrefix !== undefined)
      addOnce(byPrefix, definition.keyPrefix, type, `key prefix ${definition.keyPrefix}`);
    else if (definition.idPrefix !== undefined)
      byIdPrefix.set(definition.idPrefix, byIdPrefix.has(definition.idPrefix) ? undefined : type);
  }
  const objects = [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    objects,
    labels,
    object: (name) => byName.get(name.toLowerCase()),
    objectByPrefix: (keyPrefix) => byPrefix.get(keyPrefix) ?? byIdPrefix.get(keyPrefix),
  };
}

function resolve(
  definition: ObjectDefinition,
  fields: readonly FieldDefinition[],
  children: readonly ChildRelationship[],
): SObjectType {
  const byName = new Map<string, FieldDefinition>();
  const byRelationship = new Map<string, FieldDefinition>();
  for (const field of fields) {
    addOnce(byName, field.name.toLowerCase(), field, `field ${definition.name}.${field.name}`);
    if (field.relationshipName !== undefined) byRelationship.set(field.relationshipName.toLowerCase(), field);
  }
  const byChild = new Map<string, ChildRelationship>();
  for (const child of children) if (child.name !== null) byChild.set(child.name.toLowerCase(), child);
  return {
    name: definition.name,
    definition,
    fields,
    nameField: fields.find((field) => field.nameField),
    children,
    field: (name) => byName.get(name.toLowerCase()),
    parent: (relationshipName) => byRelationship.get(relationshipName.toLowerCase()),
    child: (relationshipName) => byChild.get(relationshipName.toLowerCase()),
  };
}

function addOnce<T>(map: Map<string, T>, key: string, value: T, what: string): void {
  if (map.has(key)) throw new Error(`The schema defines ${what} twice`);
  map.set(key, value);
}

/** The object whose changes an event of this name tells: `Account` of `AccountChangeEvent`, `My__c` of `My__ChangeEvent`. */
export function objectOfChangeEvent(name: string, catalog: Catalog): SObjectType | undefined {
  const object = /^(\w+)ChangeEvent$/.exec(name)?.[1];
  return object === undefined ? undefined : catalog.object(object.endsWith("__") ? `${object}c` : object);
}
