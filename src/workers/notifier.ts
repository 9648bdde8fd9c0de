/**
 * The bell: workers on many machines wake each other through the database, so that nobody has to ask often.
 *
 * A ring may get lost with a connection, and behind a connection pooler that lends connections per transaction it never
 * arrives. So every wait has an end: the bell saves time, and nothing depends on it.
 */
import pg from "pg";

/** What is rung for: jobs to take, jobs that ended. */
export type Topic = "jobs" | "done";

const CHANNEL = "order_sync_workers";
const RECONNECT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** Hears the rings of one source. */
export class Notifier {
  readonly #url: string;
  readonly #source: string;
  readonly #counts = { jobs: 0, done: 0 };
  readonly #waiting = new Set<() => void>();
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(url: string, source: string) {
    this.#url = url;
    this.#source = source;
    void this.#listen();
  }

  /** The statement that rings, and its parameters. */
  notify(what: Topic): { readonly text: string; readonly values: readonly string[] } {
    return { text: "select pg_notify($1, $2)", values: [CHANNEL, `${what} ${this.#source}`] };
  }

  /** How often it has rung so far; to be asked before looking whether there is something to do. */
  count(what: Topic): number {
    return this.#counts[what];
  }

  /** Resolves when it has rung more often than `count`, after `ms`, or when the signal is aborted. */
  async waitAfter(what: Topic, count: number, ms: number, signal?: AbortSignal): Promise<void> {
    if (this.#counts[what] > count || this.#closed || signal?.aborted === true) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      const look = (): void => {
        if (this.#counts[what] > count || this.#closed) end();
      };
      const timer = setTimeout(end, ms);
      this.#waiting.add(look);
      signal?.addEventListener("abort", end);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    for (const look of this.#waiting) look();
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.#url, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    let lost = false;
    const again = (): void => {
      if (lost || this.#closed) return;
      lost = true;
      if (this.#client === client) this.#client = undefined;
      this.#timer = setTimeout(() => void this.#listen(), RECONNECT_MS);
    };
    client.on("error", again);
    client.on("end", again);
    client.on("notification", ({ payload }) => this.#hear(payload ?? ""));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
      if (this.#closed) await client.end();
      else this.#client = client;
      // Whatever was rung while nobody listened.
      this.#hear(`jobs ${this.#source}`);
      this.#hear(`done ${this.#source}`);
    } catch {
      // The state store reports what is wrong with the database where somebody waits for an answer.
      again();
    }
  }

  #hear(payload: string): void {
    const [what, source] = [payload.slice(0, 4), payload.slice(5)];
    if (source !== this.#source || (what !== "jobs" && what !== "done")) return;
    this.#counts[what] += 1;
    for (const look of this.#waiting) look();
  }
}
