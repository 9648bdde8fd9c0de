/** Reads a pattern of REGEX, in the syntax of Java's regular expressions, into a tree. */
import { FormulaError } from "./error.ts";

/** One step of a pattern. */
export type Part =
  | { readonly kind: "one"; readonly accepts: (code: number) => boolean }
  | { readonly kind: "all"; readonly parts: readonly Part[] }
  | { readonly kind: "any"; readonly parts: readonly Part[] }
  /** `max` is Infinity for `*` and `+`. */
  | { readonly kind: "repeat"; readonly part: Part; readonly min: number; readonly max: number }
  | { readonly kind: "place"; readonly place: "start" | "end" | "word" | "notWord" }
  | { readonly kind: "ahead"; readonly part: Part; readonly negative: boolean };

/** Repetitions that one part may ask for, and how deep groups may appear in groups. */
const REPEAT_MAX = 5000;
const DEPTH_MAX = 200;

type Accepts = (code: number) => boolean;

const digit: Accepts = (code) => code >= 48 && code <= 57;
const word: Accepts = (code) => digit(code) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122) || code === 95;
const blank: Accepts = (code) => code === 32 || (code >= 9 && code <= 13);
const CLASSES: Readonly<Record<string, Accepts>> = {
  d: digit,
  D: (code) => !digit(code),
  w: word,
  W: (code) => !word(code),
  s: blank,
  S: (code) => !blank(code),
};
const CONTROLS: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 };
/** Java's names of classes that JavaScript calls differently. */
const NAMED: Readonly<Record<string, Accepts>> = {
  Lower: (code) => code >= 97 && code <= 122,
  Upper: (code) => code >= 65 && code <= 90,
  ASCII: (code) => code < 128,
  Alpha: (code) => word(code) && !digit(code) && code !== 95,
  Digit: digit,
  Alnum: (code) => word(code) && code !== 95,
  Punct: (code) => code > 32 && code < 127 && (!word(code) || code === 95),
  Space: blank,
  Blank: (code) => code === 32 || code === 9,
  XDigit: (code) => digit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102),
};

/** True for a character of `\w`, as `\b` sees it. */
export const isWord: (code: number) => boolean = word;

/** The pattern's tree. Throws a `FormulaError` for one that cannot be read or is not supported. */
export function parsePattern(source: string): Part {
  const reader = new Reader(source);
  const part = reader.alternatives(0);
  if (!reader.done) throw reader.fault("one ')' too many");
  return part;
}

class Reader {
  readonly #source: string;
  #at = 0;
  #ignoreCase = false;

  constructor(source: string) {
    this.#source = source;
  }

  get done(): boolean {
    return this.#at >= this.#source.length;
  }

  fault(what: string): FormulaError {
    return new FormulaError(`the pattern ${this.#source} cannot be read: ${what}`);
  }

