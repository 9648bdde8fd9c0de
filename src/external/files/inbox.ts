/** Takes the files that have come in: only whole ones, each once, in the order of their names. */
import { createHash } from "node:crypto";
import { existsSync, type Stats } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { encodeFile } from "./encoding.ts";
import type { FileRecord, ParsedFile } from "./file-record.ts";
import { type FilesTarget, folderOf, freeName } from "./folders.ts";
import { parseFile } from "./format.ts";
import type { IndexedRecord } from "./index-store.ts";
import { problemOf, rejectFile, rejectRows, settleRejected } from "./rejected.ts";
import { UnusableFile } from "./unusable-file.ts";

/** Files that one call takes at most; the next call takes the rest. */
const FILES_MAX = 1000;
/** A larger file is rejected: it would have to fit into memory. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;
/** Names of files that are still being written, and of what spreadsheets and editors leave. */
const TEMPORARY = /^[.~]|\.(tmp|temp|part|partial|filepart|crdownload|swp)$|~$/i;
/** Whether a file of this name is still being written, or nobody's business. */
export function isTemporary(file: string): boolean {
  return TEMPORARY.test(file);
}

const ORDER = new Intl.Collator("en", { numeric: true });

/**
 * Takes every whole file of the `in` folder into the index and moves it to `archive`, or to `rejected` when it cannot be
 * used, with the reason in a file of its own.
 *
 * A file's records are stored in one transaction before it is moved, so a crash in between takes nothing twice. Names
 * sort with numbers by value: orders-2 comes before orders-10. A file that is taken away meanwhile has not come.
 */
export async function takeFiles(target: FilesTarget): Promise<void> {
  const folder = folderOf(target, "in");
  for (const file of await wholeFiles(target, folder)) {
    const read = await readWhole(join(folder, file));
    if (read.kind === "gone") continue;
    const problem = read.kind === "bytes" ? await takeOne(target, { file, bytes: read.bytes }) : read.reason;
    if (problem === undefined) continue;
    await ifThere(() => rejectFile(target, file, [problemOf(problem)]));
    await dropMarker(target, file);
  }
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
  const isMarked = (file: string): boolean =>
    complete.kind !== "marker" || existsSync(join(folder, file + complete.suffix));
  const candidates = (await readdir(folder)).filter(
    (file) => file.toLowerCase().endsWith(ending) && !isTemporary(file) && isMarked(file),
  );
  const files = candidates.sort((a, b) => ORDER.compare(a, b)).slice(0, FILES_MAX);
  if (complete.kind !== "settled" || files.length === 0) return files;
  const before = await Promise.all(files.map((file) => appearance(join(folder, file))));
  await target.sleep(complete.ms);
  const after = await Promise.all(files.map((file) => appearance(join(folder, file))));
  // The order counts: what comes after a file that is still growing waits with it.
  const growing = files.findIndex((_, index) => before[index] !== after[index]);
  return growing < 0 ? files : files.slice(0, growing);
}

/** How a file looks from outside; what is gone or leads nowhere looks like nothing. */
async function appearance(path: string): Promise<string> {
  const { size, mtimeMs, ino } = (await lookAt(path)) ?? { size: 0, mtimeMs: 0, ino: 0 };
  return `${size} ${mtimeMs} ${ino}`;
}

async function lookAt(path: string): Promise<Stats | undefined> {
  return ifThere(() => stat(path));
}

type WholeRead =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "unusable"; readonly reason: string }
  | { readonly kind: "gone" };

async function readWhole(path: string): Promise<WholeRead> {
  const seen = await lookAt(path);
  if (seen === undefined) {
    const stillListed = (await readdir(dirname(path))).includes(basename(path));
    return stillListed ? { kind: "unusable", reason: "it is a link that leads nowhere" } : { kind: "gone" };
  }
  if (!seen.isFile()) {
    return { kind: "unusable", reason: seen.isDirectory() ? "it is a folder and not a file" : "it is not a file" };
  }
  if (seen.size > FILE_BYTES_MAX) {
    const reason = `it is ${seen.size} bytes large, and a file may have ${FILE_BYTES_MAX}; send it in several files`;
    return { kind: "unusable", reason };
  }
  try {
    const bytes = await ifThere(() => readFile(path));
    return bytes === undefined ? { kind: "gone" } : { kind: "bytes", bytes };
  } catch (error) {
    if (!hasCode(error, "EACCES", "EPERM")) throw error;
    return { kind: "unusable", reason: "it may not be read by this user; correct its rights" };
  }
}

/** Takes one file. Returns why nothing of it can be used, or undefined. */
async function takeOne(
  target: FilesTarget,
  { file, bytes }: { readonly file: string; readonly bytes: Uint8Array },
): Promise<string | undefined> {
  const { index, name, collection } = target;
  const hash = createHash("sha256").update(bytes).digest("hex");
  // The hash is stored together with the records; whoever finds it only has to move the file.
  if (!(await index.isTaken(name, file, hash))) {
    let parsed: ParsedFile;
    try {
      parsed = parseFile(collection, bytes);
    } catch (error) {
      if (error instanceof UnusableFile) return error.message;
      throw error;
    }
    await settleRejected(target, file);
    if (parsed.problems.length > 0) {
      const rows = encodeFile(parsed.rejectedText, collection.encoding);
      await rejectRows(target, file, { bytes: rows, problems: parsed.problems });
    }
    await storeRecords(target, parsed.records, { file, hash });
  }
  await ifThere(() => archive(target, file));
  await dropMarker(target, file);
  await index.forget(name, file);
  return undefined;
}

async function storeRecords(
  { index, name }: FilesTarget,
  records: readonly FileRecord[],
  from: { readonly file: string; readonly hash: string },
): Promise<void> {
  await index.write(async (tx) => {
    const keys = records.map((record) => record.naturalKey);
    const known = new Map(await index.records(name, keys, tx));
    const merged: Omit<IndexedRecord, "hash">[] = [];
    for (const record of records) {
      const key = JSON.stringify(record.naturalKey);
      const next = mergeRecord(known.get(key), record);
      known.set(key, { ...next, hash: "" });
      merged.push(next);
    }
    await index.put(tx, name, merged);
    await index.take(tx, name, from.file, from.hash);
  });
}

/** Moves a file to `archive`; one of the same name that lies there stays. */
async function archive(target: FilesTarget, file: string): Promise<void> {
  const folder = folderOf(target, "archive");
  await mkdir(folder, { recursive: true });
  await rename(join(folderOf(target, "in"), file), join(folder, freeName(folder, file)));
}

async function dropMarker(target: FilesTarget, file: string): Promise<void> {
  const { complete } = target.config;
  if (complete.kind === "marker") await rm(join(folderOf(target, "in"), file + complete.suffix), { force: true });
}

/** What `work` gives; undefined when the file is not there: another process, or its owner, was faster. */
async function ifThere<R>(work: () => Promise<R>): Promise<R | undefined> {
  try {
    return await work();
  } catch (error) {
    if (hasCode(error, "ENOENT", "ELOOP")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && "code" in error && codes.includes(String(error.code));
}
