/** How single values are read and written: dates, doubles, line breaks, the order of texts. */
import { type Behavior, type BehaviorRow, chapter, get, patch, post, query, refused, saved } from "./behavior.ts";

const account = (name: string, fields: object) =>
  saved(name, post("/sobjects/Account", { Name: `${name} {{run}}`, ...fields }));
const revenue = (value: unknown) => account("valued", { AnnualRevenue: value });
const READ = get("/sobjects/Account/{{valued}}?fields=AnnualRevenue,NumberOfEmployees");

/** An order whose date comes in this form, and the day that it must have. */
function dated(form: string, effective: string, day: string): BehaviorRow {
  const Status = "Draft";
  const body = { AccountId: "{{account}}", EffectiveDate: effective, Status };
  return [
    `a date that comes as ${form}`,
    "rest-api §5.2 [client]",
    get("/sobjects/Order/{{dated}}?fields=EffectiveDate"),
    { status: 200, body: { EffectiveDate: day } },
    saved("dated", post("/sobjects/Order", body)),
  ];
}

/** An order whose date cannot be read. */
function undated(form: string, effective: string): BehaviorRow {
  return [
    `a date that comes ${form}`,
    "rest-api §5.2 [report]",
    post("/sobjects/Order", { AccountId: "{{account}}", EffectiveDate: effective, Status: "Draft" }),
    refused(400, "JSON_PARSER_ERROR"),
  ];
}

const DATES: readonly BehaviorRow[] = [
  dated("an instant in UTC", "2026-03-01T00:00:00.000Z", "2026-03-01"),
  dated("an instant without milliseconds", "2026-03-01T23:59:59Z", "2026-03-01"),
  dated("an instant before midnight somewhere west", "2026-03-01T23:30:00-05:00", "2026-03-02"),
  dated("an instant after midnight somewhere east", "2026-03-01T00:30:00.000+0200", "2026-02-28"),
  dated("an instant without a zone", "2026-03-01T12:00:00", "2026-03-01"),
  undated("with a blank before the time", "2026-03-01 00:00:00"),
  undated("with microseconds", "2026-03-01T00:00:00.123456Z"),
  undated("with seven digits of a second", "2026-03-01T00:00:00.1234567Z"),
  undated("in the German way", "01.03.2026"),
  undated("as a day that does not exist", "2026-02-30"),
];

const NUMBERS: readonly BehaviorRow[] = [
  [
    "a whole double has a decimal point",
    "rest-api §5.1 [memory]",
    READ,
    { status: 200, text: /"AnnualRevenue":\s*19\.0\b/ },
    revenue(19),
  ],
  [
    "a large double has an exponent",
    "soql §9 [client]",
    READ,
    { status: 200, text: /"AnnualRevenue":\s*1\.2345678E7\b/ },
    revenue(12_345_678),
  ],
  [
    "an integer is plain",
    "soql §9 [client]",
    READ,
    { status: 200, text: /"NumberOfEmployees":\s*12345678\b(?!\.)/ },
    account("valued", { NumberOfEmployees: 12_345_678 }),
  ],
  [
    "a number keeps the decimals beyond its scale",
    "rest-api §5.2 [report]",
    READ,
    { status: 200, body: { AnnualRevenue: 0.33333333 } },
    revenue(0.33333333),
  ],
  [
    "a number that comes as a text",
    "rest-api §5.2 [memory]",
    READ,
    { status: 200, body: { AnnualRevenue: 12.5 } },
    revenue("12.5"),
  ],
  [
    "an average of integers is a double",
    "soql §9 [memory]",
    query("SELECT AVG(NumberOfEmployees) a, COUNT(Id) n FROM Account WHERE Id = '{{account}}'"),
    { status: 200, text: /"a":\s*7\.0,\s*"n":\s*1\b(?!\.)/ },
  ],
  [
    "a sum of doubles is one",
    "soql §9 [client]",
    query("SELECT SUM(AnnualRevenue) s FROM Account WHERE Id = '{{valued}}'"),
    { status: 200, text: /"s":\s*300\.0/ },
    revenue(300),
  ],
];

const TEXTS: readonly BehaviorRow[] = [
  [
    "a street keeps its line feeds",
    "rest-api §5.2 [report]",
    get("/sobjects/Account/{{street}}?fields=BillingStreet"),
    { status: 200, body: { BillingStreet: "1 Main St\nHouse 2" } },
    account("street", { BillingStreet: "1 Main St\nHouse 2" }),
  ],
  [
    "a LIKE with characters that mean something elsewhere",
    "soql §8.1 [doc]",
    query("SELECT Name FROM Account WHERE Name LIKE 'sign {{run}} a-00\\_/[(+_'"),
    { status: 200, body: { totalSize: 1 } },
    saved("sign", post("/sobjects/Account", { Name: "sign {{run}} a-00_/[(+x" })),
  ],
  [
    "texts are in the order of a dictionary",
    "soql §8.5 [report]",
    query("SELECT Name FROM Account WHERE Name LIKE 'order {{run}}%' ORDER BY Name"),
    {
      status: 200,
      body: { records: ["a_b", "a.b", "a1", "aa", "äb", "b"].map((end) => ({ Name: `order {{run}} ${end}` })) },
    },
    ...["b", "äb", "aa", "a1", "a.b", "a_b"].map((end) =>
      saved("named", post("/sobjects/Account", { Name: `order {{run}} ${end}` })),
    ),
  ],
  [
    "an instant without a zone is in UTC",
    "rest-api §5.2 [report]",
    query("SELECT Id FROM Contact WHERE Id = '{{contact}}' AND EmailBouncedDate = 2026-03-01T12:00:00Z"),
    { status: 200, body: { totalSize: 1 } },
    patch("/sobjects/Contact/{{contact}}", { EmailBouncedDate: "2026-03-01T12:00:00" }),
  ],
];

/** Single values. */
export const VALUE_BEHAVIORS: readonly Behavior[] = chapter("VALUE", [...DATES, ...NUMBERS, ...TEXTS]);
