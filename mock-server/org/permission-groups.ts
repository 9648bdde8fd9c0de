/** Permission set groups as permission sets: what the sets of a group give together, without what is muted. */
import type { PermissionGroupSource } from "../schema/metadata/people.ts";
import type { PermissionGrant } from "../schema/metadata/permissions.ts";
import { permissionDefinitions } from "./metadata-permissions.ts";
import { type FieldAccess, NO_ACCESS, type PermissionDefinition } from "./permissions.ts";
import type { ObjectAccess } from "./port.ts";

/**
 * One permission set for each group, under the group's name: users get it as they get any other one. Sets that a group
 * names and no file defines are given to `onMissing`.
 */
export function groupDefinitions(
  groups: readonly PermissionGroupSource[],
  sets: readonly PermissionDefinition[],
  muting: readonly PermissionGrant[],
  onMissing: (group: PermissionGroupSource, set: string) => void,
): readonly PermissionDefinition[] {
  const muted = permissionDefinitions(muting);
  const named = (all: readonly PermissionDefinition[], group: PermissionGroupSource, names: readonly string[]) =>
    names.flatMap((name) => {
      const found = all.find((each) => each.kind === "permissionSet" && each.name === name);
      if (found === undefined) onMissing(group, name);
      return found === undefined ? [] : [found];
    });
  return groups.map((group) =>
    without(union(group, named(sets, group, group.sets)), named(muted, group, group.muting)),
  );
}

function union(group: PermissionGroupSource, sets: readonly PermissionDefinition[]): PermissionDefinition {
  const objects: Record<string, ObjectAccess> = {};
  const fields: Record<string, FieldAccess> = {};
  for (const { grant } of sets) {
    for (const [name, access] of Object.entries(grant.objects))
      objects[name] = combined(objects[name] ?? NO_ACCESS, access, (one, other) => one || other);
    for (const [name, access] of Object.entries(grant.fields))
      fields[name] = combined(fields[name] ?? NO_FIELD, access, (one, other) => one || other);
  }
  const userPermissions = [
    ...new Set(sets.flatMap((set) => (set.userPermissions === "all" ? [] : set.userPermissions))),
  ];
  return { kind: "permissionSet", name: group.name, label: group.label, userPermissions, grant: { objects, fields } };
}

function without(definition: PermissionDefinition, muting: readonly PermissionDefinition[]): PermissionDefinition {
  const objects = { ...definition.grant.objects };
  const fields = { ...definition.grant.fields };
  let userPermissions = definition.userPermissions === "all" ? [] : definition.userPermissions;
  for (const { grant, userPermissions: muted } of muting) {
    for (const [name, access] of Object.entries(grant.objects))
      if (objects[name] !== undefined) objects[name] = combined(objects[name], access, (one, other) => one && !other);
    for (const [name, access] of Object.entries(grant.fields))
      if (fields[name] !== undefined) fields[name] = combined(fields[name], access, (one, other) => one && !other);
    userPermissions = userPermissions.filter((name) => muted !== "all" && !muted.includes(name));
  }
  return { ...definition, userPermissions, grant: { ...definition.grant, objects, fields } };
}

const NO_FIELD: FieldAccess = { read: false, edit: false };

/** Right by right. */
function combined<T extends object>(one: T, other: T, join: (one: boolean, other: boolean) => boolean): T {
  // Both have the same rights, all of them booleans.
  return Object.fromEntries(
    Object.entries(one).map(([right, has]) => [right, join(has === true, Reflect.get(other, right) === true)]),
  ) as T;
}
