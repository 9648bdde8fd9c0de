/** What is made from the code stands in the tree as the code makes it: `npm run build && node tools/generate.mjs`. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { seedCalled } from "../../mock-server/seeds/named-seeds.ts";
import { prebuild, prebuiltFile } from "../../mock-server/seeds/prebuild.ts";
import { configJsonSchema, configurationReference, errorReference } from "../../src/config/reference.ts";
import { ERROR_CODES } from "../../src/errors.ts";

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

describe("generated files", () => {
  it("the JSON Schema is up to date", () => {
    expect(JSON.parse(read("schema/order-sync.schema.json"))).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  it("the configuration reference is up to date", () => {
    expect(read("docs/configuration.md")).toBe(configurationReference());
  });

  it("the list of errors is up to date and holds every code", () => {
    const text = read("docs/errors.md");
    expect(text).toBe(errorReference());
    for (const code of Object.keys(ERROR_CODES)) expect(text).toContain(`## \`${code}\``);
  });

  it("the records of the demo org are up to date", async () => {
    const made = prebuiltFile(await prebuild(await seedCalled("demo")));
    expect(read("fixtures/orgs/demo-records.ts") === made, "run npm run generate").toBe(true);
  });
});
