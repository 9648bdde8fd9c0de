/** What the faults at the wire look like to whoever called. */
import type { FaultHook } from "../../mock-server/index.ts";
import type { WireAct } from "./scenario.ts";

const HTML = { status: 200, body: "<html><body>Maintenance</body></html>", headers: { "content-type": "text/html" } };

type Acts = Readonly<Record<WireAct, Awaited<ReturnType<FaultHook["before"]>>>>;

const fault = (
  status: number,
  errorCode: string,
): { readonly kind: "answer"; readonly result: { status: number; body: unknown } } => ({
  kind: "answer",
  result: { status, body: [{ errorCode, message: errorCode }] },
});

/** What comes instead of the org's work, or before it. */
export const ACTS_BEFORE: Acts = {
  drop: { kind: "drop" },
  dropAfter: undefined,
  twice: { kind: "twice" },
  expired: fault(401, "INVALID_SESSION_ID"),
  busy: fault(503, "SERVER_UNAVAILABLE"),
  throttled: {
    kind: "answer",
    result: {
      status: 429,
      body: [{ errorCode: "TOO_MANY_REQUESTS", message: "wait" }],
      headers: { "Retry-After": "7" },
    },
  },
  html: { kind: "answer", result: HTML },
  htmlAfter: undefined,
  error: fault(500, "UNKNOWN_EXCEPTION"),
  errorAfter: undefined,
  limit: fault(403, "REQUEST_LIMIT_EXCEEDED"),
};

/** What comes when the org has done the work. */
export const ACTS_AFTER: Acts = {
  drop: undefined,
  dropAfter: { kind: "drop" },
  twice: undefined,
  expired: undefined,
  busy: undefined,
  throttled: undefined,
  html: undefined,
  htmlAfter: { kind: "answer", result: HTML },
  error: undefined,
  errorAfter: fault(500, "UNKNOWN_EXCEPTION"),
  limit: undefined,
};
