/** What every external adapter must do. One collection, `orders`, whose records have lines. */
import { describe, expect, it } from "vitest";
import type {
  ExternalChange,
  ExternalChangePage,
  ExternalRestart,
  ExternalSystem,
} from "../../../src/external/port.ts";
import type { ExternalFields, ExternalOperation, ExternalRecord } from "../../../src/model/external-record.ts";
import type { NaturalKey } from "../../../src/model/key.ts";

/** An order as a user of the external system writes it. */
export interface OrderRow {
  readonly id: string;
  readonly customer: string | null;
  readonly amount: string;
  readonly lines: readonly { readonly no: string; readonly product: string; readonly quantity: number }[];
}

/** An adapter with a way past it: what the users of the external system do. */
export interface ExternalDouble {
  readonly external: ExternalSystem;
  /** Creates or replaces an order with its lines, as a user would. */
  readonly put: (order: OrderRow) => Promise<void>;
  readonly remove: (id: string) => Promise<void>;
  /** The order as it is stored, without the adapter. */
  readonly stored: (id: string) => Promise<OrderRow | undefined>;
  /** Takes a backup, and gives what puts it back. Absent where the system is not told from its older self. */
  readonly backUp?: () => Promise<() => Promise<void>>;
}

/** How adapters differ. */
export interface ExternalAbilities {
  readonly seesDeletes: boolean;
  readonly deletes: boolean;
  readonly restores: boolean;
}

/** An order with the facts that a test does not care about filled in. */
export function orderRow(id: string, facts: Partial<OrderRow> = {}): OrderRow {
  const lines = [{ no: "1", product: `P-${id}`, quantity: 2 }];
  return { id, customer: "Müller & Söhne", amount: "12.50", lines, ...facts };
}

/** Reads a feed to its end: all changes in order, and the last cursor. */
export async function drain(
  external: ExternalSystem,
  cursor: string | null,
  limit = 100,
): Promise<{
  readonly changes: readonly ExternalChange[];
  readonly cursor: string;
  /** Why it was read again from the beginning, where it was. */
  readonly restarts: readonly ExternalRestart[];
}> {
  const changes: ExternalChange[] = [];
  const restarts: ExternalRestart[] = [];
  let position = cursor;
  for (let page = 0; page < 200; page += 1) {
    const found = await external.changes("orders", position, limit);
    expect(found.changes.length).toBeLessThanOrEqual(limit);
    changes.push(...found.changes);
    if (found.restart !== undefined) restarts.push(found.restart);
    position = found.cursor;
    if (!found.more) return { changes, restarts, cursor: position };
  }
  throw new Error("the feed does not end");
}

function ids(changes: readonly ExternalChange[]): readonly string[] {
  return [...new Set(changes.map((change) => change.naturalKey.join("|")))].sort();
}

function operation(facts: Partial<ExternalOperation> & Pick<ExternalOperation, "change">): ExternalOperation {
  return { opId: "op-1", collection: "orders", naturalKey: ["1"], expectedVersion: null, ...facts };
}

async function readOne(external: ExternalSystem, key: NaturalKey): Promise<ExternalRecord> {
  const [record] = await external.read("orders", [key]);
  if (record === undefined) throw new Error(`order ${key.join("|")} exists`);
  return record;
}

const LINE: ExternalFields = { product: "P-7", quantity: 3 };

