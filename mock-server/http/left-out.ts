/**
 * Which calls touch a part of the team's metadata that was left out: so that an answer that differs from the team's own org
 * says why.
 */
import type { RecordChange } from "../org/port.ts";
import type { MetadataProblem } from "../schema/metadata/problem.ts";
import { remarkOnEnding } from "../schema/metadata/support.ts";

/** What is looked at in one call. */
export interface TouchingCall {
  readonly path: string;
  readonly status: number;
  readonly responseBody: unknown;
  readonly changes: readonly RecordChange[];
}

/** Sentences about one call at most. */
const TOLD_MAX = 20;

/** The parts that were left out of one org, by the names under which calls may touch them. */
export class LeftOutParts {
  /** By the last part of their names, in lower case: `margin__c`. */
  readonly #byName = new Map<string, MetadataProblem[]>();
  /** What would have acted at a save, by object. */
  readonly #acting = new Map<string, MetadataProblem[]>();

  constructor(remarks: readonly MetadataProblem[] = []) {
    for (const remark of remarks) {
      const { leftOut } = remark;
      if (leftOut === undefined) continue;
      const [object = "", part] = leftOut.split(".");
      if (ACTING.has(remark.kind ?? remark.reason)) add(this.#acting, object, remark);
      else add(this.#byName, (part ?? object).split("/")[0]?.toLowerCase() ?? "", remark);
    }
  }

  /**
   * Sentences that say which parts the call would have met: of a refused call those that the refusal names, of a save the
   * rules of its objects that were not asked. At most 20.
   */
  touchedBy({ path, status, responseBody, changes }: TouchingCall): readonly string[] {
    if (this.#byName.size === 0 && this.#acting.size === 0) return [];
    const found = new Set<MetadataProblem>();
    for (const object of new Set(changes.map((change) => change.object)))
      for (const remark of this.#acting.get(object) ?? []) found.add(remark);
    if (status >= 400 && this.#byName.size > 0)
      for (const [word] of `${path}\n${JSON.stringify(responseBody ?? null)}`.matchAll(/\w+/g))
        for (const remark of this.#byName.get(word.toLowerCase()) ?? []) found.add(remark);
    return [...found].slice(0, TOLD_MAX).map(sentence);
  }
}

/** Kinds that would have had a say when a record is saved. */
const ACTING: ReadonlySet<string> = new Set([
  "validation rules left out",
  "default values left out",
  "lookup filters left out",
  ...["trigger", "flow", "workflow"].map((ending) => remarkOnEnding(ending) ?? ""),
]);

function add(map: Map<string, MetadataProblem[]>, key: string, remark: MetadataProblem): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [remark]);
  else known.push(remark);
}

function sentence({ leftOut, path, reason }: MetadataProblem): string {
  return `${leftOut} of the metadata is not in this org: ${reason} (${path})`;
}
