/**
 * Real host names answered by a mock org: handlers for msw that catch `*.salesforce.com`.
 *
 * msw is loaded when the first handlers are asked for, and synchronously, because `server.use(...)` takes them so; an
 * org that nobody intercepts for never loads it.
 */
import { createRequire } from "node:module";
import type { RequestHandler } from "msw";

/** Hosts of Salesforce's login pages and of orgs; a mock org answers them all alike. */
const HOSTS = ["https://*.salesforce.com/*", "https://*.force.com/*"] as const;

/** Handlers that pass every request to these hosts to `fetch`. */
export function mswHandlers(fetch: (request: Request) => Response | Promise<Response>): readonly RequestHandler[] {
  const require = createRequire(import.meta.url);
  // The package's CommonJS build has the same exports as the one that the type describes.
  const { http } = require("msw") as typeof import("msw");
  return HOSTS.map((host) => http.all(host, ({ request }) => fetch(request)));
}
