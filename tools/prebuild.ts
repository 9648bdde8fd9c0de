/**
 * Makes prebuilt seeds: loads a story through the save pipeline at several moments, with several beginnings of Ids, and
 * writes each value as the one formula that gives it in all of them. Runs in `npm run generate`, never in an org.
 *
 * A value that no formula explains is an error that names it: then `Cell` needs another form.
 */
import assert from "node:assert/strict";
import { STANDARD_OBJECTS } from "../fixtures/objects/standard.ts";
import { endOfTerm } from "../mock-server/dml/rules/derived.ts";
import { frozenClock } from "../mock-server/org/clock.ts";
import { recordsOf } from "../mock-server/org/content.ts";
import { createOrg, type MockOrgCore } from "../mock-server/org/org.ts";
import type { FieldValue, Row } from "../mock-server/schema/definition.ts";
import { datetimeMs, formatDatetime } from "../mock-server/schema/temporal.ts";
import type { Seed } from "../mock-server/seeds/named-seeds.ts";
import type { Cell, PrebuiltObject } from "../mock-server/seeds/prebuilt-seed.ts";
import { seedOrg } from "../mock-server/seeds/seed.ts";

/** When an org is made, and where its Ids begin. */
export interface Beginning {
  readonly now: string;
  readonly idSeed?: number | string;
}

/** Apart in every part of a date and of a time of day, so that no two formulas give the same in all of them. */
const BEGINNINGS: readonly Beginning[] = [
  { now: "2026-03-01T08:00:00Z" },
  { now: "2027-12-31T23:59:58Z", idSeed: 7 },
  { now: "2028-02-29T00:00:01Z", idSeed: "leap" },
  { now: "2031-08-17T16:31:12Z", idSeed: 1 },
  { now: "2099-05-31T23:59:59.999Z", idSeed: "no leap year follows" },
];

/** An org of the seed made by the save pipeline, and the same org before it was seeded. */
export async function seededByPipeline(
  seed: Seed,
  { now, idSeed }: Beginning,
): Promise<{ fresh: MockOrgCore; seeded: MockOrgCore }> {
  const seeded = createOrg({
    definitions: seed.setup?.definitions(STANDARD_OBJECTS) ?? STANDARD_OBJECTS,
    clock: frozenClock(Date.parse(now)),
    settings: seed.setup?.settings ?? {},
    users: seed.setup?.users ?? [],
    ...(idSeed !== undefined && { seed: idSeed }),
  });
  const fresh = seeded.fork();
  seedOrg(seeded, await seed.files(seeded));
  seeded.markOrigin();
  return { fresh, seeded };
}

/** The seed's records as formulas. Throws an `Error` that names the value that has none. */
export async function prebuild(seed: Seed): Promise<readonly PrebuiltObject[]> {
  const samples = await Promise.all(BEGINNINGS.map((beginning) => sampleOf(seed, beginning)));
  const [first] = samples;
  assert(first !== undefined, "a seed is prebuilt from samples");
  const objects = [...first.after.keys()].flatMap((object) => prebuiltObject(samples, object));
  return inOrderOfReferences(objects);
}

