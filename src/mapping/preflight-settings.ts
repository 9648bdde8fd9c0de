/** Settings that are right one by one and together do nothing: nobody would notice, because nothing fails. */
import type { Mapping, ObjectMapping } from "./mapping.ts";
import { at, type PreflightProblem } from "./problem.ts";

/** Warnings only; `configured` are the names of the external collections in the configuration. */
export function checkSettings(mapping: Mapping, configured: readonly string[]): readonly PreflightProblem[] {
  const mapped = new Set(mapping.objects.map(({ collection }) => collection));
  const unused = configured
    .filter((name) => !mapped.has(name))
    .map((name) =>
      warning(`external.collections.${name}`, "no object of the mapping uses it, so nothing of it is synchronized"),
    );
  return [...unused, ...mapping.objects.flatMap(idleSettings)];
}

function idleSettings(object: ObjectMapping): readonly PreflightProblem[] {
  const place = `mapping.objects.${object.object}`;
  const flows = (direction: "toSalesforce" | "toExternal"): boolean =>
    [...object.fields, ...(object.lines?.fields ?? [])].some(
      (field) => field.write !== "once" && (field.direction === "both" || field.direction === direction),
    );
  const neverMade = !object.create.salesforce && !object.create.external && object.match.length === 0;
  return [
    ...(neverMade
      ? [
          warning(
            `${place}.create`,
            "records are made on neither side, and no match ties those that stand on both: only records whose key field is filled by hand take part",
          ),
        ]
      : []),
    ...(!object.watch && flows("toExternal")
      ? [
          warning(
            `${place}.watch`,
            "changes in Salesforce are not looked for, although fields flow to the external system: they go over when the external record changes, or by a sweep",
          ),
        ]
      : []),
  ];
}

function warning(place: string, message: string): PreflightProblem {
  return { ...at(place, message), warning: true };
}
