/** Writes what is made from the code: `npm run generate`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generatedFiles } from "./generated.ts";

for (const [path, text] of await generatedFiles("")) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
