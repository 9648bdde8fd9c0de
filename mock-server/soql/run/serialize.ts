/**
 * Rows → result records: one generated function per query that builds the record in the order of the select list.
 *
 * Source: reference: soql §9.
 */
import type { Row } from "../../schema/definition.ts";
import type { JsonObject, JsonValue } from "../base/port.ts";
import type { Column, Step } from "../bind/bound.ts";
import { ownFieldSource, parentSource, resultSource, rowValues, stepSource } from "./emit-value.ts";
import { type Compiled, Emitter, read } from "./emitter.ts";
import { objectNameOf, type Run } from "./run.ts";

/** A result whose records are made when they are asked for. The list of its rows never changes. */
export interface RecordSet {
  readonly totalSize: number;
  /** The records from this position on, at most `size`. */
  page(from: number, size: number, locate?: Locate): readonly JsonObject[];
}

/** Keeps the rest of a large child set, beginning at `from`, and gives the URL under which it can be asked for. */
export type Locate = (set: RecordSet, from: number) => string;

/** Makes one record. */
export type Project = (row: Row, locate: Locate | undefined) => JsonObject;

/** The children of one parent as a JSON value: null where there are none. */
export type ReadChildren = (parentId: string, locate: Locate | undefined) => JsonValue;

/** Compiles the projection of a select list. `compileChildren` compiles the sub-selects. */
export function compileProjection(
  columns: readonly Column[],
  compileChildren: (column: Extract<Column, { kind: "children" }>) => Compiled<ReadChildren>,
  objectName: string,
): Compiled<Project> {
  const emitter = new Emitter();
  const source = recordSource(emitter, columns, "r", objectName, compileChildren);
  return emitter.compile<Project>("r, locate", `return ${source};`);
}

/** Filters rows and makes their records in one loop, for results that need no sorting; at most `limit`. */
export type FilterRecords = (rows: Iterable<Row>, limit: number, locate: Locate | undefined) => JsonObject[];

/** Compiles such a loop; `emitFilter` gives the source of the condition on the row `r`. */
export function compileFilteredProjection(
  columns: readonly Column[],
  compileChildren: CompileChildren,
  objectName: string,
  emitFilter: (emitter: Emitter) => string,
): Compiled<FilterRecords> {
  const emitter = new Emitter();
  const filter = emitFilter(emitter);
  const source = recordSource(emitter, columns, "r", objectName, compileChildren);
  return emitter.compile<FilterRecords>(
    "rows, limit, locate",
    `const records = [];
    if (limit <= 0) return records;
    for (const r of rows) {
      if (${filter}) {
        records.push(${source});
        if (records.length >= limit) break;
      }
    }
    return records;`,
  );
}

type CompileChildren = Parameters<typeof compileProjection>[1];

/** `objectName` null: the record shows its own type by its Id. */
function recordSource(
  emitter: Emitter,
  columns: readonly Column[],
  row: string,
  objectName: string,
  compileChildren: CompileChildren,
): string {
  const url = emitter.shared(`url ${objectName}`, (run) => sobjectUrl(run, objectName));
  const attributes = `{ type: ${JSON.stringify(objectName)}, url: ${url} + ${read(row, "Id")} }`;
  return objectSource(emitter, attributes, columns, row, compileChildren);
}

function objectSource(
  emitter: Emitter,
  attributes: string,
  columns: readonly Column[],
  row: string,
  compileChildren: CompileChildren,
): string {
  const members = columns.map(
    (column) => `${JSON.stringify(column.key)}: ${columnSource(emitter, column, row, compileChildren)}`,
  );
  return `{ attributes: ${attributes}, ${members.join(", ")} }`;
}

function columnSource(emitter: Emitter, column: Column, row: string, compileChildren: CompileChildren): string {
  switch (column.kind) {
    case "value": {
      const { expression } = column;
      // A field stands inside its parent's object, whose row is at hand; functions under an alias read the whole path.
      const source =
        expression.kind === "field"
          ? `${ownFieldSource(emitter, expression.owner, expression.field, row)} ?? null`
          : `${rowValues(emitter)(expression)} ?? null`;
      return resultSource(emitter, expression, source);
    }
    case "parent": {
      const parent = emitter.temporary();
      const lookup = `(${parent} = ${stepSource(emitter, column.step, row)}) === undefined`;
      return `${lookup} ? null : ${parentObject(emitter, column.step, column.columns, parent, compileChildren)}`;
    }
    case "children": {
      const name = emitter.constant(compileChildren(column));
      return `${name}(${read(row, "Id")}, locate)`;
    }
    case "typeOf":
      return typeOfSource(emitter, column, compileChildren);
  }
}

function parentObject(
  emitter: Emitter,
  step: Step,
  columns: readonly Column[],
  parent: string,
  compileChildren: CompileChildren,
): string {
  if (!step.polymorphic) return recordSource(emitter, columns, parent, step.target.name, compileChildren);
  // A plain path through a polymorphic reference shows the type `Name` and the URL of the real record.
  const attributes = `{ type: "Name", url: ${polymorphicUrl(emitter)}(${read(parent, "Id")}) }`;
  return objectSource(emitter, attributes, columns, parent, compileChildren);
}

function typeOfSource(
  emitter: Emitter,
  column: Extract<Column, { kind: "typeOf" }>,
  compileChildren: CompileChildren,
): string {
  const target = emitter.temporary();
  const type = emitter.temporary();
  const typeOf = emitter.shared(
    "type of id",
    ({ context }) =>
      (id: string) =>
        objectNameOf(context, id),
  );
  const lookup = `(${target} = ${parentSource(emitter, column.steps)}) === undefined`;
  const kind = `(${type} = ${typeOf}(${read(target, "Id")}), false)`;
  const branches = column.whens.map(
    ({ object, columns }) =>
      `${type} === ${JSON.stringify(object.name)} ? ${recordSource(emitter, columns, target, object.name, compileChildren)} : `,
  );
  const attributes = `{ type: ${type}, url: ${polymorphicUrl(emitter)}(${read(target, "Id")}) }`;
  const otherwise = objectSource(emitter, attributes, column.otherwise ?? [], target, compileChildren);
  return `${lookup} || ${kind} ? null : ${branches.join("")}${otherwise}`;
}

function polymorphicUrl(emitter: Emitter): string {
  return emitter.shared("url of id", (run) => (id: string) => {
    const type = objectNameOf(run.context, id);
    return type === null ? "" : sobjectUrl(run, type) + id;
  });
}

function sobjectUrl({ context }: Run, objectName: string): string {
  return `/services/data/v${context.apiVersion.toFixed(1)}/sobjects/${objectName}/`;
}
