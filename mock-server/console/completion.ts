/**
 * What could stand at a place of a SOQL statement: objects, fields along relationships, picklist values, date literals,
 * functions and keywords. Pure; names come from the catalog of the viewing user, so nobody is shown what they may not see.
 */
import type { Catalog, SObjectType } from "../schema/catalog.ts";
import type { FieldDefinition } from "../schema/definition.ts";
import { type Token, tokenize } from "../soql/parse/lexer.ts";

/** One suggestion. */
export interface Suggestion {
  /** What replaces the text from `from` up to the cursor. */
  readonly text: string;
  readonly detail: string;
  readonly kind: "object" | "field" | "parent" | "child" | "value" | "function" | "keyword";
}

/** Suggestions for one place. */
export interface Completion {
  /** Where the replaced text begins. */
  readonly from: number;
  readonly items: readonly Suggestion[];
}

/** Suggestions that one answer holds. */
const SUGGESTIONS_MAX = 50;

/** The suggestions for the cursor at `at`, best first. */
export function complete(soql: string, at: number, catalog: Catalog): Completion {
  const before = soql.slice(0, at);
  const open = openString(before);
  const word = open ?? /[A-Za-z_][\w.]*$/.exec(before)?.[0] ?? "";
  const from = at - (open === undefined ? (word.split(".").at(-1) ?? "").length : word.length);
  const tokens = tokenize(soql).filter((token) => token.kind !== "eof" || token.start < soql.length);
  const scope = scopeAt(tokens, at - word.length, catalog);
  const left = tokens.filter((token) => token.end <= at - word.length - (open === undefined ? 0 : 1));
  const items = open === undefined ? itemsFor(scope, left, word, catalog) : quoted(scope, left, catalog);
  const wanted = (open ?? word.split(".").at(-1) ?? "").toLowerCase();
  return { from, items: ranked(items, wanted).slice(0, SUGGESTIONS_MAX) };
}

/** The text of a string that is not closed before the cursor. */
function openString(before: string): string | undefined {
  return /^(?:[^']|'(?:[^'\\]|\\.)*')*'((?:[^'\\]|\\.)*)$/.exec(before)?.[1];
}

/** The statement around the cursor: its object, and whether it is a subquery of a SELECT list. */
interface Scope {
  readonly object: SObjectType | undefined;
  /** The object whose child relationships stand after FROM; undefined where objects stand there. */
  readonly parent: SObjectType | undefined;
  readonly start: number;
}

function scopeAt(tokens: readonly Token[], at: number, catalog: Catalog): Scope {
  const starts = [0];
  const stack: number[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.start >= at) break;
    if (token.text === "(") {
      stack.push(index + 1);
      if (tokens[index + 1]?.upper === "SELECT") starts.push(index + 1);
    } else if (token.text === ")") {
      const opened = stack.pop();
      if (opened !== undefined && starts.at(-1) === opened) starts.pop();
    }
  }
  let scope: Scope = { object: undefined, parent: undefined, start: 0 };
  for (const [depth, start] of starts.entries()) {
    // A subquery in the SELECT list follows a comma or SELECT; a semi-join follows IN.
    const lead = tokens[start - 2]?.upper;
    const parent = depth > 0 && lead !== "IN" ? scope.object : undefined;
    const name = fromName(tokens, start);
    const child = name === undefined ? undefined : parent?.child(name)?.childObject;
    const object = child ?? (parent === undefined ? name : undefined);
    scope = { object: object === undefined ? undefined : catalog.object(object), parent, start };
  }
  return scope;
}

/** The name after the FROM of the statement that begins at a token. */
function fromName(tokens: readonly Token[], start: number): string | undefined {
  let depth = 0;
  for (let index = start; index < tokens.length; index += 1) {
    const token = tokens[index];
    if (token?.text === "(") depth += 1;
    else if (token?.text === ")") depth -= 1;
    if (depth < 0) return undefined;
    const next = tokens[index + 1];
    if (depth === 0 && token?.upper === "FROM" && next?.kind === "ident") return next.text;
  }
  return undefined;
}

