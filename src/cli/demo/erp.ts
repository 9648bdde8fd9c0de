/**
 * The demo's ERP: five tables in a SQLite file, as a wholesaler's ERP might have them.
 *
 * The connector gets no column of its own in them. `fillErp` makes the tables and the data of the demo company;
 * `editErp` is what a clerk does between two runs.
 */
import Database from "libsql";
import { CONTRACTS, CUSTOMERS, demoOrders, PRODUCTS } from "./company.ts";

const TABLES = `
  CREATE TABLE customers (
    customer_no TEXT PRIMARY KEY, name TEXT NOT NULL, street TEXT, city TEXT, postcode TEXT, country TEXT,
    phone TEXT, industry TEXT
  );
  CREATE TABLE contracts (
    contract_no TEXT PRIMARY KEY, customer_no TEXT NOT NULL REFERENCES customers, start_date TEXT NOT NULL,
    term_months INTEGER NOT NULL, state TEXT NOT NULL
  );
  CREATE TABLE products (
    sku TEXT PRIMARY KEY, name TEXT NOT NULL, family TEXT NOT NULL, list_price TEXT NOT NULL, active INTEGER NOT NULL
  );
  CREATE TABLE orders (
    order_no TEXT PRIMARY KEY, customer_no TEXT NOT NULL REFERENCES customers, contract_no TEXT REFERENCES contracts,
    order_date TEXT NOT NULL, state TEXT NOT NULL, customer_ref TEXT, ship_city TEXT, note TEXT
  );
  CREATE TABLE order_lines (
    order_no TEXT NOT NULL REFERENCES orders, line_no INTEGER NOT NULL, sku TEXT NOT NULL REFERENCES products,
    quantity TEXT NOT NULL, unit_price TEXT NOT NULL, discount_percent INTEGER NOT NULL,
    PRIMARY KEY (order_no, line_no)
  );
`;

/** How much the demo's ERP holds. */
export interface ErpContent {
  readonly customers: number;
  readonly contracts: number;
  readonly products: number;
  readonly orders: number;
  readonly lines: number;
}

/** Makes the ERP in a new SQLite file and fills it. Throws when the file already holds tables of these names. */
export function fillErp(file: string): ErpContent {
  const database = new Database(file);
  try {
    database.exec(TABLES);
    const orders = demoOrders();
    database.transaction(() => {
      insertAll(
        database,
        "customers",
        CUSTOMERS.map((row) => [
          row.no,
          row.name,
          row.street,
          row.city,
          row.postcode,
          row.country,
          row.phone,
          row.industry,
        ]),
      );
      insertAll(
        database,
        "contracts",
        CONTRACTS.map((row) => [row.no, row.customerNo, row.startDate, row.termMonths, "active"]),
      );
      insertAll(
        database,
        "products",
        PRODUCTS.map((row) => [row.sku, row.name, row.family, row.price, 1]),
      );
      insertAll(
        database,
        "orders",
        orders.map((row) => [
          row.no,
          row.customerNo,
          row.contractNo,
          row.orderDate,
          row.status,
          row.customerReference,
          row.shipCity,
          row.note,
        ]),
      );
      insertAll(
        database,
        "order_lines",
        orders.flatMap((row) =>
          row.lines.map((line) => [row.no, line.lineNo, line.sku, line.quantity, line.unitPrice, line.discountPercent]),
        ),
      );
    })();
    return {
      customers: CUSTOMERS.length,
      contracts: CONTRACTS.length,
      products: PRODUCTS.length,
      orders: orders.length,
      lines: orders.reduce((sum, row) => sum + row.lines.length, 0),
    };
  } finally {
    database.close();
  }
}

/** What a clerk does in the ERP between two runs: one statement with its parameters. */
export function editErp(file: string, statement: string, parameters: readonly (string | number)[]): void {
  const database = new Database(file);
  try {
    database.prepare(statement).run(...parameters);
  } finally {
    database.close();
  }
}

/** The rows of a question about the ERP, for the demo's print-out. */
export function askErp(
  file: string,
  question: string,
  parameters: readonly (string | number)[],
): readonly Readonly<Record<string, unknown>>[] {
  const database = new Database(file);
  try {
    // `all` gives plain rows; what they hold is only printed.
    return database.prepare(question).all(...parameters) as readonly Readonly<Record<string, unknown>>[];
  } finally {
    database.close();
  }
}

type Cell = string | number | null;

function insertAll(database: Database.Database, table: string, rows: readonly (readonly Cell[])[]): void {
  const marks = rows[0]?.map(() => "?").join(", ") ?? "";
  const insert = database.prepare(`INSERT INTO ${table} VALUES (${marks})`);
  for (const row of rows) insert.run(...row);
}
