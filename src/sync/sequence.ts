/**
 * From decisions of one level to API calls: the fewest that keep parents before children and one record's operations
 * in order.
 *
 * A decision of one operation goes into sObject Collections, five parts of 200 rows to one composite call. A decision
 * of several operations is one atomic graph; one that is too large for a graph, or wants its activation apart, is cut
 * into steps, and each step waits for the answer to the one before. Very many single rows go by Bulk, and rows with a
 * condition one by one, 25 to a call. What operations read first (their pre-images) takes room in the same calls.
 */
import type { RowOperation } from "../model/salesforce-record.ts";
import type { CollectionPart, OperationGraph, SalesforceCall } from "./call.ts";
import type { Decision } from "./decision.ts";
import { collectionReads, READ_IDS_MAX, readsOf } from "./pre-image.ts";

/** Rows of one sObject Collections request (reference: change-events §6.1 [doc]). */
export const COLLECTION_ROWS_MAX = 200;
/** Collections requests in one composite call (change-events §6.1, the limit of five is [memory]). */
export const COMPOSITE_PARTS_MAX = 5;
/** Graphs in one call (change-events §6.1 [doc]). */
export const GRAPHS_MAX = 75;
/** Operations in one graph call (change-events §6.1 [doc]). */
export const GRAPH_NODES_MAX = 500;
/** Different kinds of nodes in one graph (change-events §6.1 [doc]). */
export const GRAPH_KINDS_MAX = 15;
/** Requests in one composite call (change-events §6.1 [doc]). */
export const COMPOSITE_SUBREQUESTS_MAX = 25;
/** Calls of one Bulk 2.0 job: create, upload, close, some polls, three results (change-events §6.1: about six and the polls). */
export const BULK_JOB_CALLS = 10;

/** How to sequence. */
export interface SequenceOptions {
  /** `inGraph`: an order with its lines and its activation lands as a whole. `after`: step by step, as collections. */
  readonly activation: "inGraph" | "after";
  /** Bulk 2.0 for this many single rows of one kind; null never uses it. */
  readonly bulkRows: number | null;
}

/** Calls that are sent one after the other, with what they cost. */
export interface CallPlan {
  /**
   * Steps in order. Within a step no record is touched twice; before the next step operations of decisions that failed
   * must be taken out with `retainOperations`.
   */
  readonly steps: readonly (readonly SalesforceCall[])[];
  readonly predictedCalls: number;
  /** No plan for these decisions can do with fewer calls, as long as it reads the same pre-images. */
  readonly lowerBound: number;
}

/** Bulk pays when collections would need more calls than a job. */
export const BULK_ROWS_DEFAULT = BULK_JOB_CALLS * COMPOSITE_PARTS_MAX * COLLECTION_ROWS_MAX + 1;

/** Plans the calls for decisions of one level, in their order. Decisions without Salesforce operations are skipped. */
export function planCalls(decisions: readonly Decision[], options: SequenceOptions): CallPlan {
  const writing = decisions.filter((decision) => decision.salesforce.length > 0);
  const graphs: OperationGraph[] = [];
  const stepwise: Decision[] = [];
  for (const decision of writing) {
    if (isAtomicGraph(decision, options))
      graphs.push({ graphId: `g${graphs.length + 1}`, operations: decision.salesforce });
    else stepwise.push(decision);
  }
  const waves = inWaves(stepwise);
  const first = [...packGraphs(graphs), ...packRows(waves[0] ?? [], options)];
  const rest = waves.slice(1).map((wave) => packRows(wave, options));
  const steps = [first, ...rest].filter((step) => step.length > 0);
  const predictedCalls = steps.flat().reduce((sum, call) => sum + call.predictedCalls, 0);
  return { steps, predictedCalls, lowerBound: lowerBound(writing, options) };
}

/** The calls of `planCalls` in one list, for callers that look after failures themselves. */
export function sequence(decisions: readonly Decision[], options: SequenceOptions): readonly SalesforceCall[] {
  return planCalls(decisions, options).steps.flat();
}

/** True when the decision is written by one atomic call, so that its intent is atomic. */
export function isAtomic(decision: Decision, options: SequenceOptions): boolean {
  return decision.salesforce.length <= 1 || isAtomicGraph(decision, options);
}

/**
 * The fewest calls by which these decisions can be written: rows by collections, the rest by graphs, each kind full to
 * its limits.
 */
