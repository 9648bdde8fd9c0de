/**
 * Errors of the query language in Salesforce's layout: a snippet, a caret line, row and column, then the text.
 *
 * Source: reference: soql §10. Syntax errors print the parser's 0-based column and put the caret one to the left;
 * binder errors print a 1-based column at the start of the whole name.
 */
import { OrgError } from "../../errors.ts";

/** How far from the error the snippet reaches before it may be cut: reference: soql §10.2 [client]. */
const SNIPPET_REACH = 31;

/** A refusal without a position. */
export function queryError(code: string, message: string): OrgError {
  return new OrgError(400, { code, message });
}

/** A refusal by the binder: `offset` is the first character of the whole name or path. */
export function bindError(code: string, message: string, source: string, offset: number): OrgError {
  const { row, column } = place(source, offset);
  return queryError(code, positionBlock(source, offset, row, column + 1) + message);
}

/** A refusal by the parser: `offset` is the first character of the offending token. */
export function syntaxError(message: string, source: string, offset: number): OrgError {
  const { row, column } = place(source, offset);
  return queryError("MALFORMED_QUERY", positionBlock(source, Math.max(0, offset - 1), row, column) + message);
}

/** Line (from 1) and column (from 0) of a position. */
export function place(source: string, offset: number): { row: number; column: number } {
  let row = 1;
  let lineStart = 0;
  for (let at = source.indexOf("\n"); at !== -1 && at < offset; at = source.indexOf("\n", at + 1)) {
    row++;
    lineStart = at + 1;
  }
  return { row, column: offset - lineStart };
}

function positionBlock(source: string, at: number, row: number, column: number): string {
  let start = at - SNIPPET_REACH;
  while (start >= 0 && !isBreak(source, start)) start--;
  start = Math.max(0, start + 1);
  let end = at + SNIPPET_REACH;
  while (end < source.length && !isBreak(source, end)) end++;
  const snippet = source.slice(start, Math.min(end, source.length));
  return `\n${snippet}\n${" ".repeat(at - start)}^\nERROR at Row:${row}:Column:${column}\n`;
}

function isBreak(source: string, at: number): boolean {
  const character = source.charAt(at);
  return character === "," || character.trim() === "";
}
