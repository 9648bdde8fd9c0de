/** Checks what JavaScript callers write, for whom no compiler does: names that are not known, and counts that cannot be. */
import { didYouMean } from "./nearest.ts";

/** Throws an `Error` that names the first member of `value` that is none of `names`: a misspelt one would do nothing. */
export function requireKnown(what: string, value: object, names: object): void {
  for (const name of Object.keys(value)) {
    if (!Object.hasOwn(names, name))
      throw new Error(`${what}: there is no ${name}${didYouMean(name, Object.keys(names))}`);
  }
}

/** Throws an `Error` that names the member where a count is there and is no whole number from 0 on. */
export function requireCount(what: string, name: string, value: number | undefined): void {
  if (value !== undefined && !(Number.isSafeInteger(value) && value >= 0))
    throw new Error(`${what}: ${name} ${value} is no whole number from 0 on`);
}
