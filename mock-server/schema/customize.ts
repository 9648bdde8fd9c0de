/**
 * A customization applied to the objects of an org: custom objects and fields, picklists, record types, history.
 *
 * Everything that must fit together across files is checked here: referenced objects and fields, relationship names,
 * master-detail rules, roll-ups, formulas.
 */
import type { FieldDefinition, ObjectDefinition, RecordTypeDefinition } from "./definition.ts";
import { withoutFaultyParts } from "./formula-check.ts";
import { type CustomMetadataSource, inOrder, metadataRecords } from "./metadata/custom-metadata.ts";
import { owner } from "./metadata/custom-object.ts";
import type { Customization, FieldSource, ValidationRule } from "./metadata/customization.ts";
import { groupRecords, roleRecords } from "./metadata/people.ts";
import { MetadataError, type MetadataProblem } from "./metadata/problem.ts";
import { STANDARD_VALUE_SETS } from "./metadata/value-set.ts";
import { recordIdOf } from "./record-id.ts";

/** The objects of the customized org, and what an org would do and the mock does not. */
export interface CustomizedSchema {
  readonly definitions: readonly ObjectDefinition[];
  /** The validation rules that can be evaluated, inactive ones included. */
  readonly validationRules: readonly ValidationRule[];
  readonly remarks: readonly MetadataProblem[];
}

/** What the steps below pass on: the objects by name, and where problems and remarks go. */
interface Work {
  readonly objects: Map<string, ObjectDefinition>;
  readonly problems: MetadataProblem[];
  readonly remarks: MetadataProblem[];
  /** Custom objects that the files define and the mock leaves out, with the reason. */
  readonly leftOut: ReadonlyMap<string, string>;
}

/**
 * The definitions with the customization in them; the given ones stay as they are.
 *
 * With `refuse`, every problem of the customization and of its application throws together, as a `MetadataError`. With
 * `leaveOut`, what cannot be used is left out with whatever needs it, and remarked upon. Parts about standard objects that
 * this org does not model are left out and remarked upon in both cases, because a team's repository speaks of the whole org.
 */
export function applyCustomization(
  definitions: readonly ObjectDefinition[],
  customization: Customization,
  unsupported: "refuse" | "leaveOut" = "refuse",
): CustomizedSchema {
  const work: Work = {
    objects: new Map(definitions.map((definition) => [definition.name, definition])),
    problems: [],
    remarks: [...customization.remarks],
    leftOut: new Map(
      customization.problems.flatMap(({ leftOut, reason }) =>
        leftOut === undefined ? [] : [[leftOut, `was left out: ${reason}`] as const],
      ),
    ),
  };
  addCustomObjects(work, customization);
  changeStandardObjects(work, customization);
  setStandardValues(work, customization);
  addFields(work, customization);
  bindMasterDetails(work, customization);
  addRecordTypes(work, customization);
  trackHistory(work, customization);
  sizeSummaries(work, customization);
  bindDependents(work, customization);
  addMetadataRecords(work, customization);
  addPeople(work, customization);
  checkChildNames(work, customization);
  const checked = withoutFaultyParts(work.objects, customization);
  remarkOnGrants(work, customization, checked.objects);
  const problems = [...customization.problems, ...work.problems, ...checked.faults];
  if (unsupported === "refuse" && problems.length > 0) throw new MetadataError(problems);
  return {
    definitions: [...checked.objects.values()],
    validationRules: checked.validationRules,
    remarks: [...work.remarks, ...checked.remarks, ...problems.map(leftOut)],
  };
}

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Custom objects that one org can hold here: the key prefixes a00 to azz. Salesforce allows at most 3,000 [memory: platform §5]. */
const CUSTOM_OBJECTS_MAX = BASE62.length ** 2;

