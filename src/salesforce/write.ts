/**
 * Sends planned writes: composites of collections and composite graphs. One outcome per operation, in order.
 *
 * A call that may have been processed without an answer makes all its outcomes `unknown`: they are looked up by key, never
 * resent. A part that Salesforce refuses as a whole (one value that does not parse spoils its neighbours) comes back as
 * `retrySerially`, so that smaller parts find the culprit; a part of one row is refused for good.
 */
import type { FailureClass, RowOperation, RowOutcome, SalesforceFault, WireValue } from "../model/salesforce-record.ts";
import type { CollectionPart, OperationGraph } from "../sync/call.ts";
import type { OrgCaller } from "./caller.ts";
import { classify, classifyFaults } from "./classify.ts";
import {
  COMPOSITE_QUERIES_MAX,
  compositeBody,
  faultsOf,
  isGood,
  parseCompositeReplies,
  type Subreply,
  type Subrequest,
} from "./composite.ts";
import type { OrgReply, OrgRequest } from "./connection.ts";
import { CallFailure, describeFailure, type Failure, isJsonObject, type JsonObject, parseFaults } from "./failure.ts";
import { parseRecordId } from "./record-id.ts";

/** Most rows of one collection, graphs of one call and nodes over all graphs (rest-api §9 [doc]). */
const COLLECTION_ROWS_MAX = 200;
const GRAPHS_MAX = 75;
const GRAPH_NODES_MAX = 500;

/** Sends at most five collections in one composite call. */
export async function executeCollections(
  caller: OrgCaller,
  parts: readonly CollectionPart[],
): Promise<readonly RowOutcome[]> {
  if (parts.length > COMPOSITE_QUERIES_MAX || parts.some((part) => part.operations.length > COLLECTION_ROWS_MAX)) {
    throw new RangeError(
      `a composite holds at most ${COMPOSITE_QUERIES_MAX} collections of at most ${COLLECTION_ROWS_MAX} rows`,
    );
  }
  const { root } = caller.connection;
  const operations = parts.flatMap((part) => part.operations);
  const subrequests = parts.map((part, index) => collectionSubrequest(part, `part${index}`, root));
  const sent = await sendWrite(
    caller,
    { operations, divisible: operations.length > 1 },
    {
      method: "POST",
      path: `${root}/composite`,
      json: compositeBody(subrequests),
    },
  );
  if (sent.kind === "failed") return sent.outcomes;
  const replies = parseCompositeReplies(sent.reply.body);
  if (replies === undefined) return allUnknown(operations, "the reply is not a composite response");
  return parts.flatMap((part, index) => partOutcomes(part, replies.get(`part${index}`)));
}

function collectionSubrequest(part: CollectionPart, referenceId: string, root: string): Subrequest {
  const collections = `${root}/composite/sobjects`;
  switch (part.verb) {
    case "upsert": {
      const { keyField } = part;
      if (keyField === null) throw new RangeError(`upsert of ${part.object} needs an external-Id field`);
      return {
        method: "PATCH",
        url: `${collections}/${part.object}/${keyField}`,
        referenceId,
        body: { allOrNone: false, records: part.operations.map((operation) => collectionRow(operation)) },
      };
    }
    case "update":
      return {
        method: "PATCH",
        url: collections,
        referenceId,
        body: { allOrNone: false, records: part.operations.map((operation) => collectionRow(operation)) },
      };
    case "delete": {
      const ids = part.operations.map((operation) => (operation.kind === "delete" ? operation.recordId : ""));
      return { method: "DELETE", url: `${collections}?ids=${ids.join(",")}&allOrNone=false`, referenceId };
    }
  }
}

function collectionRow(operation: RowOperation): JsonObject {
  const attributes = { type: operation.object };
  switch (operation.kind) {
    case "upsert":
      return { attributes, ...wireFields(operation.fields, noReferences), [operation.keyField]: operation.key };
    case "update":
      return { attributes, id: operation.recordId, ...wireFields(operation.fields, noReferences) };
    case "delete":
      return { attributes, id: operation.recordId };
  }
}

function noReferences(opId: string): string {
  throw new RangeError(`operation ${opId} is referenced from a collection; only graphs can refer to operations`);
}

