/**
 * The vocabulary of the schema: what an sObject and its fields are, as data.
 *
 * `fixtures/objects/` and the readers of Salesforce metadata files make these values; describe, value checks,
 * permissions, SOQL binding, indexes and CSV headers all derive from them. Nothing about a field stands anywhere else.
 */

/** The field types of a Salesforce describe (`fields[].type`). */
export type FieldType =
  | "id"
  | "reference"
  | "string"
  | "textarea"
  | "picklist"
  | "multipicklist"
  | "combobox"
  | "boolean"
  | "int"
  | "double"
  | "currency"
  | "percent"
  | "date"
  | "datetime"
  | "time"
  | "phone"
  | "email"
  | "url"
  | "address"
  | "location"
  | "base64"
  | "encryptedstring"
  | "anyType";

/**
 * One stored value. Texts, Ids and picklist values are strings; `date` is `YYYY-MM-DD`; `datetime` is
 * `YYYY-MM-DDThh:mm:ss.000+0000` in UTC with a grain of one second, so both sort as text; `time` is `hh:mm:ss.sssZ`;
 * numbers are JavaScript numbers already rounded to the field's scale. The empty string is never stored: it is null.
 */
export type FieldValue = string | number | boolean | null;

/** One stored record: every field of its object by API name, frozen. Compound fields are not stored. */
export type Row = Readonly<Record<string, FieldValue>>;

/** One value of a picklist, in the order in which setup lists it. */
export interface PicklistValue {
  readonly value: string;
  readonly label: string;
  readonly active?: boolean;
  readonly defaultValue?: boolean;
  /** For a value of a dependent picklist: describe's bitmap of the controlling values, in Base64. */
  readonly validFor?: string;
  /** The category of a status value (`StatusCode`), for the status fields of Order and Contract. */
  readonly group?: string;
  /** True for a status of cases and tasks, or a stage of opportunities, in which the record is closed. */
  readonly closed?: boolean;
  /** True for a stage in which the opportunity is won. */
  readonly won?: boolean;
  /** The probability, in percent, that a stage gives its opportunities. */
  readonly probability?: number;
  /** The forecast category of a stage, for example `Pipeline` or `Closed`. */
  readonly forecastCategory?: string;
}

/** What happens to a child when its parent is deleted. `both` is describe's cascadeDelete and restrictedDelete together. */
export type DeleteRule = "cascade" | "restrict" | "both" | "setNull";

/** The look of a number that the org hands out by itself. */
export interface AutoNumber {
  /** Salesforce's display format, for example `{00000000}` or `ORD-{0000}`. */
  readonly format: string;
  readonly start: number;
}

/** A roll-up summary over the children of a master-detail relationship. */
export interface SummaryDefinition {
  readonly operation: "count" | "sum" | "min" | "max";
  readonly childObject: string;
  /** The master-detail field of the child that points here. */
  readonly foreignKey: string;
  /** The field that is summed up; absent for `count`. */
  readonly field?: string;
  readonly filters: readonly SummaryFilter[];
}

/** One condition on the children of a roll-up summary; all must hold. */
export interface SummaryFilter {
  readonly field: string;
  readonly operation:
    | "equals"
    | "notEqual"
    | "lessThan"
    | "greaterThan"
    | "lessOrEqual"
    | "greaterOrEqual"
    | "contains"
    | "notContain"
    | "startsWith"
    | "includes"
    | "excludes";
  readonly value: string;
}

