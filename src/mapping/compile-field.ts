/** Compiles one field of the mapping: its source, its kind, its direction, and whether they go together. */
import { businessKey, naturalKeyProblem } from "../model/business-key.ts";
import { isZone } from "../model/instant.ts";
import type { ValueKind } from "../model/value.ts";
import type { CompileContext } from "./compile-context.ts";
import {
  addressLinesConverter,
  concatConverter,
  constantConverter,
  discountedConverter,
  functionConverter,
  namedConverter,
  plainConverter,
  type UserFunction,
} from "./convert.ts";
import { isDatePattern } from "./date-pattern.ts";
import { type EmptyRules, referenceConverter, withEmptyRules } from "./field.ts";
import type { Converter, Direction, FieldMapping, ReferenceMapping } from "./mapping.ts";
import type { ConvertSpec, FieldSpec } from "./spec.ts";
import { isFixed, relationshipOf, type StandardField, standardKind } from "./standard-fields.ts";

/** One field to compile. */
export interface FieldInput {
  readonly place: string;
  readonly object: string;
  readonly field: string;
  /** The direction of the object or of its lines. */
  readonly direction: Direction;
  readonly rules: EmptyRules;
  readonly written: FieldSpec;
}

type LongSpec = Exclude<FieldSpec, string>;

/** Compiles one field; mistakes are reported and a harmless field is returned in their place. */
export function compileField(context: CompileContext, input: FieldInput): FieldMapping {
  const spec: LongSpec =
    typeof input.written === "string" ? { from: input.written, separator: " ", createOnly: false } : input.written;
  const report = (message: string): void => context.report(input.place, message);
  const sources = [spec.from, spec.constant, spec.concat, spec.addressLines, spec.discounted];
  const given = sources.filter((source) => source !== undefined).length;
  if (given !== 1) report(`needs exactly one of from, constant, concat, addressLines, discounted; it has ${given}`);

  const names = sourceNames(spec);
  const converter = withEmptyRules(converterOf(context, input, spec, names, report), input.rules, names);
  const direction = directionOf(input, spec, converter, report);
  const { kind, scale, keeps, whole } = kindOf(input, spec);
  if (spec.scale !== undefined && kind !== "decimal") report(`has a scale but is ${kind}; say kind: decimal`);
  return {
    field: input.field,
    kind,
    direction,
    owner: spec.owner ?? null,
    write: spec.createOnly ? "once" : isFixed(input.object, input.field) ? "fixed" : "always",
    scale,
    keeps: { salesforce: keeps, external: null },
    whole,
    length: null,
    reference: referenceOf(context, input, spec, report),
    ...zoneOf(context, spec),
    isTacitlyOneWay:
      converter.write === null &&
      spec.constant === undefined &&
      spec.direction === undefined &&
      input.direction !== "toSalesforce",
    isPlain: spec.from !== undefined && spec.convert === undefined && spec.reference === undefined,
    externalFields: names,
    convert: converter,
    possibleValues: possibleValues(spec),
  };
}

function zoneOf(context: CompileContext, spec: LongSpec): Pick<FieldMapping, "zone"> {
  const zone = zoneOfConvert(spec.convert) ?? context.zone;
  return zone === null ? {} : { zone };
}

function zoneOfConvert(spec: ConvertSpec | undefined): string | undefined {
  if (spec === undefined) return undefined;
  return "date" in spec ? spec.date.zone : "datetime" in spec ? spec.datetime.zone : undefined;
}

function possibleValues(spec: LongSpec): readonly string[] {
  if (spec.reference !== undefined) return [];
  if (typeof spec.constant === "string") return [spec.constant];
  if (spec.convert === undefined || !("picklist" in spec.convert)) return [];
  return [...new Set(Object.values(spec.convert.picklist))];
}

function sourceNames(spec: LongSpec): readonly string[] {
  if (spec.from !== undefined) return typeof spec.from === "string" ? [spec.from] : spec.from;
  if (spec.discounted !== undefined) return [spec.discounted.price, spec.discounted.discount];
  return spec.concat ?? spec.addressLines ?? [];
}

function converterOf(
  context: CompileContext,
  input: FieldInput,
  spec: LongSpec,
  names: readonly string[],
  report: (message: string) => void,
): Converter {
  const first = names[0];
  if (spec.convert !== undefined && (spec.from === undefined || spec.reference !== undefined)) {
    report("has convert, which goes with from and without reference");
  }
  if (spec.reference !== undefined) return referenceSource(context, spec, names, report);
  if (spec.constant !== undefined) return constantConverter(spec.constant);
  if (spec.concat !== undefined) return concatConverter(spec.concat, spec.separator);
  if (spec.addressLines !== undefined) return addressLinesConverter(spec.addressLines);
  if (spec.discounted !== undefined) return discountedConverter(spec.discounted);
  if (spec.convert !== undefined && "function" in spec.convert) {
    return userConverter(context, spec.convert, names, report);
  }
  if (names.length > 1) report("has several fields in from; that needs reference, or convert with a function");
  if (spec.convert === undefined) return plainConverter(first ?? input.field);
  checkConvert(spec.convert, report);
  return namedConverter(first ?? input.field, spec.convert, context.zone ?? undefined);
}

