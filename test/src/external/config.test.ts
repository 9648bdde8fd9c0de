import { describe, expect, it } from "vitest";
import { z } from "zod";
import { externalConfigSchema } from "../../../src/external/config.ts";
import { shopConfig } from "./shop.ts";
import { erpConfig } from "./sql-double.ts";

describe("the configuration of the external system", () => {
  it("fills in the defaults of each kind", () => {
    const sql = externalConfigSchema.parse({
      kind: "sql",
      name: "erp",
      url: "erp.db",
      collections: { customers: { table: "customers", key: ["id"] } },
    });
    expect(sql).toMatchObject({ lockWaitMs: 10_000, collections: { customers: { changes: { kind: "changeLog" } } } });
    expect(externalConfigSchema.parse(shopConfig("https://shop.example.com"))).toMatchObject({
      auth: { kind: "none" },
      attempts: 5,
    });
  });

  it.each([
    [{ ...erpConfig("x"), kind: "soap" }, ["kind"]],
    [{ ...erpConfig("x"), name: "ERP 1" }, ["name"]],
    [{ ...erpConfig("x"), tables: [] }, []],
    [erpConfig("x", { key: [] }), ["collections", "orders", "key"]],
    [erpConfig("x", { key: ["a", "b"] }), ["collections", "orders", "lines", "parentKey"]],
    [{ ...shopConfig("ftp://shop.example.com") }, ["url"]],
    [{ ...shopConfig("https://shop.example.com"), attempts: 0 }, ["attempts"]],
    [{ ...shopConfig("https://shop.example.com"), attempts: 11 }, ["attempts"]],
  ])("refuses a wrong value at its place: case %#", (value, path) => {
    expect(externalConfigSchema.safeParse(value).error?.issues[0]?.path).toEqual(path);
  });

  it("has a JSON Schema for editors", () => {
    const schema = z.toJSONSchema(externalConfigSchema, { io: "input" });
    expect(JSON.stringify(schema)).toContain("JSON pointer (RFC 6901)");
  });
});