function addCustomObjects(work: Work, customization: Customization): void {
  const custom = customization.objects
    .filter((object) => object.definition !== undefined)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const taken = new Set([...work.objects.values()].map((object) => object.keyPrefix));
  let at = 0;
  let types = 0;
  for (const { path, name, definition } of custom) {
    if (definition === undefined) continue;
    if (name.endsWith("__mdt")) {
      work.objects.set(name, { ...definition, keyPrefix: metadataPrefix(types) });
      types += 1;
      continue;
    }
    while (taken.has(customPrefix(at))) at += 1;
    if (at >= CUSTOM_OBJECTS_MAX) {
      work.problems.push({ path, element: name, reason: "is one custom object too many", leftOut: name });
      continue;
    }
    work.objects.set(name, { ...definition, keyPrefix: customPrefix(at) });
    at += 1;
  }
}

function customPrefix(at: number): string {
  return `a${BASE62.charAt(Math.floor(at / BASE62.length))}${BASE62.charAt(at % BASE62.length)}`;
}

/** Types of custom metadata have key prefixes of their own: m00 to mzz [memory: platform §5]. */
function metadataPrefix(at: number): string {
  return `m${BASE62.charAt(Math.floor(at / BASE62.length) % BASE62.length)}${BASE62.charAt(at % BASE62.length)}`;
}

/** The records of custom metadata types, which are in the source as the types do. */
function addMetadataRecords(work: Work, { customMetadata }: Customization): void {
  const byType = new Map<string, CustomMetadataSource[]>();
  for (const source of customMetadata) byType.set(source.type, [...(byType.get(source.type) ?? []), source]);
  const idOf = (name: string, developerName: string): string | undefined => {
    const at = inOrder(byType.get(name) ?? []).findIndex((source) => source.developerName === developerName);
    const prefix = work.objects.get(name)?.keyPrefix;
    return at < 0 || prefix === undefined ? undefined : recordIdOf(prefix, at + 1);
  };
  for (const [name, sources] of byType) {
    const type = work.objects.get(name);
    if (type === undefined) {
      for (const { path, developerName } of sources)
        work.remarks.push({
          path,
          element: developerName,
          reason: `the type ${name} is in none of the given files; the record is left out`,
          kind: "custom metadata records without their type",
          leftOut: `${name}.${developerName}`,
        });
      continue;
    }
    const records = metadataRecords(type, sources, idOf, ({ path, developerName }, field, reason) =>
      work.problems.push({ path, element: `${developerName}/${field}`, reason, kind: "parts of components left out" }),
    );
    work.objects.set(name, { ...type, records });
  }
}

/** Roles, groups and queues are records that the org has from its beginning. */
function addPeople(work: Work, { people }: Customization): void {
  for (const [name, records] of [
    ["UserRole", roleRecords(people)],
    ["Group", groupRecords(people)],
  ] as const) {
    const object = work.objects.get(name);
    if (object !== undefined && records.length > 0) work.objects.set(name, { ...object, records });
  }
}

function changeStandardObjects(work: Work, customization: Customization): void {
  for (const { path, name, sharingModel, definition } of customization.objects) {
    const known = find(work, path, name);
    if (known === undefined || definition !== undefined || sharingModel === undefined) continue;
    // An object that always follows its parent cannot be given a model of its own.
    if (known.permissionsOf === undefined) work.objects.set(name, { ...known, sharingModel });
  }
}

function setStandardValues(work: Work, customization: Customization): void {
  for (const { name, values } of customization.standardValues)
    for (const path of STANDARD_VALUE_SETS[name] ?? []) {
      const [objectName = "", fieldName = ""] = path.split(".");
      changeField(work, objectName, fieldName, { picklistValues: values });
    }
}

function addFields(work: Work, customization: Customization): void {
  const byObject = new Map<string, FieldSource[]>();
  for (const source of customization.fields) {
    const known = byObject.get(source.object);
    if (known === undefined) byObject.set(source.object, [source]);
    else known.push(source);
  }
  for (const [name, sources] of byObject) {
    const [first] = sources;
    const object = first === undefined ? undefined : find(work, first.path, name);
    if (object === undefined) continue;
    const taken = new Set(object.fields.map((field) => field.name.toLowerCase()));
    const added = sources.flatMap((source) => {
      const double = source.field.fields.find((field) => taken.has(field.name.toLowerCase()));
      if (double !== undefined) {
        const reason = `${object.name} has a field of this name already`;
        work.problems.push({ path: source.path, element: double.name, reason, ...fieldOut(object.name, double.name) });
        return [];
      }
      if (!hasTarget(work, source)) return [];
      for (const field of source.field.fields) taken.add(field.name.toLowerCase());
      return source.field.fields;
    });
    work.objects.set(object.name, { ...object, fields: [...object.fields, ...added] });
  }
}

