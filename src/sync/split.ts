/** Taking calls apart: to send less after a failure, and to keep one poisoned row from blocking its neighbours. */
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

/**
 * Two halves of a call that failed as a whole, or undefined when it is down to one row or one graph: then that one is
 * the poisoned one. Repeated halving finds it among n rows in about log2 n rounds.
 */
export function halveCall(call: SalesforceCall): readonly [SalesforceCall, SalesforceCall] | undefined {
  switch (call.kind) {
    case "collections": {
      if (call.parts.length > 1) {
        const middle = Math.ceil(call.parts.length / 2);
        return [
          { ...call, parts: call.parts.slice(0, middle) },
          { ...call, parts: call.parts.slice(middle) },
        ];
      }
      const part = call.parts[0];
      if (part === undefined || part.operations.length < 2) return undefined;
      const [left, right] = halves(part.operations);
      return [
        { ...call, parts: [{ ...part, operations: left }] },
        { ...call, parts: [{ ...part, operations: right }] },
      ];
    }
    case "graphs": {
      if (call.graphs.length < 2) return undefined;
      const [left, right] = halves(call.graphs);
      return [
        { ...call, graphs: left },
        { ...call, graphs: right },
      ];
    }
    case "rows": {
      if (call.operations.length < 2) return undefined;
      const [left, right] = halves(call.operations);
      return [
        { ...call, operations: left },
        { ...call, operations: right },
      ];
    }
    case "bulk": {
      if (call.part.operations.length < 2) return undefined;
      const [left, right] = halves(call.part.operations);
      return [
        { ...call, part: { ...call.part, operations: left } },
        { ...call, part: { ...call.part, operations: right } },
      ];
    }
    default:
      return call satisfies never;
  }
}

function halves<Item>(items: readonly Item[]): readonly [readonly Item[], readonly Item[]] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
