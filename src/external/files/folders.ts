/** The folders of an exchange, and how files get into them: whole or not at all. */
import { existsSync } from "node:fs";
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FilesCollectionConfig, FilesConfig } from "./config.ts";
import type { FilesIndex } from "./index-store.ts";

/** One collection's folders. */
export interface FilesTarget {
  readonly config: FilesConfig;
  readonly name: string;
  readonly collection: FilesCollectionConfig;
  readonly index: FilesIndex;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The folders of a collection. */
export const FOLDERS = ["in", "out", "archive", "rejected"] as const;

/** A path inside a collection's folders. */
export function folderOf(target: Pick<FilesTarget, "config" | "name">, folder: (typeof FOLDERS)[number]): string {
  return join(target.config.path, target.name, folder);
}

/** Writes a file so that a reader of the folder sees it whole or not at all. */
export async function writeWhole(folder: string, file: string, bytes: Uint8Array): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${file}.tmp`);
  await writeFile(temporary, bytes, { flush: true });
  await rename(temporary, join(folder, file));
}

/** The name, or one with a number behind its stem when a file of that name lies in the folder. */
export function freeName(folder: string, file: string): string {
  const ending = file.slice(file.lastIndexOf("."));
  const stem = file.slice(0, -ending.length);
  let name = file;
  for (let copy = 2; existsSync(join(folder, name)); copy += 1) name = `${stem}~${copy}${ending}`;
  return name;
}