/** What is said of a field that is left out. */
function fieldOut(object: string, field: string): Pick<MetadataProblem, "kind" | "leftOut"> {
  return { kind: "fields left out", leftOut: `${object}.${field}` };
}

/**
 * A lookup to an object that nobody defines is a mistake where the object is custom, and a remark where it is standard.
 * The field stays and accepts no record; a master-detail field, without which no record could be saved, is left out.
 */
function hasTarget(work: Work, source: FieldSource): boolean {
  return source.field.fields.every((field) => {
    const missing = (field.referenceTo ?? []).find((target) => !work.objects.has(target));
    if (missing === undefined) return true;
    const problem = { path: source.path, element: `${field.name}/referenceTo` };
    const needed = field.masterDetail === true;
    const out = needed ? fieldOut(source.object, field.name) : { kind: "lookups to missing objects" };
    if (isOwnName(missing) && !work.leftOut.has(missing)) {
      const reason = `the object ${missing} is in none of the given files`;
      work.problems.push({ ...problem, reason, ...out });
    } else {
      const happens = needed ? "the field is left out" : "the field accepts no record";
      work.remarks.push({ ...problem, reason: `${missing} is not modeled: ${happens}`, ...out });
    }
    return !needed;
  });
}

/** The detail of a master-detail relationship takes its access from the master, the first one where there are two. */
function bindMasterDetails(work: Work, customization: Customization): void {
  const details = customization.fields
    .filter((source) => source.field.fields.some((field) => field.masterDetail === true))
    .toSorted((a, b) => a.field.relationshipOrder - b.field.relationshipOrder);
  const bound = new Set<string>();
  const kind = "sharing models that do not fit their fields";
  for (const { path, object: name, field } of details) {
    const object = work.objects.get(name);
    if (object === undefined || bound.has(name) || !object.fields.some((each) => each.name === field.name)) continue;
    bound.add(name);
    if (object.custom !== true || object.sharingModel !== "ControlledByParent") {
      const reason = "a detail object must be custom and its sharingModel ControlledByParent";
      work.problems.push({ path, element: `${name}.${field.name}`, reason, kind });
    }
    const fields = object.custom === true ? object.fields.filter((each) => each.name !== "OwnerId") : object.fields;
    work.objects.set(name, { ...object, fields, sharingModel: "ControlledByParent", controlledBy: field.name });
  }
  for (const { path, name } of customization.objects) {
    const object = work.objects.get(name);
    if (object?.custom !== true || object.sharingModel !== "ControlledByParent" || object.controlledBy !== undefined)
      continue;
    const reason = "ControlledByParent needs a master-detail field";
    work.problems.push({ path, element: "sharingModel", reason, kind });
    const [id, ...fields] = object.fields;
    const owned = id === undefined ? fields : [id, owner(), ...fields];
    work.objects.set(name, { ...object, fields: owned, sharingModel: "ReadWrite" });
  }
}

function addRecordTypes(work: Work, customization: Customization): void {
  const sources = customization.recordTypes.toSorted((a, b) =>
    `${a.object}.${a.developerName}` < `${b.object}.${b.developerName}` ? -1 : 1,
  );
  const defaults = new Set(
    customization.permissions
      .filter((grant) => grant.kind === "profile")
      .flatMap((grant) => grant.recordTypes.filter((each) => each.default))
      .map((each) => `${each.object}.${each.developerName}`),
  );
  for (const [at, source] of sources.entries()) {
    const object = find(work, source.path, source.object);
    if (object === undefined) continue;
    const recordType: RecordTypeDefinition = {
      id: recordIdOf("012", at + 1),
      developerName: source.developerName,
      name: source.label,
      active: source.active,
      ...(defaults.has(`${source.object}.${source.developerName}`) && { default: true }),
    };
    const fields = object.fields.some((field) => field.name === RECORD_TYPE_FIELD.name)
      ? object.fields
      : [...object.fields, RECORD_TYPE_FIELD];
    work.objects.set(object.name, { ...object, fields, recordTypes: [...(object.recordTypes ?? []), recordType] });
  }
}

