/**
 * A small org for the tests of this room: an account, products with standard and custom prices, and short verbs to save
 * records in it. Only what a test is about is written in the test.
 */
import { withMulticurrency } from "../../../fixtures/objects/features.ts";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import type { SaveOptions } from "../../../mock-server/dml/options.ts";
import type { SaveRequest, SaveResult } from "../../../mock-server/dml/port.ts";
import { save } from "../../../mock-server/dml/save.ts";
import { frozenClock } from "../../../mock-server/org/clock.ts";
import { createOrg, type MockOrgCore } from "../../../mock-server/org/org.ts";
import type { PermissionDefinition } from "../../../mock-server/org/permissions.ts";
import type { OrgSettings, Transaction } from "../../../mock-server/org/port.ts";
import type { FieldDefinition, ObjectDefinition, Row } from "../../../mock-server/schema/definition.ts";

export type Values = Readonly<Record<string, unknown>>;

const NOON = Date.UTC(2026, 7, 1, 12);

/** How an org differs from the stock one. */
export interface ShopOptions {
  readonly settings?: Partial<OrgSettings>;
  /** Fields added to an object, by object name. */
  readonly fields?: Readonly<Record<string, readonly FieldDefinition[]>>;
  readonly objects?: readonly ObjectDefinition[];
  readonly replace?: (definition: ObjectDefinition) => ObjectDefinition;
  readonly permissions?: readonly PermissionDefinition[];
  /** Makes it a multicurrency org; the first is the default. */
  readonly currencies?: readonly string[];
}

export class Shop {
  readonly org: MockOrgCore;
  user = "admin@mock.org";
  options: SaveOptions = {};
  readonly account: string;
  readonly otherAccount: string;
  readonly standardBook: string;
  readonly book: string;
  readonly otherBook: string;
  readonly product: string;
  readonly standardEntry: string;
  /** Active, in `book`, at 499. */
  readonly entry: string;
  /** Active, in `otherBook`. */
  readonly otherEntry: string;

  constructor({
    settings,
    fields = {},
    replace = (same) => same,
    permissions = [],
    currencies,
    objects: own = [],
  }: ShopOptions = {}) {
    const objects = [
      ...(currencies === undefined ? STANDARD_OBJECTS : withMulticurrency(STANDARD_OBJECTS, currencies)),
      ...own,
    ];
    this.org = createOrg({
      definitions: objects.map((definition) =>
        replace({ ...definition, fields: [...definition.fields, ...(fields[definition.name] ?? [])] }),
      ),
      clock: frozenClock(NOON),
      seed: 1,
      permissions,
      users: permissions.map(({ name }) => ({ username: `${name}@mock.org`, profile: name })),
      ...(settings && { settings }),
    });
    const [standard] = this.rows("Pricebook2");
    this.standardBook = String(standard?.["Id"]);
    this.account = this.insert("Account", { Name: "Acme" });
    this.otherAccount = this.insert("Account", { Name: "Globex" });
    this.book = this.insert("Pricebook2", { Name: "Retail", IsActive: true });
    this.otherBook = this.insert("Pricebook2", { Name: "Wholesale", IsActive: true });
    this.product = this.insert("Product2", { Name: "Anvil", ProductCode: "A-1", IsActive: true });
    this.standardEntry = this.price(this.standardBook, 500);
    this.entry = this.price(this.book, 499);
    this.otherEntry = this.price(this.otherBook, 400);
  }

  save(request: SaveRequest, options: SaveOptions = this.options): readonly SaveResult[] {
    const actor = this.org.actor(this.user);
    if (actor === undefined) throw new Error(`no user ${this.user}`);
    return this.org.transaction(actor, (tx) => save(tx, request, options));
  }

  one(operation: SaveRequest["operation"], object: string, id: string | undefined, values: Values): SaveResult {
    const record = { object, values, ...(id !== undefined && { id }) };
    const [result] = this.save({ operation, allOrNone: false, records: [record] });
    if (result === undefined) throw new Error("one record has one result");
    return result;
  }

