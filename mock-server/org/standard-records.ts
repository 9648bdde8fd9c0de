/**
 * The records that every org has from its first moment: the organization, profiles, the first user, the standard price
 * book, one row for each status value and record type.
 *
 * Fields that the schema at hand does not have are left out, so that an org of a few objects works too.
 */
import assert from "node:assert/strict";
import type { SObjectType } from "../schema/catalog.ts";
import type { FieldValue, PicklistValue, Row } from "../schema/definition.ts";
import { isTimeZone } from "../schema/temporal.ts";
import type { PermissionDefinition } from "./permissions.ts";
import type { Transaction } from "./port.ts";

/** A user to create. What is absent is derived from the username. */
export interface UserDefinition {
  readonly username: string;
  readonly lastName?: string;
  readonly firstName?: string;
  readonly email?: string;
  /** The profile's name; default `Standard User`. */
  readonly profile?: string;
  /** Names of permission sets that the org knows. */
  readonly permissionSets?: readonly string[];
  /** The name of a `UserRole` record. */
  readonly role?: string;
  /** IANA name; default `America/Los_Angeles`, as in a new org [memory: platform §2]. */
  readonly timeZone?: string;
  /** Default `en_US`. */
  readonly locale?: string;
  readonly isActive?: boolean;
}

/** The user that every mock org has. */
export const ADMIN_USER: UserDefinition = {
  username: "admin@mock.org",
  firstName: "Mock",
  lastName: "Administrator",
  profile: "System Administrator",
};

/** Writes the records that depend on nothing but the schema. `adminId` is the user that they were made by. */
export function insertStandardRecords(tx: Transaction, organization: { id: string; name: string }): void {
  insertRecord(tx, "Organization", {
    Id: organization.id,
    Name: organization.name,
    OrganizationType: "Developer Edition",
    InstanceName: "MOCK1",
    IsSandbox: false,
    NamespacePrefix: null,
    LanguageLocaleKey: "en_US",
    DefaultLocaleSidKey: "en_US",
    TimeZoneSidKey: "America/Los_Angeles",
    FiscalYearStartMonth: 1,
    UsesStartDateAsFiscalYearName: false,
  });
  // A new org's standard price book is inactive (reference: order-domain §5.1 [live]).
  insertRecord(tx, "Pricebook2", { Name: "Standard Price Book", IsStandard: true, IsActive: false });
  for (const object of ["Order", "Contract"])
    for (const [at, value] of activeValues(tx.catalog.object(object)).entries())
      insertRecord(tx, `${object}Status`, {
        MasterLabel: value.label,
        ApiName: value.value,
        SortOrder: at + 1,
        IsDefault: value.defaultValue ?? false,
        StatusCode: value.group ?? null,
      });
  for (const type of tx.catalog.objects)
    for (const record of type.definition.records ?? []) insertRecord(tx, type.name, record);
  for (const type of tx.catalog.objects)
    for (const recordType of type.definition.recordTypes ?? [])
      insertRecord(tx, "RecordType", {
        Id: recordType.id,
        Name: recordType.name,
        DeveloperName: recordType.developerName,
        SobjectType: type.name,
        IsActive: recordType.active,
      });
}

/** Writes the record of a profile or permission set and returns its Id. An earlier one of that name is replaced. */
export function savePermissionRecord(tx: Transaction, definition: PermissionDefinition): string {
  const object = definition.kind === "profile" ? "Profile" : "PermissionSet";
  const permissions = (tx.catalog.object(object)?.fields ?? [])
    .filter((field) => field.name.startsWith(PERMISSION_PREFIX))
    .map((field): [string, boolean] => [field.name, gives(definition, field.name.slice(PERMISSION_PREFIX.length))]);
  const values = { ...Object.fromEntries(permissions), Name: definition.name };
  const existing = [...tx.rows(object)].find((row) => row["Name"] === definition.name);
  if (existing !== undefined) {
    tx.replace(object, {
      ...existing,
      ...knownFields(tx.catalog.object(object), { ...values, SystemModstamp: tx.now }),
    });
    return String(existing["Id"]);
  }
  return insertRecord(tx, object, {
    ...values,
    Label: definition.label ?? definition.name,
    IsCustom: object === "PermissionSet",
    IsOwnedByProfile: false,
    UserType: "Standard",
  });
}

