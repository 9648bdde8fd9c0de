/** Describes objects: the parts that mapping checks need, many objects per call. */

import type { FieldFacts, ObjectFacts } from "../mapping/facts.ts";
import type { OrgCaller } from "./caller.ts";
import { COMPOSITE_SUBREQUESTS_MAX, isGood } from "./composite.ts";
import { sendComposite } from "./composite-read.ts";
import { CallFailure, isJsonObject, type JsonObject, textOf } from "./failure.ts";

/**
 * Describes up to 25 objects per call. An object that does not exist, or that this user may not see, is missing from
 * the result; the caller names it. Rejects with `SyncError`.
 */
export async function describeObjects(caller: OrgCaller, objects: readonly string[]): Promise<readonly ObjectFacts[]> {
  const names = [...new Set(objects)];
  const described: ObjectFacts[] = [];
  for (let start = 0; start < names.length; start += COMPOSITE_SUBREQUESTS_MAX) {
    const batch = names.slice(start, start + COMPOSITE_SUBREQUESTS_MAX);
    described.push(...(await describeBatch(caller, batch)));
  }
  return described;
}

async function describeBatch(caller: OrgCaller, names: readonly string[]): Promise<readonly ObjectFacts[]> {
  const { root } = caller.connection;
  try {
    const { replies } = await sendComposite(
      caller,
      names.map((name, index) => ({
        method: "GET",
        url: `${root}/sobjects/${encodeURIComponent(name)}/describe`,
        referenceId: `describe${index}`,
      })),
      { name: "describe", refuse: ({ status }) => status !== STATUS_NOT_FOUND },
    );
    return names.flatMap((_, index) => {
      const reply = replies.get(`describe${index}`);
      return reply !== undefined && isGood(reply) && isJsonObject(reply.body) ? [parseObject(reply.body)] : [];
    });
  } catch (error) {
    throw error instanceof CallFailure ? caller.explain(error, "describe") : error;
  }
}

const STATUS_NOT_FOUND = 404;

function parseObject(body: JsonObject): ObjectFacts {
  const fields: readonly unknown[] = Array.isArray(body["fields"]) ? body["fields"] : [];
  return {
    name: textOf(body, "name"),
    createable: body["createable"] === true,
    updateable: body["updateable"] === true,
    deletable: body["deletable"] === true,
    fields: fields.filter(isJsonObject).map(parseField),
  };
}

function parseField(field: JsonObject): FieldFacts {
  const referenceTo = field["referenceTo"];
  const relationshipName = field["relationshipName"];
  return {
    name: textOf(field, "name"),
    type: textOf(field, "type"),
    length: numberOf(field, "length"),
    precision: numberOf(field, "precision"),
    scale: numberOf(field, "scale"),
    nillable: field["nillable"] === true,
    createable: field["createable"] === true,
    updateable: field["updateable"] === true,
    calculated: field["calculated"] === true,
    externalId: field["externalId"] === true,
    unique: field["unique"] === true,
    ...(typeof field["caseSensitive"] === "boolean" ? { caseSensitive: field["caseSensitive"] } : {}),
    ...(typeof field["defaultedOnCreate"] === "boolean" ? { defaultedOnCreate: field["defaultedOnCreate"] } : {}),
    referenceTo: Array.isArray(referenceTo) ? referenceTo.filter((name) => typeof name === "string") : [],
    relationshipName: typeof relationshipName === "string" ? relationshipName : null,
    restrictedValues: field["restrictedPicklist"] === true ? activeValues(field["picklistValues"]) : null,
  };
}

function activeValues(entries: unknown): readonly string[] {
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry) =>
    isJsonObject(entry) && entry["active"] === true && typeof entry["value"] === "string" ? [entry["value"]] : [],
  );
}

function numberOf(body: JsonObject, name: string): number {
  const value = body[name];
  return typeof value === "number" ? value : 0;
}
