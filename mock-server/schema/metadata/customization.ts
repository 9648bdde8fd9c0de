/**
 * From metadata files to one customization: everything that they say about the schema, settings and rights, as data.
 *
 * Reading knows nothing of the org that it will be applied to; what must fit together is checked when it is applied.
 */
import type { PicklistValue } from "../definition.ts";
import {
  type Component,
  type ComponentKind,
  componentOf,
  leftAside,
  permissionSetRoot,
  type SourceFile,
} from "./component.ts";
import { type CustomField, readCustomField } from "./custom-field.ts";
import { type CustomMetadataSource, readCustomMetadata } from "./custom-metadata.ts";
import { type CustomObject, readCustomObject } from "./custom-object.ts";
import { type PeopleSource, type PermissionGroupSource, readPeople, readPermissionGroup } from "./people.ts";
import { type PermissionGrant, readPermissions } from "./permissions.ts";
import { MetadataError, type MetadataProblem } from "./problem.ts";
import { readSettings, type SettingsSource } from "./settings.ts";
import { readGlobalValueSet, readStandardValueSet } from "./value-set.ts";
import { childrenOf, flagOf, type MetadataFile, parseMetadata, textOf, type XmlElement } from "./xml.ts";

/** What a folder of metadata says. Each item carries the path that it came from. */
export interface Customization {
  readonly objects: readonly CustomObject[];
  readonly fields: readonly FieldSource[];
  readonly standardFields: readonly StandardFieldSource[];
  readonly recordTypes: readonly RecordTypeSource[];
  readonly validationRules: readonly ValidationRule[];
  readonly standardValues: readonly StandardValuesSource[];
  readonly settings: SettingsSource;
  /** Custom labels by API name in lower case. */
  readonly labels: ReadonlyMap<string, string>;
  readonly customMetadata: readonly CustomMetadataSource[];
  readonly permissions: readonly PermissionGrant[];
  /** What muting permission sets take away within their groups. */
  readonly muting: readonly PermissionGrant[];
  readonly permissionGroups: readonly PermissionGroupSource[];
  /** Roles, public groups and queues. */
  readonly people: readonly PeopleSource[];
  /** What cannot be used, with the component that is left out because of it. */
  readonly problems: readonly MetadataProblem[];
  /** What an org would do and the mock does not: to be shown to whoever loads the files. */
  readonly remarks: readonly MetadataProblem[];
}

/** One custom field and the object that it belongs to. */
export interface FieldSource {
  readonly path: string;
  readonly object: string;
  readonly field: CustomField;
}

/** What setup may change about a standard field. */
export interface StandardFieldSource {
  readonly path: string;
  readonly object: string;
  readonly name: string;
  readonly tracked: boolean;
  readonly inlineHelpText: string | undefined;
}

/** One record type of an object. */
export interface RecordTypeSource {
  readonly path: string;
  readonly object: string;
  readonly developerName: string;
  readonly label: string;
  readonly active: boolean;
}

/** One validation rule: the save is refused with `message` where `formula` is true. */
export interface ValidationRule {
  readonly path: string;
  readonly object: string;
  readonly name: string;
  readonly active: boolean;
  readonly formula: string;
  readonly message: string;
  /** The field at which the message stands; undefined puts it at the top of the page. */
  readonly field: string | undefined;
}

/** The values of one standard value set, for example OrderStatus. */
export interface StandardValuesSource {
  readonly path: string;
  readonly name: string;
  readonly values: readonly PicklistValue[];
}

/** The customization of an org without any metadata files. */
export const NO_CUSTOMIZATION: Customization = {
  objects: [],
  fields: [],
  standardFields: [],
  recordTypes: [],
  validationRules: [],
  standardValues: [],
  settings: {},
  labels: new Map(),
  customMetadata: [],
  permissions: [],
  muting: [],
  permissionGroups: [],
  people: [],
  problems: [],
  remarks: [],
};

const ROOTS: Readonly<Record<ComponentKind, readonly string[]>> = {
  object: ["CustomObject"],
  field: ["CustomField"],
  recordType: ["RecordType"],
  validationRule: ["ValidationRule"],
  standardValueSet: ["StandardValueSet"],
  globalValueSet: ["GlobalValueSet"],
  settings: [],
  labels: ["CustomLabels"],
  label: ["CustomLabel"],
  customMetadata: ["CustomMetadata"],
  role: ["Role"],
  group: ["Group"],
  queue: ["Queue"],
  permissionSetGroup: ["PermissionSetGroup"],
  mutingPermissionSet: ["MutingPermissionSet"],
  profile: ["Profile"],
  permissionSet: ["PermissionSet"],
  permissionSetPart: [
    "PermissionSet",
    "ObjectPermission",
    "FieldPermission",
    "RecordTypeVisibility",
    "UserPermission",
    "CustomPermission",
  ],
};