/** Appears once an object has a record type (reference: order-domain §1.0 [memory]). */
const RECORD_TYPE_FIELD: FieldDefinition = {
  name: "RecordTypeId",
  label: "Record Type ID",
  type: "reference",
  length: 18,
  createable: true,
  updateable: true,
  nillable: true,
  defaultedOnCreate: true,
  filterable: true,
  sortable: true,
  groupable: true,
  aggregatable: true,
  referenceTo: ["RecordType"],
  relationshipName: "RecordType",
  permissionable: false,
};

function trackHistory(work: Work, customization: Customization): void {
  for (const source of customization.standardFields) {
    if (find(work, source.path, source.object) === undefined || source.inlineHelpText === undefined) continue;
    changeField(work, source.object, source.name, { inlineHelpText: source.inlineHelpText });
  }
  const tracked = new Map<string, string[]>();
  const track = (object: string, field: string): void => {
    tracked.set(object, [...(tracked.get(object) ?? []), field]);
  };
  for (const source of customization.standardFields) if (source.tracked) track(source.object, source.name);
  for (const source of customization.fields) if (source.field.tracked) track(source.object, source.field.name);
  for (const [name, fields] of tracked) {
    const object = work.objects.get(name);
    const off = customization.objects.some((each) => each.name === name && each.historyEnabled === false);
    const known = fields.filter((field) => object?.fields.some((each) => each.name === field));
    const before = object?.historyTracked ?? [];
    if (object !== undefined && !off)
      work.objects.set(name, { ...object, historyTracked: [...new Set([...before, ...known])] });
  }
}

/** Gives roll-ups their number type, which follows from the summed field. */
function sizeSummaries(work: Work, customization: Customization): void {
  for (const { object: name, field } of customization.fields) {
    const summary = field.fields[0]?.summary;
    const child = summary === undefined ? undefined : work.objects.get(summary.childObject);
    const summed = child?.fields.find((each) => each.name === summary?.field);
    if (summary?.operation !== "count" && summed !== undefined)
      changeField(work, name, field.name, sizeOfSummary(summed));
  }
}

/** Gives the values of dependent picklists the bitmaps by which describe tells for which controlling values they are there. */
function bindDependents(work: Work, customization: Customization): void {
  for (const { path, object: name, field } of customization.fields) {
    const { dependency } = field;
    const object = work.objects.get(name);
    const own = object?.fields.find((each) => each.name === field.name);
    if (dependency === undefined || own === undefined) continue;
    const controller = object?.fields.find((each) => each.name === dependency.controller);
    if (controller === undefined) {
      const reason = `${name} has no field ${dependency.controller}; the picklist depends on nothing`;
      work.problems.push({
        path,
        element: `${field.name}/controllingField`,
        reason,
        kind: "picklists without their controlling field",
      });
      continue;
    }
    const controlling =
      controller.type === "boolean"
        ? ["unchecked", "checked"]
        : (controller.picklistValues ?? []).map((each) => each.value);
    const picklistValues = (own.picklistValues ?? []).map((each) => ({
      ...each,
      validFor: bitmapOf(controlling, dependency.validFor.get(each.value) ?? []),
    }));
    changeField(work, name, field.name, { picklistValues, controllerName: controller.name });
  }
}

/** One bit for each controlling value, the first one highest, in Base64. */
function bitmapOf(controlling: readonly string[], valid: readonly string[]): string {
  const bytes = new Uint8Array(Math.ceil(controlling.length / 8));
  for (const [at, value] of controlling.entries())
    if (valid.includes(value)) bytes[at >> 3] = (bytes[at >> 3] ?? 0) | (0x80 >> (at & 7));
  return Buffer.from(bytes).toString("base64");
}