/** One field of an sObject. Flags that are absent are false. */
export interface FieldDefinition {
  readonly name: string;
  readonly label: string;
  readonly type: FieldType;
  /** Characters, for text-like types. */
  readonly length?: number;
  readonly precision?: number;
  readonly scale?: number;
  /** Digits of an `int`. */
  readonly digits?: number;
  readonly createable?: boolean;
  readonly updateable?: boolean;
  readonly nillable?: boolean;
  readonly defaultedOnCreate?: boolean;
  readonly filterable?: boolean;
  readonly sortable?: boolean;
  readonly groupable?: boolean;
  readonly aggregatable?: boolean;
  readonly custom?: boolean;
  readonly nameField?: boolean;
  readonly idLookup?: boolean;
  readonly externalId?: boolean;
  readonly unique?: boolean;
  readonly caseSensitive?: boolean;
  readonly autoNumber?: AutoNumber;
  readonly picklistValues?: readonly PicklistValue[];
  readonly restrictedPicklist?: boolean;
  /** The field that controls a dependent picklist. The API accepts every value of the list all the same. */
  readonly controllerName?: string;
  /** API names of the objects that a reference may point to; more than one makes it polymorphic. */
  readonly referenceTo?: readonly string[];
  /** The name by which SOQL travels from this field to the parent, for example `Account` for `AccountId`. */
  readonly relationshipName?: string;
  /** The name by which the parent's subqueries reach this object; absent where Salesforce gives none. */
  readonly childRelationshipName?: string;
  readonly onParentDelete?: DeleteRule;
  /** True for a master-detail field: required, and the child's access follows the parent. */
  readonly masterDetail?: boolean;
  readonly reparentable?: boolean;
  /** The compound field that this component belongs to, for example `BillingAddress` for `BillingCity`. */
  readonly compoundFieldName?: string;
  /** A value that insert gives when the record brings none. */
  readonly defaultValue?: FieldValue;
  /** A formula that gives the default instead, for example `TODAY()`; never together with `defaultValue`. */
  readonly defaultFormula?: string;
  /** True for formula and roll-up fields: computed by the org, never written. */
  readonly calculated?: boolean;
  /** The formula's text as Salesforce metadata writes it. */
  readonly formula?: string;
  /** True where a formula takes empty numbers as 0 (Salesforce's default); false where they stay empty. */
  readonly blanksAsZero?: boolean;
  /** For a roll-up summary: what it sums up. */
  readonly summary?: SummaryDefinition;
  readonly inlineHelpText?: string;
  /** False for system and required fields: field-level security cannot hide them. Default: true where nillable. */
  readonly permissionable?: boolean;
  /** For long text: describe's extraTypeInfo, for example `plaintextarea`. */
  readonly extraTypeInfo?: string;
}

/** How access to an object's records is shared when nobody shares them explicitly (organization-wide default). */
export type SharingModel = "Private" | "Read" | "ReadWrite" | "ControlledByParent";

/** One sObject: its flags as describe shows them, and its fields in describe order. Flags that are absent are false. */
export interface ObjectDefinition {
  readonly name: string;
  readonly label: string;
  readonly labelPlural: string;
  /** The first three characters of its record Ids; absent for history, share and feed objects. */
  readonly keyPrefix?: string;
  /** The prefix of its record Ids where describe shows no key prefix: history, share and status objects. */
  readonly idPrefix?: string;
  readonly fields: readonly FieldDefinition[];
  readonly custom?: boolean;
  readonly createable?: boolean;
  readonly updateable?: boolean;
  readonly deletable?: boolean;
  readonly undeletable?: boolean;
  readonly queryable?: boolean;
  readonly retrieveable?: boolean;
  readonly replicateable?: boolean;
  readonly searchable?: boolean;
  readonly mergeable?: boolean;
  readonly triggerable?: boolean;
  readonly layoutable?: boolean;
  readonly activateable?: boolean;
  readonly mruEnabled?: boolean;
  readonly feedEnabled?: boolean;
  /** For `ControlledByParent`: the reference field of the parent that decides. */
  readonly controlledBy?: string;
  readonly sharingModel?: SharingModel;
  /** The object whose object permissions govern this one, where it has none of its own (OrderItem → Order). */
  readonly permissionsOf?: string;
  readonly recordTypes?: readonly RecordTypeDefinition[];
  /** How a custom setting finds the record for a user; absent for every other object. */
  readonly customSetting?: "Hierarchy" | "List";
  /** Records that the org has from its beginning: those of a custom metadata type. */
  readonly records?: readonly Row[];
  /** True where field history is kept in `<Name>History`. */
  readonly historyTracked?: readonly string[];
}

/** One record type of an object. */
export interface RecordTypeDefinition {
  readonly id: string;
  readonly developerName: string;
  readonly name: string;
  readonly active: boolean;
  readonly default?: boolean;
}
