/**
 * A second connector on the same ERP, for a sandbox: it has an org, a state and positions of its own, and nobody works in its
 * org. When it has run, its org shows what the ERP shows (I14), and it has written nothing to the ERP (I5).
 */
import type { MockOrg } from "../../mock-server/index.ts";
import type { EnginePorts } from "../../src/engine/context/ports.ts";
import { runOnce } from "../../src/engine/run/run.ts";
import type { Value } from "../../src/model/value.ts";
import { amountOr, canonicalOf, collectionOf, erpCells } from "./cells.ts";
import type { FeedJudge } from "./feed-judge.ts";
import { createInProcessOrg } from "./in-process-org.ts";
import { MemoryState } from "./memory-state.ts";
import { liveRows } from "./org-rows.ts";
import type { Breaking } from "./runner.ts";
import { CONNECTOR, freshOrg, type Stage } from "./stage.ts";
import { stageMapping } from "./stage-config.ts";
import type { Fail } from "./traffic-judge.ts";

/** What is compared: texts that the ERP alone decides about. */
const COMPARED: Readonly<Record<string, readonly string[]>> = {
  Account: ["Name", "Phone", "BillingCity"],
  Order: ["EffectiveDate", "Description"],
};
/** What waits for a record that comes later in the same reading is there after the second run. */
const RUNS = 2;

/** What it needs. */
interface Needs {
  readonly stage: Stage;
  readonly feeds: FeedJudge;
  readonly fail: Fail;
  readonly breaking: Breaking;
  readonly newId: () => string;
}

/** The other connector; lives as long as the history. */
export class SecondConnector {
  readonly #needs: Needs;
  readonly #state = new MemoryState();
  #mock: MockOrg | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** Runs, this many records at a time, and compares. */
  async run(limit: number): Promise<void> {
    this.#mock ??= await freshOrg();
    const mock = this.#mock;
    const { stage } = this.#needs;
    mock.clock.advance({ ms: Math.max(0, stage.nowMs - mock.clock.nowMs()) });
    const ports = this.#ports(mock);
    let unsynced = new Set<string>();
    for (let run = 0; run < RUNS; run += 1) {
      const sizes = { passDocuments: limit, passOrders: limit, deleteShare: 1, deleteLineShare: 1 };
      const report = await runOnce(ports, { holder: "sandbox", leaseTtlMs: LEASE_TTL_MS, ...sizes });
      unsynced = new Set<string>(report.unsynced.map(({ key }) => key));
    }
    for (const object of Object.keys(COMPARED)) this.#compare(mock, object, unsynced);
  }

  #ports(mock: MockOrg): EnginePorts {
    const { stage, feeds, fail, breaking, newId } = this.#needs;
    const { erp, config } = stage;
    const nowMs = (): number => mock.clock.nowMs();
    const ports = breaking({
      mapping: stageMapping({
        ...config,
        accountPolicy: "external",
        orderPolicy: "external",
        owners: { Phone: null, Description: null, Quantity: null },
        createExternal: false,
        deleteSalesforce: true,
        deleteExternal: false,
        cityDirection: "both",
        contracts: false,
      }),
      salesforce: createInProcessOrg({
        mock,
        username: CONNECTOR,
        wallClockMs: nowMs,
        sleep: async (ms) => mock.clock.advance({ ms }),
        random: () => 0.5,
        reserveShare: 0,
      }),
      external: {
        name: erp.name,
        check: () => erp.check(),
        info: (collection) => erp.info(collection),
        start: (collection) => erp.start(collection),
        changes: (collection, cursor, limit) => erp.changes(collection, cursor, limit),
        read: (collection, keys) => erp.read(collection, keys),
        apply: async (operations) => {
          for (const { opId } of operations)
            fail("I5", `a second connector, in whose org nobody works, writes ${opId} to the ERP`);
          return operations.map(({ opId }) => ({ kind: "stale", opId }) as const);
        },
        acknowledge: async (collection, cursor) => await erp.acknowledge?.(collection, cursor),
        close: () => Promise.resolve(),
      },
      state: this.#state,
      nowMs,
      newId,
      observe: () => {},
    });
    const { external } = ports;
    const start = external.start?.bind(external);
    return {
      ...ports,
      external: {
        ...external,
        ...(start === undefined
          ? {}
          : {
              start: async (collection: string) => {
                const cursor = await start(collection);
                feeds.started(collection, cursor);
                return cursor;
              },
            }),
        changes: async (collection, cursor, limit) => {
          const page = await external.changes(collection, cursor, limit);
          feeds.told(collection, cursor, page);
          return page;
        },
      },
    };
  }

  #compare(mock: MockOrg, object: string, unsynced: ReadonlySet<string>): void {
    const { stage, fail } = this.#needs;
    const rows = new Map(
      stage.erp.rows(collectionOf(object)).map((row) => [`erp:${object}:${row.key.join(":")}`, row] as const),
    );
    // A reduction order is a part of the order that it reduces: the ERP has no record of it.
    const own = liveRows(mock, object).filter((record) => record["IsReductionOrder"] !== true);
    const records = new Map(own.map((record) => [record["ERP_Key__c"], record] as const));
    for (const [key, row] of rows) {
      if (unsynced.has(key)) continue;
      const cells = erpCells(object, key, row);
      const record = records.get(key);
      const shows = (field: string): Value => amountOr(field, canonicalOf(record?.[field]));
      const other = (COMPARED[object] ?? []).find(
        (field) => record === undefined || shows(field) !== cells.get(`|${field}`),
      );
      if (other !== undefined) fail("I14", `${key}: a second connector was not told of its ${other}`);
    }
    if (stage.config.world?.feed !== "log") return;
    const keys = new Set<string>(rows.keys());
    for (const key of [...records.keys()].map(String))
      if (!keys.has(key) && !unsynced.has(key)) fail("I14", `${key}: a second connector was not told that it is gone`);
  }
}

const LEASE_TTL_MS = 120_000;
