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
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FilesConfigInput, filesConfigSchema } from "../../../src/external/files/config.ts";
import { openExternal } from "../../../src/external/open.ts";
import type { ExternalSystem } from "../../../src/external/port.ts";
import type { ExternalOperation } from "../../../src/model/external-record.ts";
import { drain, type ExternalDouble, externalContract, type OrderRow } from "./contract-suite.ts";

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

/** Columns that the files of some tests lack. */
const LINELESS = ["no", "product", "quantity"];

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
    expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({ id: "1", customer: "Bob", amount: "1.00" });
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
    ["short.csv", `${HEADER}U,1,A,1,,,\nU,2\n`, /^line 3 has 2 values, and the header names 7 columns/],
    ["long.csv", `${HEADER}U,1,A,1,,,\nU,2,B,1,00,,,\n`, /^line 3 has 8 values/],
    ["quote.csv", `${HEADER}U,1,"A\nB",1,,,\nU,2,5" pipe,1,,,\n`, /line 4 holds a quote inside a value/],
    ["other.csv", "name,price\nx,1\n", /no key column "id"; it is: name,price/],
    ["header.csv", "name,price\n", /no key column "id"/],
    ["semicolon.csv", "op;id;customer\nU;1;Ann\n", /it is: op;id;customer \(`delimiter` is ","\)/],
    ["twice.csv", "op,id,customer,customer\nU,1,Ann,Bob\n", /names the column "customer" twice/],
    ["blank.csv", "op,id,customer \nU,1,Ann\n", /has "customer " where the configuration has "customer"/],
    ["capital.csv", "Op,id,customer\nD,1,Ann\n", /has "Op" where the configuration has "op"/],
    [
      "misspelt.csv",
      "op,id,custmer,amount,no,product,quantity\n",
      /has "custmer" where the configuration has "customer"/,
    ],
    ["swapped.csv", "op,id,customer,amuont,no,product,quantity\n", /has "amuont" where the configuration has "amount"/],
    ["underscore.csv", "op,id,cust_omer,amount,no,product,quantity\n", /has "cust_omer" where .* has "customer"/],
    ["column.csv", "op,id,customer,no,product,quantity\nU,1,A,,,\n", /no column "amount"; it is: .*`optional`/],
    ["other-name.csv", "op,id,buyer,amount,no,product,quantity\nU,1,A,1,,,\n", /no column "customer"/],
    ["line-column.csv", "op,id,customer,amount,no,quantity\nU,1,A,1,,\n", /no column "product"/],
    ["no-lines.csv", "op,id,customer,amount\nU,1,A,1\n", /no column "no"/],
    ["operation.csv", "id,customer,amount,no,product,quantity\n1,A,1,,,\n", /no column "op"/],
    ["twice-alike.csv", `Customer ,${HEADER}x,U,1,A,1,,,\n`, /names the column "Customer" twice, in other blanks/],
    ["half.csv", "op,id,product\nU,1,P-1\n", /"product" of the lines, but not their key column "no"/],
    ["keyless.csv", `${HEADER}U,1,A,1,1,P-1,2\nU,,A,1,2,P-2,2\n`, /^line 3: the key \(id\) is empty/],
    ["empty.csv", "", /file is empty/],
    ["latin1.csv", Buffer.from(`${HEADER}U,1,M\u00fcller,1,,,\n`, "latin1"), /not UTF-8 \(line 2\); .*windows-1252/],
    ["utf16.csv", Buffer.from(`\uFEFF${HEADER}`, "utf16le"), /set `encoding: utf-16le`/],
    ["utf16be.csv", Buffer.from([0xfe, 0xff, 0, 0x6f]), /UTF-16 with the high byte first/],
    ["bare-utf16.csv", Buffer.from(HEADER, "utf16le"), /line 1 holds a NUL character/],
    ["nul.csv", `${HEADER}U,1,A\0B,1,,,\n`, /line 2 holds a NUL character/],
  ])("is rejected as a whole when it cannot be used: %s", async (name, content, reason) => {
    const external = await open();
    writeFileSync(at("in", name), content);
    drop("z.csv", `${HEADER}U,9,Z,1,,,\n`);

    const { changes } = await drain(external, null);

    expect(changes).toEqual([{ naturalKey: ["9"], deleted: false }]);
    expect(names("rejected")).toEqual([name, `${name}.reason.txt`]);
    expect(readFileSync(at("rejected", `${name}.reason.txt`), "utf8")).toMatch(reason);
    expect(await external.check()).toEqual([]);
    expect((await external.rejected?.(null))?.inputs).toEqual([
      { collection: "orders", name, isNew: true, reasons: [expect.stringMatching(reason)] },
    ]);
  });

  it.each([
    ["line.ndjson", '{"id":1,"customer":"A"}\n{"id":2,"cust', /^line 2 is no JSON/],
    ["bom.ndjson", Buffer.from('\uFEFF{"id":1}\n', "utf16le"), /set `encoding: utf-16le`/],
  ])("in NDJSON is rejected as a whole when it cannot be used: %s", async (name, content, reason) => {
    const external = await open(config({ format: "ndjson" }));
    writeFileSync(at("in", name), content);

    expect((await drain(external, null)).changes).toEqual([]);

    expect(readFileSync(at("rejected", `${name}.reason.txt`), "utf8")).toMatch(reason);
  });

  it("is a folder, or a link that leads nowhere: rejected, and the files beside it are read", async () => {
    const external = await open();
    mkdirSync(at("in", "a.csv"));
    symlinkSync(at("in", "nothing"), at("in", "b.csv"));
    drop("c.csv", `${HEADER}U,1,A,1,,,\n`);

    expect((await drain(external, null)).changes).toHaveLength(1);
    expect((await external.rejected?.(null))?.inputs.map(({ name, reasons }) => [name, reasons[0]])).toEqual([
      ["a.csv", "it is a folder and not a file"],
      // Its reason lies beside it; the link itself leads nowhere there as well.
      ["b.csv", "it is a link that leads nowhere"],
    ]);
  });

  it.skipIf(process.getuid?.() === 0)("that may not be read is rejected", async () => {
    const external = await open();
    drop("a.csv", HEADER);
    chmodSync(at("in", "a.csv"), 0);

    await drain(external, null);

    expect((await external.rejected?.(null))?.inputs[0]?.reasons[0]).toContain("may not be read");
  });

  it.each([
    ["of Windows and of Unix", "op,id,customer,amount\r\nU,1,A,1\nU,2,B,2\r\n"],
    ["of Unix and of Windows", "op,id,customer,amount\nU,1,A,1\r\nU,2,B,2\n"],
    ["of an old Mac", "op,id,customer,amount\rU,1,A,1\rU,2,B,2\r"],
    ["of all three", "op,id,customer,amount\r\n\nU,1,A,1\rU,2,B,2\n"],
  ])("is read with line ends %s", async (_name, text) => {
    const external = await open(config({ optional: LINELESS }));
    drop("a.csv", text);
    await drain(external, null);

    expect((await external.read("orders", [["1"], ["2"]])).map(({ fields }) => fields)).toEqual([
      { id: "1", customer: "A", amount: "1" },
      { id: "2", customer: "B", amount: "2" },
    ]);
  });

  it("keeps line breaks in quotes as they are, whatever ends its lines", async () => {
    const external = await open(config({ optional: LINELESS }));
    drop("a.csv", 'op,id,customer,amount\nU,1,"A\r\nB",1\r\nU,2,"C\nD",2\n');
    await drain(external, null);

    expect((await external.read("orders", [["1"], ["2"]])).map(({ fields }) => fields["customer"])).toEqual([
      "A\r\nB",
      "C\nD",
    ]);
  });

  it.each([
    ["windows-1252", Buffer.from("op,id,customer,amount\nU,1,M\u00fcller \u00c6r\u00f8,1\n", "latin1")],
    ["utf-16le", Buffer.from("\uFEFFop,id,customer,amount\r\nU,1,M\u00fcller \u00c6r\u00f8,1\r\n", "utf16le")],
  ] as const)("is read and written in %s where the configuration says so", async (encoding, bytes) => {
    const external = await open(config({ encoding, lines: undefined }));
    writeFileSync(at("in", "a.csv"), bytes);
    await drain(external, null);
    const [record] = await external.read("orders", [["1"]]);
    const update = { kind: "update", fields: { customer: "Zo\u00eb" } } as const;

    await external.apply([
      { opId: "1", collection: "orders", naturalKey: ["1"], expectedVersion: null, change: update },
    ]);

    expect(record?.fields["customer"]).toBe("M\u00fcller \u00c6r\u00f8");
    const [out = ""] = names("out");
    const text = new TextDecoder(encoding).decode(readFileSync(at("out", out)));
    expect(text).toBe("op,id,customer,amount\nU,1,Zo\u00eb,1\n");
  });

  it("refuses a value that the encoding of its files cannot hold, and writes the others", async () => {
    const external = await open(config({ encoding: "windows-1252", lines: undefined }));
    const create = (id: string, customer: string): ExternalOperation => ({
      opId: id,
      collection: "orders",
      naturalKey: [id],
      expectedVersion: null,
      change: { kind: "create", fields: { customer } },
    });

    const outcomes = await external.apply([create("1", "Wa\u0142\u0119sa"), create("2", "5 \u20ac")]);

    expect(outcomes).toMatchObject([
      { kind: "refused", reason: expect.stringMatching(/"\u0142" has no place in windows-1252/) },
      { kind: "done" },
    ]);
    expect(readFileSync(at("out", names("out")[0] ?? ""))).toContain(0x80);
  });

  it("gives its good rows when others have no key or contradict each other, which make a file of their own", async () => {
    const external = await open(config({ lines: undefined, operation: undefined }));
    drop("a.csv", 'id,customer,amount,other\n1,A,1,x\n,nobody,1,"y, z"\n2,B,1,x\n3,C,1,x\n2,B,2,x\n3,C,1,y\n');

    const { changes } = await drain(external, null);

    expect(changes.map(({ naturalKey }) => naturalKey)).toEqual([["1"], ["3"]]);
    expect(names("archive")).toEqual(["a.csv"]);
    expect(names("rejected")).toEqual(["a.rows.csv", "a.rows.csv.reason.txt"]);
    expect(readFileSync(at("rejected", "a.rows.csv"), "utf8")).toBe(
      'id,customer,amount,other\n,nobody,1,"y, z"\n2,B,1,x\n2,B,2,x\n',
    );
    expect(readFileSync(at("rejected", "a.rows.csv.reason.txt"), "utf8")).toBe(
      'line 3: the key (id) is empty\nline 6: [2] is in line 4 with another "amount": only one can be right\n',
    );
  });

  it("that is a history counts the last row of a record", async () => {
    const external = await open(config({ lines: undefined }));
    drop("a.csv", "op,id,customer,amount\nU,1,A,1\nU,1,A,2\nU,2,B,1\nD,2,B,1\n");
    await drain(external, null);

    expect((await external.read("orders", [["1"], ["2"]])).map(({ fields }) => fields["amount"])).toEqual(["2"]);
  });

  it.each([
    [
      "its line stands twice",
      "U,1,A,1,1,P-1,2\nU,1,A,1,1,P-2,3\n",
      /line 3: the line \[1\] of this record is in line 2/,
    ],
    ["a line has no key", "U,1,A,1,1,P-1,2\nU,1,A,1,,P-2,3\n", /line 3: the line has no key \(no\)/],
    ["its rows disagree", "U,1,A,1,1,P-1,2\nU,1,B,1,2,P-2,3\n", /line 3: \[1\] is in line 2 with another "customer"/],
    ["its operation is spelled otherwise", "d,1,A,1,1,P-1,2\n", /"d" in column "op" is not spelled "D"/],
  ])("rejects a whole record when %s, and takes the others", async (_name, rows, reason) => {
    const external = await open();
    drop("a.csv", `${HEADER}${rows}U,2,Z,1,1,P-1,1\n`);

    expect((await drain(external, null)).changes.map(({ naturalKey }) => naturalKey)).toEqual([["2"]]);
    expect(readFileSync(at("rejected", "a.rows.csv"), "utf8")).toBe(HEADER + rows);
    expect(readFileSync(at("rejected", "a.rows.csv.reason.txt"), "utf8")).toMatch(reason);
  });

  it("says nothing in rows whose values are all empty, as spreadsheets leave them", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\n,,,,,,\n\n`);

    expect((await drain(external, null)).changes).toHaveLength(1);
    expect(names("rejected")).toEqual([]);
  });

  it.each([
    ["has no operation", '{"id":1,"customer":"A"}', /"op" is missing/],
    ["misspells a property", '{"op":"U","id":1,"Customer":"A"}', /has "Customer" where .* has "customer"/],
    ["misspells the lines", '{"op":"U","id":1,"customer":"A","line":[]}', /has "line" where .* has "lines"/],
  ])("in NDJSON that %s is rejected in that record alone", async (_how, row, reason) => {
    const external = await open(config({ format: "ndjson" }));
    drop("a.ndjson", `${row}\n{"op":"U","id":2}\n`);

    expect((await drain(external, null)).changes).toEqual([{ naturalKey: ["2"], deleted: false }]);
    expect((await external.rejected?.(null))?.inputs[0]?.reasons[0]).toMatch(reason);
  });

  it("keeps apart columns whose names differ by a number", async () => {
    const external = await open(config({ columns: ["address1"], optional: ["address1"], lines: undefined }));
    drop("a.csv", "op,id,address2\nU,1,x\n");

    expect((await drain(external, null)).changes).toHaveLength(1);
  });

  it("may lack only columns that are known", () => {
    for (const [name, reason] of [
      ["id", /names the record/],
      ["buyer", /is in none of columns, lines and operation/],
    ] as const) {
      const parsed = filesConfigSchema.safeParse(config({ optional: [name] }));
      expect(parsed.error?.issues.map(({ message }) => message)).toEqual([expect.stringMatching(reason)]);
    }
  });

  it("leaves columns and lines as they were that it may lack and does not have", async () => {
    const external = await open(config({ optional: ["op", "customer", ...LINELESS] }));
    drop("1.csv", `${HEADER}U,1,Ann,5.00,1,P-1,2\nU,1,Ann,5.00,2,P-2,3\n`);
    drop("2.csv", "id,amount\n1,7.00\n");
    await drain(external, null);

    const [record] = await external.read("orders", [["1"]]);

    expect(record?.fields).toEqual({ id: "1", customer: "Ann", amount: "7.00" });
    expect(record?.lines?.map((line) => line.fields)).toEqual([
      { no: "1", product: "P-1", quantity: "2" },
      { no: "2", product: "P-2", quantity: "3" },
    ]);
  });

  it("with a byte order mark, semicolons, quotes and line breaks is read as it is meant", async () => {
    const external = await open(config({ delimiter: ";", lines: undefined, operation: undefined }));
    drop("a.csv", '\uFEFFid;customer;amount\r\n1;"Müller; ""Söhne""\nWien";1,50\r\n');
    await drain(external, null);
    expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({
      id: "1",
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
    drop("a.ndjson", '{"op":"U","id":9007199254740993,"amount":12.50,"customer":true}\n');
    const { changes } = await drain(external, null);
    expect(changes).toEqual([{ naturalKey: ["9007199254740993"], deleted: false }]);
    expect((await external.read("orders", [["9007199254740993"]]))[0]?.fields).toEqual({
      id: "9007199254740993",
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

  it("starts its feed again for a cursor of another index", async () => {
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
    expect(parsed.error?.issues[0]?.message).toBe(
      'column "no" is named for the record and for its lines; a CSV row has it once: name it in one place',
    );
  });

  it("takes a column of the key that is named among the others as well for what it is", async () => {
    const external = await open(config({ columns: ["id", "customer", "amount"] }));
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    await drain(external, null);

    expect((await external.read("orders", [["1"]]))[0]?.fields).toEqual({ id: "1", customer: "A", amount: "1" });
    expect(Object.keys((await external.info("orders")).fields ?? {})).toEqual(["id", "customer", "amount"]);
  });

  it("does not let a write give a record another key", async () => {
    const external = await open();
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    await drain(external, null);
    const write = (fields: Record<string, string>): Promise<unknown> =>
      external.apply([
        {
          opId: "1",
          collection: "orders",
          naturalKey: ["1"],
          expectedVersion: null,
          change: { kind: "update", fields },
        },
      ]);

    expect(await write({ id: "2" })).toMatchObject([{ kind: "refused", reason: expect.stringContaining('"id"') }]);
    expect(await write({ id: "1", customer: "B" })).toMatchObject([{ kind: "done" }]);
  });
});

describe("files that nobody looks at", () => {
  const HOUR = 3_600_000;
  const notices = async (complete: FilesConfigInput["complete"], ageMs: number) => {
    const external = await openExternal(filesConfigSchema.parse(config({}, complete)), {
      now: () => Date.now() + ageMs,
      sleep: async () => {},
    });
    closing.push(external);
    drop("orders.xlsx", "x");
    drop("a.csv", `${HEADER}U,1,A,1,,,\n`);
    drop("b.csv.tmp", "");
    writeFileSync(at("out", "orders-1.csv"), HEADER);
    await drain(external, null);
    return external.notices?.().map(({ message }) => message.replace(folder, ""));
  };

  it("are reported when they have another ending, lack their marker for long, or are not taken by the other side", async () => {
    expect(await notices({ kind: "marker", suffix: ".done" }, 80 * HOUR)).toEqual([
      "/orders/in holds orders.xlsx, which is not read: the collection takes *.csv",
      "/orders/in holds a.csv, which has waited for its marker (.done) for over an hour and is not read before",
      "/orders/out holds orders-1.csv, written over three days ago: nobody seems to take what is sent",
    ]);
  });

  it("are not told before they have waited", async () => {
    expect(await notices({ kind: "marker", suffix: ".done" }, HOUR / 2)).toEqual([
      "/orders/in holds orders.xlsx, which is not read: the collection takes *.csv",
    ]);
  });
});

describe("a rejected file", () => {
  const rejected = async (external: ExternalSystem, since: string | null = null) => await external.rejected?.(since);
  const bad = `${HEADER}U,1\n`;
  const good = `${HEADER}U,1,A,1,,,\n`;

  it("is new once, and stays until somebody deals with it", async () => {
    const external = await open();
    drop("a.csv", bad);
    await drain(external, null);
    const first = await rejected(external);
    drop("b.csv", bad);
    await drain(external, null);

    const second = await rejected(external, first?.position);

    expect(second?.inputs.map(({ name, isNew }) => [name, isNew])).toEqual([
      ["a.csv", false],
      ["b.csv", true],
    ]);
    expect((await rejected(external, second?.position))?.inputs.map(({ isNew }) => isNew)).toEqual([false, false]);
  });

  it.each([
    ["a corrected file of its name is read", () => drop("a.csv", good)],
    ["it is taken away", () => rmSync(at("rejected", "a.csv"))],
    [
      "it is corrected there and moved back",
      () => {
        writeFileSync(at("rejected", "a.csv"), good);
        renameSync(at("rejected", "a.csv"), at("in", "a.csv"));
      },
    ],
  ])("is dealt with when %s", async (_name, dealWithIt) => {
    const external = await open();
    drop("a.csv", bad);
    await drain(external, null);
    dealWithIt();
    await drain(external, null);

    expect((await rejected(external))?.inputs).toEqual([]);
    expect(names("rejected")).toEqual([]);
  });

  it("stays beside a second one of its name, until one of them can be read", async () => {
    const external = await open();
    drop("a.csv", bad);
    await drain(external, null);
    drop("a.csv", bad);
    await drain(external, null);

    expect((await rejected(external))?.inputs.map(({ name }) => name)).toEqual(["a.csv", "a~2.csv"]);

    drop("a.csv", good);
    await drain(external, null);
    expect((await rejected(external))?.inputs).toEqual([]);
    expect(names("archive")).toEqual(["a.csv", "a~2.csv", "a~3.csv"]);
  });

  it("is read once more when it is readmitted, with its marker where one is needed", async () => {
    const marker = { kind: "marker", suffix: ".done" } as const;
    const external = await open(config({}, marker));
    writeFileSync(at("in", "a.csv"), Buffer.from(`${HEADER}U,1,\u00c6r\u00f8,1,,,\n`, "latin1"));
    drop("a.csv.done", "");
    await drain(external, null);
    await external.close();
    closing = [];
    const again = await open(config({ encoding: "windows-1252" }, marker));

    expect(await again.readmit?.("orders", "a.csv")).toBe(true);
    expect((await drain(again, null)).changes).toHaveLength(1);
    expect(await again.readmit?.("orders", "a.csv")).toBe(false);
    expect((await rejected(again))?.inputs).toEqual([]);
    expect([...names("in"), ...names("rejected")]).toEqual([]);
  });

  it("whose rows were corrected takes them in, and does not touch what the file said beside them", async () => {
    const external = await open(config({ lines: undefined }));
    drop("a.csv", "op,id,customer,amount\nU,1,A,1\nU,,B,1\n");
    await drain(external, null);
    renameSync(at("rejected", "a.rows.csv"), at("in", "a.rows.csv"));
    drop("a.rows.csv", "op,id,customer,amount\nU,2,B,1\n");
    await drain(external, null);

    expect(await external.read("orders", [["1"], ["2"]])).toHaveLength(2);
    expect((await rejected(external))?.inputs).toEqual([]);
  });

  it("that lies there without a note, after a crash or from another hand, is reported with the reason beside it", async () => {
    const external = await open();
    writeFileSync(at("rejected", "a.csv"), bad);
    writeFileSync(at("rejected", "a.csv.reason.txt"), "line 2 has 2 values\n");
    writeFileSync(at("rejected", "b.csv"), bad);

    expect((await rejected(external))?.inputs.map(({ name, reasons }) => [name, reasons[0]])).toEqual([
      ["a.csv", "line 2 has 2 values"],
      ["b.csv", "the reason is not known any more; look into the file"],
    ]);
  });
});
