/**
 * The reference's table of statements: each accepted one parses, binds and runs, each refused one is refused with the
 * recorded code and text, and syntax errors at the recorded column.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { OrgError } from "../../../mock-server/errors.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { runQuery } from "../../../mock-server/soql/query.ts";
import { createContext, createDataset } from "./dataset.ts";

interface StatementCase {
  readonly id: string;
  readonly soql: string;
  readonly valid: boolean;
  readonly errorCode?: string;
  readonly phase?: "syntax" | "semantic";
  readonly messageContains?: string;
  readonly column?: number;
}

const CASES: readonly StatementCase[] = JSON.parse(readFileSync(new URL("soql-cases.json", import.meta.url), "utf8"));

const catalog = createCatalog(STANDARD_OBJECTS);
const ACCOUNT = "001000000000001AAA";
const ORDER = "801000000000001AAA";
const context = createContext(
  catalog,
  createDataset(catalog, {
    Account: [{ Id: ACCOUNT, Name: "Acme", OwnerId: "005000000000001AAA", Industry: "Banking", AnnualRevenue: 500 }],
    Contact: [{ Id: "003000000000001AAA", AccountId: ACCOUNT, LastName: "Davis" }],
    Order: [{ Id: ORDER, AccountId: ACCOUNT, OwnerId: "005000000000001AAA", OrderNumber: "00000100" }],
    OrderItem: [{ Id: "802000000000001AAA", OrderId: ORDER, Quantity: 2, TotalPrice: 10 }],
    User: [{ Id: "005000000000001AAA", Username: "admin@mock.org", LastName: "Admin", Name: "Admin" }],
  }),
);

describe("statements of the reference that a real org accepts", () => {
  it.each(CASES.filter((one) => one.valid).map((one) => [one.id, one.soql]))("%s is answered: %s", (_, soql) => {
    const outcome = runQuery(soql, context);
    expect(JSON.parse(JSON.stringify(outcome.page(0, 2000)))).toHaveLength(
      outcome.kind === "count" ? 0 : outcome.totalSize,
    );
  });
});

describe("statements of the reference that a real org refuses", () => {
  it.each(CASES.filter((one) => !one.valid).map((one) => [one.id, one.soql, one] as const))(
    "%s is refused: %s",
    (_, soql, expected) => {
      const error = refusalOf(soql);
      expect(error.statusCode).toBe(400);
      expect(error.errorCode).toBe(expected.errorCode);
      expect(error.faults[0].message).toContain(expected.messageContains ?? "");
      expect(error.faults[0].message).toContain(
        expected.column === undefined ? "" : `ERROR at Row:1:Column:${expected.column}\n`,
      );
    },
  );
});

function refusalOf(soql: string): OrgError {
  try {
    runQuery(soql, context);
  } catch (error) {
    if (error instanceof OrgError) return error;
    throw error;
  }
  throw new Error(`accepted: ${soql}`);
}
