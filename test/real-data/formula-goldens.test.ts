/** The formula engine against answers of Salesforce's own engine: half of its published suite, in both treatments of blanks. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createCatalog } from "../../mock-server/schema/catalog.ts";
import type { FieldDefinition, FieldType, FieldValue, Row } from "../../mock-server/schema/definition.ts";
import { compileFormula } from "../../mock-server/schema/formula.ts";
import { realData } from "./folder.ts";

const file = realData("data/formula-goldens/goldens.json");

const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);
const answer = z.union([scalar, z.object({ error: z.literal(true) })]);
const suite = z.object({
  cases: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      formula: z.string(),
      references: z.array(
        z.object({
          name: z.string(),
          type: z.string(),
          scale: z.number().optional(),
          formula: z.string().optional(),
        }),
      ),
      points: z.array(z.object({ inputs: z.array(scalar), blankAsZero: answer, blankAsBlank: answer })),
    }),
  ),
});

type Case = z.infer<typeof suite>["cases"][number];

const TYPES: Readonly<Record<string, FieldType>> = {
  Number: "double",
  Currency: "currency",
  Percent: "percent",
  Text: "string",
  TextArea: "textarea",
  Email: "email",
  Phone: "phone",
  Url: "url",
  Date: "date",
  DateTime: "datetime",
  Time: "time",
  Checkbox: "boolean",
};

/** Scale of formula fields, as the suite's README asks for. */
const SCALE = 10;

/** Operators and functions where an answer that is wrong without an error costs money. */
const CORE = /[-+*/=<>&|!]|\b(IF|CASE|AND|OR|NOT|DATE|DATEVALUE|TEXT|LEFT|RIGHT|MID|TRIM)\b/i;

function fieldOf(
  name: string,
  type: string,
  formula: string | undefined,
  asZero: boolean,
  scale = SCALE,
): FieldDefinition {
  const known = TYPES[type];
  if (known === undefined) throw new Error(`Unknown type ${type}`);
  const look = { name, label: name, type: known, precision: 18, scale, nillable: true };
  return formula === undefined ? look : { ...look, calculated: true, formula, blanksAsZero: asZero };
}

interface Miss {
  readonly where: string;
  readonly expected: string;
  readonly got: string;
  readonly silent: boolean;
}

/** Runs one case in one treatment of blanks; gives what differs. */
function missesOf(each: Case, asZero: boolean): readonly Miss[] {
  const fields = new Map<string, FieldDefinition>();
  for (const { name, type, formula, scale } of each.references)
    fields.set(name.toLowerCase(), fieldOf(name, type, formula, asZero, formula === undefined ? scale : SCALE));
  const result = fieldOf("Result__c", each.type, each.formula, asZero);
  const catalog = createCatalog([
    { name: "Thing__c", label: "Thing", labelPlural: "Things", keyPrefix: "a00", fields: [...fields.values()] },
  ]);
  const object = catalog.object("Thing__c");
  if (object === undefined) throw new Error("No object");
  const compiled = compileFormula(each.formula, object, catalog, result);
  const inputs = each.references.filter((reference) => reference.formula === undefined);
  return each.points.flatMap((point, at) => {
    const expected = asZero ? point.blankAsZero : point.blankAsBlank;
    const wanted = typeof expected === "object" && expected !== null ? null : expected;
    const row: Row = Object.fromEntries(
      inputs.map((reference, index) => [
        fields.get(reference.name.toLowerCase())?.name ?? "",
        point.inputs[index] ?? null,
      ]),
    );
    const context = { nowMs: 0, user: {}, timeZone: "UTC" };
    const got = compiled.ok ? compiled.evaluate(row, () => undefined, context) : `refused: ${compiled.reason}`;
    if (isSame(each.type, wanted, got)) return [];
    return [
      {
        where: `${each.name} ${each.formula} [${at}] ${JSON.stringify(point.inputs)} ${asZero ? "as zero" : "as blank"}`,
        expected: JSON.stringify(expected),
        got: JSON.stringify(got),
        silent: compiled.ok && got !== null && CORE.test(each.formula),
      },
    ];
  });
}

function isSame(type: string, expected: FieldValue, got: FieldValue): boolean {
  if (type === "Checkbox") return (expected ?? false) === got;
  if (typeof expected === "number" && typeof got === "number")
    return Math.abs(expected - got) <= 1e-8 + 1e-9 * Math.abs(expected);
  if (typeof expected !== "number" && typeof got !== "number")
    return String(expected ?? "").trim() === String(got ?? "").trim();
  return expected === got;
}

describe("the answers of Salesforce's own formula engine", () => {
  const cases = suite.parse(JSON.parse(readFileSync(file, "utf8"))).cases;
  const points = cases.reduce((sum, each) => sum + each.points.length * 2, 0);
  const misses = cases.flatMap((each) => [...missesOf(each, true), ...missesOf(each, false)]);

  it("are ours in at least 99 of 100 points", () => {
    expect(points).toBeGreaterThan(1000);
    console.log(`${points - misses.length} of ${points} points as Salesforce's engine answers them`);
    for (const miss of misses) console.log(`${miss.where}: expected ${miss.expected}, got ${miss.got}`);
    expect(misses.length / points).toBeLessThanOrEqual(0.01);
  });

  it("are never something else where money is computed", () => {
    expect(misses.filter((miss) => miss.silent)).toEqual([]);
  });
});
