/** From what profile and permission set files grant to what the org keeps. */
import type { PermissionGrant } from "../schema/metadata/permissions.ts";
import {
  type FieldAccess,
  type Grant,
  NO_ACCESS,
  type PermissionDefinition,
  STANDARD_USER,
  SYSTEM_ADMINISTRATOR,
} from "./permissions.ts";
import type { ObjectAccess } from "./port.ts";

/**
 * The profiles and permission sets of a set of metadata files, for `OrgOptions.permissions` or `definePermissions`.
 *
 * Files about one profile or permission set add up. A profile file holds only what was retrieved with it, so for the
 * profiles that every org has it changes what it names and leaves the rest as it is; of any other profile, what no file
 * names is not granted. Record type visibility is not kept.
 */
export function permissionDefinitions(files: readonly PermissionGrant[]): readonly PermissionDefinition[] {
  const byName = new Map<string, PermissionDefinition>();
  for (const file of files) {
    const name = file.kind === "profile" ? file.label : file.name;
    const key = `${file.kind} ${name}`;
    const known = byName.get(key) ?? startOf(file, name);
    byName.set(key, withFile(known, file));
  }
  return [...byName.values()];
}

function startOf(file: PermissionGrant, name: string): PermissionDefinition {
  const standard = [SYSTEM_ADMINISTRATOR, STANDARD_USER].find(
    (definition) => definition.kind === file.kind && definition.name === name,
  );
  if (standard !== undefined) return standard;
  return { kind: file.kind, name, label: file.label, userPermissions: [], grant: { objects: {}, fields: {} } };
}

function withFile(definition: PermissionDefinition, file: PermissionGrant): PermissionDefinition {
  const objects: Record<string, ObjectAccess> = { ...definition.grant.objects };
  for (const { object, ...given } of file.objects) objects[object] = joined(ownObject(definition, object), given);
  const fields: Record<string, FieldAccess> = { ...definition.grant.fields };
  for (const { object, field, readable, editable } of file.fields) {
    const earlier = ownField(definition, `${object}.${field}`);
    fields[`${object}.${field}`] = { read: earlier.read || readable, edit: earlier.edit || editable };
  }
  const grant: Grant = { ...definition.grant, objects, fields };
  if (definition.userPermissions === "all") return { ...definition, grant };
  return {
    ...definition,
    userPermissions: [...new Set([...definition.userPermissions, ...file.userPermissions])],
    grant,
  };
}

/** What earlier files of this profile or permission set gave; what the program itself gives is not counted. */
function ownObject(definition: PermissionDefinition, object: string): ObjectAccess {
  const isBuiltIn = STANDARD_USER.grant.objects[object] === definition.grant.objects[object];
  return isBuiltIn ? NO_ACCESS : (definition.grant.objects[object] ?? NO_ACCESS);
}

function ownField(definition: PermissionDefinition, field: string): FieldAccess {
  return definition.grant.fields[field] ?? { read: false, edit: false };
}

function joined(one: ObjectAccess, other: ObjectAccess): ObjectAccess {
  return {
    create: one.create || other.create,
    read: one.read || other.read,
    edit: one.edit || other.edit,
    delete: one.delete || other.delete,
    viewAll: one.viewAll || other.viewAll,
    modifyAll: one.modifyAll || other.modifyAll,
  };
}
