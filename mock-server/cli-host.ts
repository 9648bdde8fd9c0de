/** The process around the command. */

/** What the command needs from the process around it. */
export interface CliHost {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Resolves when the user wants the command to end. */
  readonly untilStopped: () => Promise<void>;
}
