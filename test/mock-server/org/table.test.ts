import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Table, type TableSnapshot } from "../../../mock-server/org/table.ts";
import { createCatalog, type SObjectType } from "../../../mock-server/schema/catalog.ts";
import type { Row } from "../../../mock-server/schema/definition.ts";

describe("a table", () => {
  it("gives every record the same fields, frozen, with null for what was not said", () => {
    const table = Table.create(THING);

    table.set("a01", table.shaped({ Id: "a01", Name: "one" }));

    expect(table.get("a01")).toEqual({
      Id: "a01",
      Name: "one",
      Code__c: null,
      Exact__c: null,
      Number__c: null,
      OwnerId: null,
      SystemModstamp: null,
    });
    expect(Object.isFrozen(table.get("a01"))).toBe(true);
  });

  it("refuses a field that the object does not have", () => {
    const table = Table.create(THING);

    expect(() => table.shaped({ Id: "a01", Colour__c: "red" })).toThrow("Thing__c has no field Colour__c");
  });

  it("finds text by any letter case unless the field is case-sensitive", () => {
    const table = tableOf({ Id: "a01", Code__c: "Abc", Exact__c: "Abc" });

    expect(table.find("Code__c", "aBC")).toHaveLength(1);
    expect(table.find("Exact__c", "aBC")).toHaveLength(0);
    expect(table.find("Exact__c", "Abc")).toHaveLength(1);
  });

  it("tells Ids apart by letter case", () => {
    const table = tableOf({ Id: "a01", OwnerId: "005aaa" }, { Id: "a02", OwnerId: "005AAA" });

    expect(idsOf(table.find("OwnerId", "005AAA"))).toEqual(["a02"]);
  });

  it("names the field when it is asked to find by one without index", () => {
    const table = tableOf();

    expect(table.hasIndex("Name")).toBe(false);
    expect(() => table.find("Name", "one")).toThrow("Thing__c.Name has no index");
  });

  it("finds nothing under null", () => {
    const table = tableOf({ Id: "a01", Code__c: null });

    expect(table.find("Code__c", null)).toEqual([]);
  });

  it("lists records in order of Id though they came in another order", () => {
    const table = tableOf({ Id: "a03" }, { Id: "a01" }, { Id: "a02" });

    expect(idsOf(table.rows())).toEqual(["a01", "a02", "a03"]);
  });

  it("loses none of hundreds of records that came in falling order without a read in between", () => {
    const numbers = range(500);
    const table = tableOf(...numbers.toReversed().map((number) => ({ Id: id(number), SystemModstamp: stamp(1) })));

    for (const number of numbers.filter((each) => each % 3 === 0)) table.set(id(number), undefined);

    const left = numbers.filter((each) => each % 3 !== 0).map(id);
    expect(idsOf(table.rows())).toEqual(left);
    expect(idsOf(table.byStamp())).toEqual(left);
  });

  it("orders records of one second by Id, and follows time that goes backwards", () => {
    const table = tableOf(
      { Id: "a03", SystemModstamp: stamp(5) },
      { Id: "a02", SystemModstamp: stamp(5) },
      { Id: "a01", SystemModstamp: stamp(7) },
      { Id: "a04", SystemModstamp: stamp(3) },
    );

    expect(idsOf(table.byStamp())).toEqual(["a04", "a02", "a03", "a01"]);
    expect(idsOf(table.byStamp(stamp(5), stamp(5)))).toEqual(["a02", "a03"]);
    expect(idsOf(table.byStamp(stamp(4), stamp(6)))).toEqual(["a02", "a03"]);
    expect(idsOf(table.byStamp(stamp(8)))).toEqual([]);
  });

  it("keeps a bucket of many records in order when records leave and come back", () => {
    const table = tableOf(...range(60).map((number) => ({ Id: id(number), OwnerId: "005" })));

    table.set(id(3), table.shaped({ Id: id(3), OwnerId: "006" }));
    table.set(id(59), undefined);
    table.set(id(3), table.shaped({ Id: id(3), OwnerId: "005" }));

    expect(idsOf(table.find("OwnerId", "005"))).toEqual(range(59).map(id));
    expect(table.find("OwnerId", "006")).toEqual([]);
  });

  it("shows neither side of a fork what the other does", () => {
    const origin = tableOf({ Id: "a01", Code__c: "x" }, { Id: "a02", Code__c: "y" });
    const fork = origin.fork();

    origin.set("a01", undefined);
    fork.set("a02", fork.shaped({ Id: "a02", Code__c: "z" }));
    fork.set("a03", fork.shaped({ Id: "a03", Code__c: "y" }));

    expect([idsOf(origin.rows()), origin.count]).toEqual([["a02"], 1]);
    expect([idsOf(fork.rows()), fork.count]).toEqual([["a01", "a02", "a03"], 3]);
    expect(idsOf(origin.find("Code__c", "y"))).toEqual(["a02"]);
    expect(idsOf(fork.find("Code__c", "y"))).toEqual(["a03"]);
    expect(origin.find("Code__c", "x")).toEqual([]);
  });
});

