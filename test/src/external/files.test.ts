import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FilesConfigInput, filesConfigSchema } from "../../../src/external/files/config.ts";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import type { ExternalOperation } from "../../../src/model/external-record.ts";
import { drain, type ExternalDouble, externalContract, type OrderRow } from "./contract.ts";

let folder = "";
let closing: ExternalSystem[] = [];
const at = (...parts: readonly string[]): string => join(folder, "orders", ...parts);
const names = (...parts: readonly string[]): readonly string[] => readdirSync(at(...parts)).sort();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "order-sync-files-"));
});

afterEach(async () => {
  for (const external of closing) await external.close();
  closing = [];
  rmSync(folder, { recursive: true, force: true });
});

type Orders = FilesConfigInput["collections"][string];

function config(
  facts: Partial<Orders> = {},
  complete: FilesConfigInput["complete"] = { kind: "rename" },
): FilesConfigInput {
  return {
    kind: "files",
    name: "erp",
    path: folder,
    complete,
    collections: {
      orders: {
        format: "csv",
        key: ["id"],
        columns: ["customer", "amount"],
        lines: { key: ["no"], columns: ["product", "quantity"] },
        operation: { column: "op", delete: "D", put: "U" },
        ...facts,
      },
    },
  };
}

async function open(input = config(), sleep: (ms: number) => Promise<void> = async () => {}): Promise<ExternalSystem> {
  const external = await openExternal(filesConfigSchema.parse(input), { sleep });
  closing.push(external);
  return external;
}

/** Drops a whole file, as the other system does. */
function drop(name: string, text: string): void {
  writeFileSync(at("in", name), text);
}

const HEADER = "op,id,customer,amount,no,product,quantity\n";

/** The other system: keeps its orders, sends changed ones and takes what is sent to it. */
async function partner(format: "csv" | "ndjson"): Promise<ExternalDouble> {
  const external = await open(config({ format }));
  const orders = new Map<string, OrderRow>();
  let sent = 0;
  const send = (op: string, order: OrderRow): void => {
    sent += 1;
    const quote = (value: string | null): string => (value === null ? "" : `"${value.replaceAll('"', '""')}"`);
    const rows = (order.lines.length === 0 ? [undefined] : order.lines).map((line) =>
      [op, order.id, quote(order.customer), order.amount, line?.no, quote(line?.product ?? null), line?.quantity].join(
        ",",
      ),
    );
    const text = format === "csv" ? HEADER + rows.join("\n") : JSON.stringify({ op, ...order });
    drop(`orders-${sent}.${format}`, `${text}\n`);
  };
  const takeOut = (): void => {
    for (const file of names("out")) {
      const text = readFileSync(at("out", file), "utf8");
      rmSync(at("out", file));
      const rows = text.trim().split("\n");
      if (format === "ndjson") {
        for (const row of rows.map((one) => JSON.parse(one) as OrderRow & { op: string })) {
          if (row.op === "D") orders.delete(row.id);
          else orders.set(row.id, { id: row.id, customer: row.customer, amount: row.amount, lines: row.lines });
        }
        continue;
      }
      const fresh = new Set<string>();
      for (const row of rows.slice(1)) {
        const [op, id = "", customer = "", amount = "", no = "", product = "", quantity = ""] = row.split(",");
        if (op === "D") {
          orders.delete(id);
          continue;
        }
        const known = fresh.has(id) ? (orders.get(id)?.lines ?? []) : [];
        fresh.add(id);
        const lines = no === "" ? known : [...known, { no, product, quantity: Number(quantity) }];
        orders.set(id, { id, customer: customer === "" ? null : customer, amount, lines });
      }
    }
  };
  return {
    external,
    put: async (order) => {
      orders.set(order.id, order);
      send("U", order);
    },
    remove: async (id) => {
      const order = orders.get(id);
      orders.delete(id);
      if (order !== undefined) send("D", order);
    },
    stored: async (id) => {
      takeOut();
      const order = orders.get(id);
      const number = (value: number | string): number => Number(value);
      return order && { ...order, lines: order.lines.map((line) => ({ ...line, quantity: number(line.quantity) })) };
    },
  };
}

externalContract("files adapter with CSV", { seesDeletes: true, deletes: true, restores: false }, () => partner("csv"));
externalContract("files adapter with NDJSON", { seesDeletes: true, deletes: true, restores: false }, () =>
  partner("ndjson"),
);

