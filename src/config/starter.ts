/**
 * A commented starter configuration, guessed from the tables of the external database.
 *
 * Guesses go by the usual names of tables and columns. What is not found is left out or stands in a comment; `order-sync
 * check` tells what is missing. Pure.
 */
import type { SurveyedTable } from "../external/sql/survey.ts";

/** Ways to sign in that a starter can be written for. */
export type StarterAuth = "password" | "jwt" | "clientCredentials" | "refreshToken" | "accessToken" | "cli";

/** What a starter is made from. */
export interface StarterFacts {
  readonly name: string;
  readonly loginUrl: string;
  readonly auth: StarterAuth;
  readonly externalUrl: string;
  readonly tables: readonly SurveyedTable[];
}

/** The key field on every object: the starter's metadata make it. */
const KEY_FIELD = "ERP_Key__c";
const SCHEMA_ADDRESS = "./node_modules/salesforce-order-sync/schema/order-sync.schema.json";

/** The file's text, YAML. */
export function starterConfig(facts: StarterFacts): string {
  const roles = withSharedKeys(rolesOf(facts.tables));
  return `# yaml-language-server: $schema=${SCHEMA_ADDRESS}
# order-sync: what to keep the same, and how. Every setting: docs/configuration.md of the package.
# Secrets are never written here: \${NAME} is taken from the environment.

salesforce:
  loginUrl: ${facts.loginUrl}
${authText(facts)}
external:
  kind: sql
  name: ${facts.name} # starts every business key; never change it
  url: ${text(facts.externalUrl)}
  collections:
${collectionsText(roles)}
state:
  url: file:.order-sync/state.db # or postgres://user:\${STATE_PASSWORD}@host/database

schedule: # for order-sync serve
  every: 5m # or cron: "*/10 6-20 * * 1-5" with timeZone: Europe/Berlin

limits:
  reserveShare: 0.1 # of the org's API requests stays for other applications
  deleteShare: 0.2 # a run that would delete more of an object stops

mapping:
  source: ${facts.name}
  objects:
${objectsText(roles)}`;
}

interface Roles {
  readonly customers: SurveyedTable | undefined;
  readonly contracts: SurveyedTable | undefined;
  readonly products: SurveyedTable | undefined;
  readonly orders: SurveyedTable | undefined;
  readonly lines: SurveyedTable | undefined;
}

function rolesOf(tables: readonly SurveyedTable[]): Roles {
  const keyed = tables.filter((table) => table.key.length > 0);
  const take = (pattern: RegExp, except?: RegExp): SurveyedTable | undefined =>
    keyed.find((table) => pattern.test(table.name) && except?.test(table.name) !== true);
  const lineName = /(line|item|detail|position)s?$/i;
  return {
    customers: take(/customer|account|client|kunde|debitor/i, /type|group|demographic|address/i),
    contracts: take(/contract|vertr/i, lineName),
    products: take(/product|article|artikel|^items?$|material/i, /categor|order|line|group/i),
    orders: take(/order|auftr/i, lineName),
    lines: take(/(order|auftr).*(line|item|detail|position)s?$/i),
  };
}

function authText({ auth, loginUrl }: StarterFacts): string {
  const settings: Readonly<Record<StarterAuth, readonly string[]>> = {
    password: isLoopback(loginUrl)
      ? [
          "username: admin@mock.org # the mock org's own; an org on this machine needs no secrets kept",
          "password: mock-password",
          "clientId: mock-client",
          "clientSecret: mock-secret",
        ]
      : [
          "username: ${SF_USERNAME}",
          "password: ${SF_PASSWORD}",
          "securityToken: ${SF_SECURITY_TOKEN}",
          "# with a connected app: clientId: ${SF_CLIENT_ID} and clientSecret: ${SF_CLIENT_SECRET}",
        ],
    jwt: ["username: ${SF_USERNAME}", "clientId: ${SF_CLIENT_ID}", "privateKey: ${SF_PRIVATE_KEY} # PEM text"],
    clientCredentials: ["clientId: ${SF_CLIENT_ID}", "clientSecret: ${SF_CLIENT_SECRET}"],
    refreshToken: ["refreshToken: ${SF_REFRESH_TOKEN}", "clientId: ${SF_CLIENT_ID}"],
    accessToken: ["accessToken: ${SF_ACCESS_TOKEN}", "instanceUrl: ${SF_INSTANCE_URL}"],
    cli: ["targetOrg: my-org # alias of an org that the Salesforce CLI is logged in to"],
  };
  return ["  auth:", `    kind: ${auth}`, ...settings[auth].map((line) => `    ${line}`), ""].join("\n");
}

function isLoopback(url: string): boolean {
  return /^https?:\/\/(127\.|localhost|\[::1\])/.test(url);
}

/** Records are known by the key that others refer to them with: a customer number rather than a generated Id. */
function withSharedKeys(roles: Roles): Roles {
  const customers = keyedFor(roles.customers, roles.orders);
  const products = keyedFor(roles.products, roles.lines);
  return { ...roles, customers, products };
}

