/**
 * From the mapping as written to the compiled mapping, or to the complete list of its mistakes.
 *
 * Nothing here needs an org: what only an org can tell is checked by `preflight.ts`.
 */
import type { z } from "zod";
import { businessKey } from "../model/business-key.ts";
import type { CompileContext } from "./compile-context.ts";
import { compileField } from "./compile-field.ts";
import { compileLineMatch, compileMatch } from "./compile-match.ts";
import type { UserFunction } from "./convert.ts";
import type { FieldMapping, LinesMapping, Mapping, ObjectMapping } from "./mapping.ts";
import { type LinesSpec, mappingSchema, type ObjectSpec } from "./spec.ts";
import { LOADING_ORDER, PUBLISHED_OBJECTS, relationshipOf } from "./standard-fields.ts";

/** One mistake in the configuration. */
export interface MappingProblem {
  /** Path in the configuration, for example `mapping.objects.Order.fields.Status`. */
  readonly path: string;
  /** Names the value and the way out. */
  readonly message: string;
}

/** The compiled mapping, or everything that is wrong with it. */
export type CompileResult =
  | { readonly ok: true; readonly mapping: Mapping }
  | { readonly ok: false; readonly problems: readonly MappingProblem[] };

/** What compilation needs besides the file. */
export interface CompileOptions {
  /** Functions of the configuration module by name. */
  readonly functions?: Readonly<Record<string, UserFunction>>;
  /** IANA zone of external times that name none. */
  readonly zone?: string;
  /** Where the mapping is in the file, for messages. */
  readonly path?: string;
}

/** The well-known key of the standard price book; the engine links it to the Id of `IsStandard = true`. */
export function standardPriceBookKey(mapping: { readonly source: string }): ReturnType<typeof businessKey> {
  return businessKey(mapping.source, "Pricebook2", ["standard"]);
}

/** Checks and compiles a mapping. Lists every mistake it can find, not only the first. Never throws. */
export function compileMapping(input: unknown, options: CompileOptions = {}): CompileResult {
  const path = options.path ?? "mapping";
  const parsed = mappingSchema.safeParse(input);
  if (!parsed.success)
    return { ok: false, problems: parsed.error.issues.flatMap((issue) => issueProblems(issue, path, input)) };
  const problems: MappingProblem[] = [];
  const context: CompileContext = {
    spec: parsed.data,
    zone: options.zone ?? null,
    functions: options.functions ?? {},
    report: (place, message) => problems.push({ path: `${path}.${place}`, message }),
  };
  if (Object.keys(parsed.data.objects).length === 0) context.report("objects", "is empty; map at least one object");
  const objects = Object.entries(parsed.data.objects).map(([object, spec]) => compileObject(context, object, spec));
  checkCollections(context);
  const ordered = inDependencyOrder(context, objects);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    mapping: {
      source: parsed.data.source,
      zone: context.zone,
      objects: ordered,
      byObject: new Map(ordered.map((object) => [object.object, object])),
    },
  };
}

function compileObject(context: CompileContext, object: string, spec: ObjectSpec): ObjectMapping {
  const place = `objects.${object}`;
  const direction = spec.direction ?? (PUBLISHED_OBJECTS.includes(object) ? "toSalesforce" : "both");
  const fields = compileFields(context, { place, object, direction, spec });
  const lines = compileLines(context, { place: `${place}.lines`, object, direction, spec });
  if (object === "Order" && spec.onActivated === "reduce" && lines === null) {
    context.report(
      `${place}.onActivated`,
      "is reduce, which lowers quantities of lines, but no lines are mapped; map lines or say reopen or park",
    );
  }
  if (
    spec.create.external &&
    fields.some(
      (field) =>
        spec.naturalKey.some((part) => field.externalFields.includes(part)) &&
        field.reference === null &&
        field.direction !== "toSalesforce",
    )
  ) {
    context.report(
      `${place}.create.external`,
      `is true, but a natural key field (${spec.naturalKey.join(", ")}) is also mapped to be written; make that field toSalesforce`,
    );
  }
  const all = [...fields, ...(lines?.fields ?? [])];
  const dependsOn = [...new Set(all.flatMap((field) => (field.reference === null ? [] : [field.reference.object])))];
  return {
    source: context.spec.source,
    zone: context.zone,
    object,
    collection: spec.collection,
    keyField: spec.keyField,
    naturalKey: spec.naturalKey,
    keyCase: spec.keyCase,
    newKey: spec.newKey,
    policy: spec.policy,
    create: spec.create,
    delete: spec.delete,
    onActivated: spec.onActivated,
    activation: spec.activation,
    draftStatus: spec.draftStatus ?? null,
    filter: spec.filter,
    match: compileMatch(context, { place: `${place}.match`, object, written: spec.match, fields }),
    watch:
      spec.watch ??
      (spec.delete.external || spec.create.external || all.some((field) => field.direction !== "toSalesforce")),
    fields,
    lines,
    dependsOn: dependsOn.filter((each) => each !== object),
  };
}

