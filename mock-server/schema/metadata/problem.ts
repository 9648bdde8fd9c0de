/** What is wrong in a team's metadata files: all of it at once, each with its place. */

/** One refusal or one remark about a metadata file. */
export interface MetadataProblem {
  /** The file as it was given. */
  readonly path: string;
  /** The component or XML element that is meant, for example `CustomField/type`. */
  readonly element: string;
  /** What is wrong and, where there is one, the way out. */
  readonly reason: string;
  /**
   * The component that is left out because of it, where one is: `Order`, `Order.Margin__c`, `Order.Needs_PO` (a
   * validation rule, a record type), or the name of a permission set or value set.
   */
  readonly leftOut?: string;
  /** What it is a case of, for counting: `fields left out`. Where it is absent, the reason says it. */
  readonly kind?: string;
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

/** How often each kind occurs, the most frequent first, with the first case as an example. */
export function kindsOf(problems: readonly MetadataProblem[]): readonly ProblemKind[] {
  const kinds = new Map<string, { count: number; first: MetadataProblem }>();
  for (const problem of problems) {
    const kind = problem.kind ?? problem.reason;
    const known = kinds.get(kind);
    if (known === undefined) kinds.set(kind, { count: 1, first: problem });
    else known.count += 1;
  }
  return [...kinds].map(([kind, counted]) => ({ kind, ...counted })).toSorted((a, b) => b.count - a.count);
}

/** One kind of problem or remark. */
export interface ProblemKind {
  readonly kind: string;
  readonly count: number;
  readonly first: MetadataProblem;
}
