/** A whole connector in one process for the tests of the engine: mock org, ERP in memory, state in memory. */

import type { SaveRequest, SaveResult } from "../../../mock-server/dml/port.ts";
import { save } from "../../../mock-server/dml/save.ts";
import { createMockOrg, type MockOrg, type MockOrgOptions } from "../../../mock-server/index.ts";
import type { EngineEvent } from "../../../src/engine/context/events.ts";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import type { RunReport } from "../../../src/engine/context/report.ts";
import { type RunRequest, runOnce } from "../../../src/engine/run/run.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import type { ApiError } from "../../../src/model/salesforce-record.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import type { SalesforceCall } from "../../../src/sync/call.ts";
import { operationsOf, retainOperations } from "../../../src/sync/split.ts";
import { createInProcessOrg, type InProcessOptions } from "../../simulation/in-process-org.ts";
import { MemoryErp } from "../../simulation/memory-erp.ts";
import { MemoryState } from "../../simulation/memory-state.ts";
import { compiled, erpMapping, keyFields } from "../../support/erp-mapping.ts";

const CONNECTOR = "connector@mock.org";
/** Longer than the overlap of two polls. */
const REST_MS = 250_000;

/** One connector between one mock org and one ERP. */
export class Shop {
  readonly mock: MockOrg;
  readonly erp: MemoryErp;
  readonly state = new MemoryState();
  readonly salesforce: SalesforceOrg;
  readonly ports: EnginePorts;
  readonly events: EngineEvent[] = [];
  /** Calls of `execute` so far. */
  writeCalls = 0;
  /** Sees every request to the org, and may throw. */
  watch: InProcessOptions["watch"] = undefined;
  #ids = 0;

  private constructor(mock: MockOrg, mapping: MappingInput) {
    this.mock = mock;
    this.erp = new MemoryErp(() => mock.clock.nowMs());
    const org = createInProcessOrg({
      mock,
      username: CONNECTOR,
      wallClockMs: () => mock.clock.nowMs(),
      sleep: async (ms) => mock.clock.advance({ ms }),
      random: () => 0.5,
      reserveShare: 0,
      watch: (when, request) => this.watch?.(when, request),
    });
    this.salesforce = {
      ...org,
      execute: (call, listener) => {
        this.writeCalls += 1;
        return org.execute(call, listener);
      },
    };
    this.ports = {
      mapping: compiled(mapping),
      salesforce: this.salesforce,
      external: this.erp,
      state: this.state,
      nowMs: () => mock.clock.nowMs(),
      newId: () => {
        this.#ids += 1;
        return `id${this.#ids}`;
      },
      observe: (event) => this.events.push(event),
    };
  }

  static async open(
    mapping: MappingInput = erpMapping(),
    options: Pick<MockOrgOptions, "bulkPaceMs" | "settings" | "sourceDirs"> & { readonly uniqueKeys?: boolean } = {},
  ): Promise<Shop> {
    const { uniqueKeys = true, ...orgOptions } = options;
    const mock = await createMockOrg({
      now: "2026-03-02T08:00:00Z",
      journalEntries: 0,
      ...orgOptions,
      fields: keyFields({ unique: uniqueKeys }),
      users: [{ username: CONNECTOR, profile: "System Administrator" }],
    });
    return new Shop(mock, mapping);
  }

  /** Runs once and lets time pass, so that the next run's windows hold only what is new. */
  async run(
    request: Partial<RunRequest> = {},
    ports: Partial<EnginePorts> = {},
    restMs: number = REST_MS,
  ): Promise<RunReport> {
    try {
      return await runOnce({ ...this.ports, ...ports }, { holder: "test", ...request });
    } finally {
      if (restMs > 0) this.mock.clock.advance({ ms: restMs });
    }
  }

  /** API calls that this work took. */
  async calls(work: () => Promise<unknown>): Promise<number> {
    const before = this.salesforce.usage().calls;
    await work();
    return this.salesforce.usage().calls - before;
  }

  /** What a Salesforce user does. */
  save(request: Omit<SaveRequest, "allOrNone">): readonly SaveResult[] {
    const { org } = this.mock;
    const actor = org.actor("admin@mock.org");
    if (actor === undefined) throw new Error("there is an administrator");
    return org.transaction(actor, (tx) => save(tx, { ...request, allOrNone: false }));
  }

  /** Makes one record as a Salesforce user; returns its Id. */
  insert(object: string, values: SaveRequest["records"][number]["values"]): string {
    const [result] = this.save({ operation: "insert", records: [{ object, values }] });
    if (result?.success !== true) throw new Error(`${object} is not made: ${JSON.stringify(result)}`);
    return result.id;
  }

  /** Changes one record as a Salesforce user. */
  update(object: string, id: string, values: SaveRequest["records"][number]["values"]): void {
    const [result] = this.save({ operation: "update", records: [{ object, id, values }] });
    if (result?.success !== true) throw new Error(`${object} ${id} is not changed: ${JSON.stringify(result)}`);
  }

  /** The one record with this key. */
  async record(object: string, key: string, fields: string): Promise<Readonly<Record<string, unknown>> | undefined> {
    const [record] = await this.salesforce.query(`SELECT Id, ${fields} FROM ${object} WHERE ERP_Key__c = '${key}'`);
    return record;
  }

  /** Fills the ERP with a product and this many customers. */
  batch(customers: number): void {
    this.erp.put("products", "TEA", { name: "Tea", price: "10" });
    for (let index = 0; index < customers; index += 1)
      this.erp.put("customers", `C${index}`, { name: `Customer ${index}` });
  }

  /** An order of the ERP with this many lines. */
  order(
    no: string,
    facts: { readonly lines?: number; readonly state?: string; readonly customer?: string } = {},
  ): void {
    const { lines = 1, state = "draft", customer = "C0" } = facts;
    const items = Array.from({ length: lines }, (_, index) => [
      String((index + 1) * 10),
      { sku: "TEA", quantity: "2", price: "10" },
    ]);
    this.erp.put("orders", no, { customer_no: customer, date: "2026-03-01", state }, Object.fromEntries(items));
  }
}

/** The shop's org, except that it refuses some operations; what it refuses makes no write call. */
export function refusing(
  shop: Shop,
  hits: (opId: string) => boolean,
  apiError: ApiError,
): { readonly salesforce: SalesforceOrg } {
  const execute = async (call: SalesforceCall): ReturnType<SalesforceOrg["execute"]> => {
    const good = retainOperations(call, ({ opId }) => !hits(opId));
    const landed = good === undefined ? [] : await shop.salesforce.execute(good);
    const byId = new Map(landed.map((outcome) => [outcome.opId, outcome]));
    return operationsOf(call).map(
      ({ opId }) => byId.get(opId) ?? { kind: "failed", opId, class: "configuration", apiErrors: [apiError] },
    );
  };
  return { salesforce: { ...shop.salesforce, execute } };
}
