/** Times of a wall clock across every clock change of five zones: nobody's value moves because of one. */
import { describe, expect, it } from "vitest";
import { readExternalField } from "../../../src/mapping/field.ts";
import { isKeptForm } from "../../../src/mapping/kept-form.ts";
import type { FieldMapping } from "../../../src/mapping/mapping.ts";
import { canonicalValue } from "../../../src/model/canonical.ts";
import type { ExternalFields } from "../../../src/model/external-record.ts";
import { civilInZone } from "../../../src/model/instant.ts";
import type { Value } from "../../../src/model/value.ts";
import { compiled, erpMapping } from "../../support/erp-mapping.ts";

const ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Casablanca"];
const QUARTER_MS = 15 * 60_000;
const HOUR_MS = 3_600_000;

describe.each(ZONES)("a time on the clocks of %s", (zone) => {
  const field = fieldIn(zone);

  it("around every clock change is written and read as the same moment, or is known not to be an edit", () => {
    const moved = momentsAroundChanges(zone).filter((moment) => {
      const shown = read(field, write(field, moment));
      return shown !== moment && !isKeptForm(field, "external", moment, shown);
    });
    expect(moved).toEqual([]);
  });

  it("loses its own moment only in the hour that the clocks repeat", () => {
    const changes = changesOf(zone);
    const moved = momentsAroundChanges(zone).filter((moment) => read(field, write(field, moment)) !== moment);
    const ofRepeats = moved.filter((moment) => {
      const ms = Date.parse(moment);
      return changes.some((change) => ms >= change && ms < change + HOUR_MS);
    });
    expect(moved).toEqual(ofRepeats);
  });

  it("has the day of the zone, whatever its offset says", () => {
    const wrong = momentsAroundChanges(zone).filter((moment) => {
      const day = canonicalValue("date", moment, { zone });
      return !day.ok || day.value !== wallText(moment, zone).slice(0, 10);
    });
    expect(wrong).toEqual([]);
  });
});

it("a moment without a zone for its day keeps the day that it spells", () => {
  expect(canonicalValue("date", "2026-03-01T23:30:00Z")).toEqual({ ok: true, value: "2026-03-01" });
  expect(canonicalValue("date", "2026-03-01T23:30:00Z", { zone: "Europe/Copenhagen" })).toEqual({
    ok: true,
    value: "2026-03-02",
  });
  expect(canonicalValue("date", "2026-03-02 00:30:00", { zone: "America/New_York" })).toEqual({
    ok: true,
    value: "2026-03-02",
  });
});

/** The moments at which the clocks of 2026 and 2027 change. */
function changesOf(zone: string): readonly number[] {
  const changes: number[] = [];
  const end = Date.UTC(2028, 0);
  let offset = offsetMs(Date.UTC(2026, 0), zone);
  for (let ms = Date.UTC(2026, 0); ms < end; ms += 2 * QUARTER_MS) {
    const now = offsetMs(ms, zone);
    if (now !== offset) changes.push(ms);
    offset = now;
  }
  if (changes.length < 4) throw new Error(`${zone} changes its clocks twice a year`);
  return changes;
}

function momentsAroundChanges(zone: string): readonly string[] {
  return changesOf(zone).flatMap((change) =>
    Array.from({ length: 25 }, (_, index) => new Date(change + (index - 12) * QUARTER_MS).toISOString()).map(
      (text) => `${text.slice(0, 19)}Z`,
    ),
  );
}

function offsetMs(ms: number, zone: string): number {
  return Date.parse(`${wallText(new Date(ms).toISOString(), zone)}Z`) - ms;
}

function wallText(moment: string, zone: string): string {
  const { year, month, day, hour, minute, second } = civilInZone(moment, zone);
  return new Date(Date.UTC(year, month - 1, day, hour, minute, second)).toISOString().slice(0, 19);
}

function fieldIn(zone: string): FieldMapping {
  const mapping = compiled(
    erpMapping({ Account: { fields: { At__c: { from: "at", convert: { datetime: { zone } } } } } }),
  );
  const field = mapping.byObject.get("Account")?.fields.find((each) => each.field === "At__c");
  if (field === undefined) throw new Error("the field is mapped");
  return field;
}

function write(field: FieldMapping, value: Value): ExternalFields {
  const written = field.convert.write?.(value);
  if (written?.kind !== "fields") throw new Error("a time can be written");
  return written.fields;
}

function read(field: FieldMapping, record: ExternalFields): Value {
  const reading = readExternalField(field, record);
  if (reading.kind !== "read" || !reading.result.ok) throw new Error("a time can be read");
  return reading.result.value;
}
