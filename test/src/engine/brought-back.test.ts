/** A record that we delete and that people bring back before anybody knows whether our deletion landed. */
import { describe, expect, it } from "vitest";
import { overrideState } from "../../../src/engine/context/state-views.ts";
import type { Side } from "../../../src/model/value.ts";
import { IN_DOUBT } from "../../../src/sync/whole-write.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const KEY = "erp:Account:C0";
const DELETES = { delete: { salesforce: true, external: true } };

describe("a deletion whose process dies", () => {
  it.each<Side>(["salesforce", "external"])("is reported as in doubt where its record is back (%s)", async (side) => {
    const shop = await Shop.open(erpMapping({ Account: DELETES }));
    const id = await oneAccount(shop);
    await remove(shop, side === "salesforce" ? "external" : "salesforce", id);
    await dieAfterWriting(shop);
    expect(await stands(shop, side)).toBe(false);

    if (side === "salesforce") shop.save({ operation: "undelete", records: [{ object: "Account", id, values: {} }] });
    else shop.erp.put("customers", "C0", { name: "Customer 0" });
    await shop.run();

    expect(await shop.state.conflicts({ limit: 10 })).toMatchObject([
      { key: KEY, field: "*", rule: IN_DOUBT, [side]: true, winner: side === "salesforce" ? "external" : "salesforce" },
    ]);
    expect(await stands(shop, side)).toBe(false);
  });

  it.each<Side>(["salesforce", "external"])("is told by nobody where nothing has happened since (%s)", async (side) => {
    const shop = await Shop.open(erpMapping({ Account: DELETES }));
    const id = await oneAccount(shop);
    await remove(shop, side === "salesforce" ? "external" : "salesforce", id);
    await dieBeforeWriting(shop);
    expect(await stands(shop, side)).toBe(true);

    await shop.run();

    expect(await shop.state.conflicts({ limit: 10 })).toEqual([]);
    expect(await stands(shop, side)).toBe(false);
  });
});

async function oneAccount(shop: Shop): Promise<string> {
  shop.batch(1);
  await shop.run();
  return String((await shop.record("Account", KEY, "Name"))?.["Id"]);
}

async function remove(shop: Shop, side: Side, id: string): Promise<void> {
  if (side === "external") shop.erp.remove("customers", "C0");
  else shop.save({ operation: "delete", records: [{ object: "Account", id, values: {} }] });
}

async function stands(shop: Shop, side: Side): Promise<boolean> {
  if (side === "external") return shop.erp.row("customers", "C0") !== undefined;
  return (await shop.record("Account", KEY, "Name")) !== undefined;
}

/** A process that is gone once its write has landed: it stores nothing any more. */
async function dieAfterWriting(shop: Shop): Promise<void> {
  let isWriting = false;
  const state = overrideState(shop.state, {
    commit: async (lease, batch) => {
      if (isWriting) throw new Error("gone");
      await shop.state.commit(lease, batch);
      isWriting = batch.putIntents !== undefined;
    },
  });
  await expect(shop.run({}, { state })).rejects.toThrow("gone");
}

/** A process that is gone when it has said what it is about to write. */
async function dieBeforeWriting(shop: Shop): Promise<void> {
  const state = overrideState(shop.state, {
    commit: async (lease, batch) => {
      await shop.state.commit(lease, batch);
      if (batch.putIntents !== undefined) throw new Error("gone");
    },
  });
  await expect(shop.run({}, { state })).rejects.toThrow("gone");
}
