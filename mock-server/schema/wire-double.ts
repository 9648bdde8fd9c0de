/**
 * Doubles as the platform writes them: `2.0`, `19.99`, `1.2345678E7`.
 *
 * A JavaScript number cannot say `2.0`, and clients whose language tells whole numbers from others (Python, Ruby, Java,
 * type guessers of warehouses) notice. So a result holds a `WireDouble` wherever the two forms differ, and `wireJson`
 * writes it. Reference: rest-api §5.1 and soql §9.
 */
import type { FieldDefinition, FieldValue } from "./definition.ts";

/** Field types whose values are doubles; an `int` is written plain. */
const DOUBLE_TYPES: ReadonlySet<FieldDefinition["type"]> = new Set(["double", "currency", "percent"]);

/** Magnitudes from which, and below which, the exponent form is used. */
const EXPONENT_FROM = 1e7;
const EXPONENT_BELOW = 1e-3;

/**
 * A double whose text differs from JavaScript's. It counts like its number; as text and in `wireJson` it has the
 * platform's form, in any other JSON it is the plain number.
 */
export class WireDouble extends Number {
  override toString(): string {
    return doubleText(this.valueOf());
  }

  /** For `JSON.stringify`, which calls it. */
  toJSON(): number | string {
    return marking ? `${MARK}${doubleText(this.valueOf())}` : this.valueOf();
  }
}

/** True for a field whose numbers are doubles. */
export function isDoubleField(field: Pick<FieldDefinition, "type">): boolean {
  return DOUBLE_TYPES.has(field.type);
}

/** The value of a double field as results hold it: itself wherever JavaScript writes it as the platform does. */
export function wireDouble<T extends FieldValue>(value: T): T | WireDouble {
  if (typeof value !== "number") return value;
  if (Number.isInteger(value)) return new WireDouble(value);
  const magnitude = Math.abs(value);
  return magnitude >= EXPONENT_FROM || magnitude < EXPONENT_BELOW ? new WireDouble(value) : value;
}

/** A number as Java prints a double: `23.0`, `1.0E7`. Messages, XML and CSV show numbers so, too [memory: platform §7]. */
export function doubleText(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude !== 0 && (magnitude >= EXPONENT_FROM || magnitude < EXPONENT_BELOW)) {
    const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
    return `${mantissa.includes(".") ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** The JSON text of a body, with doubles in the platform's form; `indent` is the number of blanks of a pretty print. */
export function wireJson(body: unknown, indent?: number): string {
  marking = true;
  try {
    const text = JSON.stringify(body, null, indent);
    return text.includes(MARK) ? text.replaceAll(MARKED, "$1") : text;
  } finally {
    marking = false;
  }
}

/** True while `wireJson` runs, which nothing interrupts. */
let marking = false;

/** Stands before a double in the raw text. Nobody outside can know it, so no text of a record is taken for one. */
const MARK = `\uE000${crypto.randomUUID()}:`;
const MARKED = new RegExp(`"${MARK}([^"]*)"`, "g");
