/**
 * Whether the choices of one side (a restricted picklist, an enumeration) are known on the other: every value is taken
 * through the field's converter, there and back. A choice that gets nowhere is a warning, as no record may have it.
 */
import { canonicalValue } from "../model/canonical.ts";
import type { ExternalFieldFacts } from "../model/external-facts.ts";
import type { FieldFacts } from "./facts.ts";
import { readExternalField } from "./field.ts";
import type { FieldMapping } from "./mapping.ts";
import type { PreflightProblem } from "./problem.ts";

/** Choices that a message names. */
const SHOWN_MAX = 10;

/** What choices of either side come to nothing on the other. Undefined facts are not known. */
export function checkChoices(
  place: string,
  choices: {
    readonly field: FieldMapping;
    /** The one external field that it is mapped to. */
    readonly name: string;
    readonly facts: ExternalFieldFacts | undefined;
    readonly described: FieldFacts | undefined;
  },
): readonly PreflightProblem[] {
  const { field, name, facts, described } = choices;
  const offered = described?.restrictedValues ?? null;
  const taken = facts?.values ?? null;
  const lostThere =
    field.direction === "toExternal" || taken === null
      ? []
      : taken.filter((value) => !arrives(field, name, value, offered));
  const lostBack =
    field.direction === "toSalesforce" || offered === null
      ? []
      : offered.filter((value) => !returns(field, name, value, taken));
  return [
    ...warned(
      place,
      lostThere,
      `"${name}" can be`,
      "which does not fit Salesforce; add it to the table or the picklist",
    ),
    ...warned(
      place,
      lostBack,
      `${field.field} can be`,
      "which has no value in the external system; add it to the table",
    ),
  ];
}

/** Whether an external value becomes one that Salesforce offers. */
function arrives(field: FieldMapping, name: string, value: string, offered: readonly string[] | null): boolean {
  const reading = readExternalField(field, { [name]: value });
  if (reading.kind !== "read") return true;
  if (!reading.result.ok) return false;
  return offered === null || typeof reading.result.value !== "string" || offered.includes(reading.result.value);
}

/** Whether a Salesforce value becomes one that the external system takes. */
function returns(field: FieldMapping, name: string, value: string, taken: readonly string[] | null): boolean {
  const shown = canonicalValue(field.kind, value);
  const written = shown.ok ? field.convert.write?.(shown.value) : undefined;
  if (written?.kind !== "fields") return false;
  const sent = written.fields[name];
  return taken === null || typeof sent !== "string" || taken.includes(sent);
}

function warned(place: string, lost: readonly string[], what: string, end: string): readonly PreflightProblem[] {
  if (lost.length === 0) return [];
  const shown = lost.slice(0, SHOWN_MAX).map((value) => `"${value}"`);
  const more = lost.length > SHOWN_MAX ? ` and ${lost.length - SHOWN_MAX} more` : "";
  return [
    {
      place,
      message: `${what} ${shown.join(", ")}${more}, ${end}; a record with it becomes a dead letter`,
      warning: true,
    },
  ];
}
