/**
 * Describe: the schema as the REST API shows it, derived from the definitions.
 *
 * Pure: a catalog (already restricted to what the user may see), the API version, the host and the user's rights give
 * the answer. Keys are in the alphabetical order of captured answers. Reference: rest-api §6 [fixture].
 */
import type { Catalog, ChildRelationship, SObjectType } from "./catalog.ts";
import type { FieldDefinition, FieldType } from "./definition.ts";
import { MASTER_RECORD_TYPE_ID } from "./record-id.ts";

/** What describe needs besides an object. */
export interface DescribeContext {
  readonly catalog: Catalog;
  /** For example 62. */
  readonly apiVersion: number;
  /** Scheme and host of the org's own pages, for example `https://acme.my.salesforce.com`, without a slash behind it. */
  readonly host: string;
  /** The user's rights; without them the answer is that of a user who may do everything. */
  readonly rights?: DescribeRights;
}

/** The part of a user's rights that shows in describe. */
export interface DescribeRights {
  object(name: string): { readonly create: boolean; readonly edit: boolean; readonly delete: boolean };
  canEditField(object: string, field: string): boolean;
}

/** The version from which describe names the object that a history or share object belongs to [memory: platform §1]. */
const ASSOCIATE_ENTITY_SINCE = 50;

/** How many records describe says that one call may hold. */
const MAX_BATCH_SIZE = 200;

/** The answer of `/sobjects`. */
export function describeGlobal(context: DescribeContext) {
  return {
    encoding: "UTF-8",
    maxBatchSize: MAX_BATCH_SIZE,
    sobjects: context.catalog.objects.map((type) => describeSummary(type, context)),
  };
}

/** One element of `/sobjects`, which is also `objectDescribe` of `/sobjects/{name}`. */
export function describeSummary(type: SObjectType, context: DescribeContext) {
  return sorted({ ...commonKeys(type, context), ...newerSummaryKeys(type, context), urls: rowUrls(type, context) });
}

/** The answer of `/sobjects/{name}/describe`. */
export function describeObject(type: SObjectType, context: DescribeContext) {
  const layoutable = type.definition.layoutable ?? false;
  return sorted({
    ...commonKeys(type, context),
    ...newerKeys(type, context),
    actionOverrides: [],
    childRelationships: type.children.map(describeChild).toSorted(byChild),
    compactLayoutable: layoutable,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: type.fields.map((field) => describeField(field, type.name, context.rights)),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: recordTypeInfos(type, context),
    searchLayoutable: layoutable,
    ...(context.apiVersion >= ASSOCIATE_ENTITY_SINCE && { sobjectDescribeOption: "FULL" }),
    supportedScopes: supportedScopes(type),
    urls: { ...rowUrls(type, context), ...pageUrls(type, context) },
  });
}

/** One element of `fields`: all 57 keys. `objectName` and `rights` matter only for createable and updateable. */
export function describeField(field: FieldDefinition, objectName: string, rights?: DescribeRights) {
  const editable = rights?.canEditField(objectName, field.name) ?? true;
  const references = field.referenceTo ?? [];
  const { length, byteLength } = sizes(field);
  const number = NUMBERS.has(field.type);
  return {
    aggregatable: field.aggregatable ?? false,
    aiPredictionField: false,
    autoNumber: field.autoNumber !== undefined,
    byteLength,
    calculated: field.calculated ?? false,
    calculatedFormula: field.formula ?? null,
    // On fields these two tell about custom relationships only; standard ones show in childRelationships [memory: platform §1].
    cascadeDelete: field.masterDetail ?? false,
    caseSensitive: field.caseSensitive ?? false,
    compoundFieldName: field.compoundFieldName ?? null,
    controllerName: field.controllerName ?? null,
    createable: (field.createable ?? false) && editable,
    custom: field.custom ?? false,
    defaultValue: field.type === "boolean" ? (field.defaultValue ?? false) : null,
    defaultValueFormula: defaultFormula(field),
    defaultedOnCreate: field.defaultedOnCreate ?? false,
    dependentPicklist: field.controllerName !== undefined,
    deprecatedAndHidden: false,
    digits: field.type === "int" ? (field.digits ?? 0) : 0,
    displayLocationInDecimal: false,
    encrypted: field.type === "encryptedstring",
    externalId: field.externalId ?? false,
    extraTypeInfo: field.extraTypeInfo ?? null,
    filterable: field.filterable ?? false,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: field.calculated === true && field.blanksAsZero === true,
    groupable: field.groupable ?? false,
    highScaleNumber: false,
    htmlFormatted: field.extraTypeInfo === "richtextarea",
    idLookup: field.idLookup ?? false,
    inlineHelpText: field.inlineHelpText ?? null,
    label: field.label,
    length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.nameField ?? false,
    namePointing: references.length > 1,
    nillable: field.nillable ?? false,
    permissionable: isPermissionable(field),
    picklistValues: picklistEntries(field),
    polymorphicForeignKey: references.length > 1,
    precision: number ? (field.precision ?? 0) : 0,
    queryByDistance: field.type === "address" || field.type === "location",
    referenceTargetField: null,
    referenceTo: [...references],
    relationshipName: field.relationshipName ?? null,
    relationshipOrder: field.masterDetail === true ? 0 : null,
    restrictedDelete: field.custom === true && field.onParentDelete === "restrict",
    restrictedPicklist: field.restrictedPicklist ?? false,
    scale: number ? (field.scale ?? 0) : 0,
    searchPrefilterable: false,
    soapType: SOAP_TYPES[field.type],
    sortable: field.sortable ?? false,
    type: field.type,
    unique: field.unique ?? false,
    updateable: (field.updateable ?? false) && editable,
    writeRequiresMasterRead: false,
  };
}

