/** What the org allows, as plain data: status values with their categories, and the user's permissions. */

/** One row of `OrderStatus` or `ContractStatus`. */
export interface StatusRow {
  readonly value: string;
  /** `Draft`, `Activated`, … (`StatusCode`). */
  readonly category: string;
  readonly isDefault: boolean;
}

/** The rules of one org that decisions depend on. */
export interface OrgRules {
  /** Status rows by sObject; an object without rows has the stock values Draft and Activated. */
  readonly statuses: Readonly<Record<string, readonly StatusRow[]>>;
  /** Null: not known, so it is tried. */
  readonly mayActivateOrders: boolean | null;
  readonly mayEditActivatedOrders: boolean | null;
  readonly mayActivateContracts: boolean | null;
}

/** An org as it comes: stock statuses, permissions unknown. */
export const STOCK_ORG: OrgRules = {
  statuses: {},
  mayActivateOrders: null,
  mayEditActivatedOrders: null,
  mayActivateContracts: null,
};

const STOCK_STATUSES: readonly StatusRow[] = [
  { value: "Draft", category: "Draft", isDefault: true },
  { value: "Activated", category: "Activated", isDefault: false },
];

/** The status rows of an object. */
export function statusRows(org: OrgRules, object: string): readonly StatusRow[] {
  const rows = org.statuses[object] ?? [];
  return rows.length === 0 ? STOCK_STATUSES : rows;
}

/** The category of a status value; undefined when the org has no such value. */
export function categoryOf(org: OrgRules, object: string, status: string): string | undefined {
  return statusRows(org, object).find((row) => row.value === status)?.category;
}

/** The status in which records start: the configured one, the default Draft value, or the first Draft value. */
export function draftStatus(org: OrgRules, object: string, configured: string | null): string | undefined {
  const drafts = statusRows(org, object).filter((row) => row.category === "Draft");
  if (configured !== null) return drafts.find((row) => row.value === configured)?.value;
  return (drafts.find((row) => row.isDefault) ?? drafts[0])?.value;
}
