/** Resolves names: the driving object, its aliases, and paths through parent relationships. */
import type { Catalog, SObjectType } from "../../schema/catalog.ts";
import { PARENT_LEVELS_MAX } from "../base/limits.ts";
import { OPEN_POINTS } from "../base/open-points.ts";
import { bindError } from "../base/query-error.ts";
import type { FromEntry, Path } from "../parse/ast.ts";
import type { BoundField, Step } from "./bound.ts";
import { nameObjectOf } from "./name-object.ts";

const WSDL = "Please reference your WSDL or the describe call for the appropriate names.";

/** The names that one query level can see. */
export interface Scope {
  readonly source: string;
  readonly catalog: Catalog;
  readonly object: SObjectType;
  /** Alias in lower case → the relationships from the driving object; empty for the driving object's own alias. */
  readonly aliases: ReadonlyMap<string, readonly Step[]>;
  /** Every relationship used so far in the whole statement, for the limit on their number. */
  readonly relationships: Set<string>;
}

/** The object with this name; throws `INVALID_TYPE` where the asking user can see none. */
export function resolveObject(catalog: Catalog, source: string, name: string, at: number): SObjectType {
  const object = catalog.object(name);
  if (object !== undefined && object.definition.queryable === true) return object;
  throw bindError(
    "INVALID_TYPE",
    `sObject type '${name}' is not supported. If you are attempting to use a custom object, be sure to append the '__c' after the entity name. ${WSDL}`,
    source,
    at,
  );
}

/** Makes the scope of a query level whose driving object is known. */
export function createScope(
  base: { source: string; catalog: Catalog; relationships: Set<string> },
  object: SObjectType,
  entries: readonly FromEntry[],
): Scope {
  const aliases = new Map<string, readonly Step[]>();
  const scope: Scope = { ...base, object, aliases };
  entries.forEach((entry, position) => {
    const steps = position === 0 ? [] : fromSteps(scope, entry.path);
    if (entry.alias !== null) aliases.set(entry.alias.text.toLowerCase(), steps);
  });
  return scope;
}

/** Resolves a path to a field. Throws `INVALID_FIELD` at the start of the path where a name is unknown. */
export function resolvePath(scope: Scope, path: Path): BoundField {
  const { prefix, segments } = withoutQualifier(scope, path.segments);
  const { steps, owner } = climb(scope, prefix, segments.slice(0, -1), path);
  const name = segments.at(-1) ?? "";
  const field = owner.field(name);
  if (field === undefined) throw unknownField(scope.source, name, owner.name, path.at);
  return { kind: "field", steps, owner, field, text: path.segments.join("."), at: path.at };
}

/** Resolves a path to a relationship: what TYPEOF takes. Undefined where the last name is no relationship. */
export function resolveRelationship(scope: Scope, path: Path): readonly Step[] | undefined {
  const { prefix, segments } = withoutQualifier(scope, path.segments);
  const { steps, owner } = climb(scope, prefix, segments.slice(0, -1), path);
  const step = stepOf(scope.catalog, owner, segments.at(-1) ?? "");
  return step === undefined ? undefined : [...steps, step];
}

/** The refusal of a field that its object does not have; `name` as written, `entity` in canonical casing. */
export function unknownField(source: string, name: string, entity: string, at: number): Error {
  return bindError(
    "INVALID_FIELD",
    `No such column '${name}' on entity '${entity}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. ${WSDL}`,
    source,
    at,
  );
}

/** Refuses a child relationship that the parent does not have. */
export function unknownChild(source: string, name: string, at: number): Error {
  return bindError(
    OPEN_POINTS.unknownChildRelationshipCode,
    `Didn't understand relationship '${name}' in FROM part of query call. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${WSDL}`,
    source,
    at,
  );
}

function withoutQualifier(
  scope: Scope,
  segments: readonly string[],
): { prefix: readonly Step[]; segments: readonly string[] } {
  const first = segments[0]?.toLowerCase() ?? "";
  if (segments.length > 1) {
    const alias = scope.aliases.get(first);
    if (alias !== undefined) return { prefix: alias, segments: segments.slice(1) };
    if (first === scope.object.name.toLowerCase()) return { prefix: [], segments: segments.slice(1) };
  }
  return { prefix: [], segments };
}

function climb(
  scope: Scope,
  prefix: readonly Step[],
  names: readonly string[],
  path: Path,
): { steps: readonly Step[]; owner: SObjectType } {
  let steps = prefix;
  let owner = prefix.at(-1)?.target ?? scope.object;
  for (const name of names) {
    const step = stepOf(scope.catalog, owner, name);
    if (step === undefined) {
      throw bindError(
        "INVALID_FIELD",
        `Didn't understand relationship '${name}' in field path. If you are attempting to use a custom relationship, be sure to append the '__r' after the custom relationship name. ${WSDL}`,
        scope.source,
        path.at,
      );
    }
    steps = [...steps, step];
    owner = step.target;
    scope.relationships.add(`${scope.object.name}:${steps.map((each) => each.relationship).join(".")}`);
  }
  if (steps.length > PARENT_LEVELS_MAX) {
    throw bindError(
      "MALFORMED_QUERY",
      `A parent path may climb at most ${PARENT_LEVELS_MAX} relationships: ${path.segments.join(".")}`,
      scope.source,
      path.at,
    );
  }
  return { steps, owner };
}

function stepOf(catalog: Catalog, owner: SObjectType, name: string): Step | undefined {
  const field = owner.parent(name);
  const targets = field?.referenceTo ?? [];
  if (field === undefined || field.relationshipName === undefined) return undefined;
  const polymorphic = targets.length > 1;
  const target = polymorphic ? nameObjectOf(catalog) : catalog.object(targets[0] ?? "");
  return target === undefined ? undefined : { field, relationship: field.relationshipName, target, polymorphic };
}

/** The relationships that a further FROM entry names: `Contact.Account`, or a path through an earlier alias. */
function fromSteps(scope: Scope, path: Path): readonly Step[] {
  const { prefix, segments } = withoutQualifier(scope, path.segments);
  const isRelative = segments !== path.segments || scope.object.parent(segments[0] ?? "") !== undefined;
  if (!isRelative) {
    throw bindError(
      OPEN_POINTS.unrelatedFromEntryCode,
      `A driving SObject type has already been set, all other entity types in the FROM clause must be relationships to the initial object. The driving object is ${scope.object.name}.`,
      scope.source,
      path.at,
    );
  }
  return climb(scope, prefix, segments, path).steps;
}
