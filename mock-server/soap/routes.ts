/** Where the SOAP APIs are. The calls themselves are loaded when the first client comes. */
import type { Hono } from "hono";
import type { PipelineOptions } from "../http/pipeline.ts";
import { type AppEnvironment, wireCall } from "../http/wire-call.ts";

/** Adds `/services/Soap/` to the app. */
export function mountSoap(app: Hono<AppEnvironment>, options: PipelineOptions): void {
  for (const kind of ["u", "c", "m"])
    app.all(`/services/Soap/${kind}/*`, async (context) => {
      const { answerSoap } = await import("./answer.ts");
      return answerSoap(options, wireCall(context));
    });
}
