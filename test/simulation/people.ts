/** The people in front of both systems: what they edit, drawn from seeds, and what they hold open meanwhile. */

import { merge } from "../../mock-server/dml/merge.ts";
import type { SaveRequest, SaveResult } from "../../mock-server/dml/port.ts";
import { save } from "../../mock-server/dml/save.ts";
import { OrgError } from "../../mock-server/errors.ts";
import type { MockOrg } from "../../mock-server/index.ts";
import type { LongTransaction } from "../../mock-server/org/long-transaction.ts";
import type { Transaction } from "../../mock-server/org/port.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import type { RowOperation } from "../../src/model/salesforce-record.ts";
import { type Erp, type LineChanges, nameOf, type OpenTransaction } from "./erp.ts";
import { liveRows } from "./org-rows.ts";
import { Random } from "./random.ts";
import {
  firstNumber,
  type KeyKind,
  type Named,
  recordName,
  referenceFields,
  referredName,
  skusOf,
  type World,
} from "./world.ts";

/** The user that a person is in the org. */
export const CLERK = "clerk@mock.org";

const WORDS = ["Ada", "Bo", "Cy", "Dot", "Eve", "Flo", "Gus", "Hal", "Ivy", "Jo", "Kay", "Lu"];

/** Everybody but the connector. */
export class People {
  readonly #mock: MockOrg;
  readonly #erp: Erp;
  readonly #longTransactions: LongTransaction[] = [];
  readonly #lateTransactions: OpenTransaction[] = [];
  readonly #locks: (() => void)[] = [];
  /** Hears what people do, for the report of a failing seed. */
  trace: (line: string) => void = () => {};
  readonly #contracts: boolean;
  readonly #world: World | null;
  readonly #keys: KeyKind;
  readonly #skus: readonly string[];
  #words = 0;

  constructor(
    mock: MockOrg,
    erp: Erp,
    { contracts, world }: { readonly contracts: boolean; readonly world: World | null },
  ) {
    this.#mock = mock;
    this.#erp = erp;
    this.#contracts = contracts;
    this.#world = world;
    this.#keys = world?.keys ?? "text";
    this.#skus = skusOf(this.#keys);
  }

