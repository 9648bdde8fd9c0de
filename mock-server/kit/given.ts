/**
 * The beginning of a test in one line: records that are saved through the real pipeline, with everything that they need.
 *
 * ```ts
 * const order = org.given.order({ lines: 2, activated: true });
 * ```
 * Members in lower case are the builder's own, the others are fields. What a test does not name is supplied.
 */

import type { SaveOptions } from "../dml/options.ts";
import type { SaveRequest } from "../dml/port.ts";
import { save } from "../dml/save.ts";
import type { MockOrgCore } from "../org/org.ts";
import { ADMIN_USER } from "../org/standard-records.ts";
import type { FieldValue } from "../schema/definition.ts";

/** A saved record with all its fields. */
export type GivenRecord = Readonly<Record<string, FieldValue>> & { readonly Id: string };

/** A saved product with its price in the standard price book. */
export interface GivenProduct {
  readonly Id: string;
  readonly record: GivenRecord;
  /** The standard price. */
  readonly pricebookEntryId: string;
}

/** A saved order with its lines. */
export interface GivenOrder {
  readonly Id: string;
  readonly record: GivenRecord;
  readonly lines: readonly GivenRecord[];
}

/** Field values by API name. */
export type GivenFields = Readonly<Record<string, unknown>>;

/** One line of an order; what is absent is supplied. */
export interface GivenLine extends GivenFields {
  readonly product?: GivenProduct;
  readonly quantity?: number;
  readonly unitPrice?: number;
}

/** Orders beyond this many lines are a mistake in a test. */
const LINES_MAX = 10_000;
const PRICE = 100;

/** The builders of one org. */
export class Given {
  readonly #org: MockOrgCore;
  readonly #options: SaveOptions;
  #number = 0;
  #product: GivenProduct | undefined;

  constructor(org: MockOrgCore, options: SaveOptions) {
    this.#org = org;
    this.#options = options;
  }

  /** Any record. Throws an `Error` with the org's refusal. */
  record(object: string, values: GivenFields = {}): GivenRecord {
    return this.#insert(object, values);
  }

  /** Changes a record and gives it back as it is stored then. */
  update(object: string, id: string, values: GivenFields): GivenRecord {
    return this.#save(object, { operation: "update", records: [{ object, id, values }], allOrNone: true });
  }

  account(values: GivenFields = {}): GivenRecord {
    return this.#insert("Account", { Name: `Account ${this.#next()}`, ...values });
  }

  /** A contact of an account. */
  contact(values: GivenFields = {}): GivenRecord {
    return this.#insert("Contact", { LastName: `Contact ${this.#next()}`, ...this.#ofAccount(values) });
  }

  /** An active product with an active standard price; `price` is 100 unless given. */
  product(options: GivenFields & { readonly price?: number } = {}): GivenProduct {
    const { price = PRICE, ...values } = options;
    const number = this.#next();
    const record = this.#insert("Product2", {
      Name: `Product ${number}`,
      ProductCode: `P-${number}`,
      IsActive: true,
      ...values,
    });
    const entry = this.#insert("PricebookEntry", {
      Pricebook2Id: this.standardPricebook(),
      Product2Id: record.Id,
      UnitPrice: price,
      IsActive: true,
    });
    return { Id: record.Id, record, pricebookEntryId: entry.Id };
  }

  /** An active price book of its own. */
  pricebook(values: GivenFields = {}): GivenRecord {
    return this.#insert("Pricebook2", { Name: `Price Book ${this.#next()}`, IsActive: true, ...values });
  }

  /** The Id of the standard price book, which is activated where it is not. */
  standardPricebook(): string {
    const book = this.#org.transaction(this.#org.systemActor, (tx) =>
      [...tx.rows("Pricebook2")].find((row) => row["IsStandard"] === true),
    );
    const id = String(book?.["Id"]);
    if (book?.["IsActive"] !== true) this.update("Pricebook2", id, { IsActive: true });
    return id;
  }

  /** A contract of an account, which is made unless `AccountId` is given; it starts today, for twelve months. */
  contract(options: GivenFields & { readonly activated?: boolean } = {}): GivenRecord {
    const { activated = false, ...values } = options;
    const contract = this.#insert("Contract", {
      StartDate: this.#today(),
      ContractTerm: 12,
      Status: "Draft",
      ...this.#ofAccount(values),
    });
    return activated ? this.update("Contract", contract.Id, { Status: "Activated" }) : contract;
  }

  /**
   * An order that starts today on the org's clock, with lines of a product at its standard price. `activated` needs at
   * least one line; one is made where `lines` is absent.
   */
  order(
    options: GivenFields & { readonly lines?: number | readonly GivenLine[]; readonly activated?: boolean } = {},
  ): GivenOrder {
    const { lines = 1, activated = false, ...values } = options;
    const wanted: readonly GivenLine[] =
      typeof lines === "number" ? Array.from({ length: Math.min(lines, LINES_MAX) }, () => ({})) : lines;
    const order = this.#insert("Order", {
      EffectiveDate: this.#today(),
      Status: "Draft",
      Pricebook2Id: this.standardPricebook(),
      ...this.#ofAccount(values),
    });
    const saved = wanted.map((line) => this.#line(order.Id, line));
    const record = activated ? this.update("Order", order.Id, { Status: "Activated" }) : this.#read("Order", order.Id);
    return { Id: order.Id, record, lines: activated ? saved.map((line) => this.#read("OrderItem", line.Id)) : saved };
  }

  #line(orderId: string, line: GivenLine): GivenRecord {
    const { product, quantity = 1, unitPrice = PRICE, ...fields } = line;
    this.#product = product === undefined ? this.#knownProduct() : this.#product;
    return this.#insert("OrderItem", {
      OrderId: orderId,
      PricebookEntryId: (product ?? this.#product)?.pricebookEntryId,
      Quantity: quantity,
      UnitPrice: unitPrice,
      ...fields,
    });
  }

  /** One product serves all lines that name none; after a reset of the org it is made again. */
  #knownProduct(): GivenProduct {
    const known = this.#product;
    const there =
      known !== undefined &&
      this.#org.transaction(this.#org.systemActor, (tx) => tx.get("Product2", known.Id)?.["IsDeleted"] === false);
    return there ? known : this.product();
  }

  #ofAccount(values: GivenFields): GivenFields {
    return "AccountId" in values ? values : { AccountId: this.account().Id, ...values };
  }

  #insert(object: string, values: GivenFields): GivenRecord {
    return this.#save(object, { operation: "insert", records: [{ object, values }], allOrNone: true });
  }

  #save(object: string, request: SaveRequest): GivenRecord {
    const actor = this.#org.actor(ADMIN_USER.username) ?? this.#org.systemActor;
    const [result] = this.#org.transaction(actor, (tx) => save(tx, request, this.#options));
    if (result?.success === true) return this.#read(object, result.id);
    const reasons = result?.faults.map((fault) => `${fault.code}: ${fault.message}`).join("; ");
    throw new Error(`The org refuses this ${object}: ${reasons ?? "no result"}`);
  }

  #read(object: string, id: string): GivenRecord {
    return this.#org.transaction(this.#org.systemActor, (tx) => {
      const name = tx.catalog.object(object)?.name ?? object;
      return { ...tx.get(name, id), Id: id };
    });
  }

  #today(): string {
    return new Date(this.#org.clock.nowMs()).toISOString().slice(0, 10);
  }

  #next(): number {
    this.#number += 1;
    return this.#number;
  }
}
