/**
 * Where the material stands that is not part of the project: data sets of strangers, and cases that somebody else wrote.
 *
 * `REAL_DATA` names the folder; it is `shared` beside the project unless said otherwise. It has `data/`, with one folder for each
 * data set, and `cases/`, with programs that end with 0 where the connector is right.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** A file or folder of the material. Throws an `Error` where it is not there: this command is asked for, so nothing is skipped. */
export function realData(path: string): URL {
  const place = resolve(process.env["REAL_DATA"] ?? resolve(PROJECT, "../shared"), path);
  if (!existsSync(place)) throw new Error(`${place} is not there: set REAL_DATA to the folder that holds ${path}`);
  return pathToFileURL(place);
}
