/**
 * The one error of the connector and the table of its codes.
 *
 * Operating errors (network, limits, configuration, state) are `SyncError`s. A conflict or a refused record is a
 * business result and an ordinary value, never an exception. `docs/errors.md` is generated from the table.
 */

/** When it makes sense to try the same thing again. */
export type Retry = "now" | "later" | "never";

/** What one error code means, for people. */
export interface ErrorCodeEntry {
  readonly when: string;
  /** What the reader of the message should do. */
  readonly remedy: string;
  readonly retry: Retry;
  /** Exit code of the command line: 2 usage or configuration, 3 could not run. */
  readonly exitCode: 2 | 3;
}

/** Every code, with when it happens and what to do. */
export const ERROR_CODES = {
  CONFIG_UNREADABLE: {
    when: "The configuration file does not exist, cannot be read, or is not YAML, JSON or a module.",
    remedy: "Give the right path with --config, or make one with `order-sync init`.",
    retry: "never",
    exitCode: 2,
  },
  CONFIG_INVALID: {
    when: "A value of the configuration is missing, of the wrong type or contradicts another one.",
    remedy: "Correct the value at the path that the message names.",
    retry: "never",
    exitCode: 2,
  },
  USAGE: {
    when: "The command line names an unknown command or option, or an option has a wrong value.",
    remedy: "See `order-sync help`.",
    retry: "never",
    exitCode: 2,
  },
  MAPPING_INVALID: {
    when: "The mapping does not fit the org's describe or the external schema.",
    remedy: "Run `order-sync check`: it lists every problem with its place.",
    retry: "never",
    exitCode: 2,
  },
  SALESFORCE_UNREACHABLE: {
    when: "The Salesforce host cannot be resolved or does not answer.",
    remedy: "Check salesforce.loginUrl and the network; the next run continues where this one stopped.",
    retry: "later",
    exitCode: 3,
  },
  SALESFORCE_LOGIN: {
    when: "Salesforce refuses the credentials.",
    remedy: "Correct the credentials. The tool does not try again by itself: repeated failures lock the user.",
    retry: "never",
    exitCode: 3,
  },
  SALESFORCE_LIMIT: {
    when: "The org's API request limit, or the share of it that this connector may use, is used up.",
    remedy: "Wait until the rolling 24-hour window frees requests, or raise limits.dailyCalls.",
    retry: "later",
    exitCode: 3,
  },
  SALESFORCE_REFUSED: {
    when: "Salesforce refuses a whole request for a reason that repeating does not cure.",
    remedy: "Read the Salesforce code in the message; permissions and schema drift are found by `order-sync check`.",
    retry: "never",
    exitCode: 3,
  },
  SALESFORCE_UNAVAILABLE: {
    when: "Salesforce answers with server errors, time-outs or a maintenance page, and did so for all allowed attempts.",
    remedy: "Wait; the next run continues where this one stopped. Writes whose fate is unknown are looked up first.",
    retry: "later",
    exitCode: 3,
  },
  EXTERNAL_UNREACHABLE: {
    when: "The external system cannot be reached.",
    remedy: "Check external.url and the network; the next run continues where this one stopped.",
    retry: "later",
    exitCode: 3,
  },
  EXTERNAL_REFUSED: {
    when: "The external system refuses a whole request, for example because a table, folder or permission is missing.",
    remedy: "Correct what the message names; `order-sync check` lists everything of this kind.",
    retry: "never",
    exitCode: 3,
  },
  STATE_UNREADABLE: {
    when: "The state store is not a state database of this tool, is damaged, or is newer than this version.",
    remedy: "Restore a backup, or move the file away: the next run reads both sides again and doubles nothing.",
    retry: "never",
    exitCode: 3,
  },
  STATE_LOCKED: {
    when: "Another process holds a lock on the state store for longer than the waiting time.",
    remedy: "Let the other run finish, or stop it. A lease that nobody renews expires by itself.",
    retry: "later",
    exitCode: 3,
  },
  STATE_UNREACHABLE: {
    when: "The state database does not answer, refuses the login, or the disk of the state file is full.",
    remedy: "Check state.url, the network and the disk; the next run continues where this one stopped.",
    retry: "later",
    exitCode: 3,
  },
  LEASE_HELD: {
    when: "Another process is running this synchronization right now.",
    remedy: "Wait for it. If it died, its lease expires by itself at the time in the message.",
    retry: "later",
    exitCode: 3,
  },
  LEASE_LOST: {
    when: "This process was suspended for so long that another one took its lease; it commits nothing any more.",
    remedy: "Nothing: the other process goes on. Frequent cases mean that leaseTtl is too short.",
    retry: "later",
    exitCode: 3,
  },
  PLAN_STALE: {
    when: "Something that a plan was made from has changed since, so that applying it would do something else.",
    remedy: "Make a new plan with `order-sync plan --out plan.json`, look at it, and apply that one.",
    retry: "never",
    exitCode: 3,
  },
  NOT_FOUND: {
    when: "A conflict, dead letter or record that the command line names is not in the state.",
    remedy: "List what there is, for example with `order-sync conflicts list`.",
    retry: "never",
    exitCode: 2,
  },
  STOPPED: {
    when: "The process was told to end in the middle of its work; what it had not sent yet waits.",
    remedy: "Nothing: whoever runs next goes on where it stopped.",
    retry: "later",
    exitCode: 3,
  },
  DELETE_GUARD: {
    when: "A run would delete more records than limits.deleteShare, or more lines than limits.deleteLineShare, allows.",
    remedy: "Look at `order-sync plan`; if the deletes are meant, run once with --allow-deletes.",
    retry: "never",
    exitCode: 3,
  },
} as const satisfies Readonly<Record<string, ErrorCodeEntry>>;

/** A code of `ERROR_CODES`. */
export type ErrorCode = keyof typeof ERROR_CODES;

/** An operating error: its message names the thing, the value and the way out, and holds no secret. */
export class SyncError extends Error {
  readonly code: ErrorCode;
  readonly retry: Retry;
  /** Facts for logs: never secrets, never whole records. */
  readonly context: Readonly<Record<string, string | number | boolean | null>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { readonly context?: SyncError["context"]; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "SyncError";
    this.code = code;
    this.retry = ERROR_CODES[code].retry;
    this.context = options.context ?? {};
  }

  /** 2 for usage and configuration, 3 when the run could not be done. */
  get exitCode(): 2 | 3 {
    return ERROR_CODES[this.code].exitCode;
  }
}
