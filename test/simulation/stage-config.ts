/** What differs from stage to stage: the settings, and the mapping that follows from them. */
import { compileMapping } from "../../src/mapping/compile.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import type { MappingInput } from "../../src/mapping/spec.ts";
import type { Side } from "../../src/model/value.ts";

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
  /** So many rows of one kind go by a Bulk job; null: none does. */
  readonly bulkRows: number | null;
  /** True where feeds tell their news in any order and more than once. */
  readonly shuffled: boolean;
  /** Share of the org's calls that is kept for others. */
  readonly reserveShare: number;
  /** Calls that the org has left for the connector; null: more than anybody needs. */
  readonly callsLeft: number | null;
  readonly seed: number;
}

type Policy = "salesforce" | "external" | "newest" | "manual";

/** The mapping of a stage. */
export function stageMapping(config: StageConfig): Mapping {
  const input: MappingInput = {
    source: "erp",
    objects: {
      Account: {
        collection: "customers",
        keyField: "ERP_Key__c",
        naturalKey: ["no"],
        policy: config.accountPolicy,
        create: { external: config.createExternal },
        delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
        fields: {
          Name: "name",
          Phone: { from: "phone", ...owned(config.owners.Phone) },
          BillingCity: { from: "city", direction: config.cityDirection },
        },
      },
      ...(config.contracts ? { Contract: contractsOf(config) } : {}),
      Product2: {
        collection: "products",
        keyField: "ERP_Key__c",
        naturalKey: ["sku"],
        watch: config.watchPrices,
        fields: { Name: "name", IsActive: { constant: true } },
      },
      PricebookEntry: {
        collection: "prices",
        keyField: "ERP_Key__c",
        naturalKey: ["sku"],
        watch: config.watchPrices,
        fields: {
          Product2Id: { from: "sku", reference: "Product2" },
          Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
          UnitPrice: "price",
          IsActive: { constant: true },
        },
      },
      Order: {
        collection: "orders",
        keyField: "ERP_Key__c",
        naturalKey: ["no"],
        policy: config.orderPolicy,
        create: { external: config.createExternal },
        delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
        onActivated: config.onActivated,
        activation: config.activation,
        fields: {
          AccountId: { from: "customer_no", reference: "Account" },
          ...(config.contracts ? { ContractId: { from: "contract_no", reference: "Contract" } } : {}),
          Pricebook2Id: { constant: "standard", reference: "Pricebook2", createOnly: true },
          EffectiveDate: "date",
          Description: { from: "note", ...owned(config.owners.Description) },
          Status: { from: "state", convert: { picklist: { draft: "Draft", released: "Activated" } } },
        },
        lines: {
          keyField: "ERP_Key__c",
          naturalKey: ["line_no"],
          fields: {
            PricebookEntryId: { from: "sku", reference: "PricebookEntry" },
            Quantity: { from: "quantity", ...owned(config.owners.Quantity) },
            UnitPrice: "price",
          },
        },
      },
    },
  };
  const compiled = compileMapping(input);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.mapping;
}

function contractsOf(config: StageConfig): MappingInput["objects"][string] {
  return {
    collection: "contracts",
    keyField: "ERP_Key__c",
    naturalKey: ["no"],
    policy: config.accountPolicy,
    create: { external: config.createExternal },
    delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
    fields: {
      AccountId: { from: "customer_no", reference: "Account" },
      // An order only changes to a contract of its own price book.
      Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
      Description: "note",
      Status: { from: "state", convert: { picklist: { draft: "Draft", active: "Activated" } } },
    },
  };
}

function owned(owner: Side | null): { readonly owner?: Side } {
  return owner === null ? {} : { owner };
}