/** True where field-level security can hide the field: what its definition says, else every nillable field. */
export function isPermissionable(field: FieldDefinition): boolean {
  return field.permissionable ?? field.nillable ?? false;
}

/** The API's type names of `tns`, `xsd` and `urn` (reference: rest-api §6.4). */
const SOAP_TYPES: Readonly<Record<FieldType, string>> = {
  id: "tns:ID",
  reference: "tns:ID",
  string: "xsd:string",
  textarea: "xsd:string",
  picklist: "xsd:string",
  multipicklist: "xsd:string",
  combobox: "xsd:string",
  boolean: "xsd:boolean",
  int: "xsd:int",
  double: "xsd:double",
  currency: "xsd:double",
  percent: "xsd:double",
  date: "xsd:date",
  datetime: "xsd:dateTime",
  time: "xsd:time",
  phone: "xsd:string",
  email: "xsd:string",
  url: "xsd:string",
  address: "urn:address",
  location: "urn:location",
  base64: "xsd:base64Binary",
  encryptedstring: "xsd:string",
  anyType: "xsd:anyType",
};

const NUMBERS: ReadonlySet<FieldType> = new Set(["double", "currency", "percent"]);

/** Bytes that one character may take. */
const BYTES_PER_CHARACTER = 3;

function commonKeys(type: SObjectType, context: DescribeContext) {
  const { definition } = type;
  const rights = context.rights?.object(definition.name);
  return {
    activateable: definition.activateable ?? false,
    createable: (definition.createable ?? false) && (rights?.create ?? true),
    custom: definition.custom ?? false,
    customSetting: definition.customSetting !== undefined,
    deepCloneable: false,
    deletable: (definition.deletable ?? false) && (rights?.delete ?? true),
    deprecatedAndHidden: false,
    feedEnabled: definition.feedEnabled ?? false,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: definition.keyPrefix ?? null,
    label: definition.label,
    labelPlural: definition.labelPlural,
    layoutable: definition.layoutable ?? false,
    mergeable: (definition.mergeable ?? false) && (rights?.delete ?? true),
    mruEnabled: definition.mruEnabled ?? false,
    name: definition.name,
    queryable: definition.queryable ?? false,
    replicateable: definition.replicateable ?? false,
    retrieveable: definition.retrieveable ?? false,
    searchable: definition.searchable ?? false,
    triggerable: definition.triggerable ?? false,
    undeletable: (definition.undeletable ?? false) && (rights?.delete ?? true),
    updateable: (definition.updateable ?? false) && (rights?.edit ?? true),
  };
}

function newerKeys(type: SObjectType, context: DescribeContext) {
  if (context.apiVersion < ASSOCIATE_ENTITY_SINCE) return {};
  const kind = /(History|Share)$/.exec(type.name)?.[1] ?? null;
  return {
    associateEntityType: kind,
    associateParentEntity: kind === null ? null : (type.definition.permissionsOf ?? null),
    dataTranslationEnabled: false,
  };
}

