/** Bound expressions → source text that reads or computes their value from the variable `r`. */
import type { SObjectType } from "../../schema/catalog.ts";
import type { FieldDefinition, FieldValue, Row } from "../../schema/definition.ts";
import { componentsOf, compoundOf } from "../../schema/serialize.ts";
import { isDoubleField, wireDouble } from "../../schema/wire-double.ts";
import { fiscalYearFor } from "../base/fiscal-year.ts";
import type { BoundDistance, BoundExpression, BoundField, Step } from "../bind/bound.ts";
import { dateFunction } from "./date-function.ts";
import { distanceBetween } from "./distance.ts";
import { type Emitter, read } from "./emitter.ts";
import { formatterOf } from "./format.ts";
import { objectNameOf, parentReader, polymorphicReader } from "./run.ts";

/** Gives the source of an expression's value; what is missing reads as null or undefined. */
export type ValueEmitter = (expression: BoundExpression) => string;

/** Values of a row `r` of the driving object. */
export function rowValues(emitter: Emitter): ValueEmitter {
  const value: ValueEmitter = (expression) =>
    expression.kind === "field" ? fieldSource(emitter, expression) : computedSource(emitter, expression, value);
  return value;
}

/** The source of a function's value, its arguments read through `value`. Aggregates have no value in a row. */
export function computedSource(
  emitter: Emitter,
  expression: Exclude<BoundExpression, BoundField>,
  value: ValueEmitter,
): string {
  switch (expression.kind) {
    case "dateFunction": {
      const name = emitter.constant(({ context }) =>
        dateFunction(expression, { timeZone: context.timeZone, fiscalYear: fiscalYearFor(expression.name, context) }),
      );
      return `${name}(${value(expression.field)})`;
    }
    case "label": {
      const labels = new Map((expression.field.field.picklistValues ?? []).map((entry) => [entry.value, entry.label]));
      const name = emitter.constant(
        () => (stored: string | null) => (stored === null ? null : (labels.get(stored) ?? stored)),
      );
      return `${name}(${value(expression.field)} ?? null)`;
    }
    case "format": {
      const name = emitter.constant(({ context }) => formatterOf(formatted(expression.value), context));
      return `${name}(${value(expression.value)})`;
    }
    case "currency":
      return value(expression.value);
    case "distance":
      return distanceSource(emitter, expression, value);
    case "aggregate":
    case "grouping":
      throw new Error(`${expression.text} has no value in a single row`);
  }
}

/** The source of the row at the end of a path, undefined where a parent is missing; `r` itself for an empty path. */
export function parentSource(emitter: Emitter, steps: readonly Step[], from = "r"): string {
  let source = from;
  let guards = "";
  steps.forEach((step) => {
    const parent = emitter.temporary();
    guards += `(${parent} = ${stepSource(emitter, step, source)}) === undefined ? undefined : `;
    source = parent;
  });
  return `(${guards}${source})`;
}

/** A call that reads the parent of the row in `source` by one step. */
export function stepSource(emitter: Emitter, step: Step, source: string): string {
  const lookup = step.polymorphic
    ? emitter.shared("polymorphic", polymorphicReader)
    : emitter.shared(`parent ${step.target.name}`, (run) => parentReader(run, step.target.name));
  return `${lookup}(${read(source, step.field.name)})`;
}

/** The source of one field of the row in `source`, which is there. */
export function ownFieldSource(emitter: Emitter, owner: SObjectType, field: FieldDefinition, source: string): string {
  if (owner.name === "Name" && field.name === "Type") {
    const name = emitter.shared(
      "type of id",
      ({ context }) =>
        (id: string) =>
          objectNameOf(context, id),
    );
    return `${name}(${read(source, "Id")})`;
  }
  if (field.type === "address" || field.type === "location") {
    const name = emitter.constant(
      ({ context }) =>
        (row: Row) =>
          context.wireDoubles === true ? compoundOf(owner, field, row, wireDouble) : compoundOf(owner, field, row),
    );
    return `${name}(${source})`;
  }
  if (!isPersonName(owner, field)) return read(source, field.name);
  const name = emitter.constant(() => personName);
  return `(${read(source, field.name)} ?? ${name}(${source}))`;
}

/** A person's name that some stores keep and others make of its parts. */
function isPersonName(owner: SObjectType, field: FieldDefinition): boolean {
  if (owner.name === "Name") return field.name === "Name";
  return field.nameField === true && componentsOf(owner, field).length > 0;
}

function fieldSource(emitter: Emitter, { steps, owner, field }: BoundField): string {
  if (steps.length === 0) return ownFieldSource(emitter, owner, field, "r");
  const parent = emitter.temporary();
  const row = `(${parent} = ${parentSource(emitter, steps)})`;
  return `(${row} === undefined ? null : ${ownFieldSource(emitter, owner, field, parent)})`;
}

function distanceSource(emitter: Emitter, expression: BoundDistance, value: ValueEmitter): string {
  const { field, latitude, longitude, unit } = expression;
  const part = (name: string): string => {
    const definition = field.owner.field(name);
    if (definition === undefined) throw new Error(`${name} was found when the expression was bound`);
    return value({ ...field, field: definition });
  };
  const name = emitter.constant(
    () => (fromLatitude: FieldValue, fromLongitude: FieldValue) =>
      distanceBetween({ latitude: fromLatitude, longitude: fromLongitude }, { latitude, longitude }, unit),
  );
  return `${name}(${part(expression.latitudeField)}, ${part(expression.longitudeField)})`;
}

/** The source of a value as a result holds it: doubles in the form of the wire, where the run asks for that. */
export function resultSource(emitter: Emitter, expression: BoundExpression, source: string): string {
  if (!isDouble(expression)) return source;
  const name = emitter.shared(
    "double",
    ({ context }) =>
      (value: FieldValue) =>
        context.wireDoubles === true ? wireDouble(value) : value,
  );
  return `${name}(${source})`;
}

/** True for numbers that are no integers by their kind. The sum, least and greatest of an `int` stay one [memory: platform §7]. */
function isDouble(expression: BoundExpression): boolean {
  switch (expression.kind) {
    case "field":
      return isDoubleField(expression.field);
    case "aggregate":
      return expression.name === "AVG" || isDoubleField(formatted(expression));
    case "currency":
      return isDouble(expression.value);
    case "distance":
      return true;
    case "dateFunction":
    case "grouping":
    case "label":
    case "format":
      return false;
  }
}

/** The field whose type decides how a value is formatted. */
function formatted(expression: BoundExpression): Pick<FieldDefinition, "type" | "scale"> {
  switch (expression.kind) {
    case "aggregate":
      return expression.name === "COUNT" || expression.name === "COUNT_DISTINCT"
        ? { type: "int" }
        : expression.field.field;
    case "currency":
      return formatted(expression.value);
    case "field":
      return expression.field;
    case "dateFunction":
    case "grouping":
    case "label":
    case "format":
    case "distance":
      return { type: "string" };
  }
}

function personName(row: Row): string | null {
  const parts = ["Salutation", "FirstName", "LastName"]
    .map((name) => row[name])
    .filter((part) => typeof part === "string");
  return parts.length === 0 ? null : parts.join(" ");
}
