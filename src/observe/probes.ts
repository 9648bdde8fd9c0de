/** What machines ask a process that stays up: does it live, is it well, and its numbers. Needs no token, shows no record. */
import type { Context, Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { SyncError } from "../errors.ts";
import type { SyncMetrics } from "./metrics.ts";
import type { ServiceState, SyncStatus } from "./status.ts";

/** The paths that `addProbes` answers. */
export const PROBE_PATHS: readonly string[] = ["/healthz", "/readyz", "/metrics"];

/** What the probes show. */
export interface Probed {
  readonly metrics: SyncMetrics;
  /** From the state; may reject with `SyncError`. */
  status(): Promise<SyncStatus>;
  service(): ServiceState;
}

/** The answer to a request that its sender or an operating error spoiled; 503 where asking again later may help. */
export function answerError(error: Error, c: Context): Response {
  if (error instanceof HTTPException) return c.text(`${error.message}\n`, error.status);
  if (!(error instanceof SyncError)) throw error;
  return c.text(`${error.code}: ${error.message}\n`, statusOf(error));
}

function statusOf({ code, retry }: SyncError): 400 | 404 | 409 | 503 {
  if (code === "NOT_FOUND") return 404;
  if (code === "USAGE") return 400;
  return retry === "later" ? 503 : 409;
}

/** Adds `/healthz`, `/readyz` and `/metrics`. */
export function addProbes<Env extends object>(app: Hono<Env>, probed: Probed): void {
  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", (c) => {
    const { kind, trouble } = probed.service();
    const ready = kind !== "halted" && trouble === null;
    return c.json({ ready, state: kind, trouble }, ready ? 200 : 503);
  });
  app.get("/metrics", async (c) => {
    const { orgUsed, orgLimit, kind } = probed.service();
    probed.metrics.orgUsage(orgUsed, orgLimit);
    probed.metrics.halted(kind === "halted");
    probed.metrics.status(await probed.status());
    const { body, contentType } = await probed.metrics.text();
    return c.body(body, 200, { "content-type": contentType });
  });
}
