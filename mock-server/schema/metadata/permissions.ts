/** Profiles and permission sets as plain lists of what they grant. Everything about pages and apps is left aside. */
import { childrenOf, flagOf, type MetadataFile, textOf, type XmlElement } from "./xml.ts";

/** What one profile or permission set grants. */
export interface PermissionGrant {
  readonly kind: "profile" | "permissionSet";
  readonly path: string;
  /** The API name: the file's name, for example `Admin` or `Order_Activator`. */
  readonly name: string;
  /** What `Profile.Name` or `PermissionSet.Label` shows, for example `System Administrator`. */
  readonly label: string;
  readonly description: string | undefined;
  readonly objects: readonly ObjectGrant[];
  readonly fields: readonly FieldGrant[];
  /**
   * API names of the user permissions that are on, for example `EditActivatedOrders`; those of custom permissions have
   * `CustomPermission.` before them.
   */
  readonly userPermissions: readonly string[];
  readonly recordTypes: readonly RecordTypeGrant[];
}

/** Rights on one object. */
export interface ObjectGrant {
  readonly object: string;
  readonly create: boolean;
  readonly read: boolean;
  readonly edit: boolean;
  readonly delete: boolean;
  readonly viewAll: boolean;
  readonly modifyAll: boolean;
}

/** Rights on one field. */
export interface FieldGrant {
  readonly object: string;
  readonly field: string;
  readonly readable: boolean;
  readonly editable: boolean;
}

/** Which record types a user may choose, and which one a new record gets. */
export interface RecordTypeGrant {
  readonly object: string;
  readonly developerName: string;
  readonly visible: boolean;
  readonly default: boolean;
}

/** The names that setup shows for the profiles that every org has; metadata knows them by others [memory: platform §5]. */
export const STANDARD_PROFILES: Readonly<Record<string, string>> = {
  Admin: "System Administrator",
  Standard: "Standard User",
  ReadOnly: "Read Only",
  SolutionManager: "Solution Manager",
  ContractManager: "Contract Manager",
  MarketingProfile: "Marketing User",
  "Minimum Access - Salesforce": "Minimum Access - Salesforce",
};

/** Stands before the name of a custom permission among user permissions. */
export const CUSTOM_PERMISSION = "CustomPermission.";

/** Reads a `Profile` or `PermissionSet` file. */
export function readPermissions(file: MetadataFile, name: string): PermissionGrant {
  const { root } = file;
  const kind = root.name === "Profile" ? "profile" : "permissionSet";
  return {
    kind,
    path: file.path,
    name,
    label: kind === "profile" ? (STANDARD_PROFILES[name] ?? name) : (textOf(root, "label") ?? name),
    description: textOf(root, "description"),
    objects: childrenOf(root, "objectPermissions").flatMap((element) => objectGrant(file, element)),
    fields: childrenOf(root, "fieldPermissions").flatMap((element) => fieldGrant(file, element)),
    userPermissions: [
      ...childrenOf(root, "userPermissions").flatMap((element) => userPermission(file, element)),
      ...childrenOf(root, "customPermissions").flatMap((element) =>
        userPermission(file, element).map((granted) => `${CUSTOM_PERMISSION}${granted}`),
      ),
    ],
    recordTypes: childrenOf(root, "recordTypeVisibilities").flatMap((element) => recordTypeGrant(file, element)),
  };
}

function objectGrant(file: MetadataFile, element: XmlElement): readonly ObjectGrant[] {
  const object = named(file, element, "object");
  if (object === undefined) return [];
  const on = (flag: string): boolean => flagOf(file, element, flag) ?? false;
  const grant = {
    object,
    create: on("allowCreate"),
    read: on("allowRead"),
    edit: on("allowEdit"),
    delete: on("allowDelete"),
    viewAll: on("viewAllRecords"),
    modifyAll: on("modifyAllRecords"),
  };
  // The platform refuses these combinations: each right needs those below it.
  let complete = true;
  const needs = (right: boolean, what: string, needed: boolean, neededWhat: string): void => {
    if (!right || needed) return;
    complete = false;
    file.drop(`objectPermissions/${object}`, `${what} needs ${neededWhat}`);
  };
  needs(grant.create, "allowCreate", grant.read, "allowRead");
  needs(grant.edit, "allowEdit", grant.read, "allowRead");
  needs(grant.delete, "allowDelete", grant.edit, "allowEdit");
  needs(grant.viewAll, "viewAllRecords", grant.read, "allowRead");
  needs(grant.modifyAll, "modifyAllRecords", grant.delete && grant.viewAll, "allowDelete and viewAllRecords");
  return complete ? [grant] : [];
}

function fieldGrant(file: MetadataFile, element: XmlElement): readonly FieldGrant[] {
  const path = named(file, element, "field");
  if (path === undefined) return [];
  const [object, field] = path.split(".");
  const editable = flagOf(file, element, "editable") ?? false;
  const readable = flagOf(file, element, "readable") ?? false;
  if (object === undefined || field === undefined) {
    file.drop("fieldPermissions/field", `"${path}" is not Object.Field`);
    return [];
  }
  if (!editable || readable) return [{ object, field, readable, editable }];
  file.drop(`fieldPermissions/${path}`, "editable needs readable");
  return [];
}

function userPermission(file: MetadataFile, element: XmlElement): readonly string[] {
  const name = named(file, element, "name");
  return name !== undefined && flagOf(file, element, "enabled") === true ? [name] : [];
}

function recordTypeGrant(file: MetadataFile, element: XmlElement): readonly RecordTypeGrant[] {
  const path = named(file, element, "recordType");
  if (path === undefined) return [];
  const [object = "", developerName = ""] = path.split(".");
  const visible = flagOf(file, element, "visible") ?? false;
  return [{ object, developerName, visible, default: flagOf(file, element, "default") ?? false }];
}

function named(file: MetadataFile, element: XmlElement, name: string): string | undefined {
  const text = textOf(element, name);
  if (text === undefined) file.drop(`${element.name}/${name}`, "is missing");
  return text;
}
