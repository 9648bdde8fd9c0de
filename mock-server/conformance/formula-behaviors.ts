/**
 * Behaviors of formulas: fields that the run makes through the Metadata API, and what an account shows in them.
 *
 * The table is the project's own; Salesforce's published suite is compared by `npm run real-data`. A field that is made through
 * the Metadata API is visible to nobody until a profile shows it, so the run shows them to administrators. The last behavior
 * removes them.
 */
import { type Behavior, type BehaviorRow, type Call, chapter, get, post, type Step, saved } from "./behavior.ts";

/** Type of the field, formula, what the API shows, and `blank` where empty numbers stay empty. */
type FormulaRow = readonly [
  title: string,
  type: "Text" | "Number" | "Checkbox" | "Date" | "DateTime" | "Percent",
  formula: string,
  shown: string | number | boolean | null,
  blanks?: "blank",
];

const SOURCE = "platform §6 [doc]";

/** A Sunday. */
const MARCH = "DATE(2026, 3, 1)";
const at = (time: string): string => `DATETIMEVALUE("2026-01-01 ${time}:00")`;

const FORMULAS: readonly FormulaRow[] = [
  ["a not binds tighter than &&", "Checkbox", "!ISBLANK(Phone) && ISBLANK(Industry)", false],
  ["&& binds tighter than ||", "Checkbox", "TRUE || TRUE && FALSE", true],
  ["a power binds tighter than a product, and that than a sum", "Number", "2 + 3 * 4 ^ 2", 50],
  ["operators of one rank go from left to right", "Number", "20 - 5 - 5 / 5 / 1", 14],
  ["a comment says nothing", "Number", "1 /* + 1 */ + 3", 4],
  ["texts join with & and with +", "Text", `"a" & "b" + "c"`, "abc"],
  ["a quote in a text is escaped", "Text", `"say \\"yes\\""`, 'say "yes"'],
  ["minutes between two instants are whole", "Number", `FLOOR((${at("00:20")} - ${at("00:00")}) * 1440)`, 20],
  ["half is rounded away from zero", "Number", "ROUND(2.5, 0) + ROUND(-3.5, 0)", -1],
  ["a truncation cuts toward zero", "Number", "TRUNC(-2.57, 1)", -2.5],
  ["decimals are exact", "Number", "(0.1 + 0.2) * 10", 3],
  ["a remainder has the sign of its divisor's multiple taken away", "Number", "MOD(7, 3)", 1],
  ["the greatest and the smallest of several numbers", "Number", "MAX(1, 3, 2) - MIN(4, 2, 9)", 1],
  ["root, power of e and logarithms", "Number", "SQRT(9) + EXP(0) + LN(1) + LOG(100)", 6],
  ["a division by zero shows nothing", "Number", "1 / (NumberOfEmployees - 7)", null],
  ["a text that is no number shows nothing", "Number", `VALUE("x")`, null],
  ["a text that is a number", "Number", `VALUE("12.5")`, 12.5],
  ["a number as text has no more digits than it needs", "Text", "TEXT(1234.50)", "1234.5"],
  ["an empty number counts as zero where the field says so", "Number", "AnnualRevenue + NumberOfEmployees", 7],
  [
    "an empty number leaves the sum empty where it does not",
    "Number",
    "AnnualRevenue + NumberOfEmployees",
    null,
    "blank",
  ],
  ["an empty number takes its stand-in", "Number", "NULLVALUE(AnnualRevenue, 5)", 5, "blank"],
  ["an empty text takes its stand-in", "Text", `BLANKVALUE(Phone, "none")`, "none"],
  ["an empty text is shown as null", "Text", `IF(ISBLANK(Phone), "", "there")`, null],
  ["an empty text is as long as nothing", "Number", "LEN(Phone)", 0],
  ["a picklist's value is compared", "Checkbox", `ISPICKVAL(Industry, "Retail")`, true],
  ["a picklist's value decides a case", "Number", `CASE(Industry, "Banking", 1, "Retail", 2, 0)`, 2],
  ["a picklist's value as text", "Text", "TEXT(Industry)", "Retail"],
  ["parts of a text", "Text", `LEFT("salesforce", 5) & MID("salesforce", 6, 3) & RIGHT("salesforce", 2)`, "salesforce"],
  ["a text within a text", "Number", `FIND("s", "business") + FIND("s", "business", 4)`, 10],
  ["a text in the place of others", "Text", `SUBSTITUTE("a-b-c", "-", "")`, "abc"],
  ["a text that is filled up", "Text", `LPAD("7", 3, "0") & RPAD("7", 3, "0")`, "007700"],
  ["letter case and blanks", "Text", `UPPER("a") & LOWER("B") & TRIM("  c  ")`, "Abc"],
  ["what a text contains and begins with", "Checkbox", `CONTAINS(Name, "ormul") && BEGINS(Name, "Form")`, true],
  [
    "a pattern must match the whole text",
    "Checkbox",
    `REGEX("12345", "\\\\d{5}") && !REGEX("123456", "\\\\d{5}")`,
    true,
  ],
  ["a day after the last of February", "Date", "DATE(2026, 2, 28) + 1", "2026-03-01"],
  ["a day that does not exist shows nothing", "Date", "DATE(2026, 2, 30)", null],
  ["a month after the last of January", "Date", "ADDMONTHS(DATE(2026, 1, 31), 1)", "2026-02-28"],
  ["days between two dates", "Number", "DATE(2028, 3, 1) - DATE(2028, 2, 1)", 29],
  [
    "the parts of a date; a week begins with Sunday",
    "Number",
    `YEAR(${MARCH}) * 10000 + MONTH(${MARCH}) * 100 + DAY(${MARCH}) * 10 + WEEKDAY(${MARCH})`,
    20_260_311,
  ],
  [
    "an instant from a text is in UTC",
    "DateTime",
    `DATETIMEVALUE("2026-03-01 10:00:00")`,
    "2026-03-01T10:00:00.000+0000",
  ],
  ["seconds since 1970", "Number", `UNIXTIMESTAMP(DATETIMEVALUE("1970-01-02 00:00:00"))`, 86_400],
  [
    "the parts of a time of day",
    "Number",
    `HOUR(TIMEVALUE("17:30:45.125")) * 100 + MINUTE(TIMEVALUE("17:30:45.125"))`,
    1730,
  ],
  ["a fraction in a percent field is shown in percent", "Percent", "NumberOfEmployees / 10", 70],
  ["an Id has 18 characters only where it is asked for", "Number", "LEN(Id) * 100 + LEN(CASESAFEID(Id))", 1518],
  ["a choice evaluates the branch that it takes", "Number", "IF(NumberOfEmployees = 7, 1, 1 / 0)", 1],
  ["a field of the owner", "Checkbox", "Owner:User.Id = $User.Id", true],
];