  tryInsert(object: string, values: Values): SaveResult {
    return this.one("insert", object, undefined, values);
  }

  tryUpdate(object: string, id: string, values: Values): SaveResult {
    return this.one("update", object, id, values);
  }

  tryDelete(object: string, id: string): SaveResult {
    return this.one("delete", object, id, {});
  }

  insert(object: string, values: Values): string {
    return succeeded(this.tryInsert(object, values));
  }

  update(object: string, id: string, values: Values): void {
    succeeded(this.tryUpdate(object, id, values));
  }

  delete(object: string, id: string): void {
    succeeded(this.tryDelete(object, id));
  }

  undelete(object: string, id: string): void {
    succeeded(this.one("undelete", object, id, {}));
  }

  row(object: string, id: string): Row {
    return this.org.transaction(this.org.systemActor, (tx) => this.rowIn(tx, object, id));
  }

  rowIn(tx: Transaction, object: string, id: string): Row {
    const row = tx.get(object, id);
    if (row === undefined) throw new Error(`no ${object} ${id}`);
    return row;
  }

  rows(object: string): readonly Row[] {
    return this.org.transaction(this.org.systemActor, (tx) => [...tx.rows(object)]);
  }

  /** An active entry for the product. */
  price(book: string, unitPrice: number, values: Values = {}): string {
    return this.insert("PricebookEntry", {
      Pricebook2Id: book,
      Product2Id: this.product,
      UnitPrice: unitPrice,
      IsActive: true,
      ...values,
    });
  }

  orderValues(values: Values = {}): Values {
    return {
      AccountId: this.account,
      EffectiveDate: "2026-08-01",
      Status: "Draft",
      Pricebook2Id: this.book,
      ...values,
    };
  }

  itemValues(orderId: string, values: Values = {}): Values {
    return { OrderId: orderId, PricebookEntryId: this.entry, Quantity: 2, UnitPrice: 499, ...values };
  }

  /** A draft order without products. */
  order(values: Values = {}): string {
    return this.insert("Order", this.orderValues(values));
  }

  item(orderId: string, values: Values = {}): string {
    return this.insert("OrderItem", this.itemValues(orderId, values));
  }

  /** An order with one product, activated. */
  activatedOrder(values: Values = {}): string {
    const id = this.order(values);
    this.item(id);
    this.update("Order", id, { Status: "Activated" });
    return id;
  }

  contract(values: Values = {}): string {
    return this.insert("Contract", { AccountId: this.account, ...values });
  }
}

/** The Id of a saved record; throws with the faults of a refused one. */
export function succeeded(result: SaveResult): string {
  if (!result.success) throw new Error(result.faults.map((fault) => `${fault.code}: ${fault.message}`).join("; "));
  return result.id;
}

/** What a refusal says, as a single-row call would answer it: `CODE: message [fields]`. */
export function refusal(result: SaveResult): string {
  if (result.success) return "saved";
  return result.faults
    .map(({ code, message, fields }) => `${code}: ${message}${fields === undefined ? "" : ` [${fields.join(",")}]`}`)
    .join(" | ");
}

/** A profile that may do everything but what is left out. */
export function profileWithout(name: string, ...missing: readonly string[]): PermissionDefinition {
  const all = ["ApiEnabled", "ActivateOrder", "EditActivatedOrders", "CreateReductionOrder", "ActivateContract"];
  const rights = { create: true, read: true, edit: true, delete: true, viewAll: true, modifyAll: true };
  return {
    kind: "profile",
    name,
    userPermissions: [...all, "DeleteActivatedContract", "ManageUsers"].filter(
      (permission) => !missing.includes(permission),
    ),
    grant: { objects: {}, otherObjects: rights, fields: {}, otherFields: { read: true, edit: true } },
  };
}