/** Fields as they go over the wire; a parent named by key stands under its relationship name (rest-api §7.6). */
function wireFields(
  fields: Readonly<Record<string, WireValue>>,
  reference: (opId: string) => string,
): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value !== "object" || value === null) body[name] = value;
    else if (value.kind === "byKey") body[value.relationship] = { [value.keyField]: value.key };
    else body[name] = reference(value.opId);
  }
  return body;
}

function partOutcomes(part: CollectionPart, reply: Subreply | undefined): readonly RowOutcome[] {
  const { operations } = part;
  if (reply === undefined) return allUnknown(operations, "the composite response lacks this part");
  if (!isGood(reply)) return wholePartOutcomes(operations, reply);
  const { body } = reply;
  if (!Array.isArray(body) || body.length !== operations.length) {
    return allUnknown(operations, "the reply does not hold one result per row");
  }
  return operations.map((operation, index) => rowOutcome(operation, body[index]));
}

function wholePartOutcomes(operations: readonly RowOperation[], reply: Subreply): readonly RowOutcome[] {
  const faults = faultsOf(reply);
  const failure = { kind: "http", status: reply.status, faults, html: false, retryAfterMs: null } as const;
  const failureClass = classify(failure, "write");
  if (failureClass === "unknown") return allUnknown(operations, describeFailure(failure));
  return operations.map((operation) => failed(operation, smallerFirst(failureClass, operations.length), faults));
}

/** A refusal of many rows at once says nothing about each of them: smaller groups tell who is to blame. */
function smallerFirst(failureClass: FailureClass, rows: number): FailureClass {
  const blamesRows = failureClass === "refused" || failureClass === "configuration" || failureClass === "replan";
  return blamesRows && rows > 1 ? "retrySerially" : failureClass;
}

function rowOutcome(operation: RowOperation, result: unknown): RowOutcome {
  if (!isJsonObject(result)) return unknown(operation, "the result of this row is not an object");
  if (result["success"] === true) {
    return done(operation, result["id"], result["created"] === true);
  }
  const faults = parseFaults(result["errors"]);
  return failed(operation, classifyFaults(faults), faults);
}

/** Sends at most 75 graphs with at most 500 operations in one call; each graph lands as a whole or not at all. */
export async function executeGraphs(
  caller: OrgCaller,
  graphs: readonly OperationGraph[],
): Promise<readonly RowOutcome[]> {
  const operations = graphs.flatMap((graph) => graph.operations);
  if (graphs.length > GRAPHS_MAX || operations.length > GRAPH_NODES_MAX) {
    throw new RangeError(`a graph call holds at most ${GRAPHS_MAX} graphs and ${GRAPH_NODES_MAX} operations`);
  }
  const { root } = caller.connection;
  const sent = await sendWrite(
    caller,
    { operations, divisible: graphs.length > 1 },
    {
      method: "POST",
      path: `${root}/composite/graph`,
      json: {
        graphs: graphs.map((graph) => ({ graphId: graph.graphId, compositeRequest: graphSubrequests(graph, root) })),
      },
    },
  );
  if (sent.kind === "failed") return sent.outcomes;
  const replies = parseGraphReplies(sent.reply.body);
  if (replies === undefined) return allUnknown(operations, "the reply is not a graph response");
  return graphs.flatMap((graph) => graphOutcomes(graph, replies.get(graph.graphId)));
}

function graphSubrequests(graph: OperationGraph, root: string): readonly Subrequest[] {
  return graph.operations.map((operation, index) => ({
    ...rowRequest(operation, root, (opId) => graphReference(graph, opId, index)),
    referenceId: `op${index}`,
  }));
}

/** An operation's result, or its Id where it is known already: an update answers without a body. */
function graphReference(graph: OperationGraph, opId: string, before: number): string {
  const index = graph.operations.findIndex((operation) => operation.opId === opId);
  const target = graph.operations[index];
  if (target === undefined || index >= before) {
    throw new RangeError(`graph ${graph.graphId}: operation ${opId} does not stand before its reference`);
  }
  return target.kind === "upsert" ? `@{op${index}.id}` : target.recordId;
}

