/** The objects of a starter configuration: what can be mapped of the tables that are sure, and why the rest cannot. Pure. */
import type { SurveyedTable } from "../external/sql/survey.ts";
import { type Cast, type Casting, referenceTo, sharedKey } from "./starter-roles.ts";

/** The key field on every object: the starter's metadata make it. */
const KEY_FIELD = "ERP_Key__c";

/** The YAML below `external.collections` and below `mapping.objects`. */
export interface StarterMapping {
  readonly collections: string;
  readonly objects: string;
}

/** Maps what is sure; where nothing is, an example is in its place, which `order-sync check` then refuses. */
export function starterMapping(cast: Cast): StarterMapping {
  const roles = rolesOf(cast);
  const account = accountText(roles, cast);
  const contract = contractText(roles, account);
  const product = productText(roles, cast);
  const price = priceText(roles, product);
  const order = orderText(roles, cast, { account, contract, price });
  const blocks = [account, contract, product, price, order];
  const collections = blocks.flatMap((block) => (block?.kind === "mapped" ? block.collection : []));
  if (collections.length === 0)
    return { collections: EXAMPLE_COLLECTION, objects: `${leftOut(blocks)}${EXAMPLE_OBJECT}` };
  return {
    collections: collections.join(""),
    objects: blocks.flatMap((block) => block?.text ?? []).join("\n"),
  };
}

const EXAMPLE_COLLECTION = `    # No table is surely customers, products or orders; name yours:
    customers:
      table: customers
      key: [customer_no]
`;
const EXAMPLE_OBJECT = `    Account:
      collection: customers
      keyField: ${KEY_FIELD}
      naturalKey: [customer_no]
      fields:
        Name: name
`;

/** One object: mapped, or left out with the reason as a comment. */
type Block =
  | { readonly kind: "mapped"; readonly collection: string; readonly text: string }
  | { readonly kind: "leftOut"; readonly text: string };

function leftOut(blocks: readonly (Block | undefined)[]): string {
  return blocks.flatMap((block) => block?.text ?? []).join("");
}

/** The tables that are sure, each with the key by which the others refer to it. */
interface Roles {
  readonly customers: SurveyedTable | undefined;
  readonly contracts: SurveyedTable | undefined;
  readonly products: SurveyedTable | undefined;
  readonly orders: SurveyedTable | undefined;
  readonly lines: SurveyedTable | undefined;
}

function rolesOf(cast: Cast): Roles {
  const { orders, lines } = { orders: cast.orders.table, lines: cast.lines.table };
  return {
    customers: keyedFor(cast.customers.table, orders),
    contracts: keyedFor(cast.contracts.table, orders),
    products: keyedFor(cast.products.table, lines),
    orders: keyedFor(orders, lines),
    lines,
  };
}

/** Records are known by the key that others refer to them with: a customer number rather than a generated Id. */
function keyedFor(table: SurveyedTable | undefined, child: SurveyedTable | undefined): SurveyedTable | undefined {
  if (table === undefined || child === undefined) return table;
  const key = sharedKey(child, table);
  return key === undefined ? table : { ...table, key };
}

/** What is in the file for a role or an object that was not sure: why, and the tables that come nearest. */
function doubtful(object: string, casting: Casting): Block {
  const nearest = casting.candidates.map(
    ({ table, reasons }) => `    #   ${table.name} (key ${table.key.join(", ")}): ${reasons.join("; ")}\n`,
  );
  const text = `    # ${object} is left out: ${casting.because}.${nearest.length === 0 ? "" : " Candidates:"}\n${nearest.join("")}`;
  return { kind: "leftOut", text };
}

function missing(object: string, what: string): Block {
  return {
    kind: "leftOut",
    text: `    # ${object} is left out: ${what}.
    # examples/order-sync/order-sync.yaml of the package shows a whole one.
`,
  };
}

/** A column that Salesforce requires and that the table does not seem to have. */
function noColumn(object: string, table: SurveyedTable, field: string): Block {
  return missing(object, `no column of ${table.name} was recognized as ${field}; name it, or make a view that has it`);
}

function collectionText(name: string, table: SurveyedTable, lines: readonly string[] = []): string {
  return [`    ${name}:`, `      table: ${yamlText(table.name)}`, `      key: ${list(table.key)}`, ...lines, ""].join(
    "\n",
  );
}

