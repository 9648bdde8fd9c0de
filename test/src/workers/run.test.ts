/** Whole runs of one worker in this process: what it does before, after and instead of a run, as a single process does. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { MockOrg } from "../../../mock-server/index.ts";
import type { RunRequest } from "../../../src/engine/run/run.ts";
import { SalesforceConfig } from "../../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../../src/salesforce/org.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { pruneState } from "../../../src/service/retention.ts";
import { type OpenState, openStateStore } from "../../../src/state/open.ts";
import type { WorkerEvent } from "../../../src/workers/context.ts";
import { runWorker } from "../../../src/workers/worker.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { startPostgres } from "../../support/postgres.ts";
import { Shop } from "../engine/shop.ts";

const postgres = await startPostgres();
const skipped = typeof postgres === "string" ? ` (skipped: ${postgres})` : "";
const REST_MS = 250_000;

describe.skipIf(typeof postgres === "string")(`a worker${skipped}`, () => {
  let url: string;
  let state: OpenState;
  let shop: Shop;
  let pruned: number;

  beforeAll(async () => {
    if (typeof postgres !== "string") url = await postgres.scratch();
  });
  afterAll(async () => {
    if (typeof postgres !== "string") await postgres.stop();
  });
  beforeEach(async () => {
    if (typeof postgres !== "string") url = await postgres.scratch();
    state = await openStateStore(url);
    await state.migrate();
    shop = await Shop.open(erpMapping({ Account: { delete: { salesforce: true } } }));
    pruned = 0;
  });
  afterEach(async () => {
    await shop.mock.close();
    await state.close();
  });

  /** Works until a run has ended, one way or the other. */
  async function work(request: Partial<RunRequest> = {}, of = shop): Promise<readonly WorkerEvent[]> {
    const salesforce = await signedIn(of.mock);
    const stop = new AbortController();
    const events: WorkerEvent[] = [];
    const end = (): void => stop.abort(new Error("one run is enough"));
    await runWorker(
      {
        ...of.ports,
        state,
        salesforce,
        newId: () => crypto.randomUUID().replaceAll("-", ""),
        observe: (event) => {
          of.events.push(event);
        },
      },
      {
        stateUrl: url,
        request: { holder: "worker:1:1", ...request },
        next: () => 0,
        fingerprint: "f",
        observe: (event) => {
          events.push(event);
          if (event.kind === "runFailed" || event.kind === "halted") end();
        },
        afterRun: async () => {
          pruned += 1;
          await pruneState(state.upkeep, KEEP, { nowMs: Date.now(), batchesMax: 1 });
          end();
        },
      },
      stop.signal,
    );
    await salesforce.close();
    of.mock.clock.advance({ ms: REST_MS });
    return events;
  }

  async function accounts(): Promise<number> {
    return (await shop.salesforce.query("SELECT Id FROM Account WHERE ERP_Key__c != null")).length;
  }

  it("stands still instead of deleting much, deletes nothing, and does it once a person allows it", async () => {
    shop.batch(40);
    await work();
    for (let index = 0; index < 30; index += 1) shop.erp.remove("customers", `C${index}`);

    const guarded = await work();
    const left = await accounts();
    await work({ allowDeletes: true });

    expect(guarded.find(({ kind }) => kind === "halted")).toMatchObject({ code: "DELETE_GUARD" });
    expect(left).toBe(40);
    expect(await accounts()).toBe(10);
    // Upkeep follows runs that went through.
    expect(pruned).toBe(2);
  });

  it("writes nothing before its first run passes the check", async () => {
    const mapping = erpMapping({ Account: { fields: { Phone: null, Rating__c: "phone" } } });
    const wrong = await Shop.open(mapping);
    wrong.batch(2);

    const events = await work({}, wrong);

    expect(events.find(({ kind }) => kind === "runFailed")).toMatchObject({
      code: "MAPPING_INVALID",
      message: expect.stringContaining("Rating__c"),
    });
    expect(await wrong.salesforce.query("SELECT Id FROM Account")).toEqual([]);
    await wrong.mock.close();
  });
});

/** The org over HTTP: the one of the simulations does not describe itself. */
async function signedIn(mock: MockOrg): Promise<SalesforceOrg> {
  listening.set(mock, listening.get(mock) ?? mock.listen());
  const { url: instanceUrl, accessToken } = await (listening.get(mock) ?? mock.listen());
  return createSalesforceOrg(SalesforceConfig.parse({ auth: { kind: "accessToken", instanceUrl, accessToken } }));
}

const listening = new Map<MockOrg, ReturnType<MockOrg["listen"]>>();

const KEEP = { journalDays: 1, conflictsDays: 1, runsDays: 1 };
