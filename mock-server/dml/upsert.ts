/**
 * Upsert: finds the record by an external Id (or an idLookup field, or Id) and becomes an insert or an update.
 *
 * Reference: rest-api §7.6, §9.4; order-domain §8.2.
 */
import { OrgError } from "../errors.ts";
import type { Transaction } from "../org/port.ts";
import type { FieldDefinition } from "../schema/definition.ts";
import { parseValue } from "../schema/values.ts";
import { type Refusal, refuse } from "./change.ts";
import type { SaveContext } from "./context.ts";
import { findByKey } from "./foreign-key.ts";
import type { ObjectPlan } from "./object-plan.ts";
import type { SaveInput, SaveRequest } from "./port.ts";

/** Where one row of an upsert goes. */
export type UpsertTarget =
  | { readonly kind: "insert"; readonly values: SaveInput["values"] }
  | { readonly kind: "update"; readonly id: string; readonly values: SaveInput["values"] };

/**
 * The field that an upsert matches by. Throws an `OrgError` (404) where the object has no such field or the user may not
 * see it, or it is neither an external Id nor an idLookup field.
 */
export function keyFieldOf(tx: Transaction, plan: ObjectPlan, name: string | undefined): FieldDefinition {
  const field = plan.type.field(name ?? "Id");
  const visible = field !== undefined && tx.actor.access.canReadField(plan.name, field.name);
  if (visible && (field.type === "id" || field.externalId === true || field.idLookup === true)) return field;
  const message = `Provided external ID field does not exist or is not accessible: ${name}`;
  throw new OrgError(404, { code: "NOT_FOUND", message });
}

/** Decides whether the row is an insert or an update. */
export function resolveUpsert(
  context: SaveContext,
  plan: ObjectPlan,
  input: SaveInput,
  request: SaveRequest,
): UpsertTarget | Refusal {
  const key = keyFieldOf(context.tx, plan, request.externalIdField);
  const { name, raw, rest } = keyOf(key, input);
  if (raw === undefined || raw === null || raw === "") {
    if (key.type === "id" && request.updateOnly !== true) return { kind: "insert", values: rest };
    return refuse({ code: "MISSING_ARGUMENT", message: `${key.name} not specified`, fields: [] });
  }
  if (key.type === "id") return { kind: "update", id: keyText(raw), values: rest };
  const parsed = parseValue(key, raw, context.wire, context.tx);
  if (!parsed.ok) {
    if (parsed.scope === "request") throw new OrgError(400, parsed.fault);
    return refuse(parsed.fault);
  }
  const found = findByKey(context, plan.name, key, parsed.value);
  const [match] = found;
  if (found.length > 1) {
    const matches = found.map((row) => String(row["Id"]));
    const message = `${key.name}: more than one record found for external id field: [${matches.join(", ")}]`;
    return { ...refuse({ code: "DUPLICATE_EXTERNAL_ID", message, fields: [key.name] }, 300), matches };
  }
  if (match !== undefined) return { kind: "update", id: String(match["Id"]), values: rest };
  if (request.updateOnly === true)
    return refuse({ code: "NOT_FOUND", message: "The requested resource does not exist" }, 404);
  return { kind: "insert", values: { ...rest, [name]: raw } };
}

/**
 * The rows of a request that share a key with another row of it, by position: they fail, all of them
 * (reference: rest-api §9.4 [doc: the code; memory: the text]).
 */
export function duplicateKeys(tx: Transaction, plan: ObjectPlan, request: SaveRequest): ReadonlyMap<number, string> {
  const key = keyFieldOf(tx, plan, request.externalIdField);
  const rows = new Map<string, number[]>();
  for (const [at, input] of request.records.entries()) {
    const { raw } = keyOf(key, input);
    if (raw === undefined || raw === null || raw === "") continue;
    const text = keyText(raw).trim();
    const same = key.caseSensitive === true || key.type === "id" ? text : text.toLowerCase();
    rows.set(same, [...(rows.get(same) ?? []), at]);
  }
  const duplicates = new Map<number, string>();
  for (const list of rows.values())
    if (list.length > 1)
      for (const at of list) {
        const input = request.records[at];
        duplicates.set(at, input === undefined ? "" : keyText(keyOf(key, input).raw));
      }
  return duplicates;
}

function keyText(raw: unknown): string {
  return typeof raw === "string" ? raw : JSON.stringify(raw);
}

/** The key's value in the row, under whatever letter case the client wrote it, and the row without it. */
function keyOf(
  key: FieldDefinition,
  { id, values }: SaveInput,
): { readonly name: string; readonly raw: unknown; readonly rest: SaveInput["values"] } {
  const wanted = key.name.toLowerCase();
  const name = Object.keys(values).find((each) => each.toLowerCase() === wanted);
  if (name === undefined) return { name: key.name, raw: key.type === "id" ? id : undefined, rest: values };
  const { [name]: raw, ...rest } = values;
  return { name, raw, rest };
}
