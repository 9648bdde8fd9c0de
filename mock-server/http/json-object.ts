/** Telling JSON objects from other values. */

/** True for a JSON object: not an array, not null, not a number that is written in a form of its own. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Number);
}
