/** The demo's mapping, as it would are in `order-sync.yaml`: the ERP of `erp.ts` and a Salesforce org. */
import type { MappingInput } from "../../mapping/spec.ts";

/** Customers, frame contracts, products with prices, and orders of the demo company. */
export const DEMO_MAPPING: MappingInput = {
  source: "erp",
  objects: {
    Account: {
      collection: "customers",
      keyField: "ERP_Key__c",
      naturalKey: ["customer_no"],
      policy: "external",
      fields: {
        AccountNumber: { from: "customer_no", direction: "toSalesforce" },
        Name: "name",
        BillingStreet: "street",
        BillingCity: "city",
        BillingPostalCode: "postcode",
        BillingCountry: "country",
        // Sales keeps the telephone numbers; when both sides change one, Salesforce wins.
        Phone: { from: "phone", owner: "salesforce" },
        Industry: "industry",
      },
    },
    Contract: {
      collection: "contracts",
      keyField: "ERP_Key__c",
      naturalKey: ["contract_no"],
      fields: {
        AccountId: { from: "customer_no", reference: "Account" },
        StartDate: "start_date",
        ContractTerm: "term_months",
        Status: { from: "state", convert: { picklist: { draft: "Draft", active: "Activated" } } },
      },
    },
    Product2: {
      collection: "products",
      keyField: "ERP_Key__c",
      naturalKey: ["sku"],
      fields: {
        ProductCode: "sku",
        Name: "name",
        Family: "family",
        IsActive: "active",
      },
    },
    PricebookEntry: {
      collection: "prices",
      keyField: "ERP_Key__c",
      naturalKey: ["sku"],
      fields: {
        Product2Id: { from: "sku", reference: "Product2" },
        Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
        UnitPrice: "list_price",
        IsActive: "active",
      },
    },
    Order: {
      collection: "orders",
      keyField: "ERP_Key__c",
      naturalKey: ["order_no"],
      policy: "external",
      onActivated: "reopen",
      fields: {
        AccountId: { from: "customer_no", reference: "Account" },
        ContractId: { from: "contract_no", reference: "Contract" },
        Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
        EffectiveDate: "order_date",
        OrderReferenceNumber: { from: "order_no", direction: "toSalesforce" },
        PoNumber: "customer_ref",
        ShippingCity: "ship_city",
        Description: "note",
        Status: {
          from: "state",
          // The warehouse reports shipment in Salesforce.
          owner: "salesforce",
          convert: { picklist: { draft: "Draft", released: "Activated", shipped: "Shipped" } },
        },
      },
      lines: {
        keyField: "ERP_Key__c",
        naturalKey: ["line_no"],
        fields: {
          PricebookEntryId: { from: "sku", reference: "PricebookEntry" },
          Quantity: "quantity",
          UnitPrice: {
            discounted: { price: "unit_price", discount: "discount_percent", as: "percent" },
            direction: "toSalesforce",
          },
        },
      },
    },
  },
};
