/**
 * The first stages: from names and values as the client wrote them to fields and stored values.
 *
 * Order of refusals (reference: rest-api §14.3): JSON types, unknown field, fields that cannot be written, references
 * that are no Id of their object. Faults of other single values (too long, out of range, bad picklist value) are handed on, because missing required fields come first.
 */
import { OrgError, type OrgFault } from "../errors.ts";
import type { FieldDefinition, FieldValue, Row } from "../schema/definition.ts";
import { notWritable, parseValue } from "../schema/values.ts";
import { type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { resolveParent } from "./foreign-key.ts";
import type { ObjectPlan } from "./object-plan.ts";
import { isStampedByOrg, isWritable } from "./writable.ts";

/** The client's values by field, ready to be stored. */
export interface Decoded {
  readonly given: readonly string[];
  readonly values: Readonly<Record<string, FieldValue>>;
  readonly faults: readonly OrgFault[];
}

/** Type guard for the two outcomes of a stage that produces something. */
export function isRefusal(outcome: object): outcome is Refusal {
  return "statusCode" in outcome;
}

const NO_FAULTS: readonly OrgFault[] = [];

/**
 * Decodes one record's values for an insert or, with the stored record, for an update.
 *
 * Throws an `OrgError` (400) where a JSON value has the wrong type: the platform then refuses the whole request.
 */
export function decode(
  context: SaveContext,
  plan: ObjectPlan,
  input: Readonly<Record<string, unknown>>,
  before: Row | undefined,
): Decoded | Refusal {
  const values: Record<string, FieldValue> = {};
  const given: string[] = [];
  let unknown: string | undefined;
  let blocked: string[] | undefined;
  let badIds: OrgFault[] | undefined;
  let faults: OrgFault[] | undefined;
  const put = (field: FieldDefinition, value: FieldValue): void => {
    if (!(field.name in values)) given.push(field.name);
    values[field.name] = value;
  };
  for (const name in input) {
    const raw = input[name];
    if (raw === undefined || name === "attributes") continue;
    const field = plan.field(name);
    if (field === undefined) {
      const reference = plan.type.parent(name);
      if (reference === undefined) unknown ??= name;
      else if (!isWritable(context, plan, reference, before)) (blocked ??= []).push(reference.name);
      else {
        const parent = resolveParent(context, reference, name, raw);
        if (typeof parent === "string" || parent === null) put(reference, parent);
        else (faults ??= []).push(parent);
      }
      continue;
    }
    if (field.type === "id") return refuse(idInBody(name));
    if (field.type === "address" || field.type === "location") {
      // Compound fields are read, never written (reference: rest-api §5.2 [doc]).
      (blocked ??= []).push(field.name);
      continue;
    }
    const parsed = parseValue(field, raw, context.wire, context.tx);
    if (!parsed.ok && parsed.scope === "request") throw new OrgError(400, parsed.fault);
    if (isStampedByOrg(plan, field)) {
      // Describe calls these updateable, the org sets them: the same value is ignored, another one is refused.
      if (!parsed.ok || parsed.value !== (before?.[field.name] ?? null)) (blocked ??= []).push(field.name);
    } else if (!isWritable(context, plan, field, before)) (blocked ??= []).push(field.name);
    else if (parsed.ok) put(field, parsed.value);
    else if (field.type === "reference") (badIds ??= []).push(parsed.fault);
    else (faults ??= []).push(parsed.fault);
  }
  if (unknown !== undefined)
    return refuse({ code: "INVALID_FIELD", message: `No such column '${unknown}' on sobject of type ${plan.name}` });
  if (blocked !== undefined) return refuse(notWritable(blocked));
  if (badIds !== undefined) return { faults: badIds, statusCode: 400 };
  return { given, values, faults: faults ?? NO_FAULTS };
}

/** Reference: rest-api §7.1, §7.6 [doc]. */
function idInBody(name: string): OrgFault {
  return { code: "INVALID_FIELD", message: `The ${name} field should not be specified in the sobject data.` };
}
