/**
 * What queries cost inside the engine: against hand-written loops and against SQLite, on the same rows in the same run.
 *
 * 100,000 orders with 300,000 lines. A ratio is the measured time divided by the baseline's, so below 1 is faster; a
 * target without a baseline is in microseconds. Run with `npm run bench`.
 */
import Database from "libsql";
import { ORDER } from "../../fixtures/objects/order.ts";
import { ORDER_ITEM } from "../../fixtures/objects/order-item.ts";
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import { type Catalog, createCatalog } from "../../mock-server/schema/catalog.ts";
import type { FieldValue, ObjectDefinition, Row } from "../../mock-server/schema/definition.ts";
import { recordIdOf } from "../../mock-server/schema/record-id.ts";
import type { QueryContext, SoqlDataset } from "../../mock-server/soql/base/port.ts";
import { bindQuery } from "../../mock-server/soql/bind/bind.ts";
import { prepareQuery, runQuery } from "../../mock-server/soql/query.ts";

export interface BenchRow {
  readonly name: string;
  /** Microseconds. */
  readonly measured: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** The largest ratio, or where there is no baseline the most microseconds, that is acceptable. */
  readonly target: number | null;
}

const ORDERS = 100_000;
const LINES_PER_ORDER = 3;
const ACCOUNTS = 10_000;
const PAGE = 2_000;

