/** What a run does when something is in its way. */
import { describe, expect, it } from "vitest";
import type { FaultHook } from "../../../mock-server/index.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const DELETES = { Account: { delete: { salesforce: true, external: true } } };

describe("a first run", () => {
  it("stores where each feed of the ERP stands before it reads from it, so that a later deletion is told", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(1);
    const read = shop.erp.changes.bind(shop.erp);
    const stored: (readonly string[])[] = [];
    shop.erp.changes = async (...request) => {
      stored.push(Object.keys(await shop.state.cursors()));
      return await read(...request);
    };

    await shop.run();

    expect(stored[0]).toContain("external:customers:Account");
  });
});

describe("the delete guard", () => {
  it("stops a run that would delete more than the share, before it deletes anything", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(60);
    await shop.run();
    for (let index = 0; index < 13; index += 1) shop.erp.remove("customers", `C${index}`);

    await expect(shop.run()).rejects.toMatchObject({
      code: "DELETE_GUARD",
      message: expect.stringContaining("13 of 60"),
    });
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(60);
  });

  it("lets the share through, and everything when it is told to", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(60);
    await shop.run();
    for (let index = 0; index < 12; index += 1) shop.erp.remove("customers", `C${index}`);
    await shop.run();
    for (let index = 12; index < 40; index += 1) shop.erp.remove("customers", `C${index}`);
    await shop.run({ allowDeletes: true });

    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(20);
  });

  it("counts the pages of a run together", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(60);
    await shop.run();
    for (let index = 0; index < 13; index += 1) shop.erp.remove("customers", `C${index}`);

    await expect(shop.run({ passDocuments: 5 })).rejects.toMatchObject({ code: "DELETE_GUARD" });
    expect((await shop.salesforce.query("SELECT Id FROM Account")).length).toBeGreaterThanOrEqual(48);
  });
});

describe("the delete guard for lines", () => {
  it("stops a run that would take more than the share of all lines from orders that stay, before it takes any", async () => {
    const shop = await shopWithLines();
    loseLines(shop, 17);

    await expect(shop.run()).rejects.toMatchObject({
      code: "DELETE_GUARD",
      message: expect.stringContaining("51 of 200 known OrderItem records"),
    });
    expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(200);
  });

  it("lets a handful through, and everything when it is told to", async () => {
    const shop = await shopWithLines();
    loseLines(shop, 16);
    await shop.run();
    const handful = await shop.salesforce.query("SELECT Id FROM OrderItem");
    loseLines(shop, 50);
    await shop.run({ allowDeletes: true });

    expect(handful).toHaveLength(152);
    expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(50);
  });

  it("counts the pages of a run together, and takes the lines when they are a small enough part", async () => {
    const shop = await shopWithLines();
    loseLines(shop, 17);

    const report = await shop.run({ passOrders: 5, deleteLineShare: 0.5 });

    expect(report.unsynced).toEqual([]);
    expect(await shop.salesforce.query("SELECT Id FROM OrderItem")).toHaveLength(149);
  });

  /** 50 orders with four lines each. */
  async function shopWithLines(): Promise<Shop> {
    const shop = await Shop.open();
    shop.batch(1);
    for (let index = 0; index < 50; index += 1) shop.order(`O${index}`, { lines: 4 });
    await shop.run();
    return shop;
  }

  /** Three lines of each of this many orders. */
  function loseLines(shop: Shop, orders: number): void {
    for (let index = 0; index < orders; index += 1) {
      shop.erp.put("orders", `O${index}`, {}, { "20": null, "30": null, "40": null });
    }
  }
});

describe("a run that is asked to stop", () => {
  it("ends between two pages with nothing open, and the next one goes on", async () => {
    const shop = await Shop.open();
    shop.batch(10);
    const stop = new AbortController();
    const observe = (): void => stop.abort(new Error("enough"));

    await expect(shop.run({ passDocuments: 2, signal: stop.signal }, { observe })).rejects.toThrow("enough");
    expect(await shop.state.intents()).toEqual([]);
    expect(await shop.state.leaseHolder("run:erp")).toBeUndefined();
    const report = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(10);
  });
});

describe("a write without an answer", () => {
  it("is looked up in the same run", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    shop.mock.faultHook = lostReplies(1);

    const report = await shop.run();

    expect(report.recovered).toBe(1);
    expect(report.unsynced).toEqual([]);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toHaveLength(1);
  });
});

describe("a conflict that waits for a person", () => {
  it("is carried out as it was answered", async () => {
    const shop = await Shop.open(erpMapping({ Account: { policy: "manual" } }));
    shop.batch(1);
    await shop.run();
    const account = await shop.record("Account", "erp:Account:C0", "Name");
    shop.save({
      operation: "update",
      records: [{ object: "Account", id: String(account?.["Id"]), values: { Name: "Ours" } }],
    });
    shop.erp.put("customers", "C0", { name: "Theirs" });
    const waiting = await shop.run();
    const [conflict] = await shop.state.conflicts({ open: true, limit: 10 });
    if (conflict === undefined) throw new Error("a conflict is open");
    shop.state.write({ conflicts: [{ ...conflict, winner: "salesforce" }] });

    const report = await shop.run();

    expect(waiting.unsynced.map(({ obstacles }) => obstacles[0]?.code)).toEqual(["CONFLICT_MANUAL"]);
    expect(report.unsynced).toEqual([]);
    expect(shop.erp.row("customers", "C0")?.fields["name"]).toBe("Ours");
    expect(await shop.state.conflicts({ open: true, limit: 10 })).toEqual([]);
  });
});