function accountText({ customers }: Roles, cast: Cast): Block {
  if (customers === undefined) return doubtful("Account", cast.customers);
  const name = column(customers, "text", /^(company_?)?name$/i, /company|customer_?name|name/i, /^firma$/i);
  if (name === undefined) return noColumn("Account", customers, "the customer's name");
  return mapped("Account", "customers", customers, [
    ["Name", name],
    ["AccountNumber", toSalesforce(customers.key[0])],
    ["BillingStreet", column(customers, "text", /^street|^address(_?1)?$/i, /street|address/i)],
    ["BillingCity", column(customers, "text", /city|town|^ort$/i)],
    ["BillingPostalCode", column(customers, "text", /post|zip|plz/i)],
    ["BillingCountry", column(customers, "text", /country|^land$/i)],
    ["Phone", column(customers, "text", /phone|^tel/i)],
  ]);
}

function contractText({ contracts, customers }: Roles, account: Block): Block | undefined {
  // Most systems have none, so that nothing is said where none was found.
  if (contracts === undefined) return undefined;
  const by = customers === undefined ? undefined : referenceTo(contracts, customers);
  if (account.kind === "leftOut" || by === undefined)
    return missing("Contract", `its Account is not mapped, or no column of ${contracts.name} refers to it`);
  const start = column(contracts, "date", /start|begin|from/i, /date/i);
  if (start === undefined) return noColumn("Contract", contracts, "its start");
  return mapped("Contract", "contracts", contracts, [
    ["AccountId", reference(by, "Account")],
    ["StartDate", start],
    ["ContractTerm", column(contracts, "number", /term|months/i)],
    ["Status", status(contracts)],
  ]);
}

function productText({ products }: Roles, cast: Cast): Block {
  if (products === undefined) return doubtful("Product2", cast.products);
  const name = column(products, "text", /^(product_?)?name$/i, /name|title|bezeichnung/i, /descr/i);
  if (name === undefined) return noColumn("Product2", products, "the product's name");
  return mapped("Product2", "products", products, [
    [
      "ProductCode",
      toSalesforce(
        findColumn(products, "any", /^sku$/i, /(part|item|article|artikel|product)_?(no|nr|num|number|code)$/i) ??
          products.key[0],
      ),
    ],
    ["Name", name],
    ["Family", column(products, "text", /family|category|group/i)],
    ["IsActive", column(products, "boolean", /active/i) ?? "{ constant: true }"],
  ]);
}

function priceText({ products }: Roles, product: Block): Block {
  if (products === undefined || product.kind === "leftOut")
    return missing("PricebookEntry", "its Product2 is not mapped");
  const price = priceColumn(products);
  if (price === undefined) return noColumn("PricebookEntry", products, "the price");
  return mapped("PricebookEntry", "prices", products, [
    ["Product2Id", reference(products.key, "Product2")],
    ["Pricebook2Id", "{ constant: standard, reference: Pricebook2 }"],
    ["UnitPrice", price],
    ["IsActive", "{ constant: true }"],
  ]);
}

function orderText(
  roles: Roles,
  cast: Cast,
  needs: { readonly account: Block; readonly contract: Block | undefined; readonly price: Block },
): Block {
  const { orders, lines, products, customers, contracts } = roles;
  if (orders === undefined) return doubtful("Order", cast.orders);
  if (lines === undefined) return doubtful("Order", cast.lines);
  if (customers === undefined || needs.account.kind === "leftOut") return missing("Order", "its Account is not mapped");
  if (products === undefined || needs.price.kind === "leftOut")
    return missing("Order", "its products and prices are not mapped");
  const account = referenceTo(orders, customers);
  if (account === undefined)
    return missing(
      "Order",
      `no column of ${orders.name} was recognized as a reference to (${customers.key.join(", ")}) of ${customers.name}`,
    );
  const parent = referenceTo(lines, orders);
  const product = referenceTo(lines, products);
  const own = lines.key.filter((name) => parent?.includes(name) !== true);
  if (parent === undefined || own.length === 0)
    return missing("Order", `no columns of ${lines.name} tell the lines of one order apart`);
  if (product === undefined)
    return missing(
      "Order",
      `no column of ${lines.name} was recognized as a reference to (${products.key.join(", ")}) of ${products.name}`,
    );
  const date = column(orders, "date", /^order_?date$/i, /date|datum/i, /day$/i, /_at$/i);
  if (date === undefined) return noColumn("Order", orders, "the order's date");
  const quantity = column(lines, "number", /^(order_?)?(quantity|qty)$|^menge$/i, /quantity|qty|menge/i);
  const price = column(lines, "number", /unit_?price/i, /price/i, /amount/i);
  if (quantity === undefined || price === undefined)
    return noColumn("Order", lines, quantity === undefined ? "the quantity" : "the price");
  const contract =
    contracts === undefined || needs.contract?.kind !== "mapped" ? undefined : referenceTo(orders, contracts);
  const fields: readonly Field[] = [
    ["AccountId", reference(account, "Account")],
    ["ContractId", contract === undefined ? undefined : reference(contract, "Contract")],
    ["Pricebook2Id", "{ constant: standard, reference: Pricebook2 }"],
    ["EffectiveDate", date],
    ["Status", status(orders)],
    ["OrderReferenceNumber", toSalesforce(orders.key[0])],
    ["PoNumber", column(orders, "text", /customer_?ref|po_?number|purchase_?order/i)],
    ["ShippingCity", column(orders, "text", /ship_?city|delivery_?city/i)],
    ["Description", column(orders, "text", /^note|description|comment|memo/i)],
  ];
  const settings = [
    "policy: external # when both sides change a field, this one wins",
    "onActivated: reopen # or reduce, or park",
  ];
  const discount = column(lines, "number", /discount|rabatt/i);
  const lineFields: readonly Field[] = [
    ["PricebookEntryId", reference(product, "PricebookEntry")],
    ["Quantity", quantity],
    ["UnitPrice", linePrice(price, discount)],
  ];
  // Nobody can tell price and discount of a line that was made in Salesforce apart.
  const oneWay =
    discount === undefined ? "" : "        direction: toSalesforce # a discounted price cannot be turned back\n";
  const collection = collectionText("orders", orders, [
    "      lines:",
    `        table: ${yamlText(lines.name)}`,
    `        parentKey: ${list(parent)}`,
    `        key: ${list(own)}`,
  ]);
  const text = `${object("Order", "orders", orders.key, fields, settings)}      lines:
        keyField: ${KEY_FIELD}
        naturalKey: ${list(own)}
${oneWay}        fields:
${fieldLines(lineFields, "          ")}`;
  return { kind: "mapped", collection, text };
}

