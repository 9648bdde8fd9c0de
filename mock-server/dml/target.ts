/** Finds the record that an update, delete or undelete means, or says why it cannot (reference: rest-api §7.5). */

import type { Transaction } from "../org/port.ts";
import type { Row } from "../schema/definition.ts";
import { keyPrefixOf, to18 } from "../schema/record-id.ts";
import { type Refusal, refuse, type WriteOperation } from "./change.ts";
import type { ObjectPlan } from "./object-plan.ts";

/** The record Id with 18 characters, or the refusal of a text that is no Id of this object. */
export function parseRecordId(
  plan: ObjectPlan,
  given: string | undefined,
  operation: Exclude<WriteOperation, "insert">,
): string | Refusal {
  if (given === undefined || given === "")
    // [memory: platform §4]
    return refuse({ code: "MISSING_ARGUMENT", message: `Id not specified in an ${operation} call`, fields: [] });
  const id = to18(given);
  const { keyPrefix, idPrefix, custom } = plan.type.definition;
  if (id !== undefined && keyPrefixOf(id) === (keyPrefix ?? idPrefix)) return id;
  // Deletes by a list of Ids say it shorter (reference: rest-api §9.4, §14.3 [doc, fixture]).
  if (id === undefined && operation !== "update")
    return refuse({ code: "MALFORMED_ID", message: `malformed id ${given}`, fields: [] });
  const label = custom === true ? undefined : plan.type.field("Id")?.label;
  const message = `${label ?? "Record ID"}: id value of incorrect type: ${given}`;
  return refuse({ code: "MALFORMED_ID", message, fields: ["Id"] });
}

/** The stored record that is not in the recycle bin. */
export function liveRecord(tx: Transaction, plan: ObjectPlan, id: string): { readonly row: Row } | Refusal {
  const row = tx.get(plan.name, id);
  if (row === undefined)
    return refuse({ code: "INVALID_CROSS_REFERENCE_KEY", message: "invalid cross reference id", fields: [] }, 404);
  // ORD-18.
  if (row["IsDeleted"] === true)
    return refuse({ code: "ENTITY_IS_DELETED", message: "entity is deleted", fields: [] }, 404);
  return { row };
}
