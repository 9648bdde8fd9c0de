/** What the ERP of a messy history looks like: how its records are named, and how its changes are found. */
import type { ExternalFields } from "../../src/model/external-record.ts";
import type { MappingChanges } from "../support/erp-mapping.ts";

/** What differs from the tidy world, whose ERP lives in memory and names its records C1, O1, TEA. */
export interface World {
  /**
   * `integer`: numbers, so that 10 comes after 9. `padded`: texts of digits, some with leading zeros. `composite`: a company
   * number beside the text.
   */
  readonly keys: KeyKind;
  /** `column`: by a stamp that ties and tells no deletion. */
  readonly feed: "log" | "column";
  /** This many customers and orders are in the ERP when the history begins. */
  readonly customers: number;
  readonly orders: number;
  /** How many of them are in Salesforce too, with their keys and with other values. */
  readonly existing: number;
  /** How many others stand there by the same name and without a key, to be adopted. */
  readonly unkeyed: number;
  /** True where the ERP's prices have more decimals than Salesforce keeps, and its texts blanks around them. */
  readonly odd: boolean;
  /** Absent where nobody is unruly. */
  readonly unruly?: Unruly;
}

/** What ERPs and their people do beside plain edits. */
export interface Unruly {
  /** `rewrites`: a trigger stores cities in capitals. `refuses`: a trigger refuses the telephone numbers of some. */
  readonly trigger: "none" | "rewrites" | "refuses";
  /** True where prices have 17 and 18 digits. */
  readonly digits: boolean;
}

/** How the records of an ERP are named. */
export type KeyKind = "text" | "integer" | "padded" | "composite";

/** The kinds of records that people name by number. */
export type Named = "customer" | "contract" | "order";

const LETTER: Readonly<Record<Named, string>> = { customer: "C", contract: "K", order: "O" };
const SKUS: Readonly<Record<"letters" | "digits", readonly string[]>> = {
  letters: ["TEA", "COF", "CHO"],
  digits: ["2", "9", "10"],
};

/** The name of the n-th record of a kind; a key of two parts is joined by `|`. */
export function recordName(keys: KeyKind, kind: Named, index: number): string {
  switch (keys) {
    case "text":
      return `${LETTER[kind]}${index}`;
    case "integer":
      return String(index);
    case "padded":
      return index % 2 === 0 ? String(index) : String(index).padStart(4, "0");
    case "composite":
      return `${index % 2 === 0 ? 2 : 10}|${LETTER[kind]}${index}`;
    default:
      return keys satisfies never;
  }
}

/**
 * The number of the first record: where numbers are names, the few that a history has lie on both sides of 10, so that text
 * and number sort them otherwise across a page.
 */
export function firstNumber(world: World | null, kind: Named): number {
  return world === null ? 1 : kind === "customer" ? 7 : 9;
}

/** The products that are sold. */
export function skusOf(keys: KeyKind): readonly string[] {
  return SKUS[keys === "integer" || keys === "padded" ? "digits" : "letters"];
}

/** The columns of a table that hold the key of a record; with a prefix where they refer to another table's. */
export function keyColumns(keys: KeyKind, refersTo?: "customer" | "contract"): readonly string[] {
  const names = keys === "composite" ? ["company", "no"] : ["no"];
  return refersTo === undefined ? names : names.map((name) => `${refersTo}_${name}`);
}

/** What a record says that refers to another one; null: to none. */
export function referenceFields(
  keys: KeyKind,
  refersTo: "customer" | "contract",
  name: string | null,
): Readonly<Record<string, string | null>> {
  const parts = name?.split("|") ?? [];
  return Object.fromEntries(keyColumns(keys, refersTo).map((column, index) => [column, parts[index] ?? null]));
}

/** The name of the record that these fields refer to; null for none. */
export function referredName(fields: ExternalFields, refersTo: "customer" | "contract"): string | null {
  const [company, no] = [fields[`${refersTo}_company`], fields[`${refersTo}_no`]];
  if (no === null || no === undefined) return null;
  return company === null || company === undefined ? String(no) : `${String(company)}|${String(no)}`;
}

/** How the mapping differs in such a world. */
export function worldMapping(world: World | null, contracts: boolean): MappingChanges {
  const match = world !== null && world.unkeyed > 0 ? { match: ["Name"] } : {};
  const keys = world?.keys ?? "text";
  if (keys !== "composite") return { Account: match };
  const naturalKey = [...keyColumns(keys)];
  const account = { AccountId: { from: [...keyColumns(keys, "customer")], reference: "Account" } };
  const contract = contracts ? { ContractId: { from: [...keyColumns(keys, "contract")], reference: "Contract" } } : {};
  return {
    Account: { naturalKey, ...match },
    ...(contracts ? { Contract: { naturalKey, fields: account } } : {}),
    Order: { naturalKey, fields: { ...account, ...contract } },
  };
}
