/**
 * Moments in columns that hold times without a zone: they are written as the clocks of the system's zone show them. Without
 * this, PostgreSQL would drop the `Z` of a moment and keep a time that is hours away.
 */
import type { ExternalValue } from "../../model/external-record.ts";
import { civilInZone, parseInstant, twoDigits } from "../../model/instant.ts";
import type { ColumnInfo } from "./catalog.ts";
import type { Example } from "./encode.ts";

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d(?::?\d\d)?)$/;
const LOCAL_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d+)?$/;

/**
 * The value, or the local time of a moment where the column's type has no zone or the value that is in the column names
 * none. `zone`: the system's; without one nothing is changed.
 */
export function asLocalTime(
  value: ExternalValue,
  column: ColumnInfo,
  example: Example | undefined,
  zone: string | undefined,
): ExternalValue {
  if (zone === undefined || typeof value !== "string" || !MOMENT.test(value)) return value;
  const isLocal =
    example === undefined
      ? /^(?:timestamp|datetime)(?!.* with time zone)/.test(column.base)
      : LOCAL_TIME.test(example.text);
  if (!isLocal) return value;
  const moment = parseInstant(value);
  if (!moment.ok) return value;
  const { year, month, day, hour, minute, second } = civilInZone(moment.text, zone);
  const date = [String(year).padStart(4, "0"), twoDigits(month), twoDigits(day)].join("-");
  return `${date}T${[hour, minute, second].map(twoDigits).join(":")}`;
}
