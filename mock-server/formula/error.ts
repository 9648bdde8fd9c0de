/**
 * What goes wrong with a formula: while it is compiled (a syntax error, a wrong type, an unknown name) or while it runs
 * on a record (`#Error!` on the platform). The message is for the person who wrote the formula.
 */
export class FormulaError extends Error {
  /** Where in the formula's text, in characters from 0; undefined where the fault has no place. */
  readonly position: number | undefined;

  constructor(message: string, options: { readonly position?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.position = options.position;
  }
}
