/** Properties that hold for any query and any rows: printing, planning, paging. Seeded, so a failure repeats itself. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { sum } from "../../../mock-server/schema/decimal.ts";
import type { FieldValue, Row } from "../../../mock-server/schema/definition.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import type { SoqlDataset } from "../../../mock-server/soql/base/port.ts";
import type { Comparison, Condition, Literal, Operator, Path } from "../../../mock-server/soql/parse/ast.ts";
import { parseQuery } from "../../../mock-server/soql/parse/parser.ts";
import { printCondition, printQuery } from "../../../mock-server/soql/parse/print.ts";
import { runQuery } from "../../../mock-server/soql/query.ts";
import { createContext, createDataset } from "./dataset.ts";

const SEED = { seed: 20_240_612 };
const catalog = createCatalog(STANDARD_OBJECTS);

describe("printing", () => {
  it("gives text that parses to the same tree, for random conditions", () => {
    fc.assert(
      fc.property(conditions(), (condition) => {
        const soql = `SELECT Id FROM Account WHERE ${printCondition(condition)}`;
        expect(withoutPlaces(parseQuery(soql).where)).toEqual(withoutPlaces(condition));
      }),
      { ...SEED, numRuns: 300 },
    );
  });

  it("gives text that parses to the same tree, for every statement of the reference", () => {
    const cases: readonly { soql: string; valid: boolean }[] = JSON.parse(
      readFileSync(new URL("soql-cases.json", import.meta.url), "utf8"),
    );
    for (const { soql } of cases.filter((one) => one.valid)) {
      const tree = parseQuery(soql);
      expect(withoutPlaces(parseQuery(printQuery(tree)))).toEqual(withoutPlaces(tree));
    }
  });
});

describe("planned execution", () => {
  it("finds what a naive scan finds, in the same order", () => {
    fc.assert(
      fc.property(accounts(), conditions(), orders(), limits(), (rows, condition, order, limit) => {
        const where = printCondition(condition);
        const soql = `SELECT Id FROM Account WHERE ${where}${order.text}${limit === null ? "" : ` LIMIT ${limit}`}`;
        const outcome = runQuery(soql, createContext(catalog, createDataset(catalog, { Account: rows })));
        expect(outcome.page(0, 2000).map((record) => record["Id"])).toEqual(naive(rows, condition, order, limit));
      }),
      { ...SEED, numRuns: 400 },
    );
  });

  it("gives the same answer with indexes and without", () => {
    fc.assert(
      fc.property(accounts(), conditions(), (rows, condition) => {
        const soql = `SELECT Name, COUNT(Id) FROM Account WHERE ${printCondition(condition)} GROUP BY Name`;
        const [indexed, plain] = [true, false].map((useIndexes) =>
          runQuery(soql, createContext(catalog, createDataset(catalog, { Account: rows }, useIndexes))),
        );
        expect(indexed?.records).toEqual(plain?.records);
      }),
      { ...SEED, numRuns: 200 },
    );
  });
});

describe("grouping", () => {
  it("counts and sums what a naive loop does, under the first spelling, null as a group of its own", () => {
    const soql =
      "SELECT Industry, COUNT(Id) n, COUNT(AnnualRevenue) c, SUM(AnnualRevenue) s, MIN(AnnualRevenue) low, COUNT_DISTINCT(Name) d FROM Account GROUP BY Industry HAVING COUNT(Id) > 0";
    fc.assert(
      fc.property(accounts(), (rows) => {
        const outcome = runQuery(soql, createContext(catalog, createDataset(catalog, { Account: rows })));
        expect(outcome.records.map(({ attributes: _attributes, ...record }) => record)).toEqual(naiveGroups(rows));
      }),
      { ...SEED, numRuns: 300 },
    );
  });

  it("by ROLLUP adds the plain groups of every shorter list of keys", () => {
    const group = (keys: string) => `SELECT ${keys}, COUNT(Id) n FROM Account GROUP BY `;
    fc.assert(
      fc.property(accounts(), (rows) => {
        const context = createContext(catalog, createDataset(catalog, { Account: rows }));
        const counts = (soql: string) => runQuery(soql, context).records.map((record) => record["n"]);
        const rolled = counts(`${group("Industry, Name")}ROLLUP(Industry, Name)`);
        const plain = [
          ...counts(`${group("Industry, Name")}Industry, Name`),
          ...counts(`${group("Industry")}Industry`),
          ...(rows.length === 0 ? [] : [rows.length]),
        ];
        expect(rolled.map(Number).toSorted((a, b) => a - b)).toEqual(plain.map(Number).toSorted((a, b) => a - b));
      }),
      { ...SEED, numRuns: 100 },
    );
  });
});

describe("paging", () => {
  it("neither loses nor doubles a row while rows change", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.array(fc.record({ remove: fc.boolean(), at: fc.nat(80) }), { maxLength: 20 }),
        (count, size, changes) => {
          const store = changingDataset(count);
          const outcome = runQuery(
            "SELECT Id, Name FROM Account ORDER BY Name DESC",
            createContext(catalog, store.data),
          );
          const seen: unknown[] = [];
          for (let from = 0; from < outcome.totalSize; from += size) {
            seen.push(...outcome.page(from, size).map((record) => record["Id"]));
            const change = changes[from / size];
            if (change !== undefined) store.change(change);
          }
          expect(seen).toHaveLength(count);
          expect(new Set(seen).size).toBe(count);
        },
      ),
      { ...SEED, numRuns: 100 },
    );
  });
});

// ── random rows ──────────────────────────────────────────────────────────────────────────────────────────────────

const NAMES = ["Acme", "acme", "ACME ", "Beta", "50% off", "a_b", "Ärger", "x"];
const STAMPS = [0, 1, 2, 3, 4].map((day) => `2024-06-1${day}T00:00:00.000+0000`);
const IDS = Array.from({ length: 12 }, (_, n) => recordIdOf("001", n + 1));

type Account = Readonly<
  Record<"Id" | "Name" | "Industry" | "AnnualRevenue" | "ParentId" | "SystemModstamp", FieldValue>
>;

function accounts(): fc.Arbitrary<readonly Account[]> {
  const one = fc.record({
    Name: fc.constantFrom(...NAMES),
    Industry: fc.constantFrom(null, "Banking", "banking", "Energy"),
    AnnualRevenue: fc.constantFrom(null, 0, 0.1, 1, -5, 1000),
    ParentId: fc.constantFrom(null, ...IDS),
    SystemModstamp: fc.constantFrom(...STAMPS),
  });
  return fc
    .array(one, { maxLength: IDS.length })
    .map((list) => list.map((account, index) => ({ Id: IDS[index] ?? null, ...account })));
}

// ── random statements ────────────────────────────────────────────────────────────────────────────────────────────

function conditions(): fc.Arbitrary<Condition> {
  return fc.letrec<{ condition: Condition; comparison: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      tie("comparison"),
      fc.record({
        kind: fc.constantFrom("and", "or"),
        terms: fc.array(tie("condition"), { minLength: 2, maxLength: 3 }),
      }),
      fc.record({ kind: fc.constant("not"), term: tie("condition") }),
    ),
    comparison: comparisons(),
  })).condition;
}

function comparisons(): fc.Arbitrary<Comparison> {
  const equality: readonly Operator[] = ["=", "!="];
  const order: readonly Operator[] = [...equality, "<", "<=", ">", ">="];
  const texts = fc.constantFrom(...NAMES, "banking", "Energy", "").map(text);
  const numbers = fc.constantFrom("0", "0.1", "-5", "1000", "0.10000000000000000001").map(number);
  const ids = fc.constantFrom(...IDS).map(text);
  const stamps = fc.constantFrom(...STAMPS).map(datetime);
  const none = fc.constant<Literal>({ kind: "null", at: 0 });
  const patterns = fc.constantFrom("a%", "%E", "%c%", "_cme", "acme", "50\\%%", "a\\_b", "%%").map(pattern);
  return fc.oneof(
    comparison(["Name", "Industry"], order, fc.oneof(texts, none)),
    comparison(["Name", "Industry", "Parent.Name"], ["LIKE"], patterns),
    comparison(["AnnualRevenue", "Parent.AnnualRevenue"], order, fc.oneof(numbers, none)),
    comparison(["Id", "ParentId"], equality, fc.oneof(ids, none)),
    comparison(["Parent.Id", "Parent.ParentId", "Parent.Parent.Id"], ["="], fc.oneof(ids, none)),
    comparison(["SystemModstamp"], order, stamps),
    list(["Name", "Industry", "Parent.Industry"], fc.oneof(texts, none)),
    list(["Id", "ParentId"], ids),
  );
}

function comparison(
  fields: readonly string[],
  operators: readonly Operator[],
  values: fc.Arbitrary<Literal>,
): fc.Arbitrary<Comparison> {
  return fc
    .record({ left: fc.constantFrom(...fields).map(path), operator: fc.constantFrom(...operators), value: values })
    .map(({ left, operator, value }) => ({ kind: "comparison", left, operator, values: [value] }));
}

function list(fields: readonly string[], values: fc.Arbitrary<Literal>): fc.Arbitrary<Comparison> {
  return fc
    .record({
      left: fc.constantFrom(...fields).map(path),
      operator: fc.constantFrom<Operator>("IN", "NOT IN"),
      values: fc.array(values, { minLength: 1, maxLength: 7 }),
    })
    .map((parts) => ({ kind: "comparison", ...parts }));
}

function orders() {
  return fc.constantFrom<Order>(
    { text: "", keys: [] },
    { text: " ORDER BY Id", keys: ["Id"] },
    { text: " ORDER BY SystemModstamp", keys: ["SystemModstamp"] },
    { text: " ORDER BY SystemModstamp, Id", keys: ["SystemModstamp", "Id"] },
    { text: " ORDER BY AnnualRevenue, Name", keys: ["AnnualRevenue", "Name"] },
  );
}

function limits(): fc.Arbitrary<number | null> {
  return fc.option(fc.integer({ min: 0, max: 5 }));
}

function path(text: string): Path {
  return { kind: "path", segments: text.split("."), at: 0 };
}
function text(value: string): Literal {
  return { kind: "string", value, at: 0 };
}
function pattern(raw: string): Literal {
  return { kind: "pattern", raw, at: 0 };
}
function number(value: string): Literal {
  return { kind: "number", text: value, at: 0 };
}
function datetime(value: string): Literal {
  return { kind: "datetime", text: value, at: 0 };
}

// ── the naive answer ─────────────────────────────────────────────────────────────────────────────────────────────

interface Order {
  readonly text: string;
  readonly keys: readonly (keyof Account)[];
}

function naive(
  rows: readonly Account[],
  condition: Condition,
  order: Order,
  limit: number | null,
): readonly FieldValue[] {
  const found = rows.filter((row) => holds(rows, row, condition));
  found.sort((a, b) => {
    for (const key of [...order.keys, "Id" as const]) {
      const result = rank(a[key], key, b[key]);
      if (result !== 0) return result;
    }
    return 0;
  });
  return found.slice(0, limit ?? found.length).map((row) => row.Id);
}

function naiveGroups(rows: readonly Account[]): readonly unknown[] {
  const groups = new Map<FieldValue, Account[]>();
  for (const row of rows) {
    const key = typeof row.Industry === "string" ? row.Industry.toLowerCase() : null;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const found = [...groups.values()].map((members) => {
    const amounts = members.map((row) => row.AnnualRevenue).filter((amount) => typeof amount === "number");
    return {
      Industry: members[0]?.Industry ?? null,
      n: members.length,
      c: amounts.length,
      s: amounts.length === 0 ? null : sum(amounts),
      low: amounts.length === 0 ? null : Math.min(...amounts),
      d: new Set(members.map((row) => String(row.Name).toLowerCase())).size,
    };
  });
  return found.sort((a, b) =>
    String(a.Industry ?? "").toUpperCase() < String(b.Industry ?? "").toUpperCase() ? -1 : 1,
  );
}

const NAME_ORDER = new Intl.Collator("en", { sensitivity: "accent" });

function rank(a: FieldValue, key: keyof Account, b: FieldValue): number {
  const [x, y] = [a, b].map((value) => (typeof value === "string" && key === "Name" ? value.toUpperCase() : value));
  if (typeof x === "string" && typeof y === "string" && key === "Name") return NAME_ORDER.compare(x, y);
  if (x === y || x === undefined || y === undefined) return 0;
  if (x === null) return -1;
  if (y === null) return 1;
  return x < y ? -1 : 1;
}

function holds(rows: readonly Account[], row: Account, condition: Condition): boolean {
  switch (condition.kind) {
    case "and":
      return condition.terms.every((term) => holds(rows, row, term));
    case "or":
      return condition.terms.some((term) => holds(rows, row, term));
    case "not":
      return !holds(rows, row, condition.term);
    case "comparison":
      return compares(valueOf(rows, row, condition), condition);
    case "semiJoin":
      throw new Error("not generated");
  }
}

function valueOf(rows: readonly Account[], row: Account, { left }: Comparison): FieldValue {
  if (left.kind !== "path") throw new Error("not generated");
  const name = left.segments.at(-1) ?? "";
  let owner: Account | undefined = row;
  for (let level = 1; level < left.segments.length; level++) {
    const parentId: FieldValue = owner?.ParentId ?? null;
    owner = rows.find((each) => each.Id === parentId);
  }
  return Object.entries(owner ?? {}).find(([key]) => key === name)?.[1] ?? null;
}

function compares(value: FieldValue, { operator, values }: Comparison): boolean {
  const equals = (literal: Literal): boolean => {
    const wanted = plain(literal);
    if (literal.kind === "number" && !Number.isInteger(Number(literal.text) * 10)) return false;
    return typeof value === "string" && typeof wanted === "string"
      ? value.toLowerCase() === wanted.toLowerCase()
      : value === wanted;
  };
  const [first] = values;
  if (first === undefined) throw new Error("a comparison has a value");
  const ordered = (test: (a: string | number, b: string | number) => boolean): boolean => {
    const wanted = plain(first);
    if (value === null || wanted === null || typeof value === "boolean" || typeof wanted === "boolean") return false;
    return typeof value === "string" ? test(value.toUpperCase(), String(wanted).toUpperCase()) : test(value, wanted);
  };
  const isFine = first.kind === "number" && first.text.length > 10;
  switch (operator) {
    case "=":
      return isFine ? false : equals(first);
    case "!=":
      return isFine ? true : !equals(first);
    case "IN":
      return values.some(equals);
    case "NOT IN":
      return !values.some(equals);
    // The one literal that no number holds lies a little above 0.1.
    case "<":
      return isFine ? ordered((a, b) => a <= b) : ordered((a, b) => a < b);
    case "<=":
      return ordered((a, b) => a <= b);
    case ">":
      return ordered((a, b) => a > b);
    case ">=":
      return isFine ? ordered((a, b) => a > b) : ordered((a, b) => a >= b);
    case "LIKE":
      return (
        typeof value === "string" && first.kind === "pattern" && like(value.toLowerCase(), first.raw.toLowerCase())
      );
    case "INCLUDES":
    case "EXCLUDES":
      throw new Error("not generated");
  }
}

/** LIKE by trying every way to match. */
function like(value: string, pattern: string): boolean {
  if (pattern === "") return value === "";
  if (pattern.startsWith("%")) return like(value, pattern.slice(1)) || (value !== "" && like(value.slice(1), pattern));
  if (value === "") return false;
  if (pattern.startsWith("\\")) return value.charAt(0) === pattern.charAt(1) && like(value.slice(1), pattern.slice(2));
  return (pattern.startsWith("_") || value.charAt(0) === pattern.charAt(0)) && like(value.slice(1), pattern.slice(1));
}

function plain(literal: Literal): FieldValue {
  switch (literal.kind) {
    case "string":
      return literal.value === "" ? null : literal.value;
    case "number":
      return Number(literal.text);
    case "datetime":
      return literal.text;
    default:
      return null;
  }
}

// ── the rest ─────────────────────────────────────────────────────────────────────────────────────────────────────

function changingDataset(count: number): { data: SoqlDataset; change(change: { remove: boolean; at: number }): void } {
  const rows = new Map<string, Row>();
  const put = (n: number) =>
    rows.set(recordIdOf("001", n), { Id: recordIdOf("001", n), Name: `N${n % 7}`, IsDeleted: false });
  for (let n = 0; n < count; n++) put(n);
  return {
    change: ({ remove, at }) => {
      if (remove) rows.delete(recordIdOf("001", at));
      else put(at);
    },
    data: {
      get: (_, id) => rows.get(id),
      rows: () => rows.values(),
      count: () => rows.size,
      hasIndex: () => false,
      find: () => [],
      byStamp: () => [],
    },
  };
}

function withoutPlaces(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, member: unknown) => (key === "at" ? 0 : member));
}
