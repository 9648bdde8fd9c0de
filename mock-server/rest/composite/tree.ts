/** `POST /composite/tree/{T}`: records with their children, all of them created or none. Source: rest-api §9.3. */
import type { SaveInput } from "../../dml/port.ts";
import { OrgError, type OrgFault } from "../../errors.ts";
import { invalidInput } from "../../http/faults.ts";
import { isObject } from "../../http/json-object.ts";
import { requireBody } from "../../http/request-body.ts";
import type { RestContext, RestHandler, RestRequest, RestResult } from "../../http/rest.ts";
import type { SObjectType } from "../../schema/catalog.ts";
import { visibleType } from "../record-body.ts";
import { itemFault } from "./collections.ts";

// Salesforce limits for one call
const RECORDS_MAX = 200;
const LEVELS_MAX = 5;
const TYPES_MAX = 5;

/** One record of the tree. Its parent, if any, was created one level before. */
interface Node {
  readonly type: SObjectType;
  readonly referenceId: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** The field that points to the parent, and the parent's reference id. */
  readonly parent: { readonly field: string; readonly referenceId: string } | null;
}

interface Failure {
  readonly referenceId: string;
  readonly errors: readonly OrgFault[];
}

/** `POST /composite/tree/{T}`: 201 with all Ids, level by level, or 400 with the records that failed. */
export const createTree: RestHandler = (context, request) => {
  const levels = readTree(context, request);
  const duplicates = duplicateReferences(levels.flat());
  if (duplicates.length > 0) return failed(duplicates);
  const start = context.tx.savepoint();
  const ids = new Map<string, string>();
  for (const level of levels) {
    const failures = level.length === 0 ? [] : createLevel(context, request, level, ids);
    if (failures.length > 0) {
      context.tx.rollbackTo(start);
      return failed(failures);
    }
  }
  const results = levels.flat().map(({ referenceId }) => ({ referenceId, id: ids.get(referenceId) }));
  return { status: 201, body: { hasErrors: false, results } };
};

function createLevel(
  context: RestContext,
  request: RestRequest,
  level: readonly Node[],
  ids: Map<string, string>,
): readonly Failure[] {
  const failures: Failure[] = [];
  for (const type of new Set(level.map((node) => node.type))) {
    const nodes = level.filter((node) => node.type === type);
    const records = nodes.map((node) => inputOf(node, ids));
    const results = context.services.save(context.tx, { operation: "insert", records, allOrNone: false }, request.wire);
    for (const [index, node] of nodes.entries()) {
      const result = results[index];
      if (result === undefined) throw new Error("a save call answers every record");
      if (result.success) ids.set(node.referenceId, result.id);
      else failures.push({ referenceId: node.referenceId, errors: result.faults });
    }
  }
  return failures;
}

function inputOf(node: Node, ids: ReadonlyMap<string, string>): SaveInput {
  const { type, values, parent } = node;
  const link = parent === null ? {} : { [parent.field]: ids.get(parent.referenceId) };
  return { object: type.name, values: { ...values, ...link } };
}

function readTree(context: RestContext, request: RestRequest): readonly (readonly Node[])[] {
  const root = visibleType(context, request.segments[2] ?? "");
  const body = requireBody(request.body);
  const levels: Node[][] = [];
  const collect = (list: unknown, type: SObjectType, depth: number, parent: Node["parent"]): void => {
    if (!Array.isArray(list)) throw invalidInput("The records field is required and must be a list.");
    if (depth >= LEVELS_MAX) throw invalidInput(`The tree can't have more than ${LEVELS_MAX} levels.`);
    for (const record of list as readonly unknown[]) {
      const node = readNode(record, type, parent);
      const level = levels[depth] ?? [];
      level.push(node.node);
      levels[depth] = level;
      for (const child of node.children) {
        const childType = visibleType(context, child.object);
        collect(child.records, childType, depth + 1, { field: child.field, referenceId: node.node.referenceId });
      }
    }
  };
  collect(isObject(body) ? body["records"] : undefined, root, 0, null);
  const nodes = levels.flat();
  if (nodes.length > RECORDS_MAX) {
    const message = `record limit reached. cannot submit more than ${RECORDS_MAX} records into this call`;
    throw new OrgError(400, { code: "EXCEEDED_ID_LIMIT", message });
  }
  if (new Set(nodes.map((node) => node.type)).size > TYPES_MAX) {
    throw invalidInput(`The tree can't have more than ${TYPES_MAX} object types.`);
  }
  return levels;
}

interface ReadNode {
  readonly node: Node;
  readonly children: readonly { readonly object: string; readonly field: string; readonly records: unknown }[];
}

function readNode(record: unknown, type: SObjectType, parent: Node["parent"]): ReadNode {
  if (!isObject(record)) throw invalidInput("Each record must be an object.");
  const { attributes, ...members } = record;
  const named = isObject(attributes) ? attributes : {};
  const { type: typeName, referenceId } = named;
  if (typeof typeName !== "string" || typeof referenceId !== "string") {
    throw invalidInput("Each record needs attributes with a type and a referenceId.");
  }
  if (typeName.toLowerCase() !== type.name.toLowerCase()) {
    throw invalidInput(`The record ${referenceId} must be of type ${type.name}, not ${typeName}.`);
  }
  const values: Record<string, unknown> = {};
  const children: { object: string; field: string; records: unknown }[] = [];
  for (const [name, value] of Object.entries(members)) {
    const child = isObject(value) && "records" in value ? type.child(name) : undefined;
    if (child === undefined) values[name] = value;
    else if (isObject(value)) {
      children.push({ object: child.childObject, field: child.field.name, records: value["records"] });
    }
  }
  return { node: { type, referenceId, values, parent }, children };
}

function duplicateReferences(nodes: readonly Node[]): readonly Failure[] {
  const counts = new Map<string, number>();
  for (const { referenceId } of nodes) counts.set(referenceId, (counts.get(referenceId) ?? 0) + 1);
  const fault: OrgFault = { code: "INVALID_INPUT", message: "Duplicate ReferenceId provided in the request." };
  return nodes
    .filter(({ referenceId }) => (counts.get(referenceId) ?? 0) > 1)
    .map(({ referenceId }) => ({ referenceId, errors: [fault] }));
}

function failed(failures: readonly Failure[]): RestResult {
  const results = failures.map(({ referenceId, errors }) => ({ referenceId, errors: errors.map(itemFault) }));
  return { status: 400, body: { hasErrors: true, results } };
}
