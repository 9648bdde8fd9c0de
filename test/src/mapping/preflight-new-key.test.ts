/** Whether a record that was made in Salesforce gets a key that the external system can hold. */
import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/mapping/compile.ts";
import type { ObjectFacts } from "../../../src/mapping/facts.ts";
import { checkNewKey } from "../../../src/mapping/preflight-new-key.ts";
import type { PreflightProblem } from "../../../src/mapping/problem.ts";
import type { ExternalFieldFacts } from "../../../src/model/external-facts.ts";

describe("newKey", () => {
  it.each<[string, ExternalFieldFacts]>([
    ["a number", { type: "integer", kind: "number" }],
    ["a short text", { type: "character varying(10)", kind: "text", length: 10 }],
    ["a UUID", { type: "uuid" }],
    ["a date", { type: "date", kind: "date" }],
    ["an enum", { type: "mood", values: ["ok", "sad"] }],
    ["SQLite's row number", { type: "integer", hasDefault: true }],
  ])("that is the Id is a problem where the key is %s", (_what, facts) => {
    expect(problems({ facts })).toEqual([
      { place: "mapping.objects.Account.newKey", message: expect.stringMatching(/cannot hold.*create\.external/) },
    ]);
  });

  it.each<[string, ExternalFieldFacts]>([
    ["a text", { type: "text", kind: "text" }],
    ["a text of 18 characters", { type: "character varying(18)", kind: "text", length: 18 }],
    ["any column of SQLite but the row number", { type: "integer" }],
    ["of a type that tells nothing", { type: "any" }],
  ])("that is the Id fits a key that is %s", (_what, facts) => {
    expect(problems({ facts })).toEqual([]);
  });

  it("is not looked at where no record is made in the external system", () => {
    expect(problems({ facts: { type: "integer", kind: "number" }, creates: false })).toEqual([]);
  });

  it("cannot fill a key of two fields", () => {
    expect(problems({ facts: { type: "text", kind: "text" }, naturalKey: ["no", "branch"] })).toEqual([
      { place: "mapping.objects.Account.newKey", message: expect.stringContaining("2 fields (no, branch)") },
    ]);
  });

  it("that is a text field is warned about where some of its values do not fit", () => {
    const warning = (message: string) => [
      { place: "mapping.objects.Account.newKey", message: expect.stringContaining(message), warning: true },
    ];
    const newKey = "AccountNumber";
    expect(problems({ newKey, facts: { type: "integer", kind: "number" } })).toEqual(warning("takes numbers"));
    expect(problems({ newKey, facts: { type: "varchar(10)", kind: "text", length: 10 } })).toEqual(
      warning("holds 40 characters"),
    );
    expect(problems({ newKey, facts: { type: "varchar(40)", kind: "text", length: 40 } })).toEqual([]);
  });
});

const ACCOUNT: ObjectFacts = {
  name: "Account",
  createable: true,
  updateable: true,
  deletable: true,
  fields: [
    {
      name: "AccountNumber",
      type: "string",
      length: 40,
      precision: 0,
      scale: 0,
      nillable: true,
      createable: true,
      updateable: true,
      calculated: false,
      externalId: false,
      unique: false,
      referenceTo: [],
      relationshipName: null,
      restrictedValues: null,
    },
  ],
};

function problems(scene: {
  readonly facts: ExternalFieldFacts;
  readonly creates?: boolean;
  readonly newKey?: string;
  readonly naturalKey?: readonly string[];
}): readonly PreflightProblem[] {
  const result = compileMapping({
    source: "erp",
    objects: {
      Account: {
        collection: "customers",
        keyField: "ERP_Key__c",
        naturalKey: [...(scene.naturalKey ?? ["no"])],
        create: { external: scene.creates ?? true },
        ...(scene.newKey !== undefined && { newKey: scene.newKey }),
        fields: { Name: "name" },
      },
    },
  });
  const object = result.ok ? result.mapping.objects[0] : undefined;
  if (object === undefined) throw new Error("no object");
  return checkNewKey(
    object,
    "mapping.objects.Account",
    { collection: "customers", fields: { no: scene.facts } },
    ACCOUNT,
  );
}
