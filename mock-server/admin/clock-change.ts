/** Reads what `POST /_mock/clock` asks for. */
import { isObject } from "../http/json-object.ts";
import type { Duration, ManualClock } from "../org/clock.ts";

/** What the body may be, for messages. */
export const CLOCK_USAGE =
  'Send one of {"advance":{"days":1,"hours":2,"minutes":3,"seconds":4,"ms":5}}, {"set":"2026-01-31T10:00:00Z"}, ' +
  '{"freeze":true}, {"run":true} or {"settle":true}';

/** The change that a body asks for, `settle`, or a sentence about what is wrong with it. */
export function readClockChange(body: unknown): ((clock: ManualClock) => void) | "settle" | { readonly error: string } {
  const usage = { error: CLOCK_USAGE };
  if (!isObject(body) || Object.keys(body).length !== 1) return usage;
  const { advance, set, freeze, run, settle } = body;
  if (settle === true) return "settle";
  if (isObject(advance)) {
    const duration = readDuration(advance);
    return duration === undefined ? usage : (clock) => clock.advance(duration);
  }
  if (typeof set === "string") {
    const ms = Date.parse(set);
    return Number.isNaN(ms) ? { error: `"${set}" is no ISO instant. ${CLOCK_USAGE}` } : (clock) => clock.set(ms);
  }
  if (freeze === true) return (clock) => clock.freeze();
  return run === true ? (clock) => clock.run() : usage;
}

function readDuration(parts: Readonly<Record<string, unknown>>): Duration | undefined {
  const known = ["days", "hours", "minutes", "seconds", "ms"];
  const entries = Object.entries(parts);
  const good = entries.every(([name, value]) => known.includes(name) && Number.isFinite(value));
  return good && entries.length > 0 ? Object.fromEntries(entries) : undefined;
}
