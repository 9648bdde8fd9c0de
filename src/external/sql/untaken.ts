/**
 * Statements that a database takes without an error and that change nothing.
 *
 * A trigger may leave a row out (PostgreSQL: BEFORE triggers that return NULL; SQLite: RAISE(IGNORE)), a rule may do
 * something else instead, and a row-level policy may let a row be read and not be changed. The number of rows alone does
 * not tell: an INSTEAD OF trigger does its work and reports none. So a statement counts as not taken when
 * the database reports no row and the record still shows what it showed before.
 */
import type { ExternalFields, ExternalRecord } from "../../model/external-record.ts";
import type { NaturalKey } from "../../model/key.ts";
import type { BoundCollection } from "./bind.ts";

/** A statement that was executed for a record or one of its lines. */
export interface Statement {
  readonly kind: "insert" | "update" | "delete";
  /** Natural key of the record, or of the line inside it. */
  readonly key: NaturalKey;
  /** What was to be written. */
  readonly fields: ExternalFields;
  /** Rows that the database says it changed; absent where it does not say. */
  readonly rows?: bigint | undefined;
}

/** Why a record that was read again does not show what was written to it; undefined where it does. */
export function untakenBy(
  { root, lines }: BoundCollection,
  written: {
    readonly before: ExternalRecord | undefined;
    readonly after: ExternalRecord | undefined;
    readonly root: Statement | undefined;
    readonly lines: readonly Statement[];
  },
): string | undefined {
  const { before, after } = written;
  if (after === undefined) {
    // A view may rightly lose a record that changes.
    if (before === undefined) return untakenReason(root.info.name, "insert");
    if (root.info.kind === "view") return undefined;
    return `the record is not there any more after it was written to "${root.info.name}": a trigger gives it another key or deletes it; nothing was written`;
  }
  if (written.root !== undefined && before !== undefined && fieldsUntaken(written.root, before.fields, after.fields))
    return untakenReason(root.info.name, "update");
  for (const statement of written.lines) {
    const name = JSON.stringify(statement.key);
    const line = (record: ExternalRecord | undefined): ExternalFields | undefined =>
      record?.lines?.find((each) => JSON.stringify(each.naturalKey) === name)?.fields;
    const [was, is] = [line(before), line(after)];
    const isUntaken =
      statement.kind === "delete"
        ? is !== undefined && textOf(is) === textOf(was)
        : is === undefined || (was !== undefined && fieldsUntaken(statement, was, is));
    if (isUntaken) return untakenReason(lines?.info.name ?? "", statement.kind);
  }
  return undefined;
}

/** Whether a record shows what it showed before. */
export function isAsBefore(before: ExternalRecord, after: ExternalRecord): boolean {
  return textOf([before.fields, before.lines]) === textOf([after.fields, after.lines]);
}

/** Whether an update reported no row and left every field as it was, although one of them was to be another. */
function fieldsUntaken({ rows, fields }: Statement, before: ExternalFields, after: ExternalFields): boolean {
  if (rows !== 0n) return false;
  const names = Object.keys(fields);
  const isUnchanged = names.every((name) => textOf(before[name]) === textOf(after[name]));
  return isUnchanged && names.some((name) => textOf(fields[name]) !== textOf(after[name]));
}

/** One sentence on a statement that changed nothing. */
export function untakenReason(table: string, kind: Statement["kind"]): string {
  return `"${table}" took the statement and changed nothing (${kind}): a trigger, a rule or a row-level policy of the database passes over this row; nothing was written`;
}

function textOf(value: unknown): string {
  return JSON.stringify(value ?? null);
}
