/** Compares an answer with what must come; tells the first place where they part. */
import { ANY } from "./behavior.ts";

/** The first difference as a sentence, or undefined where the value is as expected. */
export function differenceOf(actual: unknown, expected: unknown, path = "body"): string | undefined {
  if (expected === ANY) return actual === undefined ? `${path} is missing` : undefined;
  if (expected instanceof RegExp) {
    return typeof actual === "string" && expected.test(actual)
      ? undefined
      : `${path} is ${short(actual)}, not ${expected}`;
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual)) return `${path} is ${short(actual)}, not a list`;
    if (actual.length !== expected.length) return `${path} has ${actual.length} items, not ${expected.length}`;
    return firstOf(expected.map((item: unknown, at) => differenceOf(actual[at], item, `${path}[${at}]`)));
  }
  if (typeof expected === "object" && expected !== null) {
    if (typeof actual !== "object" || actual === null) return `${path} is ${short(actual)}, not an object`;
    const members = new Map<string, unknown>(Object.entries(actual));
    return firstOf(
      Object.entries(expected).map(([name, value]) => differenceOf(members.get(name), value, `${path}.${name}`)),
    );
  }
  return actual === expected ? undefined : `${path} is ${short(actual)}, not ${short(expected)}`;
}

function firstOf(differences: readonly (string | undefined)[]): string | undefined {
  return differences.find((difference) => difference !== undefined);
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? "absent";
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