function mapped(name: string, collection: string, table: SurveyedTable, fields: readonly Field[]): Block {
  return {
    kind: "mapped",
    collection: collectionText(collection, table),
    text: object(name, collection, table.key, fields),
  };
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

/** What a column's declared type may be for a value of that kind; a column without a type fits everything. */
const TYPES: Readonly<Record<"text" | "number" | "date" | "boolean" | "any", RegExp>> = {
  text: /char|text|string|clob|name|citext|^$/,
  // SQLite has no exact decimals and no dates: both are often kept as texts.
  number: /int|num|dec|real|doub|float|money|^text$|^$/,
  date: /date|time|text|char|^$/,
  boolean: /bool|int|bit|^$/,
  any: /./s,
};

/** The first column of that kind that fits the first pattern that any column fits. */
function findColumn(
  table: SurveyedTable,
  kind: keyof typeof TYPES,
  ...patterns: readonly RegExp[]
): string | undefined {
  for (const pattern of patterns) {
    const found = table.columns.find((name) => pattern.test(name) && TYPES[kind].test(table.types[name] ?? ""));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The same as YAML. */
function column(...wanted: Parameters<typeof findColumn>): string | undefined {
  const found = findColumn(...wanted);
  return found === undefined ? undefined : yamlText(found);
}

function priceColumn(products: SurveyedTable): string | undefined {
  return column(products, "number", /list_?price/i, /unit_?price|sell_?price/i, /price|preis/i);
}

function linePrice(price: string, discount: string | undefined): string {
  if (discount === undefined) return price;
  const as = /percent|pct/i.test(discount) ? "percent" : "fraction";
  return `{ discounted: { price: ${price}, discount: ${discount}, as: ${as} }, scale: 2, direction: toSalesforce }`;
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
    ...drafts.slice(0, 1).map((value) => `${yamlText(value)}: Draft`),
    ...others.slice(0, 1).map((value) => `${yamlText(value)}: Activated`),
  ];
  const rest = [...drafts.slice(1), ...others.slice(1)];
  const note = rest.length === 0 ? "" : ` # also occurs: ${rest.join(", ")}; say what they mean`;
  return `{ from: ${yamlText(name)}, convert: { picklist: { ${pairs.join(", ")} } } }${note}`;
}

function toSalesforce(name: string | undefined): string | undefined {
  return name === undefined ? undefined : `{ from: ${yamlText(name)}, direction: toSalesforce }`;
}

function reference(columns: readonly string[], to: string): string {
  const from = columns.length === 1 ? yamlText(columns[0] ?? "") : list(columns);
  return `{ from: ${from}, reference: ${to} }`;
}

function list(names: readonly string[]): string {
  return `[${names.map(yamlText).join(", ")}]`;
}

/** A text as YAML: plain where YAML reads the same text, else quoted. */
export function yamlText(value: string): string {
  return /^[A-Za-z][\w./-]*$|^(file|postgres(ql)?):[\w./:@${}-]+$/.test(value) &&
    !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
    ? value
    : JSON.stringify(value);
}