/** Runs everything; takes about half a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  const shop = createShop(ORDERS);
  const sqlite = createSqlite(shop);
  return [...statements(shop), ...scans(shop, sqlite), ...joins(shop, sqlite), ...delta(shop, sqlite), ...growth()];
}

interface Shop {
  readonly catalog: Catalog;
  readonly context: QueryContext;
  readonly accounts: readonly Row[];
  readonly orders: readonly Row[];
  readonly lines: readonly Row[];
  readonly accountById: ReadonlyMap<string, Row>;
  readonly linesByOrder: ReadonlyMap<string, readonly Row[]>;
}

function statements({ catalog }: Shop): readonly BenchRow[] {
  const typical =
    "SELECT Id, OrderNumber, Status, Account.Name, (SELECT Id, Quantity, Product2.Name FROM OrderItems) FROM Order WHERE Status = 'Draft' AND SystemModstamp >= 2024-01-01T00:00:00Z ORDER BY SystemModstamp, Id LIMIT 200";
  const setting = { catalog, apiVersion: 62 };
  return [
    row(
      "parse and bind a typical statement",
      time(() => bindQuery(typical, setting), 200),
      null,
      50,
    ),
    row(
      "parse, bind and compile it",
      time(() => prepareQuery(typical, setting), 200),
      null,
      null,
    ),
  ];
}

function scans({ context, orders }: Shop, sqlite: Sqlite): readonly BenchRow[] {
  const filter = "SELECT Id FROM Order WHERE Status = 'Draft' AND TotalAmount > 900";
  const prepared = prepareQuery(filter, context);
  const filtered = () => prepared.run(context).totalSize;
  const byHand = () => {
    const found: Row[] = [];
    for (const order of orders) {
      const amount = order["TotalAmount"];
      const isDraft = order["Status"] === "Draft";
      if (order["IsDeleted"] !== true && isDraft && typeof amount === "number" && amount > 900) found.push(order);
    }
    return found.length;
  };
  const like = prepareQuery("SELECT Id FROM Order WHERE OrderNumber LIKE '%77%'", context);
  const liked = () => like.run(context).totalSize;
  const likedByHand = () => {
    const found: Row[] = [];
    for (const order of orders) {
      const number = order["OrderNumber"];
      if (order["IsDeleted"] !== true && typeof number === "string" && number.toLowerCase().includes("77"))
        found.push(order);
    }
    return found.length;
  };
  const grouping = prepareQuery("SELECT Status, COUNT(Id), SUM(TotalAmount) FROM Order GROUP BY Status", context);
  const grouped = () => grouping.run(context).page(0, PAGE).length;
  const groupedByHand = () => {
    const groups = new Map<FieldValue, { count: number; sum: number }>();
    for (const order of orders) {
      if (order["IsDeleted"] === true) continue;
      const key = order["Status"] ?? null;
      let group = groups.get(key);
      if (group === undefined) {
        group = { count: 0, sum: 0 };
        groups.set(key, group);
      }
      group.count++;
      const amount = order["TotalAmount"];
      if (typeof amount === "number") group.sum += amount;
    }
    return groups.size;
  };
  return [
    compare("filter without index, against a loop", filtered, byHand, { repeats: 20, target: 2 }),
    compare("LIKE '%…%', against a loop", liked, likedByHand, { repeats: 20, target: 2 }),
    compare("GROUP BY over all orders, against a loop", grouped, groupedByHand, { repeats: 20, target: 3 }),
    compare(
      "filter without index, against SQLite",
      filtered,
      () => sqlite.all("SELECT Id FROM orders WHERE Status = 'Draft' COLLATE NOCASE AND TotalAmount > 900"),
      { repeats: 10 },
    ),
    compare(
      "GROUP BY over all orders, against SQLite",
      grouped,
      () => sqlite.all("SELECT Status, COUNT(*), SUM(TotalAmount) FROM orders GROUP BY Status"),
      { repeats: 10 },
    ),
    compare(
      "filter, sort, first 2,000, against SQLite",
      () => {
        const soql = "SELECT Id, OrderNumber FROM Order WHERE Status = 'Draft' ORDER BY TotalAmount DESC LIMIT 2000";
        return runQuery(soql, context).page(0, PAGE).length;
      },
      () =>
        sqlite.all(
          "SELECT Id, OrderNumber FROM orders WHERE Status = 'Draft' COLLATE NOCASE ORDER BY TotalAmount DESC, Id LIMIT 2000",
        ),
      { repeats: 10 },
    ),
  ];
}

function joins({ context, orders, accountById, linesByOrder }: Shop, sqlite: Sqlite): readonly BenchRow[] {
  const parents = prepareQuery(`SELECT Id, OrderNumber, Account.Name FROM Order LIMIT ${PAGE}`, context);
  const withParent = () => parents.run(context).page(0, PAGE).length;
  const parentByHand = () => {
    const records = [];
    for (const order of orders) {
      if (order["IsDeleted"] === true) continue;
      const account = accountById.get(String(order["AccountId"]));
      records.push({
        attributes: { type: "Order", url: `/services/data/v62.0/sobjects/Order/${order["Id"]}` },
        Id: order["Id"],
        OrderNumber: order["OrderNumber"],
        Account:
          account === undefined
            ? null
            : {
                attributes: { type: "Account", url: `/services/data/v62.0/sobjects/Account/${account["Id"]}` },
                Name: account["Name"],
              },
      });
      if (records.length === PAGE) break;
    }
    return records.length;
  };
  const children = prepareQuery(`SELECT Id, (SELECT Id, Quantity FROM OrderItems) FROM Order LIMIT ${PAGE}`, context);
  const withChildren = () => children.run(context).page(0, PAGE).length;
  const childrenByHand = () => {
    const records = [];
    for (const order of orders) {
      if (order["IsDeleted"] === true) continue;
      const lines = [];
      for (const line of linesByOrder.get(String(order["Id"])) ?? []) {
        if (line["IsDeleted"] === true) continue;
        lines.push({
          attributes: { type: "OrderItem", url: `/services/data/v62.0/sobjects/OrderItem/${line["Id"]}` },
          Id: line["Id"],
          Quantity: line["Quantity"],
        });
      }
      records.push({
        attributes: { type: "Order", url: `/services/data/v62.0/sobjects/Order/${order["Id"]}` },
        Id: order["Id"],
        OrderItems: lines.length === 0 ? null : { totalSize: lines.length, done: true, records: lines },
      });
      if (records.length === PAGE) break;
    }
    return records.length;
  };
  return [
    compare("parent path for a page of 2,000, against a join by hand", withParent, parentByHand, {
      repeats: 50,
      target: 5,
    }),
    compare("child sub-select for a page of 2,000, against a join by hand", withChildren, childrenByHand, {
      repeats: 50,
      target: 5,
    }),
    compare(
      "parent path for a page of 2,000, against SQLite",
      withParent,
      () =>
        sqlite.all(
          `SELECT o.Id, o.OrderNumber, a.Name FROM orders o LEFT JOIN accounts a ON a.Id = o.AccountId ORDER BY o.Id LIMIT ${PAGE}`,
        ),
      { repeats: 20 },
    ),
    compare(
      "child sub-select for a page of 2,000, against SQLite",
      withChildren,
      () =>
        sqlite.all(
          `SELECT o.Id, l.Id, l.Quantity FROM (SELECT Id FROM orders ORDER BY Id LIMIT ${PAGE}) o LEFT JOIN lines l ON l.OrderId = o.Id`,
        ),
      { repeats: 20 },
    ),
  ];
}

function delta({ context }: Shop, sqlite: Sqlite): readonly BenchRow[] {
  const from = formatStamp(ORDERS - 100);
  const soql = `SELECT Id, OrderNumber FROM Order WHERE SystemModstamp >= ${from} ORDER BY SystemModstamp, Id`;
  const prepared = prepareQuery(soql, context);
  const { plan } = prepared.run(context);
  if (plan.path.kind !== "stamp" || plan.rowsRead !== 100) throw new Error("A delta page must read its own rows only");
  const scan = prepareQuery(`SELECT Id, OrderNumber FROM Order WHERE LastModifiedDate >= ${from}`, context);
  const measured = () => prepared.run(context).page(0, PAGE).length;
  return [
    compare("100 of 100,000 by SystemModstamp, against a full scan", measured, () => scan.run(context).totalSize, {
      repeats: 20,
      target: 0.5,
    }),
    compare(
      "100 of 100,000 by SystemModstamp, against SQLite",
      measured,
      () =>
        sqlite.all(`SELECT Id, OrderNumber FROM orders WHERE SystemModstamp >= '${from}' ORDER BY SystemModstamp, Id`),
      { repeats: 50 },
    ),
  ];
}

/** Equality must not depend on the size of the table. */
function growth(): readonly BenchRow[] {
  return [1_000, 10_000, 100_000, 1_000_000].flatMap((size) => {
    const { context, orders } = createOrders(size);
    const order = orders[size >> 1];
    const id = String(order?.["Id"]);
    const key = String(order?.["ErpKey__c"]);
    const account = String(order?.["AccountId"]);
    const ask = (condition: string) =>
      time(() => runQuery(`SELECT Id, OrderNumber FROM Order WHERE ${condition}`, context).page(0, PAGE).length, 200);
    const rows = size.toLocaleString("en-US");
    return [
      row(`equality on Id among ${rows}`, ask(`Id = '${id}'`), null, 100),
      row(`equality on an external Id among ${rows}`, ask(`ErpKey__c = '${key}'`), null, 100),
      row(`equality on a reference among ${rows}`, ask(`AccountId = '${account}'`), null, 100),
    ];
  });
}