/** Fields that one call makes at most. */
const COMPONENTS_MAX = 10;

const TYPES: Readonly<Record<FormulaRow[1], string>> = {
  Text: "<type>Text</type>",
  Number: "<type>Number</type><precision>18</precision><scale>4</scale>",
  Checkbox: "<type>Checkbox</type>",
  Date: "<type>Date</type>",
  DateTime: "<type>DateTime</type>",
  Percent: "<type>Percent</type><precision>18</precision><scale>4</scale>",
};

const NAMESPACE = "http://soap.sforce.com/2006/04/metadata";

/** One call of the Metadata API. */
function metadata(operation: string, content: string): Call {
  return post(
    "/services/Soap/m/{{version}}",
    `<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><env:Header><SessionHeader xmlns="${NAMESPACE}"><sessionId>{{token}}</sessionId></SessionHeader></env:Header><env:Body><${operation} xmlns="${NAMESPACE}">${content}</${operation}></env:Body></env:Envelope>`,
    { "Content-Type": "text/xml; charset=UTF-8", SOAPAction: '""' },
  );
}

const nameOf = (number: number): string => `F{{run}}_${number}__c`;
const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function fieldOf([title, type, formula, , blanks]: FormulaRow, number: number): string {
  const treatment = blanks === "blank" ? "BlankAsBlank" : "BlankAsZero";
  return `<metadata xsi:type="CustomField"><fullName>Account.${nameOf(number)}</fullName><label>F ${number}</label>${TYPES[type]}<formula>${escaped(formula)}</formula><formulaTreatBlanksAs>${treatment}</formulaTreatBlanksAs><inlineHelpText>${escaped(title)}</inlineHelpText></metadata>`;
}

/** The numbers of all fields, in groups that one call takes. */
const GROUPS = Array.from({ length: Math.ceil(FORMULAS.length / COMPONENTS_MAX) }, (_, group) =>
  FORMULAS.map((_row, index) => index + 1).slice(group * COMPONENTS_MAX, (group + 1) * COMPONENTS_MAX),
);

const MADE: readonly Step[] = [
  ...GROUPS.map((numbers) =>
    metadata(
      "createMetadata",
      FORMULAS.map((row, index) => fieldOf(row, index + 1))
        .slice(...span(numbers))
        .join(""),
    ),
  ),
  metadata(
    "updateMetadata",
    `<metadata xsi:type="Profile"><fullName>Admin</fullName>${FORMULAS.map(
      (_row, index) =>
        `<fieldPermissions><editable>false</editable><field>Account.${nameOf(index + 1)}</field><readable>true</readable></fieldPermissions>`,
    ).join("")}</metadata>`,
  ),
  saved("formulas", post("/sobjects/Account", { Name: "Formula {{run}}", NumberOfEmployees: 7, Industry: "Retail" })),
];

function span(numbers: readonly number[]): readonly [from: number, to: number] {
  return [(numbers[0] ?? 1) - 1, numbers.at(-1) ?? 0];
}

const ROWS: readonly BehaviorRow[] = FORMULAS.map(([title, , formula, shown], index) => {
  const name = nameOf(index + 1);
  const call = get(`/sobjects/Account/{{formulas}}?fields=${name}`);
  return [`${title}: ${formula}`, SOURCE, call, { status: 200, body: { [name]: shown } }, ...(index === 0 ? MADE : [])];
});

const LAST: readonly BehaviorRow[] = [
  [
    "a formula with a function that there is not is refused",
    SOURCE,
    metadata("createMetadata", fieldOf(["refused", "Number", "NO_SUCH_FUNCTION(1)", null], FORMULAS.length + 1)),
    { status: 200, body: /<success>false<\/success>/ },
  ],
  ...GROUPS.map(
    (numbers): BehaviorRow => [
      `fields ${numbers[0]} to ${numbers.at(-1)} are removed`,
      SOURCE,
      metadata(
        "deleteMetadata",
        `<type>CustomField</type>${numbers.map((number) => `<fullNames>Account.${nameOf(number)}</fullNames>`).join("")}`,
      ),
      { status: 200, body: new RegExp(`(?:<success>true</success>[\\s\\S]*){${numbers.length}}`) },
    ],
  ),
];

/** Formulas, chapter FML of the score card. */
export const FORMULA_BEHAVIORS: readonly Behavior[] = chapter("FML", [...ROWS, ...LAST]);
