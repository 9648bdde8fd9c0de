/** The stage of one simulation: a mock org, an ERP, a mapping between them, and the people who edit on both sides. */

import type { SaveRequest, SaveResult } from "../../mock-server/dml/contract.ts";
import { merge } from "../../mock-server/dml/merge.ts";
import { save } from "../../mock-server/dml/save.ts";
import { OrgError } from "../../mock-server/errors.ts";
import { createMockOrg, type FaultHook, type MockOrg, textField } from "../../mock-server/index.ts";
import type { Transaction } from "../../mock-server/org/contract.ts";
import type { LongTransaction } from "../../mock-server/org/long-transaction.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import type { MappingInput } from "../../src/mapping/spec.ts";
import type { RowOperation } from "../../src/model/salesforce-record.ts";
import type { Side } from "../../src/model/value.ts";
import type { LateTransaction } from "./memory-erp.ts";
import { MemoryErp } from "./memory-erp.ts";
import { Random } from "./random.ts";

/** The user that the connector is in the org. */
export const CONNECTOR = "connector@mock.org";
const CLERK = "clerk@mock.org";
const START = Date.UTC(2026, 2, 2, 8);
const KEY = textField("ERP_Key__c", { externalId: true, unique: true, caseSensitive: true });
const KEYED = ["Account", "Product2", "PricebookEntry", "Order", "OrderItem"];

/** What differs from seed to seed beside the history. */
export interface StageConfig {
  readonly accountPolicy: Policy;
  readonly orderPolicy: Policy;
  readonly onActivated: "reopen" | "reduce" | "park";
  readonly activation: "inGraph" | "after";
  readonly createExternal: boolean;
  readonly deleteSalesforce: boolean;
  readonly deleteExternal: boolean;
  /** Our own clock minus the org's. */
  readonly skewMs: number;
  /** Who wins a conflict over these fields; null: the object's policy. */
  readonly owners: Readonly<Record<"Phone" | "Description" | "Quantity", Side | null>>;
  /** Which way a customer's city flows. */
  readonly cityDirection: "both" | "toSalesforce" | "toExternal";
  /** True where products and prices are polled, so that what users do to them is undone at once. */
  readonly watchPrices: boolean;
  /** So many rows of one kind go by a Bulk job; null: none does. */
  readonly bulkRows: number | null;
  /** True where feeds tell their news in any order and more than once. */
  readonly shuffled: boolean;
  /** Share of the org's calls that is kept for others. */
  readonly reserveShare: number;
  /** Calls that the org has left for the connector; null: more than anybody needs. */
  readonly callsLeft: number | null;
  readonly seed: number;
}

type Policy = "salesforce" | "external" | "newest" | "manual";

let template: Promise<MockOrg> | undefined;

/** A mock org of its own for one simulation, forked from one that is made once. */
async function freshOrg(): Promise<MockOrg> {
  template ??= templateOrg();
  return (await template).fork();
}

async function templateOrg(): Promise<MockOrg> {
  const org = await createMockOrg({
    now: START,
    idSeed: 7,
    journalEntries: 0,
    bulkPaceMs: 400,
    fields: Object.fromEntries(KEYED.map((object) => [object, [KEY]])),
    settings: { enableReductionOrders: true, enableNegativeQuantity: true },
    users: [CONNECTOR, CLERK].map((username) => ({ username, profile: "System Administrator" })),
  });
  // What a user may do is worked out once, and forks take it along.
  for (const username of [CONNECTOR, CLERK]) org.org.actor(username);
  return org;
}

/** A round number, so that shares of it are whole. */
const CALLS_OF_A_SMALL_ORG = 1_000;

