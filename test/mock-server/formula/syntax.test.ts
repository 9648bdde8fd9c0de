import { describe, expect, it } from "vitest";
import { refusalOf, valueOf } from "./thing.ts";

describe("the grammar of formulas", () => {
  it.each<[string, unknown]>([
    // What binds tighter than what.
    ["!ISBLANK(T) && U = 'x'", false],
    ["NOT ISBLANK(T) && U = 'x'", false],
    ["!C && TRUE", true],
    ["NOT C || TRUE", true],
    ["1 + 2 * 3 ^ 2", "19"],
    ["-2 ^ 2", "4"],
    ["2 ^ 3 ^ 2", "64"],
    ["10 - 4 - 3", "3"],
    ["100 / 10 / 5", "2"],
    ["5 -- 2", "7"],
    ["5 - - - 2", "3"],
    ["- - 2", "2"],
    ["!!TRUE", true],
    ["'a' & 'b' = 'ab'", true],
    ["1 + 1 = 2 && 2 > 1", true],
    ["FALSE && FALSE || TRUE", true],
    ["TRUE || FALSE && FALSE", true],
    ["1 < 2 = TRUE", true],
    // How things are written.
    [".5 + 1.", "1.5"],
    ["1e3", "1000"],
    ["if(true, 1, 2)", "1"],
    ["If ( True , 1 , 2 )", "1"],
    ["2 == 2 && 2 != 3 && 2 <> 3", true],
    [String.raw`"a\\b" & '\'' & "\""`, String.raw`a\b'"`],
    [String.raw`"line\nnext"`, "line\nnext"],
    [String.raw`REGEX("42", "\d+")`, true],
    ["1 /* one */ + /* two\n */ 2", "3"],
    ["\u00a0 1\t+\r\n2", "3"],
    ["((((1))))", "1"],
    ["'/* no comment */'", "/* no comment */"],
  ])("%s is %j", (formula, expected) => {
    expect(valueOf(formula)).toEqual(expected);
  });

  it.each([
    ["", "the formula is empty (line 1, column 1)"],
    ["1 +", "an operand is missing at the end (line 1, column 4)"],
    ["1\n+ * 2", "found '*' where an operand must stand (line 2, column 3)"],
    ["(1 + 2", "')' is missing (line 1, column 1)"],
    ["IF(TRUE, 1", "')' is missing after IF( (line 1, column 1)"],
    ["1 + 2)", "one ')' too many (line 1, column 6)"],
    ["1, 2", "found ',' outside of a function (line 1, column 2)"],
    ["A B", "found 'B' where an operator must stand (line 1, column 3)"],
    ["MAX(1,)", "found ')' where an operand must stand (line 1, column 7)"],
    ["MAX()", "MAX takes 1 to 2000 arguments, not 0"],
    ["'open", "a text has no closing quote (line 1, column 1)"],
    ["1 /* open", "a comment has no end (line 1, column 3)"],
    ["1 # 2", "found '#' (line 1, column 3)"],
    ["A & 'x'", "operator '&' needs Text, not Number (line 1, column 3)"],
    ["A = 'x'", "operator '=' needs Number, not Text"],
    ["P = 'x'", "a picklist is in ISPICKVAL, CASE or TEXT"],
    ["IF(A, 1, 2)", "IF needs Boolean, not Number"],
    ["IF(C, 1, 'x')", "IF needs Number, not Text"],
    ["D = S", "operator '=' needs Date, not Date/Time"],
    ["LEN(A)", "LEN needs Text, not Number"],
    ["PREDICT(A, B)", "the function PREDICT is not supported: it asks a model"],
    ["PARENTGROUPVAL(Amount:SUM, CITY)", "the function PARENTGROUPVAL is not supported: it stands only in"],
    ["NOSUCH(1)", "the function NOSUCH is not supported"],
    ["constructor(1)", "the function CONSTRUCTOR is not supported"],
  ])("%s is refused, and the place is named", (formula, reason) => {
    expect(refusalOf(formula)).toContain(reason);
  });

  it.each([
    ["parentheses", `${"(".repeat(1949)}1${")".repeat(1949)}`],
    ["prefixes", `${"-".repeat(3899)}1`],
    ["conditions turned around", `${"!".repeat(3896)}TRUE`],
    ["a long sum", `1${"+1".repeat(1949)}`],
    ["a long power", `1${"^1".repeat(1949)}`],
    ["texts joined", `T${"&T".repeat(1949)}`],
    ["conditions in a row", `C${"||C".repeat(1299)}`],
    ["functions in functions", `${"ABS(".repeat(779)}1${")".repeat(779)}`],
    ["IF in IF", `${"IF(C,1,".repeat(480)}1${")".repeat(480)}`],
    ["sums in sums", `${"1+(".repeat(970)}1${")".repeat(970)}`],
    ["negatives in negatives", `${"-(".repeat(1290)}1${")".repeat(1290)}`],
  ])("takes 3,900 characters of %s in a blink", (_, formula) => {
    expect(formula.length).toBeLessThanOrEqual(3900);
    const begun = performance.now();
    expect(refusalOf(formula)).toBe("compiles");
    expect(performance.now() - begun).toBeLessThan(500);
    expect(valueOf(formula)).not.toBe("#Error!");
  });
});
