/** Functions that want to be reported. One that stops itself or starts another meanwhile does not disturb the round. */
export class Listeners<Args extends readonly unknown[]> {
  readonly #listeners = new Set<(...args: Args) => void>();

  /** Adds a listener; the function that is returned takes it away. */
  add(listener: (...args: Args) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Tells all of them. */
  tell(...args: Args): void {
    const listeners = [...this.#listeners];
    for (const listener of listeners) listener(...args);
  }
}
