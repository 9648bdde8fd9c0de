/**
 * Changes an org's metadata while it runs: components are made, changed and deleted one by one, each with its own result.
 *
 * Who may do this is asked by the caller. A new field can be seen by everybody whose profile grants fields that it does
 * not name, as the two profiles of a mock org do; in a real org nobody sees it before field-level security says so.
 */
import type { MockOrgCore } from "../org/org.ts";
import type { ObjectDefinition } from "../schema/definition.ts";
import { createField, deleteField, type FieldChange, updateField } from "./change-field.ts";
import { createObject, deleteObject, updateObject } from "./change-object.ts";
import {
  createPermissions,
  deletePermissions,
  type PermissionComponent,
  updatePermissions,
} from "./change-permissions.ts";
import type { Component, ComponentResult, ComponentType } from "./component.ts";
import { faultOf } from "./faults.ts";
import { readComponent } from "./read.ts";

/** Makes a component. */
export function createComponent(org: MockOrgCore, component: Component): ComponentResult {
  return attempt(component.fullName, true, () =>
    onKind(org, component, { field: createField, object: createObject, permissions: createPermissions }),
  );
}

/** Changes a component. */
export function updateComponent(org: MockOrgCore, component: Component): ComponentResult {
  return attempt(component.fullName, false, () =>
    onKind(org, component, { field: updateField, object: updateObject, permissions: updatePermissions }),
  );
}

/** Changes a component, or makes it where there is none. */
export function upsertComponent(org: MockOrgCore, component: Component): ComponentResult {
  const exists = readComponent(org, component.type, component.fullName) !== undefined;
  return exists ? updateComponent(org, component) : createComponent(org, component);
}

/** Deletes a component. */
export function deleteComponent(org: MockOrgCore, type: ComponentType, fullName: string): ComponentResult {
  const component: Component = { type, fullName, element: { name: type, text: "", children: [] } };
  return attempt(fullName, false, () =>
    onKind(org, component, { field: deleteField, object: deleteObject, permissions: deletePermissions }),
  );
}

interface Kinds {
  readonly field: (change: FieldChange) => readonly ObjectDefinition[];
  readonly object: (change: FieldChange) => readonly ObjectDefinition[];
  readonly permissions: (org: MockOrgCore, component: PermissionComponent) => void;
}

function onKind(org: MockOrgCore, component: Component, kinds: Kinds): void {
  const { type } = component;
  if (type === "PermissionSet" || type === "Profile") return kinds.permissions(org, { ...component, type });
  const definitions = org.wholeCatalog.objects.map((each) => each.definition);
  const hasRecords = (object: string): boolean =>
    org.transaction(org.systemActor, (tx) => tx.catalog.object(object) !== undefined && tx.count(object) > 0);
  const change = type === "CustomField" ? kinds.field : kinds.object;
  org.redefine(change({ definitions, component, hasRecords }));
}

function attempt(fullName: string, created: boolean, work: () => void): ComponentResult {
  try {
    work();
    return { success: true, fullName, created };
  } catch (error) {
    return { success: false, fullName, fault: faultOf(error) };
  }
}
