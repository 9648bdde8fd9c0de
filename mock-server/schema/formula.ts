/**
 * Formulas of formula fields and validation rules: formulon parses them, this file binds their names to the catalog and
 * runs them on rows.
 *
 * formulon's own evaluation is not used: it reads the real clock, knows no record before the save (ISCHANGED,
 * PRIORVALUE), and stops at empty operands where the platform goes on. What cannot be evaluated is refused by name when
 * the formula is compiled, so that a loaded formula is one that works.
 */
import { createRequire } from "node:module";
import type { FormulaNode } from "formulon";
import type { Catalog, SObjectType } from "./catalog.ts";
import { roundHalfUp } from "./decimal.ts";
import type { FieldDefinition, FieldValue, Row } from "./definition.ts";
import {
  FORMULA_FUNCTIONS,
  FormulaError,
  type FormulaValue,
  isBlank,
  isEqual,
  isMoment,
  isTrue,
  regularExpression,
} from "./formula-functions.ts";
import { keyPrefixOf, to15, to18 } from "./record-id.ts";
import { datetimeMs, formatDatetime } from "./temporal.ts";

/** Who saves or reads, and when. */
export interface FormulaContext {
  readonly nowMs: number;
  /** The running user's record. */
  readonly user: Row;
  /** IANA time zone of the user, for TODAY(). */
  readonly timeZone: string;
  /** The record before the save; undefined for a new record and outside of a save. */
  readonly previous?: Row | undefined;
}

/** The record of an object with this Id, deleted or not; undefined where there is none. */
export type ParentLookup = (object: string, id: string) => Row | undefined;

/** A formula bound to an object, or the reason why it cannot be one. */
export type CompiledFormula =
  | {
      readonly ok: true;
      /** Fields of the object itself that the formula reads, by API name; parents' fields are not listed. */
      readonly fields: readonly string[];
      /**
       * The formula's value for a record, in stored form. Throws a `FormulaError` where the platform shows `#Error!`
       * (a division by zero, a text that is no number); a formula field gives null there instead.
       */
      evaluate(row: Row, parentLookup: ParentLookup, context: FormulaContext): FieldValue;
    }
  | { readonly ok: false; readonly reason: string };

/** How far a formula may travel from its record, and how deep formulas may stand in formulas [memory: platform §6]. */
const RELATIONSHIPS_MAX = 10;
const NESTED_FORMULAS_MAX = 10;

/** Characters of a formula's source that the platform accepts. */
const FORMULA_CHARACTERS_MAX = 3900;

const DAY_MS = 86_400_000;

/**
 * Compiles a formula for records of `object`.
 *
 * With `result`, the formula field itself, the value is rounded and written as that field's type says, empty numbers
 * count as the field says, and an error gives null; without it, the formula is a condition as in a validation rule.
 * The catalog must be the whole one: formulas read fields that the running user may not see.
 */
export function compileFormula(
  text: string,
  object: SObjectType,
  catalog: Catalog,
  result?: FieldDefinition,
): CompiledFormula {
  const own = new Set<string>();
  const run = attempt(() =>
    bindText(text, { object, catalog, own, depth: 0, blanksAsZero: result?.blanksAsZero ?? false }),
  );
  if (!run.ok) return run;
  return {
    ok: true,
    fields: [...own],
    evaluate: (row, parentLookup, context) => {
      const scope: Scope = { row, parentLookup, context };
      return result === undefined ? storedForm(run.value(scope)) : resultOf(run.value, scope, result);
    },
  };
}

/** What names are bound against. */
interface Binding {
  readonly object: SObjectType;
  readonly catalog: Catalog;
  /** Collects the fields of the formula's own object. */
  readonly own: Set<string>;
  readonly depth: number;
  readonly blanksAsZero: boolean;
}

/** What a bound formula runs on. */
interface Scope {
  readonly row: Row;
  readonly parentLookup: ParentLookup;
  readonly context: FormulaContext;
}

type Run = (scope: Scope) => FormulaValue;

function attempt<T>(
  work: () => T,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string } {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof FormulaError) return { ok: false, reason: error.message };
    throw error;
  }
}

function bindText(text: string, binding: Binding): Run {
  if (text.length > FORMULA_CHARACTERS_MAX)
    throw new FormulaError(`is longer than ${FORMULA_CHARACTERS_MAX} characters`);
  if (binding.depth > NESTED_FORMULAS_MAX) throw new FormulaError("refers to itself or nests too deep");
  const node = parse(withoutComments(text));
  if (node.type === "error") throw new FormulaError(`the formula cannot be parsed: ${node.message}`);
  return bind(node, binding);
}

const load = createRequire(import.meta.url);

/** formulon is loaded with the first formula: an org without formulas should not wait for it when it starts. */
function parse(text: string): ReturnType<typeof import("formulon").ast> {
  // The package's only module; its types stand in formulon.d.ts.
  const formulon = load("formulon") as typeof import("formulon");
  return formulon.ast(text);
}