export function lowerBound(decisions: readonly Decision[], options: SequenceOptions): number {
  const graphs = decisions.filter((decision) => isAtomicGraph(decision, options));
  const rows = decisions.filter((decision) => !graphs.includes(decision));
  const nodes = graphs.reduce((sum, decision) => sum + nodesOf(decision.salesforce), 0);
  const graphCalls = Math.max(Math.ceil(graphs.length / GRAPHS_MAX), Math.ceil(nodes / GRAPH_NODES_MAX));
  const waves = inWaves(rows);
  const rowCalls = waves.reduce((sum, wave) => {
    const conditional = wave.filter(hasCondition).length;
    const calls = leastCollectionCalls(wave.filter((operation) => !hasCondition(operation)));
    const free = options.bulkRows === null ? calls : Math.min(calls, BULK_JOB_CALLS);
    return sum + free + Math.ceil(conditional / COMPOSITE_SUBREQUESTS_MAX);
  }, 0);
  return graphCalls + rowCalls;
}

/**
 * The fewest composite calls that hold these rows: 1,000 rows a call; 800 where rows are read before they are written,
 * because the reading takes one of the five parts; 600 where orders are deleted, which are read with their lines.
 */
export function leastCollectionCalls(operations: readonly RowOperation[]): number {
  const rows = COLLECTION_ROWS_MAX * COMPOSITE_PARTS_MAX;
  const objects = operations.map((each) => new Set(readsOf([each]).map(({ object }) => object)).size);
  // A call with any row that reads this many objects has at least this many parts less to write in.
  const reading = [1, 2].reduce((sum, parts) => {
    const readers = objects.filter((count) => count >= parts).length;
    return sum + Math.ceil(readers / (rows - parts * COLLECTION_ROWS_MAX));
  }, 0);
  return Math.ceil((operations.length + reading * COLLECTION_ROWS_MAX) / rows);
}

/** Nodes of a graph: its operations, and one for each record that is read first. */
export function nodesOf(operations: readonly RowOperation[]): number {
  return operations.length + readsOf(operations).length;
}

/**
 * The operations that must not be sent any more after some have failed: all of the same decisions. Take them out of the
 * following steps with `retainOperations`, or an order would be activated without its lines.
 */
export function operationsToDrop(decisions: readonly Decision[], failed: ReadonlySet<string>): ReadonlySet<string> {
  const hit = decisions.filter((decision) => decision.salesforce.some((operation) => failed.has(operation.opId)));
  return new Set(hit.flatMap((decision) => decision.salesforce.map((operation) => operation.opId)));
}

/** The lane of a decision: its root parent. Decisions of one lane must not be written at the same time. */
export function laneOf(decision: Decision): string {
  const first = decision.salesforce[0];
  if (first === undefined || first.kind === "delete") return decision.key;
  const parent = PARENT_FIELDS.map((field) => first.fields[field]).find(
    (value) => value !== undefined && value !== null,
  );
  if (typeof parent === "string") return parent;
  return typeof parent === "object" && parent !== null && parent.kind === "byKey" ? parent.key : decision.key;
}

/** Writing a child locks its parent (reference: change-events §6.4); these fields name the parents that are locked. */
const PARENT_FIELDS: readonly string[] = ["AccountId", "ContractId", "Product2Id", "OrderId", "ParentId"];

function isAtomicGraph(decision: Decision, options: SequenceOptions): boolean {
  const { salesforce, actions } = decision;
  if (salesforce.length < 2 || nodesOf(salesforce) > GRAPH_NODES_MAX) return false;
  const written = salesforce.map((operation) => `${operation.kind} ${operation.object}`);
  const read = readsOf(salesforce).map(({ object }) => `read ${object}`);
  if (new Set([...written, ...read]).size > GRAPH_KINDS_MAX) return false;
  // Half a reduction order cannot be repeated: its fields are create-only.
  return options.activation === "inGraph" || actions.includes("reduce");
}

/** Graphs in order, each call filled until one of its limits. */
function packGraphs(graphs: readonly OperationGraph[]): readonly SalesforceCall[] {
  const calls: OperationGraph[][] = [];
  let nodes = 0;
  for (const graph of graphs) {
    const open = calls.at(-1);
    const own = nodesOf(graph.operations);
    if (open !== undefined && open.length < GRAPHS_MAX && nodes + own <= GRAPH_NODES_MAX) {
      open.push(graph);
      nodes += own;
    } else {
      calls.push([graph]);
      nodes = own;
    }
  }
  return calls.map((packed) => ({ kind: "graphs", graphs: packed, predictedCalls: 1 }));
}

/** Cuts decisions into steps: a record is touched once per step, and rows of another kind wait for the ones before. */
function inWaves(decisions: readonly Decision[]): readonly (readonly RowOperation[])[] {
  const waves: RowOperation[][] = [];
  for (const decision of byLane(decisions)) {
    let wave = -1;
    let kind = "";
    let touched = new Set<string>();
    for (const operation of decision.salesforce) {
      const here = `${operation.kind} ${operation.object}`;
      const record = recordOf(operation);
      if (here !== kind || touched.has(record)) {
        wave += 1;
        touched = new Set();
      }
      kind = here;
      touched.add(record);
      (waves[wave] ??= []).push(operation);
    }
  }
  return waves;
}