const ERP_KEY = {
  name: "ErpKey__c",
  label: "ERP Key",
  type: "string",
  custom: true,
  externalId: true,
  unique: true,
  nillable: true,
  filterable: true,
  sortable: true,
} as const;

function createOrders(size: number) {
  const catalog = createCatalog(
    STANDARD_OBJECTS.map((object) => (object === ORDER ? { ...object, fields: [...object.fields, ERP_KEY] } : object)),
  );
  const definition = catalog.object("Order")?.definition ?? ORDER;
  // A million rows of all fields would measure the machine's memory: this table has the fields that are asked for.
  const make = rowMaker({ ...definition, fields: definition.fields.filter((field) => SMALL_FIELDS.has(field.name)) });
  const orders = Array.from({ length: size }, (_, n) => make(orderRecord(n, Math.ceil(size / 10))));
  return { orders, context: createContext(catalog, { Order: orders }) };
}

const SMALL_FIELDS: ReadonlySet<string> = new Set([
  "Id",
  "IsDeleted",
  "AccountId",
  "OrderNumber",
  "ErpKey__c",
  "SystemModstamp",
]);

function createShop(size: number): Shop {
  const catalog = createCatalog(STANDARD_OBJECTS);
  const makeAccount = rowMaker(catalog.object("Account")?.definition ?? ORDER);
  const makeOrder = rowMaker(ORDER);
  const makeLine = rowMaker(ORDER_ITEM);
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) =>
    makeAccount({ Id: recordIdOf("001", n), Name: `Account ${n}`, SystemModstamp: formatStamp(n) }),
  );
  const orders = Array.from({ length: size }, (_, n) => makeOrder(orderRecord(n, ACCOUNTS)));
  const lines = Array.from({ length: size * LINES_PER_ORDER }, (_, n) =>
    makeLine({
      Id: recordIdOf("802", n),
      OrderId: recordIdOf("801", Math.floor(n / LINES_PER_ORDER)),
      Quantity: (n % 9) + 1,
      UnitPrice: (n % 500) / 4,
      SystemModstamp: formatStamp(n % size),
    }),
  );
  const linesByOrder = new Map<string, Row[]>();
  for (const line of lines) {
    const key = String(line["OrderId"]);
    const list = linesByOrder.get(key);
    if (list === undefined) linesByOrder.set(key, [line]);
    else list.push(line);
  }
  return {
    catalog,
    context: createContext(catalog, { Account: accounts, Order: orders, OrderItem: lines }),
    accounts,
    orders,
    lines,
    accountById: new Map(accounts.map((account) => [String(account["Id"]), account])),
    linesByOrder,
  };
}

