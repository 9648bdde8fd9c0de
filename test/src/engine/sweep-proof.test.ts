/** A sweep compares what it has read with what each side counts. */
import { describe, expect, it } from "vitest";
import { sweepPendingSinceMs } from "../../../src/engine/detect/pending-sweep.ts";
import { runOnce } from "../../../src/engine/run/run.ts";
import { sweep } from "../../../src/engine/sweep/sweep.ts";
import { type CountedReading, missingIn, unprovenText } from "../../../src/engine/sweep/sweep-proof.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalCensus } from "../../../src/external/port.ts";
import type { SalesforceOrg } from "../../../src/salesforce/port.ts";
import { Shop } from "./shop.ts";

/** The shop whose ERP counts its customers as told. */
function counting(shop: Shop, census: ExternalCensus): Shop["ports"] {
  const changes: Shop["ports"]["external"]["changes"] = async (name, cursor, limit) => {
    const page = await shop.erp.changes(name, cursor, limit);
    return name === "customers" ? { ...page, census } : page;
  };
  return { ...shop.ports, external: overrideExternal(shop.erp, { changes }) };
}

/** The shop's org whose polls have one row less than there are. */
function passingOver(shop: Shop): SalesforceOrg {
  const { salesforce } = shop.ports;
  return {
    connect: () => salesforce.connect(),
    describe: (objects) => salesforce.describe(objects),
    poll: async (requests) =>
      (await salesforce.poll(requests)).map((polled) => ({
        ...polled,
        pages: {
          [Symbol.asyncIterator]: async function* () {
            for await (const page of polled.pages) yield page.slice(1);
          },
        },
      })),
    read: (request) => salesforce.read(request),
    query: (soql) => salesforce.query(soql),
    execute: (call, listener) => salesforce.execute(call, listener),
    endOfJob: (jobId) => salesforce.endOfJob(jobId),
    holdOff: (attempt) => salesforce.holdOff(attempt),
    usage: () => salesforce.usage(),
    close: () => salesforce.close(),
  };
}

const pendingSince = async (shop: Shop): Promise<number | null> => sweepPendingSinceMs(await shop.state.cursors());

describe("a sweep's proof", () => {
  it("finds as many records in Salesforce as Salesforce counts", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    shop.order("O1");
    await shop.run();

    const { counts } = await sweep(shop.ports, { holder: "test" });

    const accounts = counts.find(({ name }) => name === "Account");
    expect(accounts).toEqual({ side: "salesforce", name: "Account", seen: 3, counted: 3, late: 0, unnamed: 0 });
    expect(counts.map(missingIn)).toEqual(counts.map(() => 0));
    expect(await pendingSince(shop)).toBeNull();
  });

  it("leaves the sweep pending when the external system counts more than its feed named, until one is complete", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    await shop.run();

    const { counts } = await sweep(counting(shop, { named: 2, counted: 3, unnamed: 1 }), { holder: "test" });

    const [customers] = counts.filter(({ side }) => side === "external");
    expect(customers).toEqual({ side: "external", name: "customers", seen: 2, counted: 3, late: 0, unnamed: 1 });
    expect(await pendingSince(shop)).not.toBeNull();
    await sweep(counting(shop, { named: 3, counted: 3, unnamed: 0 }), { holder: "test" });
    expect(await pendingSince(shop)).toBeNull();
  });

  it("leaves the sweep pending when Salesforce counts more than its pages had", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    await shop.run();

    const { counts } = await sweep({ ...shop.ports, salesforce: passingOver(shop) }, { holder: "test" });

    const accounts = counts.find(({ name }) => name === "Account");
    expect(accounts).toMatchObject({ seen: 2, counted: 3, late: 0 });
    expect(await pendingSince(shop)).not.toBeNull();
  });

  it("raises no alarm over records that are made in Salesforce while it reads", async () => {
    const shop = await Shop.open();
    shop.batch(2);
    await shop.run();
    const { salesforce } = shop.ports;
    const query: SalesforceOrg["query"] = async (soql) => {
      if (soql === "SELECT COUNT(Id) n FROM Account")
        shop.save({ operation: "insert", records: [{ object: "Account", values: { Name: "Late" } }] });
      return await salesforce.query(soql);
    };

    const { counts } = await sweep(
      { ...shop.ports, salesforce: { ...passingOver(shop), query, poll: (requests) => salesforce.poll(requests) } },
      { holder: "test" },
    );

    expect(counts.find(({ name }) => name === "Account")).toMatchObject({ seen: 2, counted: 3, late: 1 });
    expect(await pendingSince(shop)).toBeNull();
  });

  it("says in one sentence how many records were left out, and that nothing was changed", () => {
    const reading: CountedReading = {
      side: "external",
      name: "products",
      seen: 5101,
      counted: 6000,
      late: 0,
      unnamed: 0,
    };
    expect(unprovenText(reading)).toBe(
      "products: the external system counts 6000 records, and its reading had 5101; 899 were not compared. Nothing was changed in them. The sweep stays pending",
    );
  });

  it("does nothing to an ordinary run", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await runOnce(counting(shop, { named: 0, counted: 1, unnamed: 0 }), { holder: "test" });
    expect(await pendingSince(shop)).toBeNull();
  });
});
