/** The way of one call to a login endpoint: faults before and after, and an entry in the journal without any body. */
import type { FaultCall } from "./fault-hook.ts";
import { dropConnection, type PipelineOptions } from "./pipeline.ts";
import type { RestResult } from "./rest.ts";
import { answerForm, buildResponse } from "./serialize.ts";
import type { WireCall } from "./wire-call.ts";

/** Answers one call with the endpoint's function. A fault that delivers a call twice does nothing here. */
export async function answerLoginCall(
  options: PipelineOptions,
  call: WireCall,
  answer: (call: WireCall) => Response | Promise<Response>,
): Promise<Response> {
  const startedMs = performance.now();
  const applied: string[] = [];
  const outcome = await answerWithFaults(options, call, applied, answer);
  options.journal.add({
    atMs: options.services.org.clock.nowMs(),
    method: call.method,
    path: call.query === "" ? call.path : `${call.path}?${call.query}`,
    status: outcome === "drop" ? 0 : outcome.status,
    errorCode: null,
    durationMs: performance.now() - startedMs,
    requestBody: null,
    responseBody: null,
    faults: applied,
  });
  return outcome === "drop" ? dropConnection(call) : outcome;
}

async function answerWithFaults(
  options: PipelineOptions,
  call: WireCall,
  applied: string[],
  answer: (call: WireCall) => Response | Promise<Response>,
): Promise<Response | "drop"> {
  const hook = options.faultHook();
  if (hook === undefined) return answer(call);
  const { method, path, query, header } = call;
  const faultCall: FaultCall = { method, path, query, header, applied };
  const build = (result: RestResult): Response =>
    buildResponse(result, answerForm(method, header), options.headers.standing(header("origin")));
  const before = await hook.before(faultCall);
  if (before?.kind === "drop") return "drop";
  if (before?.kind === "answer") return build(before.result);
  const response = await answer(call);
  const after = await hook.after(faultCall, { status: response.status });
  if (after?.kind === "drop") return "drop";
  return after?.kind === "answer" ? build(after.result) : response;
}
