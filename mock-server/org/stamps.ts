import { wireInstant } from "./clock.ts";

/** Instants in wire form. All transactions of one second share the text, in memory too. */
export class Stamps {
  #second = Number.NaN;
  #text = "";

  at(nowMs: number): string {
    const second = Math.floor(nowMs / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#text = wireInstant(nowMs);
    }
    return this.#text;
  }
}