/** Runs the contract; `fresh` gives an empty system each time. */
export function externalContract(
  name: string,
  abilities: ExternalAbilities,
  fresh: () => Promise<ExternalDouble>,
): void {
  describe(`the ${name} adapter`, () => {
    it("finds nothing wrong with a system that fits", async () => {
      const { external } = await fresh();
      expect(await external.check()).toEqual([]);
    });

    it("starts with every record that exists, page by page", async () => {
      const { external, put } = await fresh();
      for (const id of ["1", "2", "3", "4", "5"]) await put(orderRow(id));

      const { changes } = await drain(external, null, 2);

      expect(ids(changes)).toEqual(["1", "2", "3", "4", "5"]);
      expect(changes.every((change) => !change.deleted)).toBe(true);
    });

    it("counts as many records as its pages named, where it counts at all, and only at the end of them", async () => {
      const { external, put } = await fresh();
      for (const id of ["1", "2", "10", "11", "3"]) await put(orderRow(id));

      const pages: ExternalChangePage[] = [];
      for (let cursor: string | null = null, more = true; more; ) {
        const page: ExternalChangePage = await external.changes("orders", cursor, 2);
        pages.push(page);
        ({ cursor, more } = page);
      }

      const censuses = pages.flatMap(({ census }) => census ?? []);
      expect(censuses.length).toBeLessThanOrEqual(1);
      expect(censuses.every(({ named, counted, unnamed }) => named === 5 && counted === 5 && unnamed === 0)).toBe(true);
      expect(pages[0]?.census).toBeUndefined();
    });

    it.each([1, 3, 7])(
      "names every record on pages of %i, whose numbers lie on both sides of 10, 100 and 1000, while others come and go",
      async (limit) => {
        const { external, put, remove } = await fresh();
        const staying = [
          "2",
          "8",
          "9",
          "10",
          "11",
          "19",
          "90",
          "99",
          "100",
          "101",
          "110",
          "900",
          "999",
          "1000",
          "1001",
        ];
        // One after the other, as quick programs write them: some stamps of change are the same.
        for (const id of [...staying, "12", "998"]) await put(orderRow(id));

        const named = new Set<string>();
        for (let cursor: string | null = null, more = true, pages = 0; more; pages += 1) {
          const page: ExternalChangePage = await external.changes("orders", cursor, limit);
          for (const id of ids(page.changes)) named.add(id);
          // Rows behind and before the place come and go between two pages.
          if (pages === 0) await remove("12");
          if (pages === 1) await put(orderRow("1"));
          if (pages === 2) await put(orderRow("1002"));
          ({ cursor, more } = page);
          if (pages > 200) throw new Error("the feed does not end");
        }

        expect([...named]).toEqual(expect.arrayContaining(staying));
      },
    );

    it("names both of two records that people exchange with each other, lines included", async () => {
      const { external, put, stored } = await fresh();
      const [one, other] = [orderRow("9"), orderRow("10", { customer: "Ann", amount: "7.00" })];
      for (const row of [one, other]) await put(row);
      const { cursor } = await drain(external, null);

      await put({ ...other, id: "9" });
      await put({ ...one, id: "10" });

      expect(ids((await drain(external, cursor)).changes)).toEqual(["10", "9"]);
      const [nine] = await external.read("orders", [["9"]]);
      expect(nine?.fields).toMatchObject({ customer: "Ann", amount: "7.00" });
      expect(nine?.lines?.[0]?.fields).toMatchObject({ product: "P-10" });
      expect((await stored("10"))?.customer).toBe("Müller & Söhne");
    });

    it("takes nobody for deleted when all records are deleted and loaded again", async () => {
      const { external, put, remove } = await fresh();
      const all = ["8", "9", "10", "11"];
      for (const id of all) await put(orderRow(id));
      const { cursor } = await drain(external, null);

      for (const id of all) await remove(id);
      for (const id of all) await put(orderRow(id));
      const { changes } = await drain(external, cursor, 2);

      const last = new Map(changes.map((change) => [change.naturalKey.join("|"), change.deleted]));
      expect([...last.values()].filter((deleted) => deleted)).toEqual([]);
      expect(
        await external.read(
          "orders",
          all.map((id) => [id]),
        ),
      ).toHaveLength(all.length);
    });

    it("keeps all eighteen digits of an amount: as it reads them, writes them, and leaves them alone", async () => {
      const { external, put, stored } = await fresh();
      const amounts = ["1234567890123456.78", "9007199254740993.25"] as const;
      await put(orderRow("1", { amount: amounts[0] }));
      const { version, fields } = await readOne(external, ["1"]);
      expect(fields["amount"]).toBe(amounts[0]);

      const outcomes = await external.apply([
        operation({ expectedVersion: version, change: { kind: "update", fields: { customer: "Ann" } } }),
        operation({
          opId: "op-2",
          naturalKey: ["2"],
          change: { kind: "create", fields: { customer: "Bo", amount: amounts[1] } },
        }),
      ]);

      expect(outcomes.map(({ kind }) => kind)).toEqual(["done", "done"]);
      expect([(await stored("1"))?.amount, (await stored("2"))?.amount]).toEqual(amounts);
      expect((await readOne(external, ["2"])).fields["amount"]).toBe(amounts[1]);
    });

    it("tells a position before all records, from which it reads as from none", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));
      const start = (await external.start?.("orders")) ?? null;
      await put(orderRow("2"));

      expect(ids((await drain(external, start)).changes)).toEqual(["1", "2"]);
    });

    it("says of an empty system that there is nothing, and later finds its first record", async () => {
      const { external, put } = await fresh();
      const start = await drain(external, null);
      expect(start.changes).toEqual([]);

      await put(orderRow("1"));

      expect(ids((await drain(external, start.cursor)).changes)).toEqual(["1"]);
    });

    it("names what was made and changed since a cursor, and is silent when nothing was", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));
      await put(orderRow("2"));
      const { cursor } = await drain(external, null);

      await put(orderRow("2", { amount: "99.00" }));
      await put(orderRow("3"));
      const next = await drain(external, cursor);

      expect(ids(next.changes)).toEqual(expect.arrayContaining(["2", "3"]));
      expect(ids((await drain(external, next.cursor)).changes)).toEqual([]);
    });

    it("names the record when only a line of it changed", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));
      const { cursor } = await drain(external, null);

      await put(orderRow("1", { lines: [{ no: "1", product: "P-1", quantity: 9 }] }));

      expect(ids((await drain(external, cursor)).changes)).toEqual(["1"]);
    });

    it("gives the same changes again when asked from the same cursor again", async () => {
      const { external, put } = await fresh();
      const { cursor } = await drain(external, null);
      await put(orderRow("1"));
      await drain(external, cursor);

      expect(ids((await drain(external, cursor)).changes)).toEqual(["1"]);
    });

    it("reads on after the stored cursor was acknowledged", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));
      const first = await drain(external, null);
      await external.acknowledge?.("orders", first.cursor);
      await put(orderRow("2"));
      const second = await drain(external, first.cursor);
      await external.acknowledge?.("orders", second.cursor);
      await external.acknowledge?.("orders", second.cursor);

      expect(ids(second.changes)).toEqual(["2"]);
      expect(ids((await drain(external, second.cursor)).changes)).toEqual([]);
      expect(
        ids(await external.read("orders", [["1"], ["2"]]).then((r) => r.map((x) => ({ ...x, deleted: false })))),
      ).toEqual(["1", "2"]);
    });

    it.skipIf(!abilities.restores)(
      "reads everything again, and says that deletions may have been missed, when an older backup was put back",
      async () => {
        const { external, put, backUp } = await fresh();
        for (const id of ["1", "2"]) await put(orderRow(id));
        const putBack = await backUp?.();
        await put(orderRow("3"));
        await put(orderRow("1", { amount: "77.00" }));
        const { cursor } = await drain(external, null);

        await putBack?.();
        const again = await drain(external, cursor);
        const next = await drain(external, again.cursor);

        expect(ids(again.changes)).toEqual(["1", "2"]);
        expect(again.restarts).toMatchObject([{ reason: expect.stringMatching(/./), deletesMissed: true }]);
        expect([next.changes, next.restarts]).toEqual([[], []]);
      },
    );

    it("starts again, and says so, at a position that another adapter has made", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));

      const { changes, restarts } = await drain(external, '{"feed":"another","at":7}');

      expect(ids(changes)).toEqual(["1"]);
      expect(restarts).toMatchObject([{ deletesMissed: true }]);
    });

    it.skipIf(!abilities.seesDeletes)("tells a deleted record, and not one that was made again since", async () => {
      const { external, put, remove } = await fresh();
      for (const id of ["1", "2"]) await put(orderRow(id));
      const { cursor } = await drain(external, null);

      await remove("1");
      await remove("2");
      await put(orderRow("2"));
      const { changes } = await drain(external, cursor);

      expect(changes.filter((change) => change.deleted).map((change) => change.naturalKey)).toEqual([["1"]]);
      expect(ids(changes)).toEqual(["1", "2"]);
    });

    it("reads records with their lines and exact values, and leaves out what is not there", async () => {
      const { external, put } = await fresh();
      const amount = "12345678901234.10";
      const lines = [
        { no: "2", product: "Gemüse", quantity: 1 },
        { no: "10", product: "日本", quantity: 9007199254740991 },
      ];
      await put(orderRow("1", { amount, customer: null, lines }));

      const records = await external.read("orders", [["1"], ["404"]]);

      expect(records).toHaveLength(1);
      expect(records[0]?.naturalKey).toEqual(["1"]);
      expect(records[0]?.fields).toMatchObject({ customer: null, amount });
      expect(
        new Map(records[0]?.lines?.map((line) => [line.naturalKey.join(), String(line.fields["quantity"])])),
      ).toEqual(
        new Map([
          ["2", "1"],
          ["10", "9007199254740991"],
        ]),
      );
    });

    it("reads nothing for no keys, and many keys at once", async () => {
      const { external, put } = await fresh();
      const many = Array.from({ length: 205 }, (_, index) => String(index + 1));
      for (const id of many) await put(orderRow(id));

      expect(await external.read("orders", [])).toEqual([]);
      expect(
        await external.read(
          "orders",
          many.map((id) => [id]),
        ),
      ).toHaveLength(205);
    });

    it("creates a record with its lines, and tells the version that it has then", async () => {
      const { external, stored } = await fresh();

      const outcomes = await external.apply([
        operation({
          change: {
            kind: "create",
            fields: { customer: "Ann", amount: "1.05" },
            lines: [
              { kind: "put", naturalKey: ["1"], fields: LINE },
              { kind: "put", naturalKey: ["2"], fields: { product: "P-8", quantity: 1 } },
            ],
          },
        }),
      ]);

      expect(outcomes).toEqual([{ kind: "done", opId: "op-1", version: expect.any(String) }]);
      expect(await stored("1")).toEqual({
        id: "1",
        customer: "Ann",
        amount: "1.05",
        lines: [
          { no: "1", product: "P-7", quantity: 3 },
          { no: "2", product: "P-8", quantity: 1 },
        ],
      });
      const version = outcomes[0]?.kind === "done" ? outcomes[0].version : undefined;
      expect((await readOne(external, ["1"])).version).toBe(version);
    });

    it("does not make a record twice", async () => {
      const { external, put, stored } = await fresh();
      await put(orderRow("1", { customer: "first" }));

      const outcomes = await external.apply([
        operation({ change: { kind: "create", fields: { customer: "second", amount: "1" } } }),
      ]);

      expect(outcomes).toEqual([{ kind: "stale", opId: "op-1" }]);
      expect((await stored("1"))?.customer).toBe("first");
    });

    it("updates the fields and lines that change and no others", async () => {
      const { external, put, stored } = await fresh();
      await put(
        orderRow("1", {
          lines: [
            { no: "1", product: "A", quantity: 1 },
            { no: "2", product: "B", quantity: 2 },
            { no: "3", product: "C", quantity: 3 },
          ],
        }),
      );
      const { version } = await readOne(external, ["1"]);

      const outcomes = await external.apply([
        operation({
          expectedVersion: version,
          change: {
            kind: "update",
            fields: { amount: "20.00" },
            lines: [
              { kind: "put", naturalKey: ["2"], fields: { quantity: 22 } },
              { kind: "remove", naturalKey: ["3"] },
              { kind: "put", naturalKey: ["4"], fields: { product: "D", quantity: 4 } },
            ],
          },
        }),
      ]);

      expect(outcomes[0]?.kind).toBe("done");
      expect(await stored("1")).toEqual({
        id: "1",
        customer: "Müller & Söhne",
        amount: "20.00",
        lines: [
          { no: "1", product: "A", quantity: 1 },
          { no: "2", product: "B", quantity: 22 },
          { no: "4", product: "D", quantity: 4 },
        ],
      });
    });

    it("writes nothing over a record that has moved since it was read", async () => {
      const { external, put, stored } = await fresh();
      await put(orderRow("1"));
      const { version } = await readOne(external, ["1"]);
      await put(orderRow("1", { customer: "somebody else", lines: [{ no: "1", product: "X", quantity: 1 }] }));

      const outcomes = await external.apply([
        operation({ expectedVersion: version, change: { kind: "update", fields: { customer: "ours" } } }),
      ]);

      expect(outcomes).toEqual([{ kind: "stale", opId: "op-1" }]);
      expect((await stored("1"))?.customer).toBe("somebody else");
    });

    it("has a version that stays while nothing changes and moves when a line does", async () => {
      const { external, put } = await fresh();
      await put(orderRow("1"));
      const before = await readOne(external, ["1"]);
      const again = await readOne(external, ["1"]);
      await put(orderRow("1", { lines: [{ no: "1", product: "P-1", quantity: 5 }] }));
      const after = await readOne(external, ["1"]);

      expect(again.version).toBe(before.version);
      expect(after.version).not.toBe(before.version);
    });

    it("does not bring a vanished record back by an update", async () => {
      const { external, stored } = await fresh();
      const outcomes = await external.apply([operation({ change: { kind: "update", fields: { amount: "1" } } })]);
      expect(outcomes).toEqual([{ kind: "stale", opId: "op-1" }]);
      expect(await stored("1")).toBeUndefined();
    });

    it.skipIf(!abilities.deletes)(
      "deletes a record with its lines, once, and only the version that was read",
      async () => {
        const { external, put, stored } = await fresh();
        await put(orderRow("1"));
        const { version } = await readOne(external, ["1"]);
        await put(orderRow("1", { amount: "2.00" }));
        const change = { kind: "delete" } as const;

        const stale = await external.apply([operation({ change, expectedVersion: version })]);
        expect(stale[0]?.kind).toBe("stale");
        expect(await stored("1")).toBeDefined();
        const done = await external.apply([operation({ change }), operation({ change, opId: "op-2" })]);

        expect(done.map((outcome) => outcome.kind)).toEqual(["done", "done"]);
        expect(await stored("1")).toBeUndefined();
      },
    );

    it("gives one outcome per operation in order, and a refused one does not stop its neighbors", async () => {
      const { external, stored } = await fresh();
      const create = (id: string, fields: ExternalFields): ExternalOperation =>
        operation({ opId: `op-${id}`, naturalKey: [id], change: { kind: "create", fields } });

      const outcomes = await external.apply([
        create("1", { amount: "1.00" }),
        create("2", { amount: "2.00", no_such_field: "x" }),
        create("3", { amount: "3.00" }),
      ]);

      expect(outcomes.map((outcome) => [outcome.opId, outcome.kind])).toEqual([
        ["op-1", "done"],
        ["op-2", "refused"],
        ["op-3", "done"],
      ]);
      expect(outcomes[1]).toMatchObject({ reason: expect.stringContaining("no_such_field") });
      expect(await stored("2")).toBeUndefined();
      expect((await stored("3"))?.amount).toBe("3.00");
    });

    it("refuses a collection that is not configured, by its name", async () => {
      const { external } = await fresh();
      await expect(external.read("invoices", [["1"]])).rejects.toMatchObject({
        code: "EXTERNAL_REFUSED",
        message: expect.stringContaining("invoices"),
      });
    });

    it("tells the fields of a collection where it knows them", async () => {
      const { external } = await fresh();
      const info = await external.info("orders");
      expect(info.collection).toBe("orders");
    });
  });
}