function orderRecord(n: number, accounts: number): Readonly<Record<string, FieldValue>> {
  return {
    Id: recordIdOf("801", n),
    IsDeleted: n % 1000 === 999,
    AccountId: recordIdOf("001", n % accounts),
    OrderNumber: String(n + 100).padStart(8, "0"),
    ErpKey__c: `ERP-${n}`,
    Status: n % 4 === 0 ? "Draft" : "Activated",
    EffectiveDate: "2024-06-12",
    TotalAmount: ((n * 7919) % 100_000) / 100,
    LastModifiedDate: formatStamp(n),
    SystemModstamp: formatStamp(n),
  };
}

function formatStamp(n: number): string {
  return `${new Date(Date.UTC(2024, 0, 1) + n * 1000).toISOString().slice(0, 23)}+0000`;
}

/** A function that makes rows of one hidden class, as the org's store does: all fields of the object, in one literal. */
function rowMaker(definition: ObjectDefinition): (record: Readonly<Record<string, FieldValue>>) => Row {
  const blank = Object.fromEntries(
    definition.fields.map((field): [string, FieldValue] => [field.name, field.type === "boolean" ? false : null]),
  );
  const names = definition.fields.map((field) => field.name);
  const members = names.map((name) => `${JSON.stringify(name)}: values[${JSON.stringify(name)}]`);
  // oxlint-disable-next-line typescript/no-implied-eval -- names of the schema, no input
  const make = new Function("values", `return Object.freeze({ ${members.join(", ")} });`) as (
    values: Readonly<Record<string, FieldValue>>,
  ) => Row;
  return (record) => make({ ...blank, ...record });
}

function createContext(catalog: Catalog, tables: Readonly<Record<string, readonly Row[]>>): QueryContext {
  const indexes: Record<string, Record<string, ReadonlyMap<FieldValue, readonly Row[]>>> = {};
  const indexed: Readonly<Record<string, readonly string[]>> = {
    Account: ["Id"],
    Order: ["Id", "AccountId", "ErpKey__c"],
    OrderItem: ["Id", "OrderId"],
  };
  for (const [object, rows] of Object.entries(tables)) {
    indexes[object] = Object.fromEntries((indexed[object] ?? []).map((field) => [field, indexBy(rows, field)]));
  }
  const data: SoqlDataset = {
    get: (object, id) => indexes[object]?.["Id"]?.get(id)?.[0],
    rows: (object) => tables[object] ?? [],
    count: (object) => tables[object]?.length ?? 0,
    hasIndex: (object, field) => indexes[object]?.[field] !== undefined,
    find: (object, field, value) =>
      indexes[object]?.[field]?.get(field.endsWith("__c") ? String(value).toLowerCase() : value) ?? [],
    byStamp: (object, from) => {
      // The benchmark's rows are made in order of their stamps.
      const rows = tables[object] ?? [];
      let low = 0;
      let high = from === undefined ? 0 : rows.length;
      while (low < high) {
        const middle = (low + high) >> 1;
        if (String(rows[middle]?.["SystemModstamp"]) < String(from)) low = middle + 1;
        else high = middle;
      }
      return rows.slice(low);
    },
  };
  return {
    catalog,
    data,
    nowMs: Date.UTC(2024, 5, 12),
    userId: recordIdOf("005", 1),
    timeZone: "UTC",
    locale: "en_US",
    apiVersion: 62,
    includeDeleted: false,
  };
}

