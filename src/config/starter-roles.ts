/**
 * Which tables of a database hold customers, contracts, products, orders and order lines: a judgment with reasons. Pure.
 *
 * Names alone mislead: in one ERP `account` is the chart of accounts, in another one the customers. So the structure
 * speaks first: an order is what lines refer to, a customer is what such an order refers to. A role is taken only where
 * the evidence is enough and no second table comes near; everything else stays a candidate for a person to judge.
 */
import type { SurveyedTable } from "../external/sql/survey.ts";

/** The parts that tables play for a sync of orders. */
export type Role = "customers" | "contracts" | "products" | "orders" | "lines";

/** A table that may play a role. */
export interface Candidate {
  readonly table: SurveyedTable;
  /** Why it cannot be sure whatever its score; undefined where nothing is in the way. */
  readonly doubt: string | undefined;
  /** Sum of the evidence; comparable within one role only. */
  readonly score: number;
  /** What speaks for it and against it, each a short phrase. */
  readonly reasons: readonly string[];
}

/** What was found for one role. */
export interface Casting {
  /** The table that certainly plays it; undefined where nothing was sure enough. */
  readonly table?: SurveyedTable;
  /** Why, or why not, in one phrase. */
  readonly because: string;
  /** The best tables, best first, at most `CANDIDATES_MAX`. */
  readonly candidates: readonly Candidate[];
}

/** All roles. */
export type Cast = Readonly<Record<Role, Casting>>;

/** Shown per role: more would hide the good ones. */
const CANDIDATES_MAX = 4;
/** Evidence from which a role is sure. A fitting name (4) alone is not enough; a name and two traits, or a reference, are. */
const SURE_MIN = 6;
/** How far the second-best table has to be behind. */
const LEAD_MIN = 2;

/** Words of a table's name that speak for a role, and words that mark a table about something else. */
const NAMES: Readonly<Record<Role, { readonly fits: RegExp; readonly other: RegExp }>> = {
  customers: {
    fits: /^(customer|client|kunde|debitor|buyer|cliente|klant|cust(info|omers?)?|b?partner)s?n?$/,
    other:
      /^(type|class|group|demographic|demo|address|adress|contact|note|tax|categor(y|ie)|title|rank|rel|balance|payment|price|discount|history|log|audit|translation|ownership|ship|token|session|device|form|card|feedback|supplier|vendor|visit|ticket|ledger|heading|link|chart|budget|move|journal|fiscal|bank)s?$/,
  },
  contracts: {
    fits: /^(contract|agreement|vertrag|contrat|contrato)s?$/,
    other: /^(type|class|line|item|position|detail|note|history|log|employee|translation|template|status)s?$/,
  },
  products: {
    fits: /^(product|article|artikel|item|part|material|sku|good|ware|stockitem)s?$/,
    other:
      /^(type|class|group|categor(y|ie)|model|description|culture|photo|image|review|cost|inventory|price|pricelist|list|translation|tax|vendor|customer|document|order|line|history|log|attribute|variant|option|sub|subcategory|alias|note|source|site|loc|location|supplier|tag|bom|cart|basket|invoice|unit|uom|file|link|menu)s?$/,
  },
  orders: {
    fits: /^(order|salesorder|auftrag|auftr(ä|ae)ge|bestellung|bestellungen|commande|pedido|ordine|oe|cohead|sale)s?(header|head|hdr)?$/,
    other:
      /^(purchase|supplier|vendor|po|work|production|manufacturing|service|transfer|return|quote|quotation|line|item|detail|position|reason|status|state|type|class|note|history|log|audit|tax|payment|shipment|template|file|translation|team|person|territory|report|link|tag|promotion|discount|event|address)s?$/,
  },
  lines: {
    fits: /(line|item|detail|position|pos)s?$/,
    other:
      /^(purchase|supplier|vendor|po|work|return|quote|quotation|invoice|tax|payment|file|note|history|log|journal|bank|budget|report|translation|asset)s?$/,
  },
};

const QUANTITY = /(^|_)(qty|quantity|quantities|menge|anzahl|cantidad|quantit|orderqty|qtyord)|qty|quantity/i;
const PRICE = /price|preis|amount|sell|cost|rate/i;
const NAMED = /^(company_?|customer_?|cust_?|first_?|last_?|full_?|legal_?|display_?)?name\d?$|bezeichnung|^firma$/i;
const REACHED = /city|town|phone|^tel|email|e_mail|street|address|zip|postal/i;
const LEDGER = /debit|(^|_)accno|gifi|ledger|chart|is_?temp|contra|gl_?code/i;
const DATED = /date|datum|fecha|placed|ordered|_at$|_on$|^day$/i;

