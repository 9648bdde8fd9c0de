/** What differs from stage to stage: the settings, and the mapping that follows from them. */
import type { Mapping } from "../../src/mapping/mapping.ts";
import type { Side } from "../../src/model/value.ts";
import { compiled, erpMapping } from "../support/erp-mapping.ts";
import { type World, worldMapping } from "./world.ts";

/** What differs from seed to seed beside the history. */
export interface StageConfig {
  readonly accountPolicy: Policy;
  readonly orderPolicy: Policy;
  readonly onActivated: "reopen" | "reduce" | "park";
  readonly activation: "inGraph" | "after";
  readonly createExternal: boolean;
  readonly deleteSalesforce: boolean;
  readonly deleteExternal: boolean;
  /** Our own clock minus the org's. */
  readonly skewMs: number;
  /** Who wins a conflict over these fields; null: the object's policy. */
  readonly owners: Readonly<Record<"Phone" | "Description" | "Quantity", Side | null>>;
  /** Which way a customer's city flows. */
  readonly cityDirection: "both" | "toSalesforce" | "toExternal";
  /** True where the ERP has contracts, and orders under them. */
  readonly contracts: boolean;
  /** True where products and prices are polled, so that what users do to them is undone at once. */
  readonly watchPrices: boolean;
  /** This many rows of one kind go by a Bulk job; null: none does. */
  readonly bulkRows: number | null;
  /** True where feeds tell their news in any order and more than once. */
  readonly shuffled: boolean;
  /** Share of the org's calls that is kept for others. */
  readonly reserveShare: number;
  /** Calls that the org has left for the connector; null: more than anybody needs. */
  readonly callsLeft: number | null;
  /** The ERP of a messy history; null: the tidy one in memory. */
  readonly world: World | null;
  readonly seed: number;
}

type Policy = "salesforce" | "external" | "newest" | "manual";

/** The mapping of a stage. */
export function stageMapping(config: StageConfig): Mapping {
  const { accountPolicy, orderPolicy, onActivated, activation, owners, cityDirection, watchPrices: watch } = config;
  const both = {
    create: { external: config.createExternal },
    delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
  };
  const world = worldMapping(config.world, config.contracts);
  return compiled(
    erpMapping({
      Account: {
        ...world.Account,
        ...both,
        policy: accountPolicy,
        fields: {
          Phone: { from: "phone", ...owned(owners.Phone) },
          BillingCity: { from: "city", direction: cityDirection },
        },
      },
      ...(config.contracts ? { Contract: { ...world.Contract, ...both, policy: accountPolicy } } : {}),
      Product2: { watch },
      PricebookEntry: { watch },
      Order: {
        ...world.Order,
        ...both,
        policy: orderPolicy,
        onActivated,
        activation,
        fields: { ...world.Order?.fields, Description: { from: "note", ...owned(owners.Description) } },
        lines: { fields: { Quantity: { from: "quantity", ...owned(owners.Quantity) } } },
      },
    }),
  );
}

function owned(owner: Side | null): { readonly owner?: Side } {
  return owner === null ? {} : { owner };
}
