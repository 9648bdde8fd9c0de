/**
 * What the mapping knows about standard fields before it has seen an org: kinds, scales, and which ones Salesforce
 * refuses to change later. Custom fields say their kind in the mapping; preflight checks everything against describe.
 */
import type { ValueKind } from "../model/value.ts";

/** What is known of a standard field. `scale`: digits after the point that it has; `whole`: it is an integer. */
export interface StandardField {
  readonly kind: ValueKind;
  readonly scale?: number;
  readonly whole?: true;
}

/** By field name; the same name means the same in all mapped objects. */
const KINDS: Readonly<Record<string, StandardField>> = {
  EffectiveDate: { kind: "date" },
  EndDate: { kind: "date" },
  StartDate: { kind: "date" },
  ServiceDate: { kind: "date" },
  PoDate: { kind: "date" },
  CustomerAuthorizedDate: { kind: "date" },
  CompanyAuthorizedDate: { kind: "date" },
  CustomerSignedDate: { kind: "date" },
  CompanySignedDate: { kind: "date" },
  ActivatedDate: { kind: "instant" },
  CreatedDate: { kind: "instant" },
  LastModifiedDate: { kind: "instant" },
  Quantity: { kind: "decimal", scale: 2 },
  AvailableQuantity: { kind: "decimal", scale: 2 },
  UnitPrice: { kind: "decimal", scale: 2 },
  ListPrice: { kind: "decimal", scale: 2 },
  TotalPrice: { kind: "decimal", scale: 2 },
  TotalAmount: { kind: "decimal", scale: 2 },
  AnnualRevenue: { kind: "decimal", scale: 0 },
  NumberOfEmployees: { kind: "decimal", scale: 0, whole: true },
  ContractTerm: { kind: "decimal", scale: 0, whole: true },
  BillingLatitude: { kind: "decimal", scale: 15 },
  BillingLongitude: { kind: "decimal", scale: 15 },
  ShippingLatitude: { kind: "decimal", scale: 15 },
  ShippingLongitude: { kind: "decimal", scale: 15 },
  IsActive: { kind: "boolean" },
  IsReductionOrder: { kind: "boolean" },
  UseStandardPrice: { kind: "boolean" },
};

/** Fields that can be set once and never change again (reference: order-domain §2.6, §3.6, §5.2). */
const FIXED: Readonly<Record<string, readonly string[]>> = {
  Order: ["Pricebook2Id", "OriginalOrderId", "IsReductionOrder"],
  OrderItem: ["OrderId", "PricebookEntryId", "Product2Id", "OriginalOrderItemId", "ListPrice"],
  PricebookEntry: ["Pricebook2Id", "Product2Id", "CurrencyIsoCode"],
};

/** The usual order of loading; breaks ties between objects that do not refer to each other. */
export const LOADING_ORDER: readonly string[] = [
  "Account",
  "Contract",
  "Product2",
  "Pricebook2",
  "PricebookEntry",
  "Order",
];

/** Objects that companies keep in the external system and only publish to Salesforce. */
export const PUBLISHED_OBJECTS: readonly string[] = ["Product2", "Pricebook2", "PricebookEntry"];

/** What is known of a standard field; a text when it is not one of the known ones. */
export function standardKind(field: string): StandardField {
  return KINDS[field] ?? { kind: "text" };
}

/** True when Salesforce lets the field change only from empty. */
export function isFixed(object: string, field: string): boolean {
  return FIXED[object]?.includes(field) ?? false;
}

/** `AccountId` → `Account`, `ERP_Site__c` → `ERP_Site__r`. */
export function relationshipOf(field: string): string {
  if (field.endsWith("__c")) return `${field.slice(0, -3)}__r`;
  return field.endsWith("Id") ? field.slice(0, -2) : field;
}