  alternatives(depth: number): Part {
    if (depth > DEPTH_MAX) throw new FormulaError("Regex too complicated");
    const parts: Part[] = [];
    const caseBefore = this.#ignoreCase;
    do parts.push(this.#sequence(depth));
    while (this.#take("|"));
    this.#ignoreCase = caseBefore;
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: "any", parts };
  }

  #sequence(depth: number): Part {
    const parts: Part[] = [];
    while (!this.done && !this.#sees("|") && !this.#sees(")")) {
      const part = this.#atom(depth);
      if (part !== undefined) parts.push(this.#repeated(part));
    }
    return { kind: "all", parts };
  }

  #repeated(part: Part): Part {
    let whole = part;
    for (;;) {
      const range = this.#range();
      if (range === undefined) return whole;
      if (this.#sees("+")) throw this.fault("possessive repetitions are not supported");
      // A lazy repetition matches the same whole texts as a greedy one.
      this.#take("?");
      whole = { kind: "repeat", part: whole, ...range };
    }
  }

  #range(): { readonly min: number; readonly max: number } | undefined {
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    if (!this.#sees("{")) return undefined;
    const match = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at, this.#at + 20));
    if (match === null) throw this.fault("'{' needs a number of repetitions");
    this.#at += match[0].length;
    const min = Number(match[1]);
    const max = match[2] === "" ? min : match[3] === "" ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (max < min) throw this.fault("a repetition ends before it begins");
    if (min > REPEAT_MAX || (max !== Number.POSITIVE_INFINITY && max > REPEAT_MAX))
      throw new FormulaError("Regex too complicated");
    return { min, max };
  }

  #atom(depth: number): Part | undefined {
    if (this.#take("(")) return this.#group(depth);
    if (this.#take("[")) return { kind: "one", accepts: this.#class(depth) };
    if (this.#take(".")) return { kind: "one", accepts: (code) => code !== 10 && code !== 13 };
    if (this.#take("^")) return { kind: "place", place: "start" };
    if (this.#take("$")) return { kind: "place", place: "end" };
    if (this.#take("\\")) return this.#escaped();
    const code = this.#next();
    if (code === 42 || code === 43 || code === 63) throw this.fault("a repetition has nothing to repeat");
    return { kind: "one", accepts: this.#character(code) };
  }

  #group(depth: number): Part | undefined {
    if (!this.#take("?")) return this.#closed(this.alternatives(depth + 1));
    if (this.#take(":")) return this.#closed(this.alternatives(depth + 1));
    if (this.#take("=")) return { kind: "ahead", negative: false, part: this.#closed(this.alternatives(depth + 1)) };
    if (this.#take("!")) return { kind: "ahead", negative: true, part: this.#closed(this.alternatives(depth + 1)) };
    const named = /^<[A-Za-z][A-Za-z0-9]*>/.exec(this.#source.slice(this.#at, this.#at + 100));
    if (named !== null) {
      this.#at += named[0].length;
      return this.#closed(this.alternatives(depth + 1));
    }
    if (this.#take("i)")) {
      this.#ignoreCase = true;
      return undefined;
    }
    throw this.fault("looking back, atomic groups and flags other than (?i) are not supported");
  }

  #closed(part: Part): Part {
    if (!this.#take(")")) throw this.fault("')' is missing");
    return part;
  }

  #escaped(): Part {
    const letter = this.#source[this.#at] ?? "";
    if (letter === "b" || letter === "B") {
      this.#at++;
      return { kind: "place", place: letter === "b" ? "word" : "notWord" };
    }
    if (letter === "A" || letter === "z" || letter === "Z") {
      this.#at++;
      return { kind: "place", place: letter === "A" ? "start" : "end" };
    }
    if (/[1-9k]/.test(letter)) throw this.fault("references to groups are not supported");
    if (letter === "Q") {
      const end = this.#source.indexOf("\\E", this.#at);
      const text = this.#source.slice(this.#at + 1, end < 0 ? undefined : end);
      this.#at = end < 0 ? this.#source.length : end + 2;
      return { kind: "all", parts: Array.from(text).map((each) => this.#literal(each.codePointAt(0) ?? 0)) };
    }
    return { kind: "one", accepts: this.#escape().accepts };
  }

  #literal(code: number): Part {
    return { kind: "one", accepts: this.#character(code) };
  }

  /** Behind a backslash: a class of characters, or one character. */
  #escape(): { readonly accepts: Accepts; readonly code?: number } {
    if (this.done) throw this.fault("it ends with a backslash");
    const code = this.#next();
    const letter = String.fromCodePoint(code);
    const known = CLASSES[letter];
    if (known !== undefined) return { accepts: known };
    const control = CONTROLS[letter];
    if (control !== undefined) return { accepts: (each) => each === control, code: control };
    if (letter === "p" || letter === "P") return { accepts: this.#property(letter === "P") };
    if (letter === "u" || letter === "x") {
      const length = letter === "u" ? 4 : 2;
      const digits = this.#source.slice(this.#at, this.#at + length);
      if (!/^[0-9A-Fa-f]+$/.test(digits) || digits.length !== length)
        throw this.fault(`\\${letter} needs ${length} hex digits`);
      this.#at += length;
      const wanted = Number.parseInt(digits, 16);
      return { accepts: this.#character(wanted), code: wanted };
    }
    if (/[A-Za-z]/.test(letter)) throw this.fault(`\\${letter} is not supported`);
    return { accepts: this.#character(code), code };
  }

  #property(negative: boolean): Accepts {
    const match = /^(?:\{(\w+)\}|(\w))/.exec(this.#source.slice(this.#at, this.#at + 40));
    const name = match?.[1] ?? match?.[2] ?? "";
    if (match === null) throw this.fault("\\p needs the name of a class");
    this.#at += match[0].length;
    const accepts = NAMED[name] ?? unicode(name.replace(/^Is/, ""));
    if (accepts === undefined) throw this.fault(`\\p{${name}} is not supported`);
    return negative ? (code) => !accepts(code) : accepts;
  }

  #class(depth: number): Accepts {
    if (depth > DEPTH_MAX) throw new FormulaError("Regex too complicated");
    const negative = this.#take("^");
    const any: Accepts[] = [];
    let both: Accepts | undefined;
    let first = true;
    for (;;) {
      if (this.done) throw this.fault("']' is missing");
      if (!first && this.#take("]")) break;
      if (this.#take("&&")) {
        const rest = this.#take("[") ? this.#class(depth + 1) : undefined;
        if (rest === undefined) throw this.fault("&& needs a class in brackets");
        const before = both;
        both = before === undefined ? rest : (code) => before(code) && rest(code);
      } else if (this.#take("[")) any.push(this.#class(depth + 1));
      else any.push(this.#member());
      first = false;
    }
    const within = both;
    const accepts: Accepts = (code) => any.some((each) => each(code)) && (within === undefined || within(code));
    return negative ? (code) => !accepts(code) : accepts;
  }

  #member(): Accepts {
    const from = this.#classCharacter();
    if (from.code === undefined || !this.#sees("-") || /^-[\]&]/.test(this.#source.slice(this.#at, this.#at + 2)))
      return from.accepts;
    this.#at++;
    if (this.#sees("[")) {
      const low = from.code;
      return (code) => code === low || code === 45;
    }
    const to = this.#classCharacter();
    if (to.code === undefined || to.code < from.code) throw this.fault("a range of characters has no order");
    const [low, high] = [from.code, to.code];
    const within: Accepts = (code) => code >= low && code <= high;
    if (!this.#ignoreCase) return within;
    return (code) => within(code) || within(otherCase(code));
  }

  #classCharacter(): { readonly accepts: Accepts; readonly code?: number } {
    if (this.#take("\\")) return this.#escape();
    const code = this.#next();
    return { accepts: this.#character(code), code };
  }

  #character(wanted: number): Accepts {
    if (!this.#ignoreCase) return (code) => code === wanted;
    const other = otherCase(wanted);
    return (code) => code === wanted || code === other;
  }

  #next(): number {
    const code = this.#source.codePointAt(this.#at) ?? 0;
    this.#at += code > 0xffff ? 2 : 1;
    return code;
  }

  #sees(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  #take(text: string): boolean {
    if (!this.#sees(text)) return false;
    this.#at += text.length;
    return true;
  }
}

function otherCase(code: number): number {
  if (code >= 65 && code <= 90) return code + 32;
  return code >= 97 && code <= 122 ? code - 32 : code;
}

function unicode(name: string): Accepts | undefined {
  try {
    const pattern = new RegExp(`^\\p{${name}}$`, "u");
    return (code) => pattern.test(String.fromCodePoint(code));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