/** The mapping of a stage. */
export function stageMapping(config: StageConfig): Mapping {
  const input: MappingInput = {
    source: "erp",
    objects: {
      Account: {
        collection: "customers",
        keyField: "ERP_Key__c",
        naturalKey: ["no"],
        policy: config.accountPolicy,
        create: { external: config.createExternal },
        delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
        fields: {
          Name: "name",
          Phone: { from: "phone", ...owned(config.owners.Phone) },
          BillingCity: { from: "city", direction: config.cityDirection },
        },
      },
      Product2: {
        collection: "products",
        keyField: "ERP_Key__c",
        naturalKey: ["sku"],
        watch: config.watchPrices,
        fields: { Name: "name", IsActive: { constant: true } },
      },
      PricebookEntry: {
        collection: "prices",
        keyField: "ERP_Key__c",
        naturalKey: ["sku"],
        watch: config.watchPrices,
        fields: {
          Product2Id: { from: "sku", reference: "Product2" },
          Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
          UnitPrice: "price",
          IsActive: { constant: true },
        },
      },
      Order: {
        collection: "orders",
        keyField: "ERP_Key__c",
        naturalKey: ["no"],
        policy: config.orderPolicy,
        create: { external: config.createExternal },
        delete: { salesforce: config.deleteSalesforce, external: config.deleteExternal },
        onActivated: config.onActivated,
        activation: config.activation,
        fields: {
          AccountId: { from: "customer_no", reference: "Account" },
          Pricebook2Id: { constant: "standard", reference: "Pricebook2", createOnly: true },
          EffectiveDate: "date",
          Description: { from: "note", ...owned(config.owners.Description) },
          Status: { from: "state", convert: { picklist: { draft: "Draft", released: "Activated" } } },
        },
        lines: {
          keyField: "ERP_Key__c",
          naturalKey: ["line_no"],
          fields: {
            PricebookEntryId: { from: "sku", reference: "PricebookEntry" },
            Quantity: { from: "quantity", ...owned(config.owners.Quantity) },
            UnitPrice: "price",
          },
        },
      },
    },
  };
  const compiled = compileMapping(input);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
  return compiled.mapping;
}

function owned(owner: Side | null): { readonly owner?: Side } {
  return owner === null ? {} : { owner };
}

const SKUS = ["TEA", "COF", "CHO"];
const WORDS = ["Ada", "Bo", "Cy", "Dot", "Eve", "Flo", "Gus", "Hal", "Ivy", "Jo", "Kay", "Lu"];

/** Both systems and the people in front of them. */
export class Stage {
  readonly mock: MockOrg;
  readonly erp: MemoryErp;
  readonly config: StageConfig;
  readonly mapping: Mapping;
  readonly #longTransactions: LongTransaction[] = [];
  readonly #lateTransactions: LateTransaction[] = [];
  readonly #locks: (() => void)[] = [];
  /** Hears what people do, for the report of a failing seed. */
  trace: (line: string) => void = () => {};
  #faultHook: FaultHook | undefined;
  #listening: Promise<string> | undefined;
  #words = 0;

  private constructor(mock: MockOrg, config: StageConfig) {
    this.mock = mock;
    this.config = config;
    this.mapping = stageMapping(config);
    this.erp = new MemoryErp(() => mock.clock.nowMs());
    for (const sku of SKUS) this.erp.put("products", sku, { name: `Product ${sku}`, price: "10" });
    const random = new Random(config.seed);
    this.erp.shuffle = config.shuffled ? new Random(random.fork()) : undefined;
    if (config.callsLeft !== null) {
      mock.apiUsage.max = CALLS_OF_A_SMALL_ORG;
      mock.apiUsage.charge(CALLS_OF_A_SMALL_ORG * (1 - config.reserveShare) - config.callsLeft);
    }
    for (const no of ["C1", "C2"]) this.#putCustomer(random, no);
    for (const no of ["O1", "O2"]) this.#putOrder(random, no);
  }

  static async create(config: StageConfig): Promise<Stage> {
    return new Stage(await freshOrg(), config);
  }

  get nowMs(): number {
    return this.mock.clock.nowMs();
  }

