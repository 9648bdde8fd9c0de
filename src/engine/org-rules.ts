/** Loads what the org allows, once per run and only when an order or a contract is decided about. */
import { STATUS_OBJECTS } from "../mapping/select.ts";
import type { SalesforceOrg } from "../salesforce/port.ts";
import { type OrgRules, STOCK_ORG, type StatusRow } from "../sync/org-rules.ts";

/** A lazy loader: the first caller causes one query per status object, later ones share the answer. */
export function orgRulesLoader(salesforce: SalesforceOrg): (object: string) => Promise<OrgRules> {
  const loaded = new Map<string, Promise<readonly StatusRow[]>>();
  return async (object) => {
    if (!STATUS_OBJECTS.includes(object)) return STOCK_ORG;
    const rows = loaded.get(object) ?? statusRows(salesforce, object);
    loaded.set(object, rows);
    return { ...STOCK_ORG, statuses: { [object]: await rows } };
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
