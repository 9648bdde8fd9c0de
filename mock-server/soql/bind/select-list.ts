/**
 * Builds the columns of a result record: fields nest under their relationships, all paths through one relationship
 * share one object, which stands where the first of them stood. Source: reference: soql §5.1, §9.
 */

import { bindError } from "../base/query-error.ts";
import type { BoundExpression, Column, Step } from "./bound.ts";
import { identityOf } from "./bound.ts";

type Draft =
  | { readonly kind: "parent"; readonly key: string; readonly step: Step; readonly columns: Draft[] }
  | Exclude<Column, { kind: "parent" }>;

/** Collects the columns of one select list in order and refuses what is in it twice. */
export class ColumnBuilder {
  readonly #source: string;
  readonly #columns: Draft[] = [];
  readonly #selected = new Set<string>();
  readonly #aliases = new Set<string>();
  /** Relationships that TYPEOF took, and those that plain paths took: the two must not meet. */
  readonly #typeOf = new Set<string>();
  readonly #plain = new Set<string>();

  constructor(source: string) {
    this.#source = source;
  }

  /** Adds a field or function; under an alias it stands at the top of the record. */
  add(expression: BoundExpression, alias: string | null, at: number): void {
    const field = expression.kind === "field" ? expression : innerField(expression);
    const steps = field?.steps ?? [];
    const key = alias ?? field?.field.name ?? expression.text;
    if (alias !== null) this.#addAlias(alias, at);
    else this.#addOnce(identityOf(expression), [...steps.map((step) => step.relationship), key].join("."), key, at);
    let columns = this.#columns;
    if (alias === null) {
      steps.forEach((step, depth) => {
        const path = steps
          .slice(0, depth + 1)
          .map((each) => each.relationship)
          .join(".");
        if (this.#typeOf.has(path)) throw this.#mixed(step, at);
        this.#plain.add(path);
        columns = parentOf(columns, step).columns;
      });
    }
    columns.push({ kind: "value", key, expression });
  }

  addChildren(column: Extract<Column, { kind: "children" }>, at: number): void {
    this.#addOnce(`(${column.key})`, column.key, column.key, at);
    this.#columns.push(column);
  }

  addTypeOf(column: Extract<Column, { kind: "typeOf" }>, at: number): void {
    const last = column.steps.at(-1);
    const path = column.steps.map((step) => step.relationship).join(".");
    if (this.#plain.has(path) && last !== undefined) throw this.#mixed(last, at);
    this.#addOnce(`TYPEOF ${path}`, path, path, at);
    this.#typeOf.add(path);
    let columns = this.#columns;
    for (const step of column.steps.slice(0, -1)) columns = parentOf(columns, step).columns;
    columns.push(column);
  }

  build(): readonly Column[] {
    return this.#columns;
  }

  #addOnce(identity: string, resultKey: string, name: string, at: number): void {
    const clash =
      this.#selected.has(identity) ||
      this.#selected.has(`key ${resultKey}`) ||
      this.#aliases.has(resultKey.toLowerCase());
    if (clash) throw bindError("INVALID_FIELD", `duplicate field selected: ${name}`, this.#source, at);
    this.#selected.add(identity).add(`key ${resultKey}`);
  }

  #addAlias(alias: string, at: number): void {
    const name = alias.toLowerCase();
    if (this.#aliases.has(name) || this.#selected.has(`key ${alias}`))
      throw bindError("MALFORMED_QUERY", `duplicate alias: ${alias}`, this.#source, at);
    this.#aliases.add(name);
  }

  #mixed(step: Step, at: number): Error {
    return bindError(
      "MALFORMED_QUERY",
      `The relationship ${step.relationship} cannot be used both in TYPEOF and in a plain path`,
      this.#source,
      at,
    );
  }
}

function parentOf(columns: Draft[], step: Step): Extract<Draft, { kind: "parent" }> {
  for (const column of columns) {
    if (column.kind === "parent" && column.key === step.relationship) return column;
  }
  const made: Draft = { kind: "parent", key: step.relationship, step, columns: [] };
  columns.push(made);
  return made;
}

function innerField(expression: BoundExpression) {
  switch (expression.kind) {
    case "label":
      return expression.field;
    case "format":
    case "currency": {
      let { value } = expression;
      if (value.kind === "currency") value = value.value;
      return value.kind === "field" ? value : undefined;
    }
    default:
      return undefined;
  }
}
