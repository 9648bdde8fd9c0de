/** Loads what the org allows, once per run and only when an order or a contract is decided about. */
import { STATUS_OBJECTS } from "../../mapping/select.ts";
import type { SalesforceOrg } from "../../salesforce/port.ts";
import { type OrgRules, STOCK_ORG, type StatusRow } from "../../sync/org-rules.ts";

/** A process that stays up asks again after this time: administrators add status values, but seldom. */
const RULES_LIFE_MS = 600_000;

interface LoadedRows {
  readonly rows: readonly StatusRow[];
  readonly atMs: number;
}

/** What was loaded through a connection lives as long as the connection does. */
const LOADED = new WeakMap<SalesforceOrg, Map<string, LoadedRows>>();

/** A lazy loader: one query per status object, shared by all runs over one connection for ten minutes. */
export function orgRulesLoader(salesforce: SalesforceOrg, nowMs: () => number): (object: string) => Promise<OrgRules> {
  const loaded = LOADED.get(salesforce) ?? new Map<string, LoadedRows>();
  LOADED.set(salesforce, loaded);
  return async (object) => {
    if (!STATUS_OBJECTS.includes(object)) return STOCK_ORG;
    const known = loaded.get(object);
    const age = known === undefined ? Number.POSITIVE_INFINITY : nowMs() - known.atMs;
    if (known !== undefined && age >= 0 && age < RULES_LIFE_MS) {
      return { ...STOCK_ORG, statuses: { [object]: known.rows } };
    }
    const rows = await statusRows(salesforce, object);
    loaded.set(object, { rows, atMs: nowMs() });
    return { ...STOCK_ORG, statuses: { [object]: rows } };
  };
}

async function statusRows(salesforce: SalesforceOrg, object: string): Promise<readonly StatusRow[]> {
  // `OrderStatus` and `ContractStatus` say which category each status value has.
  const records = await salesforce.query(
    `SELECT ApiName, StatusCode, IsDefault FROM ${object}Status ORDER BY SortOrder`,
  );
  return records.map((record) => ({
    value: String(record["ApiName"]),
    category: String(record["StatusCode"]),
    isDefault: record["IsDefault"] === true,
  }));
}
