/** Which records say what users may do, and what a permission definition grants beside the fields of its record. */
import type { Catalog } from "../schema/catalog.ts";
import type { Grant, PermissionDefinition } from "./permissions.ts";
import type { RecordChange } from "./port.ts";

/** Records that say what their users may see: a change of them changes what describe tells. */
const RIGHTS: ReadonlySet<string> = new Set(["Profile", "PermissionSet", "PermissionSetAssignment"]);

/** True for a change that may change anybody's rights. */
export function changesRights({ object, before, after }: RecordChange): boolean {
  return RIGHTS.has(object) || (object === "User" && before?.["ProfileId"] !== after?.["ProfileId"]);
}

/** User permissions are in the record; only those that it has no field for are kept beside it. */
export function grantOf(catalog: Catalog, definition: PermissionDefinition): Grant {
  const type = catalog.object(definition.kind === "profile" ? "Profile" : "PermissionSet");
  const named = definition.userPermissions === "all" ? [] : definition.userPermissions;
  const others = named.filter((name) => type?.field(`Permissions${name}`) === undefined);
  return { ...definition.grant, otherUserPermissions: [...(definition.grant.otherUserPermissions ?? []), ...others] };
}
