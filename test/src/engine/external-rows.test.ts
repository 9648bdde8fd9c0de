/** External records that somebody else holds, or that cannot be read: the others go on, and nothing is taken for gone. */
import { describe, expect, it } from "vitest";
import { overrideExternal } from "../../../src/external/override.ts";
import type { ApplyOptions, ExternalSystem } from "../../../src/external/port.ts";
import { unreadableRecord } from "../../../src/external/sql/read-records.ts";
import { Shop } from "./shop.ts";

describe("an external record that another program has locked", () => {
  it("waits for the next run without being a dead letter, and its collection is told to wait no more", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    await shop.run();
    for (const key of ["C0", "C1", "C2"]) await setPhone(shop, key, "1");
    const asked: (readonly string[])[] = [];
    const external = overrideExternal(shop.erp, {
      apply: async (operations, options: ApplyOptions = {}) => {
        asked.push([...(options.lockedCollections?.keys() ?? [])]);
        const outcomes = await shop.erp.apply(operations.filter(({ naturalKey }) => naturalKey[0] !== "C1"));
        return operations.map(
          ({ opId }) =>
            outcomes.find((outcome) => outcome.opId === opId) ?? {
              kind: "locked" as const,
              opId,
              reason: '"customers" is locked by another program, backend 7',
            },
        );
      },
    });

    const report = await shop.run({}, { external });
    const told = asked.splice(0);
    await shop.run({}, { external });

    expect(report.unsynced).toMatchObject([
      {
        key: "erp:Account:C1",
        how: "parked",
        obstacles: [
          {
            code: "EXTERNAL_LOCKED",
            message: expect.stringMatching(/locked by another program, backend 7; .*next run/),
          },
        ],
      },
    ]);
    expect(await shop.state.deadLetters()).toEqual([]);
    // The first call of each run may wait; what comes after the lock may not.
    expect([told, asked].map(([first]) => first)).toEqual([[], []]);
    expect(told.slice(1).every((collections) => collections.join() === "customers")).toBe(true);
    const healed = await shop.run();
    expect(healed).toMatchObject({ unsynced: [], openDeadLetters: 0 });
    expect(await phones(shop.erp)).toEqual(["1", "1", "1"]);
  });
});

describe("an external record that cannot be read", () => {
  it("is a dead letter with the reason, is not taken for deleted, and holds up no other", async () => {
    const shop = await Shop.open();
    shop.batch(3);
    await shop.run();
    for (const key of ["C0", "C1", "C2"]) shop.erp.put("customers", key, { name: `Renamed ${key}` });
    const external = overrideExternal(shop.erp, {
      read: async (collection, keys) =>
        (await shop.erp.read(collection, keys)).map((record) =>
          record.naturalKey[0] === "C1"
            ? unreadableRecord(record.naturalKey, 'the text in column "name" is not valid UTF-8')
            : record,
        ),
    });

    const report = await shop.run({}, { external });

    expect(report.unsynced).toMatchObject([
      {
        key: "erp:Account:C1",
        how: "rejected",
        obstacles: [{ code: "VALUE_INVALID", message: expect.stringContaining("not valid UTF-8") }],
      },
    ]);
    const names = ["erp:Account:C0", "erp:Account:C1", "erp:Account:C2"].map((key) =>
      shop.record("Account", key, "Name"),
    );
    expect((await Promise.all(names)).map((record) => record?.["Name"])).toEqual([
      "Renamed C0",
      "Customer 1",
      "Renamed C2",
    ]);
    expect(await shop.run()).toMatchObject({ openDeadLetters: 0 });
    expect((await shop.record("Account", "erp:Account:C1", "Name"))?.["Name"]).toBe("Renamed C1");
  });
});

async function setPhone(shop: Shop, key: string, phone: string): Promise<void> {
  const record = await shop.record("Account", `erp:Account:${key}`, "Phone");
  shop.update("Account", String(record?.["Id"]), { Phone: phone });
}

async function phones(external: ExternalSystem): Promise<readonly unknown[]> {
  const records = await external.read("customers", [["C0"], ["C1"], ["C2"]]);
  return records.map(({ fields }) => fields["phone"]);
}
