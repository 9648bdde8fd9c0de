/** Order and Contract settings files. Reference: order-domain §1.15 [doc]. */
import { flagOf, type MetadataFile } from "./xml.ts";

/** Settings that change rules, by the names of Salesforce's `OrderSettings` and `ContractSettings`. */
export interface SettingsSource {
  readonly enableOrders?: boolean;
  readonly enableReductionOrders?: boolean;
  readonly enableNegativeQuantity?: boolean;
  readonly enableZeroQuantity?: boolean;
  readonly enableOptionalPricebook?: boolean;
  readonly enableEnhancedCommerceOrders?: boolean;
  readonly autoCalculateEndDate?: boolean;
}

const ORDER_FLAGS = [
  "enableOrders",
  "enableReductionOrders",
  "enableNegativeQuantity",
  "enableZeroQuantity",
  "enableOptionalPricebook",
  "enableEnhancedCommerceOrders",
] as const;

/** These two can be on only where orders are [doc]. */
const NEED_ORDERS = ["enableReductionOrders", "enableNegativeQuantity"] as const;

/** Reads an `OrderSettings` or `ContractSettings` file; other settings say nothing about records. */
export function readSettings(file: MetadataFile): SettingsSource {
  const names = file.root.name === "OrderSettings" ? ORDER_FLAGS : (["autoCalculateEndDate"] as const);
  const entries = names.map((name) => [name, flagOf(file, file.root, name)] as const);
  const settings: SettingsSource = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  for (const name of NEED_ORDERS)
    if (settings[name] === true && settings.enableOrders === false)
      file.report(`OrderSettings/${name}`, "contradicts enableOrders, which is false");
  return settings;
}
