/**
 * From metadata files to one customization: everything that they say about the schema, settings and rights, as data.
 *
 * Reading knows nothing of the org that it will be applied to; what must fit together is checked when it is applied.
 */
import type { PicklistValue } from "../definition.ts";
import { type Component, type ComponentKind, componentOf, leftAside, type SourceFile } from "./component.ts";
import { type CustomField, readCustomField } from "./custom-field.ts";
import { type CustomObject, readCustomObject } from "./custom-object.ts";
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
  readonly permissions: readonly PermissionGrant[];
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
  permissions: [],
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
  profile: ["Profile"],
  permissionSet: ["PermissionSet"],
};

/** Settings files that are read; all others say nothing about records. */
const SETTINGS_ROOTS: Readonly<Record<string, string>> = { Order: "OrderSettings", Contract: "ContractSettings" };

/**
 * Reads metadata files of both formats, in any order; files of other kinds are left aside.
 *
 * Throws a `MetadataError` with every problem found. The same component in two files is a problem, except profiles and
 * permission sets, whose grants add up, and objects, of which one file may define what others only add to.
 */
export function readCustomization(files: readonly SourceFile[]): Customization {
  const problems: MetadataProblem[] = [];
  const remarks: MetadataProblem[] = [];
  const parsed = files.flatMap(({ path, text }) => {
    const component = componentOf(path);
    if (component === undefined) {
      const reason = leftAside(path);
      if (reason !== undefined) remarks.push({ path, element: "file", reason });
      return [];
    }
    const roots = component.kind === "settings" ? [SETTINGS_ROOTS[component.name] ?? ""] : ROOTS[component.kind];
    if (roots[0] === "") return [];
    const file = parseMetadata(path, text, roots, problems);
    return file === undefined ? [] : [{ file, component }];
  });
  const all = parsed.flatMap(({ file, component }) => partsOf(file, component));
  const of = (kind: ComponentKind): readonly Part[] => all.filter((part) => part.kind === kind);
  refuseDoubles(all);
  const globals = new Map(of("globalValueSet").map((part) => [part.name, readGlobalValueSet(part.file)] as const));
  const customization: Customization = {
    objects: of("object").map((part) => readCustomObject(part.file, part.name)),
    fields: of("field")
      .filter((part) => isCustom(part.name))
      .flatMap((part) => {
        const remark = (element: string, reason: string): void =>
          void remarks.push({ path: part.file.path, element, reason });
        const field = readCustomField(part.element, part.name, { file: part.file, globals, remark });
        return field === undefined ? [] : [{ path: part.file.path, object: part.object, field }];
      }),
    standardFields: of("field")
      .filter((part) => !isCustom(part.name))
      .map(standardField),
    recordTypes: of("recordType").map(recordType),
    validationRules: of("validationRule").map(validationRule),
    standardValues: of("standardValueSet").map(({ file, name }) => ({
      path: file.path,
      name,
      values: readStandardValueSet(file, name),
    })),
    settings: Object.assign({}, ...of("settings").map((part) => readSettings(part.file))) as SettingsSource,
    permissions: [...of("profile"), ...of("permissionSet")].map((part) => readPermissions(part.file, part.name)),
    remarks,
  };
  if (problems.length > 0) throw new MetadataError(problems);
  return customization;
}

/** One component in a file; a Metadata API object file holds several. */
interface Part extends Component {
  readonly file: MetadataFile;
  readonly element: XmlElement;
}

const INSIDE_OBJECT: readonly (readonly [element: string, kind: ComponentKind])[] = [
  ["fields", "field"],
  ["recordTypes", "recordType"],
  ["validationRules", "validationRule"],
];

function partsOf(file: MetadataFile, component: Component): readonly Part[] {
  const whole: Part = { ...component, file, element: file.root };
  if (component.kind !== "object") return [whole];
  const inside = INSIDE_OBJECT.flatMap(([tag, kind]) =>
    childrenOf(file.root, tag).map((element) => {
      const name = textOf(element, "fullName");
      if (name === undefined) file.report(`${tag}/fullName`, "is missing");
      return { kind, object: component.name, name: name ?? "", file, element };
    }),
  );
  return [whole, ...inside];
}

function refuseDoubles(parts: readonly Part[]): void {
  const first = new Map<string, Part>();
  for (const part of parts) {
    if (part.kind === "profile" || part.kind === "permissionSet" || part.name === "") continue;
    if (part.kind === "object" && textOf(part.element, "label") === undefined) continue;
    const key = `${part.kind} ${part.object}.${part.name}`.toLowerCase();
    const other = first.get(key);
    if (other === undefined) first.set(key, part);
    else part.file.report(`${part.element.name} ${part.name}`, `is defined in ${other.file.path} too`);
  }
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
