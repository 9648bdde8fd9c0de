/** Why a request was answered as it was: one sentence, and the rule behind it. */
import type { RuleFact } from "../dml/rule.ts";
import { RULES } from "../dml/rules/registry.ts";
import type { JournalEntry } from "../http/journal.ts";
import type { AccessPath } from "../soql/run/plan.ts";

const byId: ReadonlyMap<string, RuleFact> = new Map(RULES.map((rule) => [rule.id, rule]));

/** What is known about a rule of the catalog; undefined for a validation rule or trigger of the org's own. */
export function ruleFact(id: string): RuleFact | undefined {
  return byId.get(id);
}

/** The first message of a refused request's answer; undefined where it has none. */
export function refusalMessage({ responseBody }: Pick<JournalEntry, "responseBody">): string | undefined {
  const first: unknown = Array.isArray(responseBody) ? responseBody[0] : responseBody;
  if (typeof first !== "object" || first === null) return undefined;
  if ("message" in first && typeof first.message === "string") return first.message;
  return "error_description" in first && typeof first.error_description === "string"
    ? first.error_description
    : undefined;
}

/** How rows were reached, in few words. */
export function pathWords(path: AccessPath): string {
  switch (path.kind) {
    case "id":
      return path.ids.length === 1 ? "by 1 Id" : `by ${path.ids.length} Ids`;
    case "index":
      return `index on ${path.field}`;
    case "stamp":
      return path.from === null && path.to === null ? "in order of SystemModstamp" : "range of SystemModstamp";
    case "scan":
      return "table scan";
  }
}
