/** Named orgs, seed files, and exports that can be loaded again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exportCsv, exportTree } from "../../../mock-server/admin/export.ts";
import { createMockOrg, type MockOrg } from "../../../mock-server/index.ts";

const NOW = "2026-03-01T08:00:00Z";
const OBJECTS = ["Account", "Contact", "Contract", "Product2", "Pricebook2", "PricebookEntry", "Order", "OrderItem"];

const countsOf = (org: MockOrg): readonly number[] => OBJECTS.map((object) => org.records(object).count());

let folder = "";
let demo: MockOrg;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "seeds-"));
  demo = await createMockOrg({ seed: "demo", now: NOW, idSeed: 1 });
});

afterAll(async () => {
  await demo.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the demo company", () => {
  it("has two years of orders in every state, contracts in every state, and returns", () => {
    const orders = demo.records<{ Status: string; CreatedDate: string; IsReductionOrder: boolean }>("Order").all();
    const years = new Set(orders.map((order) => order.CreatedDate.slice(0, 4)));
    expect(new Set(orders.map((order) => order.Status))).toEqual(
      new Set(["Activated", "Confirmed", "Draft", "On Hold", "Shipped"]),
    );
    expect(years).toEqual(new Set(["2024", "2025", "2026"]));
    expect(orders.filter((order) => order.IsReductionOrder).length).toBeGreaterThanOrEqual(3);
    const states = demo.records("Contract").all();
    expect(new Set(states.map((row) => row["Status"]))).toEqual(new Set(["Activated", "Draft", "In Approval Process"]));
  });

  it("has an order that an integration and a person change in turn", () => {
    const [order] = demo.records("Order").where({ PoNumber: "PO-DISPUTED-2" });
    const history = demo.records("OrderHistory").where({ OrderId: order?.["Id"] ?? null, Field: "EffectiveDate" });
    expect(new Set(history.map((row) => row["CreatedById"])).size).toBe(2);
  });

  it("is the same company for the same moment, Ids included", async () => {
    await using again = await createMockOrg({ seed: "demo", now: NOW, idSeed: 1 });
    expect(exportTree(again.org)).toEqual(exportTree(demo.org));
    expect(again.records("Order").all()).toEqual(demo.records("Order").all());
  });

  it("leaves the clock where it was, and a reset brings it back", async () => {
    const fork = demo.fork();
    fork.given.account();
    fork.reset();
    expect(countsOf(fork)).toEqual(countsOf(demo));
    expect(new Date(demo.clock.nowMs()).toISOString()).toBe("2026-03-01T08:00:00.000Z");
    await fork.close();
  });

  it("fits an org with metadata of its own", async () => {
    const empty = join(folder, "force-app");
    mkdirSync(empty);
    await using own = await createMockOrg({ seed: "demo", now: NOW, sourceDirs: [empty] });
    const statuses = new Set(
      own
        .records("Order")
        .all()
        .map((row) => row["Status"]),
    );
    expect(statuses).toEqual(new Set(["Activated", "Draft"]));
  });
});

describe("a volume org", () => {
  it("has the wanted number of orders and repeats for its seed", async () => {
    await using one = await createMockOrg({ seed: "volume:50:7", now: NOW });
    await using same = await createMockOrg({ seed: "volume:50:7", now: NOW });
    await using other = await createMockOrg({ seed: "volume:50:8", now: NOW });
    expect([one.records("Order").count(), one.records("Account").count()]).toEqual([50, 5]);
    expect(same.records("OrderItem").all()).toEqual(one.records("OrderItem").all());
    expect(other.records("OrderItem").all()).not.toEqual(one.records("OrderItem").all());
  });

  it.each(["volume:", "volume:x", "volume:10:", "volumes"])("is not meant by %s", async (seed) => {
    await expect(createMockOrg({ seed })).rejects.toThrow(
      `${seed}: cannot be read; choose empty, demo, volume:<orders>`,
    );
  });
});

describe("an export", () => {
  it("as tree files with a plan loads into another org", async () => {
    const { plan, files } = exportTree(demo.org);
    const tree = join(folder, "tree");
    mkdirSync(tree);
    for (const [name, content] of Object.entries(files)) writeFileSync(join(tree, name), JSON.stringify(content));
    writeFileSync(join(tree, "plan.json"), JSON.stringify(plan));
    await using loaded = await load(join(tree, "plan.json"));
    expect(countsOf(loaded)).toEqual(countsOf(demo));
    expect(totals(loaded)).toEqual(totals(demo));
  });

  it("as a folder of CSV files loads into another org", async () => {
    const csv = join(folder, "csv");
    mkdirSync(csv);
    for (const object of OBJECTS) writeFileSync(join(csv, `${object}.csv`), exportCsv(simple.org, object));
    await using loaded = await load(csv);
    expect(countsOf(loaded)).toEqual(countsOf(simple));
    expect(totals(loaded)).toEqual(totals(simple));
  });

  let simple: MockOrg;
  beforeAll(async () => {
    simple = await createMockOrg({ now: NOW, idSeed: 1 });
    const account = simple.given.account({ Name: 'Line\nbreak, "quotes"' });
    simple.given.order({ AccountId: account.Id, lines: 2, activated: true });
  });
});

describe("a seed file", () => {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  it("may be a single tree file", async () => {
    const records = [{ attributes: { type: "Account", referenceId: "a" }, Name: "@Work" }];
    await using org = await createMockOrg({ seed: write("accounts.json", JSON.stringify({ records })) });
    expect(org.records("Account").all()).toMatchObject([{ Name: "@Work" }]);
  });

  it("may be one CSV file named after its object", async () => {
    await using org = await createMockOrg({ seed: write("Account.csv", "Name,NumberOfEmployees\nA,12\nB,\n") });
    expect(org.records("Account").all()).toMatchObject([
      { Name: "A", NumberOfEmployees: 12 },
      { Name: "B", NumberOfEmployees: null },
    ]);
  });

  it.each([
    ["missing.json", undefined, "missing.json: cannot be read; choose empty, demo, volume:<orders>"],
    ["no.json", "{", "no.json: is no JSON"],
    ["shape.json", "{}", "shape.json: a plan is a list of steps"],
    ["steps.json", "[{}]", "steps.json: each step of a plan has an sobject and a list of files"],
    ["Nothing.csv", "Name\nA\n", "Nothing.csv: the org has no object Nothing"],
    ["Contact.csv", "FirstName\nA\n", "Contact.csv: Contact cannot be loaded: REQUIRED_FIELD_MISSING"],
    [
      "reference.json",
      '{"records":[{"attributes":{"type":"Contact"},"LastName":"B","AccountId":"@a"}]}',
      "has the reference @a",
    ],
  ])("%s that cannot be loaded is named with its reason", async (name, text, message) => {
    const path = text === undefined ? join(folder, name) : write(name, text);
    await expect(createMockOrg({ seed: path })).rejects.toThrow(message);
  });
});

/** An org with the demo company's schema and without its records, filled from files. */
async function load(seed: string): Promise<MockOrg> {
  const { demoDefinitions } = await import("../../../fixtures/orgs/demo-company.ts");
  const { STANDARD_OBJECTS } = await import("../../../fixtures/objects/standard.ts");
  const { createOrg } = await import("../../../mock-server/org/org.ts");
  const { frozenClock } = await import("../../../mock-server/org/clock.ts");
  const { readSeedFiles } = await import("../../../mock-server/seeds/seed-files.ts");
  const { seedOrg } = await import("../../../mock-server/seeds/seed.ts");
  const { MockOrg } = await import("../../../mock-server/mock-org/mock-org.ts");
  const core = createOrg({
    definitions: demoDefinitions(STANDARD_OBJECTS),
    settings: { enableReductionOrders: true },
    clock: frozenClock(Date.parse(NOW)),
  });
  seedOrg(core, readSeedFiles(seed));
  return new MockOrg(core, {});
}

function totals(org: MockOrg): readonly unknown[] {
  const orders = org.records("Order").all();
  return orders.map((row) => `${row["Status"]} ${row["TotalAmount"]} ${row["PoNumber"]}`).sort();
}