function userConverter(
  context: CompileContext,
  spec: Extract<ConvertSpec, { function: unknown }>,
  names: readonly string[],
  report: (message: string) => void,
): Converter {
  const find = (wanted: string): UserFunction => {
    const found = Object.hasOwn(context.functions, wanted) ? context.functions[wanted] : undefined;
    if (found !== undefined) return found;
    const known = Object.keys(context.functions);
    report(
      `names the function "${wanted}", which the configuration does not define (${known.length === 0 ? "functions need a .mjs configuration" : `it defines ${known.join(", ")}`})`,
    );
    return () => null;
  };
  if (typeof spec.function === "string") return functionConverter(names, find(spec.function), null);
  return functionConverter(names, find(spec.function.toSalesforce), find(spec.function.toExternal));
}

function referenceSource(
  context: CompileContext,
  spec: LongSpec,
  names: readonly string[],
  report: (message: string) => void,
): Converter {
  const object = spec.reference ?? "";
  const target = context.spec.objects[object];
  const keyCase = target?.keyCase ?? "exact";
  if (spec.constant !== undefined) {
    const part = keyCase === "lower" ? String(spec.constant ?? "").toLowerCase() : String(spec.constant ?? "");
    const wrong = naturalKeyProblem(context.spec.source, object, [part]);
    if (wrong !== undefined) report(`is a reference whose constant ${wrong}`);
    return constantConverter(businessKey(context.spec.source, object, [part]));
  }
  if (spec.from === undefined) report("is a reference; give from (its natural key fields) or constant");
  if (target !== undefined && target.naturalKey.length !== names.length) {
    report(
      `refers to ${object}, whose natural key has ${target.naturalKey.length} parts (${target.naturalKey.join(", ")}); from has ${names.length}`,
    );
  }
  return referenceConverter({ source: context.spec.source, object, names, keyCase });
}

/** The standard price book needs no mapping of its own: its Id comes from the org. */
const IMPLIED_OBJECTS: readonly string[] = ["Pricebook2"];

function referenceOf(
  context: CompileContext,
  input: FieldInput,
  spec: LongSpec,
  report: (message: string) => void,
): ReferenceMapping | null {
  if (spec.reference === undefined) {
    if (spec.relationship !== undefined) report("has a relationship but no reference");
    return null;
  }
  const target = context.spec.objects[spec.reference];
  const implied = IMPLIED_OBJECTS.includes(spec.reference) && spec.constant !== undefined;
  if (target === undefined && !implied) report(`refers to ${spec.reference}, which is not mapped; map it too`);
  return {
    object: spec.reference,
    relationship: spec.relationship ?? relationshipOf(input.field),
    keyField: target?.keyField ?? null,
  };
}

function directionOf(
  input: FieldInput,
  spec: LongSpec,
  converter: Converter,
  report: (message: string) => void,
): Direction {
  if (converter.write !== null) return spec.direction ?? input.direction;
  if (spec.direction !== undefined && spec.direction !== "toSalesforce") {
    report(`is ${spec.direction}, but its value cannot be turned back into external fields; say toSalesforce`);
  }
  return "toSalesforce";
}

function kindOf(input: FieldInput, spec: LongSpec): FieldKind {
  if (spec.reference !== undefined) return { kind: "reference", scale: null, keeps: null, whole: false };
  const standard = standardKind(input.field);
  const kind = spec.kind ?? convertKind(spec.convert) ?? standard.kind;
  const known: Partial<StandardField> = kind === standard.kind ? standard : {};
  const scale = spec.scale ?? null;
  return { kind, scale, keeps: scale ?? known.scale ?? null, whole: known.whole === true };
}

interface FieldKind {
  readonly kind: ValueKind;
  readonly scale: number | null;
  readonly keeps: number | null;
  readonly whole: boolean;
}

function convertKind(spec: ConvertSpec | undefined): ValueKind | undefined {
  if (spec === undefined || "function" in spec) return undefined;
  if ("picklist" in spec) return "text";
  if ("date" in spec) return "date";
  if ("datetime" in spec) return "instant";
  return "decimal" in spec ? "decimal" : "boolean";
}

function checkConvert(spec: ConvertSpec, report: (message: string) => void): void {
  const time = "date" in spec ? spec.date : "datetime" in spec ? spec.datetime : undefined;
  if (time?.zone !== undefined && !isZone(time.zone))
    report(`has the zone "${time.zone}", which is no IANA time zone; expected a name like Europe/Berlin`);
  if (time?.format !== undefined && !isDatePattern(time.format))
    report(`has the format "${time.format}"; it needs yyyy, MM and dd once each`);
  if ("boolean" in spec) {
    const both = spec.boolean.true.filter((value) => spec.boolean.false.includes(value));
    if (both.length > 0) report(`lists ${both.map(String).join(", ")} as true and as false`);
  }
}