function newerSummaryKeys(type: SObjectType, context: DescribeContext) {
  return context.apiVersion < ASSOCIATE_ENTITY_SINCE ? {} : { ...newerKeys(type, context), idEnabled: true };
}

function rowUrls(type: SObjectType, context: DescribeContext): Record<string, string> {
  const base = `/services/data/v${context.apiVersion.toFixed(1)}/sobjects/${type.name}`;
  return {
    ...(type.definition.layoutable === true && {
      compactLayouts: `${base}/describe/compactLayouts`,
      approvalLayouts: `${base}/describe/approvalLayouts`,
      listviews: `${base}/listviews`,
      quickActions: `${base}/quickActions`,
      layouts: `${base}/describe/layouts`,
    }),
    rowTemplate: `${base}/{ID}`,
    defaultValues: `${base}/defaultValues?recordTypeId&fields`,
    describe: `${base}/describe`,
    sobject: base,
  };
}

function pageUrls(type: SObjectType, context: DescribeContext): Record<string, string> {
  const { keyPrefix, layoutable } = type.definition;
  if (layoutable !== true || keyPrefix === undefined) return {};
  return {
    uiDetailTemplate: `${context.host}/{ID}`,
    uiEditTemplate: `${context.host}/{ID}/e`,
    uiNewRecord: `${context.host}/${keyPrefix}/e`,
  };
}

function describeChild(child: ChildRelationship) {
  return {
    cascadeDelete: child.onParentDelete === "cascade" || child.onParentDelete === "both",
    childSObject: child.childObject,
    deprecatedAndHidden: false,
    field: child.field.name,
    junctionIdListNames: [],
    junctionReferenceTo: [],
    relationshipName: child.name,
    restrictedDelete: child.onParentDelete === "restrict" || child.onParentDelete === "both",
  };
}

function byChild(a: ReturnType<typeof describeChild>, b: ReturnType<typeof describeChild>): number {
  const [left, right] = [`${a.childSObject}.${a.field}`, `${b.childSObject}.${b.field}`];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The object's record types and, last, the master record type that every object has. */
function recordTypeInfos(type: SObjectType, context: DescribeContext) {
  const layouts = `/services/data/v${context.apiVersion.toFixed(1)}/sobjects/${type.name}/describe/layouts`;
  const own = type.definition.recordTypes ?? [];
  const infos = own.map((recordType) => ({
    active: recordType.active,
    available: recordType.active,
    defaultRecordTypeMapping: recordType.default ?? false,
    developerName: recordType.developerName,
    master: false,
    name: recordType.name,
    recordTypeId: recordType.id,
    urls: { layout: `${layouts}/${recordType.id}` },
  }));
  const master = {
    active: true,
    available: true,
    defaultRecordTypeMapping: !infos.some((info) => info.defaultRecordTypeMapping),
    developerName: "Master",
    master: true,
    name: "Master",
    recordTypeId: MASTER_RECORD_TYPE_ID,
    urls: { layout: `${layouts}/${MASTER_RECORD_TYPE_ID}` },
  };
  return [...infos, master];
}

function supportedScopes(type: SObjectType) {
  const plural = type.definition.labelPlural.toLowerCase();
  const everything = { label: `All ${plural}`, name: "everything" };
  if (type.field("OwnerId") === undefined) return [everything];
  return [everything, { label: `My ${plural}`, name: "mine" }, { label: `My team's ${plural}`, name: "team" }];
}

function sizes(field: FieldDefinition): { readonly length: number; readonly byteLength: number } {
  const length = field.length ?? 0;
  const isId = field.type === "id" || field.type === "reference";
  return { length, byteLength: isId ? length : length * BYTES_PER_CHARACTER };
}

/** Custom fields show their default as a formula; standard ones show none. */
function defaultFormula(field: FieldDefinition): string | null {
  if (field.defaultFormula !== undefined) return field.defaultFormula;
  if (field.custom !== true || field.type === "boolean" || field.defaultValue === undefined) return null;
  return JSON.stringify(field.defaultValue);
}

function picklistEntries(field: FieldDefinition) {
  return (field.picklistValues ?? []).map((each) => ({
    active: each.active ?? true,
    defaultValue: each.defaultValue ?? false,
    label: each.label,
    validFor: each.validFor ?? null,
    value: each.value,
  }));
}

function sorted<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))) as T;
}