function keyedFor(table: SurveyedTable | undefined, child: SurveyedTable | undefined): SurveyedTable | undefined {
  if (table === undefined || child === undefined || sharedKey(table, child) !== undefined) return table;
  const better = table.otherKeys?.find((key) => sharedKey({ ...table, key }, child) !== undefined);
  return better === undefined ? table : { ...table, key: better };
}

/** What was found and could not be mapped, and what is missing for it. */
function leftOutText({ orders, customers }: Roles): string {
  if (orders === undefined) return "";
  const key = customers === undefined ? "a table of customers" : `(${customers.key.join(", ")}) of ${customers.name}`;
  return `    # Order is left out: no column of ${orders.name} was recognised as a reference to ${key}.
    # Add it with AccountId: { from: <column>, reference: Account }; docs/example/order-sync.yaml shows a whole one.
`;
}

function collectionsText(roles: Roles): string {
  const lines: string[] = [];
  const add = (name: string, table: SurveyedTable | undefined, more: readonly string[] = []): void => {
    if (table === undefined) return;
    lines.push(`    ${name}:`, `      table: ${text(table.name)}`, `      key: ${list(table.key)}`, ...more);
  };
  add("customers", roles.customers);
  add("contracts", roles.contracts);
  add("products", roles.products);
  if (priceColumn(roles.products) !== undefined) add("prices", roles.products);
  const parent = parentKeyOf(roles);
  const own = lineKeyOf(roles);
  add(
    "orders",
    roles.orders,
    roles.lines === undefined || parent === undefined || own.length === 0
      ? []
      : [
          "      lines:",
          `        table: ${text(roles.lines.name)}`,
          `        parentKey: ${list(parent)}`,
          `        key: ${list(own)}`,
        ],
  );
  if (lines.length === 0) {
    return `    # No table looks like customers, products or orders; name yours:
    customers:
      table: customers
      key: [customer_no]
`;
  }
  return `${lines.join("\n")}\n`;
}

function objectsText(roles: Roles): string {
  const order = orderText(roles);
  const blocks = [
    accountText(roles),
    contractText(roles),
    productText(roles),
    priceText(roles),
    order === "" ? leftOutText(roles) : order,
  ].filter((block) => block !== "");
  if (blocks.length > 0) return blocks.join("\n");
  return `    Account:
      collection: customers
      keyField: ${KEY_FIELD}
      naturalKey: [customer_no]
      fields:
        Name: name
`;
}

function accountText({ customers }: Roles): string {
  if (customers === undefined) return "";
  return object("Account", "customers", customers.key, [
    ["Name", column(customers, /^(company_?)?name$/i, /company|customer_?name|name/i)],
    ["AccountNumber", toSalesforce(customers.key[0])],
    ["BillingStreet", column(customers, /^street|^address(_?1)?$/i, /street|address/i)],
    ["BillingCity", column(customers, /city|town|ort$/i)],
    ["BillingPostalCode", column(customers, /post|zip|plz/i)],
    ["BillingCountry", column(customers, /country|land$/i)],
    ["Phone", column(customers, /phone|tel/i)],
  ]);
}

function contractText(roles: Roles): string {
  const { contracts, customers } = roles;
  const account = sharedKey(customers, contracts);
  if (contracts === undefined || account === undefined) return "";
  return object("Contract", "contracts", contracts.key, [
    ["AccountId", reference(account, "Account")],
    ["StartDate", column(contracts, /start|begin|from/i, /date/i)],
    ["ContractTerm", column(contracts, /term|months/i)],
    ["Status", status(contracts)],
  ]);
}

function productText({ products }: Roles): string {
  if (products === undefined) return "";
  return object("Product2", "products", products.key, [
    ["ProductCode", toSalesforce(products.key[0])],
    ["Name", column(products, /^(product_?)?name$/i, /name|title|bezeichnung/i)],
    ["Family", column(products, /family|category|group/i)],
    ["IsActive", column(products, /active/i) ?? "{ constant: true }"],
  ]);
}

function priceText({ products }: Roles): string {
  const price = priceColumn(products);
  if (products === undefined || price === undefined) return "";
  return object("PricebookEntry", "prices", products.key, [
    ["Product2Id", reference(products.key, "Product2")],
    ["Pricebook2Id", "{ constant: standard, reference: Pricebook2 }"],
    ["UnitPrice", price],
    ["IsActive", "{ constant: true }"],
  ]);
}

