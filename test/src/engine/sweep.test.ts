/** What a sweep finds, and what tells that one is needed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { runOnce } from "../../../src/engine/run/run.ts";
import { sweep } from "../../../src/engine/sweep/sweep.ts";
import { SyncError } from "../../../src/errors.ts";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import { readStatus } from "../../../src/service/status.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { refusing, Shop } from "./shop.ts";

describe("a sweep", () => {
  it("finds nothing where the feeds miss nothing, also when there is something to sync", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    shop.order("O1");
    await shop.run();
    shop.erp.put("customers", "C1", { city: "Bonn" });

    const { missed, runs } = await sweep(shop.ports, { holder: "test" });

    expect(missed).toBe(0);
    expect(runs[0]?.writes).toBe(1);
  });

  it("moves no position by its reading from the beginning: a deletion that falls into it is reported afterwards", async () => {
    const deletes = { delete: { salesforce: true, external: true } };
    const shop = await Shop.open(erpMapping({ Account: deletes }));
    shop.batch(2);
    await shop.run();
    const changes: ExternalSystem["changes"] = async (name, cursor, limit) => {
      if (name === "customers" && cursor === null) shop.erp.remove("customers", "C1");
      return await shop.erp.changes(name, cursor, limit);
    };

    await sweep({ ...shop.ports, external: overrideExternal(shop.erp, { changes }) }, { holder: "test" });
    await shop.run();

    expect(shop.erp.row("customers", "C1")).toBeUndefined();
    expect(await shop.salesforce.query("SELECT Name FROM Account")).toHaveLength(1);
    expect(await shop.state.parked()).toEqual([]);
  });

  it("repairs and counts a formula field that changed, which moves no stamp of its record", async () => {
    const folder = orgWithFormula();
    try {
      const formula = { Account_Name__c: { from: "note", direction: "toExternal" as const } };
      const mapping = erpMapping({ Order: { fields: { ...formula, Description: null } } });
      const shop = await Shop.open(mapping, { sourceDirs: [folder] });
      shop.batch(1);
      shop.order("O1");
      await shop.run();
      await shop.run();
      shop.erp.put("customers", "C0", { name: "Renamed" });
      await shop.run();

      const { missed } = await sweep(shop.ports, { holder: "test" });

      expect(missed).toBe(1);
      expect(shop.erp.row("orders", "O1")?.fields["note"]).toBe("Renamed");
      expect((await sweep(shop.ports, { holder: "test" })).missed).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe("a run after a long pause", () => {
  it("tells that deletions may have been missed, because the log reaches back 15 days", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    const first = await shop.run();
    shop.mock.clock.advance({ days: 40 });
    // The session has run out meanwhile.
    await shop.salesforce.query("SELECT Id FROM User").catch(() => {});

    const late = await shop.run();
    const next = await shop.run();

    expect(first.unseenDeletes).toEqual([]);
    expect(late.unseenDeletes).toEqual(["Account", "Order"]);
    expect(next.unseenDeletes).toEqual([]);
  });

  it("owes a sweep that the state remembers, also where the run fails after that, until one has gone through", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    shop.order("O1");
    await shop.run();
    expect(await owedSince(shop)).toBeNull();
    shop.mock.clock.advance({ days: 40 });
    await shop.salesforce.query("SELECT Id FROM User").catch(() => {});
    const broken = { ...shop.ports, external: withoutOrders(shop.ports.external) };
    await expect(runOnce(broken, { holder: "test" })).rejects.toThrow("the orders cannot be read");

    expect(await owedSince(shop)).toBe(shop.ports.nowMs());
    await shop.run();
    expect(await owedSince(shop)).not.toBeNull();
    await sweep(shop.ports, { holder: "test" });
    expect(await owedSince(shop)).toBeNull();
  });

  it("goes on owing a sweep that stopped at an object", async () => {
    const shop = await Shop.open();
    shop.batch(1);
    await shop.run();
    shop.mock.clock.advance({ days: 40 });
    await shop.salesforce.query("SELECT Id FROM User").catch(() => {});
    await shop.run();
    for (const no of ["C1", "C2"]) shop.erp.put("customers", no, { name: `Customer ${no}` });
    const apiError = { code: "INSUFFICIENT_ACCESS_OR_READONLY", message: "insufficient access rights", fields: [] };
    const refused = refusing(shop, (opId) => opId.includes(":Account:"), apiError);
    const { runs } = await sweep({ ...shop.ports, ...refused }, { holder: "test" });

    expect(runs.some(({ stopped }) => stopped.length > 0)).toBe(true);
    expect(await owedSince(shop)).not.toBeNull();
  });
});

async function owedSince({ ports }: Shop): Promise<number | null> {
  const settings = { nowMs: ports.nowMs(), dailyCalls: null, runs: 1 };
  return (await readStatus(ports.state, ports.mapping, settings)).sweepPendingSinceMs;
}

function withoutOrders(system: ExternalSystem): ExternalSystem {
  return overrideExternal(system, {
    changes: async (collection, cursor, limit) => {
      if (collection === "orders") throw new SyncError("EXTERNAL_UNREACHABLE", "the orders cannot be read");
      return await system.changes(collection, cursor, limit);
    },
  });
}

/** Metadata of an org whose orders show the name of their account. */
function orgWithFormula(): string {
  const folder = mkdtempSync(join(tmpdir(), "formula-"));
  mkdirSync(join(folder, "objects/Order/fields"), { recursive: true });
  writeFileSync(
    join(folder, "objects/Order/fields/Account_Name__c.field-meta.xml"),
    '<?xml version="1.0" encoding="UTF-8"?><CustomField xmlns="http://soap.sforce.com/2006/04/metadata"><fullName>Account_Name__c</fullName><label>Account Name</label><type>Text</type><formula>Account.Name</formula></CustomField>',
  );
  return folder;
}
