/**
 * The `rejected` folder: files that could not be used, each beside the reason. The folder is the truth: a file that is
 * taken away from there is dealt with. The index numbers them, so that each is reported once.
 */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { type FilesTarget, folderOf, freeName, writeWhole } from "./folders.ts";
import type { RejectedFile } from "./index-store.ts";

const REASON = ".reason.txt";
/** More problems of one file than anybody reads; the file with the rejected rows holds them all. */
const PROBLEMS_MAX = 50;

type Problems = RejectedFile["problems"];

/** Moves a file of the `in` folder to `rejected`, with the reason beside it. */
export async function rejectFile(target: FilesTarget, file: string, problems: Problems): Promise<void> {
  const folder = folderOf(target, "rejected");
  await mkdir(folder, { recursive: true });
  const name = freeName(folder, file);
  await rename(join(folderOf(target, "in"), file), join(folder, name));
  await tell(target, { file: name, origin: file, problems });
}

/** Keeps the rows of a file that could not be used as a file of their own, to be corrected and sent again. */
export async function rejectRows(
  target: FilesTarget,
  file: string,
  rows: { readonly bytes: Uint8Array; readonly problems: Problems },
): Promise<void> {
  const folder = folderOf(target, "rejected");
  const ending = file.slice(file.lastIndexOf("."));
  const name = freeName(folder, `${file.slice(0, -ending.length).replace(/\.rows$/, "")}.rows${ending}`);
  await writeWhole(folder, name, rows.bytes);
  const { problems } = rows;
  const more = problems.length - PROBLEMS_MAX;
  const rest = more > 0 ? [{ line: null, reason: `and ${more} more` }] : [];
  await tell(target, { file: name, origin: file, problems: [...problems.slice(0, PROBLEMS_MAX), ...rest] });
}

/** A file has been read whole: earlier ones of its name are dealt with, and go to `archive`. */
export async function settleRejected(target: FilesTarget, file: string): Promise<void> {
  for (const old of await target.index.rejected(target.name)) {
    if (old.origin !== file && old.file !== file) continue;
    const path = join(folderOf(target, "rejected"), old.file);
    const archive = folderOf(target, "archive");
    if (existsSync(path)) await rename(path, join(archive, freeName(archive, old.file)));
    await forget(target, old.file);
  }
}

/** Everything that lies in `rejected`. */
export async function rejectedFiles(target: FilesTarget): Promise<readonly RejectedFile[]> {
  const { index, name } = target;
  const folder = folderOf(target, "rejected");
  const ending = `.${target.collection.format}`;
  const there = (await readdir(folder)).filter((file) => file.toLowerCase().endsWith(ending) && !file.startsWith("."));
  const known = await index.rejected(name);
  for (const { file } of known) if (!there.includes(file)) await forget(target, file);
  // A crash between the move and the note, an earlier version, or somebody's own hand.
  for (const file of there.sort()) {
    if (known.some((one) => one.file === file)) continue;
    await index.reject(name, { file, origin: originOf(file), problems: await problemsBeside(folder, file) });
  }
  return (await index.rejected(name)).filter(({ file }) => there.includes(file));
}

/** Moves a rejected file back to `in`, to be read like one that has just come. False when it is not there any more. */
export async function readmitFile(target: FilesTarget, file: string): Promise<boolean> {
  const known = (await rejectedFiles(target)).find((one) => one.file === file);
  if (known === undefined) return false;
  const folder = folderOf(target, "in");
  const { complete } = target.config;
  // Rows of a file keep a name of their own: under the file's name they would seem to be all of it.
  const name = freeName(folder, originOf(file));
  if (complete.kind === "marker") await writeWhole(folder, name + complete.suffix, new Uint8Array());
  await rename(join(folderOf(target, "rejected"), file), join(folder, name));
  await forget(target, file);
  return true;
}

async function tell(target: FilesTarget, rejected: Omit<RejectedFile, "seq">): Promise<void> {
  const text = rejected.problems.map((problem) => `${problemText(problem)}\n`).join("");
  await writeWhole(folderOf(target, "rejected"), rejected.file + REASON, Buffer.from(text));
  await target.index.reject(target.name, rejected);
}

async function forget(target: FilesTarget, file: string): Promise<void> {
  await rm(join(folderOf(target, "rejected"), file + REASON), { force: true });
  await target.index.forgetRejected(target.name, file);
}

/** A problem as a sentence that names its line. */
export function problemText({ line, reason }: Problems[number]): string {
  return line === null || reason.includes(`line ${line}`) ? reason : `line ${line}: ${reason}`;
}

/** A sentence as a problem with the line that it names. */
export function problemOf(text: string): Problems[number] {
  const [prefix, line] = /^line (\d+): /.exec(text) ?? /\bline (\d+)\b/.exec(text) ?? [];
  if (line === undefined || prefix === undefined) return { line: null, reason: text };
  return {
    line: Number(line),
    reason: text.startsWith(prefix) && prefix.endsWith(": ") ? text.slice(prefix.length) : text,
  };
}

function originOf(file: string): string {
  return file.replace(/~\d+(\.[^.]*)$/, "$1");
}

async function problemsBeside(folder: string, file: string): Promise<Problems> {
  const place = join(folder, file + REASON);
  if (!existsSync(place)) return [{ line: null, reason: "the reason is not known any more; look into the file" }];
  const lines = (await readFile(place, "utf8")).trim().split("\n").slice(0, PROBLEMS_MAX);
  return lines.map(problemOf);
}
