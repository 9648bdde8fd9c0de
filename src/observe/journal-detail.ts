/** What a journal entry's detail says, as far as it has a form of its own. Pure; the command line and the pages show it. */

/** A reason with its code: an obstacle, a note or a fault of Salesforce. */
export interface JournalReason {
  readonly code: string;
  readonly message: string;
}

/** The reasons in a detail's value; null where it is something else. */
export function reasonsIn(value: unknown): readonly JournalReason[] | null {
  if (!Array.isArray(value)) return null;
  const reasons = value.flatMap((item: unknown) => {
    if (typeof item !== "object" || item === null || !("code" in item) || !("message" in item)) return [];
    return typeof item.code === "string" && typeof item.message === "string"
      ? [{ code: item.code, message: item.message }]
      : [];
  });
  return reasons.length === value.length && reasons.length > 0 ? reasons : null;
}

/** A change that changed nothing to see: a field that a new record leaves empty. */
export function isEmptyChange(change: unknown): boolean {
  if (typeof change !== "object" || change === null || !("field" in change)) return false;
  const empty = (name: "from" | "to"): boolean =>
    !(name in change) || Object.entries(change).some(([key, value]) => key === name && (value ?? null) === null);
  return empty("from") && empty("to");
}
