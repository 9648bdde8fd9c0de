/**
 * Keeps deletions from taking other records along: Salesforce deletes an account's orders with it, and the external
 * system may still have them. Such a deletion waits until its children are gone or belong to another record.
 */

import type { Mapping, ObjectMapping } from "../../mapping/mapping.ts";
import type { RecordId } from "../../model/key.ts";
import type { Decision } from "../../sync/decision.ts";
import { isDeletion } from "../../sync/delete-guard.ts";
import { deletedFrom, deletedOn } from "../../sync/presence.ts";
import type { RunContext } from "../context/context.ts";

/** Ids in one query: far below the address limit. */
const IDS_PER_QUERY = 300;

/** Parks the decisions that would delete a Salesforce record with living children among the mapped objects. */
export async function holdCascades(
  context: RunContext,
  mapping: ObjectMapping,
  decisions: readonly Decision[],
): Promise<readonly Decision[]> {
  const children = childrenOf(context.ports.mapping, mapping.object);
  const ids = decisions.flatMap((decision) => deletedId(mapping, decision) ?? []);
  if (children.length === 0 || ids.length === 0) return decisions;
  const parents = new Map<string, { readonly object: string; readonly count: number }>();
  for (const child of children) {
    for (let start = 0; start < ids.length; start += IDS_PER_QUERY) {
      for (const id of await parentsWithChildren(context, child, ids.slice(start, start + IDS_PER_QUERY))) {
        parents.set(id, { object: child.object, count: (parents.get(id)?.count ?? 0) + 1 });
      }
    }
  }
  return decisions.map((decision) => {
    const found = parents.get(deletedId(mapping, decision) ?? "");
    return found === undefined ? decision : deferred(decision, found);
  });
}

interface ChildField {
  readonly object: string;
  readonly field: string;
}

function childrenOf(mapping: Mapping, object: string): readonly ChildField[] {
  return mapping.objects.flatMap((child) =>
    child.fields
      .filter((field) => field.reference?.object === object)
      .map((field) => ({ object: child.object, field: field.field })),
  );
}

/** The record that would go. The link may not know it: after a merge it belongs to another key. */
function deletedId(mapping: ObjectMapping, decision: Decision): RecordId | undefined {
  if (decision.kind !== "change" || decision.external !== null || !isDeletion(decision)) return undefined;
  const operation = decision.salesforce.find(({ kind, object }) => kind === "delete" && object === mapping.object);
  return operation?.kind === "delete" ? operation.recordId : undefined;
}

async function parentsWithChildren(
  context: RunContext,
  child: ChildField,
  ids: readonly RecordId[],
): Promise<readonly string[]> {
  const list = ids.map((id) => `'${id}'`).join(", ");
  const records = await context.ports.salesforce.query(
    `SELECT ${child.field} FROM ${child.object} WHERE ${child.field} IN (${list})`,
  );
  return records.map((record) => String(record[child.field]));
}

function deferred(decision: Decision, found: { readonly object: string; readonly count: number }): Decision {
  const side = deletedOn(decision.link) ?? "external";
  return {
    ...decision,
    kind: "park",
    agreed: decision.salesforceBefore,
    link: { ...decision.link, presence: deletedFrom(decision.link.presence, side) },
    salesforce: [],
    conflicts: [],
    changes: [],
    obstacles: [
      {
        code: "CHILDREN_EXIST",
        message: `has ${found.count} ${found.object} ${found.count === 1 ? "record" : "records"} in Salesforce, which its deletion would take along; delete or move them first`,
      },
    ],
  };
}
