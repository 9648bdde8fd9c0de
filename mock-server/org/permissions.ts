/**
 * What a profile or permission set grants.
 *
 * User permissions are in the `Permissions…` fields of the Profile and PermissionSet records themselves. Rights on
 * objects and fields have no field there; the org keeps them as a grant beside the record, under its Id.
 */
import type { ObjectAccess } from "./port.ts";

/** A right on one field. Editing implies reading. */
export interface FieldAccess {
  readonly read: boolean;
  readonly edit: boolean;
}

/** Rights on objects and fields that one profile or permission set gives. */
export interface Grant {
  /** By API name of the object. */
  readonly objects: Readonly<Record<string, ObjectAccess>>;
  /** By `Object.Field`. */
  readonly fields: Readonly<Record<string, FieldAccess>>;
  /** Rights on objects that `objects` does not name; absent means none. */
  readonly otherObjects?: ObjectAccess;
  /** Rights on fields that `fields` does not name; absent means none. */
  readonly otherFields?: FieldAccess;
  /**
   * True where `otherObjects` and `otherFields` stand for standard ones only: a new custom object or field is granted to
   * nobody until a profile or permission set names it (reference: platform §2 [doc]).
   */
  readonly othersAreStandard?: boolean;
  /** User permissions that the records have no field for. */
  readonly otherUserPermissions?: readonly string[];
}

/** What a grant gives to what it does not name; nothing to a custom part where it speaks of standard ones only. */
export function others<T>(
  grant: Grant | undefined,
  { custom }: { readonly custom?: boolean },
  access: T | undefined,
): T | undefined {
  return custom === true && grant?.othersAreStandard === true ? undefined : access;
}

/** A profile or permission set as data. */
export interface PermissionDefinition {
  readonly kind: "profile" | "permissionSet";
  /** API name; a profile's name as shown, for example `Standard User`. */
  readonly name: string;
  readonly label?: string;
  /** User permissions by API name without prefix, for example `EditActivatedOrders`; `all` for every one. */
  readonly userPermissions: readonly string[] | "all";
  readonly grant: Grant;
}

export const FULL_ACCESS: ObjectAccess = {
  create: true,
  read: true,
  edit: true,
  delete: true,
  viewAll: true,
  modifyAll: true,
};

export const NO_ACCESS: ObjectAccess = {
  create: false,
  read: false,
  edit: false,
  delete: false,
  viewAll: false,
  modifyAll: false,
};

/** Create, read, edit and delete, within what sharing allows. */
export const OWN_RECORDS: ObjectAccess = { ...FULL_ACCESS, viewAll: false, modifyAll: false };

export const READ_ONLY: ObjectAccess = { ...NO_ACCESS, read: true };

/** Holds every permission. It sees every object and field, also those that come later. */
export const SYSTEM_ADMINISTRATOR: PermissionDefinition = {
  kind: "profile",
  name: "System Administrator",
  userPermissions: "all",
  grant: { objects: {}, fields: {}, otherObjects: FULL_ACCESS, otherFields: { read: true, edit: true } },
};

/**
 * Works with the business objects and reads the price books.
 *
 * Reference: order-domain §7.2 says that it holds «some order permissions»; which ones is a guess: records of its own,
 * API access, and activation of orders, but not the editing of activated ones nor the activation of contracts.
 */
export const STANDARD_USER: PermissionDefinition = {
  kind: "profile",
  name: "Standard User",
  userPermissions: ["ApiEnabled", "ActivateOrder", "ViewSetup"],
  grant: {
    objects: { Product2: READ_ONLY, Pricebook2: READ_ONLY },
    fields: {},
    otherObjects: OWN_RECORDS,
    otherFields: { read: true, edit: true },
    othersAreStandard: true,
  },
};
