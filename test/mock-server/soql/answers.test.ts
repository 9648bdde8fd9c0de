/** Runs `answers.yaml`: records, a query, and the rows or the error that it gives. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { OrgError } from "../../../mock-server/errors.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import type { JsonValue } from "../../../mock-server/soql/base/port.ts";
import { type QueryOutcome, runQuery } from "../../../mock-server/soql/query.ts";
import { createContext, createDataset, type Records } from "./dataset.ts";

interface AnswerCase {
  readonly name: string;
  readonly given?: string;
  readonly query: string;
  readonly rows?: readonly JsonValue[];
  readonly json?: readonly JsonValue[];
  readonly count?: number;
  readonly error?: string;
  readonly deleted?: boolean;
  readonly now?: string;
  readonly timeZone?: string;
  readonly locale?: string;
}

const catalog = createCatalog(STANDARD_OBJECTS);
const file: { sets: Readonly<Record<string, Records>>; cases: readonly AnswerCase[] } = parse(
  withIds(readFileSync(new URL("answers.yaml", import.meta.url), "utf8")),
);

describe("answers to queries", () => {
  it.each(file.cases.map((one) => [one.name, one] as const))("%s", (_, one) => {
    const { outcome, error } = answer(one);
    expect(error === null ? null : { code: error.errorCode, text: error.faults[0].message }).toEqual(
      expectedError(one),
    );
    expect(outcome?.kind === "count" ? outcome.totalSize : undefined).toBe(one.count);
    const records = JSON.stringify(outcome?.records ?? []);
    expect(JSON.parse(records)).toEqual(one.json ?? expect.anything());
    expect(withoutAttributes(JSON.parse(records))).toEqual(one.rows ?? expect.anything());
    // Objects compare without their order, but the order of keys is part of the answer.
    expect(JSON.stringify(withoutAttributes(JSON.parse(records)))).toBe(
      JSON.stringify(one.rows ?? withoutAttributes([...(one.json ?? JSON.parse(records))])),
    );
  });
});

function answer(one: AnswerCase): { outcome: QueryOutcome | null; error: OrgError | null } {
  const records = file.sets[one.given ?? "shop"] ?? {};
  const numbered = Object.fromEntries(
    Object.entries(records).map(([object, rows]) => [
      object,
      rows.map((row, index) => ({ Id: idOf(object, index + 1), ...row })),
    ]),
  );
  const context = createContext(catalog, createDataset(catalog, numbered), {
    userId: idOf("User", 1),
    nowMs: Date.parse(one.now ?? "2024-06-12T10:00:00Z"),
    timeZone: one.timeZone ?? "UTC",
    locale: one.locale ?? "en_US",
    includeDeleted: one.deleted ?? false,
  });
  try {
    return { outcome: runQuery(one.query, context), error: null };
  } catch (error) {
    if (error instanceof OrgError) return { outcome: null, error };
    throw error;
  }
}

function expectedError(one: AnswerCase) {
  if (one.error === undefined) return null;
  const [code = "", ...text] = one.error.split(" ");
  return { code, text: expect.stringContaining(text.join(" ")) };
}

/** Replaces `Account#1` by the Id of the first account. */
function withIds(text: string): string {
  return text.replaceAll(/\b([A-Z]\w+)#(\d+)/g, (_, object: string, number: string) => idOf(object, Number(number)));
}

function idOf(object: string, number: number): string {
  const prefix = catalog.object(object)?.definition.keyPrefix;
  if (prefix === undefined) throw new Error(`${object} has no key prefix`);
  return recordIdOf(prefix, number);
}

function withoutAttributes(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(withoutAttributes);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).filter(([key]) => key !== "attributes");
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutAttributes(member)]));
}
