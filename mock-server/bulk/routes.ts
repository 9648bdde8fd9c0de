/** Where the Bulk APIs are: 2.0 under `/jobs` of a REST version, 1.0 under `/services/async/`. Both are loaded when the first client comes. */
import type { Hono } from "hono";
import { answerLoginCall } from "../http/login-call.ts";
import type { PipelineOptions } from "../http/pipeline.ts";
import type { Route } from "../http/routes.ts";
import { type AppEnvironment, wireCall } from "../http/wire-call.ts";

/** The resources of Bulk API 2.0. They bring a CSV reader along, which no other client should wait for. */
export const BULK_ROUTES: readonly Route[] = [
  ["jobs/{rest...}", { methods: {}, load: async () => (await import("./job-resources.ts")).findBulkResource }],
];

/** Adds Bulk API 1.0 to the app. */
export function mountClassicBulk(app: Hono<AppEnvironment>, options: PipelineOptions): void {
  app.all("/services/async/*", (context) =>
    answerLoginCall(options, wireCall(context), async (call) => {
      const { answerAsync } = await import("./classic-routes.ts");
      return answerAsync(options, call);
    }),
  );
}
