/** Binds fields and functions, and checks which function takes which field. Source: reference: soql §5.3, §5.7. */
import type { SObjectType } from "../../schema/catalog.ts";
import { componentsOf } from "../../schema/serialize.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError, queryError } from "../base/query-error.ts";
import type { Call, Distance, Expression, Path } from "../parse/ast.ts";
import { printExpression } from "../parse/print.ts";
import {
  type AggregateName,
  type BoundAggregate,
  type BoundCurrency,
  type BoundDateFunction,
  type BoundDistance,
  type BoundExpression,
  type BoundField,
  type DateFunctionName,
} from "./bound.ts";
import { refuseConversion } from "./currency-rules.ts";
import { supportsAggregate } from "./field-rules.ts";
import { resolvePath, type Scope } from "./scope.ts";

const DATE_FUNCTIONS: ReadonlySet<string> = new Set<DateFunctionName>([
  "CALENDAR_YEAR",
  "CALENDAR_QUARTER",
  "CALENDAR_MONTH",
  "DAY_IN_MONTH",
  "DAY_IN_WEEK",
  "DAY_IN_YEAR",
  "DAY_ONLY",
  "FISCAL_YEAR",
  "FISCAL_QUARTER",
  "FISCAL_MONTH",
  "HOUR_IN_DAY",
  "WEEK_IN_MONTH",
  "WEEK_IN_YEAR",
]);
const DATETIME_ONLY: ReadonlySet<string> = new Set(["HOUR_IN_DAY", "DAY_ONLY"]);
const AGGREGATES: ReadonlySet<string> = new Set<AggregateName>(["COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"]);

/** Binds any expression. Throws at unknown names, at functions that do not exist and at fields they do not take. */
export function bindExpression(scope: Scope, expression: Expression): BoundExpression {
  switch (expression.kind) {
    case "path":
      return resolvePath(scope, expression);
    case "distance":
      return bindDistance(scope, expression);
    case "call":
      return bindCall(scope, expression);
  }
}

/** True where an expression is an aggregate or is made of one. */
export function isAggregate(expression: BoundExpression): boolean {
  if (expression.kind === "format" || expression.kind === "currency") return isAggregate(expression.value);
  return expression.kind === "aggregate" || expression.kind === "grouping";
}

/** True for a written call of an aggregate or of GROUPING. */
export function isAggregateCall(call: Call): boolean {
  const name = call.name.toUpperCase();
  return isAggregateName(name) || name === "GROUPING";
}

/** Refusals about grouping and aggregates, which have been seen with and without the position block. */
export function aggregateError(source: string, message: string, at: number): Error {
  return OPEN_POINTS.aggregateErrorsHavePosition
    ? bindError("MALFORMED_QUERY", message, source, at)
    : queryError("MALFORMED_QUERY", message);
}

function bindCall(scope: Scope, call: Call): BoundExpression {
  const name = call.name.toUpperCase();
  const text = printExpression(call);
  const { at, argument } = call;
  if (isAggregateName(name)) return bindAggregate(scope, name, call, text);
  if (isDateFunctionName(name)) return bindDateFunction(scope, name, call, text);
  switch (name) {
    case "GROUPING": {
      const key = bindExpression(scope, argument);
      if (key.kind !== "field" && key.kind !== "dateFunction") throw nesting(scope, call);
      return { kind: "grouping", key, text, at };
    }
    case "TOLABEL":
      return { kind: "label", field: bindPath(scope, call, argument), text, at };
    case "FORMAT": {
      const value = bindExpression(scope, argument);
      if (value.kind !== "field" && value.kind !== "aggregate" && value.kind !== "currency") throw nesting(scope, call);
      if (value.kind === "field") refuseConversion(scope, value, "FORMAT of", at);
      return { kind: "format", value, text, at };
    }
    case "CONVERTCURRENCY":
      return bindCurrency(scope, call, text);
    case "CONVERTTIMEZONE":
      throw nesting(scope, call);
    default:
      throw bindError("MALFORMED_QUERY", `Unknown function: ${call.name}`, scope.source, at);
  }
}

/** Aggregates that look at no amount. */
const COUNTS: ReadonlySet<AggregateName> = new Set(["COUNT", "COUNT_DISTINCT"]);

