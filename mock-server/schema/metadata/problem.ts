/** What is wrong in a team's metadata files: all of it at once, each with its place. */

/** One refusal or one remark about a metadata file. */
export interface MetadataProblem {
  /** The file as it was given. */
  readonly path: string;
  /** The component or XML element that is meant, for example `CustomField/type`. */
  readonly element: string;
  /** What is wrong and, where there is one, the way out. */
  readonly reason: string;
}

/** Thrown when metadata cannot be loaded; holds every problem that was found, not only the first. */
export class MetadataError extends Error {
  readonly problems: readonly MetadataProblem[];

  constructor(problems: readonly MetadataProblem[]) {
    super(
      [
        `${problems.length} problem(s) in the metadata files:`,
        ...problems.map((problem) => `  ${lineOf(problem)}`),
      ].join("\n"),
    );
    this.name = "MetadataError";
    this.problems = problems;
  }
}

/** `path: element: reason`, for a log or a console. */
export function lineOf(problem: MetadataProblem): string {
  return `${problem.path}: ${problem.element}: ${problem.reason}`;
}
