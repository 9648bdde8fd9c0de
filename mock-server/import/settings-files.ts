/**
 * Order settings that an org's records betray. Neither describe nor a query tells the settings themselves, but records that
 * only one of them allows could not be loaded again without it.
 */
import type { MetadataFile } from "./metadata-files.ts";
import { type DescribedObject, queryAll, type SourceOrg } from "./source-org.ts";

/** Which records betray which setting; each is asked for only where the org has the fields. */
const TRACES = [
  { setting: "enableReductionOrders", object: "Order", field: "IsReductionOrder", where: "IsReductionOrder = true" },
  {
    setting: "enableNegativeQuantity",
    object: "OrderItem",
    field: "Quantity",
    where: "Quantity < 0 AND Order.IsReductionOrder = false",
  },
  { setting: "enableZeroQuantity", object: "OrderItem", field: "Quantity", where: "Quantity = 0" },
  {
    setting: "enableOptionalPricebook",
    object: "OrderItem",
    field: "PricebookEntryId",
    where: "PricebookEntryId = null",
  },
] as const;

/** The settings file; none where the org's records need no setting. */
export async function settingsOf(
  org: SourceOrg,
  objects: ReadonlyMap<string, DescribedObject>,
): Promise<readonly MetadataFile[]> {
  const settings: string[] = [];
  for (const { setting, object, field, where } of TRACES) {
    if (objects.get(object)?.fields.some(({ name }) => name === field) !== true) continue;
    const [trace] = await queryAll(org, `SELECT Id FROM ${object} WHERE ${where} LIMIT 1`);
    if (trace !== undefined) settings.push(`    <${setting}>true</${setting}>\n`);
  }
  if (settings.length === 0) return [];
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n<OrderSettings xmlns="http://soap.sforce.com/2006/04/metadata">\n    <enableOrders>true</enableOrders>\n${settings.join("")}</OrderSettings>\n`;
  return [{ path: "main/default/settings/Order.settings-meta.xml", text }];
}