const CLAUSES: ReadonlySet<string> = new Set([
  "SELECT",
  "FROM",
  "WHERE",
  "BY",
  "HAVING",
  "LIMIT",
  "OFFSET",
  "FOR",
  "SCOPE",
]);
const COMPARES: ReadonlySet<string> = new Set(["=", "!=", "<>", "<", ">", "<=", ">=", "LIKE", "INCLUDES", "EXCLUDES"]);

function itemsFor(scope: Scope, left: readonly Token[], word: string, catalog: Catalog): readonly Suggestion[] {
  const previous = left.at(-1);
  if (previous?.upper === "FROM") return scope.parent === undefined ? objectItems(catalog) : childItems(scope.parent);
  const clause = left.findLast((token) => CLAUSES.has(token.upper))?.upper;
  if (clause === undefined) return keywordItems("SELECT", "FIND");
  if (scope.object === undefined)
    return clause === "SELECT" ? [...keywordItems("FROM", "COUNT()"), ...functionItems()] : [];
  const compared = comparedField(scope, left, catalog);
  if (compared !== undefined) return valueItems(compared);
  if (clause === "LIMIT" || clause === "OFFSET" || clause === "FROM") return keywordItems(...AFTER_FROM);
  const owner = ownerOf(scope.object, word.split(".").slice(0, -1), catalog);
  if (owner === undefined) return [];
  const fields = fieldItems(owner);
  if (word.includes(".")) return fields;
  const awaitsName =
    previous === undefined ||
    [",", "(", "SELECT", "WHERE", "AND", "OR", "NOT", "BY", "HAVING"].includes(previous.upper);
  const keywords = keywordItems(...(KEYWORDS[clause] ?? []));
  if (!awaitsName) return keywords;
  return [
    ...fields,
    ...(clause === "SELECT" || clause === "HAVING" || clause === "BY" ? functionItems() : []),
    ...(clause === "SELECT" ? [] : keywordItems("NOT")),
  ];
}

const AFTER_FROM = ["WHERE", "ORDER BY", "GROUP BY", "LIMIT", "OFFSET", "FOR VIEW", "USING SCOPE"];
const KEYWORDS: Readonly<Record<string, readonly string[]>> = {
  SELECT: ["FROM"],
  WHERE: ["AND", "OR", "LIKE", "IN", "NOT IN", "INCLUDES", "EXCLUDES", "ORDER BY", "GROUP BY", "LIMIT"],
  BY: ["ASC", "DESC", "NULLS FIRST", "NULLS LAST", "LIMIT", "OFFSET", "HAVING"],
  HAVING: ["AND", "OR", "ORDER BY", "LIMIT"],
};

/** The field on the left of the comparison that the cursor is in. */
function comparedField(scope: Scope, left: readonly Token[], catalog: Catalog): FieldDefinition | undefined {
  let at = left.length - 1;
  // Within a list of values: back to the IN before its bracket.
  if (left[at]?.text === "(" || left[at]?.text === ",") {
    while (at >= 0 && left[at]?.text !== "(") at -= 1;
    at -= 1;
    if (!["IN", "INCLUDES", "EXCLUDES"].includes(left[at]?.upper ?? "")) return undefined;
    if (left[at - 1]?.upper === "NOT") at -= 1;
  } else if (!COMPARES.has(left[at]?.upper ?? "")) return undefined;
  const path: string[] = [];
  for (at -= 1; left[at]?.kind === "ident"; at -= 2) {
    path.unshift(left[at]?.text ?? "");
    if (left[at - 1]?.text !== ".") break;
  }
  const name = path.at(-1);
  return name === undefined ? undefined : ownerOf(scope.object, path.slice(0, -1), catalog)?.field(name);
}