  /** True where Salesforce users merged the account away: a person has to merge it in the ERP too. */
  isMerged(key: string): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some(
        (row) => (row["ERP_Key__c"] ?? `erp:Account:${String(row["Id"])}`) === key && row["MasterRecordId"] !== null,
      ),
    );
  }

  /** True where users merged accounts. */
  hasMerged(): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some((row) => row["MasterRecordId"] !== null),
    );
  }

  /** True where a reduction order of the order stands as Draft: what it lowered shows no more, and it binds the order. */
  hasDraftReduction(key: string): boolean {
    const orders = this.live("Order");
    const id = orders.find((row) => row["ERP_Key__c"] === key)?.["Id"];
    return id !== undefined && orders.some((row) => row["OriginalOrderId"] === id && row["StatusCode"] === "Draft");
  }

  /** True where users took a product or a price out of use. */
  hasInactivePrices(): boolean {
    return [...this.live("PricebookEntry"), ...this.live("Product2")].some((row) => row["IsActive"] === false);
  }

  advance(ms: number): void {
    this.mock.clock.advance({ ms });
  }

  /** The address of the org over HTTP; opened once. */
  async listen(): Promise<string> {
    this.#listening ??= this.mock.listen().then(({ url }) => url);
    return await this.#listening;
  }

  /** Live records of an object. */
  live(object: string): readonly Row[] {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows(object)].filter((row) => row["IsDeleted"] !== true),
    );
  }

  /** Faults at the wire while `work` goes on; works within one another. */
  async withFaults<Result>(hook: FaultHook, work: () => Promise<Result>): Promise<Result> {
    const before = this.#faultHook;
    this.#setFaults(hook);
    try {
      return await work();
    } finally {
      this.#setFaults(before);
    }
  }

  #setFaults(hook: FaultHook | undefined): void {
    this.#faultHook = hook;
    this.mock.faultHook = hook;
  }

  /** One edit of a person, drawn from the seed. Whatever the systems refuse to people does not happen. */
  edit(seed: number): void {
    const random = new Random(seed);
    try {
      if (random.chance(0.5)) this.#editErp(random);
      else this.#editSalesforce(random);
    } catch (error) {
      // What an org refuses as a whole (a lock within a merge) it refuses to people too.
      if (!(error instanceof OrgError)) throw error;
    }
  }

  /** Somebody edits what is about to be written. */
  race(seed: number, operations: readonly RowOperation[]): void {
    const random = new Random(seed);
    const rows = operations.flatMap((operation) => {
      if (operation.kind === "upsert") return [];
      const row = this.live(operation.object).find((each) => each["Id"] === operation.recordId);
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
      const late = this.erp.begin();
      this.#lateTransactions.push(late);
      late.put("customers", random.pick(["C1", "C2", "C3"]), { name: this.#word(random), city: this.#word(random) });
      const order = random.pick(["O1", "O2"]);
      if (this.erp.row("orders", order) !== undefined) late.put("orders", order, { note: this.#word(random) });
      return;
    }
    const long = this.mock.org.openLongTransaction(this.#clerk());
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
    if (row !== undefined) this.#locks.push(this.mock.org.lockRow(String(row["Id"])));
  }

  unlock(): void {
    for (const release of this.#locks.splice(0)) release();
  }

  /** Some rows of the connector are refused while their neighbours pass: a lock, a trigger, a rule that somebody made. */
  refuseRows(seed: number): void {
    const random = new Random(seed);
    this.mock.faults.add({
      act: "partial-failure",
      user: CONNECTOR,
      object: random.pick(["Account", "Order", "OrderItem"]),
      times: 1 + random.below(3),
      code: random.pick(["UNABLE_TO_LOCK_ROW", "UNKNOWN_EXCEPTION", "FIELD_CUSTOM_VALIDATION_EXCEPTION"]),
      message: "the simulation refuses the row",
    });
  }

  /** Other applications call the org. */
  callByOthers(calls: number): void {
    this.mock.apiUsage.charge(calls);
  }

  /** Everything that people hold ends, and a new day of calls begins. */
  settle(): void {
    this.unlock();
    this.mock.faults.clear();
    this.mock.apiUsage.reset();
    while (this.#lateTransactions.length + this.#longTransactions.length > 0) this.commitLate();
  }

  #editErp(random: Random): void {
    const { erp } = this;
    const orders = erp.rows("orders").map((row) => row.key[0] ?? "");
    const customers = erp.rows("customers").map((row) => row.key[0] ?? "");
    const draw = random.below(15);
    const order = orders.length === 0 ? undefined : random.pick(orders);
    const customer = customers.length === 0 ? undefined : random.pick(customers);
    if (draw === 0) return this.#putCustomer(random, `C${1 + random.below(4)}`);
    if (draw === 3) return erp.put("products", random.pick(SKUS), { price: String(5 + random.below(20)) });
    if (draw === 14) return erp.put("products", random.pick(SKUS), { name: this.#word(random) });
    if (draw === 4 || draw === 5) return this.#putOrder(random, `O${1 + random.below(4)}`);
    if (order === undefined || customer === undefined) return;
    switch (draw) {
      case 1:
      case 2:
        return erp.put("customers", customer, { [random.pick(["name", "phone", "city"])]: this.#word(random) });
      case 6:
        return erp.put("orders", order, { note: this.#word(random) });
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
        if (customers.includes(customer) && !erp.rows("orders").some((row) => row.fields["customer_no"] === customer))
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
    return this.live("Pricebook2")[0]?.["Id"];
  }

  #undelete(random: Random): void {
    const object = random.pick(["Order", "Account"]);
    const deleted = this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows(object)].filter((row) => row["IsDeleted"] === true),
    );
    const row = deleted[random.below(Math.max(1, deleted.length))];
    if (row !== undefined) this.#save("undelete", object, row, {});
  }

  #merge(random: Random): void {
    const accounts = this.live("Account");
    if (accounts.length < 2) return;
    const master = random.pick(accounts);
    const loser = random.pick(accounts.filter((row) => row !== master));
    this.trace(`    Salesforce: merge ${String(loser["ERP_Key__c"])} into ${String(master["ERP_Key__c"])}`);
    this.mock.org.transaction(this.#clerk(), (tx) =>
      merge(tx, { object: "Account", masterId: String(master["Id"]), loserIds: [String(loser["Id"])] }),
    );
  }

  #putCustomer(random: Random, no: string): void {
    this.erp.put("customers", no, { name: this.#word(random), phone: this.#word(random), city: this.#word(random) });
  }

  #putOrder(random: Random, no: string): void {
    if (this.erp.row("orders", no) !== undefined) return;
    const customers = this.erp.rows("customers").map((row) => row.key[0] ?? "");
    if (customers.length === 0) return;
    const lines = Array.from({ length: 1 + random.below(3) }, (_, index) => [
      `${(index + 1) * 10}`,
      this.#line(random),
    ]);
    this.erp.put(
      "orders",
      no,
      {
        customer_no: random.pick(customers),
        date: "2026-03-01",
        state: random.pick(["draft", "draft", "released"]),
        note: this.#word(random),
      },
      Object.fromEntries(lines),
    );
  }

  #line(random: Random): { readonly sku: string; readonly quantity: string; readonly price: string } {
    return { sku: random.pick(SKUS), quantity: String(1 + random.below(9)), price: String(5 + random.below(20)) };
  }

  /** Never the same text twice, so that every value tells where it came from. */
  #word(random: Random): string {
    this.#words += 1;
    return `${random.pick(WORDS)} ${this.#words}`;
  }

  #some(random: Random, object: string): Row | undefined {
    const rows = this.live(object);
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
    const results = this.mock.org.transaction(this.#clerk(), (tx) => save(tx, request));
    this.trace(
      `    Salesforce: ${request.operation} ${JSON.stringify(request.records)} ${results[0]?.success === true ? "" : "refused"}`,
    );
    return results;
  }

  #clerk(): NonNullable<ReturnType<MockOrg["org"]["actor"]>> {
    const actor = this.mock.org.actor(CLERK);
    if (actor === undefined) throw new Error("the stage has a clerk");
    return actor;
  }
}

function update(tx: Transaction, row: Row, object: string, values: Record<string, unknown>): void {
  save(tx, { operation: "update", allOrNone: false, records: [{ object, id: String(row["Id"]), values }] });
}
