/** What a sweep makes of records that one side does not show and of which no feed tells a deletion. */
import { describe, expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import { sweepPendingSinceMs } from "../../../src/engine/detect/pending-sweep.ts";
import { sweep } from "../../../src/engine/sweep/sweep.ts";
import { undecidedText } from "../../../src/engine/sweep/sweep-absence.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalChangePage, ExternalSystem } from "../../../src/external/port.ts";
import type { BusinessKey } from "../../../src/model/key.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

type Alter = (page: ExternalChangePage, collection: string, cursor: string | null) => ExternalChangePage;

const BOTH = { delete: { salesforce: true, external: true } };

/** A shop whose feed tells no deletions, and that has synced this many customers. */
async function untold(
  customers: number,
  account: object = BOTH,
): Promise<{ readonly shop: Shop; readonly ports: (alter?: Alter) => EnginePorts }> {
  const shop = await Shop.open(erpMapping({ Account: account }));
  shop.batch(customers);
  const ports = (alter: Alter = (page) => page): EnginePorts => {
    const changes: ExternalSystem["changes"] = async (name, cursor, limit) => {
      const page = await shop.erp.changes(name, cursor, limit);
      return alter({ ...page, changes: page.changes.filter(({ deleted }) => !deleted) }, name, cursor);
    };
    return { ...shop.ports, external: overrideExternal(shop.erp, { changes }) };
  };
  await shop.run({}, ports());
  return { shop, ports };
}

const accounts = async (shop: Shop): Promise<readonly unknown[]> =>
  (await shop.salesforce.query("SELECT Name FROM Account ORDER BY Name")).map((row) => row["Name"]);
const waiting = async (shop: Shop): Promise<readonly unknown[]> =>
  (await shop.state.parked()).map(({ key, obstacles }) => [key, obstacles[0]?.code]);

describe("a record that the external system has deleted without telling", () => {
  it("is deleted in Salesforce by a sweep, and waits for it in a run", async () => {
    const { shop, ports } = await untold(3);
    shop.erp.remove("customers", "C1");
    const id = (await shop.record("Account", "erp:Account:C1", "Name"))?.["Id"];
    shop.update("Account", String(id), { Phone: "1" });
    shop.update("Account", String(id), { Phone: null });
    await shop.run({}, ports());
    expect(await accounts(shop)).toHaveLength(3);

    const { missed, undecided } = await sweep(ports(), { holder: "test" });

    expect(await accounts(shop)).toEqual(["Customer 0", "Customer 2"]);
    expect({ missed, undecided }).toEqual({ missed: 1, undecided: [] });
    expect(await shop.state.parked()).toEqual([]);
    expect((await sweep(ports(), { holder: "test" })).missed).toBe(0);
  });

  it("stays in Salesforce and does not wait where the mapping deletes nothing there", async () => {
    const { shop, ports } = await untold(2, { delete: { salesforce: false } });
    shop.erp.remove("customers", "C1");

    await sweep(ports(), { holder: "test" });

    expect(await accounts(shop)).toHaveLength(2);
    expect(await shop.state.parked()).toEqual([]);
    const notes = (await shop.state.journal({ limit: 50 })).filter(({ event }) => event === "noted");
    expect(JSON.stringify(notes)).toContain("DELETE_NOT_PROPAGATED");
  });

  it("is a conflict where Salesforce has edited it meanwhile", async () => {
    const { shop, ports } = await untold(2, { ...BOTH, policy: "manual" });
    const record = await shop.record("Account", "erp:Account:C1", "Name");
    shop.update("Account", String(record?.["Id"]), { Name: "Edited" });
    shop.erp.remove("customers", "C1");

    await sweep(ports(), { holder: "test" });

    expect(await accounts(shop)).toHaveLength(2);
    expect(await waiting(shop)).toEqual([["erp:Account:C1", "CONFLICT_MANUAL"]]);
    expect(await shop.state.conflicts({ open: true, limit: 5 })).toMatchObject([{ field: "*", external: null }]);
  });

  it("is removed from the memory where it is gone on both sides", async () => {
    const { shop, ports } = await untold(2);
    const record = await shop.record("Account", "erp:Account:C1", "Name");
    shop.save({ operation: "hardDelete", records: [{ object: "Account", id: String(record?.["Id"]), values: {} }] });
    shop.mock.clock.advance({ days: 40 });
    await shop.salesforce.query("SELECT Id FROM User").catch(() => {});
    shop.erp.remove("customers", "C1");

    await sweep(ports(), { holder: "test" });

    expect(await shop.state.parked()).toEqual([]);
    const links = await shop.state.links("Account", ["erp:Account:C1" as BusinessKey]);
    expect(links.get("erp:Account:C1" as BusinessKey)).toMatchObject({ presence: { kind: "tombstone" } });
  });
});

describe("a record that Salesforce has deleted longer ago than its log tells", () => {
  it("is deleted in the external system by a sweep", async () => {
    const { shop, ports } = await untold(3);
    const record = await shop.record("Account", "erp:Account:C1", "Name");
    shop.save({ operation: "hardDelete", records: [{ object: "Account", id: String(record?.["Id"]), values: {} }] });
    shop.mock.clock.advance({ days: 40 });
    await shop.salesforce.query("SELECT Id FROM User").catch(() => {});
    await shop.run({}, ports());
    expect(shop.erp.rows("customers")).toHaveLength(3);

    await sweep(ports(), { holder: "test" });

    expect(shop.erp.rows("customers").map((row) => row.key[0])).toEqual(["C0", "C2"]);
    expect(await shop.state.parked()).toEqual([]);
  });
});

describe("a record that is gone in Salesforce where its object is not watched", () => {
  it("is decided about by a sweep, too", async () => {
    const { shop, ports } = await untold(3, { watch: false, ...BOTH });
    const record = await shop.record("Account", "erp:Account:C1", "Name");
    shop.save({ operation: "hardDelete", records: [{ object: "Account", id: String(record?.["Id"]), values: {} }] });

    const { undecided } = await sweep(ports(), { holder: "test" });

    expect(undecided).toEqual([]);
    expect(shop.erp.rows("customers").map((row) => row.key[0])).toEqual(["C0", "C2"]);
  });
});

describe("an absence that proves nothing", () => {
  it("deletes nothing where the record itself can be read", async () => {
    const { shop, ports } = await untold(3);

    await sweep(
      ports((page, name) =>
        name === "customers"
          ? { ...page, changes: page.changes.filter(({ naturalKey }) => naturalKey[0] !== "C1") }
          : page,
      ),
      { holder: "test" },
    );

    expect(await accounts(shop)).toHaveLength(3);
    expect(await shop.state.parked()).toEqual([]);
  });

  it("deletes nothing where the list names the record that cannot be read", async () => {
    const { shop, ports } = await untold(3);
    const read: ExternalSystem["read"] = async (name, keys) =>
      (await shop.erp.read(name, keys)).filter(({ naturalKey }) => naturalKey[0] !== "C1");
    const blind = ports();

    const { undecided } = await sweep(
      { ...blind, external: overrideExternal(blind.external, { read }) },
      { holder: "test" },
    );

    expect(await accounts(shop)).toHaveLength(3);
    expect(undecided).toMatchObject([{ side: "external", object: "Account", records: 1, canBeAllowed: false }]);
  });

  it.each([
    {
      why: "the list has fewer records than are counted",
      census: { named: 2, counted: 3, unnamed: 0 },
      isOwed: true,
    },
    { why: "the list is complete by its own count", census: { named: 2, counted: 2, unnamed: 0 }, isOwed: false },
  ])("decides by the census: $why", async ({ census, isOwed }) => {
    const { shop, ports } = await untold(3);
    shop.erp.remove("customers", "C1");

    await sweep(
      ports((page, name) => (name === "customers" && !page.more ? { ...page, census } : page)),
      { holder: "test" },
    );

    expect(await accounts(shop)).toHaveLength(isOwed ? 3 : 2);
    expect(sweepPendingSinceMs(await shop.state.cursors()) !== null).toBe(isOwed);
  });

  it("deletes nothing where a small table was emptied, says so, and does it when a person allows it", async () => {
    const { shop, ports } = await untold(2);
    for (const no of ["C0", "C1"]) shop.erp.remove("customers", no);

    const { undecided } = await sweep(ports(), { holder: "test" });

    expect(await accounts(shop)).toHaveLength(2);
    expect(undecided.map(undecidedText)).toEqual([
      "Account: 2 records are not found in the external system and not taken as deleted, because no record at all is listed there, as if it had been emptied. Nothing was deleted; if this was meant, run order-sync sweep --allow-deletes",
    ]);
    expect((await sweep(ports(), { holder: "test", allowDeletes: true })).undecided).toEqual([]);
    expect(await accounts(shop)).toEqual([]);
  });

  it("is stopped by the delete guard where much is missing", async () => {
    const { shop, ports } = await untold(30);
    for (let index = 1; index < 30; index += 1) shop.erp.remove("customers", `C${index}`);

    await expect(sweep(ports(), { holder: "test" })).rejects.toMatchObject({ code: "DELETE_GUARD" });

    expect(await accounts(shop)).toHaveLength(30);
    await sweep(ports(), { holder: "test", allowDeletes: true });
    expect(await accounts(shop)).toEqual(["Customer 0"]);
  });

  it("deletes nothing after another source took the place of the old one, until a person allows it", async () => {
    const { shop, ports } = await untold(3);
    shop.erp.remove("customers", "C1");
    const restart = { reason: "the server is another one", deletesMissed: true, isAnother: true } as const;
    let isTold = false;
    const moved: Alter = (page, name) => {
      if (name !== "customers" || isTold) return page;
      isTold = true;
      return { ...page, restart };
    };
    await shop.run({}, ports(moved));

    const first = await sweep(ports(), { holder: "test" });
    const second = await sweep(ports(), { holder: "test" });

    expect(first.undecided).toMatchObject([{ object: "Account", records: 1, canBeAllowed: true }]);
    expect(first.undecided[0]?.reason).toContain("the server is another one");
    expect(second.undecided).toEqual(first.undecided);
    expect(await accounts(shop)).toHaveLength(3);
    await sweep(ports(), { holder: "test", allowDeletes: true });
    expect(await accounts(shop)).toHaveLength(2);
    shop.erp.remove("customers", "C2");
    await sweep(ports(), { holder: "test" });
    expect(await accounts(shop)).toEqual(["Customer 0"]);
  });
});
