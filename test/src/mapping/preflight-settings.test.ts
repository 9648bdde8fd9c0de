import { describe, expect, it } from "vitest";
import { checkSettings } from "../../../src/mapping/preflight-settings.ts";
import { compiled, erpMapping } from "../../support/erp-mapping.ts";

describe("settings that do nothing together", () => {
  it("a collection that no object uses is warned of", () => {
    expect(checkSettings(compiled(erpMapping()), ["customers", "products", "prices", "orders", "returns"])).toEqual([
      {
        place: "external.collections.returns",
        message: "no object of the mapping uses it, so nothing of it is synchronized",
        warning: true,
      },
    ]);
  });

  it("an object whose records are made on neither side is warned of, unless match ties them", () => {
    const create = { salesforce: false, external: false };
    const places = (match: readonly string[]): readonly string[] =>
      checkSettings(
        compiled(erpMapping({ Account: { create, ...(match.length === 0 ? {} : { match: [...match] }) } })),
        [],
      ).map(({ place }) => place);

    expect(places([])).toEqual(["mapping.objects.Account.create"]);
    expect(places(["Name"])).toEqual([]);
  });

  it("an object that is not watched although fields flow to the external system is warned of", () => {
    const mapping = compiled(erpMapping({ Account: { watch: false } }));

    expect(checkSettings(mapping, []).map(({ place }) => place)).toEqual(["mapping.objects.Account.watch"]);
  });
});
