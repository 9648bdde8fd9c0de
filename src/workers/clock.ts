/** The database's time, so that leases of machines whose clocks differ mean the same. */

/** Our own clock, put right by the database's. */
export class DatabaseClock {
  #offsetMs = 0;

  /** Milliseconds since 1970 as the database counts them. */
  readonly nowMs = (): number => Date.now() + this.#offsetMs;

  /** Compares the clocks; a read that took long says little and is put in its middle. */
  async set(read: () => Promise<number>): Promise<void> {
    const before = Date.now();
    const database = await read();
    this.#offsetMs = Math.round(database - (before + Date.now()) / 2);
  }
}