function indexBy(rows: readonly Row[], field: string): ReadonlyMap<FieldValue, readonly Row[]> {
  const index = new Map<FieldValue, Row[]>();
  for (const each of rows) {
    const value = each[field] ?? null;
    const key = field.endsWith("__c") && typeof value === "string" ? value.toLowerCase() : value;
    const list = index.get(key);
    if (list === undefined) index.set(key, [each]);
    else list.push(each);
  }
  return index;
}

interface Sqlite {
  all(sql: string): number;
}

function createSqlite({ accounts, orders, lines }: Shop): Sqlite {
  const database = new Database(":memory:");
  database.exec(`
    CREATE TABLE accounts (Id TEXT PRIMARY KEY, Name TEXT) WITHOUT ROWID;
    CREATE TABLE orders (Id TEXT PRIMARY KEY, AccountId TEXT, OrderNumber TEXT, Status TEXT, TotalAmount REAL, SystemModstamp TEXT) WITHOUT ROWID;
    CREATE TABLE lines (Id TEXT PRIMARY KEY, OrderId TEXT, Quantity REAL) WITHOUT ROWID;
    BEGIN`);
  const insert = (table: string, names: readonly string[], rows: readonly Row[]) => {
    const statement = database.prepare(
      `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})`,
    );
    for (const each of rows) if (each["IsDeleted"] !== true) statement.run(...names.map((name) => each[name] ?? null));
  };
  insert("accounts", ["Id", "Name"], accounts);
  insert("orders", ["Id", "AccountId", "OrderNumber", "Status", "TotalAmount", "SystemModstamp"], orders);
  insert("lines", ["Id", "OrderId", "Quantity"], lines);
  database.exec(`COMMIT;
    CREATE INDEX orders_account ON orders (AccountId);
    CREATE INDEX orders_stamp ON orders (SystemModstamp, Id);
    CREATE INDEX lines_order ON lines (OrderId);`);
  const statements = new Map<string, ReturnType<typeof database.prepare>>();
  return {
    all(sql) {
      const statement = statements.get(sql) ?? database.prepare(sql);
      statements.set(sql, statement);
      return statement.all().length;
    },
  };
}

/** A row against a baseline. Both are measured in turns, so that a busy machine disturbs both alike. */
function compare(
  name: string,
  work: () => unknown,
  baseline: () => unknown,
  { repeats, target = null }: { readonly repeats: number; readonly target?: number | null },
): BenchRow {
  const samples: [number[], number[]] = [[], []];
  for (let turn = 0; turn < repeats * 2; turn++) {
    [work, baseline].forEach((each, side) => {
      const start = performance.now();
      each();
      // The first half warms up.
      if (turn >= repeats) samples[side]?.push((performance.now() - start) * 1000);
    });
  }
  return row(name, median(samples[0]), median(samples[1]), target);
}

function median(samples: number[]): number {
  samples.sort((a, b) => a - b);
  return samples[samples.length >> 1] ?? 0;
}

/** The median of repeated runs in microseconds, after a warm-up of the same length. */
function time(work: () => unknown, repeats: number): number {
  for (let warm = 0; warm < repeats; warm++) work();
  const samples: number[] = [];
  for (let sample = 0; sample < repeats; sample++) {
    const start = performance.now();
    work();
    samples.push((performance.now() - start) * 1000);
  }
  return median(samples);
}

function row(name: string, measured: number, baseline: number | null, target: number | null): BenchRow {
  return { name, measured, baseline, ratio: baseline === null ? null : measured / baseline, target };
}

/** One line per row, for people. */
export function format(rows: readonly BenchRow[]): string {
  return rows
    .map(({ name, measured, baseline, ratio, target }) => {
      const against = baseline === null || ratio === null ? "" : ` / ${us(baseline)} = ${ratio.toFixed(2)} ×`;
      const value = ratio ?? measured;
      const wanted = target === null ? "" : `   target ≤ ${target}${ratio === null ? " µs" : " ×"}`;
      return `${target !== null && value > target ? "✗" : " "} ${name.padEnd(64)} ${us(measured)}${against}${wanted}`;
    })
    .join("\n");
}

function us(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en-US")} µs`;
}

if (process.argv[1]?.includes("soql.bench") === true) console.log(format(await run()));
