/** Takes secrets out of what is shown: tokens in addresses, passwords in bodies. */
import { isObject } from "./json-object.ts";

const SECRET_PARAMETERS =
  /([?&](?:oauth_token|access_token|token|password|client_secret|assertion|code|refresh_token|sid)=)[^&#]*/gi;

/** Members whose value nobody should read. Fields of records keep theirs unless they are named like these. */
const SECRET_MEMBER =
  /password|passphrase|client_?secret|access_?token|refresh_?token|session_?id|^sid$|authorization/i;

/** Bodies nested deeper than this are cut: none that the org reads is. */
const LEVELS_MAX = 12;

/** The path with every token and password replaced. */
export function redactPath(path: string): string {
  return path.includes("?") ? path.replace(SECRET_PARAMETERS, "$1***") : path;
}

/** A copy of a decoded body with secrets replaced; what holds none comes back as it is. */
export function redactBody(body: unknown, level = 0): unknown {
  if (level > LEVELS_MAX) return "…";
  if (Array.isArray(body)) return body.map((item: unknown) => redactBody(item, level + 1));
  if (!isObject(body)) return typeof body === "string" && body.startsWith("/") ? redactPath(body) : body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      SECRET_MEMBER.test(name) && value !== null ? "***" : redactBody(value, level + 1),
    ]),
  );
}