function rowRequest(
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
        // The key stands in the address; repeating it in the body is refused (rest-api §7.6).
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

interface GraphReply {
  readonly successful: boolean;
  readonly replies: ReadonlyMap<string, Subreply>;
}

function parseGraphReplies(body: unknown): ReadonlyMap<string, GraphReply> | undefined {
  if (!isJsonObject(body) || !Array.isArray(body["graphs"])) return undefined;
  const byId = new Map<string, GraphReply>();
  for (const graph of body["graphs"]) {
    if (!isJsonObject(graph) || typeof graph["graphId"] !== "string") continue;
    const replies = parseCompositeReplies(graph["graphResponse"]);
    if (replies !== undefined) byId.set(graph["graphId"], { successful: graph["isSuccessful"] === true, replies });
  }
  return byId;
}

function graphOutcomes(graph: OperationGraph, reply: GraphReply | undefined): readonly RowOutcome[] {
  if (reply === undefined) return allUnknown(graph.operations, "the reply lacks this graph");
  return graph.operations.map((operation, index) => {
    const subreply = reply.replies.get(`op${index}`);
    if (subreply === undefined) return unknown(operation, "the reply lacks this operation");
    if (isGood(subreply)) {
      // A rolled-back graph reports the error of the culprit and "halted" for the others; nothing of it landed.
      if (!reply.successful) return failed(operation, "collateral", [ROLLED_BACK]);
      const body = isJsonObject(subreply.body) ? subreply.body : {};
      return done(operation, body["id"], subreply.status === 201 || body["created"] === true);
    }
    const faults = faultsOf(subreply);
    return failed(operation, classifyGraphFaults(subreply, faults), faults);
  });
}

const ROLLED_BACK: SalesforceFault = {
  code: "PROCESSING_HALTED",
  message: "rolled back with its graph",
  fields: [],
};

/** A graph is atomic, so a failed one certainly did not land: a server error in it may be repeated. */
function classifyGraphFaults(reply: Subreply, faults: readonly SalesforceFault[]): FailureClass {
  return classify({ kind: "http", status: reply.status, faults, html: false, retryAfterMs: null }, "read");
}

type Sent =
  | { readonly kind: "answered"; readonly reply: OrgReply }
  | { readonly kind: "failed"; readonly outcomes: readonly RowOutcome[] };

interface WriteUnit {
  readonly operations: readonly RowOperation[];
  /** Whether the call can be made smaller: more than one row, or more than one graph. */
  readonly divisible: boolean;
}

async function sendWrite(caller: OrgCaller, unit: WriteUnit, request: OrgRequest): Promise<Sent> {
  const name = `${request.method} ${request.path.split("/").slice(4).join("/")}`;
  try {
    return { kind: "answered", reply: await caller.attemptCall(request, { intent: "write", name }) };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    switch (classify(error.failure, "write")) {
      case "unknown":
        return { kind: "failed", outcomes: allUnknown(unit.operations, describeFailure(error.failure)) };
      case "retrySerially":
        return { kind: "failed", outcomes: refuseWhole(unit, error.failure, "refused") };
      case "refused":
      case "replan":
      case "configuration":
        // 400 may be about one row's value; any other status is about the request or the user.
        if (error.failure.kind !== "http" || error.failure.status !== 400) throw caller.explain(error, name);
        return { kind: "failed", outcomes: refuseWhole(unit, error.failure, classify(error.failure, "write")) };
      case "retry":
      case "slow":
      case "login":
      case "collateral":
        throw caller.explain(error, name);
    }
  }
}

/** Several rows or graphs are tried again in smaller calls; a single one is to blame itself. */
function refuseWhole(unit: WriteUnit, failure: Failure, alone: FailureClass): readonly RowOutcome[] {
  const faults = failure.kind === "http" ? failure.faults : [];
  const failureClass = unit.divisible ? "retrySerially" : alone;
  return unit.operations.map((operation) => failed(operation, failureClass, faults));
}

/** Every operation of a call whose fate nobody knows. */
export function allUnknown(operations: readonly RowOperation[], reason: string): readonly RowOutcome[] {
  return operations.map((operation) => unknown(operation, reason));
}

function unknown(operation: RowOperation, reason: string): RowOutcome {
  return { kind: "unknown", opId: operation.opId, reason };
}

function failed(operation: RowOperation, failureClass: FailureClass, faults: readonly SalesforceFault[]): RowOutcome {
  return { kind: "failed", opId: operation.opId, class: failureClass, faults };
}

function done(operation: RowOperation, id: unknown, created: boolean): RowOutcome {
  const recordId = typeof id === "string" && id !== "" ? id : operation.kind === "upsert" ? null : operation.recordId;
  if (recordId === null) return unknown(operation, "the reply holds no record Id");
  return { kind: "done", opId: operation.opId, recordId: parseRecordId(recordId), created };
}
