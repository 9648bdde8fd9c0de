import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  add,
  compare,
  digitsText,
  divide,
  multiply,
  parseNumber,
  rounded,
  subtract,
} from "../../../mock-server/formula/number.ts";
import { refusalOf, valueOf } from "./thing.ts";

/** A decimal as whole units with six decimals: the slow and obvious way to compute. */
const UNIT = 1_000_000n;
const decimal = fc.bigInt({ min: -999_999_999_999n, max: 999_999_999_999n });

function textOf(units: bigint, decimals: number): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(decimals + 1, "0");
  return `${sign}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, "").replace(/^-0$/, "0");
}

const numberOf = (units: bigint) => parseNumber(textOf(units, 6)) ?? 0;
const RUNS = { seed: 17, numRuns: 400 };

describe("decimal arithmetic", () => {
  it("adds, subtracts, multiplies and compares as whole numbers do", () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        const [x, y] = [numberOf(a), numberOf(b)];
        expect(digitsText(add(x, y))).toBe(textOf(a + b, 6));
        expect(digitsText(subtract(x, y))).toBe(textOf(a - b, 6));
        expect(digitsText(multiply(x, y))).toBe(textOf(a * b, 12));
        expect(Math.sign(compare(x, y))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
      RUNS,
    );
  });

  it("does not care in which order a sum is added", () => {
    fc.assert(
      fc.property(decimal, decimal, decimal, (a, b, c) => {
        const [x, y, z] = [numberOf(a), numberOf(b), numberOf(c)];
        expect(digitsText(add(add(x, y), z))).toBe(digitsText(add(x, add(y, z))));
        expect(digitsText(multiply(add(x, y), 3))).toBe(digitsText(add(multiply(x, 3), multiply(y, 3))));
      }),
      RUNS,
    );
  });

  it("rounds halves away from zero, and quotients that are a hair's breadth off a half the right way", () => {
    fc.assert(
      fc.property(decimal, fc.integer({ min: 0, max: 5 }), (a, scale) => {
        const step = 10n ** BigInt(6 - scale);
        const magnitude = a < 0n ? -a : a;
        const kept = ((magnitude + step / 2n) / step) * step;
        expect(digitsText(rounded(numberOf(a), scale, "halfUp"))).toBe(textOf(a < 0n ? -kept : kept, 6));
      }),
      RUNS,
    );
    fc.assert(
      fc.property(decimal, fc.bigInt({ min: 1n, max: 9_999_999n }), (a, b) => {
        const exact = (a * UNIT * 100n) / b;
        const shown = digitsText(rounded(divide(numberOf(a), numberOf(b)), 2, "down"));
        expect(shown).toBe(textOf(exact / UNIT, 2));
      }),
      RUNS,
    );
  });
});

describe("any formula", () => {
  const leaf = fc.constantFrom(
    "A",
    "B",
    "T",
    "P",
    "M",
    "D",
    "S",
    "H",
    "C",
    "1",
    "0.1",
    ".5",
    "'x'",
    '""',
    "NULL",
    "TRUE",
    "9999999999999999999",
  );
  const { formula } = fc.letrec<{ formula: string }>((tie) => ({
    formula: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(
          tie("formula"),
          fc.constantFrom("+", "-", "*", "/", "^", "&", "=", "<>", "<", ">=", "&&", "||"),
          tie("formula"),
        )
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(fc.constantFrom("-", "!", "NOT ", "+"), tie("formula")).map(([sign, operand]) => `${sign}${operand}`),
      fc
        .tuple(
          fc.constantFrom(
            ..."ABS ROUND TRUNC FLOOR SQRT EXP LN MOD MAX TEXT VALUE LEN LEFT RPAD FIND SUBSTITUTE REGEX IF CASE ISBLANK".split(
              " ",
            ),
            ..."BLANKVALUE DATE DATEVALUE DATETIMEVALUE TIMEVALUE ADDMONTHS YEAR HOUR ISOWEEK CHR ASCII FORMATDURATION".split(
              " ",
            ),
            ..."ISPICKVAL INCLUDES PRIORVALUE ISCHANGED UNIXTIMESTAMP FROMUNIXTIME GEOLOCATION DISTANCE INITCAP".split(
              " ",
            ),
          ),
          fc.array(tie("formula"), { maxLength: 4 }),
        )
        .map(([name, args]) => `${name}(${args.join(", ")})`),
    ),
  }));
  const row = fc.record({
    A: fc.option(fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 }))),
    B: fc.option(fc.integer({ min: -10, max: 10 })),
    T: fc.option(fc.string({ maxLength: 20 })),
    D: fc.option(fc.integer({ min: -90_000, max: 700_000 })),
    S: fc.option(fc.integer({ min: -1e12, max: 4e12 })),
    H: fc.option(fc.integer({ min: 0, max: 86_399_999 })),
    C: fc.boolean(),
  });

  it("is refused with a reason, or gives a value or #Error! for every record", () => {
    let compiled = 0;
    fc.assert(
      fc.property(formula, row, (text, values) => {
        if (text.length > 3900 || refusalOf(text) !== "compiles") return;
        compiled++;
        valueOf(text, values);
      }),
      { seed: 17, numRuns: 4000 },
    );
    expect(compiled).toBeGreaterThan(100);
  });

  it("even one of random characters is refused with a reason or compiles", () => {
    const noise = fc.array(
      fc.constantFrom(
        "(",
        ")",
        "IF(",
        "A",
        "1",
        ".",
        "'",
        '"',
        "\\",
        "/*",
        "*/",
        "&&",
        "!",
        "-",
        "^",
        ",",
        " ",
        "=",
        "<",
        "$U.X",
        ":",
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(noise, (parts) => {
        expect(refusalOf(parts.join(""))).toBeTypeOf("string");
      }),
      { seed: 17, numRuns: 2000 },
    );
  });
});
