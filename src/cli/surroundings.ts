/** What a command gets from outside, so that a test can replace the terminal. */
import pc from "picocolors";
import type { ProgressOutput } from "./progress.ts";

/** The terminal and the environment of one command. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdout: { readonly isTTY?: boolean; write(text: string): unknown };
  readonly stderr: ProgressOutput;
  /** Asks the person at the terminal; absent where there is none, and then commands name the option to give. */
  readonly ask?: (question: string) => Promise<string>;
  /** Aborted when the process is told to end. */
  readonly signal?: AbortSignal;
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

/** The colors of standard output: none unless it is a terminal, and none with `NO_COLOR`. */
export function colorsOf({ stdout, environment }: Surroundings): ReturnType<typeof pc.createColors> {
  const wanted = stdout.isTTY === true && (environment["NO_COLOR"] ?? "") === "" && environment["TERM"] !== "dumb";
  return pc.createColors(wanted);
}
