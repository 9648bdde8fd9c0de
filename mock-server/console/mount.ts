/** The console's addresses in the org's app. The pages themselves are loaded when somebody first looks at one. */
import type { Context, Hono } from "hono";
import type { AppEnvironment } from "../http/wire-call.ts";
import { BASE, HOME } from "./addresses.ts";
import type { ConsoleHost } from "./host.ts";

/** Adds the console. It goes behind the guard of the admin API and before that API's answer for unknown addresses. */
export function mountConsole(app: Hono<AppEnvironment>, host: ConsoleHost): void {
  let loaded: Promise<Hono<AppEnvironment>> | undefined;
  const answer = async (context: Context<AppEnvironment>): Promise<Response> => {
    loaded ??= import("./console.ts").then(({ createConsole }) => createConsole(host));
    return (await loaded).fetch(context.req.raw, context.env);
  };
  for (const path of ["/_mock", HOME, BASE, `${BASE}/*`]) app.get(path, answer);
}