  /** What is in the ERP when a history begins. */
  open(random: Random): void {
    const first = (kind: Named, count: number): readonly string[] =>
      Array.from({ length: count }, (_, index) => this.#name(kind, index));
    for (const no of first("customer", this.#many.customers)) this.#putCustomer(random, no);
    if (this.#contracts) for (const no of first("contract", 2)) this.#putContract(random, no);
    for (const no of first("order", this.#many.orders)) this.#putOrder(random, no);
  }

  /** What is in Salesforce too when a history begins: customers with their keys, of which the connector knows nothing. */
  openSalesforce(seed: number): void {
    const random = new Random(seed);
    for (let index = 0; index < (this.#world?.existing ?? 0); index += 1)
      this.#insertKeyed(random, this.#name("customer", index));
    const { existing = 0, unkeyed = 0 } = this.#world ?? {};
    for (let index = existing; index < existing + unkeyed; index += 1)
      this.#insertAlike(String(this.#erp.row("customers", this.#name("customer", index))?.fields["name"]));
  }

  /** A customer that is in Salesforce by the same name, and without a key. */
  #insertAlike(name: string): void {
    const values = { Name: name.trim(), Phone: null };
    this.#saveAll({ operation: "insert", allOrNone: false, records: [{ object: "Account", values }] });
  }

  /** This many records are in the ERP when a history begins. */
  get #many(): Pick<World, "customers" | "orders"> {
    return this.#world ?? { customers: 2, orders: 2 };
  }

  #name(kind: Named, index: number): string {
    return recordName(this.#keys, kind, firstNumber(this.#world, kind) + index);
  }

  /** The name of a record that may be there or not. */
  #someName(random: Random, kind: Named, among: number): string {
    return this.#name(kind, random.below(among));
  }

  /** A customer that is in Salesforce with its key before the connector has ever run. */
  #insertKeyed(random: Random, no: string): void {
    const key = `erp:Account:${no.split("|").join(":")}`;
    const values = { ERP_Key__c: key, Name: this.#word(random), Phone: this.#word(random) };
    this.#saveAll({ operation: "insert", allOrNone: false, records: [{ object: "Account", values }] });
  }

  /** One edit of a person, drawn from the seed. Whatever the systems refuse to people does not happen. */
  edit(seed: number): void {
    const random = new Random(seed);
    try {
      if (this.#contracts && random.chance(0.25)) this.#editContracts(random);
      else if (random.chance(0.5)) this.#editErp(random);
      else this.#editSalesforce(random);
    } catch (error) {
      // What an org refuses as a whole (a lock within a merge) it refuses to people too.
      if (!(error instanceof OrgError)) throw error;
    }
  }

  /** What people do beside plain edits: they swap the lines of an order, number them again, and replace them. */
  habit(seed: number): void {
    const random = new Random(seed);
    const orders = this.#erp.rows("orders");
    const [draw, order] = [random.below(6), orders[random.below(Math.max(1, orders.length))]];
    if (draw === 5) return this.#replaceInSalesforce(random);
    if (order === undefined) return;
    const lines = [...order.lines].map(([no, { line_no: _no, ...line }]) => ({ no, line }));
    if (lines.length === 0) return;
    const [one, other] = [random.pick(lines), random.pick(lines)];
    const put = (changes: LineChanges): void => this.#erp.put("orders", nameOf(order), {}, changes);
    switch (draw) {
      case 0:
        return put({ [one.no]: other.line, [other.no]: one.line });
      case 1:
        return put({ [one.no]: null, [String(Number(one.no) + 5)]: one.line });
      case 2:
        return put({ [one.no]: { ...one.line, sku: random.pick(this.#skus) } });
      case 3: {
        // A line is inserted on top: all others move down by one.
        const moved = Object.fromEntries(lines.map(({ no, line }) => [String(Number(no) + 10), line]));
        return put({ ...moved, [lines[0]?.no ?? "10"]: this.#line(random) });
      }
      default:
        return this.#erp.put("products", random.pick(this.#skus), { price: this.#price(random) });
    }
  }

  /** A user deletes a line and enters another product instead, as users must: Salesforce lets nobody change it. */
  #replaceInSalesforce(random: Random): void {
    const item = this.#some(random, "OrderItem");
    const entry = this.#some(random, "PricebookEntry");
    if (item === undefined || entry === undefined) return;
    this.#save("delete", "OrderItem", item, {});
    const { OrderId, Quantity } = item;
    const values = { OrderId, Quantity, PricebookEntryId: entry["Id"], UnitPrice: 5 + random.below(20) };
    this.#saveAll({ operation: "insert", allOrNone: false, records: [{ object: "OrderItem", values }] });
  }

  /** Somebody edits what is about to be written. */
  race(seed: number, operations: readonly RowOperation[]): void {
    const random = new Random(seed);
    const rows = operations.flatMap((operation) => {
      if (operation.kind === "upsert") return [];
      const row = liveRows(this.#mock, operation.object).find((each) => each["Id"] === operation.recordId);
      const written =
        operation.kind === "update" ? Object.keys(operation.fields) : Object.keys(this.#newValues(random));
      const fields = written.filter((field) => row !== undefined && Object.hasOwn(row, field));
      return row === undefined ? [] : [{ object: operation.object, row, fields }];
    });
    if (rows.length === 0) return;
    const { object, row, fields } = random.pick(rows);
    const values = this.#newValues(random);
    const editable = fields.filter((field) => Object.hasOwn(values, field));
    if (editable.length === 0) return;
    const field = random.pick(editable);
    this.#save("update", object, row, { [field]: values[field] });
  }

  /** What a person may write into each field. */
  #newValues(random: Random): Readonly<Record<string, unknown>> {
    return {
      Name: this.#word(random),
      Phone: this.#word(random),
      BillingCity: this.#word(random),
      Description: this.#word(random),
      Status: random.pick(["Draft", "Activated"]),
      Quantity: 1 + random.below(9),
      UnitPrice: 30 + random.below(20),
    };
  }

  /** A long transaction takes its stamps now and stays open. */
  openLate(seed: number): void {
    const random = new Random(seed);
    if (random.chance(0.5)) {
      const late = this.#erp.begin();
      this.#lateTransactions.push(late);
      late.put("customers", this.#someName(random, "customer", this.#many.customers + 1), {
        name: this.#word(random),
        city: this.#word(random),
      });
      const order = this.#someName(random, "order", 2);
      if (this.#erp.row("orders", order) !== undefined) late.put("orders", order, { note: this.#word(random) });
      return;
    }
    const long = this.#mock.org.openLongTransaction(this.#clerk());
    this.#longTransactions.push(long);
    const account = this.#some(random, "Account");
    const order = this.#some(random, "Order");
    long.run((tx) => {
      if (account !== undefined) update(tx, account, "Account", { Name: this.#word(random) });
      if (order !== undefined && random.chance(0.5)) update(tx, order, "Order", { Description: this.#word(random) });
    });
  }

  /** The oldest open transaction on either side commits. */
  commitLate(): void {
    const late = this.#lateTransactions.shift();
    const long = this.#longTransactions.shift();
    late?.commit();
    try {
      if (long?.open === true) long.commit();
    } catch (error) {
      // A row that somebody else holds: the transaction is lost, as its user will notice.
      if (!(error instanceof OrgError)) throw error;
    }
  }

  /** Somebody holds a row for a while. */
  lockRow(seed: number): void {
    const random = new Random(seed);
    const row = this.#some(random, random.chance(0.5) ? "Order" : "Account");
    if (row !== undefined) this.#locks.push(this.#mock.org.lockRow(String(row["Id"])));
  }

  unlock(): void {
    for (const release of this.#locks.splice(0)) release();
  }

  /** Everything that they hold ends. */
  letGo(): void {
    this.unlock();
    while (this.#lateTransactions.length + this.#longTransactions.length > 0) this.commitLate();
  }

  #editErp(random: Random): void {
    const erp = this.#erp;
    const orders = erp.rows("orders").map(nameOf);
    const customers = erp.rows("customers").map(nameOf);
    const draw = random.below(15);
    const order = orders.length === 0 ? undefined : random.pick(orders);
    const customer = customers.length === 0 ? undefined : random.pick(customers);
    if (draw === 0) return this.#putCustomer(random, this.#someName(random, "customer", this.#many.customers + 2));
    if (draw === 3) return erp.put("products", random.pick(this.#skus), { price: this.#price(random) });
    if (draw === 14) return erp.put("products", random.pick(this.#skus), { name: this.#word(random) });
    if (draw === 4 || draw === 5) return this.#putOrder(random, this.#someName(random, "order", this.#many.orders + 2));
    if (order === undefined || customer === undefined) return;
    switch (draw) {
      case 1:
      case 2:
        return erp.put("customers", customer, { [random.pick(["name", "phone", "city"])]: this.#entry(random) });
      case 6:
        return erp.put("orders", order, { note: this.#entry(random) });
      case 7:
        return erp.put("orders", order, { state: random.pick(["draft", "released"]) });
      case 8:
      case 9: {
        const line = random.pick([...(erp.row("orders", order)?.lines.keys() ?? []), "10"]);
        if (erp.row("orders", order)?.lines.has(line) !== true) return;
        return erp.put("orders", order, {}, { [line]: { quantity: String(1 + random.below(9)) } });
      }
      case 10: {
        const line = `${10 * (1 + random.below(4))}`;
        if (erp.row("orders", order) === undefined || erp.row("orders", order)?.lines.has(line) === true) return;
        return erp.put("orders", order, {}, { [line]: this.#line(random) });
      }
      case 11: {
        const lines = [...(erp.row("orders", order)?.lines.keys() ?? [])];
        if (lines.length > 1) erp.put("orders", order, {}, { [random.pick(lines)]: null });
        return;
      }
      case 12:
        return erp.remove("orders", order);
      default:
        if (
          customers.includes(customer) &&
          !erp.rows("orders").some((row) => referredName(row.fields, "customer") === customer)
        )
          erp.remove("customers", customer);
    }
  }

  #editSalesforce(random: Random): void {
    const account = this.#some(random, "Account");
    const order = this.#some(random, "Order");
    const item = this.#some(random, "OrderItem");
    const draw = random.below(17);
    switch (draw) {
      case 0:
      case 1:
      case 2: {
        const field = random.pick(["Name", "Phone", "BillingCity"]);
        if (account !== undefined) this.#save("update", "Account", account, { [field]: this.#word(random) });
        return;
      }
      case 3:
      case 4:
        if (order !== undefined) this.#save("update", "Order", order, { Description: this.#word(random) });
        return;
      case 5:
        if (order !== undefined) this.#save("update", "Order", order, { Status: random.pick(["Draft", "Activated"]) });
        return;
      case 6:
      case 7:
        if (item !== undefined) this.#save("update", "OrderItem", item, { Quantity: 1 + random.below(9) });
        return;
      case 8:
        if (item !== undefined) this.#save("delete", "OrderItem", item, {});
        return;
      case 9:
        if (order !== undefined) this.#save("delete", "Order", order, {});
        return;
      case 10:
        if (account !== undefined) this.#save("delete", "Account", account, {});
        return;
      case 11:
        return this.#undelete(random);
      case 12:
        if (random.chance(0.5))
          this.#saveAll({
            operation: "insert",
            allOrNone: false,
            records: [{ object: "Account", values: { Name: this.#word(random) } }],
          });
        else if (account !== undefined)
          this.#saveAll({
            operation: "insert",
            allOrNone: false,
            records: [
              {
                object: "Order",
                values: {
                  AccountId: account["Id"],
                  EffectiveDate: "2026-03-01",
                  Status: "Draft",
                  Pricebook2Id: this.#standardBook(),
                  Description: this.#word(random),
                },
              },
            ],
          });
        return;
      case 13:
        if (item !== undefined) this.#save("update", "OrderItem", item, { UnitPrice: 5 + random.below(20) });
        return;
      case 14:
        return this.#editPrices(random);
      case 15:
        if (order !== undefined) this.#save("update", "Order", order, { AccountId: account?.["Id"] });
        return;
      default:
        return this.#merge(random);
    }
  }

  /** Products and prices are the ERP's, but nobody keeps a user's hands off them. */
  #editPrices(random: Random): void {
    const entry = this.#some(random, "PricebookEntry");
    const product = this.#some(random, "Product2");
    if (entry === undefined || product === undefined) return;
    switch (random.below(4)) {
      case 0:
        return this.#save("update", "PricebookEntry", entry, { UnitPrice: 5 + random.below(20) });
      case 1:
        return this.#save("update", "PricebookEntry", entry, { IsActive: false });
      case 2:
        return this.#save("update", "Product2", product, { IsActive: false });
      default:
        return this.#save("update", "Product2", product, { Name: this.#word(random) });
    }
  }

  #standardBook(): unknown {
    return liveRows(this.#mock, "Pricebook2")[0]?.["Id"];
  }

  #undelete(random: Random): void {
    const object = random.pick(this.#contracts ? ["Order", "Account", "Contract"] : ["Order", "Account"]);
    const deleted = this.#mock.org.transaction(this.#mock.org.systemActor, (tx) =>
      [...tx.rows(object)].filter((row) => row["IsDeleted"] === true),
    );
    const row = deleted[random.below(Math.max(1, deleted.length))];
    if (row !== undefined) this.#save("undelete", object, row, {});
  }

  #merge(random: Random): void {
    const accounts = liveRows(this.#mock, "Account");
    if (accounts.length < 2) return;
    const master = random.pick(accounts);
    const loser = random.pick(accounts.filter((row) => row !== master));
    this.trace(`    Salesforce: merge ${String(loser["ERP_Key__c"])} into ${String(master["ERP_Key__c"])}`);
    this.#mock.org.transaction(this.#clerk(), (tx) =>
      merge(tx, { object: "Account", masterId: String(master["Id"]), loserIds: [String(loser["Id"])] }),
    );
  }

  #putCustomer(random: Random, no: string): void {
    this.#erp.put("customers", no, {
      name: this.#entry(random),
      phone: this.#entry(random),
      city: this.#entry(random),
    });
  }

  #putOrder(random: Random, no: string): void {
    if (this.#erp.row("orders", no) !== undefined) return;
    const customers = this.#erp.rows("customers").map(nameOf);
    if (customers.length === 0) return;
    const customer = random.pick(customers);
    const contract = this.#contracts ? this.#contractOf(random, customer) : null;
    const lines = Array.from({ length: 1 + random.below(3) }, (_, index) => [
      `${(index + 1) * 10}`,
      this.#line(random),
    ]);
    this.#erp.put(
      "orders",
      no,
      {
        ...referenceFields(this.#keys, "customer", customer),
        ...referenceFields(this.#keys, "contract", contract),
        date: "2026-03-01",
        state: random.pick(["draft", "draft", "released"]),
        note: this.#word(random),
      },
      Object.fromEntries(lines),
    );
  }

  #putContract(random: Random, no: string): void {
    if (this.#erp.row("contracts", no) !== undefined) return;
    const customers = this.#erp.rows("customers").map(nameOf);
    if (customers.length === 0) return;
    const state = random.pick(["draft", "active", "active"]);
    this.#erp.put("contracts", no, {
      ...referenceFields(this.#keys, "customer", random.pick(customers)),
      state,
      note: this.#word(random),
    });
  }

  /** A contract of the customer, or none. */
  #contractOf(random: Random, customer: string): string | null {
    const own = this.#erp.rows("contracts").filter((row) => referredName(row.fields, "customer") === customer);
    return random.pick([null, ...own.map(nameOf)]);
  }

  /** Contracts, and which orders stand under them. */
  #editContracts(random: Random): void {
    const erp = this.#erp;
    const contracts = erp.rows("contracts").map(nameOf);
    const no = contracts.length === 0 ? undefined : random.pick(contracts);
    const orders = erp.rows("orders");
    const record = this.#some(random, "Contract");
    const order = this.#some(random, "Order");
    switch (random.below(10)) {
      case 0:
        return this.#putContract(random, this.#someName(random, "contract", 4));
      case 1:
        return no === undefined ? undefined : erp.put("contracts", no, { note: this.#word(random) });
      case 2:
        return no === undefined ? undefined : erp.put("contracts", no, { state: random.pick(["draft", "active"]) });
      case 3:
        if (no !== undefined && !orders.some((row) => referredName(row.fields, "contract") === no))
          erp.remove("contracts", no);
        return;
      case 4:
      case 5: {
        if (orders.length === 0) return;
        const row = random.pick(orders);
        const contract = this.#contractOf(random, referredName(row.fields, "customer") ?? "");
        return erp.put("orders", nameOf(row), referenceFields(this.#keys, "contract", contract));
      }
      case 6:
        return record === undefined
          ? undefined
          : this.#save("update", "Contract", record, { Description: this.#word(random) });
      case 7:
        return record === undefined
          ? undefined
          : this.#save("update", "Contract", record, { Status: random.pick(["Draft", "Activated"]) });
      case 8:
        return record === undefined ? undefined : this.#save("delete", "Contract", record, {});
      default:
        if (order === undefined) return;
        return this.#save("update", "Order", order, { ContractId: random.pick([null, record?.["Id"] ?? null]) });
    }
  }

  #line(random: Random): { readonly sku: string; readonly quantity: string; readonly price: string } {
    return { sku: random.pick(this.#skus), quantity: String(1 + random.below(9)), price: this.#price(random) };
  }

  /** What something costs in the ERP. */
  #price(random: Random): string {
    const whole = String(5 + random.below(20));
    // Seventeen and eighteen digits: more than a JSON number of a program in JavaScript holds.
    if (this.#world?.unruly?.digits === true && random.chance(0.5))
      return random.pick(["1234567890123456.78", "123456789012345.67", "9007199254740993.25"]);
    return this.#world?.odd === true ? `${whole}.${random.pick(["5", "125", "3349", "99995"])}` : whole;
  }

  /** A text of the ERP's. */
  #entry(random: Random): string {
    const word = this.#word(random);
    return this.#world?.odd === true ? random.pick([word, `${word}  `, `  ${word}`]) : word;
  }

  /** Never the same text twice, so that every value tells where it came from. */
  #word(random: Random): string {
    this.#words += 1;
    return `${random.pick(WORDS)} ${this.#words}`;
  }

  #some(random: Random, object: string): Row | undefined {
    const rows = liveRows(this.#mock, object);
    return rows[random.below(Math.max(1, rows.length))];
  }

  #save(
    operation: "update" | "delete" | "undelete",
    object: string,
    row: Row,
    values: Readonly<Record<string, unknown>>,
  ): void {
    this.#saveAll({ operation, allOrNone: false, records: [{ object, id: String(row["Id"]), values }] });
  }

  #saveAll(request: SaveRequest): readonly SaveResult[] {
    const results = this.#mock.org.transaction(this.#clerk(), (tx) => save(tx, request));
    this.trace(
      `    Salesforce: ${request.operation} ${JSON.stringify(request.records)} ${results[0]?.success === true ? "" : "refused"}`,
    );
    return results;
  }

  #clerk(): NonNullable<ReturnType<MockOrg["org"]["actor"]>> {
    const actor = this.#mock.org.actor(CLERK);
    if (actor === undefined) throw new Error("the stage has a clerk");
    return actor;
  }
}

function update(tx: Transaction, row: Row, object: string, values: Record<string, unknown>): void {
  save(tx, { operation: "update", allOrNone: false, records: [{ object, id: String(row["Id"]), values }] });
}