/** Judges all tables. A table without a unique key, or one that may not be read, does not count. */
export function castRoles(tables: readonly SurveyedTable[]): Cast {
  const usable = tables.filter((table) => table.key.length > 0 && table.rows !== null);
  const judge = (role: Role, traits: (table: SurveyedTable) => readonly Trait[]): Casting =>
    castingOf(
      role,
      usable.map((table) => candidate(table, [nameTrait(role, table), ...traits(table)])),
    );
  const refers = (child: SurveyedTable | undefined, parent: SurveyedTable): boolean =>
    child !== undefined && child !== parent && sharedKey(child, parent) !== undefined;
  const has = (table: SurveyedTable, pattern: RegExp): boolean => table.columns.some((column) => pattern.test(column));

  const orders = judge("orders", (table) => {
    const lined = usable.some((line) => has(line, QUANTITY) && nameScore("lines", line) > 0 && refers(line, table));
    return [
      trait(3, "order lines refer to it", lined),
      doubt("no table of lines refers to it", !lined),
      trait(2, "it has a date", has(table, DATED)),
      trait(
        3,
        "it refers to customers",
        usable.some((other) => nameScore("customers", other) > 0 && refers(table, other)),
      ),
      trait(1, "it has a status", Object.keys(table.statuses).length > 0),
    ];
  });
  const order = bestOf(orders);
  const lines = judge("lines", (table) => [
    trait(4, `it refers to ${order?.name ?? ""}`, order !== undefined && refers(table, order)),
    doubt("it does not refer to the orders", order === undefined || !refers(table, order)),
    trait(2, "it has a quantity", has(table, QUANTITY)),
    trait(1, "it has a price", has(table, PRICE)),
  ]);
  const line = bestOf(lines);
  /** A parent that orders or lines refer to; many tables are, so its name or the referring column has to say what it is. */
  const parentTraits = (
    role: "customers" | "products",
    child: SurveyedTable | undefined,
    table: SurveyedTable,
  ): readonly Trait[] => {
    const by = child === undefined || child === table ? undefined : sharedKey(child, table);
    const columns = child === undefined || by === undefined ? [] : (referenceTo(child, table, by) ?? []);
    const said =
      nameScore(role, table) > 0 ||
      columns.some((column) => wordsOf(column).some((word) => NAMES[role].fits.test(word)));
    return [
      trait(4, `${child?.name ?? ""} refers to it`, by !== undefined),
      doubt(`neither its name nor a reference says ${role}`, !said),
      trait(-6, "it is the table of the orders or their lines", table === order || table === line),
    ];
  };
  const customers = judge("customers", (table) => [
    ...parentTraits("customers", order, table),
    trait(2, "it has names", has(table, NAMED)),
    trait(1, "it says how to reach somebody", has(table, REACHED)),
    trait(-6, "it keeps books (debit, ledger or account numbers)", has(table, LEDGER)),
  ]);
  const products = judge("products", (table) => [
    ...parentTraits("products", line, table),
    trait(1, "it has names", has(table, /name|title|descr|bezeichnung/i)),
    trait(1, "it has prices", has(table, PRICE)),
  ]);
  const customer = bestOf(customers);
  const contracts = judge("contracts", (table) => [
    trait(-6, "its name does not say contracts", nameScore("contracts", table) <= 0),
    trait(3, `it refers to ${customer?.name ?? ""}`, customer !== undefined && refers(table, customer)),
    trait(1, "it has a date", has(table, DATED)),
  ]);
  return { customers, contracts, products, orders, lines };
}

/**
 * The columns of `child` that hold `key` of `parent`: by a foreign key of the database, else by name. Undefined where
 * neither says so.
 */
export function referenceTo(
  child: SurveyedTable,
  parent: SurveyedTable,
  key: readonly string[] = parent.key,
): readonly string[] | undefined {
  const enforced = child.references.find((one) => one.table === parent.name && sameNames(one.to, key));
  // In the order of the parent's key, however the reference lists them.
  if (enforced !== undefined) return key.map((name) => enforced.columns[enforced.to.indexOf(name)] ?? "");
  // A bare `id` or `no` in both tables is no reference, unless the child's own key begins with it.
  const telling = key.every((name) => !/^(id|no|nr|code|name|number|key|uuid|guid)$/i.test(name));
  const owned = child.key.length > key.length && key.every((name, index) => child.key[index] === name);
  if ((telling || owned) && key.every((name) => child.columns.includes(name))) return key;
  const [only = ""] = key;
  const plural = parent.name.replace(/^.*\./, "");
  // customer_id, CustomerId and customerid are one name.
  const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\d]/gu, "");
  const names = [plural, plural.replace(/s$/i, "")].map((name) => plain(`${name}${only}`));
  const guess = child.columns.find((name) => names.includes(plain(name)));
  return key.length === 1 && guess !== undefined ? [guess] : undefined;
}

