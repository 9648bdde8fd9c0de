/** Functions of texts. */
import { FormulaError } from "../error.ts";
import { digitsText, type Num, parseNumber, toNumber } from "../number.ts";
import { matches, type Pattern, patternOf } from "../regex.ts";
import type { Run, Scope, Typed } from "../scope.ts";
import { asNumber, asText, type Call, NOTHING, wrongType } from "../types.ts";
import { dayText, instantText, timeText } from "./calendar.ts";
import { htmlEncoded, scriptEncoded, urlEncoded } from "./encode.ts";
import { argument, type BoundCall, type FormulaFunction, type FunctionTable, textOf } from "./function.ts";

/** Characters that a formula's text may have [memory: platform §6]. */
const TEXT_MAX = 5000;

/** Parts, pads, cases, encodings, links, and what turns values into texts and back. */
export const TEXTS: FunctionTable = {
  TEXT: { min: 1, max: 2, bind: ([value = NOTHING], call) => ({ type: "text", run: displayed(value, call) }) },
  VALUE: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "number", run: (scope) => numberOf(run(scope)) };
    },
  },
  LEN: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "number", run: (scope) => run(scope).length };
    },
  },
  LEFT: counted((value, count) => value.slice(0, count)),
  RIGHT: counted((value, count) => value.slice(Math.max(0, value.length - count))),
  MID: {
    min: 3,
    max: 3,
    bind: ([value = NOTHING, start = NOTHING, count = NOTHING], call) => {
      const text = asText(value, call);
      const [from, length] = [asNumber(start, call), asNumber(count, call)];
      return {
        type: "text",
        run: (scope) => {
          const at = Math.max(1, countOf(from(scope))) - 1;
          return text(scope).slice(at, at + countOf(length(scope)));
        },
      };
    },
  },
  LPAD: padded("start"),
  RPAD: padded("end"),
  TRIM: textOf(trimmed),
  UPPER: cased((value) => value.toUpperCase()),
  LOWER: cased((value) => value.toLowerCase()),
  INITCAP: cased((value) =>
    value.replace(
      /([\p{L}\p{N}])([\p{L}\p{N}]*)/gu,
      (_, first: string, rest: string) => first.toUpperCase() + rest.toLowerCase(),
    ),
  ),
  REVERSE: textOf((value) => Array.from(value).reverse().join("")),
  SUBSTITUTE: {
    min: 3,
    max: 3,
    bind: (args, call) => {
      const [text, old, next] = [0, 1, 2].map((at) => asText(argument(args, at), call));
      if (text === undefined || old === undefined || next === undefined) throw new Error("SUBSTITUTE has three texts");
      return {
        type: "text",
        run: (scope) => {
          const searched = old(scope);
          return searched === "" ? text(scope) : text(scope).split(searched).join(next(scope));
        },
      };
    },
  },
  FIND: {
    min: 2,
    max: 3,
    bind: ([part = NOTHING, value = NOTHING, start], call) => {
      const [searched, text] = [asText(part, call), asText(value, call)];
      const from = start === undefined ? () => 1 : asNumber(start, call);
      return {
        type: "number",
        run: (scope) => {
          const at = countOf(from(scope));
          const wanted = searched(scope);
          return at < 1 || wanted === "" ? 0 : text(scope).indexOf(wanted, at - 1) + 1;
        },
      };
    },
  },
  ASCII: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      return { type: "number", run: (scope) => run(scope).codePointAt(0) ?? null };
    },
  },
  CHR: {
    min: 1,
    max: 1,
    bind: (args, call) => {
      const run = asNumber(argument(args, 0), call);
      return {
        type: "text",
        run: (scope) => {
          const value = run(scope);
          const code = value === null ? 0 : Math.trunc(toNumber(value));
          if (code < 0 || code > 0x10ffff) throw new FormulaError(`${code} is no character`);
          return code === 0 ? "" : String.fromCodePoint(code);
        },
      };
    },
  },
  BR: { min: 0, max: 0, bind: () => ({ type: "text", run: () => "\r\n" }) },
  HTMLENCODE: textOf(htmlEncoded),
  JSENCODE: textOf(scriptEncoded),
  JSINHTMLENCODE: textOf((value) => scriptEncoded(htmlEncoded(value))),
  URLENCODE: textOf(urlEncoded),
  // How the API shows these two is [memory: platform §6].
  HYPERLINK: {
    min: 2,
    max: 3,
    bind: (args, call) => {
      const [url, label, target] = args.map((arg) => asText(arg, call));
      if (url === undefined || label === undefined) throw new Error("HYPERLINK has an address and a label");
      return {
        type: "text",
        run: (scope) => `<a href="${url(scope)}" target="${target?.(scope) ?? "_blank"}">${label(scope)}</a>`,
      };
    },
  },
  IMAGE: {
    min: 2,
    max: 4,
    bind: ([address = NOTHING, alternative = NOTHING, height, width], call) => {
      const [url, label] = [asText(address, call), asText(alternative, call)];
      const size = [height, width].map((part) => (part === undefined ? undefined : asNumber(part, call)));
      return {
        type: "text",
        run: (scope) => {
          const [high, wide] = size.map((run) => run?.(scope) ?? undefined);
          const style = [
            high === undefined ? "" : `height:${digitsText(high)}px; `,
            wide === undefined ? "" : `width:${digitsText(wide)}px;`,
          ]
            .join("")
            .trim();
          const shown = style === "" ? "" : ` style="${style}"`;
          return `<img src="${url(scope)}" alt="${label(scope)}"${shown} border="0"/>`;
        },
      };
    },
  },
  IMAGEPROXYURL: textOf((value) => value),
  REGEX: { min: 2, max: 2, bind: bindRegex },
};