describe("a table, its forks and its snapshots", () => {
  it("answer as plain lists of records do, whatever happens in whatever order", () => {
    fc.assert(
      fc.property(fc.array(STEP, { maxLength: 120 }), (steps) => {
        const worlds = [{ table: Table.create(THING), model: new Map<string, Row>() }];
        const snapshots: { from: number; table: TableSnapshot; model: Map<string, Row> }[] = [];
        for (const step of steps) {
          const at = step.world % worlds.length;
          const world = worlds[at];
          if (world === undefined) continue;
          switch (step.kind) {
            case "put": {
              const row = world.table.shaped({ Id: id(step.id), ...step.values });
              world.table.set(id(step.id), row);
              world.model.set(id(step.id), row);
              break;
            }
            case "remove":
              world.table.set(id(step.id), undefined);
              world.model.delete(id(step.id));
              break;
            case "fork":
              if (worlds.length < 5) worlds.push({ table: world.table.fork(), model: new Map(world.model) });
              break;
            case "snapshot":
              snapshots.push({ from: at, table: world.table.snapshot(), model: new Map(world.model) });
              break;
            case "restore": {
              const snapshot = snapshots[step.id % Math.max(1, snapshots.length)];
              if (snapshot === undefined) break;
              world.table.restore(snapshot.table);
              world.model = new Map(snapshot.model);
              break;
            }
          }
          expectSame(world.table, world.model);
        }
        for (const world of worlds) expectSame(world.table, world.model);
      }),
      { numRuns: 150, seed: 20260105 },
    );
  });

  it("stay right through hundreds of small layers", () => {
    const table = Table.create(THING);
    const model = new Map<string, Row>();
    const kept: { snapshot: TableSnapshot; model: Map<string, Row> }[] = [];

    for (const number of range(300)) {
      const row = table.shaped({ Id: id(number % 40), Code__c: `c${number % 7}`, SystemModstamp: stamp(number % 13) });
      table.set(id(number % 40), row);
      model.set(id(number % 40), row);
      if (number % 11 === 0) {
        table.set(id(number % 5), undefined);
        model.delete(id(number % 5));
      }
      kept.push({ snapshot: table.snapshot(), model: new Map(model) });
    }

    expectSame(table, model);
    for (const { snapshot, model: then } of kept.filter((_, at) => at % 29 === 0)) {
      table.restore(snapshot);
      expectSame(table, then);
    }
  });
});

const [THING] = createCatalog([
  {
    name: "Thing__c",
    label: "Thing",
    labelPlural: "Things",
    keyPrefix: "a01",
    fields: [
      { name: "Id", label: "Id", type: "id" },
      { name: "Name", label: "Name", type: "string" },
      { name: "Code__c", label: "Code", type: "string", externalId: true },
      { name: "Exact__c", label: "Exact", type: "string", unique: true, caseSensitive: true },
      { name: "Number__c", label: "Number", type: "double", externalId: true },
      { name: "OwnerId", label: "Owner", type: "reference", referenceTo: ["User"] },
      { name: "SystemModstamp", label: "Stamp", type: "datetime" },
    ],
  },
]).objects as [SObjectType];

const CODES = ["a", "A", "b", "B", "c"];
const OWNERS = ["005a", "005A"];

const VALUES = fc.record(
  {
    Code__c: fc.option(fc.constantFrom(...CODES)),
    Exact__c: fc.option(fc.constantFrom(...CODES)),
    Number__c: fc.option(fc.integer({ min: 0, max: 3 })),
    OwnerId: fc.option(fc.constantFrom(...OWNERS)),
    SystemModstamp: fc.integer({ min: 0, max: 9 }).map(stamp),
  },
  { requiredKeys: [] },
);
const WORLD = { world: fc.nat(9), id: fc.nat(29) };
const STEP = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("put" as const), ...WORLD, values: VALUES }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("remove" as const), ...WORLD }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom("fork", "snapshot", "restore"), ...WORLD }) },
);

/** Compares everything that a table can be asked with a plain walk over the model's records. */
function expectSame(table: Table, model: ReadonlyMap<string, Row>): void {
  const rows = [...model.values()].sort((a, b) => (text(a, "Id") < text(b, "Id") ? -1 : 1));
  expect([...table.rows()]).toEqual(rows);
  expect(table.count).toBe(rows.length);
  for (const number of range(30)) expect(table.get(id(number))).toBe(model.get(id(number)));
  for (const code of CODES) {
    const folded = rows.filter((row) => text(row, "Code__c").toLowerCase() === code.toLowerCase());
    expect(table.find("Code__c", code)).toEqual(folded);
    expect(table.find("Exact__c", code)).toEqual(rows.filter((row) => row["Exact__c"] === code));
  }
  for (const number of range(4))
    expect(table.find("Number__c", number)).toEqual(rows.filter((row) => row["Number__c"] === number));
  for (const owner of OWNERS)
    expect(table.find("OwnerId", owner)).toEqual(rows.filter((row) => row["OwnerId"] === owner));
  const stamped = rows
    .filter((row) => row["SystemModstamp"] !== null)
    .sort((a, b) => (text(a, "SystemModstamp") + text(a, "Id") < text(b, "SystemModstamp") + text(b, "Id") ? -1 : 1));
  expect([...table.byStamp()]).toEqual(stamped);
  expect([...table.byStamp(stamp(3), stamp(6))]).toEqual(
    stamped.filter((row) => text(row, "SystemModstamp") >= stamp(3) && text(row, "SystemModstamp") <= stamp(6)),
  );
}

function tableOf(...rows: readonly Row[]): Table {
  const table = Table.create(THING);
  for (const row of rows) table.set(text(row, "Id"), table.shaped(row));
  return table;
}

function idsOf(rows: Iterable<Row>): readonly string[] {
  return [...rows].map((row) => text(row, "Id"));
}

function text(row: Row, field: string): string {
  return String(row[field] ?? "");
}

function id(number: number): string {
  return `a01${String(number).padStart(3, "0")}`;
}

function stamp(second: number): string {
  return `2026-01-05T12:00:0${second % 10}.000+0000`;
}

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at);
}