describe("a deletion with children", () => {
  it("waits, because Salesforce would delete the orders along with their account", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(1);
    shop.order("O1");
    await shop.run();
    shop.erp.remove("customers", "C0");

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "CHILDREN_EXIST" }] }]);
    expect(await shop.salesforce.query("SELECT Id FROM Order")).toHaveLength(1);
  });
});

describe("an order that is put under an account between our look at its children and its deletion", () => {
  async function cascadeDeleted(): Promise<Shop> {
    const shop = await Shop.open(erpMapping({ ...DELETES, Order: { delete: { salesforce: true, external: true } } }));
    shop.batch(2);
    shop.order("O1");
    await shop.run();
    const order = await shop.record("Order", "erp:Order:O1", "AccountId");
    const account = await shop.record("Account", "erp:Account:C1", "Name");
    shop.erp.remove("customers", "C1");
    shop.watch = (when, request) => {
      if (when !== "before" || !JSON.stringify(request).includes('"DELETE"')) return;
      shop.watch = undefined;
      const values = { AccountId: String(account?.["Id"]) };
      shop.save({ operation: "update", records: [{ object: "Order", id: String(order?.["Id"]), values }] });
    };
    await shop.run();
    return shop;
  }

  it("goes with the account, and stays in the ERP: nobody deleted it", async () => {
    const shop = await cascadeDeleted();

    const reports = [await shop.run(), await shop.run()];

    expect(await shop.salesforce.query("SELECT Id FROM Order")).toEqual([]);
    for (const report of reports)
      expect(report.unsynced).toMatchObject([
        { key: "erp:Order:O1", how: "parked", obstacles: [{ code: "CASCADE_DELETED" }] },
      ]);
    expect(JSON.stringify(reports[0]?.unsynced)).toContain("along with Account erp:Account:C1");
    expect(shop.erp.row("orders", "O1")).toBeDefined();
  });

  it("is synced again once it is undeleted, and goes for good once the ERP deletes it", async () => {
    const undeleted = await cascadeDeleted();
    await undeleted.run();
    const [link] = (await undeleted.state.links("Account", [businessKey("erp", "Account", ["C1"])])).values();
    undeleted.save({ operation: "undelete", records: [{ object: "Account", id: String(link?.recordId), values: {} }] });
    const gone = await cascadeDeleted();
    await gone.run();
    gone.erp.remove("orders", "O1");

    expect((await undeleted.run()).unsynced).toEqual([]);
    expect(undeleted.erp.row("orders", "O1")).toBeDefined();
    expect((await gone.run()).unsynced).toEqual([]);
  });
});

describe("a record that we make in the external system in the very first run", () => {
  it("and that is deleted there before its feed is read for the first time, is deleted in Salesforce too", async () => {
    const deletes = { delete: { salesforce: true, external: true }, create: { external: true } };
    const shop = await Shop.open(erpMapping({ Account: deletes }));
    shop.save({ operation: "insert", records: [{ object: "Account", values: { Name: "Made here" } }] });
    const apply: ExternalSystem["apply"] = async (operations) => {
      const outcomes = await shop.erp.apply(operations);
      for (const { key } of shop.erp.rows("customers")) shop.erp.remove("customers", key.join(":"));
      return outcomes;
    };

    await shop.run({}, { external: overrideExternal(shop.erp, { start: (name) => shop.erp.start(name), apply }) });
    const report = await shop.run();

    expect(report.unsynced).toEqual([]);
    expect(await shop.salesforce.query("SELECT Id FROM Account")).toEqual([]);
  });
});

describe("a deletion of a record whose link was lost to a merge", () => {
  it("waits for its children all the same", async () => {
    const shop = await Shop.open(erpMapping(DELETES));
    shop.batch(1);
    shop.order("O1");
    await shop.run();
    const link = (await shop.state.links("Account", [businessKey("erp", "Account", ["C0"])])).values().next().value;
    if (link === undefined) throw new Error("it was made");
    shop.state.write({ links: [{ ...link, recordId: null }] });
    shop.erp.remove("customers", "C0");

    const report = await shop.run();

    expect(report.unsynced).toMatchObject([{ key: "erp:Account:C0", obstacles: [{ code: "CHILDREN_EXIST" }] }]);
    expect(await shop.salesforce.query("SELECT Id FROM Order")).toHaveLength(1);
  });
});

describe("a refusal that comes again and again", () => {
  it("is a dead letter in the end", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    const execute: Shop["salesforce"]["execute"] = async (call) =>
      (call.kind === "collections" ? call.parts.flatMap((part) => part.operations) : []).map(({ opId }) => ({
        kind: "failed",
        opId,
        class: "replan",
        apiErrors: [{ code: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }],
      }));
    const salesforce = { ...shop.salesforce, execute };
    for (let run = 0; run < 3; run += 1) await shop.run({}, { salesforce });

    expect(await shop.state.deadLetters("Account")).toMatchObject([{ obstacles: [{ code: "ENTITY_IS_DELETED" }] }]);
    expect(await shop.state.parked("Account")).toEqual([]);
  });
});

/** Loses the replies of this many writes whose call the org has carried out. */
function lostReplies(times: number): FaultHook {
  let left = times;
  return {
    before: () => undefined,
    after: (call, result) => {
      const writes = call.path.endsWith("/composite") && JSON.stringify(result.body).includes('"created":true');
      if (!writes || left === 0) return undefined;
      left -= 1;
      return { kind: "drop" };
    },
  };
}
