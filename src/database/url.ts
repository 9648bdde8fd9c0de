/** Where a database is: PostgreSQL by URL, SQLite by path. */

/** Whether a URL names a PostgreSQL database; all others are paths of SQLite files. */
export function isPostgresUrl(url: string): boolean {
  return /^postgres(ql)?:\/\//i.test(url);
}

/** The path in `file:path`, `file:///path` or a plain path. */
export function filePathOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  return decodeURIComponent(url.slice("file:".length).replace(/^\/\/(localhost)?(?=\/)/, ""));
}

/** The place of a database for messages, without user and password: `host:port/database`, or the file's path. */
export function placeOf(url: string): string {
  if (!isPostgresUrl(url)) return filePathOf(url);
  if (!URL.canParse(url)) return "the PostgreSQL URL";
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}:${port === "" ? "5432" : port}${pathname}`;
}
