/**
 * Keeps web pages of strangers out of the admin API.
 *
 * A page can make a browser send simple requests anywhere, and with DNS rebinding under a name of its own. So the host
 * must be one that nobody else can own, the origin must be ours, and what changes something must be JSON, which a form
 * cannot send.
 */
import type { MiddlewareHandler } from "hono";

/** Hosts that nobody on the internet can make resolve to this machine at will. */
const SAFE_HOST = /^(?:localhost|[^.:]+|.+\.localhost|.+\.salesforce\.com|.+\.force\.com|host\.docker\.internal)$/i;
const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\])$/i;

/** Refuses what a browser may have been tricked into. `hosts`: further host names, without a port. */
export function guardAdmin(hosts: readonly string[] = []): MiddlewareHandler {
  return async (context, next) => {
    const url = new URL(context.req.url);
    const shown = context.req.header("host") ?? url.host;
    const host = shown.replace(/:\d+$/, "");
    if (!SAFE_HOST.test(host) && !IP_ADDRESS.test(host) && !hosts.includes(host)) {
      return context.json({ error: `The admin API does not answer under the host name ${host}` }, 403);
    }
    const origin = context.req.header("origin");
    if (origin !== undefined && !isSameOrigin(origin, shown)) {
      return context.json({ error: `The admin API does not answer pages of ${origin}` }, 403);
    }
    const { method } = context.req;
    const contentType = context.req.header("content-type") ?? "";
    if (
      (method === "POST" || method === "PUT" || method === "PATCH") &&
      !/^application\/json(?:;|$)/i.test(contentType)
    ) {
      return context.json({ error: `${method} needs the header Content-Type: application/json` }, 415);
    }
    return next();
  };
}

function isSameOrigin(origin: string, host: string): boolean {
  try {
    return new URL(origin).host.toLowerCase() === host.toLowerCase();
  } catch {
    // "null" and the like: a page without an origin is nobody's friend.
    return false;
  }
}
