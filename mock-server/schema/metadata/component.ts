/**
 * Which component a metadata file holds, by its path: the SFDX source format and the Metadata API format side by side.
 */

import { remarkOnEnding } from "./support.ts";

/** One metadata file: its path with `/`, and its text. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** What kind of component a file is; `object` and `name` are the API names that are in its path. */
export interface Component {
  readonly kind: ComponentKind;
  readonly object: string;
  readonly name: string;
}

/** The kinds that are read. */
export type ComponentKind =
  | "object"
  | "field"
  | "recordType"
  | "validationRule"
  | "standardValueSet"
  | "globalValueSet"
  | "settings"
  | "labels"
  | "label"
  | "customMetadata"
  | "role"
  | "group"
  | "queue"
  | "permissionSetGroup"
  | "mutingPermissionSet"
  | "profile"
  | "permissionSet"
  /** One file of a permission set that is kept in many (`decomposePermissionSetBeta` and `…Beta2` of a project). */
  | "permissionSetPart";

const PERMISSION_SET_PART =
  /(?:^|\/)permissionsets\/(?:[^/]+\/)*?([^/]+)\/(?:\w+\/)?[^/]+\.(?:objectSettings|objectPermission|fieldPermission|recordTypeVisibility|userPermission|customPermissions?)-meta\.xml$/;
const OF_OBJECT = /(?:^|\/)objects\/([^/]+)\/(?:fields|recordTypes|validationRules)\/([^/]+)\.(\w+)-meta\.xml$/;
const OBJECT = /(?:^|\/)objects\/(?:[^/]+\/)?([^/]+?)\.object(?:-meta\.xml)?$/;
/** In the Metadata API format the ending is a bare `.md`, which other files have, too. */
const METADATA_RECORD =
  /(?:^|\/)(?:customMetadata\/(?:[^/]+\/)*)?([^/]+?)\.md-meta\.xml$|(?:^|\/)customMetadata\/([^/]+?)\.md$/;
const ALONE =
  /(?:^|\/)([^/]+?)\.(standardValueSet|globalValueSet|settings|profile|permissionset|permissionsetgroup|mutingpermissionset|labels|label|role|group|queue)(?:-meta\.xml)?$/;

const KINDS: Readonly<Record<string, ComponentKind>> = {
  field: "field",
  recordType: "recordType",
  validationRule: "validationRule",
  standardValueSet: "standardValueSet",
  globalValueSet: "globalValueSet",
  settings: "settings",
  profile: "profile",
  permissionset: "permissionSet",
  labels: "labels",
  label: "label",
  role: "role",
  group: "group",
  queue: "queue",
  permissionsetgroup: "permissionSetGroup",
  mutingpermissionset: "mutingPermissionSet",
};

/** Objects that are stored elsewhere than records, and are not modeled, by the end of their names. */
const NOT_RECORDS = /__(e|b|x|kav)$/;

const NOT_MODELLED: Readonly<Record<string, string>> = {
  e: "platform events are not modeled",
  b: "big objects are not modeled",
  x: "external objects are not modeled",
  kav: "knowledge articles are not modeled",
};

/** The component of a path; undefined where the file is none that is read. */
export function componentOf(path: string): Component | undefined {
  const inObject = OF_OBJECT.exec(path);
  if (NOT_RECORDS.test(decoded(inObject?.[1] ?? OBJECT.exec(path)?.[1]))) return undefined;
  if (inObject !== null) return component(inObject[3], inObject[1], inObject[2]);
  const object = OBJECT.exec(path);
  if (object !== null) return { kind: "object", object: decoded(object[1]), name: decoded(object[1]) };
  const partOf = PERMISSION_SET_PART.exec(path)?.[1];
  if (partOf !== undefined) return { kind: "permissionSetPart", object: "", name: decoded(partOf) };
  const record = METADATA_RECORD.exec(path);
  if (record !== null) return { kind: "customMetadata", object: "", name: decoded(record[1] ?? record[2]) };
  const alone = ALONE.exec(path);
  return alone === null ? undefined : component(alone[2], "", alone[1]);
}

/** What an org would do with a file and this mock does not, for example `flows are not executed`. */
export function leftAside(path: string): string | undefined {
  const object = NOT_RECORDS.exec(decoded(OBJECT.exec(path)?.[1]))?.[1];
  if (object !== undefined) return NOT_MODELLED[object];
  const suffix = /\.(\w+)(?:-meta\.xml)?$/.exec(path)?.[1] ?? "";
  return remarkOnEnding(suffix);
}

/**
 * The folder that a permission set's files have in common, without the set's own name: files of one set with one root
 * belong together, those with different roots are two versions of the set.
 */
export function permissionSetRoot(path: string): string {
  return path.slice(0, Math.max(0, path.search(/(?:^|\/)permissionsets\//)));
}

/** True for a file worth reading: its component is read, or its presence deserves a remark. */
export function isMetadataFile(path: string): boolean {
  return componentOf(path) !== undefined || leftAside(path) !== undefined;
}

function component(suffix = "", object = "", name = ""): Component | undefined {
  const kind = KINDS[suffix];
  return kind === undefined ? undefined : { kind, object: decoded(object), name: decoded(name) };
}

/** File names escape what file systems do not like: `Custom%3A Sales.profile`. */
function decoded(text = ""): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is no escape; the name is then meant as it stands.
    return text;
  }
}
