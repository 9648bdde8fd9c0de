/** The configuration of the shop that commands are tested in. */
import { writeFileSync } from "node:fs";

/** The configuration; `$ORG` is the org's address. The password comes from the environment. */
export const SHOP_CONFIG = `
salesforce:
  loginUrl: $ORG
  auth: { kind: password, username: admin@mock.org, password: "\${SF_PASSWORD}" }
  attempts: 1
external:
  kind: sql
  name: erp
  url: file:erp.db
  collections:
    customers: { table: customers, key: [no] }
    products: { table: products, key: [sku] }
    prices: { table: products, key: [sku] }
    orders: { table: orders, key: [no], lines: { table: order_lines, parentKey: [no], key: [pos] } }
state: { url: "file:state.db" }
mapping:
  source: erp
  objects:
    Account:
      collection: customers
      keyField: ERP_Key__c
      naturalKey: [no]
      policy: manual
      fields: { Name: name, Phone: phone, BillingCity: city }
    Product2:
      collection: products
      keyField: ERP_Key__c
      naturalKey: [sku]
      direction: toSalesforce
      fields: { Name: name, ProductCode: sku, IsActive: { constant: true } }
    PricebookEntry:
      collection: prices
      keyField: ERP_Key__c
      naturalKey: [sku]
      direction: toSalesforce
      fields:
        Product2Id: { from: sku, reference: Product2 }
        Pricebook2Id: { constant: standard, reference: Pricebook2 }
        UnitPrice: price
        IsActive: { constant: true }
    Order:
      collection: orders
      keyField: ERP_Key__c
      naturalKey: [no]
      policy: external
      onActivated: reopen
      fields:
        AccountId: { from: customer_no, reference: Account }
        Pricebook2Id: { constant: standard, reference: Pricebook2 }
        EffectiveDate: day
        Status: { from: state, convert: { picklist: { draft: Draft, released: Activated } } }
      lines:
        keyField: ERP_Key__c
        naturalKey: [pos]
        fields:
          PricebookEntryId: { from: sku, reference: PricebookEntry }
          Quantity: quantity
          UnitPrice: price
`;

/** Writes the configuration for an org at this address, with some of its text replaced. */
export function writeShopConfig(file: string, orgUrl: string, replace: Readonly<Record<string, string>>): void {
  const filled = SHOP_CONFIG.replace("$ORG", orgUrl);
  writeFileSync(
    file,
    Object.entries(replace).reduce((text, [from, to]) => {
      if (!text.includes(from)) throw new Error(`the configuration has no ${from}`);
      return text.replace(from, to);
    }, filled),
  );
}
