/** Checks the types of a formula's parts and says which part of which call is wrong. */
import { FormulaError } from "./error.ts";
import type { Num } from "./number.ts";
import type { FormulaType, Place, Run, Typed } from "./scope.ts";

/** The operator or function that takes the part, for messages, and its place. */
export interface Call {
  readonly name: string;
  readonly at: number;
}

/** Names of types as Salesforce's messages write them. */
const TYPE_NAMES: Readonly<Record<FormulaType, string>> = {
  number: "Number",
  text: "Text",
  id: "Text",
  picklist: "Picklist",
  multipicklist: "Multi-Select Picklist",
  date: "Date",
  datetime: "Date/Time",
  time: "Time",
  boolean: "Boolean",
  location: "Location",
  null: "Null",
};

/** NULL as a part of a formula. */
export const NOTHING: Typed = { type: "null", run: () => null };

/** The part as a number; NULL is the empty number. */
export function asNumber(part: Typed, call: Call): Run<Num | null> {
  if (part.type === "number") return part.run;
  if (part.type === "null") return part.run;
  throw wrongType(call, "Number", part);
}

/** The part as a text; NULL is the empty text, an Id is a text of 15 characters. */
export function asText(part: Typed, call: Call): Run<string> {
  if (part.type === "text" || part.type === "id") return part.run;
  if (part.type === "null") {
    const { run } = part;
    return (scope) => run(scope) ?? "";
  }
  throw wrongType(call, "Text", part);
}

/** The part as a condition. */
export function asBoolean(part: Typed, call: Call): Run<boolean | null> {
  if (part.type === "boolean") return part.run;
  if (part.type === "null") return part.run;
  throw wrongType(call, "Boolean", part);
}

/** The part as a date, date-time or time, of one of the types that the call takes. */
export function asMoment(
  part: Typed,
  call: Call,
  ...types: readonly ("date" | "datetime" | "time")[]
): Run<number | null> {
  if (part.type === "null") return part.run;
  for (const type of types) if (part.type === type) return part.run;
  throw wrongType(call, types.map((type) => TYPE_NAMES[type]).join(" or "), part);
}

/** The part as a point on the earth. */
export function asPlace(part: Typed, call: Call): Run<Place | null> {
  if (part.type === "location") return part.run;
  if (part.type === "null") return part.run;
  throw wrongType(call, "Location", part);
}

/** The message for a part of the wrong type. */
export function wrongType(call: Call, expected: string, part: Typed): FormulaError {
  const advice =
    part.type === "picklist"
      ? ": a picklist is in ISPICKVAL, CASE or TEXT"
      : part.type === "multipicklist"
        ? ": a multi-select picklist is in INCLUDES"
        : "";
  return new FormulaError(`${call.name} needs ${expected}, not ${TYPE_NAMES[part.type]}${advice}`, {
    position: call.at,
  });
}

/**
 * A value that one of several parts gives, all of one type: the results of IF, CASE and BLANKVALUE.
 *
 * `pick` makes the run that chooses; it is called once, with the parts' runs in the order given.
 */
export function oneOf(parts: readonly Typed[], call: Call, pick: <T>(runs: readonly Run<T>[]) => Run<T>): Typed {
  const first = parts.find((part) => part.type !== "null");
  switch (first?.type) {
    case undefined:
      // A failing condition still fails the whole.
      return { type: "null", run: pick(parts.map(() => (): null => null)) };
    case "number":
      return { type: "number", run: pick(parts.map((part) => asNumber(part, call))) };
    case "text":
    case "id":
      return { type: "text", run: pick(parts.map((part) => asText(part, call))) };
    case "boolean":
      return { type: "boolean", run: pick(parts.map((part) => asBoolean(part, call))) };
    case "date":
    case "datetime":
    case "time": {
      const { type } = first;
      return { type, run: pick(parts.map((part) => asMoment(part, call, type))) };
    }
    case "location":
      return { type: "location", run: pick(parts.map((part) => asPlace(part, call))) };
    default:
      throw wrongType(call, "Text, Number, Date, Date/Time, Time or Boolean", first ?? NOTHING);
  }
}
