/** `npm test` reads nothing outside the project; material from elsewhere belongs to `npm run real-data`. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const files = readdirSync(fileURLToPath(new URL("test", ROOT)), { recursive: true, encoding: "utf8" })
  .filter((file) => /\.(?:ts|mjs)$/.test(file) && !file.startsWith("real-data/"))
  .map((file) => `test/${file}`);

it.each(files)("%s names no place outside the project", (file) => {
  const text = readFileSync(new URL(file, ROOT), "utf8");
  const places = [...text.matchAll(/"((?:\.\.?\/)+[^"\n]*)"/g)].map(
    ([, place = ""]) => new URL(place, new URL(file, ROOT)),
  );
  expect(
    places.map(String).filter((place) => !place.startsWith(String(ROOT)) || place.includes("/test/real-data/")),
  ).toEqual([]);
});
