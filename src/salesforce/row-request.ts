/** One row operation as a request of its own on sObject rows (reference: rest-api §7). */
import type { RowOperation } from "../model/salesforce-record.ts";
import type { Subrequest } from "./composite.ts";
import type { JsonObject } from "./failure.ts";
import { wireFields } from "./send-write.ts";

/** `reference` gives the Id of an earlier operation, or its place in the replies. */
export function rowRequest(
  operation: RowOperation,
  root: string,
  reference: (opId: string) => string,
): Omit<Subrequest, "referenceId"> {
  const rows = `${root}/sobjects/${operation.object}`;
  switch (operation.kind) {
    case "upsert":
      return {
        method: "PATCH",
        url: `${rows}/${operation.keyField}/${encodeURIComponent(operation.key)}`,
        // The key is in the address; repeating it in the body is refused (rest-api §7.6).
        body: withoutKey(wireFields(operation.fields, reference), operation.keyField),
      };
    case "update":
      return { method: "PATCH", url: `${rows}/${operation.recordId}`, body: wireFields(operation.fields, reference) };
    case "delete":
      return { method: "DELETE", url: `${rows}/${operation.recordId}` };
  }
}

function withoutKey(body: Record<string, unknown>, keyField: string): JsonObject {
  const { [keyField]: _key, ...rest } = body;
  return rest;
}