function compileLines(
  context: CompileContext,
  owner: {
    readonly place: string;
    readonly object: string;
    readonly direction: FieldMapping["direction"];
    readonly spec: ObjectSpec;
  },
): LinesMapping | null {
  const spec: LinesSpec | undefined = owner.spec.lines;
  if (spec === undefined) return null;
  const direction = spec.direction ?? owner.direction;
  const fields = compileFields(context, {
    place: owner.place,
    object: spec.object,
    direction,
    spec: { ...owner.spec, fields: spec.fields, keyField: spec.keyField },
  });
  return {
    object: spec.object,
    relationship: spec.relationship,
    parent: spec.parent,
    parentRelationship: relationshipOf(spec.parent),
    keyField: spec.keyField,
    naturalKey: spec.naturalKey,
    direction,
    foreign: spec.foreign,
    match: compileLineMatch(context, {
      place: `${owner.place}.match`,
      object: spec.object,
      written: spec.match,
      fields,
    }),
    fields,
  };
}

function compileFields(
  context: CompileContext,
  owner: {
    readonly place: string;
    readonly object: string;
    readonly direction: FieldMapping["direction"];
    readonly spec: ObjectSpec;
  },
): readonly FieldMapping[] {
  const { place, object, direction, spec } = owner;
  const entries = Object.entries(spec.fields);
  if (entries.length === 0) context.report(`${place}.fields`, "is empty; map at least one field");
  for (const taken of [spec.keyField, "Id"]) {
    if (Object.hasOwn(spec.fields, taken))
      context.report(`${place}.fields.${taken}`, "is filled by the connector; leave it out");
  }
  const compiled = entries.map(([field, written]) =>
    compileField(context, { place: `${place}.fields.${field}`, object, field, direction, rules: spec, written }),
  );
  const writers = new Map<string, string>();
  for (const field of compiled) {
    if (field.direction === "toSalesforce") continue;
    for (const external of field.externalFields) {
      const other = writers.get(external);
      if (other !== undefined) {
        context.report(
          `${place}.fields.${field.field}`,
          `and ${other} would both write the external field ${external}; make one of them toSalesforce`,
        );
      }
      writers.set(external, field.field);
    }
  }
  return compiled;
}

function checkCollections(context: CompileContext): void {
  const lineObjects = new Map<string, string>();
  for (const [object, spec] of Object.entries(context.spec.objects)) {
    if (spec.lines === undefined) continue;
    const owner = lineObjects.get(spec.lines.object);
    if (owner !== undefined || context.spec.objects[spec.lines.object] !== undefined) {
      context.report(
        `objects.${object}.lines.object`,
        `${spec.lines.object} is mapped twice; an sObject is either a document or the lines of one`,
      );
    }
    lineObjects.set(spec.lines.object, object);
  }
}

/** Parents first; among independent objects the usual order of loading, then the order of the file. */
function inDependencyOrder(context: CompileContext, objects: readonly ObjectMapping[]): readonly ObjectMapping[] {
  const rank = (object: string): number => {
    const place = LOADING_ORDER.indexOf(object);
    return place < 0 ? LOADING_ORDER.length : place;
  };
  const waiting = [...objects].sort((a, b) => rank(a.object) - rank(b.object));
  const ordered: ObjectMapping[] = [];
  while (waiting.length > 0) {
    const next = waiting.findIndex((candidate) => !waiting.some((other) => candidate.dependsOn.includes(other.object)));
    if (next < 0) {
      context.report(
        "objects",
        `refer to each other in a circle: ${waiting.map((each) => each.object).join(", ")}; take one reference out`,
      );
      return objects;
    }
    ordered.push(...waiting.splice(next, 1));
  }
  return ordered;
}

function issueProblems(issue: z.core.$ZodIssue, root: string, input: unknown): readonly MappingProblem[] {
  const path = [root, ...issue.path.map(String)].join(".");
  if (issue.code === "invalid_union") {
    const value = valueAt(input, issue.path);
    // The alternative that came furthest is the one that was meant.
    const branches = issue.errors.filter(
      (branch) =>
        !(typeof value === "object" && branch.some((each) => each.path.length === 0 && each.code === "invalid_type")),
    );
    const meant = [...branches].sort((a, b) => weight(a) - weight(b))[0];
    if (meant !== undefined && meant.length > 0) {
      return meant.flatMap((each) => issueProblems({ ...each, path: [...issue.path, ...each.path] }, root, input));
    }
  }
  const value = valueAt(input, issue.path);
  const shown = value === undefined || typeof value === "object" ? "" : ` (it is ${JSON.stringify(value)})`;
  return [{ path, message: `${issue.message}${shown}` }];
}

function weight(branch: readonly z.core.$ZodIssue[]): number {
  return branch.reduce(
    (sum, issue) => sum + (issue.code === "unrecognized_keys" ? 10 : issue.code === "invalid_type" ? 3 : 1),
    0,
  );
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    input,
  );
}