function sizeOfSummary(summed: FieldDefinition): Partial<FieldDefinition> {
  const isNumber = summed.type !== "date" && summed.type !== "datetime";
  return { type: summed.type, ...(isNumber && { precision: 18, scale: summed.scale ?? 0 }) };
}

/** Two children of one parent cannot share the name by which subqueries reach them; the later one goes without. */
function checkChildNames(work: Work, customization: Customization): void {
  const sources = new Map(customization.fields.map((each) => [`${each.object}.${each.field.name}`, each]));
  const taken = new Map<string, string>();
  for (const object of work.objects.values())
    for (const field of object.fields)
      for (const parent of field.referenceTo ?? []) {
        if (field.childRelationshipName === undefined) continue;
        const key = `${parent}.${field.childRelationshipName}`.toLowerCase();
        const other = taken.get(key);
        const here = `${object.name}.${field.name}`;
        taken.set(key, here);
        const source = other === undefined ? undefined : sources.get(here);
        if (source === undefined) continue;
        work.problems.push({
          path: source.path,
          element: `${field.name}/relationshipName`,
          reason: `${parent} has a child relationship ${field.childRelationshipName} already, from ${other}`,
          kind: "child relationships whose name is taken",
        });
        dropChildName(work, object.name, field.name);
      }
}

function dropChildName(work: Work, objectName: string, fieldName: string): void {
  const object = work.objects.get(objectName);
  if (object === undefined) return;
  const fields = object.fields.map((field) => {
    if (field.name !== fieldName) return field;
    const { childRelationshipName: _taken, ...without } = field;
    return without;
  });
  work.objects.set(objectName, { ...object, fields });
}

/** A profile often speaks of fields that its folder does not hold, because they belong to a package. */
function remarkOnGrants(
  work: Work,
  customization: Customization,
  objects: ReadonlyMap<string, ObjectDefinition>,
): void {
  const names = new Map([...objects].map(([name, { fields }]) => [name, new Set(fields.map((each) => each.name))]));
  for (const grant of customization.permissions)
    for (const { object, field } of grant.fields) {
      const fields = names.get(object);
      if (fields === undefined || !field.endsWith("__c") || fields.has(field)) continue;
      const element = `fieldPermissions/${object}.${field}`;
      const reason = "there is no such field; the grant is left out";
      work.remarks.push({ path: grant.path, element, reason });
    }
}

/** True for the team's own custom objects; those of managed packages (`ns__X__c`) come from elsewhere. */
function isOwnName(name: string): boolean {
  return /^(?!\w+?__\w+__c$)\w+__c$/.test(name);
}

/** The object; where it is missing, a problem for a custom object of the team and a remark for any other; each once. */
function find(work: Work, path: string, name: string): ObjectDefinition | undefined {
  const object = work.objects.get(name);
  if (object !== undefined) return object;
  const leftOut = work.leftOut.get(name);
  if (isOwnName(name) && leftOut === undefined) {
    const reason = `the object ${name} is in none of the given files`;
    if (!work.problems.some((problem) => problem.element === name))
      work.problems.push({ path, element: name, reason, kind: "objects that no file defines", leftOut: name });
  } else if (!work.remarks.some((remark) => remark.element === name)) {
    const reason = leftOut ?? "is not modeled; what the files say about it is left out";
    work.remarks.push({ path, element: name, reason, leftOut: name });
  }
  return undefined;
}

function leftOut(fault: MetadataProblem): MetadataProblem {
  return fault.leftOut === undefined ? fault : { ...fault, reason: `${fault.reason}; left out` };
}

/** Changes a field of an object; does nothing where either is missing (a layout-only field, for example). */
function changeField(work: Work, objectName: string, fieldName: string, change: Partial<FieldDefinition>): void {
  const object = work.objects.get(objectName);
  if (object === undefined) return;
  const fields = object.fields.map((field) => (field.name === fieldName ? { ...field, ...change } : field));
  work.objects.set(objectName, { ...object, fields });
}
