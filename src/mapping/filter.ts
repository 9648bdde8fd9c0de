/** Record filters: which records take part in the synchronization at all. */
import type { FilterSpec } from "./spec.ts";

/** True when every condition holds. Values are compared as text; null and the empty text are the same. */
export function passesFilter(filter: FilterSpec, record: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(filter).every(([field, condition]) => {
    const actual = plain(record[field]);
    if (Array.isArray(condition)) return condition.some((wanted) => plain(wanted) === actual);
    if (condition === null || typeof condition !== "object") return plain(condition) === actual;
    if ("present" in condition) return (actual !== "") === condition.present;
    return condition.not.every((unwanted) => plain(unwanted) !== actual);
  });
}

function plain(raw: unknown): string {
  if (typeof raw === "string") return raw.trim();
  return typeof raw === "number" || typeof raw === "bigint" || typeof raw === "boolean" ? String(raw) : "";
}
