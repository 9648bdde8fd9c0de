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

/** Where a PostgreSQL database is, in parts that may hold any character. */
export interface DatabaseServer {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password?: string | undefined;
  /** As in a URL's `sslmode`, for example `require`. */
  readonly sslmode?: string | undefined;
}

/** The `postgres://` URL of a server, with every part escaped. */
export function urlOfServer({ host, port, database, user, password, sslmode }: DatabaseServer): string {
  const secret = password === undefined ? "" : `:${encodeURIComponent(password)}`;
  // An IPv6 address is in brackets; a folder of a socket is no host name and has to be escaped.
  const place =
    host.includes(":") && !host.startsWith("[") ? `[${host}]` : host.startsWith("/") ? encodeURIComponent(host) : host;
  const query = sslmode === undefined ? "" : `?sslmode=${encodeURIComponent(sslmode)}`;
  return `postgres://${encodeURIComponent(user)}${secret}@${place}:${port}/${encodeURIComponent(database)}${query}`;
}

/**
 * Fills `${NAME}` in an address. A value that takes the place of a user, a password or a database inside a URL is
 * escaped, so that it may hold any character; a reference that is the whole address, or its host, is taken as it is.
 */
export function fillAddress(address: string, fill: (reference: string, name: string) => string): string {
  const parts = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*@)?([^/?#@]*)(\/[^?#]*)?(.*)$/is.exec(address);
  const replaced = (text: string, as: (value: string) => string): string =>
    text.replaceAll(/\$\{(\w+)\}/g, (reference, name: string) => as(fill(reference, name)));
  if (parts === null) return replaced(address, (value) => value);
  const [, scheme = "", user = "", host = "", path = "", rest = ""] = parts;
  const inPath = isPostgresUrl(address) ? encodeURIComponent : (value: string): string => value;
  return `${scheme}${replaced(user, encodeURIComponent)}${replaced(host, (value) => value)}${replaced(path, inPath)}${replaced(rest, (value) => value)}`;
}
