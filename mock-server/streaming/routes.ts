/** Where CometD is. Only the list of commits is there from the beginning. */
import type { Context, Hono } from "hono";
import { answerLoginCall } from "../http/login-call.ts";
import type { PipelineOptions } from "../http/pipeline.ts";
import { type AppEnvironment, wireCall } from "../http/wire-call.ts";
import { Commits } from "./commits.ts";
import type { StreamingServer } from "./server.ts";

/** What the org may do with its streaming endpoint. */
export interface StreamingGateway {
  /** Forgets clients and events: the org's records are others now. Held connects are answered. */
  forget(): void;
}

/** Adds `/cometd/` to the app. */
export function mountStreaming(app: Hono<AppEnvironment>, options: PipelineOptions): StreamingGateway {
  const commits = new Commits(options.services.org);
  let server: StreamingServer | undefined;
  const answer = (context: Context<AppEnvironment>): Promise<Response> =>
    answerLoginCall(options, wireCall(context), async (call) => {
      const { answerStreaming, createStreamingServer } = await import("./answer.ts");
      server ??= createStreamingServer(options, commits);
      return answerStreaming(options, server, call);
    });
  app.all("/cometd", answer);
  app.all("/cometd/*", answer);
  return {
    forget: () => {
      commits.clear();
      server?.forget();
    },
  };
}