describe("a file that comes in", () => {
  it("is archived once its records are known, and a second one of its name does not overwrite it", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,Ann,1.00,,,\n`);
    await drain(external, null);
    drop("a.csv", `${HEADER}U,1,Bob,1.00,,,\n`);
    await drain(external, null);

    expect(names("in")).toEqual([]);
    expect(names("archive")).toEqual(["a.csv", "a~2.csv"]);
    expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({ customer: "Bob", amount: "1.00" });
  });

  it("is not taken while it has a temporary name", async () => {
    const external = await open();
    for (const name of ["a.csv.tmp", ".b.csv", "c.csv.part", "~d.csv", "e.txt"]) drop(name, `${HEADER}U,1,A,1,,,\n`);
    expect((await drain(external, null)).changes).toEqual([]);

    renameSync(at("in", "a.csv.tmp"), at("in", "a.csv"));

    expect((await drain(external, null)).changes).toHaveLength(1);
  });

  it("is not taken while it grows, nor is any file after it", async () => {
    let grow = true;
    const external = await open(config({}, { kind: "settled", ms: 2000 }), async (ms) => {
      expect(ms).toBe(2000);
      if (grow) appendFileSync(at("in", "2.csv"), "U,22,A,1,,,\n");
    });
    for (const id of ["1", "2", "10"]) drop(`${id}.csv`, `${HEADER}U,${id},A,1,,,\n`);

    const first = await drain(external, null);
    grow = false;
    const second = await drain(external, first.cursor);

    expect(first.changes.map((change) => change.naturalKey)).toEqual([["1"]]);
    expect(second.changes.map((change) => change.naturalKey)).toEqual([["2"], ["22"], ["10"]]);
  });

  it("is taken once its marker is there, and the marker goes with it", async () => {
    const external = await open(config({}, { kind: "marker", suffix: ".done" }));
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    expect((await drain(external, null)).changes).toEqual([]);

    drop("a.csv.done", "");

    expect((await drain(external, null)).changes).toHaveLength(1);
    expect(names("in")).toEqual([]);
  });

  it.each([
    ["cut-off.csv", `${HEADER}U,1,A,1,,,\nU,2,"B`, /quote/i],
    ["short.csv", `${HEADER}U,1,A,1,,,\nU,2\n`, /columns|length/i],
    ["other.csv", "name,price\nx,1\n", /no key column "id"/],
    ["latin1.csv", Buffer.from(`${HEADER}U,1,M\u00fcller,1,,,\n`, "latin1"), /not UTF-8/],
  ])("is rejected as a whole when it cannot be used: %s", async (name, content, reason) => {
    const external = await open();
    writeFileSync(at("in", name), content);
    drop("z.csv", `${HEADER}U,9,Z,1,,,\n`);

    const { changes } = await drain(external, null);

    expect(changes).toEqual([{ naturalKey: ["9"], deleted: false }]);
    expect(names("rejected")).toEqual([name, `${name}.reason.txt`]);
    expect(readFileSync(at("rejected", `${name}.reason.txt`), "utf8")).toMatch(reason);
    expect((await external.check())[0]?.message).toContain("holds 2 files");
  });

  it("gives its good rows when others have no key, which are kept apart", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\nU,,nobody,1,,,\n`);
    expect((await drain(external, null)).changes).toHaveLength(1);
    expect(names("archive")).toEqual(["a.csv"]);
    const rejected = JSON.parse(readFileSync(at("rejected", "a.csv.rows.ndjson"), "utf8")) as unknown;
    expect(rejected).toMatchObject({
      line: 3,
      reason: "the key (id) is empty",
      text: expect.stringContaining("nobody"),
    });
  });

  it("leaves columns and lines as they were that it does not have", async () => {
    const external = await open();
    drop("1.csv", `${HEADER}U,1,Ann,5.00,1,P-1,2\nU,1,Ann,5.00,2,P-2,3\n`);
    drop("2.csv", "id,amount\n1,7.00\n");
    await drain(external, null);

    const [record] = await external.read("orders", [["1"]]);

    expect(record?.fields).toEqual({ customer: "Ann", amount: "7.00" });
    expect(record?.lines?.map((line) => line.fields)).toEqual([
      { product: "P-1", quantity: "2" },
      { product: "P-2", quantity: "3" },
    ]);
  });

  it("with a byte order mark, semicolons, quotes and line breaks is read as it is meant", async () => {
    const external = await open(config({ delimiter: ";", lines: undefined }));
    drop("a.csv", '\uFEFFid;customer;amount\r\n1;"Müller; ""Söhne""\nWien";1,50\r\n');
    await drain(external, null);
    expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({
      customer: 'Müller; "Söhne"\nWien',
      amount: "1,50",
    });
  });

  it("is silent when it says what is known, and speaks when it goes back to an old value", async () => {
    const external = await open();
    const text = `${HEADER}U,1,A,1,,,\n`;
    drop("1.csv", text);
    const first = await drain(external, null);
    drop("2.csv", text);
    const second = await drain(external, first.cursor);
    drop("3.csv", `${HEADER}U,1,B,1,,,\n`);
    drop("4.csv", text.replace("A", "C"));
    drop("5.csv", text);
    const third = await drain(external, second.cursor);

    expect(second.changes).toEqual([]);
    expect(third.changes).toHaveLength(1);
  });

  it("is not taken twice when a crash left it in the folder", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    const { cursor } = await drain(external, null);
    await external.close();
    closing = [];
    // As if the process had died between the commit and the move.
    renameSync(at("archive", "a.csv"), at("in", "a.csv"));

    const again = await open();

    expect((await drain(again, cursor)).changes).toEqual([]);
    expect(names("archive")).toEqual(["a.csv"]);
  });

  it("with exact numbers keeps them in NDJSON", async () => {
    const external = await open(config({ format: "ndjson" }));
    drop("a.ndjson", '{"id":9007199254740993,"amount":12.50,"customer":true}\n');
    const { changes } = await drain(external, null);
    expect(changes).toEqual([{ naturalKey: ["9007199254740993"], deleted: false }]);
    expect((await external.read("orders", [["9007199254740993"]]))[0]?.fields).toEqual({
      customer: true,
      amount: "12.50",
    });
  });
});

describe("a file that goes out", () => {
  const create = (id: string): ExternalOperation => ({
    opId: id,
    collection: "orders",
    naturalKey: [id],
    expectedVersion: null,
    change: { kind: "create", fields: { customer: "Ann", amount: "1.00" } },
  });

  it("holds all records of a call, whole, under a name that counts up", async () => {
    const external = await open();
    await external.apply([create("1"), create("2")]);
    await external.apply([create("3")]);

    const files = names("out");
    expect(files).toEqual([
      expect.stringMatching(/^orders-000000000002-[0-9a-f]{8}\.csv$/),
      expect.stringMatching(/^orders-000000000003-[0-9a-f]{8}\.csv$/),
    ]);
    expect(readFileSync(at("out", files[0] ?? ""), "utf8")).toBe(`${HEADER}U,1,Ann,1.00,,,\nU,2,Ann,1.00,,,\n`);
  });

  it("is not written when nothing is to be written, and leaves no temporary file", async () => {
    const external = await open();
    await external.apply([{ ...create("1"), change: { kind: "update", fields: { amount: "1" } } }]);
    expect(names("out")).toEqual([]);
    await external.apply([create("1")]);
    expect(names("out")).toHaveLength(1);
  });

  it("does not name deletes where the configuration has no column for them", async () => {
    const external = await open(config({ operation: undefined }));
    await external.apply([create("1")]);
    const outcomes = await external.apply([{ ...create("1"), change: { kind: "delete" } }]);
    expect(outcomes).toEqual([{ kind: "refused", opId: "1", reason: expect.stringContaining("`operation`") }]);
  });
});

describe("an exchange folder", () => {
  it("that does not exist is reported, and not made", async () => {
    const path = join(folder, "nowhere");
    await expect(open({ ...config(), path })).rejects.toMatchObject({
      code: "EXTERNAL_UNREACHABLE",
      message: `Exchange folder ${path} does not exist; correct external.path.`,
    });
    expect(existsSync(path)).toBe(false);
  });

  it("whose index is gone is not used as if it were new", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    await drain(external, null);
    await external.close();
    closing = [];
    for (const name of readdirSync(folder).filter((one) => one.includes(".db"))) rmSync(join(folder, name));

    await expect(open()).rejects.toMatchObject({
      code: "EXTERNAL_REFUSED",
      message: expect.stringContaining("restore it from a backup"),
    });
  });

  it("whose index is another file is reported with its path", async () => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, ".order-sync-index.db"), "no database".repeat(100));
    await expect(open()).rejects.toMatchObject({ code: "EXTERNAL_REFUSED", message: expect.stringContaining(folder) });
  });

  it("starts its feed anew for a cursor of another index", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    const foreign = JSON.stringify({ feed: "files", index: "another", seq: 99 });
    expect((await drain(external, foreign)).changes).toHaveLength(1);
  });

  it.skipIf(process.getuid?.() === 0)("that may not be written to is listed by check", async () => {
    const external = await open();
    chmodSync(at("out"), 0o500);
    expect((await external.check())[0]?.message).toContain(at("out"));
    chmodSync(at("out"), 0o700);
  });

  it("refuses a column that is named twice", () => {
    const parsed = filesConfigSchema.safeParse(config({ columns: ["customer", "no"] }));
    expect(parsed.error?.issues[0]?.message).toBe('column "no" is named twice');
  });
});