/** What is counted where a component of a kind cannot be used. */
const LEFT_OUT: Readonly<Record<ComponentKind, string>> = {
  object: "objects left out",
  field: "fields left out",
  recordType: "record types left out",
  validationRule: "validation rules left out",
  standardValueSet: "standard value sets left out",
  globalValueSet: "global value sets left out",
  settings: "settings left out",
  labels: "custom labels left out",
  label: "custom labels left out",
  customMetadata: "custom metadata records left out",
  role: "roles left out",
  group: "groups left out",
  queue: "queues left out",
  permissionSetGroup: "permission set groups left out",
  mutingPermissionSet: "muting permission sets left out",
  profile: "profiles left out",
  permissionSet: "permission sets left out",
  permissionSetPart: "permission sets left out",
};

/** Settings files that are read; all others say nothing about records. */
const SETTINGS_ROOTS: Readonly<Record<string, string>> = { Order: "OrderSettings", Contract: "ContractSettings" };

/**
 * Reads metadata files of both formats, in any order of kinds; files of other kinds are left aside.
 *
 * What cannot be used is left out and named in `problems`. Where several files define one component, the last one counts,
 * which is a problem, too; profiles are the exception, their grants add up. One file may define an object to which
 * others only add. With `refuse`, problems throw a `MetadataError` that names them all.
 */
export function readCustomization(
  files: readonly SourceFile[],
  unsupported: "refuse" | "leaveOut" = "refuse",
): Customization {
  const problems: MetadataProblem[] = [];
  const remarks: MetadataProblem[] = [];
  const parsed = files.flatMap(({ path, text }) => {
    const component = componentOf(path);
    if (component === undefined) {
      const reason = leftAside(path);
      if (reason !== undefined) remarks.push({ path, element: "file", reason, ...actsOn(path, text) });
      return [];
    }
    const roots = component.kind === "settings" ? [SETTINGS_ROOTS[component.name] ?? ""] : ROOTS[component.kind];
    if (roots[0] === "") return [];
    const unreadable: MetadataProblem[] = [];
    const file = parseMetadata(path, text, roots, unreadable);
    problems.push(...unreadable.map((problem) => ({ ...problem, ...outcome(component) })));
    return file === undefined ? [] : [{ file, component }];
  });
  const all = lastOfEach(
    joinedSets(parsed).flatMap(({ file, component }) => partsOf(file, component, problems)),
    problems,
  );
  const byKind = new Map<ReadKind, Part[]>();
  for (const part of all) {
    const known = byKind.get(kindOf(part));
    if (known === undefined) byKind.set(kindOf(part), [part]);
    else known.push(part);
  }
  const each = <T>(kind: ReadKind, read: (part: Part) => T | undefined): readonly T[] =>
    (byKind.get(kind) ?? []).flatMap((part) => {
      const value = attempt(part, read, problems);
      return value === undefined ? [] : [value];
    });
  const globals = new Map(each("globalValueSet", (part) => [part.name.trim(), readGlobalValueSet(part.file)] as const));
  const customization: Customization = {
    objects: each("object", (part) => readCustomObject(part.file, part.name)),
    fields: each("customField", (part) => {
      const { file } = part;
      const remark = (element: string, reason: string): void => void remarks.push({ path: file.path, element, reason });
      const field = readCustomField(part.element, part.name, { file, globals, remark });
      return field === undefined ? undefined : { path: file.path, object: part.object, field };
    }),
    standardFields: each("standardField", standardField),
    recordTypes: each("recordType", recordType),
    validationRules: each("validationRule", validationRule),
    standardValues: each("standardValueSet", ({ file, name }) => ({
      path: file.path,
      name,
      values: readStandardValueSet(file, name),
    })),
    settings: Object.assign({}, ...each("settings", (part) => readSettings(part.file))) as SettingsSource,
    labels: new Map([
      ...each("labels", ({ file }) => childrenOf(file.root, "labels").map(labelOf)).flat(),
      ...each("label", ({ element }) => labelOf(element)),
    ]),
    customMetadata: each("customMetadata", (part) => readCustomMetadata(part.file, part.name)),
    permissions: [
      ...each("profile", (part) => readPermissions(part.file, part.name)),
      ...each("permissionSet", (part) => readPermissions(part.file, part.name)),
    ],
    muting: each("mutingPermissionSet", (part) => readPermissions(part.file, part.name)),
    permissionGroups: each("permissionSetGroup", (part) => readPermissionGroup(part.file, part.name)),
    people: (["role", "group", "queue"] as const).flatMap((kind) =>
      each(kind, (part) => readPeople(part.file, kind, part.name)),
    ),
    problems,
    remarks,
  };
  if (unsupported === "refuse" && problems.length > 0) throw new MetadataError(problems);
  return customization;
}

