/** SOSL and parameterized search. */
import { describe, expect, it } from "vitest";
import { runParameterizedSearch, runSearch } from "../../../mock-server/soql/sosl/search.ts";
import { createShop, id } from "./shop.ts";

const context = createShop();

function names(sosl: string): readonly unknown[] {
  return runSearch(sosl, context).searchRecords.map((record) => record["Name"] ?? record["Id"]);
}

describe("a search", () => {
  it("finds whole words whatever their case, not parts of words", () => {
    expect(names("FIND {BRANCH} RETURNING Account(Name LIMIT 2)")).toEqual(["Acme Branch 0", "Acme Branch 1"]);
    expect(names("FIND {Bran} RETURNING Account(Name)")).toEqual([]);
  });

  it("finds the beginning of words with an asterisk and one character with a question mark", () => {
    expect(names("FIND {Mül*} RETURNING Account(Name)")).toEqual(["Müller & Söhne GmbH"]);
    expect(names("FIND {S?hne} RETURNING Account(Name)")).toEqual(["Müller & Söhne GmbH"]);
  });

  it("requires every word, unless OR or AND NOT says otherwise, from left to right", () => {
    expect(names("FIND {Acme GmbH} RETURNING Account(Name)")).toEqual([]);
    expect(names("FIND {Söhne OR only} RETURNING Account(Name)")).toEqual(["Müller & Söhne GmbH", "Acme Branch 5"]);
    expect(names("FIND {bolts AND NOT only} RETURNING Account(Name)")).toEqual(["Acme Branch 4"]);
    expect(names("FIND {Acme AND (only OR Söhne)} RETURNING Account(Name)")).toEqual(["Acme Branch 5"]);
  });

  it("finds a phrase in quotes only where its words follow each other", () => {
    expect(names('FIND {"Branch 7"} RETURNING Account(Name)')).toEqual(["Acme Branch 7"]);
    expect(names('FIND {"7 Branch"} RETURNING Account(Name)')).toEqual([]);
  });

  it("takes reserved characters with a backslash", () => {
    expect(names("FIND {030\\-124} IN PHONE FIELDS RETURNING Account(Name)")).toEqual(["Acme Branch 4"]);
  });

  it("searches only the fields of its group", () => {
    expect(names("FIND {bolts} IN NAME FIELDS RETURNING Account(Name)")).toEqual(["Acme Branch 4"]);
    expect(names("FIND {acme} IN EMAIL FIELDS RETURNING Contact")).toEqual([id("Contact", 1)]);
  });

  it("filters, sorts and cuts like a query", () => {
    const sosl = "FIND {Acme} RETURNING Account(Id, Name WHERE Name > 'Acme Branch 6' ORDER BY Name DESC LIMIT 2)";
    expect(names(sosl)).toEqual(["Acme Branch 9", "Acme Branch 8"]);
  });

  it("gives Ids of every searchable object but products where none is named", () => {
    const found = runSearch("FIND {bolts OR bolt OR acme}", context).searchRecords;
    const types = new Set(found.map((record) => JSON.stringify(record["attributes"]).split('"')[3]));
    expect([...types]).toEqual(["Account", "Contact"]);
    expect(Object.keys(found[0] ?? {})).toEqual(["attributes", "Id"]);
  });

  it("finds products where they are named, within a price book where one is given", () => {
    expect(names("FIND {bolt} IN EMAIL FIELDS RETURNING Product2(Name)")).toEqual(["Bolt M8", "Bolt M10"]);
    const within = `FIND {bolt} RETURNING Product2(Name) WITH PricebookId = '${id("Pricebook2", 1)}'`;
    expect(names(within)).toEqual(["Bolt M10"]);
  });

  it("spreads a limit over its objects", () => {
    const found = names("FIND {Acme} RETURNING Account(Name), Contact(Id) LIMIT 4");
    expect(found).toEqual(["Acme Branch 0", "Acme Branch 1", "Acme Branch 2", id("Contact", 1)]);
  });

  it.each([
    ["FIND Acme", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."],
    ["FIND {}", "MALFORMED_SEARCH", "No search term found. The search term must be enclosed in braces."],
    ["FIND {a}", "INVALID_SEARCH", "search term must be longer than one character: a"],
    ["FIND {acme} RETURNING Account(Foo)", "INVALID_FIELD", "No such column 'Foo' on entity 'Account'."],
    ["FIND {acme} RETURNING Foo", "INVALID_TYPE", "sObject type 'Foo' is not supported."],
    ["FIND {acme} RETURNING Account(WHERE Name = 'x')", "MALFORMED_SEARCH", "unexpected token: 'WHERE'"],
    ["FIND {acme} RETURNING Account(Id OFFSET 2001)", "MALFORMED_SEARCH", "SOSL offset should be between 0 to 2000"],
    ["FIND {acme} RETURNING Account, Account", "MALFORMED_SEARCH", "duplicate object: Account"],
    ["FIND {acme} WITH SNIPPET", "MALFORMED_SEARCH", "WITH SNIPPET is not supported"],
  ])("is refused: %s", (sosl, code, text) => {
    expect(() => runSearch(sosl, context)).toThrow(expect.objectContaining({ errorCode: code }));
    expect(() => runSearch(sosl, context)).toThrow(text);
  });

  it("finds nothing with more than 10,000 characters and drops operators above 4,000", () => {
    const padding = (length: number) => "branch ".repeat(Math.ceil(length / 7)).slice(0, length);
    expect(names(`FIND {${padding(10_001)}} RETURNING Account(Name)`)).toEqual([]);
    const long = `Acme OR ${padding(4_193)}`;
    expect(names(`FIND {${long} 5} RETURNING Account(Name)`.replace(" 5}", ' "Branch 5"}'))).toEqual(["Acme Branch 5"]);
  });
});

describe("a parameterized search", () => {
  it("takes fields, conditions and limits per object", () => {
    const outcome = runParameterizedSearch(
      {
        q: "acme",
        fields: ["Id"],
        sobjects: [{ name: "Account", fields: ["Name"], where: "Name LIKE '%7'" }, { name: "Contact" }],
        defaultLimit: 5,
      },
      context,
    );
    expect(outcome.searchRecords).toMatchObject([{ Name: "Acme Branch 7" }, { Id: id("Contact", 1) }]);
  });

  it("is refused without a text", () => {
    expect(() => runParameterizedSearch({}, context)).toThrow(expect.objectContaining({ statusCode: 400 }));
  });
});
