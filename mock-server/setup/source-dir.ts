/**
 * Reads a folder of Salesforce metadata (an SFDX project, one of its package directories, or a Metadata API folder).
 *
 * Only files that say something about records are opened; what they say is `mock-server/schema/metadata`'s business.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { isMetadataFile, type SourceFile } from "../schema/metadata/component.ts";

/** Files and folders that one source folder may hold, to bound a folder given by mistake. */
const ENTRIES_MAX = 200_000;

/** Folders that hold no metadata of the team. */
const SKIPPED = new Set(["node_modules", ".git", ".sf", ".sfdx"]);

/**
 * The metadata files below the folders, in order of their paths. Throws an `Error` that names the folder where it does
 * not exist, is no folder, or holds more than 200,000 entries. Symbolic links to folders are not followed.
 */
export function readSourceDirs(folders: readonly string[]): readonly SourceFile[] {
  return folders.flatMap((folder) => {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
      throw new Error(`The source folder ${folder} does not exist or is no folder`);
    return metadataFiles(folder).map((path) => ({ path, text: readFileSync(path, "utf8") }));
  });
}

function metadataFiles(folder: string): readonly string[] {
  const found: string[] = [];
  const open = [folder];
  let entries = 0;
  for (let current = open.pop(); current !== undefined; current = open.pop())
    for (const entry of readdirSync(current, { withFileTypes: true })) {
      if (++entries > ENTRIES_MAX)
        throw new Error(`The source folder ${folder} holds more than ${ENTRIES_MAX} entries`);
      const path = join(current, entry.name).replaceAll("\\", "/");
      if (entry.isDirectory() && !SKIPPED.has(entry.name)) open.push(path);
      else if (entry.isFile() && isMetadataFile(path)) found.push(path);
    }
  return found.toSorted();
}
