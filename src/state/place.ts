/** Where a state store is, for messages and for whoever removes or looks for its file. */
import { statSync } from "node:fs";
import { filePathOf, isPostgresUrl, placeOf } from "../database/url.ts";
import { SyncError } from "../errors.ts";

/** The path of the state's file; null when it is a PostgreSQL database. */
export function stateFile(url: string): string | null {
  return isPostgresUrl(url) ? null : filePathOf(url);
}

/**
 * Watches over a state file that a process keeps open. SQLite goes on writing into a file that was deleted or replaced,
 * and all of it would be gone with the process. The returned check throws `STATE_UNREACHABLE` then.
 */
export function watchStateFile(url: string): () => void {
  const file = stateFile(url);
  if (file === null || file === ":memory:") return () => {};
  const inode = inodeOf(file);
  return () => {
    if (inode === null || inodeOf(file) === inode) return;
    throw new SyncError(
      "STATE_UNREACHABLE",
      `State file ${file} was deleted or replaced while it is in use; put it back, or restart: the next run then compares both sides again and doubles nothing`,
    );
  };
}

function inodeOf(file: string): number | null {
  return statSync(file, { throwIfNoEntry: false })?.ino ?? null;
}

/** The path, or the host and database; never a password. */
export function statePlace(url: string): string {
  return placeOf(url);
}
