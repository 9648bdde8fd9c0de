/** Faults of calls at work: what the pipeline asks before and after each call. */
import type { SignInService } from "../auth/login.ts";
import type { FaultAct, FaultCall, FaultHook } from "../http/fault-hook.ts";
import type { RestResult } from "../http/rest.ts";
import type { ApiUsage } from "../http/usage.ts";
import { matchCall } from "./call-match.ts";
import type { CallFault } from "./fault.ts";
import type { FaultTrigger } from "./trigger.ts";

/** An armed fault of calls. */
export interface ArmedCallFault {
  readonly name: string;
  readonly fault: CallFault;
  readonly trigger: FaultTrigger;
  /** What it does to the org itself when it applies, for example opening a long transaction. */
  readonly onTrigger: () => void;
}

/** What call faults act on. */
export interface CallFaultHost {
  readonly signIn: SignInService;
  readonly usage: ApiUsage;
  readonly sleep: (ms: number) => Promise<void>;
}

/** The hook that lets the armed faults apply. */
export function callFaultHook(host: CallFaultHost, armed: () => readonly ArmedCallFault[]): FaultHook {
  /** Faults that apply to a call after it was done. */
  const later = new WeakMap<readonly string[], ArmedCallFault[]>();

  const ask = async (call: FaultCall, wanted: "yes" | "unknown"): Promise<FaultAct | undefined> => {
    let act: FaultAct | undefined;
    for (const one of armed()) {
      if (act !== undefined) break;
      const verdict = matchCall(one.fault, call, () => usernameOf(host.signIn, call));
      // Once the body is there, only those are asked that could not tell before.
      const early =
        wanted === "unknown" && matchCall(one.fault, withoutBody(call), () => usernameOf(host.signIn, call));
      if (verdict !== "yes" || (wanted === "unknown" && early !== "unknown") || !one.trigger.hit()) continue;
      call.applied.push(one.name);
      one.onTrigger();
      if (one.fault.act === "delay") await host.sleep(one.fault.ms);
      else if (one.fault.act === "lost-reply") later.set(call.applied, [...(later.get(call.applied) ?? []), one]);
      else act = actOf(host, one.fault, call);
    }
    return act;
  };

  return {
    before: (call) => ask(call, "yes"),
    decoded: (call) => ask(call, "unknown"),
    after: (call) => (later.has(call.applied) ? { kind: "drop" } : undefined),
  };
}

function withoutBody({ method, path, query, header, applied }: FaultCall): FaultCall {
  return { method, path, query, header, applied };
}

/** What a fault puts in the place of the call; undefined where the call goes on, changed by what it did. */
function actOf({ signIn, usage }: CallFaultHost, fault: CallFault, call: FaultCall): FaultAct | undefined {
  switch (fault.act) {
    case "cut-before":
      return { kind: "drop" };
    case "duplicate-delivery":
      return { kind: "twice" };
    case "session-expired":
      signIn.sessions.revoke(tokenOf(call) ?? "");
      return undefined;
    case "maintenance":
      return { kind: "answer", result: MAINTENANCE };
    case "concurrent-limit":
      return { kind: "answer", result: withUsage(CONCURRENT_LIMIT, usage) };
    case "status":
      return { kind: "answer", result: statusResult(fault) };
    case "request-limit":
    case "locator-lost":
    case "long-transaction":
    case "delay":
    case "lost-reply":
      return undefined;
    default:
      return fault satisfies never;
  }
}

/** The page of a load balancer in front of an instance under maintenance; reference: rest-api §10.4 [report: HTML]. */
const MAINTENANCE: RestResult = {
  status: 503,
  headers: { "Content-Type": "text/html;charset=UTF-8" },
  body:
    "<!DOCTYPE html>\n<html><head><title>We are down for maintenance</title></head>" +
    "<body><h1>We are down for maintenance.</h1><p>Sorry for the inconvenience. We'll be back shortly.</p></body></html>\n",
};

/** Reference: rest-api §10.4 [report]. */
const CONCURRENT_LIMIT: RestResult = {
  status: 403,
  body: [
    {
      message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.",
      errorCode: "REQUEST_LIMIT_EXCEEDED",
    },
  ],
};

function withUsage(result: RestResult, usage: ApiUsage): RestResult {
  return { ...result, headers: { "Sforce-Limit-Info": usage.header() } };
}

function statusResult(fault: CallFault & { readonly act: "status" }): RestResult {
  const { status, errorCode = "SERVER_UNAVAILABLE", message = "Server too busy", headers } = fault;
  const body = fault.body === undefined && status >= 400 ? [{ message, errorCode }] : fault.body;
  return { status, ...(body !== undefined && { body }), ...(headers !== undefined && { headers }) };
}

function usernameOf(signIn: SignInService, call: FaultCall): string | undefined {
  const session = signIn.sessions.peek(tokenOf(call) ?? "");
  return session === undefined ? undefined : signIn.activeUser(session.userId)?.username;
}

function tokenOf(call: FaultCall): string | undefined {
  return /^(?:Bearer|OAuth)\s+(\S+)$/i.exec(call.header("authorization") ?? "")?.[1];
}
