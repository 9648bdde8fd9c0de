import { describe, expect, it } from "vitest";
import { RULES } from "../../../mock-server/dml/rules/registry.ts";

const numbered = (prefix: string, last: number) => Array.from({ length: last }, (_none, at) => `${prefix}-${at + 1}`);

describe("the catalog of rules", () => {
  const ids = RULES.map((rule) => rule.id);

  it("has every number of the reference's error catalog", () => {
    const wanted = [
      ...numbered("ORD", 18),
      ...numbered("ITM", 15),
      ...numbered("CON", 3),
      ...numbered("PBE", 4),
      "PRD-1",
      "ACC-1",
      ...numbered("GEN", 6),
    ];

    expect(wanted.filter((id) => !ids.includes(id))).toEqual([]);
  });

  it("has each number once, with a source and the place where it is enforced", () => {
    expect(new Set(ids).size).toBe(ids.length);
    expect(RULES.filter((rule) => rule.source === "" || rule.when === "")).toEqual([]);
    expect(RULES.filter((rule) => !("check" in rule) && rule.enforcedIn === undefined)).toEqual([]);
  });

  it("is written in codes of Salesforce's own spelling", () => {
    expect(RULES.filter((rule) => !/^[A-Z_]+$/.test(rule.code))).toEqual([]);
  });
});
