/** Profiles and permission sets that come, change and go while an org runs. */

import type { MockOrgCore } from "../org/org.ts";
import type { FieldAccess, PermissionDefinition } from "../org/permissions.ts";
import type { ObjectAccess } from "../org/port.ts";
import type { Row } from "../schema/definition.ts";
import { readCustomization } from "../schema/metadata/customization.ts";
import { type PermissionGrant, STANDARD_PROFILES } from "../schema/metadata/permissions.ts";
import { childrenOf, textOf } from "../schema/metadata/xml.ts";
import { type Component, sourceFile } from "./component.ts";
import { ComponentFault, duplicateName, notSupported, unknownComponent } from "./faults.ts";
import { type PermissionType, permissionDefinition, permissionRow } from "./permission-element.ts";

/** A component that is a profile or a permission set. */
export interface PermissionComponent extends Component {
  readonly type: PermissionType;
}

/** Makes a profile or permission set. */
export function createPermissions(org: MockOrgCore, component: PermissionComponent): void {
  const { type, fullName, element } = component;
  if (permissionRow(org, type, fullName) !== undefined)
    throw duplicateName(`The name you specified is already in use: ${fullName}`);
  if (type === "PermissionSet" && textOf(element, "label") === undefined)
    throw new ComponentFault({ code: "REQUIRED_FIELD_MISSING", message: "Required field is missing: label" });
  const source = readGrant(org, component);
  const name = type === "Profile" ? source.label : fullName;
  org.definePermissions(
    overlaid({ kind: source.kind, name, userPermissions: [], grant: { objects: {}, fields: {} } }, component, source),
  );
}

/** Changes one: a permission set becomes what is sent, a profile keeps what the component does not name. */
export function updatePermissions(org: MockOrgCore, component: PermissionComponent): void {
  const { type, fullName } = component;
  const row = permissionRow(org, type, fullName);
  if (row === undefined) throw unknownComponent(type, fullName);
  const before = permissionDefinition(org, type, row);
  const source = readGrant(org, component);
  const base = type === "Profile" ? before : { ...before, userPermissions: [], grant: { objects: {}, fields: {} } };
  org.definePermissions(overlaid(base, component, source));
}

/** Removes one that nobody has. */
export function deletePermissions(org: MockOrgCore, component: Pick<PermissionComponent, "type" | "fullName">): void {
  const { type, fullName } = component;
  const row = permissionRow(org, type, fullName);
  if (row === undefined) throw unknownComponent(type, fullName);
  if (type === "Profile" && Object.values(STANDARD_PROFILES).includes(String(row["Name"])))
    throw notSupported(`Deleting the standard profile ${fullName}`);
  const id = String(row["Id"]);
  org.transaction(org.systemActor, (tx) => {
    const users: Iterable<Row> = type === "Profile" ? tx.rows("User") : tx.rows("PermissionSetAssignment");
    const reference = type === "Profile" ? "ProfileId" : "PermissionSetId";
    for (const user of users)
      if (user[reference] === id && user["IsDeleted"] !== true)
        throw new ComponentFault({ code: "DELETE_FAILED", message: `${fullName} is assigned to users` });
    tx.remove(type, id);
  });
}

function readGrant(org: MockOrgCore, component: Component): PermissionGrant {
  const [grant] = readCustomization([sourceFile(component)]).permissions;
  if (grant === undefined) throw new Error("a profile or permission set file gives one grant");
  for (const { object } of grant.objects)
    if (org.catalog.object(object) === undefined) throw missing("object", `no CustomObject named ${object} found`);
  for (const { object, field } of grant.fields)
    if (org.catalog.object(object)?.field(field) === undefined)
      throw missing("field", `no CustomField named ${object}.${field} found`);
  return grant;
}

function missing(element: string, reason: string): ComponentFault {
  return new ComponentFault({ code: "INVALID_CROSS_REFERENCE_KEY", message: `In field: ${element} - ${reason}` });
}

function overlaid(
  base: PermissionDefinition,
  component: PermissionComponent,
  source: PermissionGrant,
): PermissionDefinition {
  const objects: Record<string, ObjectAccess> = { ...base.grant.objects };
  for (const { object, ...access } of source.objects) objects[object] = access;
  const fields: Record<string, FieldAccess> = { ...base.grant.fields };
  for (const { object, field, readable, editable } of source.fields)
    fields[`${object}.${field}`] = { read: readable, edit: editable };
  const withdrawn = childrenOf(component.element, "userPermissions")
    .filter((each) => textOf(each, "enabled") === "false")
    .map((each) => textOf(each, "name"));
  const had = base.userPermissions === "all" ? [] : base.userPermissions;
  const kept = had.filter((name) => !withdrawn.includes(name));
  return {
    ...base,
    label: component.type === "Profile" ? base.name : source.label,
    userPermissions: [...new Set([...kept, ...source.userPermissions])],
    grant: { ...base.grant, objects, fields },
  };
}