/** Children of one parent side by side, so that they share a chunk and never lock each other out; stable. */
function byLane(decisions: readonly Decision[]): readonly Decision[] {
  return [...groupsByLane(decisions).values()].flat();
}

function groupsByLane(decisions: readonly Decision[]): ReadonlyMap<string, readonly Decision[]> {
  const groups = new Map<string, Decision[]>();
  for (const decision of decisions) {
    const lane = laneOf(decision);
    const members = groups.get(lane);
    if (members === undefined) groups.set(lane, [decision]);
    else members.push(decision);
  }
  return groups;
}

function packRows(operations: readonly RowOperation[], options: SequenceOptions): readonly SalesforceCall[] {
  const groups = new Map<string, RowOperation[]>();
  const conditional = operations.filter(hasCondition);
  for (const operation of operations) {
    if (hasCondition(operation)) continue;
    const group = `${operation.kind} ${operation.object} ${operation.kind === "upsert" ? operation.keyField : ""}`;
    const members = groups.get(group);
    if (members === undefined) groups.set(group, [operation]);
    else members.push(operation);
  }
  const bulk: SalesforceCall[] = [];
  const parts: CollectionPart[] = [];
  for (const members of groups.values()) {
    if (options.bulkRows !== null && members.length >= options.bulkRows) {
      for (const part of distinctParts(members, members.length))
        bulk.push({ kind: "bulk", part, predictedCalls: BULK_JOB_CALLS });
    } else {
      parts.push(...distinctParts(members, COLLECTION_ROWS_MAX));
    }
  }
  return [...bulk, ...packParts(parts), ...packConditional(conditional)];
}

/** Parts in order, each call filled to five requests with the reads that go before them. */
function packParts(parts: readonly CollectionPart[]): readonly SalesforceCall[] {
  const calls: CollectionPart[][] = [];
  for (const part of parts) {
    const open = calls.at(-1);
    const together = [...(open ?? []), part];
    const reads = collectionReads(together.flatMap(({ operations }) => operations)).length;
    if (open !== undefined && together.length + reads <= COMPOSITE_PARTS_MAX) open.push(part);
    else calls.push([part]);
  }
  return calls.map((packed) => ({ kind: "collections", parts: packed, predictedCalls: 1 }));
}

/** Rows with a condition, one request each, after one read for each of their objects. */
function packConditional(operations: readonly RowOperation[]): readonly SalesforceCall[] {
  const calls: RowOperation[][] = [];
  for (const operation of operations) {
    const open = calls.at(-1);
    const together = [...(open ?? []), operation];
    if (open !== undefined && together.length + collectionReads(together).length <= COMPOSITE_SUBREQUESTS_MAX)
      open.push(operation);
    else calls.push([operation]);
  }
  return calls.map((packed) => ({ kind: "rows", operations: packed, predictedCalls: 1 }));
}

function hasCondition(operation: RowOperation): boolean {
  return operation.kind === "update" && operation.unmodifiedSince !== undefined;
}

/**
 * Parts of at most `rows` rows, none with the same record twice: Salesforce refuses both rows then. What a part reads
 * first (a deleted order, its lines too) stays within one request for each object.
 */
function distinctParts(operations: readonly RowOperation[], rows: number): readonly CollectionPart[] {
  const parts: RowOperation[][] = [];
  const seen: Set<string>[] = [];
  // A Bulk job reads nothing.
  const readsMax = rows > COLLECTION_ROWS_MAX ? Number.POSITIVE_INFINITY : READ_IDS_MAX;
  let reads = 0;
  for (const operation of operations) {
    const record = recordOf(operation);
    const own = operation.kind === "upsert" ? 0 : (operation.preImage?.length ?? 0);
    const last = parts.length - 1;
    const open = parts[last];
    const fits = open !== undefined && open.length < rows && reads + own <= readsMax;
    if (fits && seen[last]?.has(record) === false) {
      open.push(operation);
      seen[last]?.add(record);
      reads += own;
    } else {
      parts.push([operation]);
      seen.push(new Set([record]));
      reads = own;
    }
  }
  return parts.flatMap((members) => partOf(members));
}

function partOf(operations: readonly RowOperation[]): readonly CollectionPart[] {
  const first = operations[0];
  if (first === undefined) return [];
  return [
    { verb: first.kind, object: first.object, keyField: first.kind === "upsert" ? first.keyField : null, operations },
  ];
}

function recordOf(operation: RowOperation): string {
  return operation.kind === "upsert" ? `key ${operation.key}` : `id ${operation.recordId}`;
}