function labelOf(element: XmlElement): readonly [name: string, text: string] {
  return [(textOf(element, "fullName") ?? "").toLowerCase(), textOf(element, "value") ?? ""];
}

/** Fields are read in two ways: a whole custom field, or what setup changes about a standard one. */
type ReadKind = Exclude<ComponentKind, "field"> | "customField" | "standardField";

function kindOf({ kind, name }: Part): ReadKind {
  if (kind !== "field") return kind;
  return isCustom(name) ? "customField" : "standardField";
}

/**
 * The object whose saves an Apex trigger, a record-triggered flow or a workflow would act on, as `Order.Name`; nothing
 * where it acts on none.
 */
function actsOn(path: string, text: string): Pick<MetadataProblem, "leftOut"> {
  const name = /([^/]+?)\.\w+(?:-meta\.xml)?$/.exec(path)?.[1] ?? "";
  if (/\.workflow(?:-meta\.xml)?$/.test(path)) return { leftOut: `${name}.workflow rules` };
  if (path.endsWith(".trigger")) {
    const [, trigger, object] = /\btrigger\s+(\w+)\s+on\s+(\w+)/i.exec(text) ?? [];
    return object === undefined ? {} : { leftOut: `${object}.${trigger}` };
  }
  if (!/\.flow(?:-meta\.xml)?$/.test(path) || !/<triggerType>Record\w+Save<\/triggerType>/.test(text)) return {};
  if (!/<status>Active<\/status>/.test(text)) return {};
  const start = text.slice(Math.max(0, text.indexOf("<start>")));
  const object = /<object>(\w+)<\/object>/.exec(start)?.[1];
  return object === undefined ? {} : { leftOut: `${object}.${name}` };
}

/** Reads one component; undefined where it cannot be used, and its problems then say that it is left out. */
function attempt<T>(part: Part, read: (part: Part) => T, problems: MetadataProblem[]): T | undefined {
  let unusable = false;
  const { path } = part.file;
  const file: MetadataFile = {
    ...part.file,
    report: (element, reason) => {
      unusable = true;
      problems.push({ path, element, reason, ...outcome(part) });
    },
    drop: (element, reason) => void problems.push({ path, element, reason, kind: "parts of components left out" }),
  };
  if ((part.kind === "object" || part.kind === "field") && !API_NAME.test(part.name)) {
    file.report(part.name, "is no API name that an org accepts");
    return undefined;
  }
  const value = read({ ...part, file });
  return unusable ? undefined : value;
}

/** Source may hold names with marks that a build replaces, for example `%%%NAMESPACE%%%Key__c`. */
const API_NAME = /^[A-Za-z]\w*$/;

/** What happens to a component that cannot be used. */
function outcome({ kind, object, name }: Component): Pick<MetadataProblem, "kind" | "leftOut"> {
  const inObject = kind === "field" || kind === "recordType" || kind === "validationRule";
  return { kind: LEFT_OUT[kind], leftOut: inObject ? `${object}.${name}` : name };
}

/** One component in a file; a Metadata API object file holds several. */
interface Part extends Component {
  readonly file: MetadataFile;
  readonly element: XmlElement;
}

interface ParsedFile {
  readonly file: MetadataFile;
  readonly component: Component;
}

const INSIDE_OBJECT: readonly (readonly [element: string, kind: ComponentKind])[] = [
  ["fields", "field"],
  ["recordTypes", "recordType"],
  ["validationRules", "validationRule"],
];

function partsOf(file: MetadataFile, component: Component, problems: MetadataProblem[]): readonly Part[] {
  const whole: Part = { ...component, file, element: file.root };
  if (component.kind !== "object") return [whole];
  const inside = INSIDE_OBJECT.flatMap(([tag, kind]) =>
    childrenOf(file.root, tag).flatMap((element) => {
      const name = textOf(element, "fullName");
      if (name !== undefined) return [{ kind, object: component.name, name, file, element }];
      problems.push({ path: file.path, element: `${tag}/fullName`, reason: "is missing", kind: LEFT_OUT[kind] });
      return [];
    }),
  );
  return [whole, ...inside];
}

