/**
 * What the org was asked and what it answered: a bounded list for tests and for the console.
 *
 * Entries are made of values that the pipeline holds anyway; no body is read a second time. Secrets never enter.
 */

/** One call. */
export interface JournalEntry {
  /** Counts from 1 for the life of the org. */
  readonly number: number;
  /** The org's time as an ISO instant. */
  readonly at: string;
  readonly method: string;
  /** Path and query string, tokens replaced by `***`. */
  readonly path: string;
  readonly status: number;
  /** The user, where a session was found. */
  readonly username: string | null;
  /** First error code of a refused call. */
  readonly errorCode: string | null;
  /** Time that the org took, in milliseconds of the machine's clock. */
  readonly durationMs: number;
  /** The decoded request body of REST calls; null for logins and where it was larger than the journal keeps. */
  readonly requestBody: unknown;
  /** The answer before it was serialised; null as above. */
  readonly responseBody: unknown;
}

/** A call as the pipeline reports it: the time in milliseconds, because most entries are never read. */
export type JournalRecord = Omit<JournalEntry, "number" | "at"> & { readonly atMs: number };

/** Calls kept by default. */
export const JOURNAL_ENTRIES = 1_000;

const SECRET_PARAMETERS =
  /([?&](?:oauth_token|access_token|token|password|client_secret|assertion|code|refresh_token|sid)=)[^&#]*/gi;

/** The path with every token and password replaced. */
export function redactPath(path: string): string {
  return path.includes("?") ? path.replace(SECRET_PARAMETERS, "$1***") : path;
}

/** The last calls of an org, oldest first. */
export class Journal {
  readonly #capacity: number;
  /** A ring: the entry with number n stands at (n - 1) mod capacity. */
  #ring: (JournalRecord & { readonly number: number })[] = [];
  #count = 0;
  #cleared = 0;

  constructor(capacity: number = JOURNAL_ENTRIES) {
    this.#capacity = capacity;
  }

  add(entry: JournalRecord): void {
    if (this.#capacity === 0) return;
    this.#ring[this.#count % this.#capacity] = { number: this.#count + 1, ...entry };
    this.#count += 1;
  }

  /** All kept entries, oldest first. */
  get entries(): readonly JournalEntry[] {
    const kept = Math.min(this.#count - this.#cleared, this.#capacity);
    return Array.from(
      { length: kept },
      (_, index) => this.#ring[(this.#count - kept + index) % this.#capacity],
    ).flatMap((entry) => {
      if (entry === undefined) return [];
      const { atMs, ...rest } = entry;
      return [{ ...rest, at: new Date(atMs).toISOString() }];
    });
  }

  /** Calls since the start, kept or not. */
  get count(): number {
    return this.#count;
  }

  /** Forgets the entries; numbers go on. */
  clear(): void {
    this.#ring = [];
    this.#cleared = this.#count;
  }
}
