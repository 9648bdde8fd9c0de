/**
 * What a team's metadata costs: the start of an org of 4,000 fields and 100 permission sets against reading and parsing its
 * files with a general parser, the compilation of long formulas, and formulas over many rows against the same by hand.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import { createMockOrg } from "../../mock-server/mock-org/mock-org.ts";
import { createCatalog } from "../../mock-server/schema/catalog.ts";
import type { FieldDefinition, Row } from "../../mock-server/schema/definition.ts";
import { compileFormula } from "../../mock-server/schema/formula.ts";
import { type BenchRow, compared, medianTime } from "./bench-row.ts";

const OBJECTS = 40;
const FIELDS = 100;
const SETS = 100;
const ROWS = 100_000;

/** Runs everything; takes about half a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  return [...(await startRows()), ...compileRows(), ...evaluationRows()];
}

async function startRows(): Promise<readonly BenchRow[]> {
  const folder = mkdtempSync(join(tmpdir(), "bench-metadata-"));
  try {
    const paths = writeProject(folder);
    const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: true, parseTagValue: false });
    const parse = medianTime(2, 1, () => {
      for (const path of paths) parser.parse(readFileSync(path, "utf8"));
    });
    const starts: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const begin = performance.now();
      const org = await createMockOrg({ sourceDirs: [folder] });
      starts.push(performance.now() - begin);
      await org.close();
      if (org.remarks.length > 0) throw new Error("the project of the benchmark is not taken whole");
    }
    const start = starts.toSorted((a, b) => a - b)[1] ?? 0;
    const name = `start with ${OBJECTS * FIELDS} fields and ${SETS} permission sets ÷ parsing them`;
    return [compared(name, start, parse / 1000, 1.5, "ms")];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function writeProject(folder: string): readonly string[] {
  const paths: string[] = [];
  const write = (path: string, root: string, body: string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `<?xml version="1.0" encoding="UTF-8"?>\n<${root}>${body}</${root}>\n`);
    paths.push(file);
  };
  const names: string[] = [];
  for (let at = 0; at < OBJECTS; at += 1) {
    const object = `Thing_${at}__c`;
    const nameField = "<nameField><label>Name</label><type>Text</type></nameField>";
    write(`objects/${object}/${object}.object-meta.xml`, "CustomObject", `<label>T</label>${nameField}`);
    for (let number = 0; number < FIELDS; number += 1) {
      const field = `F_${number}__c`;
      const size = "<precision>18</precision><scale>2</scale>";
      const body =
        number % 10 === 0
          ? `<type>Number</type>${size}<formula>IF(ISBLANK(F_1__c), 0, F_1__c) + ${number}</formula>`
          : `<type>Currency</type>${size}`;
      write(
        `objects/${object}/fields/${field}.field-meta.xml`,
        "CustomField",
        `\n    <fullName>${field}</fullName>\n    <label>Field</label>\n    ${body}\n`,
      );
      names.push(`${object}.${field}`);
    }
  }
  for (let at = 0; at < SETS; at += 1) {
    const grants = names
      .filter((_name, index) => index % 4 === at % 4)
      .map(
        (name) =>
          `    <fieldPermissions>\n        <editable>true</editable>\n        <field>${name}</field>\n        <readable>true</readable>\n    </fieldPermissions>\n`,
      );
    write(`permissionsets/P${at}.permissionset-meta.xml`, "PermissionSet", `<label>P</label>\n${grants.join("")}`);
  }
  return paths;
}

const catalog = createCatalog(STANDARD_OBJECTS);
const item = catalog.object("OrderItem");
if (item === undefined) throw new Error("there is no OrderItem");

function formula(text: string) {
  const number: FieldDefinition = {
    name: "F__c",
    label: "F",
    type: "double",
    precision: 18,
    scale: 2,
    calculated: true,
    formula: text,
    blanksAsZero: true,
  };
  const compiled = item === undefined ? undefined : compileFormula(text, item, catalog, number);
  if (compiled?.ok !== true) throw new Error(`${text} does not compile`);
  return compiled;
}

function compileRows(): readonly BenchRow[] {
  const texts: readonly (readonly [string, string])[] = [
    ["parentheses in one another", `${"(".repeat(1949)}1${")".repeat(1949)}`],
    ["choices in one another", `${"IF(Quantity>1,1,".repeat(229)}0${")".repeat(229)}`],
    ["a sum", `${"Quantity+".repeat(430)}1`],
  ];
  return texts.map(([name, text]) => ({
    name: `compile 3,900 characters: ${name}`,
    unit: "ms",
    measured: medianTime(99, 1, () => void formula(text)) / 1000,
    baseline: null,
    ratio: null,
    target: 5,
  }));
}

const cents = (value: number): number => Math.round(value * 100) / 100;
const dayOf = (text: string): number =>
  Date.UTC(Number(text.slice(0, 4)), Number(text.slice(5, 7)) - 1, Number(text.slice(8, 10))) / 86_400_000;
const FIRST = dayOf("2026-01-01");

interface Item {
  readonly Quantity: number | null;
  readonly UnitPrice: number | null;
  readonly ServiceDate: string | null;
  readonly Description: string | null;
}

/** Formulas and the same in JavaScript: empty numbers as 0, results rounded to the field's two decimals. */
const PAIRS: readonly (readonly [text: string, byHand: (row: Item) => number | null])[] = [
  ["Quantity * UnitPrice", (row) => cents((row.Quantity ?? 0) * (row.UnitPrice ?? 0))],
  ["ROUND(Quantity * UnitPrice * 1.2, 2)", (row) => cents((row.Quantity ?? 0) * (row.UnitPrice ?? 0) * 1.2)],
  [
    "IF(Quantity > 10, UnitPrice * 0.9, UnitPrice)",
    (row) => cents((row.Quantity ?? 0) > 10 ? (row.UnitPrice ?? 0) * 0.9 : (row.UnitPrice ?? 0)),
  ],
  [
    "IF(AND(Quantity > 5, UnitPrice > 3), 1, 0)",
    (row) => ((row.Quantity ?? 0) > 5 && (row.UnitPrice ?? 0) > 3 ? 1 : 0),
  ],
  ["MAX(Quantity, UnitPrice, 10)", (row) => cents(Math.max(row.Quantity ?? 0, row.UnitPrice ?? 0, 10))],
  ["ServiceDate - DATE(2026, 1, 1)", (row) => (row.ServiceDate === null ? null : dayOf(row.ServiceDate) - FIRST)],
  ["LEN(Description)", (row) => (row.Description ?? "").length],
  [
    "CASE(MONTH(ServiceDate), 1, 1, 2, 2, 3)",
    (row) => {
      const month = row.ServiceDate === null ? 0 : new Date(dayOf(row.ServiceDate) * 86_400_000).getUTCMonth() + 1;
      return month === 1 ? 1 : month === 2 ? 2 : 3;
    },
  ],
  ["ABS(Quantity - UnitPrice)", (row) => cents(Math.abs((row.Quantity ?? 0) - (row.UnitPrice ?? 0)))],
  [
    'IF(ISBLANK(Description), 0, FIND("a", Description))',
    (row) => (row.Description === null ? 0 : row.Description.indexOf("a") + 1),
  ],
];

function evaluationRows(): readonly BenchRow[] {
  const rows: readonly (Item & Row)[] = Array.from({ length: ROWS }, (_, index) => ({
    Quantity: (index % 37) + 0.5,
    UnitPrice: (index % 91) / 4,
    ServiceDate: `2026-0${(index % 9) + 1}-1${index % 9}`,
    Description: index % 3 === 0 ? null : `crate ${index}`,
  }));
  const formulas = PAIRS.map(([text]) => formula(text));
  const context = { nowMs: 0, user: {}, timeZone: "UTC" };
  const nobody = (): undefined => undefined;
  let sum = 0;
  const byHand = medianTime(4, 1, () => {
    for (const row of rows) for (const [, work] of PAIRS) sum += work(row) ?? 0;
  });
  const evaluated = medianTime(4, 1, () => {
    for (const row of rows) for (const each of formulas) sum += Number(each.evaluate(row, nobody, context) ?? 0);
  });
  if (Number.isNaN(sum)) throw new Error("a formula gives no number");
  return [
    compared(
      `${ROWS.toLocaleString("en")} rows × ${PAIRS.length} formulas ÷ by hand`,
      evaluated / 1000,
      byHand / 1000,
      3,
      "ms",
    ),
  ];
}
