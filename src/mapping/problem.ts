/** What a preflight finds: one thing that does not fit, with its place in the mapping and the way out. */

/** One thing that does not fit. */
export interface PreflightProblem {
  readonly place: string;
  readonly message: string;
  /** True where runs work all the same, for example as long as no text is longer than the other side's field. */
  readonly warning?: true;
}

/** A problem where the condition holds. */
export function when(condition: boolean, place: string, message: string): readonly PreflightProblem[] {
  return condition ? [at(place, message)] : [];
}

/** A problem at a place. */
export function at(place: string, message: string): PreflightProblem {
  return { place, message };
}
