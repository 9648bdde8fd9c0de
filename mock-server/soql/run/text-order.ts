/**
 * The order of texts: as a dictionary has it, without regard to letter case. `a_b` stands before `a.b`, and `ä` beside `a`.
 *
 * The platform sorts with the rules of ICU. Its collator gives no keys in JavaScript and compares several times slower
 * than two strings, so the keys are made here, and tests compare their order with the collator's.
 */

/** White space, punctuation and symbols of ASCII in their order; digits and letters follow. */
const FIRST = "\t\n\v\f\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";

/** Each of them as a character that sorts before the digits. */
const RANKS: ReadonlyMap<string, string> = new Map(
  Array.from(FIRST, (char, at) => [char, String.fromCharCode(at + 2)]),
);

/** Texts whose characters are in order as they are, once they are upper-cased. */
const PLAIN = /^[A-Za-z0-9]*$/;
// oxlint-disable-next-line no-control-regex -- the range is ASCII
const FOREIGN = /[^\u0000-\u007f]/;
const RANKED = /[\t\n\v\f\r _\-,;:!?.'"()[\]{}@*/\\&#%`^+<=>|~$]/g;

/** Letters that Unicode does not take apart, as they are filed. */
const LETTERS: Readonly<Record<string, string>> = { Æ: "AE", Œ: "OE", Ø: "O", Đ: "D", Ł: "L", Ħ: "H", Ŧ: "T", Þ: "TH" };

/** A text whose place among others of its kind, compared by code units, is the text's place among texts. */
export function textOrderKey(text: string): string {
  if (PLAIN.test(text)) return text.toUpperCase();
  const upper = text.toUpperCase();
  if (!FOREIGN.test(upper)) return ranked(upper);
  const marked = upper.normalize("NFKD");
  const letters = marked.replaceAll(/\p{M}/gu, "").replaceAll(/[ÆŒØĐŁĦŦÞ]/g, (letter) => LETTERS[letter] ?? letter);
  // Other symbols stand behind those of ASCII and before the digits.
  const key = ranked(letters).replaceAll(/(?=[\u0080-\u{10ffff}])[\p{P}\p{S}]/gu, "\u002f$&");
  // Accents count only where the letters are the same.
  return letters === marked ? key : `${key}\u0001${accented(marked)}`;
}

/** Accents in their order. */
const ACCENTS = "\u0301\u0300\u0306\u0302\u030c\u030a\u0308\u030b\u0303\u0307\u0327\u0328\u0304\u0309\u0323\u0331";

function accented(marked: string): string {
  return marked.replaceAll(/\p{M}/gu, (mark) => {
    const rank = ACCENTS.indexOf(mark);
    return rank < 0 ? mark : String.fromCharCode(0x300 + rank);
  });
}

function ranked(text: string): string {
  return text.replaceAll(RANKED, (char) => RANKS.get(char) ?? char);
}