/** The elements of a permission set that have files of their own, by the root that such a file has. */
const PART_ELEMENTS: Readonly<Record<string, string>> = {
  ObjectPermission: "objectPermissions",
  FieldPermission: "fieldPermissions",
  RecordTypeVisibility: "recordTypeVisibilities",
  UserPermission: "userPermissions",
  CustomPermission: "customPermissions",
};

/** Puts permission sets together that are kept in many files. */
function joinedSets(parsed: readonly ParsedFile[]): readonly ParsedFile[] {
  const pieces = new Map<string, ParsedFile[]>();
  for (const each of parsed) {
    if (each.component.kind !== "permissionSetPart") continue;
    const key = setKey(each);
    pieces.set(key, [...(pieces.get(key) ?? []), each]);
  }
  if (pieces.size === 0) return parsed;
  const whole = parsed.flatMap((each) => {
    if (each.component.kind === "permissionSetPart") return [];
    const key = each.component.kind === "permissionSet" ? setKey(each) : undefined;
    const found = key === undefined ? undefined : pieces.get(key);
    if (key === undefined || found === undefined) return [each];
    pieces.delete(key);
    return [withPieces(each, found)];
  });
  const headless = [...pieces.values()].flatMap((found) => {
    const [first, ...rest] = found;
    return first === undefined ? [] : [withPieces(ofPiece(first), rest)];
  });
  return [...whole, ...headless];
}

function setKey({ file, component }: ParsedFile): string {
  return `${permissionSetRoot(file.path)}\n${component.name}`;
}

function ofPiece({ file, component }: ParsedFile): ParsedFile {
  const root = { name: "PermissionSet", text: "", children: elementsOfPiece(file.root) };
  return { file: { ...file, root }, component: { ...component, kind: "permissionSet" } };
}

function withPieces(set: ParsedFile, pieces: readonly ParsedFile[]): ParsedFile {
  const children = [...set.file.root.children, ...pieces.flatMap(({ file }) => elementsOfPiece(file.root))];
  return { ...set, file: { ...set.file, root: { ...set.file.root, children } } };
}

/** A piece holds elements of a permission set under that root, or is one element itself. */
function elementsOfPiece(root: XmlElement): readonly XmlElement[] {
  const name = PART_ELEMENTS[root.name];
  return name === undefined ? root.children : [{ ...root, name }];
}

/** Of components that several files define, the last one; a problem for each of them. */
function lastOfEach(parts: readonly Part[], problems: MetadataProblem[]): readonly Part[] {
  const last = new Map<string, Part>();
  const doubled = new Set<Part>();
  for (const part of parts) {
    if (part.kind === "profile" || part.kind === "settings" || part.kind === "labels") continue;
    if (part.kind === "object" && textOf(part.element, "label") === undefined) continue;
    const key = `${part.kind} ${part.object}.${part.name}`.toLowerCase();
    const other = last.get(key);
    last.set(key, part);
    if (other === undefined) continue;
    doubled.add(other);
    problems.push({
      path: part.file.path,
      element: `${part.element.name} ${part.name}`,
      reason: `is defined in ${other.file.path} too`,
      kind: "components defined more than once; the last one counts",
    });
  }
  return doubled.size === 0 ? parts : parts.filter((part) => !doubled.has(part));
}

function isCustom(name: string): boolean {
  return name.endsWith("__c");
}

function standardField({ file, element, object, name }: Part): StandardFieldSource {
  const tracked = flagOf(file, element, "trackHistory") ?? false;
  return { path: file.path, object, name, tracked, inlineHelpText: textOf(element, "inlineHelpText") };
}

function recordType({ file, element, object, name }: Part): RecordTypeSource {
  const active = flagOf(file, element, "active") ?? true;
  return { path: file.path, object, developerName: name, label: textOf(element, "label") ?? name, active };
}

function validationRule({ file, element, object, name }: Part): ValidationRule {
  const formula = textOf(element, "errorConditionFormula");
  const message = textOf(element, "errorMessage");
  if (formula === undefined) file.report(`${name}/errorConditionFormula`, "is missing");
  if (message === undefined) file.report(`${name}/errorMessage`, "is missing");
  return {
    path: file.path,
    object,
    name,
    active: flagOf(file, element, "active") ?? false,
    formula: formula ?? "",
    message: message ?? "",
    field: textOf(element, "errorDisplayField"),
  };
}
