/** Reads from a call what faults match on: its operation, its objects, its path. */
import type { FaultCall } from "../http/fault-hook.ts";
import { isObject } from "../http/json-object.ts";
import { matchesPath } from "../http/path-pattern.ts";
import type { CallMatch, CallOperation } from "./fault.ts";

/** A verdict about a call; `unknown` where only the body can tell and it has not been read yet. */
export type MatchVerdict = "yes" | "no" | "unknown";

/** Bodies nested deeper than a composite graph are not searched. */
const LEVELS_MAX = 8;

/** True where the fault is about this call. `username` is asked only where the fault names a user. */
export function matchCall(match: CallMatch, call: FaultCall, username: () => string | undefined): MatchVerdict {
  if (match.method !== undefined && match.method.toUpperCase() !== call.method) return "no";
  if (match.path !== undefined && !matchesPath(match.path, call.path)) return "no";
  if (match.operation !== undefined && !isOperation(match.operation, call)) return "no";
  if (match.user !== undefined && match.user.toLowerCase() !== username()?.toLowerCase()) return "no";
  return match.object === undefined ? "yes" : matchObject(match.object.toLowerCase(), call);
}

/** The operation of a call, and whether it reads or writes. */
export function operationOf(call: Pick<FaultCall, "method" | "path">): { operation: CallOperation; writes: boolean } {
  const { method, path } = call;
  const rest = /^\/services\/data\/v\d+\.\d+\/(.*)$/.exec(path)?.[1];
  if (rest === undefined) return { operation: /oauth2|Soap|\/id\//.test(path) ? "login" : "other", writes: false };
  const [first, second, third, fourth] = rest.split("/");
  const writes = method !== "GET" && method !== "HEAD";
  switch (first) {
    case "query":
    case "queryAll":
      return { operation: second === undefined || second === "" ? "query" : "query-more", writes: false };
    case "search":
    case "parameterizedSearch":
      return { operation: "search", writes: false };
    case "limits":
      return { operation: "limits", writes: false };
    case "jobs":
      return { operation: "bulk", writes };
    case "composite":
      return { operation: compositeOperation(second), writes };
    case "sobjects":
      if (second === undefined || third === "describe") return { operation: "describe", writes: false };
      if (third === "updated" || third === "deleted") return { operation: third, writes: false };
      if (method === "POST") return { operation: "create", writes: true };
      if (method === "DELETE") return { operation: "delete", writes: true };
      if (method === "PATCH") return { operation: fourth === undefined ? "update" : "upsert", writes: true };
      return { operation: third === undefined ? "describe" : "retrieve", writes: false };
    default:
      return { operation: "other", writes };
  }
}

function compositeOperation(second: string | undefined): CallOperation {
  switch (second) {
    case "sobjects":
      return "collection";
    case "graph":
    case "batch":
    case "tree":
      return second;
    default:
      return "composite";
  }
}

function isOperation(wanted: CallOperation, call: FaultCall): boolean {
  const { operation, writes } = operationOf(call);
  if (wanted === "write") return writes;
  if (wanted === "read") return !writes && operation !== "login";
  return operation === wanted;
}

function matchObject(object: string, call: FaultCall): MatchVerdict {
  const { operation } = operationOf(call);
  if (operation === "query") return queriesObject(object, call.query) ? "yes" : "no";
  const named = /\/(?:sobjects|tree)\/(\w+)/.exec(call.path)?.[1]?.toLowerCase();
  if (named === object) return "yes";
  if (call.method === "GET" || call.method === "HEAD") return "no";
  if (named !== undefined && operation !== "collection") return "no";
  if (!("body" in call)) return "unknown";
  return namesObject(call.body, object, 0) ? "yes" : "no";
}

function queriesObject(object: string, query: string): boolean {
  const soql = new URLSearchParams(query).get("q") ?? "";
  return [...soql.matchAll(/\bfrom\s+(\w+)/gi)].some((found) => found[1]?.toLowerCase() === object);
}

/** Searches a body for records of the object (`attributes.type`) and for addresses that name it. */
function namesObject(value: unknown, object: string, level: number): boolean {
  if (level > LEVELS_MAX) return false;
  if (Array.isArray(value)) return value.some((item) => namesObject(item, object, level + 1));
  if (!isObject(value)) return false;
  return Object.entries(value).some(([name, member]) => {
    if (typeof member !== "string") return namesObject(member, object, level + 1);
    if (name === "type" || name === "object") return member.toLowerCase() === object;
    return name === "url" && /\/(?:sobjects|tree)\/(\w+)(?:[/?]|$)/i.exec(member)?.[1]?.toLowerCase() === object;
  });
}