function ownerOf(object: SObjectType | undefined, path: readonly string[], catalog: Catalog): SObjectType | undefined {
  let owner = object;
  for (const relationship of path) {
    const [target] = owner?.parent(relationship)?.referenceTo ?? [];
    owner = target === undefined ? undefined : catalog.object(target);
  }
  return owner;
}

function objectItems(catalog: Catalog): readonly Suggestion[] {
  return catalog.objects.map(({ name, definition }) => ({ text: name, detail: definition.label, kind: "object" }));
}

function childItems(parent: SObjectType): readonly Suggestion[] {
  return parent.children.flatMap(({ name, childObject }) =>
    name === null ? [] : [{ text: name, detail: childObject, kind: "child" as const }],
  );
}

function fieldItems(type: SObjectType): readonly Suggestion[] {
  return type.fields.flatMap((field): Suggestion[] => [
    { text: field.name, detail: `${field.label} · ${field.type}`, kind: "field" },
    ...(field.relationshipName === undefined
      ? []
      : [
          { text: `${field.relationshipName}.`, detail: (field.referenceTo ?? []).join(", "), kind: "parent" as const },
        ]),
  ]);
}

const DATE_LITERALS =
  `TODAY YESTERDAY TOMORROW THIS_WEEK LAST_WEEK NEXT_WEEK THIS_MONTH LAST_MONTH NEXT_MONTH THIS_QUARTER LAST_QUARTER
  THIS_YEAR LAST_YEAR LAST_N_DAYS:30 NEXT_N_DAYS:30 LAST_N_MONTHS:3`.split(/\s+/);

function valueItems(field: FieldDefinition): readonly Suggestion[] {
  const values = (texts: readonly string[], detail: string): Suggestion[] =>
    texts.map((text) => ({ text, detail, kind: "value" }));
  if (field.type === "boolean") return values(["TRUE", "FALSE"], field.label);
  if (field.type === "date" || field.type === "datetime") return values([...DATE_LITERALS, "NULL"], "date literal");
  return [
    ...picklistItems(field).map((item) => ({ ...item, text: `'${item.text}'` })),
    ...values(["NULL"], field.label),
  ];
}

function quoted(scope: Scope, left: readonly Token[], catalog: Catalog): readonly Suggestion[] {
  const field = comparedField(scope, left, catalog);
  return field === undefined ? [] : picklistItems(field);
}

function picklistItems(field: FieldDefinition): readonly Suggestion[] {
  return (field.picklistValues ?? [])
    .filter((value) => value.active !== false)
    .map(({ value, label }) => ({
      text: value.replaceAll("\\", "\\\\").replaceAll("'", "\\'"),
      detail: label,
      kind: "value",
    }));
}

const FUNCTIONS = [
  "COUNT()",
  "COUNT(",
  "COUNT_DISTINCT(",
  "SUM(",
  "AVG(",
  "MIN(",
  "MAX(",
  "FIELDS(STANDARD)",
  "FORMAT(",
  "toLabel(",
];

function functionItems(): readonly Suggestion[] {
  return FUNCTIONS.map((text) => ({ text, detail: "function", kind: "function" }));
}

function keywordItems(...words: readonly string[]): readonly Suggestion[] {
  return words.map((text) => ({ text, detail: "", kind: "keyword" }));
}

/** Names that begin with the word come first, then names that contain it; within each the given order. */
function ranked(items: readonly Suggestion[], wanted: string): readonly Suggestion[] {
  if (wanted === "") return items;
  const beginning = items.filter(({ text }) => text.toLowerCase().replace(/^'/, "").startsWith(wanted));
  const containing = items.filter((item) => !beginning.includes(item) && item.text.toLowerCase().includes(wanted));
  // What is written out already needs no suggestion.
  return [...beginning, ...containing].filter(({ text }, _, all) => all.length > 1 || text.toLowerCase() !== wanted);
}
