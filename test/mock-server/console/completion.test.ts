import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { complete } from "../../../mock-server/console/completion.ts";
import { createCatalog, restrictCatalog } from "../../../mock-server/schema/catalog.ts";

const catalog = createCatalog(STANDARD_OBJECTS);

/** The texts suggested where the bar stands. */
function suggested(marked: string, names = catalog): readonly string[] {
  const at = marked.indexOf("|");
  return complete(marked.replace("|", ""), at, names).items.map(({ text }) => text);
}

describe("completion of SOQL", () => {
  it.each([
    ["objects after FROM", "SELECT Id FROM Ord|", "Order"],
    ["fields in the SELECT list, though FROM comes later", "SELECT Total| FROM Order", "TotalAmount"],
    ["fields in a condition", "SELECT Id FROM Order WHERE Stat|", "Status"],
    ["fields to sort by", "SELECT Id FROM Order ORDER BY Effe|", "EffectiveDate"],
    ["parents with their dot", "SELECT Acc| FROM Order", "Account."],
    ["fields of a parent", "SELECT Account.Nam| FROM Order", "Name"],
    ["fields of a parent's parent", "SELECT Account.Owner.User| FROM Order", "Username"],
    ["children after FROM of a subquery", "SELECT Id, (SELECT Id FROM Order|) FROM Order", "OrderItems"],
    ["fields of a child", "SELECT Id, (SELECT Quan| FROM OrderItems) FROM Order", "Quantity"],
    [
      "objects after FROM of a semi-join",
      "SELECT Id FROM Account WHERE Id IN (SELECT AccountId FROM Contr|)",
      "Contract",
    ],
    ["picklist values with quotes", "SELECT Id FROM Order WHERE Status = |", "'Draft'"],
    ["picklist values within quotes", "SELECT Id FROM Order WHERE Status = 'Dr|", "Draft"],
    ["picklist values in a list", "SELECT Id FROM Order WHERE Status IN ('Draft', |", "'Activated'"],
    ["date literals", "SELECT Id FROM Order WHERE EffectiveDate = TOD|", "TODAY"],
    ["booleans", "SELECT Id FROM Product2 WHERE IsActive = T|", "TRUE"],
    ["keywords after a value", "SELECT Id FROM Order WHERE Status = 'Draft' O|", "ORDER BY"],
    ["keywords after the object", "SELECT Id FROM Order WH|", "WHERE"],
    ["aggregate functions", "SELECT SU| FROM Order", "SUM("],
    ["the first keyword", "SEL|", "SELECT"],
  ])("suggests %s", (_, marked, wanted) => {
    expect(suggested(marked).slice(0, 5)).toContain(wanted);
  });

  it("replaces only the last part of a path", () => {
    expect(complete("SELECT Account.Nam FROM Order", 18, catalog).from).toBe(15);
  });

  it("suggests nothing that the user may not see", () => {
    const restricted = restrictCatalog(catalog, {
      object: ({ name }) => name !== "Contract",
      field: (_, field) => field.name !== "TotalAmount",
    });
    expect(suggested("SELECT Id FROM Contr|", restricted)).not.toContain("Contract");
    expect(suggested("SELECT Total| FROM Order", restricted)).toEqual([]);
  });

  it.each(["", "|", "SELECT (((|", "'|", "FROM|", "SELECT ) FROM |Order", "SELECT Id FROM Nope WHERE x|"])(
    "survives %j",
    (marked) => {
      expect(() => suggested(marked.includes("|") ? marked : `${marked}|`)).not.toThrow();
    },
  );
});
