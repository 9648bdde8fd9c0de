/** A deletion on one side against an edit on the other, where a person decides and the mapping lets the record stay. */
import { describe, expect, it } from "vitest";
import type { Side } from "../../../src/model/value.ts";
import type { StoredConflict } from "../../../src/state/port.ts";
import { erpMapping } from "../../support/erp-mapping.ts";
import { Shop } from "./shop.ts";

const KEY = "erp:Account:C0";

describe("an account that one side deleted and the other one keeps with an edit", () => {
  it.each([
    { deleter: "salesforce", winner: "salesforce", rights: { delete: { external: false } } },
    { deleter: "external", winner: "external", rights: { delete: { salesforce: false } } },
    { deleter: "external", winner: "salesforce", rights: { create: { external: false } } },
  ] as const)(
    "is asked about once: deleted in $deleter, answered $winner, with $rights",
    async ({ deleter, winner, rights }) => {
      const shop = await keptApart(deleter, rights);
      expect(await conflicts(shop, true)).toMatchObject([{ field: "*", winner: null }]);
      await answer(shop, winner);
      await shop.run({}, {}, 0);
      const settled = await conflicts(shop, false);

      await shop.run({}, {}, 0);
      await save(shop, deleter, { name: "Renamed", note: "looked at" });
      const report = await shop.run();

      expect(report).toMatchObject({ conflicts: [], unsynced: [], writes: 0 });
      expect(await conflicts(shop, false)).toEqual(settled);
    },
  );

  it("is asked about again when it is edited again", async () => {
    const shop = await keptApart("external", { delete: { salesforce: false } });
    await answer(shop, "external");
    await shop.run({}, {}, 0);

    await save(shop, "external", { name: "Renamed again" });
    await shop.run();

    expect(await conflicts(shop, true)).toMatchObject([{ field: "*", winner: null }]);
  });

  it("is merged like any other once the deleted record is back", async () => {
    const shop = await keptApart("external", { delete: { salesforce: false } });
    await answer(shop, "external");
    await shop.run();

    shop.erp.put("customers", "C0", { name: "Customer 0" });
    await shop.run();

    expect(shop.erp.row("customers", "C0")?.fields["name"]).toBe("Renamed");
  });
});

/** An account on both sides that is deleted on one and renamed on the other; a run has met it. */
async function keptApart(deleter: Side, rights: object): Promise<Shop> {
  const shop = await Shop.open(erpMapping({ Account: { policy: "manual", ...rights } }));
  shop.batch(1);
  await shop.run();
  const id = await accountId(shop);
  if (deleter === "salesforce") shop.save({ operation: "delete", records: [{ object: "Account", id, values: {} }] });
  else shop.erp.remove("customers", "C0");
  await save(shop, deleter, { name: "Renamed" });
  await shop.run({}, {}, 0);
  return shop;
}

/** Somebody saves the record where it is left. */
async function save(
  shop: Shop,
  deleter: Side,
  { name, note }: { readonly name: string; readonly note?: string },
): Promise<void> {
  if (deleter === "salesforce") shop.erp.put("customers", "C0", { name, ...(note === undefined ? {} : { note }) });
  else {
    const values = { Name: name, ...(note === undefined ? {} : { Description: note }) };
    shop.save({ operation: "update", records: [{ object: "Account", id: await accountId(shop), values }] });
  }
}

async function accountId(shop: Shop): Promise<string> {
  return String((await shop.record("Account", KEY, "Name"))?.["Id"]);
}

async function conflicts(shop: Shop, isOpen: boolean): Promise<readonly StoredConflict[]> {
  return (await shop.state.conflicts({ open: isOpen, limit: 10 })).filter(
    ({ resolvedAtMs }) => isOpen || resolvedAtMs !== null,
  );
}

async function answer(shop: Shop, winner: Side): Promise<void> {
  shop.state.write({ conflicts: (await conflicts(shop, true)).map((conflict) => ({ ...conflict, winner })) });
}
