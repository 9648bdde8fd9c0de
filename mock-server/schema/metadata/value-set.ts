/** Picklist values from metadata: value sets inside a field, global value sets, and standard value sets. */
import type { PicklistValue } from "../definition.ts";
import { child, childrenOf, flagOf, type MetadataFile, textOf, wholeOf, type XmlElement } from "./xml.ts";

/** The values of one picklist and whether other values are refused. */
export interface ValueSet {
  readonly values: readonly PicklistValue[];
  readonly restricted: boolean;
}

/** The values of a global value set that a field refers to. */
export type GlobalValueSets = ReadonlyMap<string, readonly PicklistValue[]>;

/** What reading a field needs besides the field's element. */
export interface FieldReading {
  readonly file: MetadataFile;
  readonly globals: GlobalValueSets;
  /** Notes what the mock takes more lightly than an org. */
  readonly remark: (element: string, reason: string) => void;
}

/** Standard value sets and the picklists that take their values; sets of objects that are not modeled are left out. */
export const STANDARD_VALUE_SETS: Readonly<Record<string, readonly string[]>> = {
  OrderStatus: ["Order.Status"],
  OrderType: ["Order.Type"],
  ContractStatus: ["Contract.Status"],
  Industry: ["Account.Industry", "Lead.Industry"],
  AccountType: ["Account.Type"],
  AccountOwnership: ["Account.Ownership"],
  AccountRating: ["Account.Rating", "Lead.Rating"],
  LeadSource: ["Account.AccountSource", "Contact.LeadSource", "Lead.LeadSource", "Opportunity.LeadSource"],
  LeadStatus: ["Lead.Status"],
  Salutation: ["Contact.Salutation", "Lead.Salutation"],
  CaseOrigin: ["Case.Origin"],
  CasePriority: ["Case.Priority"],
  CaseReason: ["Case.Reason"],
  CaseStatus: ["Case.Status"],
  CaseType: ["Case.Type"],
  CampaignStatus: ["Campaign.Status"],
  CampaignType: ["Campaign.Type"],
  CampaignMemberStatus: ["CampaignMember.Status"],
  TaskPriority: ["Task.Priority"],
  TaskStatus: ["Task.Status"],
  TaskSubject: ["Task.Subject"],
  TaskType: ["Task.Type"],
  EventSubject: ["Event.Subject"],
  EventType: ["Event.Type"],
  QuoteStatus: ["Quote.Status"],
  Product2Family: ["Product2.Family"],
  QuantityUnitOfMeasure: ["Product2.QuantityUnitOfMeasure"],
  OpportunityStage: ["Opportunity.StageName"],
  OpportunityType: ["Opportunity.Type"],
  AssetStatus: ["Asset.Status"],
};

/** The categories that a status value may belong to; both of each list's ends must occur (reference: order-domain §8.4). */
const STATUS_CATEGORIES: Readonly<Record<string, readonly string[]>> = {
  OrderStatus: ["Draft", "Activated"],
  ContractStatus: ["Draft", "InApproval", "Activated"],
};

/** The category that locks nothing. */
const DRAFT = "Draft";

/** The values of a `StandardValueSet` file. A status of a category that is not known here counts as Draft. */
export function readStandardValueSet(file: MetadataFile, name: string): readonly PicklistValue[] {
  const values = readValues(file, childrenOf(file.root, "standardValue"));
  const categories = STATUS_CATEGORIES[name];
  if (categories === undefined) return withStates(file, values);
  for (const { value, group } of values)
    if (group === undefined || !categories.includes(group))
      file.drop(
        "standardValue/groupingString",
        `of "${value}" must be its status category, one of ${categories.join(", ")}, not "${group ?? ""}"; it counts as Draft`,
      );
  for (const needed of ["Draft", "Activated"])
    if (!values.some((value) => value.group === needed && value.active !== false))
      file.drop("standardValue", `no active value has the category ${needed}; an org needs one`);
  return values.map((value) => (categories.includes(value.group ?? "") ? value : { ...value, group: DRAFT }));
}

/** What a status or stage says about its records, in the order of the file. */
function withStates(file: MetadataFile, values: readonly PicklistValue[]): readonly PicklistValue[] {
  const elements = new Map(
    childrenOf(file.root, "standardValue").map((element) => [textOf(element, "fullName"), element] as const),
  );
  return values.map(({ group: _group, ...value }) => {
    const element = elements.get(value.value);
    if (element === undefined) return value;
    const probability = wholeOf(file, element, "probability", { min: 0, max: 100 });
    const forecastCategory = textOf(element, "forecastCategory");
    return {
      ...value,
      ...(flagOf(file, element, "closed") === true && { closed: true }),
      ...(flagOf(file, element, "won") === true && { won: true }),
      ...(probability !== undefined && { probability }),
      ...(forecastCategory !== undefined && { forecastCategory }),
    };
  });
}

/** The values of a `GlobalValueSet` file. */
export function readGlobalValueSet(file: MetadataFile): readonly PicklistValue[] {
  return readValues(file, childrenOf(file.root, "customValue"));
}

/** The value set of a picklist field: its own values, or those of a global value set. */
export function readValueSet(field: XmlElement, { file, globals, remark }: FieldReading): ValueSet {
  const legacy = child(field, "picklist");
  if (legacy !== undefined) {
    const restricted = flagOf(file, legacy, "restrictedPicklist") ?? false;
    return { values: readValues(file, childrenOf(legacy, "picklistValues")), restricted };
  }
  const valueSet = child(field, "valueSet");
  if (valueSet === undefined) {
    file.drop(`${field.name}/valueSet`, "is missing; a picklist needs one");
    return { values: [], restricted: false };
  }
  const restricted = flagOf(file, valueSet, "restricted") ?? false;
  const globalName = textOf(valueSet, "valueSetName");
  if (globalName === undefined) {
    const definition = child(valueSet, "valueSetDefinition");
    return { values: readValues(file, childrenOf(definition ?? valueSet, "value")), restricted };
  }
  const values = globals.get(globalName.trim());
  // A global value set is always restricted [memory: platform §5].
  if (values !== undefined) return { values, restricted: true };
  const reason = `the global value set "${globalName}" is in none of the given files`;
  if (!/^\w+?__/.test(globalName)) file.drop("valueSet/valueSetName", reason);
  else remark("valueSet/valueSetName", `${reason}: the field accepts any value`);
  return { values: [], restricted: false };
}

function readValues(file: MetadataFile, elements: readonly XmlElement[]): readonly PicklistValue[] {
  const seen = new Set<string>();
  return elements.flatMap((element) => {
    const value = textOf(element, "fullName");
    if (value === undefined || seen.has(value)) {
      file.drop(`${element.name}/fullName`, value === undefined ? "is missing" : `"${value}" occurs twice`);
      return [];
    }
    seen.add(value);
    const group = textOf(element, "groupingString");
    const active = flagOf(file, element, "isActive");
    return [
      {
        value,
        label: textOf(element, "label") ?? value,
        ...(active === false && { active }),
        ...(flagOf(file, element, "default") === true && { defaultValue: true }),
        ...(group !== undefined && { group }),
      },
    ];
  });
}