function bindAggregate(scope: Scope, name: AggregateName, call: Call, text: string): BoundAggregate {
  const field = bindPath(scope, call, call.argument);
  if (!supportsAggregate(field.field, name)) {
    throw aggregateError(
      scope.source,
      `field ${field.field.name} does not support aggregate operator ${name}`,
      call.at,
    );
  }
  if (!COUNTS.has(name)) refuseConversion(scope, field, `${name} of`, call.at);
  return { kind: "aggregate", name, field, text, at: call.at };
}

function bindDateFunction(scope: Scope, name: DateFunctionName, call: Call, text: string): BoundDateFunction {
  const { argument } = call;
  const inUserZone = argument.kind === "call" && argument.name.toUpperCase() === "CONVERTTIMEZONE";
  const path = inUserZone ? argument.argument : argument;
  const field = bindPath(scope, call, path);
  const { type } = field.field;
  const fits = type === "datetime" || (type === "date" && !inUserZone && !DATETIME_ONLY.has(name));
  if (!fits) {
    throw bindError(
      "MALFORMED_QUERY",
      `field ${field.field.name} does not support function ${name}`,
      scope.source,
      call.at,
    );
  }
  return { kind: "dateFunction", name, inUserZone, field, text, at: call.at };
}

function bindCurrency(scope: Scope, call: Call, text: string): BoundCurrency {
  const value = bindExpression(scope, call.argument);
  if (value.kind !== "field" && value.kind !== "aggregate") throw nesting(scope, call);
  const field = value.kind === "field" ? value : value.field;
  if (field.field.type !== "currency") {
    throw bindError(
      "MALFORMED_QUERY",
      `convertCurrency can only be used with currency fields: ${field.field.name}`,
      scope.source,
      call.at,
    );
  }
  refuseConversion(scope, field, "convertCurrency of", call.at);
  return { kind: "currency", value, text, at: call.at };
}

function bindDistance(scope: Scope, distance: Distance): BoundDistance {
  const field = resolvePath(scope, distance.field);
  const parts = coordinatesOf(field.owner, field);
  if (parts === undefined) {
    throw bindError(
      "MALFORMED_QUERY",
      `DISTANCE needs an address or location field: ${field.field.name}`,
      scope.source,
      distance.at,
    );
  }
  const unit = distance.unit.toLowerCase();
  if (unit !== "mi" && unit !== "km") {
    throw bindError("MALFORMED_QUERY", `Invalid distance unit: ${distance.unit}`, scope.source, distance.at);
  }
  const latitude = Number(distance.latitude);
  const longitude = Number(distance.longitude);
  if (Math.abs(latitude) > 90 || Math.abs(longitude) > 180) {
    throw bindError("MALFORMED_QUERY", "Invalid geolocation", scope.source, distance.at);
  }
  const text = printExpression(distance);
  return { kind: "distance", field, ...parts, latitude, longitude, unit, text, at: distance.at };
}

/** The component fields with the coordinates: `BillingLatitude` of `BillingAddress`, `X__Latitude__s` of `X__c`. */
function coordinatesOf(
  owner: SObjectType,
  { field }: BoundField,
): { latitudeField: string; longitudeField: string } | undefined {
  if (field.type !== "address" && field.type !== "location") return undefined;
  const parts = componentsOf(owner, field).map((part) => part.name);
  const latitudeField = parts.find((name) => /Latitude(__s)?$/.test(name));
  const longitudeField = parts.find((name) => /Longitude(__s)?$/.test(name));
  return latitudeField === undefined || longitudeField === undefined ? undefined : { latitudeField, longitudeField };
}

function bindPath(scope: Scope, call: Call, argument: Path | Call): BoundField {
  if (argument.kind !== "path") throw nesting(scope, call);
  return resolvePath(scope, argument);
}

function nesting(scope: Scope, call: Call): Error {
  return bindError(
    "MALFORMED_QUERY",
    `nested functional syntax can only be used in the following manner: date_function(convertTimezone(columnName)): ${call.name}`,
    scope.source,
    call.at,
  );
}

function isAggregateName(name: string): name is AggregateName {
  return AGGREGATES.has(name);
}

function isDateFunctionName(name: string): name is DateFunctionName {
  return DATE_FUNCTIONS.has(name);
}
