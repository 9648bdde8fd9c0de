import { describe, expect, it } from "vitest";
import { valueOf } from "./thing.ts";

const day = (text: string): number => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
const instant = (text: string): number => Date.parse(text);

describe("functions and operators of formulas", () => {
  it.each<[string, unknown]>([
    // Numbers are exact decimals.
    ["0.1 + 0.2", "0.3"],
    ["1.1 * 1.1", "1.21"],
    ["9007199254740993 + 2", "9007199254740995"],
    ["123456789.12 * 987654321.98", "121932631352141440.8576"],
    ["1 / 3 * 3 = 1", false],
    ["ROUND(1 / 3 * 3, 18)", "1"],
    ["FLOOR(1 / 9 * 9)", "1"],
    ["10 / 4", "2.5"],
    ["1 / 0", "#Error!"],
    ["MOD(7, 0)", "#Error!"],
    ["MOD(-7, 3)", "-1"],
    ["MOD(5.5, 2)", "1.5"],
    ["2 ^ -2", "0.25"],
    ["2 ^ 0.5", "#Error!"],
    ["0 ^ 0", "1"],
    ["9 ^ 9 ^ 9 ^ 9", "#Error!"],
    ["ROUND(2.345, 2)", "2.35"],
    ["ROUND(-2.345, 2)", "-2.35"],
    ["ROUND(1.005, 2)", "1.01"],
    ["ROUND(1250, -2)", "1300"],
    ["ROUND(1.5, 10000000)", "1.5"],
    ["ROUND(1.5, -10000000)", "0"],
    ["TRUNC(-1.99)", "-1"],
    ["TRUNC(1.2389, 2)", "1.23"],
    ["CEILING(-1.2)", "-2"],
    ["FLOOR(-1.2)", "-1"],
    ["MCEILING(-1.2)", "-1"],
    ["MFLOOR(-1.2)", "-2"],
    ["ABS(-1.5) + MAX(1, 3, 2) - MIN(4, 2)", "2.5"],
    ["SQRT(16) + EXP(0) + LN(1) + LOG(1000)", "8"],
    ["SQRT(-1)", "#Error!"],
    ["LN(0)", "#Error!"],
    ["EXP(1000)", "#Error!"],
    ["ROUND(SIN(PI() / 6), 10)", "0.5"],
    ["ROUND(ATAN2(1, 1) * 4 - PI(), 10)", "0"],
    ["ASIN(2)", "#Error!"],
    ["ROUND(COS(0) + TAN(0) + ACOS(1) + ATAN(0) + ASIN(0), 10)", "1"],
    ["ROUND(DISTANCE(GEOLOCATION(0, 0), GEOLOCATION(0, 90), 'km') * 4, 0)", "40030"],
    ["DISTANCE(GEOLOCATION(0, 0), GEOLOCATION(0, 181), 'mi')", "#Error!"],
    // Texts.
    ["LEFT('order', 2) & RIGHT('order', 2) & MID('order', 3, 1)", "orerd"],
    ["LEFT('order', -1) & RIGHT('order', 0) & MID('order', 0, 2)", "or"],
    ["LPAD('7', 3, '0') & RPAD('7', 3, '0') & LPAD('long', 2)", "007700lo"],
    ["UPPER('straße') & LOWER('ÄB') & INITCAP('jane DOE-smith')", "STRASSEäbJane Doe-Smith"],
    ["TRIM('  a b  ')", "a b"],
    ["SUBSTITUTE('a.b.c', '.', '')", "abc"],
    ["FIND('b', 'abcb', 3)", "4"],
    ["FIND('b', 'abcb', 0)", "0"],
    ["VALUE(' 12.50 ')", "12.5"],
    ["VALUE('-1,5')", "#Error!"],
    ["VALUE('')", null],
    ["TEXT(12.50) & TEXT(-0.5) & TEXT(1e20)", "12.5-0.5100000000000000000000"],
    ["TEXT(DATE(2026, 2, 3)) & TEXT(DATETIMEVALUE('2026-02-03 04:05:06'))", "2026-02-032026-02-03 04:05:06Z"],
    ["TEXT(TIMEVALUE('04:05:06.007'))", "04:05:06.007"],
    ["CHR(65) & TEXT(ASCII('B')) & BR() & REVERSE('ab')", "A66\r\nba"],
    ["ISNUMBER('1e3') && !ISNUMBER('1x') && !ISNUMBER('')", true],
    ["CONTAINS('order', 'rd') && BEGINS('order', 'or') && CONTAINS('', '')", true],
    ["HTMLENCODE('<a&\"b\">')", "&lt;a&amp;&quot;b&quot;&gt;"],
    ['JSENCODE("it\'s")', "it\\'s"],
    ["URLENCODE('a b&c=ü')", "a+b%26c%3D%C3%BC"],
    ["HYPERLINK('/x', 'Go', '_self')", '<a href="/x" target="_self">Go</a>'],
    ["IMAGE('/i.png', 'Up', 10, 20)", '<img src="/i.png" alt="Up" style="height:10px; width:20px;" border="0"/>'],
    ["CASESAFEID('001D000000IRt53')", "001D000000IRt53IAD"],
    // Dates and times.
    ["DATE(2026, 2, 28) + 1.9", day("2026-03-01")],
    ["1 + DATE(2026, 2, 28)", day("2026-03-01")],
    ["DATE(2026, 2, 30)", "#Error!"],
    ["DATE(2026, 3, 1) - DATE(2026, 2, 1)", "28"],
    ["ADDMONTHS(DATE(2026, 1, 31), 1)", day("2026-02-28")],
    ["ADDMONTHS(DATE(2026, 2, 28), -1)", day("2026-01-31")],
    ["DATETIMEVALUE('2026-02-28 23:00:00') + 1 / 24", instant("2026-03-01T00:00:00Z")],
    ["DATETIMEVALUE('2026-02-28 25:00:00')", "#Error!"],
    ["DATEVALUE('2026-2-3')", day("2026-02-03")],
    ["DATEVALUE('')", null],
    ["DATEVALUE('03/02/2026')", "#Error!"],
    ["TODAY()", day("2026-08-02")],
    ["NOW()", instant("2026-08-01T22:30:15Z")],
    ["HOUR(TIMENOW()) * 60 + MINUTE(TIMENOW())", "1350"],
    ["SECOND(TIMEVALUE('01:02:03.004')) + MILLISECOND(TIMEVALUE('01:02:03.004'))", "7"],
    ["TIMEVALUE('23:00:00.000') + 7200000", 3_600_000],
    ["TIMEVALUE('01:00:00.000') - 7200000", "#Error!"],
    ["TIMEVALUE('01:00:00.000') - TIMEVALUE('23:00:00.000')", "7200000"],
    ["YEAR(DATE(2026, 8, 1)) * 10000 + MONTH(DATE(2026, 8, 1)) * 100 + DAY(DATE(2026, 8, 1))", "20260801"],
    ["WEEKDAY(DATE(2026, 8, 1))", "7"],
    ["DAYOFYEAR(DATE(2024, 12, 31))", "366"],
    ["ISOWEEK(DATE(2027, 1, 1)) * 10000 + ISOYEAR(DATE(2027, 1, 1))", "532026"],
    ["ISOWEEK(DATE(1969, 12, 29))", "1"],
    ["UNIXTIMESTAMP(DATE(1970, 1, 2)) + UNIXTIMESTAMP(FROMUNIXTIME(5))", "86405"],
    ["FORMATDURATION(90061) & ' ' & FORMATDURATION(90061, TRUE)", "25:01:01 1:01:01:01"],
    ["FORMATDURATION(TIMEVALUE('10:00:00'), TIMEVALUE('09:00:01'))", "00:59:59"],
    // Choices.
    ["CASE('b', 'a', 1, 'b', 2, 0)", "2"],
    ["CASE('z', 'a', 1, 0)", "0"],
    ["OR(TRUE, 1 / 0 > 1) && !AND(FALSE, 1 / 0 > 1)", true],
    ["IF(TRUE, 1, 1 / 0)", "1"],
    ["BLANKVALUE('', 'x') & NULLVALUE('', 'y')", "x"],
    ["ISBLANK('') && !ISNULL('') && ISBLANK(NULL) && ISNULL(NULL)", true],
    ["IF(IF(TRUE, NULL, FALSE), 'yes', 'no')", "no"],
  ])("%s is %j", (formula, expected) => {
    expect(valueOf(formula)).toEqual(expected);
  });

  it("goes on, or gives nothing, where a field is empty", () => {
    expect(["A + 1", "A * 2", "MAX(A, 1)", "D + 1", "S - Z", "VALUE(T)"].map((each) => valueOf(each))).toEqual(
      Array.from({ length: 6 }, () => null),
    );
    expect(["A > 1", "A = 1", "A <> 1", "A = B", "D = E", "D < E", "T < 'a'"].map((each) => valueOf(each))).toEqual(
      Array.from({ length: 7 }, () => false),
    );
    expect(["A = NULL", "D = NULL", "T = NULL", "T = ''", "ISBLANK(P)", "T = U"].map((each) => valueOf(each))).toEqual(
      Array.from({ length: 6 }, () => true),
    );
    expect(valueOf("'x' & T & TEXT(A) & TEXT(P)")).toBe("x");
  });

  it("counts the minutes between two instants without losing one", () => {
    const start = instant("2026-03-01T00:00:00Z");
    const minutes = Array.from({ length: 1440 }, (_, at) =>
      valueOf("FLOOR((S - Z) * 1440)", { S: start + at * 60_000, Z: start }),
    );
    expect(minutes).toEqual(Array.from({ length: 1440 }, (_, at) => String(at)));
  });

  it("takes picklists where the platform does", () => {
    const row = { P: "Draft", M: "a;b" };
    expect(valueOf("ISPICKVAL(P, 'Draft') && TEXT(P) = 'Draft' && CASE(P, 'Draft', TRUE, FALSE)", row)).toBe(true);
    expect(valueOf("INCLUDES(M, 'b') && !INCLUDES(M, 'c') && PICKLISTCOUNT(M) = 2", row)).toBe(true);
  });

  it("knows the record before the save", () => {
    const previous = { P: "Draft", A: 1 };
    const row = { P: "Activated", A: 1 };
    expect(valueOf("ISCHANGED(P) && !ISCHANGED(A) && !ISNEW()", row, { previous })).toBe(true);
    expect(valueOf("ISPICKVAL(PRIORVALUE(P), 'Draft')", row, { previous })).toBe(true);
    expect(valueOf("ISNEW() && !ISCHANGED(P) && PRIORVALUE(A) = 1", row)).toBe(true);
  });

  it("looks a value up in another object", () => {
    const find = (object: string, where?: { readonly field: string; readonly value: string }) =>
      object === "Zip__c" && where?.field === "Name" && where.value === "1010" ? { City__c: "Vienna" } : undefined;
    const formula = "VLOOKUP($ObjectType.Zip__c.Fields.City__c, $ObjectType.Zip__c.Fields.Name, T)";
    expect(valueOf(formula, { T: "1010" }, { find })).toBe("Vienna");
    expect(valueOf(formula, { T: "9999" }, { find })).toBe("");
  });
});
