/**
 * What a field's type allows in a query. Whether a field can be filtered, sorted, grouped and aggregated at all says its
 * definition; this table says with which operators and functions.
 *
 * Source: reference: soql §7.
 */
import type { FieldDefinition, FieldType } from "../../schema/definition.ts";
import type { Operator } from "../parse/ast.ts";
import type { AggregateName, ComparisonType } from "./bound.ts";

interface TypeRule {
  readonly comparison: ComparisonType;
  readonly operators: readonly Operator[];
  readonly aggregates: readonly AggregateName[];
  /** The type's name in messages. */
  readonly literal: "string" | "double" | "int" | "boolean" | "date" | "dateTime" | "time";
}

const EQUALITY: readonly Operator[] = ["=", "!=", "IN", "NOT IN"];
const ORDER: readonly Operator[] = [...EQUALITY, "<", "<=", ">", ">="];
const COUNTED: readonly AggregateName[] = ["COUNT", "COUNT_DISTINCT", "MIN", "MAX"];

const ID: TypeRule = { comparison: "exact", operators: ORDER, aggregates: COUNTED, literal: "string" };
const TEXT: TypeRule = { comparison: "text", operators: [...ORDER, "LIKE"], aggregates: COUNTED, literal: "string" };
const NUMBER: TypeRule = {
  comparison: "number",
  operators: ORDER,
  aggregates: [...COUNTED, "SUM", "AVG"],
  literal: "double",
};

/** Undefined: no comparison and no aggregate at all. */
const RULES: Readonly<Record<FieldType, TypeRule | undefined>> = {
  id: ID,
  reference: ID,
  string: TEXT,
  textarea: TEXT,
  picklist: TEXT,
  combobox: TEXT,
  phone: TEXT,
  email: TEXT,
  url: TEXT,
  multipicklist: {
    comparison: "multi",
    operators: ["=", "!=", "IN", "NOT IN", "INCLUDES", "EXCLUDES"],
    aggregates: [],
    literal: "string",
  },
  boolean: { comparison: "boolean", operators: EQUALITY, aggregates: [], literal: "boolean" },
  int: { ...NUMBER, literal: "int" },
  double: NUMBER,
  currency: NUMBER,
  percent: NUMBER,
  date: { comparison: "date", operators: ORDER, aggregates: COUNTED, literal: "date" },
  datetime: { comparison: "datetime", operators: ORDER, aggregates: COUNTED, literal: "dateTime" },
  time: { comparison: "time", operators: ORDER, aggregates: [], literal: "time" },
  address: undefined,
  location: undefined,
  base64: undefined,
  encryptedstring: undefined,
  anyType: undefined,
};

/** The rule of a field's type; undefined where its values cannot be compared. */
export function ruleOf(field: FieldDefinition): TypeRule | undefined {
  return RULES[field.type];
}

/** How this field's values are compared; case counts only where the field says so. */
export function comparisonTypeOf(field: FieldDefinition): ComparisonType {
  const type = RULES[field.type]?.comparison ?? "text";
  return type === "text" && field.caseSensitive === true ? "exact" : type;
}

/** True where the function may be applied to the field. */
export function supportsAggregate(field: FieldDefinition, name: AggregateName): boolean {
  return field.aggregatable === true && (RULES[field.type]?.aggregates.includes(name) ?? false);
}

/** True for the Id of a record and for references to one. */
export function isIdField(field: FieldDefinition): boolean {
  return field.type === "id" || field.type === "reference";
}
