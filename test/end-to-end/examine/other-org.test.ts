/** A state belongs to one org: pointed at another one, the connector does nothing and says so. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadConfig } from "../../../src/config/load.ts";
import { randomId } from "../../../src/engine/context/context.ts";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import { type RunRequest, runOnce } from "../../../src/engine/run/run.ts";
import { openPorts } from "../../../src/service/open.ts";
import { ENVIRONMENT, openShop, type Shop } from "../../src/cli/shop.ts";

const OTHER = "00D9x00000000ZZEAA";
const REQUEST: RunRequest = { holder: "test" };

describe("an org that is not the one of the state", () => {
  let shop: Shop;
  let open: Awaited<ReturnType<typeof openPorts>>;

  beforeEach(async () => {
    shop = await openShop();
    await shop.order("run");
    open = await openPorts(await loadConfig(shop.config, ENVIRONMENT));
  });
  afterEach(async () => {
    await open[Symbol.asyncDispose]();
    await shop[Symbol.asyncDispose]();
  });

  it("ends the run with both Ids and the way out, and no cursor has moved", async () => {
    shop.erp("UPDATE orders SET day = '2026-04-01'");
    const before = await open.ports.state.cursors();

    const wrong = runOnce(asOrg(open.ports, OTHER), REQUEST);

    await expect(wrong).rejects.toThrow(/org 00D\w+, but .* is the org 00D9x00000000ZZEAA.*order-sync reset/);
    expect(await open.ports.state.cursors()).toEqual(before);
    expect(await runOnce(open.ports, REQUEST)).toMatchObject({ writes: 2 });
  });

  it("is the same org when its Id comes with 15 characters", async () => {
    const { organizationId } = await open.ports.salesforce.connect();

    await expect(runOnce(asOrg(open.ports, organizationId.slice(0, 15)), REQUEST)).resolves.toMatchObject({
      writes: 0,
    });
  });
});

function asOrg(ports: EnginePorts, organizationId: string): EnginePorts {
  const { salesforce } = ports;
  return {
    ...ports,
    newId: randomId,
    salesforce: {
      connect: async () => ({ ...(await salesforce.connect()), organizationId }),
      describe: (objects) => salesforce.describe(objects),
      poll: (requests) => salesforce.poll(requests),
      read: (request) => salesforce.read(request),
      query: (soql) => salesforce.query(soql),
      execute: (call, listener) => salesforce.execute(call, listener),
      endOfJob: (jobId) => salesforce.endOfJob(jobId),
      holdOff: (attempt) => salesforce.holdOff(attempt),
      usage: () => salesforce.usage(),
      close: () => salesforce.close(),
    },
  };
}