/** The key of `parent` that `child` refers to: a customer number rather than a generated Id where orders hold that. */
export function sharedKey(child: SurveyedTable, parent: SurveyedTable): readonly string[] | undefined {
  return [parent.key, ...parent.otherKeys].find((key) => referenceTo(child, parent, key) !== undefined);
}

/** One piece of evidence; undefined where it does not apply. A doubt keeps a table from ever being sure. */
type Trait = { readonly points: number; readonly reason: string; readonly doubt?: true } | undefined;

function trait(points: number, reason: string, holds: boolean): Trait {
  return holds ? { points, reason } : undefined;
}

function doubt(reason: string, holds: boolean): Trait {
  return holds ? { points: 0, reason, doubt: true } : undefined;
}

function nameTrait(role: Role, table: SurveyedTable): Trait {
  const points = nameScore(role, table);
  if (points > 0) return { points, reason: `its name says ${role === "lines" ? "order lines" : role}` };
  return points < 0 ? { points, reason: "its name says something else" } : undefined;
}

/** 4 for a fitting name, −4 for one that says something else beside it, −2 for one that says only something else. */
function nameScore(role: Role, table: SurveyedTable): number {
  const words = wordsOf(table.name);
  const { fits, other } = NAMES[role];
  const fitting = words.some((word) => fits.test(word)) || fits.test(words.join(""));
  const strange = words.some((word) => other.test(word) && !fits.test(word));
  if (role === "lines") {
    if (fitting && strange) return -4;
    return fitting && words.some((word) => /order|sale|auftrag|auftr/.test(word)) ? 4 : fitting ? 2 : 0;
  }
  if (fitting) return strange ? -4 : 4;
  return strange ? -2 : 0;
}

/** `sales.SalesOrderHeader` → sales, order, header; `order_lines` → order, lines. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/^.*\./, "")
    .replaceAll(/([a-z\d])([A-Z])/g, "$1_$2")
    .toLowerCase()
    .split(/[^\p{L}\d]+/u)
    .filter((word) => word !== "");
}

function candidate(table: SurveyedTable, traits: readonly Trait[]): Candidate {
  const held = traits.filter((one) => one !== undefined);
  return {
    table,
    doubt: held.find((one) => one.doubt)?.reason,
    score: held.reduce((sum, { points }) => sum + points, 0),
    reasons: held.map(({ points, reason }) => (points > 0 ? reason : `but ${reason}`)),
  };
}

function without(one: Candidate, points: number, reason: string): Candidate {
  return { ...one, score: one.score - points, reasons: [...one.reasons, `but ${reason}`] };
}

function bestOf({ table, candidates }: Casting): SurveyedTable | undefined {
  return table ?? candidates[0]?.table;
}

function castingOf(role: Role, all: readonly Candidate[]): Casting {
  // A copy, an archive or a table of an old release has no rows where the one in use has some.
  const used = all.some(({ score, table }) => score >= SURE_MIN && table.rows !== 0);
  const ranked = all
    .map((one) => (used && one.table.rows === 0 ? without(one, 2, "it is empty") : one))
    .filter(({ score }) => score > 1)
    .sort((left, right) => right.score - left.score || (left.table.name < right.table.name ? -1 : 1));
  const candidates = ranked.slice(0, CANDIDATES_MAX);
  const [best, second] = candidates;
  if (best === undefined)
    return { because: `no table looks like ${role === "lines" ? "order lines" : role}`, candidates };
  if (best.doubt !== undefined) return { because: `${best.table.name} comes nearest, but ${best.doubt}`, candidates };
  if (best.score < SURE_MIN) return { because: `too little speaks for ${best.table.name}`, candidates };
  if (second !== undefined && best.score - second.score < LEAD_MIN)
    return { because: `${best.table.name} and ${second.table.name} look alike`, candidates };
  return { table: best.table, because: best.reasons.join(", "), candidates };
}

function sameNames(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name) => right.includes(name));
}
