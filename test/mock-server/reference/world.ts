/**
 * An org and a client that knows nothing but HTTP, for cases that are read from the reference and not from the code.
 *
 * The answers are compared as they came over the wire.
 */
import { createMockOrg, type MockOrg, type MockOrgOptions } from "../../../mock-server/index.ts";

export const DATA = "/services/data/v62.0";
export const NOW = "2026-03-01T08:00:00Z";

/** One answer. `body` is parsed JSON, undefined where there are no bytes. */
export interface Answer {
  readonly status: number;
  // Tests look into answers freely; the wire has no types.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  readonly text: string;
  readonly headers: Headers;
}

/** A client of one user's session. */
export class Client {
  readonly #org: MockOrg;
  readonly #token: string;

  constructor(org: MockOrg, username?: string) {
    this.#org = org;
    this.#token = org.openSession(username);
  }

  async call(
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> {
    const url = `https://org.example${path.startsWith("/services/") ? path : `${DATA}${path}`}`;
    const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
    const response = await this.#org.app.fetch(
      new Request(url, {
        method,
        headers: {
          authorization: `Bearer ${this.#token}`,
          ...(text !== undefined && { "content-type": "application/json" }),
          ...headers,
        },
        ...(text !== undefined && { body: text }),
      }),
    );
    const answer = await response.text();
    return {
      status: response.status,
      text: answer,
      body: parsed(answer),
      headers: response.headers,
    };
  }

  get = (path: string, headers?: Record<string, string>): Promise<Answer> => this.call("GET", path, undefined, headers);
  post = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> =>
    this.call("POST", path, body, headers);
  patch = (path: string, body: unknown, headers?: Record<string, string>): Promise<Answer> =>
    this.call("PATCH", path, body, headers);
  delete = (path: string): Promise<Answer> => this.call("DELETE", path);
  query = (soql: string): Promise<Answer> => this.get(`/query?q=${encodeURIComponent(soql)}`);
  queryAll = (soql: string): Promise<Answer> => this.get(`/queryAll?q=${encodeURIComponent(soql)}`);

  /** Creates a record, which must succeed, and returns its Id. */
  async create(object: string, values: Readonly<Record<string, unknown>>): Promise<string> {
    const { status, body, text } = await this.post(`/sobjects/${object}`, values);
    if (status !== 201) throw new Error(`POST ${object} ${JSON.stringify(values)}: ${status} ${text}`);
    return String(body.id);
  }

  /** Changes a record, which must succeed. */
  async update(object: string, id: string, values: Readonly<Record<string, unknown>>): Promise<void> {
    const { status, text } = await this.patch(`/sobjects/${object}/${id}`, values);
    if (status !== 204) throw new Error(`PATCH ${object} ${JSON.stringify(values)}: ${status} ${text}`);
  }

  /** Reads fields of one record. */
  // oxlint-disable-next-line typescript/no-explicit-any
  async read(object: string, id: string, fields: string): Promise<any> {
    const { status, body, text } = await this.queryAll(`SELECT ${fields} FROM ${object} WHERE Id = '${id}'`);
    if (status !== 200 || body.records.length !== 1) throw new Error(`${object} ${id}: ${status} ${text}`);
    const { attributes: _, ...values } = body.records[0];
    return values;
  }
}

/** A company with a product in two price books, as most cases need it. */
export interface Shop {
  readonly org: MockOrg;
  readonly admin: Client;
  readonly account: string;
  readonly standardBook: string;
  readonly book: string;
  readonly product: string;
  readonly standardEntry: string;
  readonly entry: string;
}

/** Makes an org with a shop in it. */
export async function openShop(options: MockOrgOptions = {}): Promise<Shop> {
  const org = await createMockOrg({ now: NOW, ...options });
  const admin = new Client(org);
  const standard = await admin.query("SELECT Id FROM Pricebook2 WHERE IsStandard = true");
  const standardBook = String(standard.body.records[0].Id);
  const account = await admin.create("Account", { Name: "Acme" });
  const book = await admin.create("Pricebook2", { Name: "Retail", IsActive: true });
  const product = await admin.create("Product2", { Name: "Widget", ProductCode: "W-1", IsActive: true });
  const standardEntry = await admin.create("PricebookEntry", {
    Pricebook2Id: standardBook,
    Product2Id: product,
    UnitPrice: 500,
    IsActive: true,
  });
  const entry = await admin.create("PricebookEntry", {
    Pricebook2Id: book,
    Product2Id: product,
    UnitPrice: 499,
    IsActive: true,
  });
  return { org, admin, account, standardBook, book, product, standardEntry, entry };
}

/** A draft order of the shop; `values` add to it or replace. */
export function draftOrder(
  { admin, account, book }: Pick<Shop, "admin" | "account" | "book">,
  values: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return admin.create("Order", {
    AccountId: account,
    EffectiveDate: "2026-08-01",
    Status: "Draft",
    Pricebook2Id: book,
    ...values,
  });
}

/** An order product of the shop's one product. */
export function orderItem(
  { admin, entry }: Pick<Shop, "admin" | "entry">,
  order: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  return admin.create("OrderItem", { OrderId: order, PricebookEntryId: entry, Quantity: 2, UnitPrice: 499, ...values });
}

/** An activated order with one product. */
export async function activatedOrder(shop: Shop): Promise<{ readonly order: string; readonly item: string }> {
  const order = await draftOrder(shop);
  const item = await orderItem(shop, order);
  await shop.admin.update("Order", order, { Status: "Activated" });
  return { order, item };
}

/** The one error of an answer in the order of its keys. */
export function fault(errorCode: string, message: string, fields?: readonly string[]): readonly unknown[] {
  return [{ message, errorCode, ...(fields !== undefined && { fields }) }];
}

function parsed(text: string): unknown {
  if (text === "") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
