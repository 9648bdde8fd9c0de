/**
 * What a document looks like as cells, read straight from the ERP and from Salesforce values: the judge's own reading,
 * which shares nothing with the connector's mapping.
 */
import type { Side, Value } from "../../src/model/value.ts";
import type { ErpRow } from "./erp.ts";
import type { StageConfig } from "./stage-config.ts";
import { referredName } from "./world.ts";

/** The fields of each object that the judge watches. */
export const ROOT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Account: ["Name", "Phone", "BillingCity"],
  Contract: ["AccountId", "Description", "Status"],
  Order: ["AccountId", "ContractId", "EffectiveDate", "Description", "Status"],
  Product2: ["Name"],
  PricebookEntry: ["UnitPrice"],
};
/** The fields of an order line that the judge watches. */
export const LINE_FIELDS = ["PricebookEntryId", "Quantity", "UnitPrice"] as const;
const COLUMN: Readonly<Record<string, string>> = {
  Name: "name",
  Phone: "phone",
  BillingCity: "city",
  AccountId: "customer_no",
  ContractId: "contract_no",
  EffectiveDate: "date",
  Description: "note",
  Status: "state",
  Quantity: "quantity",
  UnitPrice: "price",
};
/** The objects that are kept in each table of the ERP. */
export const OBJECTS_OF: Readonly<Record<string, readonly string[]>> = {
  customers: ["Account"],
  contracts: ["Contract"],
  products: ["Product2", "PricebookEntry"],
  orders: ["Order"],
};

/** The tables of the ERP, parents first. */
export const COLLECTIONS = ["customers", "contracts", "products", "orders"] as const;

/** The table in which an object's records are kept in the ERP. */
export function collectionOf(object: string): string {
  return COLLECTIONS.find((collection) => OBJECTS_OF[collection]?.includes(object) === true) ?? object;
}

const REFERRED: Readonly<Record<string, string>> = {
  AccountId: "Account",
  ContractId: "Contract",
  PricebookEntryId: "PricebookEntry",
};

/** The object that a reference field of the judge's refers to; undefined for other fields. */
export function referredObject(field: string): string | undefined {
  return REFERRED[field];
}

/** A value as the judge spells it: the connector names a record that has no key yet after Salesforce. */
export function spelled(value: Value | undefined): Value {
  return typeof value === "string" ? value.replace(/^salesforce:(?=Account:|Contract:)/, "erp:") : (value ?? null);
}

/** The name of one cell: a field of a document, or of one of its lines (`line|field`), on one side. */
export function cellId(side: Side, key: string, name: string): string {
  return `${side}|${key}|${name}`;
}

/** The name of the ERP record behind a key. */
export function erpNameOf(key: string): string {
  return key.split(":").slice(2).join("|");
}

/** The key of an order's line. */
export function lineKeyOf(order: string, no: string): string {
  return `erp:OrderItem:${order.split(":").slice(2).join(":")}:${no}`;
}

/** The cells of an ERP record by `line|field`, in the form in which Salesforce shows them. */
export function erpCells(object: string, key: string, row: ErpRow | undefined): ReadonlyMap<string, Value> {
  const cells = new Map<string, Value>();
  if (row === undefined) return cells;
  for (const field of ROOT_FIELDS[object] ?? []) cells.set(`|${field}`, erpValue(field, row.fields));
  if (object !== "Order") return cells;
  for (const [no, line] of row.lines) {
    const lineKey = lineKeyOf(key, no);
    for (const field of LINE_FIELDS) cells.set(`${lineKey}|${field}`, erpValue(field, line));
  }
  return cells;
}

function erpValue(field: string, fields: ErpRow["fields"]): Value {
  const value = fields[COLUMN[field] ?? ""];
  if (field === "Status") return value === "released" || value === "active" ? "Activated" : "Draft";
  const referred = referredObject(field);
  if (referred === "PricebookEntry") return `erp:${referred}:${String(fields["sku"])}`;
  if (referred !== undefined) {
    const name = referredName(fields, field === "AccountId" ? "customer" : "contract");
    return name === null ? null : `erp:${referred}:${name.split("|").join(":")}`;
  }
  return amountOr(field, canonicalOf(value));
}

/**
 * The value of a field as the judge compares it: amounts with two digits, as Salesforce keeps them, and cities in capitals,
 * as a trigger of the ERP's may store them.
 */
export function amountOr(field: string, value: Value | undefined): Value {
  if (field === "BillingCity" && typeof value === "string") return value.toUpperCase();
  if ((field !== "Quantity" && field !== "UnitPrice") || typeof value !== "string") return value ?? null;
  const [whole = "", digits = ""] = value.split(".");
  if (digits.length <= AMOUNT_DIGITS) return String(Number(value));
  const hundredths = Number(whole + digits.slice(0, AMOUNT_DIGITS)) + (Number(digits[AMOUNT_DIGITS]) >= 5 ? 1 : 0);
  return String(hundredths / 10 ** AMOUNT_DIGITS);
}

const AMOUNT_DIGITS = 2;

/** Whether a text of the connector's tells something, whatever letters a trigger made of it. */
export function tells(text: string, part: string): boolean {
  return text.toUpperCase().includes(part.toUpperCase());
}

/** What a record says by `line|column`, as it stands there. */
export function rawCells(row: ErpRow | undefined): ReadonlyMap<string, string> {
  const named = (line: string, fields: ErpRow["fields"]): readonly (readonly [string, string])[] =>
    Object.entries(fields).map(([column, value]) => [`${line}|${column}`, String(value)] as const);
  if (row === undefined) return new Map();
  return new Map([...named("", row.fields), ...[...row.lines].flatMap(([no, fields]) => named(no, fields))]);
}

/** Where reduction orders lower quantities, a line's quantity is not in one cell. */
export function isTracked({ onActivated }: Pick<StageConfig, "onActivated">, name: string): boolean {
  return onActivated !== "reduce" || !name.endsWith("|Quantity");
}

/** A value as both sides are compared: empty is null, everything else a text without blanks around it. */
export function canonicalOf(value: string | number | bigint | boolean | null | undefined): Value {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "boolean") return value;
  return String(value).trim();
}
