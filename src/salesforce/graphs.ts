/**
 * Writes composite graphs: each lands as a whole or not at all. One outcome per operation, with the records as they were
 * right before where the operations ask for it.
 */
import type { ApiError, FailureClass, RowOutcome } from "../model/salesforce-record.ts";
import type { OperationGraph } from "../sync/call.ts";
import type { OrgCaller } from "./caller.ts";
import { classify } from "./classify.ts";
import { apiErrorsOf, isGood, parseCompositeReplies, type Subreply, type Subrequest } from "./composite.ts";
import { isJsonObject } from "./failure.ts";
import { PreImages, rowReadRequests } from "./pre-images.ts";
import { allUnknown, done, failed, unknown } from "./row-outcome.ts";
import { rowRequest } from "./row-request.ts";
import { sendWrite } from "./send-write.ts";

/** Most graphs of one call, and nodes over all of them (rest-api §9 [doc]). */
const GRAPHS_MAX = 75;
const GRAPH_NODES_MAX = 500;

/** Sends at most 75 graphs with at most 500 nodes in one call; each graph lands as a whole or not at all. */
export async function executeGraphs(
  caller: OrgCaller,
  graphs: readonly OperationGraph[],
): Promise<readonly RowOutcome[]> {
  const operations = graphs.flatMap((graph) => graph.operations);
  const { root } = caller.connection;
  const requests = graphs.map((graph) => ({ graphId: graph.graphId, compositeRequest: graphSubrequests(graph, root) }));
  const nodes = requests.reduce((sum, { compositeRequest }) => sum + compositeRequest.length, 0);
  if (graphs.length > GRAPHS_MAX || nodes > GRAPH_NODES_MAX) {
    throw new RangeError(`a graph call holds at most ${GRAPHS_MAX} graphs and ${GRAPH_NODES_MAX} nodes`);
  }
  const sent = await sendWrite(
    caller,
    { operations, divisible: graphs.length > 1 },
    {
      method: "POST",
      path: `${root}/composite/graph`,
      json: { graphs: requests },
    },
  );
  if (sent.kind === "failed") return sent.outcomes;
  const replies = parseGraphReplies(sent.reply.body);
  if (replies === undefined) return allUnknown(operations, "the reply is not a graph response");
  return graphs.flatMap((graph) => graphOutcomes(graph, replies.get(graph.graphId), root));
}

function graphSubrequests(graph: OperationGraph, root: string): readonly Subrequest[] {
  const writes = graph.operations.map((operation, index) => ({
    ...rowRequest(operation, root, (opId) => graphReference(graph, opId, index)),
    referenceId: `op${index}`,
  }));
  return [...rowReadRequests(graph.operations, root), ...writes];
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

function graphOutcomes(graph: OperationGraph, reply: GraphReply | undefined, root: string): readonly RowOutcome[] {
  if (reply === undefined) return allUnknown(graph.operations, "the reply lacks this graph");
  const reads = rowReadRequests(graph.operations, root);
  const preImages = new PreImages(reply.replies, reads);
  // A record that cannot be read halts its graph like any other node; then the operations only tell that they were halted.
  const unread = reads
    .flatMap(({ referenceId }) => reply.replies.get(referenceId) ?? [])
    .find((read) => isCulprit(read));
  return graph.operations.map((operation, index) => {
    const subreply = reply.replies.get(`op${index}`);
    if (subreply === undefined) return unknown(operation, "the reply lacks this operation");
    if (isGood(subreply)) {
      // A rolled-back graph reports the error of the culprit and "halted" for the others; nothing of it landed.
      if (!reply.successful) return failed(operation, "collateral", [ROLLED_BACK]);
      const body = isJsonObject(subreply.body) ? subreply.body : {};
      return preImages.tell(
        operation,
        done(operation, body["id"], subreply.status === 201 || body["created"] === true),
      );
    }
    const culprit = unread ?? subreply;
    const apiErrors = apiErrorsOf(culprit);
    return failed(operation, classifyGraphErrors(culprit, apiErrors), apiErrors);
  });
}

function isCulprit(reply: Subreply): boolean {
  return !isGood(reply) && apiErrorsOf(reply).every(({ code }) => code !== "PROCESSING_HALTED");
}

const ROLLED_BACK: ApiError = {
  code: "PROCESSING_HALTED",
  message: "rolled back with its graph",
  fields: [],
};

/** A graph is atomic, so a failed one certainly did not land: a server error in it may be repeated. */
function classifyGraphErrors(reply: Subreply, apiErrors: readonly ApiError[]): FailureClass {
  return classify({ kind: "http", status: reply.status, apiErrors, html: false, retryAfterMs: null }, "read");
}
