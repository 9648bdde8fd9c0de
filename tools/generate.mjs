// Writes what is made from the code: the JSON Schema, the configuration reference, the list of errors, and the records of
// the demo org, ready to be put into a new one.
// Works on dist/, so build first.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
process.chdir(root);
const { prebuild, prebuiltFile } = await import("../dist/mock-server/seeds/prebuild.js");
const { seedCalled } = await import("../dist/mock-server/seeds/named-seeds.js");
const { configJsonSchema, configurationReference, errorReference } = await import("../dist/src/config/reference.js");

mkdirSync("schema", { recursive: true });
writeFileSync("schema/order-sync.schema.json", `${JSON.stringify(configJsonSchema(), null, 2)}\n`);
writeFileSync("docs/configuration.md", configurationReference());
writeFileSync("docs/errors.md", errorReference());
writeFileSync("fixtures/orgs/demo-records.ts", prebuiltFile(await prebuild(await seedCalled("demo"))));
