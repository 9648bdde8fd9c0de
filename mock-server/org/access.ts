/**
 * Merges what a user's profile and permission sets give into one `Access`. Pure: records and grants in, rights out.
 *
 * Rights add up: whatever one of them gives, the user has (reference: order-domain §7.1, §7.2).
 */
import { type Catalog, restrictCatalog } from "../schema/catalog.ts";
import type { FieldDefinition, ObjectDefinition, Row } from "../schema/definition.ts";
import { type FieldAccess, FULL_ACCESS, type Grant, NO_ACCESS, others } from "./permissions.ts";
import type { Access, ObjectAccess } from "./port.ts";

/** One profile or permission set: its record and what the org keeps beside it. */
export interface PermissionSource {
  readonly row: Row;
  readonly grant: Grant | undefined;
}

/** Objects that describe the org itself. Every user reads them, and who manages users changes them [memory: platform §2]. */
const SETUP_OBJECTS: ReadonlySet<string> = new Set([
  "ContractStatus",
  "CurrencyType",
  "Group",
  "GroupMember",
  "OrderStatus",
  "Organization",
  "PermissionSet",
  "PermissionSetAssignment",
  "Profile",
  "RecordType",
  "User",
  "UserRole",
]);

/** How far `permissionsOf` is followed: OrderItemHistory → OrderItem → Order is the longest chain. */
const PERMISSIONS_OF_DEPTH_MAX = 4;

/** The rights that the sources give together. `catalog` is the whole catalog of the org. */
export function mergeAccess(catalog: Catalog, sources: readonly PermissionSource[]): Access {
  const objects = new Map<string, ObjectAccess>();
  for (const { definition } of catalog.objects)
    objects.set(definition.name, objectAccess(catalog, sources, definition));
  const fields = new Map<string, FieldAccess>();
  for (const { definition, fields: all } of catalog.objects)
    for (const field of all) fields.set(`${definition.name}.${field.name}`, fieldAccess(sources, definition, field));

  const object = (name: string): ObjectAccess => objects.get(name) ?? NO_ACCESS;
  const field = (objectName: string, fieldName: string): FieldAccess =>
    (object(objectName).read && fields.get(`${objectName}.${fieldName}`)) || NO_FIELD;
  const complete =
    [...objects.values()].every((access) => access.read) && [...fields.values()].every((access) => access.read);
  return {
    has: (permission) => holds(sources, permission),
    object,
    canReadField: (objectName, fieldName) => field(objectName, fieldName).read,
    canEditField: (objectName, fieldName) => field(objectName, fieldName).edit,
    catalog: complete
      ? catalog
      : restrictCatalog(catalog, {
          object: (definition) => object(definition.name).read,
          field: (definition, { name }) => field(definition.name, name).read,
        }),
  };
}

/** Every right on everything in the catalog: for what the org does by itself. */
export function unlimitedAccess(catalog: Catalog): Access {
  return {
    has: () => true,
    object: (name) => (catalog.object(name) === undefined ? NO_ACCESS : FULL_ACCESS),
    canReadField: (object, field) => catalog.object(object)?.field(field) !== undefined,
    canEditField: (object, field) => catalog.object(object)?.field(field) !== undefined,
    catalog,
  };
}

const NO_FIELD: FieldAccess = { read: false, edit: false };

function holds(sources: readonly PermissionSource[], permission: string): boolean {
  const name = `Permissions${permission}`;
  return sources.some(
    ({ row, grant }) => row[name] === true || (grant?.otherUserPermissions?.includes(permission) ?? false),
  );
}

function objectAccess(
  catalog: Catalog,
  sources: readonly PermissionSource[],
  definition: ObjectDefinition,
): ObjectAccess {
  if (SETUP_OBJECTS.has(definition.name)) {
    const manages = holds(sources, "ManageUsers");
    return { create: manages, read: true, edit: manages, delete: manages, viewAll: true, modifyAll: manages };
  }
  const governor = governorOf(catalog, definition);
  if (governor !== definition) {
    // Editing the parent is what creating, changing and deleting its children needs (order-domain §3.7, §7.2 [doc]).
    const parent = objectAccess(catalog, sources, governor);
    return { ...parent, create: parent.edit, delete: parent.edit };
  }
  if (holds(sources, "ModifyAllData")) return FULL_ACCESS;
  const given = sources.map(
    ({ grant }) => grant?.objects[definition.name] ?? others(grant, definition, grant?.otherObjects) ?? NO_ACCESS,
  );
  const any = (right: keyof ObjectAccess): boolean => given.some((access) => access[right]);
  const modifyAll = any("modifyAll");
  const viewAll = modifyAll || any("viewAll") || holds(sources, "ViewAllData");
  const edit = modifyAll || any("edit");
  const remove = modifyAll || any("delete");
  const create = any("create");
  return { create, read: viewAll || edit || remove || create || any("read"), edit, delete: remove, viewAll, modifyAll };
}

function governorOf(catalog: Catalog, definition: ObjectDefinition): ObjectDefinition {
  let governor = definition;
  for (let depth = 0; governor.permissionsOf !== undefined && depth < PERMISSIONS_OF_DEPTH_MAX; depth += 1)
    governor = catalog.object(governor.permissionsOf)?.definition ?? governor;
  return governor;
}

function fieldAccess(
  sources: readonly PermissionSource[],
  definition: ObjectDefinition,
  field: FieldDefinition,
): FieldAccess {
  // Field-level security of an address stands at the compound field and holds for all its parts.
  const compound = definition.fields.find((other) => other.name === field.compoundFieldName);
  const secured = compound?.type === "address" || compound?.type === "location" ? compound : field;
  if (!(secured.permissionable ?? secured.nillable === true)) return { read: true, edit: true };
  const names = [`${definition.name}.${field.name}`, `${definition.name}.${secured.name}`];
  const given = sources.map(
    ({ grant }) =>
      names.map((name) => grant?.fields[name]).find((access) => access) ??
      others(grant, field, grant?.otherFields) ??
      NO_FIELD,
  );
  const edit = given.some((access) => access.edit);
  return { read: edit || given.some((access) => access.read), edit };
}
