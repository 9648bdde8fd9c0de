/** `POST /composite/graph`: several lists of requests, each of which stands or falls as a whole. Source: rest-api §9.5. */
import { OrgError } from "../../errors.ts";
import { invalidInput } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import { ok, type RestContext, type RestHandler, type RestRequest } from "../../http/rest.ts";
import { mentionedReferences } from "./references.ts";
import {
  haltedSubresponse,
  readSubrequests,
  runSubrequests,
  type Subrequest,
  type Subresponse,
} from "./subrequests.ts";

// Salesforce limits, all of them for one call
const GRAPHS_MAX = 75;
const NODES_MAX = 500;
const DEPTH_MAX = 15;
const DIFFERENT_NODES_MAX = 15;
/** After this many failed graphs the remaining ones are not tried. */
const FAILED_GRAPHS_MAX = 14;
const GRAPH_VERSION = 50;

interface Graph {
  readonly graphId: string;
  readonly subrequests: readonly Subrequest[];
}

interface GraphAnswer {
  readonly graphId: string;
  readonly graphResponse: { readonly compositeResponse: readonly Subresponse[] };
  readonly isSuccessful: boolean;
}

/** `POST /composite/graph`. */
export const runGraphs: RestHandler = (context, request) => {
  const graphs = readGraphs(request);
  let failedGraphs = 0;
  const answers = graphs.map((graph) => {
    const answer = failedGraphs > FAILED_GRAPHS_MAX ? haltedGraph(graph) : runGraph(context, request, graph);
    if (!answer.isSuccessful) failedGraphs += 1;
    return answer;
  });
  return ok({ graphs: answers });
};

function runGraph(context: RestContext, request: RestRequest, graph: Graph): GraphAnswer {
  const outcome = runSubrequests(context, request, graph.subrequests, { allOrNone: true });
  return answerOf(graph, outcome.responses, !outcome.rolledBack);
}

function haltedGraph(graph: Graph): GraphAnswer {
  return answerOf(
    graph,
    graph.subrequests.map((node) => haltedSubresponse(node.referenceId)),
    false,
  );
}

function answerOf(graph: Graph, compositeResponse: readonly Subresponse[], isSuccessful: boolean): GraphAnswer {
  return { graphId: graph.graphId, graphResponse: { compositeResponse }, isSuccessful };
}

function readGraphs(request: RestRequest): readonly Graph[] {
  const body = requireBody(request.body);
  const list = isObject(body) ? body["graphs"] : undefined;
  if (!Array.isArray(list)) throw invalidInput("The graphs field is required and must be a list.");
  if (list.length > GRAPHS_MAX) throw tooMany(`The request can't contain more than ${GRAPHS_MAX} graphs.`);
  const seen = new Set<string>();
  const graphs = list.map((entry: unknown) => {
    if (!isObject(entry)) throw invalidInput("Each entry of graphs must be an object.");
    const { graphId, compositeRequest } = entry;
    if (typeof graphId !== "string" || !/^[A-Za-z0-9][^.]{0,38}$/.test(graphId)) {
      throw invalidInput(
        `Provided graphId ('${String(graphId)}') must start with a letter or a number, have fewer than 40 characters and no '.'.`,
      );
    }
    if (seen.has(graphId)) throw invalidInput(`Duplicate graphId provided in the request: ${graphId}`);
    seen.add(graphId);
    return { graphId, subrequests: readSubrequests(compositeRequest, request.version) };
  });
  checkNodes(graphs);
  return graphs;
}

function checkNodes(graphs: readonly Graph[]): void {
  const nodes = graphs.flatMap((graph) => graph.subrequests);
  if (nodes.length > NODES_MAX) throw tooMany(`The request can't contain more than ${NODES_MAX} nodes.`);
  for (const { url } of nodes) {
    const version = Number(/^\/services\/data\/v(\d+)\.0\/sobjects\//.exec(url)?.[1] ?? 0);
    if (version < GRAPH_VERSION) throw invalidInput(`The resource ${url} can't be used in a composite graph request.`);
  }
  const kinds = new Set(nodes.map(({ method, url }) => `${method} ${url.split("/").slice(0, 6).join("/")}`));
  if (kinds.size > DIFFERENT_NODES_MAX) {
    throw tooMany(`The request can't contain more than ${DIFFERENT_NODES_MAX} different nodes.`);
  }
  for (const graph of graphs) {
    if (depthOf(graph) > DEPTH_MAX) throw tooMany(`Graph ${graph.graphId} is deeper than ${DEPTH_MAX}.`);
  }
}

/** The longest chain of nodes that refer to each other. */
function depthOf({ subrequests }: Graph): number {
  const depths = new Map<string, number>();
  for (const node of subrequests) {
    const parents = mentionedReferences([node.url, node.body]).map((reference) => depths.get(reference) ?? 0);
    depths.set(node.referenceId, 1 + Math.max(0, ...parents));
  }
  return Math.max(0, ...depths.values());
}

/** The limits are documented, code and texts are from memory. */
function tooMany(message: string): OrgError {
  return new OrgError(400, { code: "LIMIT_EXCEEDED", message });
}
