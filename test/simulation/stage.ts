/** The stage of one simulation: a mock org, an ERP, a mapping between them, and the people in front of both. */
import { createMockOrg, type FaultHook, type MockOrg } from "../../mock-server/index.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import type { Value } from "../../src/model/value.ts";
import { keyFields } from "../support/erp-mapping.ts";
import type { Erp, Upheaval } from "./erp.ts";
import { MemoryErp } from "./memory-erp.ts";
import { liveRows } from "./org-rows.ts";
import { CLERK, People } from "./people.ts";
import { Random } from "./random.ts";
import { SqlErp } from "./sql-erp.ts";
import { type StageConfig, stageMapping } from "./stage-config.ts";
import { skusOf } from "./world.ts";

/** The user that the connector is in the org. */
export const CONNECTOR = "connector@mock.org";
const START = Date.UTC(2026, 2, 2, 8);

let template: Promise<MockOrg> | undefined;

/** A mock org of its own for one simulation, forked from one that is made once. */
export async function freshOrg(): Promise<MockOrg> {
  template ??= templateOrg();
  return (await template).fork();
}

async function templateOrg(): Promise<MockOrg> {
  const org = await createMockOrg({
    now: START,
    idSeed: 7,
    journalEntries: 0,
    bulkPaceMs: 400,
    fields: keyFields(),
    // An org that rounds is the harder one: what comes back is not what was sent.
    settings: { enableReductionOrders: true, enableNegativeQuantity: true, roundStoredNumbers: true },
    users: [CONNECTOR, CLERK].map((username) => ({ username, profile: "System Administrator" })),
  });
  // What a user may do is worked out once, and forks take it along.
  for (const username of [CONNECTOR, CLERK]) org.org.actor(username);
  return org;
}

/** A round number, so that shares of it are whole. */
const CALLS_OF_A_SMALL_ORG = 1_000;

/** Both systems and the people in front of them. */
export class Stage {
  readonly mock: MockOrg;
  readonly erp: Erp;
  readonly config: StageConfig;
  readonly mapping: Mapping;
  readonly people: People;
  /** Keys by the Ids of the records that the connector takes for them, before they carry them. */
  readonly adopted = new Map<string, string>();
  #isUpset = false;
  #faultHook: FaultHook | undefined;
  #listening: Promise<string> | undefined;

  private constructor(mock: MockOrg, erp: Erp, config: StageConfig) {
    this.mock = mock;
    this.config = config;
    this.mapping = stageMapping(config);
    this.erp = erp;
    for (const sku of skusOf(config.world?.keys ?? "text"))
      this.erp.put("products", sku, { name: `Product ${sku}`, price: "10" });
    const random = new Random(config.seed);
    this.erp.shuffle = config.shuffled ? new Random(random.fork()) : undefined;
    if (config.callsLeft !== null) {
      mock.apiUsage.max = CALLS_OF_A_SMALL_ORG;
      mock.apiUsage.charge(CALLS_OF_A_SMALL_ORG * (1 - config.reserveShare) - config.callsLeft);
    }
    this.people = new People(mock, this.erp, config);
    this.people.open(random);
  }

  static async create(config: StageConfig): Promise<Stage> {
    const mock = await freshOrg();
    const nowMs = (): number => mock.clock.nowMs();
    const erp = config.world === null ? new MemoryErp(nowMs) : await SqlErp.create(config.world, nowMs);
    return new Stage(mock, erp, config);
  }

  get nowMs(): number {
    return this.mock.clock.nowMs();
  }

  /** The business key of a record: its own, the one that it was adopted by, or one by its Id where it has none. */
  keyOf(object: string, row: Row): string {
    const [stored, id] = [row["ERP_Key__c"], String(row["Id"])];
    return typeof stored === "string" ? stored : (this.adopted.get(id) ?? `erp:${object}:${id}`);
  }

  /** True where Salesforce users merged the account away: a person has to merge it in the ERP too. */
  isMerged(key: string): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some((row) => this.keyOf("Account", row) === key && row["MasterRecordId"] !== null),
    );
  }

  /** True where the account that was merged away was left as that one, which had no key of its own then. */
  isSurvivor(merged: Value | undefined, survivor: Value): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some(
        (row) => this.keyOf("Account", row) === merged && survivor === `erp:Account:${String(row["MasterRecordId"])}`,
      ),
    );
  }

  /** The keys of the accounts that users merged into the one with this Id. */
  mergedInto(id: string): readonly string[] {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].filter((row) => row["MasterRecordId"] === id).map((row) => this.keyOf("Account", row)),
    );
  }

  /** True where users merged accounts into the one with this Id. */
  hasMergedInto(id: string): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some((row) => row["MasterRecordId"] === id),
    );
  }

  /** True where users merged accounts. */
  hasMerged(): boolean {
    return this.mock.org.transaction(this.mock.org.systemActor, (tx) =>
      [...tx.rows("Account")].some((row) => row["MasterRecordId"] !== null),
    );
  }

  /** True where a reduction order, by its own key or its original's, stands as Draft: it lowers nothing, and still binds. */
  hasDraftReduction(key: string): boolean {
    const orders = this.live("Order");
    const id = orders.find((row) => row["ERP_Key__c"] === key)?.["Id"];
    return orders
      .filter((row) => row["IsReductionOrder"] === true && row["StatusCode"] === "Draft")
      .some((row) => row["OriginalOrderId"] === id || row["ERP_Key__c"] === key);
  }

  /** True where users took a product or a price out of use. */
  hasInactivePrices(): boolean {
    return [...this.live("PricebookEntry"), ...this.live("Product2")].some((row) => row["IsActive"] === false);
  }

  /** True where the ERP as a whole is not what it was: records may be gone that nobody deleted. */
  get isUpset(): boolean {
    return this.#isUpset;
  }

  /** Something happens to the ERP as a whole; true where it is not what it was before. */
  async suffer(upheaval: Upheaval): Promise<boolean> {
    const isUpset = await this.erp.suffer(upheaval);
    this.#isUpset ||= isUpset;
    return isUpset;
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
    return liveRows(this.mock, object);
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

  /** Some rows of the connector are refused while their neighbors pass: a lock, a trigger, a rule that somebody made. */
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
    this.mock.faults.clear();
    this.mock.apiUsage.reset();
    this.people.letGo();
  }
}
