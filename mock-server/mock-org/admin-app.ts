/** Everything under `/_mock/` as an app of its own. It is made when somebody first asks: most forks of a test run never do. */
import { Hono } from "hono";
import { type AdminHost, mountAdminEnd, mountAdminRoutes } from "../admin/routes.ts";
import type { ConsoleHost } from "../console/host.ts";
import { mountConsole } from "../console/mount.ts";
import type { AppEnvironment } from "../http/wire-call.ts";

/** The admin API and the console of one org. */
export function createAdminApp(admin: AdminHost, pages: ConsoleHost): Hono<AppEnvironment> {
  const app = new Hono<AppEnvironment>();
  mountAdminRoutes(app, admin);
  mountConsole(app, pages);
  mountAdminEnd(app);
  // Defects are the outer app's to answer.
  app.onError((error) => {
    throw error;
  });
  return app;
}
