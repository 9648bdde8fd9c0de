/** Profiles and permission sets of an org as data and as metadata: from their records and what is kept beside them. */

import type { MockOrgCore } from "../org/org.ts";
import { NO_ACCESS, others, type PermissionDefinition } from "../org/permissions.ts";
import type { Row } from "../schema/definition.ts";
import { isPermissionable } from "../schema/describe.ts";
import { CUSTOM_PERMISSION, STANDARD_PROFILES } from "../schema/metadata/permissions.ts";
import type { XmlElement } from "../schema/metadata/xml.ts";
import { leaf, node } from "./elements.ts";

export type PermissionType = "PermissionSet" | "Profile";

/** The records of all profiles or permission sets. */
export function permissionRows(org: MockOrgCore, type: PermissionType): readonly Row[] {
  return org.transaction(org.systemActor, (tx) => [...tx.rows(type)].filter((row) => row["IsDeleted"] !== true));
}

/** The name in metadata: setup shows some profiles under other names. */
export function permissionFullName(type: PermissionType, row: Row): string {
  const name = String(row["Name"]);
  if (type === "PermissionSet") return name;
  return Object.entries(STANDARD_PROFILES).find(([, shown]) => shown === name)?.[0] ?? name;
}

/** The record with this name in metadata. */
export function permissionRow(org: MockOrgCore, type: PermissionType, fullName: string): Row | undefined {
  return permissionRows(org, type).find((row) => permissionFullName(type, row) === fullName);
}

/** What the record and the org's grants say together. */
export function permissionDefinition(org: MockOrgCore, type: PermissionType, row: Row): PermissionDefinition {
  const grant = org.grants.get(String(row["Id"])) ?? { objects: {}, fields: {} };
  const { otherUserPermissions = [], ...rights } = grant;
  const named = Object.keys(row)
    .filter((name) => name.startsWith(PREFIX) && row[name] === true)
    .map((name) => name.slice(PREFIX.length));
  return {
    kind: type === "Profile" ? "profile" : "permissionSet",
    name: String(row["Name"]),
    label: String(row["Label"] ?? row["Name"]),
    userPermissions: [...named, ...otherUserPermissions],
    grant: rights,
  };
}

const PREFIX = "Permissions";

/** The elements of a profile or permission set. Rights that it does not have are left out. */
export function permissionElements(org: MockOrgCore, type: PermissionType, row: Row): readonly XmlElement[] {
  const { userPermissions, grant, label } = permissionDefinition(org, type, row);
  const objects = org.catalog.objects.filter(({ definition }) => definition.permissionsOf === undefined);
  return [
    ...leaf("fullName", permissionFullName(type, row)),
    ...(type === "Profile" ? leaf("custom", STANDARD_NAMES.has(String(row["Name"])) ? false : true) : []),
    ...org.catalog.objects.flatMap((object) =>
      object.fields.filter(isPermissionable).flatMap((field) => {
        const path = `${object.name}.${field.name}`;
        const access = grant.fields[path] ?? others(grant, field, grant.otherFields);
        if (access === undefined || !(access.read || access.edit)) return [];
        const members = [...leaf("editable", access.edit), ...leaf("field", path), ...leaf("readable", true)];
        return [node("fieldPermissions", members)];
      }),
    ),
    ...(type === "PermissionSet" ? [...leaf("hasActivationRequired", false), ...leaf("label", label)] : []),
    ...objects.flatMap(({ name, definition }) => {
      const access = grant.objects[name] ?? others(grant, definition, grant.otherObjects) ?? NO_ACCESS;
      if (!Object.values(access).includes(true)) return [];
      return [
        node("objectPermissions", [
          ...leaf("allowCreate", access.create),
          ...leaf("allowDelete", access.delete),
          ...leaf("allowEdit", access.edit),
          ...leaf("allowRead", true),
          ...leaf("modifyAllRecords", access.modifyAll),
          ...leaf("object", name),
          ...leaf("viewAllRecords", access.viewAll),
        ]),
      ];
    }),
    ...(userPermissions === "all" ? [] : userPermissions)
      .toSorted()
      .map((name) =>
        name.startsWith(CUSTOM_PERMISSION)
          ? enabled("customPermissions", name.slice(CUSTOM_PERMISSION.length))
          : enabled("userPermissions", name),
      ),
  ];
}

const STANDARD_NAMES: ReadonlySet<string> = new Set(Object.values(STANDARD_PROFILES));

function enabled(element: string, name: string): XmlElement {
  return node(element, [...leaf("enabled", true), ...leaf("name", name)]);
}
