/** How values look: numbers with grouped digits, instants in UTC, field values by their type. */
import type { FieldDefinition, FieldValue } from "../schema/definition.ts";

const WHOLE = new Intl.NumberFormat("en-US");
const MONEY = new Intl.NumberFormat("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const NUMBER = new Intl.NumberFormat("en-US", { maximumFractionDigits: 10 });

/** `5,000,000`. */
export function whole(value: number): string {
  return WHOLE.format(value);
}

/** `1,234.50`. */
export function money(value: number): string {
  return MONEY.format(value);
}

/** `1 line`, `2 lines`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${whole(count)} ${count === 1 ? one : many}`;
}

/** `2026-03-01 08:00:00` of an ISO instant or of a stored datetime, in UTC. */
export function instant(text: string): string {
  return text.slice(0, 19).replace("T", " ");
}

/** `08:00:00` of an ISO instant. */
export function timeOfDay(text: string): string {
  return text.slice(11, 19);
}

/** `0.4 ms`, `120 ms`. */
export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${whole(Math.round(value))} ms`;
}

/** A stored value as a reader likes it; the empty string where there is none. */
export function shown(value: FieldValue | undefined, field?: FieldDefinition): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return field?.type === "currency" ? money(value) : NUMBER.format(value);
  return field?.type === "datetime" ? instant(value) : value;
}

/** True for fields whose values stand right in a column. */
export function isNumeric(field: FieldDefinition | undefined): boolean {
  return field !== undefined && ["int", "double", "currency", "percent"].includes(field.type);
}

/** A value as JSON with two blanks; what JSON cannot say is empty. */
export function json(value: unknown): string {
  return JSON.stringify(value, null, 2) ?? "";
}