/** Writes a user with its permission set assignments and returns its Id. Throws an `Error` for an unknown name. */
export function insertUser(tx: Transaction, user: UserDefinition, id?: string): string {
  const { timeZone = "America/Los_Angeles" } = user;
  if (!isTimeZone(timeZone)) throw new Error(`The time zone ${timeZone} of ${user.username} does not exist`);
  const lastName = user.lastName ?? user.username.split("@")[0] ?? user.username;
  const userId = insertRecord(tx, "User", {
    ...(id !== undefined && { Id: id }),
    Username: user.username,
    LastName: lastName,
    FirstName: user.firstName ?? null,
    Name: [user.firstName, lastName].filter((part) => part !== undefined).join(" "),
    Email: user.email ?? user.username,
    Alias: lastName.slice(0, 8).toLowerCase(),
    CommunityNickname: user.username.slice(0, 40),
    IsActive: user.isActive ?? true,
    UserType: "Standard",
    ProfileId: idByName(tx, "Profile", user.profile ?? "Standard User"),
    UserRoleId: user.role === undefined ? null : idByName(tx, "UserRole", user.role),
    TimeZoneSidKey: timeZone,
    LocaleSidKey: user.locale ?? "en_US",
    LanguageLocaleKey: "en_US",
    EmailEncodingKey: "UTF-8",
  });
  for (const name of user.permissionSets ?? []) assignPermissionSet(tx, userId, name);
  return userId;
}

/** Gives a permission set to a user; an assignment that exists is left as it is. */
export function assignPermissionSet(tx: Transaction, userId: string, name: string): void {
  const set = idByName(tx, "PermissionSet", name);
  const assigned = tx.find("PermissionSetAssignment", "AssigneeId", userId);
  if (assigned.some((row) => row["PermissionSetId"] === set)) return;
  insertRecord(tx, "PermissionSetAssignment", { AssigneeId: userId, PermissionSetId: set });
}

const PERMISSION_PREFIX = "Permissions";

/** Writes one record of the org's own with its audit fields; does nothing where the schema lacks the object. */
function insertRecord(tx: Transaction, object: string, values: Row): string {
  const type = tx.catalog.object(object);
  if (type === undefined) return "";
  const id = typeof values["Id"] === "string" ? values["Id"] : tx.newId(object);
  const booleans = type.fields.filter((field) => field.type === "boolean").map((field) => [field.name, false]);
  tx.insert(
    object,
    knownFields(type, {
      ...Object.fromEntries(booleans),
      CreatedDate: tx.now,
      CreatedById: tx.actor.userId,
      LastModifiedDate: tx.now,
      LastModifiedById: tx.actor.userId,
      SystemModstamp: tx.now,
      ...values,
      Id: id,
    }),
  );
  return id;
}

function knownFields(type: SObjectType | undefined, values: Row): Row {
  const known = Object.entries(values).filter(([name]) => type?.field(name) !== undefined);
  return Object.fromEntries<FieldValue>(known);
}

function activeValues(type: SObjectType | undefined): readonly PicklistValue[] {
  return (type?.field("Status")?.picklistValues ?? []).filter((value) => value.active !== false);
}

function gives(definition: PermissionDefinition, permission: string): boolean {
  return definition.userPermissions === "all" || definition.userPermissions.includes(permission);
}

function idByName(tx: Transaction, object: string, name: string): string {
  assert(tx.catalog.object(object) !== undefined, `the schema has ${object}, which ${name} is one of`);
  const row = [...tx.rows(object)].find((each) => each["Name"] === name);
  if (row === undefined) throw new Error(`The org has no ${object} named "${name}"; define it before it is used`);
  return String(row["Id"]);
}
