/** Taking calls apart: their operations, and the same call with fewer of them. */
import type { RowOperation } from "../model/salesforce-record.ts";
import type { SalesforceCall } from "./call.ts";

/** Every operation of a call, in the order of its outcomes. */
export function operationsOf(call: SalesforceCall): readonly RowOperation[] {
  switch (call.kind) {
    case "collections":
      return call.parts.flatMap((part) => part.operations);
    case "graphs":
      return call.graphs.flatMap((graph) => graph.operations);
    case "rows":
      return call.operations;
    case "bulk":
      return call.part.operations;
    default:
      return call satisfies never;
  }
}

/**
 * The same call with only the operations to keep; undefined when none is left. A graph is kept as soon as one of its
 * operations is: it lands as a whole.
 */
export function retainOperations(
  call: SalesforceCall,
  keep: (operation: RowOperation) => boolean,
): SalesforceCall | undefined {
  switch (call.kind) {
    case "collections": {
      const parts = call.parts
        .map((part) => ({ ...part, operations: part.operations.filter(keep) }))
        .filter((part) => part.operations.length > 0);
      return parts.length === 0 ? undefined : { ...call, parts };
    }
    case "graphs": {
      const graphs = call.graphs.filter((graph) => graph.operations.some(keep));
      return graphs.length === 0 ? undefined : { ...call, graphs };
    }
    case "rows": {
      const operations = call.operations.filter(keep);
      return operations.length === 0 ? undefined : { ...call, operations };
    }
    case "bulk": {
      const operations = call.part.operations.filter(keep);
      return operations.length === 0 ? undefined : { ...call, part: { ...call.part, operations } };
    }
    default:
      return call satisfies never;
  }
}