/** Comments stand between slash-star pairs, outside of texts. */
function withoutComments(text: string): string {
  return text
    .replace(/("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|\/\*[\s\S]*?\*\//g, (_, literal?: string) => literal ?? " ")
    .trim();
}

function bind(node: FormulaNode, binding: Binding): Run {
  switch (node.type) {
    case "literal": {
      const { value } = node;
      return () => value;
    }
    case "identifier":
      return bindName(node.name, binding);
    case "callExpression":
      return bindCall(node.id, node.arguments, binding);
    default:
      return unreachable(node);
  }
}

function bindCall(id: string, args: readonly FormulaNode[], binding: Binding): Run {
  const special = SPECIAL[id];
  if (special !== undefined) return special(args, binding);
  const known = FORMULA_FUNCTIONS[id];
  if (known === undefined) throw new FormulaError(`the function ${id.toUpperCase()} is not supported`);
  expectArguments(id, args, known.min, known.max);
  // The parser takes `a & b = c` for `a & (b = c)`; a joined comparison is refused rather than misread.
  if (id === "add" && args.some(isLogical))
    throw new FormulaError("a comparison stands beside + or &: put the joined text in parentheses");
  const pattern = args[1];
  if (id === "regex" && pattern?.type === "literal") regularExpression(String(pattern.value));
  const runs = args.map((arg) => bind(arg, binding));
  // Conditions stop at the first operand that decides, so that later ones cannot fail.
  if (id === "and") return (scope) => runs.every((run) => isTrue(run(scope)));
  if (id === "or") return (scope) => runs.some((run) => isTrue(run(scope)));
  return (scope) => known.run(...runs.map((run) => run(scope)));
}

/** Functions that need the record, the clock or their arguments unevaluated. */
const SPECIAL: Readonly<Record<string, (args: readonly FormulaNode[], binding: Binding) => Run>> = {
  if: (args, binding) => {
    expectArguments("if", args, 3, 3);
    const [condition, yes, no] = args.map((arg) => bind(arg, binding));
    return (scope) => (condition !== undefined && isTrue(condition(scope)) ? yes : no)?.(scope) ?? null;
  },
  case: (args, binding) => {
    expectArguments("case", args, 4, 200);
    if (args.length % 2 !== 0) throw new FormulaError("CASE needs an else result");
    const runs = args.map((arg) => bind(arg, binding));
    return (scope) => {
      const value = runs[0]?.(scope) ?? null;
      for (let at = 1; at + 1 < runs.length; at += 2)
        if (isEqual(value, runs[at]?.(scope) ?? null)) return runs[at + 1]?.(scope) ?? null;
      return runs.at(-1)?.(scope) ?? null;
    };
  },
  isnew: (args) => {
    expectArguments("isnew", args, 0, 0);
    return (scope) => scope.context.previous === undefined;
  },
  ischanged: (args, binding) => {
    const field = ownField("ischanged", args, binding);
    return ({ row, context }) =>
      context.previous !== undefined && (context.previous[field.name] ?? null) !== (row[field.name] ?? null);
  },
  priorvalue: (args, binding) => {
    const field = ownField("priorvalue", args, binding);
    return ({ row, context }) => valueOf(field, (context.previous ?? row)[field.name] ?? null);
  },
  today: (args) => {
    expectArguments("today", args, 0, 0);
    return ({ context }) => ({ kind: "date", at: dayIn(context.timeZone, context.nowMs) });
  },
  now: (args) => {
    expectArguments("now", args, 0, 0);
    return ({ context }) => ({ kind: "datetime", at: Math.floor(context.nowMs / 1000) * 1000 });
  },
  casesafeid: (args, binding) => {
    expectArguments("casesafeid", args, 1, 1);
    const [run] = args.map((arg) => bind(arg, binding));
    return (scope) => {
      const id = run?.(scope) ?? null;
      return typeof id === "string" ? (to18(id) ?? id) : null;
    };
  },
};

function expectArguments(id: string, args: readonly FormulaNode[], min: number, max: number): void {
  if (args.length >= min && args.length <= max) return;
  const expected = min === max ? `${min}` : `${min} to ${max}`;
  throw new FormulaError(`${id.toUpperCase()} takes ${expected} arguments, not ${args.length}`);
}

function isLogical(node: FormulaNode): boolean {
  return node.type === "callExpression" && FORMULA_FUNCTIONS[node.id]?.logical === true;
}

function ownField(id: string, args: readonly FormulaNode[], binding: Binding): FieldDefinition {
  expectArguments(id, args, 1, 1);
  const [node] = args;
  const field = node?.type === "identifier" ? binding.object.field(node.name) : undefined;
  if (field === undefined) throw new FormulaError(`${id.toUpperCase()} needs a field of ${binding.object.name}`);
  if (field.formula !== undefined) throw new FormulaError(`${id.toUpperCase()} of a formula field is not supported`);
  binding.own.add(field.name);
  return field;
}

/** `Status`, `Account.Owner.Name`, `$User.ProfileId`, `$Profile.Name`, `$UserRole.Name`. */
function bindName(name: string, binding: Binding): Run {
  const path = name.split(".");
  const [first = "", ...rest] = path;
  if (!first.startsWith("$")) return bindPath(path, name, binding);
  const user = binding.catalog.object("User");
  const via = { $user: [], $profile: ["Profile"], $userrole: ["UserRole"] }[first.toLowerCase()];
  if (user === undefined || via === undefined || rest.length !== 1)
    throw new FormulaError(`the global variable ${name} is not supported`);
  const run = bindPath([...via, ...rest], name, { ...binding, object: user, own: new Set() });
  return (scope) => run({ ...scope, row: scope.context.user });
}

function bindPath(path: readonly string[], whole: string, binding: Binding): Run {
  const [first = "", ...rest] = path;
  if (path.length > RELATIONSHIPS_MAX + 1)
    throw new FormulaError(`${whole} travels over more than ${RELATIONSHIPS_MAX} relationships`);
  if (rest.length === 0) return bindField(first, whole, binding);
  const reference = binding.object.parent(first);
  if (reference === undefined) throw new FormulaError(`${binding.object.name} has no relationship ${first} (${whole})`);
  binding.own.add(reference.name);
  const runs = new Map<string, Run>();
  const reasons: string[] = [];
  for (const target of reference.referenceTo ?? []) {
    const object = binding.catalog.object(target);
    if (object === undefined) continue;
    const bound = attempt(() => bindPath(rest, whole, { ...binding, object, own: new Set() }));
    if (bound.ok) runs.set(object.name, bound.value);
    else reasons.push(bound.reason);
  }
  if (runs.size === 0) throw new FormulaError(reasons[0] ?? `${whole} leads to an object that is not modelled`);
  const only = runs.size === 1 && (reference.referenceTo ?? []).length === 1 ? [...runs.keys()][0] : undefined;
  return (scope) => {
    const id = scope.row[reference.name] ?? null;
    if (typeof id !== "string") return null;
    const target = only ?? binding.catalog.objectByPrefix(keyPrefixOf(id))?.name ?? "";
    const parent = scope.parentLookup(target, id);
    return parent === undefined ? null : (runs.get(target)?.({ ...scope, row: parent }) ?? null);
  };
}

function bindField(name: string, whole: string, binding: Binding): Run {
  const field = binding.object.field(name);
  if (field === undefined) throw new FormulaError(`the field ${whole} does not exist on ${binding.object.name}`);
  binding.own.add(field.name);
  if (field.type === "address" || field.type === "location")
    throw new FormulaError(`the compound field ${whole} cannot stand in a formula; use its components`);
  if (field.formula === undefined) {
    const numeric = binding.blanksAsZero && isNumeric(field);
    return ({ row }) => valueOf(field, row[field.name] ?? null) ?? (numeric ? 0 : null);
  }
  const inner = bindText(field.formula, {
    ...binding,
    own: new Set(),
    depth: binding.depth + 1,
    blanksAsZero: field.blanksAsZero ?? false,
  });
  return (scope) => valueOf(field, resultOf(inner, scope, field));
}

/** A stored value as formulas see it: percent as a fraction, Ids with 15 characters, dates as days. */
function valueOf(field: FieldDefinition, stored: FieldValue): FormulaValue {
  if (field.type === "boolean") return stored === true;
  if (stored === null) return null;
  switch (field.type) {
    case "date":
      return { kind: "date", at: Date.parse(`${String(stored)}T00:00:00Z`) / DAY_MS };
    case "datetime":
      return { kind: "datetime", at: datetimeMs(String(stored)) };
    case "time":
      return { kind: "time", at: Date.parse(`1970-01-01T${String(stored)}`) };
    case "percent":
      return typeof stored === "number" ? stored / 100 : null;
    case "id":
    case "reference":
      return to15(String(stored));
    default:
      return stored;
  }
}

function isNumeric(field: FieldDefinition): boolean {
  return field.type === "int" || field.type === "double" || field.type === "currency" || field.type === "percent";
}

/** The value of a formula field: an error gives null, as the API shows it. */
function resultOf(run: Run, scope: Scope, field: FieldDefinition): FieldValue {
  const value = attempt(() => run(scope));
  if (!value.ok) return field.type === "boolean" ? false : null;
  const stored = storedForm(value.value);
  if (field.type === "boolean") return stored === true;
  if (typeof stored !== "number") return stored;
  return roundHalfUp(field.type === "percent" ? stored * 100 : stored, field.scale ?? 0);
}

function storedForm(value: FormulaValue): FieldValue {
  if (isBlank(value)) return null;
  if (!isMoment(value)) return value;
  if (value.kind === "date") return new Date(value.at * DAY_MS).toISOString().slice(0, 10);
  return value.kind === "datetime" ? formatDatetime(value.at) : new Date(value.at).toISOString().slice(11);
}

/** The day that an instant falls on in a time zone, as days since 1970. */
function dayIn(timeZone: string, ms: number): number {
  const text = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" }).format(
    ms,
  );
  return Date.parse(`${text}T00:00:00Z`) / DAY_MS;
}

function unreachable(node: never): never {
  throw new Error(`Unknown formula node ${JSON.stringify(node)}`);
}
