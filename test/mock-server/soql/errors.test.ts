/** The layout of error messages, and that every statement is either answered or refused in Salesforce's terms. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { OrgError } from "../../../mock-server/errors.ts";
import { bindError, syntaxError } from "../../../mock-server/soql/base/query-error.ts";
import { tokenize } from "../../../mock-server/soql/parse/lexer.ts";
import { runQuery } from "../../../mock-server/soql/query.ts";
import { createShop } from "./shop.ts";

const context = createShop();

describe("the position block", () => {
  it("of a syntax error shows the parser's column and a caret one to the left, as recorded", () => {
    const soql = "SELECT Id FROM Account SET OPTIONS (honorEmptyStrings = true) LIMIT 1";
    expect(syntaxError("unexpected token: 'LIMIT'", soql, soql.indexOf("LIMIT")).faults[0].message).toBe(
      `\nOPTIONS (honorEmptyStrings = true) LIMIT 1\n${" ".repeat(34)}^\nERROR at Row:1:Column:62\nunexpected token: 'LIMIT'`,
    );
  });

  it("of a binder error points at the first character with a column from 1", () => {
    expect(refusalOf("SELECT Foo FROM Account").faults[0].message).toBe(
      "\nSELECT Foo FROM Account\n       ^\nERROR at Row:1:Column:8\nNo such column 'Foo' on entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.",
    );
  });

  it("counts rows and the column within the row", () => {
    expect(bindError("X", "text", "SELECT Id,\n  Foo\nFROM Account", 13).faults[0].message).toContain(
      "ERROR at Row:2:Column:3\n",
    );
  });

  it("cuts a long statement at blanks and commas at least 31 characters away", () => {
    const soql = `SELECT ${"Name, ".repeat(20)}Foo FROM Account WHERE ${"x".repeat(40)} = 1`;
    const [, snippet = "", caret = ""] = refusalOf(soql).faults[0].message.split("\n");
    expect(snippet).toBe(` Name, Name, Name, Name, Name, Foo FROM Account WHERE ${"x".repeat(40)}`.trimStart());
    expect(snippet.charAt(caret.indexOf("^"))).toBe("F");
  });
});

describe("a statement with a character that starts no token", () => {
  it("is refused with line and column", () => {
    expect(refusalOf("SELECT Id FROM $casecomment").faults[0].message).toBe("line 1:15 unexpected token: '$'");
  });
});

describe("any statement", () => {
  const statements: readonly { soql: string }[] = JSON.parse(
    readFileSync(new URL("soql-cases.json", import.meta.url), "utf8"),
  );

  it("is answered or refused with a code, however its words are shuffled", () => {
    const words = statements.map(({ soql }) => tokenize(soql).filter((token) => token.kind !== "eof"));
    fc.assert(
      fc.property(
        fc.constantFrom(...words),
        fc.array(fc.record({ at: fc.nat(40), act: fc.constantFrom("drop", "double", "swap", "take") }), {
          maxLength: 3,
        }),
        fc.constantFrom(...words),
        (base, acts, other) => {
          const tokens = base.map((token) => (token.kind === "string" ? `'${token.text}'` : token.text));
          for (const { at, act } of acts) {
            const place = tokens.length === 0 ? 0 : at % tokens.length;
            const [token = ""] = tokens.slice(place);
            if (act === "drop") tokens.splice(place, 1);
            if (act === "double") tokens.splice(place, 0, token);
            if (act === "swap") tokens.splice(place, 2, ...tokens.slice(place, place + 2).reverse());
            if (act === "take") tokens.splice(place, 1, other[at % Math.max(1, other.length)]?.text ?? "");
          }
          const soql = tokens.join(" ").replaceAll(" . ", ".");
          expect(codeOf(soql)).toMatch(/^(answered|[A-Z_]+)$/);
        },
      ),
      { seed: 7, numRuns: 3_000 },
    );
  });
});

function codeOf(soql: string): string {
  try {
    const outcome = runQuery(soql, context);
    return JSON.stringify(outcome.page(0, 3)).length > 0 ? "answered" : "";
  } catch (error) {
    if (error instanceof OrgError) return error.errorCode;
    throw error;
  }
}

function refusalOf(soql: string): OrgError {
  try {
    runQuery(soql, context);
  } catch (error) {
    if (error instanceof OrgError) return error;
    throw error;
  }
  throw new Error(`accepted: ${soql}`);
}
