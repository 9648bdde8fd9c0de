/**
 * `/query?q=…&columns=true`: what a query's columns are, instead of its rows. No document describes it; the Salesforce
 * CLI asks for it after each query, and members are those of a recorded answer (plain fields [fixture], parents,
 * children and aggregates [memory: platform §8]).
 */
import type { FieldDefinition, FieldType } from "../../schema/definition.ts";
import { type BoundExpression, type BoundQuery, type Column, fieldOf } from "../../soql/bind/bound.ts";

/** One column as the answer tells it. */
interface ColumnMetadata {
  readonly aggregate: boolean;
  readonly apexType: string;
  readonly booleanType: boolean;
  readonly columnName: string;
  readonly custom: boolean;
  readonly displayName: string;
  readonly foreignKeyName: string | null;
  readonly insertable: boolean;
  readonly joinColumns: readonly ColumnMetadata[];
  readonly numberType: boolean;
  readonly textType: boolean;
  readonly updatable: boolean;
}

/** Describes the columns of a bound query. */
export function queryColumns(query: BoundQuery): Readonly<Record<string, unknown>> {
  return {
    columnMetadata: columnsOf(query),
    entityName: query.object.name,
    groupBy: query.aggregation?.grouped ?? false,
    idSelected: query.columns.some(({ key }) => key === "Id"),
    keyPrefix: query.object.definition.keyPrefix ?? null,
  };
}

function columnsOf(query: BoundQuery): readonly ColumnMetadata[] {
  if (query.aggregation === null) return query.columns.map((column) => columnOf(column));
  return query.aggregation.columns.map(({ key, expression }) => valueColumn(key, expression));
}

function columnOf(column: Column): ColumnMetadata {
  switch (column.kind) {
    case "value":
      return valueColumn(column.key, column.expression);
    case "parent":
      return joined(column.key, column.columns.map(columnOf), { aggregate: false });
    case "children":
      return joined(column.key, columnsOf(column.query), { aggregate: true });
    case "typeOf":
      return joined(column.key, [], { aggregate: false });
  }
}

function valueColumn(key: string, expression: BoundExpression): ColumnMetadata {
  const { field } = fieldOf(expression);
  const plain = expression.kind === "field";
  return {
    aggregate: !plain,
    apexType: apexTypeOf(field.type),
    booleanType: field.type === "boolean",
    columnName: key,
    custom: field.custom ?? false,
    displayName: plain ? key : expression.text,
    foreignKeyName: null,
    insertable: plain && field.createable === true,
    joinColumns: [],
    numberType: isNumber(field),
    textType: apexTypeOf(field.type) === "String",
    updatable: plain && field.updateable === true,
  };
}

function joined(
  key: string,
  joinColumns: readonly ColumnMetadata[],
  { aggregate }: { readonly aggregate: boolean },
): ColumnMetadata {
  return {
    aggregate,
    apexType: "complexvalue",
    booleanType: false,
    columnName: key,
    custom: key.endsWith("__r"),
    displayName: key,
    foreignKeyName: null,
    insertable: false,
    joinColumns,
    numberType: false,
    textType: false,
    updatable: false,
  };
}

const APEX_TYPES: Readonly<Partial<Record<FieldType, string>>> = {
  id: "Id",
  reference: "Id",
  boolean: "Boolean",
  int: "Integer",
  double: "Double",
  currency: "Double",
  percent: "Double",
  date: "Date",
  datetime: "Datetime",
  time: "Time",
  address: "complexvalue",
  location: "complexvalue",
};

function apexTypeOf(type: FieldType): string {
  return APEX_TYPES[type] ?? "String";
}

function isNumber({ type }: FieldDefinition): boolean {
  return ["int", "double", "currency", "percent"].includes(type);
}
