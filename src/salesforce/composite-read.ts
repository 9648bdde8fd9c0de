/** Composites of reads: one call, repeated as a whole when one of its parts fails in a way that may pass. */
import type { OrgCaller } from "./caller.ts";
import { classify } from "./classify.ts";
import {
  apiErrorsOf,
  compositeBody,
  isGood,
  parseCompositeReplies,
  type Subreply,
  type Subrequest,
} from "./composite.ts";
import type { OrgReply } from "./connection.ts";
import { CallFailure } from "./failure.ts";

/** What came back for a composite of reads. */
export interface CompositeRead {
  readonly reply: OrgReply;
  readonly replies: ReadonlyMap<string, Subreply>;
}

/**
 * Sends a composite of reads. Failed parts that may pass (server errors, limits) fail the call, so that it is repeated;
 * `refuse` says which other failed parts do. Rejects with `CallFailure` or `SyncError`.
 */
export async function sendComposite(
  caller: OrgCaller,
  subrequests: readonly Subrequest[],
  options: { readonly name: string; readonly refuse: (subreply: Subreply) => boolean },
): Promise<CompositeRead> {
  const { root } = caller.connection;
  let replies: ReadonlyMap<string, Subreply> = new Map();
  const reply = await caller.attemptCall(
    { method: "POST", path: `${root}/composite`, json: compositeBody(subrequests) },
    {
      intent: "read",
      name: options.name,
      check: ({ body }) => {
        const parsed = parseCompositeReplies(body);
        if (parsed === undefined) throw lostPart("compositeResponse");
        for (const subreply of parsed.values()) {
          if (isGood(subreply)) continue;
          const apiErrors = apiErrorsOf(subreply);
          const failure = {
            kind: "http",
            status: subreply.status,
            apiErrors,
            html: false,
            retryAfterMs: null,
          } as const;
          const mayPass = ["retry", "slow", "login"].includes(classify(failure, "read"));
          if (mayPass || options.refuse(subreply)) throw new CallFailure(failure);
        }
        replies = parsed;
      },
    },
  );
  return { reply, replies };
}

/** The failure of a composite response that lacks something; it may be complete the next time. */
export function lostPart(part: string): CallFailure {
  return new CallFailure({
    kind: "http",
    status: 502,
    apiErrors: [{ code: "SERVER_UNAVAILABLE", message: `the composite response lacks ${part}`, fields: [] }],
    html: false,
    retryAfterMs: null,
  });
}
