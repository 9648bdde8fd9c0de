/** Where faults enter bulk jobs: asked before each step that would do something. */

/** A job at a step. */
export interface BulkStep {
  readonly object: string;
  readonly operation: string;
  readonly username: string;
}

/** What happens instead: the job (or batch) stays as it is for ever, or it fails with this message. */
export type BulkFault = { readonly kind: "stuck" } | { readonly kind: "failed"; readonly message: string };

/** Decides about a step; undefined lets it go on. */
export type BulkFaultHook = (step: BulkStep) => BulkFault | undefined;
