/**
 * The main job on real data: all of Northwind from an ERP into a Salesforce org, over HTTP and through jsforce, and every
 * amount, date, name and status compared on both sides.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "libsql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createMockOrg, type MockOrg } from "../../mock-server/index.ts";
import { randomId } from "../../src/engine/context/context.ts";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import type { RunReport } from "../../src/engine/context/report.ts";
import { runOnce } from "../../src/engine/run/run.ts";
import { openSqlExternal } from "../../src/external/sql/adapter.ts";
import { sqlConfigSchema } from "../../src/external/sql/config.ts";
import { installChangeLog } from "../../src/external/sql/install.ts";
import type { MappingInput } from "../../src/mapping/spec.ts";
import { SalesforceConfig } from "../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../src/salesforce/org.ts";
import { openStateStore } from "../../src/state/open.ts";
import { compiled, keyFields } from "../support/erp-mapping.ts";
import { type Northwind, readNorthwind } from "./northwind.ts";

const MAPPING: MappingInput = {
  source: "northwind",
  objects: {
    Account: {
      collection: "customers",
      keyField: "ERP_Key__c",
      naturalKey: ["customerID"],
      policy: "external",
      fields: {
        Name: "companyName",
        BillingStreet: "address",
        BillingCity: "city",
        BillingState: "region",
        BillingPostalCode: "postalCode",
        BillingCountry: "country",
        Phone: "phone",
        Fax: "fax",
      },
    },
    Product2: {
      collection: "products",
      keyField: "ERP_Key__c",
      naturalKey: ["productID"],
      fields: { Name: "productName", ProductCode: "productID", IsActive: { constant: true } },
    },
    PricebookEntry: {
      collection: "prices",
      keyField: "ERP_Key__c",
      naturalKey: ["productID"],
      fields: {
        Product2Id: { from: "productID", reference: "Product2" },
        Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
        UnitPrice: "unitPrice",
        IsActive: { constant: true },
      },
    },
    Order: {
      collection: "orders",
      keyField: "ERP_Key__c",
      naturalKey: ["orderID"],
      policy: "external",
      onActivated: "reopen",
      fields: {
        AccountId: { from: "customerID", reference: "Account" },
        Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
        EffectiveDate: "orderDate",
        EndDate: "requiredDate",
        ShippingStreet: "shipAddress",
        ShippingCity: "shipCity",
        ShippingState: "shipRegion",
        ShippingPostalCode: "shipPostalCode",
        ShippingCountry: "shipCountry",
        Status: { from: "state", convert: { picklist: { open: "Draft", released: "Activated" } } },
      },
      lines: {
        keyField: "ERP_Key__c",
        naturalKey: ["productID"],
        fields: {
          PricebookEntryId: { from: "productID", reference: "PricebookEntry" },
          Quantity: "quantity",
          UnitPrice: { discounted: { price: "unitPrice", discount: "discount" }, direction: "toSalesforce" },
        },
      },
    },
  },
};

describe("Northwind, from the ERP into Salesforce", () => {
  let folder: string;
  let org: MockOrg;
  let data: Northwind;
  let ports: EnginePorts;
  let first: RunReport;
  let second: RunReport;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "northwind-"));
    data = readNorthwind();
    org = await createMockOrg({ fields: keyFields() });
    const { url } = await org.listen();
    ports = await openPorts(join(folder, "erp.db"), url, data);
    first = await runOnce(ports, { holder: "test" });
    second = await runOnce(ports, { holder: "test" });
  }, 120_000);

  afterAll(async () => {
    await ports.external.close();
    await ports.state.close();
    await ports.salesforce.close();
    await org.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it("holds nothing back: 91 customers, 77 products with prices, 830 orders", () => {
    expect(first.unsynced).toEqual([]);
    expect(first.conflicts).toEqual([]);
    expect(first.writes).toBe(91 + 77 + 77 + 830);
  });

  it("brings every customer with its name and address", async () => {
    const records = await ports.salesforce.query(
      "SELECT ERP_Key__c, Name, BillingStreet, BillingCity, BillingState, BillingPostalCode, BillingCountry, Phone, Fax FROM Account",
    );
    const seen = records.map((record) => [
      ...values(record, ["ERP_Key__c", "Name", "BillingStreet", "BillingCity", "BillingState", "BillingPostalCode"]),
      ...values(record, ["BillingCountry", "Phone", "Fax"]),
    ]);
    const wanted = data.customers.map((row) => [
      `northwind:Account:${row["customerID"]}`,
      ...["companyName", "address", "city", "region", "postalCode", "country", "phone", "fax"].map((name) => row[name]),
    ]);
    expect(sorted(seen)).toEqual(sorted(wanted));
  });

  it("brings every order with its dates, address and status, activated where the ERP released it", async () => {
    const records = await ports.salesforce.query(
      "SELECT ERP_Key__c, Account.ERP_Key__c, EffectiveDate, EndDate, ShippingStreet, ShippingCity, Status, StatusCode FROM Order",
    );
    const seen = records.map((record) => [
      ...values(record, ["ERP_Key__c", "EffectiveDate", "EndDate", "ShippingStreet", "ShippingCity"]),
      ...values(record, ["Status", "StatusCode"]),
      (record["Account"] as { readonly ERP_Key__c: string }).ERP_Key__c,
    ]);
    const wanted = data.orders.map((row) => {
      const status = row["shippedDate"] === null ? "Draft" : "Activated";
      return [
        `northwind:Order:${row["orderID"]}`,
        day(row["orderDate"]),
        day(row["requiredDate"]),
        row["shipAddress"],
        row["shipCity"],
        status,
        status,
        `northwind:Account:${row["customerID"]}`,
      ];
    });
    expect(seen).toHaveLength(830);
    expect(sorted(seen)).toEqual(sorted(wanted));
  });

  it("brings every line with its quantity and its price after the discount", async () => {
    const records = await ports.salesforce.query(
      "SELECT ERP_Key__c, Order.ERP_Key__c, Product2.ProductCode, Quantity, UnitPrice, ListPrice FROM OrderItem",
    );
    const listPrices = new Map(data.products.map((row) => [row["productID"], Number(row["unitPrice"])]));
    const seen = records.map((record) => [
      (record["Order"] as { readonly ERP_Key__c: string }).ERP_Key__c,
      (record["Product2"] as { readonly ProductCode: string }).ProductCode,
      ...values(record, ["Quantity", "UnitPrice", "ListPrice"]),
    ]);
    const wanted = data.lines.map((row) => [
      `northwind:Order:${row["orderID"]}`,
      row["productID"],
      Number(row["quantity"]),
      net(row) / 100,
      listPrices.get(row["productID"] ?? ""),
    ]);
    expect(seen).toHaveLength(2_155);
    expect(sorted(seen)).toEqual(sorted(wanted));
  });

  it("adds up: the amount of each order is the exact sum of its lines", async () => {
    const records = await ports.salesforce.query("SELECT ERP_Key__c, TotalAmount FROM Order");
    const cents = new Map<string, number>();
    for (const row of data.lines) {
      const key = `northwind:Order:${row["orderID"]}`;
      cents.set(key, (cents.get(key) ?? 0) + net(row) * Number(row["quantity"]));
    }
    const seen = records.map((record) => [record["ERP_Key__c"], Math.round(Number(record["TotalAmount"]) * 100)]);
    expect(sorted(seen)).toEqual(sorted([...cents]));
  });

  it("writes orders in as few calls as graphs allow", () => {
    // 91 + 77 + 77 rows take one call each; a graph call holds at most 75 orders.
    expect(first.predictedWriteCalls).toBe(3 + Math.ceil(830 / 75));
  });

  it("writes nothing in the second run, and leaves the ERP as it was", () => {
    const database = new Database(join(folder, "erp.db"));
    const [orders] = database
      .prepare("SELECT count(*) AS n, sum(state = 'released') AS released FROM orders")
      .all() as {
      readonly n: number;
      readonly released: number;
    }[];
    database.close();
    expect(second.writes).toBe(0);
    expect(second.unsynced).toEqual([]);
    expect(orders).toMatchObject({
      n: 830,
      released: data.orders.filter((row) => row["shippedDate"] !== null).length,
    });
  });

  it("keeps the ERP's change log short: what has been taken over is forgotten", async () => {
    const database = new Database(join(folder, "erp.db"));
    for (let call = 0; call < 30; call++) {
      database.prepare("UPDATE customers SET phone = ? WHERE customerID = 'ALFKI'").run(`030-${call}`);
    }
    await runOnce(ports, { holder: "test" });
    await runOnce(ports, { holder: "test" });
    const [left] = database.prepare("SELECT count(*) AS n FROM order_sync_changes").all() as {
      readonly n: number;
    }[];
    database.close();
    // One row for each of the four collections may stay to mark the position.
    expect(left?.n).toBeLessThanOrEqual(4);
  });
});

async function openPorts(erp: string, url: string, data: Northwind): Promise<EnginePorts> {
  fillErp(erp, data);
  const config = sqlConfigSchema.parse({
    kind: "sql",
    name: "northwind",
    url: `file:${erp}`,
    collections: {
      customers: { table: "customers", key: ["customerID"] },
      products: { table: "products", key: ["productID"] },
      prices: { table: "products", key: ["productID"] },
      orders: {
        table: "orders",
        key: ["orderID"],
        lines: { table: "lines", parentKey: ["orderID"], key: ["productID"] },
      },
    },
  });
  await installChangeLog(config);
  const state = await openStateStore(`${erp}.state`);
  await state.migrate();
  return {
    mapping: compiled(MAPPING),
    external: openSqlExternal(config),
    state,
    salesforce: createSalesforceOrg(
      SalesforceConfig.parse({
        loginUrl: url,
        auth: { kind: "password", username: "admin@mock.org", password: "mock-password" },
      }),
    ),
    nowMs: Date.now,
    newId: randomId,
    observe: () => {},
  };
}

/** The sample's columns as they are; `state` says what the ERP makes of the missing shipping date. */
function fillErp(file: string, data: Northwind): void {
  const database = new Database(file);
  database.exec(`
    CREATE TABLE customers (customerID TEXT PRIMARY KEY, companyName TEXT, address TEXT, city TEXT, region TEXT,
      postalCode TEXT, country TEXT, phone TEXT, fax TEXT);
    CREATE TABLE products (productID TEXT PRIMARY KEY, productName TEXT, unitPrice TEXT);
    CREATE TABLE orders (orderID TEXT PRIMARY KEY, customerID TEXT, orderDate TEXT, requiredDate TEXT, shipAddress TEXT,
      shipCity TEXT, shipRegion TEXT, shipPostalCode TEXT, shipCountry TEXT, state TEXT);
    CREATE TABLE lines (orderID TEXT, productID TEXT, unitPrice TEXT, quantity TEXT, discount TEXT,
      PRIMARY KEY (orderID, productID));`);
  const orders = data.orders.map((row) => ({ ...row, state: row["shippedDate"] === null ? "open" : "released" }));
  insert(database, "customers", data.customers);
  insert(database, "products", data.products);
  insert(database, "orders", orders);
  insert(database, "lines", data.lines);
  database.close();
}

function insert(
  database: Database.Database,
  table: string,
  rows: readonly Readonly<Record<string, string | null>>[],
): void {
  const columns = (database.prepare(`PRAGMA table_info(${table})`).all() as { readonly name: string }[]).map(
    (column) => column.name,
  );
  const statement = database.prepare(`INSERT INTO ${table} VALUES (${columns.map(() => "?").join(", ")})`);
  database.transaction(() => {
    for (const row of rows) statement.run(...columns.map((column) => row[column] ?? null));
  })();
}

/** Price in cents after the discount, rounded half up, in exact integers. */
function net(row: Readonly<Record<string, string | null>>): number {
  const cents = Math.round(Number(row["unitPrice"]) * 100);
  const share = 100 - Math.round(Number(row["discount"]) * 100);
  return Math.floor((cents * share + 50) / 100);
}

function values(record: Readonly<Record<string, unknown>>, fields: readonly string[]): readonly unknown[] {
  return fields.map((field) => record[field] ?? null);
}

function day(text: string | null | undefined): string | null {
  return text?.slice(0, 10) ?? null;
}

function sorted(rows: readonly (readonly unknown[])[]): readonly string[] {
  return rows.map((row) => JSON.stringify(row)).sort();
}
