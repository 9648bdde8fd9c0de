/** What queries mean: nulls, texts, dates, groups, paths, children. Source: soql §5–§9. */
import { ANY, type Behavior, type BehaviorRow, chapter, post, query, remove, saved } from "./behavior.ts";
import { account, MINE, rows } from "./pieces.ts";

const ONE = "Id = '{{account}}'";
const lonely = saved("lonely", post("/sobjects/Contact", { LastName: "Alone {{run}}" }));

const VALUES: readonly BehaviorRow[] = [
  [
    "a negated comparison finds nulls",
    "soql §8.2 [memory]",
    query("SELECT Id FROM Account WHERE Id = '{{otherAccount}}' AND (NOT Industry = 'Retail')"),
    rows(1),
  ],
  [
    "the two signs for not equal are one",
    "soql §5.8 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND Industry <> 'Retail'`),
    rows(0),
  ],
  [
    "LIKE looks at the whole text",
    "soql §8.1 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND Industry LIKE 'etail'`),
    rows(0),
  ],
  [
    "LIKE without a wildcard is equality",
    "soql §8.1 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND Industry LIKE 'RETAIL'`),
    rows(1),
  ],
  [
    "an escaped quote is part of the text",
    "soql §3 [doc]",
    query("SELECT Name FROM Account WHERE Id = '{{row}}' AND Name = 'O\\'Neil {{run}}'"),
    rows(1, { Name: /^O'Neil/ }),
    saved("row", account("O'Neil {{run}}")),
  ],
  [
    "a code point is escaped by its number",
    "soql §3 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND Industry = '\\u0052etail'`),
    rows(1),
  ],
  [
    "texts are sorted without regard to letter case",
    "soql §8.5 [doc]",
    query("SELECT Name FROM Account WHERE Name LIKE 'zz{{run}}%' ORDER BY Name"),
    rows(3, { Name: "ZZ{{run}}A" }, { Name: "zz{{run}}b" }, { Name: "ZZ{{run}}C" }),
    account("zz{{run}}b"),
    account("ZZ{{run}}C"),
    account("ZZ{{run}}A"),
  ],
  [
    "an empty parent makes its fields null",
    "soql §8.2 [doc]",
    query("SELECT Account.Name FROM Contact WHERE Id = '{{lonely}}' AND Account.Name = null"),
    rows(1, { Account: null }),
    lonely,
  ],
  [
    "an empty parent does not spoil the other side of OR",
    "soql §8.2 [doc]",
    query("SELECT Id FROM Contact WHERE Id = '{{lonely}}' AND (Account.Name = 'x' OR LastName LIKE 'Alone%')"),
    rows(1),
    lonely,
  ],
  [
    "a checkbox is never null",
    "soql §8.2 [doc]",
    query("SELECT Id FROM Product2 WHERE Id = '{{product}}' AND IsActive = null"),
    rows(0),
  ],
  [
    "an anti-join ignores nulls in its sub-select",
    "soql §5.9 [client]",
    query("SELECT Id FROM Account WHERE Id = '{{otherAccount}}' AND Id NOT IN (SELECT AccountId FROM Contact)"),
    rows(1),
    lonely,
  ],
  ["LIMIT 0 gives no rows", "soql §5.10 [doc]", query(`SELECT Id FROM Account WHERE ${MINE} LIMIT 0`), rows(0)],
  [
    "the size is counted after the limit",
    "soql §8.6 [client]",
    query(`SELECT Id FROM Account WHERE ${MINE} LIMIT 1`),
    rows(1),
  ],
  [
    "an offset behind the last row gives none",
    "soql §5.10 [doc]",
    query(`SELECT Id FROM Account WHERE ${MINE} OFFSET 50`),
    rows(0),
  ],
  [
    "a query for deleted records finds none",
    "soql §8.6 [doc]",
    query("SELECT Id FROM Account WHERE Id = '{{row}}' AND IsDeleted = true"),
    rows(0),
    saved("row", account("Gone")),
    remove("/sobjects/Account/{{row}}"),
  ],
  [
    "FOR VIEW leaves the answer as it is",
    "soql §5.10 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} FOR VIEW`),
    rows(1, { Id: "{{account}}" }),
  ],
  [
    "USING SCOPE mine finds what is mine",
    "soql §5.6 [doc]",
    query(`SELECT Id FROM Account USING SCOPE mine WHERE ${ONE}`),
    rows(1),
  ],
];

const DATES: readonly BehaviorRow[] = [
  [
    "LAST_N_DAYS includes today",
    "soql §6 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate = LAST_N_DAYS:2`),
    rows(1),
  ],
  [
    "LAST_N_WEEKS leaves this week out",
    "soql §6 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate = LAST_N_WEEKS:2`),
    rows(0),
  ],
  [
    "LAST_N_MONTHS leaves this month out",
    "soql §6 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate = LAST_N_MONTHS:3`),
    rows(0),
  ],
  [
    "before a literal means before its start",
    "soql §6 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate < YESTERDAY`),
    rows(0),
  ],
  [
    "up to a literal means up to its end",
    "soql §6 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate <= THIS_YEAR`),
    rows(1),
  ],
  [
    "an instant may have an offset",
    "soql §3 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CreatedDate > 2001-01-01T00:00:00+01:00`),
    rows(1),
  ],
  [
    "DAY_ONLY compares with a date",
    "soql §5.7 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND DAY_ONLY(CreatedDate) > 2001-01-01`),
    rows(1),
  ],
  [
    "a date function compares with a number",
    "soql §5.7 [doc]",
    query(`SELECT Id FROM Account WHERE ${ONE} AND CALENDAR_YEAR(CreatedDate) < 2001`),
    rows(0),
  ],
  [
    "a date function is grouped by",
    "soql §5.7 [doc]",
    query(
      `SELECT CALENDAR_YEAR(CreatedDate) y, COUNT(Id) n FROM Account WHERE ${ONE} GROUP BY CALENDAR_YEAR(CreatedDate)`,
    ),
    rows(1, { y: ANY, n: 1 }),
  ],
];

const GROUPS: readonly BehaviorRow[] = [
  [
    "only columns without an alias are numbered",
    "soql §5.7 [doc]",
    query(
      `SELECT MAX(NumberOfEmployees), MIN(NumberOfEmployees) low, SUM(NumberOfEmployees) FROM Account WHERE ${MINE}`,
    ),
    rows(1, { expr0: 7, low: 7, expr1: 7 }),
  ],
  [
    "an average leaves nulls out",
    "soql §5.7 [doc]",
    query(`SELECT AVG(NumberOfEmployees) a, COUNT(Industry) n, COUNT_DISTINCT(Industry) d FROM Account WHERE ${MINE}`),
    rows(1, { a: 7, n: 1, d: 1 }),
  ],
  [
    "over no rows a count is 0 and a sum null",
    "soql §5.7 [memory]",
    query("SELECT COUNT(Id) n, SUM(NumberOfEmployees) s FROM Account WHERE Name = 'nobody {{run}}'"),
    rows(1, { n: 0, s: null }),
  ],
  [
    "no rows make no groups",
    "soql §5.7 [memory]",
    query("SELECT Industry FROM Account WHERE Name = 'nobody {{run}}' GROUP BY Industry"),
    rows(0),
  ],
  [
    "null is a group",
    "soql §5.7 [memory]",
    query(`SELECT Industry, COUNT(Id) n FROM Account WHERE ${MINE} GROUP BY Industry`),
    rows(2),
  ],
  [
    "a grouped parent path keeps its last segment",
    "soql §5.7 [client]",
    query("SELECT Account.Name, COUNT(Id) n FROM Contact WHERE Id = '{{contact}}' GROUP BY Account.Name"),
    rows(1, { attributes: { type: "AggregateResult" }, Name: /^Conformance/, n: 1 }),
  ],
  [
    "COUNT() stops at the limit",
    "soql §5.7 [doc]",
    query(`SELECT COUNT() FROM Account WHERE ${MINE} LIMIT 1`),
    rows(1),
  ],
  [
    "HAVING takes aggregates that are not selected",
    "soql §5.7 [doc]",
    query(`SELECT Industry FROM Account WHERE ${MINE} GROUP BY Industry HAVING MAX(NumberOfEmployees) = 7`),
    rows(1, { Industry: "Retail" }),
  ],
  [
    "groups are sorted by an aggregate",
    "soql §5.10 [doc]",
    query(
      `SELECT Industry FROM Account WHERE ${MINE} GROUP BY Industry ORDER BY MAX(NumberOfEmployees) DESC NULLS LAST`,
    ),
    rows(2, { Industry: "Retail" }, { Industry: null }),
  ],
  [
    "a rollup adds the total",
    "soql §5.7 [doc]",
    query(`SELECT Industry, COUNT(Id) n, GROUPING(Industry) g FROM Account WHERE ${MINE} GROUP BY ROLLUP(Industry)`),
    rows(3),
  ],
];

const PATHS: readonly BehaviorRow[] = [
  [
    "keys are spelled as describe spells them",
    "soql §9 [client]",
    query("select NAME, industry from account where id = '{{account}}'"),
    rows(1, { attributes: { type: "Account" }, Name: /^Conformance/, Industry: "Retail" }),
  ],
  [
    "an object has an alias",
    "soql §5.1 [doc]",
    query("SELECT a.Industry FROM Account a WHERE a.Id = '{{account}}'"),
    rows(1, { Industry: "Retail" }),
  ],
  [
    "a path may begin with the object",
    "soql §5.1 [doc]",
    query("SELECT Contact.Account.Industry FROM Contact WHERE Contact.Id = '{{contact}}'"),
    rows(1, { Account: { Industry: "Retail" } }),
  ],
  [
    "a parent in FROM has an alias",
    "soql §5.6 [doc]",
    query("SELECT c.LastName, a.Industry FROM Contact c, c.Account a WHERE c.Id = '{{contact}}'"),
    rows(1, { Account: { Industry: "Retail" } }),
  ],
  [
    "Order is an object, not the word",
    "soql §3 [client]",
    query("SELECT Id FROM Order o WHERE o.Id = '{{order}}' ORDER BY o.EffectiveDate"),
    rows(1),
  ],
  [
    "Order is a relationship too",
    "soql §3 [client]",
    query("SELECT Order.OrderNumber, Order.Account.Industry FROM OrderItem WHERE Id = '{{line}}'"),
    rows(1, { Order: { OrderNumber: ANY, Account: { Industry: "Retail" } } }),
  ],
  [
    "a plain path to an owner sees a Name",
    "soql §9 [client]",
    query("SELECT Owner.Name FROM Order WHERE Id = '{{order}}'"),
    rows(1, { Owner: { attributes: { type: "Name" }, Name: ANY } }),
  ],
  [
    "the kind of an owner is filtered by",
    "soql §5.4 [doc]",
    query("SELECT Id FROM Order WHERE Id = '{{order}}' AND Owner.Type = 'User'"),
    rows(1),
  ],
  [
    "TYPEOF shows the owner as what it is",
    "soql §9 [client]",
    query("SELECT TYPEOF Owner WHEN User THEN Username ELSE Name END FROM Order WHERE Id = '{{order}}'"),
    rows(1, { Owner: { attributes: { type: "User" }, Username: ANY } }),
  ],
  [
    "children are limited for each parent",
    "soql §5.5 [doc]",
    query(
      "SELECT Id, (SELECT Quantity FROM OrderItems ORDER BY Quantity DESC LIMIT 1) FROM Order WHERE Id = '{{order}}'",
    ),
    rows(1, { OrderItems: { totalSize: 1, done: true, records: [{ Quantity: ANY }] } }),
  ],
  [
    "children have children",
    "soql §5.5 [doc]",
    query(
      "SELECT Id, (SELECT Id, (SELECT Quantity FROM OrderItems) FROM Orders WHERE Id = '{{order}}') FROM Account WHERE Id = '{{account}}'",
    ),
    rows(1, { Orders: { totalSize: 1, records: [{ OrderItems: { records: [{ Quantity: 2 }] } }] } }),
  ],
  [
    "children have parents",
    "soql §5.5 [doc]",
    query("SELECT Id, (SELECT Product2.Name FROM OrderItems) FROM Order WHERE Id = '{{order}}'"),
    rows(1, { OrderItems: { records: [{ Product2: { Name: /^Conformance/ } }] } }),
  ],
  [
    "a label stands under the field's name",
    "soql §5.3 [doc]",
    query("SELECT toLabel(Status) FROM Order WHERE Id = '{{order}}'"),
    rows(1, { Status: "Draft" }),
  ],
  [
    "a label is filtered by",
    "soql §5.3 [doc]",
    query("SELECT Id FROM Order WHERE Id = '{{order}}' AND toLabel(Status) = 'Draft'"),
    rows(1),
  ],
  [
    "FORMAT makes a text of an amount",
    "soql §5.3 [doc]",
    query("SELECT FORMAT(TotalAmount) FROM Order WHERE Id = '{{order}}'"),
    rows(1, { TotalAmount: /20/ }),
  ],
];

export const SOQL_SEMANTICS: readonly Behavior[] = chapter("SOQLSEM", [...VALUES, ...DATES, ...GROUPS, ...PATHS]);
