/** What a sweep finds, and what tells that one is needed. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sweep } from "../../../src/engine/sweep.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

describe("a sweep", () => {
  it("finds nothing where the feeds miss nothing, also when there is something to sync", async () => {
    const shop = await Shop.open();
    shop.company(3);
    shop.order("O1");
    await shop.run();
    shop.erp.put("customers", "C1", { city: "Bonn" });

    const { missed, runs } = await sweep(shop.ports, { holder: "test" });

    expect(missed).toBe(0);
    expect(runs[0]?.writes).toBe(1);
  });

  it("repairs and counts a formula field that changed, which moves no stamp of its record", async () => {
    const folder = orgWithFormula();
    try {
      const formula = { Account_Name__c: { from: "note", direction: "toExternal" as const } };
      const mapping = erpMapping({ Order: { fields: { ...formula, Description: null } } });
      const shop = await Shop.open(mapping, { sourceDirs: [folder] });
      shop.company(1);
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
    shop.company(1);
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
});

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
