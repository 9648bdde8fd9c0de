/** Where a state store is, for messages and for whoever removes or looks for its file. */
import { filePathOf, isPostgresUrl, placeOf } from "../database/url.ts";

/** The path of the state's file; null when it is a PostgreSQL database. */
export function stateFile(url: string): string | null {
  return isPostgresUrl(url) ? null : filePathOf(url);
}

/** The path, or the host and database; never a password. */
export function statePlace(url: string): string {
  return placeOf(url);
}
