/**
 * The bound query: every name resolved against the catalog, every rule checked, nothing evaluated yet.
 *
 * A bound query is pure data of one catalog: it may be kept and run again at another time and on other rows. `at` is the
 * position in the statement, for errors that only show at run time.
 */
import type { ChildRelationship, SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition } from "../../schema/definition.ts";

/** One relationship that a path climbs. */
export interface Step {
  /** The reference field that is followed. */
  readonly field: FieldDefinition;
  /** The relationship's canonical name, the key under which the parent is in results. */
  readonly relationship: string;
  /** Type of the parent; the pseudo-object `Name` for a polymorphic reference. */
  readonly target: SObjectType;
  readonly polymorphic: boolean;
}

/** A field of the driving object or of a parent. */
export interface BoundField {
  readonly kind: "field";
  readonly steps: readonly Step[];
  /** The object that owns the field; the pseudo-object `Name` behind a polymorphic reference. */
  readonly owner: SObjectType;
  readonly field: FieldDefinition;
  /** As written, for messages. */
  readonly text: string;
  readonly at: number;
}

/** The date functions, in canonical casing. */
export type DateFunctionName =
  | "CALENDAR_YEAR"
  | "CALENDAR_QUARTER"
  | "CALENDAR_MONTH"
  | "DAY_IN_MONTH"
  | "DAY_IN_WEEK"
  | "DAY_IN_YEAR"
  | "DAY_ONLY"
  | "FISCAL_YEAR"
  | "FISCAL_QUARTER"
  | "FISCAL_MONTH"
  | "HOUR_IN_DAY"
  | "WEEK_IN_MONTH"
  | "WEEK_IN_YEAR";

/** A date function of a date or dateTime field. */
export interface BoundDateFunction {
  readonly kind: "dateFunction";
  readonly name: DateFunctionName;
  /** True where `convertTimezone` stands inside: the user's time zone instead of UTC. */
  readonly inUserZone: boolean;
  readonly field: BoundField;
  readonly text: string;
  readonly at: number;
}

/** The aggregate functions, in canonical casing. */
export type AggregateName = "COUNT" | "COUNT_DISTINCT" | "SUM" | "AVG" | "MIN" | "MAX";

/** An aggregate function of a field. */
export interface BoundAggregate {
  readonly kind: "aggregate";
  readonly name: AggregateName;
  readonly field: BoundField;
  readonly text: string;
  readonly at: number;
}

/** `GROUPING(key)`: 1 on a subtotal row, else 0. */
export interface BoundGrouping {
  readonly kind: "grouping";
  readonly key: BoundField | BoundDateFunction;
  readonly text: string;
  readonly at: number;
}

/** `toLabel(f)`: the label of a picklist value. */
export interface BoundLabel {
  readonly kind: "label";
  readonly field: BoundField;
  readonly text: string;
  readonly at: number;
}

/** `FORMAT(x)`: the value as localized text. */
export interface BoundFormat {
  readonly kind: "format";
  readonly value: BoundField | BoundAggregate | BoundCurrency;
  readonly text: string;
  readonly at: number;
}

/** `convertCurrency(x)`: the value itself in an org with one currency. */
export interface BoundCurrency {
  readonly kind: "currency";
  readonly value: BoundField | BoundAggregate;
  readonly text: string;
  readonly at: number;
}

/** `DISTANCE(f, GEOLOCATION(lat,lon), unit)`: null where the place has no coordinates. */
export interface BoundDistance {
  readonly kind: "distance";
  readonly field: BoundField;
  /** The fields with the place's own coordinates. */
  readonly latitudeField: string;
  readonly longitudeField: string;
  readonly latitude: number;
  readonly longitude: number;
  readonly unit: "mi" | "km";
  readonly text: string;
  readonly at: number;
}

/** Whatever may appear in a select list, a condition, GROUP BY or ORDER BY. */
export type BoundExpression =
  | BoundField
  | BoundDateFunction
  | BoundAggregate
  | BoundGrouping
  | BoundLabel
  | BoundFormat
  | BoundCurrency
  | BoundDistance;

/** How the two sides of a comparison are compared. `exact` is text with regard to case: Ids and case-sensitive fields. */
export type ComparisonType = "exact" | "text" | "multi" | "boolean" | "number" | "date" | "datetime" | "time";

/** A checked value in the form in which rows store it. */
export type BoundValue =
  | { readonly kind: "null" }
  | { readonly kind: "text"; readonly value: string }
  /** `beyond` is 1 or -1 where the written decimal is a little more or less than the nearest number. */
  | { readonly kind: "number"; readonly value: number; readonly beyond: -1 | 0 | 1 }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "dateLiteral"; readonly name: string; readonly n: number | null };