function orderText(roles: Roles): string {
  const { orders, lines, products } = roles;
  const account = sharedKey(roles.customers, orders);
  if (orders === undefined || account === undefined) return "";
  const contract = sharedKey(roles.contracts, orders);
  const fields: Field[] = [
    ["AccountId", reference(account, "Account")],
    ["ContractId", contract === undefined ? undefined : reference(contract, "Contract")],
    ["Pricebook2Id", "{ constant: standard, reference: Pricebook2 }"],
    ["EffectiveDate", column(orders, /^order_?date$/i, /date/i, /day$|datum/i)],
    ["Status", status(orders)],
    ["OrderReferenceNumber", toSalesforce(orders.key[0])],
    ["PoNumber", column(orders, /customer_?ref|po_?number|purchase_?order/i)],
    ["ShippingCity", column(orders, /ship_?city|delivery_?city/i)],
    ["Description", column(orders, /^note|description|comment|memo/i)],
  ];
  const product = sharedKey(products, lines);
  const own = lineKeyOf(roles);
  const settings = [
    "policy: external # when both sides change a field, this one wins",
    "onActivated: reopen # or reduce, or park",
  ];
  const head = object("Order", "orders", orders.key, fields, settings);
  if (lines === undefined || product === undefined || own.length === 0 || priceColumn(products) === undefined)
    return head;
  const price = column(lines, /unit_?price/i, /price|amount/i);
  const discount = column(lines, /discount|rabatt/i);
  const lineFields: readonly Field[] = [
    ["PricebookEntryId", reference(product, "PricebookEntry")],
    ["Quantity", column(lines, /quantity|qty|menge/i)],
    ["UnitPrice", linePrice(price, discount)],
  ];
  return `${head}      lines:
        keyField: ${KEY_FIELD}
        naturalKey: ${list(own)}
        fields:
${fieldLines(lineFields, "          ")}`;
}

type Field = readonly [field: string, value: string | undefined];

function object(
  name: string,
  collection: string,
  key: readonly string[],
  fields: readonly Field[],
  settings: readonly string[] = [],
): string {
  const more = settings.map((line) => `      ${line}\n`).join("");
  return `    ${name}:
      collection: ${collection}
      keyField: ${KEY_FIELD}
      naturalKey: ${list(key)}
${more}      fields:
${fieldLines(fields, "        ")}`;
}

function fieldLines(fields: readonly Field[], indent: string): string {
  return fields.flatMap(([field, value]) => (value === undefined ? [] : [`${indent}${field}: ${value}\n`])).join("");
}

/** The first column that fits the first pattern that any column fits. */
function column(table: SurveyedTable, ...patterns: readonly RegExp[]): string | undefined {
  for (const pattern of patterns) {
    const found = table.columns.find((name) => pattern.test(name));
    if (found !== undefined) return text(found);
  }
  return undefined;
}

function priceColumn(products: SurveyedTable | undefined): string | undefined {
  return products === undefined ? undefined : column(products, /list_?price/i, /unit_?price/i, /price|preis/i);
}

function linePrice(price: string | undefined, discount: string | undefined): string | undefined {
  if (price === undefined || discount === undefined) return price;
  const as = /percent|pct/i.test(discount) ? "percent" : "fraction";
  return `{ discounted: { price: ${price}, discount: ${discount}, as: ${as} }, direction: toSalesforce }`;
}

/** The columns of `child` that hold the key of `parent`, by name. */
function sharedKey(parent: SurveyedTable | undefined, child: SurveyedTable | undefined): readonly string[] | undefined {
  if (parent === undefined || child === undefined) return undefined;
  if (parent.key.every((name) => child.columns.includes(name))) return parent.key;
  const singular = parent.name.replace(/^.*\./, "").replace(/s$/i, "");
  const [key] = parent.key;
  const guess = child.columns.find((name) => name.toLowerCase() === `${singular}_${key ?? ""}`.toLowerCase());
  return parent.key.length === 1 && guess !== undefined ? [guess] : undefined;
}

function parentKeyOf({ orders, lines }: Roles): readonly string[] | undefined {
  return sharedKey(orders, lines);
}

function lineKeyOf(roles: Roles): readonly string[] {
  const parent = parentKeyOf(roles) ?? [];
  return (roles.lines?.key ?? []).filter((name) => !parent.includes(name));
}

/** Values that mean an order is not released yet. */
const DRAFT = /^(draft|open|new|offen|neu|entwurf|0)/i;

function status(table: SurveyedTable): string | undefined {
  const [name, values] = Object.entries(table.statuses)[0] ?? [];
  if (name === undefined || values === undefined || values.length === 0) return undefined;
  const drafts = values.filter((value) => DRAFT.test(value));
  // Two external values of one Salesforce value could not be turned back.
  const others = values.filter((value) => !DRAFT.test(value));
  const pairs = [
    ...drafts.slice(0, 1).map((value) => `${text(value)}: Draft`),
    ...others.slice(0, 1).map((value) => `${text(value)}: Activated`),
  ];
  const rest = [...drafts.slice(1), ...others.slice(1)];
  const note = rest.length === 0 ? "" : ` # also occurs: ${rest.join(", ")}; say what they mean`;
  return `{ from: ${text(name)}, convert: { picklist: { ${pairs.join(", ")} } } }${note}`;
}

function toSalesforce(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `{ from: ${text(name)}, direction: toSalesforce }`;
}

function reference(columns: readonly string[], to: string): string {
  const from = columns.length === 1 ? text(columns[0] ?? "") : list(columns);
  return `{ from: ${from}, reference: ${to} }`;
}

function list(names: readonly string[]): string {
  return `[${names.map(text).join(", ")}]`;
}

/** Plain where YAML takes it for the same text, else quoted. */
function text(value: string): string {
  return /^[A-Za-z][\w./-]*$|^(file|postgres(ql)?):[\w./:@${}-]+$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
