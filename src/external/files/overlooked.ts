/** Files that lie where nobody looks at them: nothing fails, and nothing moves. */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ExternalNotice } from "../port.ts";
import { type FilesTarget, folderOf } from "./folders.ts";

/** A marker follows its file within seconds; an hour means that it does not come. */
const MARKER_WAIT_MS = 3_600_000;
/** Whoever takes our files does so within a day or two; three days span a weekend. */
const OUT_WAIT_MS = 3 * 86_400_000;
const NAMES_SHOWN_MAX = 3;

/** What people should know about the folders of a collection. Looks at names and times only. */
export function overlookedFiles(
  target: FilesTarget,
  isTemporary: (file: string) => boolean,
  nowMs: number,
): readonly ExternalNotice[] {
  const { name, collection, config } = target;
  const { complete } = config;
  const ending = `.${collection.format}`;
  const inbox = folderOf(target, "in");
  const there = filesIn(inbox).filter((file) => !isTemporary(file));
  const notices: ExternalNotice[] = [];
  const tell = (code: string, files: readonly string[], text: (shown: string) => string): void => {
    if (files.length > 0) notices.push({ code: `files:${name}:${code}`, message: text(shownNames(files)) });
  };
  const marker = complete.kind === "marker" ? complete.suffix : null;
  const isMarker = (file: string): boolean => marker !== null && file.endsWith(marker);
  const foreign = there.filter((file) => !file.toLowerCase().endsWith(ending) && !isMarker(file));
  tell("foreign", foreign, (shown) => `${inbox} holds ${shown}, which is not read: the collection takes *${ending}`);
  if (marker !== null) {
    const unmarked = there.filter(
      (file) =>
        file.toLowerCase().endsWith(ending) &&
        !existsSync(join(inbox, file + marker)) &&
        ageMs(inbox, file, nowMs) > MARKER_WAIT_MS,
    );
    tell(
      "marker",
      unmarked,
      (shown) =>
        `${inbox} holds ${shown}, which has waited for its marker (${marker}) for over an hour and is not read before`,
    );
  }
  const out = folderOf(target, "out");
  const old = filesIn(out).filter((file) => !file.startsWith(".") && ageMs(out, file, nowMs) > OUT_WAIT_MS);
  tell("out", old, (shown) => `${out} holds ${shown}, written over three days ago: nobody seems to take what is sent`);
  return notices;
}

function filesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).sort() : [];
}

/** Minus one for what is gone meanwhile. */
function ageMs(folder: string, file: string, nowMs: number): number {
  const seen = statSync(join(folder, file), { throwIfNoEntry: false });
  return seen === undefined ? -1 : nowMs - seen.mtimeMs;
}

function shownNames(files: readonly string[]): string {
  const more = files.length - NAMES_SHOWN_MAX;
  return `${files.slice(0, NAMES_SHOWN_MAX).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}