/** A comparison whose values fit its left side. */
export interface BoundComparison {
  readonly kind: "comparison";
  readonly left: BoundExpression;
  readonly type: ComparisonType;
  readonly operator: "=" | "!=" | "<" | "<=" | ">" | ">=" | "IN" | "NOT IN" | "LIKE" | "INCLUDES" | "EXCLUDES";
  /** For LIKE one text, the pattern with its escapes. */
  readonly values: readonly BoundValue[];
}

/** `left IN (SELECT column FROM object WHERE where)`, negated for NOT IN. */
export interface BoundSemiJoin {
  readonly kind: "semiJoin";
  readonly left: BoundField;
  readonly negated: boolean;
  readonly object: SObjectType;
  readonly column: BoundField;
  readonly where: BoundCondition | null;
}

/** A condition; `and` and `or` have at least two terms. */
export type BoundCondition =
  | { readonly kind: "and" | "or"; readonly terms: readonly BoundCondition[] }
  | { readonly kind: "not"; readonly term: BoundCondition }
  | BoundComparison
  | BoundSemiJoin;

/** One sort key. */
export interface BoundOrder {
  readonly expression: BoundExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

/** One member of a result record, in the order of the select list. */
export type Column =
  | { readonly kind: "value"; readonly key: string; readonly expression: BoundExpression }
  | { readonly kind: "parent"; readonly key: string; readonly step: Step; readonly columns: readonly Column[] }
  | {
      readonly kind: "children";
      readonly key: string;
      readonly relationship: ChildRelationship;
      readonly query: BoundQuery;
    }
  | {
      readonly kind: "typeOf";
      readonly key: string;
      readonly steps: readonly Step[];
      readonly whens: readonly { readonly object: SObjectType; readonly columns: readonly Column[] }[];
      readonly otherwise: readonly Column[] | null;
    };

/** The grouped part of an aggregate query. Without GROUP BY `keys` is empty and `sets` is `[[]]`. */
export interface BoundAggregation {
  readonly keys: readonly (BoundField | BoundDateFunction)[];
  /** The grouping sets as lists of key positions: one for a plain GROUP BY, several for ROLLUP and CUBE. */
  readonly sets: readonly (readonly number[])[];
  /** Every aggregate that the select list, HAVING or ORDER BY uses, once. */
  readonly aggregates: readonly BoundAggregate[];
  /** True where there is a GROUP BY clause: no rows then make no group. */
  readonly grouped: boolean;
  readonly having: BoundCondition | null;
  readonly columns: readonly { readonly key: string; readonly expression: BoundExpression }[];
}

/** One level of a statement: the root query or a child sub-select. */
export interface BoundQuery {
  readonly object: SObjectType;
  readonly kind: "rows" | "aggregate" | "count";
  /** Empty for an aggregate query and for `COUNT()`. */
  readonly columns: readonly Column[];
  readonly aggregation: BoundAggregation | null;
  readonly where: BoundCondition | null;
  readonly orderBy: readonly BoundOrder[];
  /** Null: no limit. */
  readonly limit: number | null;
  readonly offset: number;
  readonly scope: "everything" | "mine";
  readonly for: "view" | "reference" | null;
}

/** The field that an expression reads. */
export function fieldOf(expression: BoundExpression): BoundField {
  switch (expression.kind) {
    case "field":
      return expression;
    case "grouping":
      return fieldOf(expression.key);
    case "format":
    case "currency":
      return fieldOf(expression.value);
    case "dateFunction":
    case "aggregate":
    case "label":
    case "distance":
      return expression.field;
  }
}

/** A key that is equal for two expressions of one meaning, whatever their spelling. */
export function identityOf(expression: BoundExpression): string {
  switch (expression.kind) {
    case "field":
      return [...expression.steps.map((step) => step.relationship), expression.field.name].join(".");
    case "dateFunction":
      return `${expression.name}(${expression.inUserZone ? "tz " : ""}${identityOf(expression.field)})`;
    case "aggregate":
      return `${expression.name}(${identityOf(expression.field)})`;
    case "grouping":
      return `GROUPING(${identityOf(expression.key)})`;
    case "label":
      return `toLabel(${identityOf(expression.field)})`;
    case "format":
      return `FORMAT(${identityOf(expression.value)})`;
    case "currency":
      return `convertCurrency(${identityOf(expression.value)})`;
    case "distance": {
      const { latitude, longitude, unit } = expression;
      return `DISTANCE(${identityOf(expression.field)},${latitude},${longitude},${unit})`;
    }
  }
}
