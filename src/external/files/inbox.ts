/** Takes the files that have come in: only whole ones, each once, in the order of their names. */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FilesCollectionConfig, FilesConfig } from "./config.ts";
import { type FileRecord, parseFile, UnusableFile } from "./format.ts";
import type { FilesIndex, IndexedRecord } from "./index-store.ts";

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

/** Files that one call takes at most; the next call takes the rest. */
const FILES_MAX = 1000;
/** A larger file is rejected: it would have to fit into memory. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Names of files that are still being written. */
const TEMPORARY = /^[.~]|\.(tmp|temp|part|partial|filepart|crdownload|swp)$|~$/i;
/** Spreadsheets and editors leave these; they are nobody's business. */
const ORDER = new Intl.Collator("en", { numeric: true });

/** A path inside a collection's folders. */
export function folderOf(target: Pick<FilesTarget, "config" | "name">, folder: (typeof FOLDERS)[number]): string {
  return join(target.config.path, target.name, folder);
}

/**
 * Takes every whole file of the `in` folder into the index and moves it to `archive`, or to `rejected` when it cannot be
 * used, with the reason in a file of its own.
 *
 * A file's records are stored in one transaction before it is moved, so a crash in between takes nothing twice. Names
 * sort with numbers by value: orders-2 comes before orders-10.
 */
export async function takeFiles(target: FilesTarget): Promise<void> {
  const folder = folderOf(target, "in");
  for (const file of await wholeFiles(target, folder)) {
    const path = join(folder, file);
    const { size } = await stat(path);
    if (size > FILE_BYTES_MAX) {
      await reject(target, file, `the file is larger than ${FILE_BYTES_MAX} bytes`);
      continue;
    }
    const bytes = await readFile(path);
    const hash = createHash("sha256").update(bytes).digest("hex");
    if (!(await target.index.isTaken(target.name, file, hash))) {
      const problem = await takeOne(target, { file, bytes, hash });
      if (problem !== undefined) {
        await reject(target, file, problem);
        continue;
      }
    }
    await moveAside(target, file, { folder: "archive", hash });
    await target.index.forget(target.name, file);
  }
}

/** Writes a file so that a reader of the folder sees it whole or not at all. */
export async function writeWhole(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${file}.tmp`);
  await writeFile(temporary, text, { encoding: "utf8", flush: true });
  await rename(temporary, join(folder, file));
}

/** The record after a file has spoken: columns that the file does not have stay as they were. */
export function mergeRecord(known: IndexedRecord | undefined, record: FileRecord): Omit<IndexedRecord, "hash"> {
  const before = known?.deleted === false ? known : undefined;
  return {
    naturalKey: record.naturalKey,
    deleted: record.deleted,
    fields: { ...before?.fields, ...record.fields },
    lines: record.lines ?? before?.lines ?? [],
  };
}

async function wholeFiles(target: FilesTarget, folder: string): Promise<readonly string[]> {
  const { complete } = target.config;
  const ending = `.${target.collection.format}`;
  const candidates = (await readdir(folder)).filter(
    (file) => file.toLowerCase().endsWith(ending) && !TEMPORARY.test(file),
  );
  const files = candidates.sort((a, b) => ORDER.compare(a, b)).slice(0, FILES_MAX);
  if (complete.kind === "rename" || files.length === 0) return files;
  if (complete.kind === "marker") return files.filter((file) => existsSync(join(folder, file + complete.suffix)));
  const before = await Promise.all(files.map((file) => appearance(join(folder, file))));
  await target.sleep(complete.ms);
  const after = await Promise.all(files.map((file) => appearance(join(folder, file))));
  // The order counts: what comes after a file that is still growing waits with it.
  const growing = files.findIndex((_, index) => before[index] !== after[index]);
  return growing < 0 ? files : files.slice(0, growing);
}

async function appearance(path: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(path);
  return `${size} ${mtimeMs} ${ino}`;
}

/** Stores a file's records. Returns why the file cannot be used, or undefined. */
async function takeOne(
  target: FilesTarget,
  content: { readonly file: string; readonly bytes: Uint8Array; readonly hash: string },
): Promise<string | undefined> {
  const { index, name, collection } = target;
  try {
    const parsed = parseFile(collection, content.bytes);
    if (parsed.rejected.length > 0) {
      const rows = parsed.rejected.map((row) => `${JSON.stringify(row)}\n`).join("");
      await writeWhole(folderOf(target, "rejected"), `${content.file}.rows.ndjson`, rows);
    }
    await index.write(async (tx) => {
      const known = new Map(
        await index.records(
          name,
          parsed.records.map((record) => record.naturalKey),
          tx,
        ),
      );
      const merged: Omit<IndexedRecord, "hash">[] = [];
      for (const record of parsed.records) {
        const key = JSON.stringify(record.naturalKey);
        const next = mergeRecord(known.get(key), record);
        known.set(key, { ...next, hash: "" });
        merged.push(next);
      }
      await index.put(tx, name, merged);
      await index.take(tx, name, content.file, content.hash);
    });
    return undefined;
  } catch (error) {
    if (error instanceof UnusableFile) return error.message;
    throw error;
  }
}

async function reject(target: FilesTarget, file: string, reason: string): Promise<void> {
  const moved = await moveAside(target, file, { folder: "rejected", hash: "" });
  await writeWhole(folderOf(target, "rejected"), `${moved}.reason.txt`, `${reason}\n`);
}

/** Moves a file and its marker away; a file of the same name that lies there stays. Returns the new name. */
async function moveAside(
  target: FilesTarget,
  file: string,
  to: { readonly folder: "archive" | "rejected"; readonly hash: string },
): Promise<string> {
  const folder = folderOf(target, to.folder);
  await mkdir(folder, { recursive: true });
  const ending = file.slice(file.lastIndexOf("."));
  const stem = file.slice(0, -ending.length);
  let name = file;
  for (let copy = 2; existsSync(join(folder, name)); copy += 1) name = `${stem}~${copy}${ending}`;
  await rename(join(folderOf(target, "in"), file), join(folder, name));
  const { complete } = target.config;
  if (complete.kind === "marker") await unlink(join(folderOf(target, "in"), file + complete.suffix));
  return name;
}
