/** The order of texts is that of ICU's collator, without regard to letter case. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { textOrderKey } from "../../../mock-server/soql/run/text-order.ts";

const collator = new Intl.Collator("en", { sensitivity: "accent" });
const CHARACTERS = Array.from("abzABZ0129 \t_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$äÄáéößøØæœłđñçüÅåčř€中日я");

describe("the place of a text among others", () => {
  it("is the one that the collator gives it", () => {
    const text = fc.array(fc.constantFrom(...CHARACTERS), { maxLength: 5 }).map((characters) => characters.join(""));
    fc.assert(
      fc.property(text, text, (left, right) => {
        const [a, b] = [textOrderKey(left), textOrderKey(right)];
        expect(a < b ? -1 : a > b ? 1 : 0).toBe(Math.sign(collator.compare(left, right)));
      }),
      { numRuns: 5_000 },
    );
  });

  it("has punctuation before digits, digits before letters, and accents beside their letter", () => {
    const texts = ["b", "a.b", "ä", "a_b", "B", "1", "a b", "az", "Ab"];
    expect(texts.toSorted((a, b) => (textOrderKey(a) < textOrderKey(b) ? -1 : 1))).toEqual([
      "1",
      "ä",
      "a b",
      "a_b",
      "a.b",
      "Ab",
      "az",
      "b",
      "B",
    ]);
  });
});