/** The generated file: one line a record, so that a change of the story shows in a diff. */
export function prebuiltFile(objects: readonly PrebuiltObject[]): string {
  const texts = objects.map(({ rows, ...head }) => {
    const lines = rows.map((row) => JSON.stringify(row)).join(",\n");
    return `${JSON.stringify(head).slice(0, -1)},"rows":[\n${lines}\n]}`;
  });
  const text = `[\n${texts.join(",\n")}\n]`.replaceAll(/[\\`]|\$\{/g, "\\$&");
  return `/** The demo company's records, made of demo.ts by \`npm run generate\`; the form is that of mock-server/seeds/prebuilt-seed.ts. */\nexport const DEMO_RECORDS = \`${text}\`;\n`;
}

interface Sample {
  readonly nowMs: number;
  /** Objects that the seed touched: their records before and after it, in order of Id, nulls left out. */
  readonly before: ReadonlyMap<string, readonly Row[]>;
  readonly after: ReadonlyMap<string, readonly Row[]>;
  /** `Object.n` of every record's Id. */
  readonly places: ReadonlyMap<string, string>;
  readonly autoNumbers: ReadonlySet<string>;
}

async function sampleOf(seed: Seed, beginning: Beginning): Promise<Sample> {
  const { fresh, seeded } = await seededByPipeline(seed, beginning);
  const before = rowsOf(fresh);
  const all = rowsOf(seeded);
  const changed = [...all].filter(([object, rows]) => JSON.stringify(rows) !== JSON.stringify(before.get(object)));
  const types = seeded.catalog.objects;
  return {
    nowMs: seeded.clock.nowMs(),
    before,
    after: new Map(changed),
    places: new Map(
      [...all].flatMap(([object, rows]) => rows.map((row, at) => [String(row["Id"]), `${object}.${at}`])),
    ),
    autoNumbers: new Set(
      types.flatMap((type) =>
        type.fields.filter((field) => field.autoNumber).map((field) => `${type.name}.${field.name}`),
      ),
    ),
  };
}

function rowsOf(org: MockOrgCore): ReadonlyMap<string, readonly Row[]> {
  return new Map([...recordsOf(org.snapshot())].map(({ object, rows }) => [object, [...rows]]));
}

function prebuiltObject(samples: readonly Sample[], object: string): PrebuiltObject {
  const before = samples[0]?.before.get(object) ?? [];
  const after = samples[0]?.after.get(object) ?? [];
  const cells = after.map((_row, at) => cellsOf(samples, object, at));
  const changed = before.flatMap((row, at): PrebuiltObject["changed"] => {
    const names = new Set([...Object.keys(row), ...Object.keys(after[at] ?? {})]);
    const values = [...names].filter((name) => row[name] !== after[at]?.[name]);
    if (values.length === 0) return [];
    return [[at, Object.fromEntries(values.map((name) => [name, cells[at]?.get(name) ?? null]))]];
  });
  const added = cells.slice(before.length);
  const names = new Set(added.flatMap((record) => [...record.keys()]));
  names.delete("Id");
  const shared = [...names].filter(
    (name) => added[0]?.get(name) !== "%" && added.every((record) => record.get(name) === added[0]?.get(name)),
  );
  const fields = [...names].filter((name) => !shared.includes(name));
  return {
    object,
    same: Object.fromEntries(shared.map((name) => [name, added[0]?.get(name) ?? null]).filter(isFilled)),
    fields,
    changed,
    rows: added.map((record) => fields.map((name) => record.get(name) ?? null)),
  };
}

function isFilled(entry: readonly (string | Cell | null)[]): entry is [string, Cell] {
  return entry[1] !== null;
}

/** The formulas of one record, by field. */
function cellsOf(samples: readonly Sample[], object: string, at: number): ReadonlyMap<string, Cell> {
  const rows = samples.map((sample) => sample.after.get(object)?.[at] ?? {});
  const names = new Set(rows.flatMap((row) => Object.keys(row)));
  return new Map(
    [...names].map((name) => {
      const cell = cellOf(samples, rows, { object, name });
      if (cell !== undefined) return [name, cell];
      const values = rows.map((row) => String(row[name] ?? null)).join(", ");
      throw new Error(`${object} ${at} of a seed: no formula gives ${name} = ${values}`);
    }),
  );
}

function cellOf(
  samples: readonly Sample[],
  rows: readonly Row[],
  field: { readonly object: string; readonly name: string },
): Cell | undefined {
  const values = rows.map((row) => row[field.name] ?? null);
  const [value] = values;
  if (value === undefined || value === null) return undefined;
  if (samples[0]?.autoNumbers.has(`${field.object}.${field.name}`) === true) return "%";
  if (values.every((each) => each === value)) return typeof value === "string" ? `=${value}` : value;
  if (typeof value !== "string") return undefined;
  const gives = (formula: (sample: Sample, row: Row) => FieldValue | undefined): boolean =>
    samples.every((sample, at) => formula(sample, rows[at] ?? {}) === values[at]);

  const place = samples[0]?.places.get(value);
  if (place !== undefined) {
    const isSame = samples.every((sample, at) => sample.places.get(String(values[at])) === place);
    return isSame ? `#${place}` : undefined;
  }
  const nowMs = samples[0]?.nowMs ?? 0;
  const seconds = Math.round((datetimeMs(value) - nowMs) / 1000);
  if (gives((sample) => formatDatetime(sample.nowMs + seconds * 1000))) return `@${seconds}`;
  const days = daysBetween(dayOf(nowMs), value);
  // A term first: 36 months are the same number of days around most leap days.
  return termOf(samples, rows, gives) ?? (gives((sample) => dayOf(sample.nowMs, days)) ? `~${days}` : undefined);
}

/** The end of a term that begins at another field's day and has another field's number of months. */
function termOf(
  samples: readonly Sample[],
  rows: readonly Row[],
  gives: (formula: (sample: Sample, row: Row) => FieldValue | undefined) => boolean,
): Cell | undefined {
  const [row = {}] = rows;
  const months = Object.values(row).filter((value) => typeof value === "number");
  const starts = Object.values(row).filter((value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value));
  for (const term of months)
    for (const start of starts) {
      const days = daysBetween(dayOf(samples[0]?.nowMs ?? 0), String(start));
      if (gives((sample) => endOfTerm(dayOf(sample.nowMs, days), Number(term)))) return `^${days}+${term}`;
    }
  return undefined;
}

/** The objects in an order in which each refers only to those before it, and its records only to earlier ones. */
function inOrderOfReferences(objects: readonly PrebuiltObject[]): readonly PrebuiltObject[] {
  const waiting = [...objects];
  const ordered: PrebuiltObject[] = [];
  while (waiting.length > 0) {
    const at = waiting.findIndex((object) =>
      referencesOf(object).every((name) => name === object.object || !waiting.some((other) => other.object === name)),
    );
    const [next] = at === -1 ? [] : waiting.splice(at, 1);
    const names = waiting.map((object) => object.object).join(", ");
    if (next === undefined) throw new Error(`records of ${names} refer to each other in a circle`);
    ordered.push(next);
  }
  return ordered;
}

function referencesOf({ same, changed, rows }: PrebuiltObject): readonly string[] {
  const cells = [...Object.values(same), ...changed.flatMap(([, values]) => Object.values(values)), ...rows.flat()];
  const references = cells.filter((cell) => typeof cell === "string" && cell.startsWith("#"));
  return [...new Set(references.map((cell) => String(cell).slice(1).split(".")[0] ?? ""))];
}

const DAY_MS = 24 * 60 * 60 * 1000;

function dayOf(ms: number, daysLater: number = 0): string {
  const day = new Date(ms + daysLater * DAY_MS);
  return Number.isNaN(day.getTime()) ? "" : day.toISOString().slice(0, 10);
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS);
}
