/** Natural keys as they really are: whatever an ERP calls its orders, none of them is lost without a word. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openShop, type Shop } from "../../src/cli/shop.ts";

const ODD_KEYS = [
  "a/b", "a.b", "a b", "50%", "O'Hara", 'q"q', "日本", "😀", " lead", "trail ", "a:b", "a~b", "a\\b", "o-1", "?x=1&y", "#h",
  "A+B", "..", "{0}", "${x}", "null", "\u200b",
]; // biome-ignore format: one list

describe("the natural key of an order", () => {
  let shop: Shop;

  beforeEach(async () => {
    shop = await openShop();
    await shop.order("run");
  });
  afterEach(async () => {
    await shop[Symbol.asyncDispose]();
  });

  it("may hold any characters: the order arrives, follows its edits, and a run at rest writes nothing", async () => {
    for (const key of ODD_KEYS) addOrder(key);

    const first = await shop.order("run");
    shop.erp("UPDATE orders SET day = '2026-04-01'");
    const second = await shop.order("run");

    expect(first).toMatchObject({ exit: 0, out: expect.stringContaining(`${ODD_KEYS.length} documents written`) });
    expect(second).toMatchObject({ exit: 0 });
    expect(await shop.ask("SELECT Id FROM Order WHERE EffectiveDate = 2026-04-01")).toHaveLength(ODD_KEYS.length + 2);
    expect((await shop.order("run")).out).toContain("0 documents written");
  });

  it("that is too long for an external Id is a dead letter, and leaves when the ERP renames the order", async () => {
    const long = "ü".repeat(60);
    addOrder(long);

    const said = await shop.order("run");
    expect(said).toMatchObject({ exit: 1, out: expect.stringContaining("KEY_UNUSABLE") });
    expect(said.out).toContain("an external Id holds 255");
    expect((await shop.order("dead-letters", "list")).out).toContain("ü");

    shop.erp("UPDATE orders SET no = 'short' WHERE no = ?", long);
    shop.erp("UPDATE order_lines SET no = 'short' WHERE no = ?", long);
    expect(await shop.order("run")).toMatchObject({ exit: 0, out: expect.stringContaining("1 document written") });
    expect((await shop.order("dead-letters", "list")).out).toBe("No dead letters.\n");
  });

  it("that is blank is a dead letter", async () => {
    addOrder(" ");

    expect(await shop.order("run")).toMatchObject({ exit: 1, out: expect.stringContaining("KEY_UNUSABLE") });
  });

  it("that differs from another one in blanks only is refused with both names", async () => {
    addOrder("X-1");
    addOrder("X-1 ");

    const said = await shop.order("run");

    const again = await shop.order("run");
    await shop.order("dead-letters", "retry", "--all");
    const byHand = await shop.order("run");

    const refusal = { exit: 1, out: expect.stringContaining("the same key") };
    expect([said, again, byHand]).toMatchObject([refusal, refusal, refusal]);
    expect(await shop.ask("SELECT Id FROM Order")).toHaveLength(2);
  });

  it("with keyCase lower is found as the ERP spells it", async () => {
    shop.configure({
      "naturalKey: [no]\n      policy: external": "naturalKey: [no]\n      keyCase: lower\n      policy: external",
    });
    addOrder("Mixed-Case");

    expect(await shop.order("run")).toMatchObject({ exit: 0, out: expect.stringContaining("1 document written") });
    expect((await shop.ask("SELECT ERP_Key__c FROM Order")).map((row) => row["ERP_Key__c"])).toContain(
      "erp:Order:mixed-case",
    );
  });

  it("of a line is written back as the ERP spells it, and no line is doubled", async () => {
    shop.erp("INSERT INTO order_lines VALUES ('O-2', 'B ', 'P-1', '3', '18.00')");
    await shop.order("run");
    const [item] = await shop.ask("SELECT Id FROM OrderItem WHERE ERP_Key__c = 'erp:OrderItem:O-2:B'");

    await shop.patch(`OrderItem/${String(item?.["Id"])}`, { Quantity: 7 });
    await shop.order("run");

    expect(shop.erp("SELECT pos, quantity FROM order_lines WHERE no = 'O-2' ORDER BY pos")).toEqual([
      { pos: 1, quantity: "2" },
      { pos: "B ", quantity: "7" },
    ]);
  });

  function addOrder(no: string): void {
    shop.erp("INSERT INTO orders VALUES (?, 'C-1', '2026-03-05', 'released')", no);
    shop.erp("INSERT INTO order_lines VALUES (?, 1, 'P-1', '3', '18.00')", no);
  }
});