/** TEXT(): a number in plain digits, a date as `2026-08-01`, an instant as `2026-08-01 09:30:00Z`, a picklist's value. */
function displayed(value: Typed, call: Call): Run<string> {
  switch (value.type) {
    case "number":
      return shown(value.run, digitsText);
    case "date":
      return shown(value.run, dayText);
    case "datetime":
      return shown(value.run, instantText);
    case "time":
      return shown(value.run, timeText);
    case "picklist":
      return value.run;
    case "text":
    case "id":
    case "null":
      return asText(value, call);
    case "boolean":
    case "location":
    case "multipicklist":
      throw wrongType(call, "Number, Date, Date/Time, Time or Picklist", value);
    default:
      return unreachable(value);
  }
}

function shown<T>(run: Run<T | null>, of: (value: T) => string): Run<string> {
  return (scope: Scope) => {
    const value = run(scope);
    return value === null ? "" : of(value);
  };
}

function numberOf(text: string): Num | null {
  const plain = text.trim();
  if (plain === "") return null;
  const value = parseNumber(plain);
  if (value === undefined) throw new FormulaError(`"${text}" is no number`);
  return value;
}

/** A count of characters: none for an empty or a negative one. */
function countOf(value: Num | null): number {
  return value === null ? 0 : Math.min(TEXT_MAX, Math.max(0, Math.trunc(toNumber(value))));
}

function counted(of: (value: string, count: number) => string): FormulaFunction {
  return {
    min: 2,
    max: 2,
    bind: ([value = NOTHING, count = NOTHING], call) => {
      const [text, length] = [asText(value, call), asNumber(count, call)];
      return { type: "text", run: (scope) => of(text(scope), countOf(length(scope))) };
    },
  };
}

function padded(side: "start" | "end"): FormulaFunction {
  return {
    min: 2,
    max: 3,
    bind: ([value = NOTHING, count = NOTHING, pad], call) => {
      const [text, length] = [asText(value, call), asNumber(count, call)];
      const filler = pad === undefined ? () => " " : asText(pad, call);
      return {
        type: "text",
        run: (scope) => {
          const [short, wanted] = [text(scope), countOf(length(scope))];
          if (short === "" || short.length >= wanted) return short.slice(0, wanted);
          const fill = filler(scope);
          return side === "start" ? short.padStart(wanted, fill) : short.padEnd(wanted, fill);
        },
      };
    },
  };
}

/** Upper and lower case; the language is taken, and the rules of Unicode are used for each [memory: platform §6]. */
function cased(of: (value: string) => string): FormulaFunction {
  return {
    min: 1,
    max: 2,
    bind: (args, call) => {
      const run = asText(argument(args, 0), call);
      for (const locale of args.slice(1)) asText(locale, call);
      return { type: "text", run: (scope) => of(run(scope)) };
    },
  };
}

/** Without the characters up to the blank at both ends, as Java trims. */
function trimmed(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && text.charCodeAt(from) <= 0x20) from++;
  while (to > from && text.charCodeAt(to - 1) <= 0x20) to--;
  return text.slice(from, to);
}

/** The whole text must match. A pattern that is written out is checked when the formula is compiled. */
function bindRegex(args: readonly Typed[], call: BoundCall): Typed {
  const text = asText(argument(args, 0), call);
  const pattern = asText(argument(args, 1), call);
  const node = call.nodes[1];
  if (node?.kind === "text") {
    const known = patternOf(node.value);
    return { type: "boolean", run: (scope) => matches(known, text(scope)) };
  }
  let last: { readonly source: string; readonly pattern: Pattern } | undefined;
  return {
    type: "boolean",
    run: (scope) => {
      const source = pattern(scope);
      if (last?.source !== source) last = { source, pattern: patternOf(source) };
      return matches(last.pattern, text(scope));
    },
  };
}

function unreachable(value: never): never {
  throw new Error(`Unknown type ${JSON.stringify(value)}`);
}
