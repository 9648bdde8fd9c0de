/** What a command gets from outside, so that a test can stand in for the terminal. */
import type { ProgressOutput } from "./progress.ts";

/** The terminal and the environment of one command. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: ProgressOutput;
}

/** Exit codes that scripts may rely on. */
export const EXIT = {
  done: 0,
  /** Done, but some records were refused or wait. */
  doneWithRefusals: 1,
  /** Usage or configuration. */
  usage: 2,
  /** Could not run. */
  failed: 3,
} as const;

/** One of the exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
