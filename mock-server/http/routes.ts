/**
 * Tables of resources by the pattern of their address, and the search in them.
 *
 * A pattern names its segments, `{name}` stands for any one, `{name...}` at the end for one or more. The first pattern
 * that fits wins, so exact ones stand before open ones; one without a resource says that there is nothing at an address
 * which a later pattern would take. Tests read the tables to try every resource.
 */
import { methodNotAllowed, notFound } from "./faults.ts";
import type { Method, RestContext, RestHandler } from "./rest.ts";

/** One resource: its methods in the order in which a refusal lists them. */
export interface Resource {
  readonly methods: Readonly<Partial<Record<Method, RestHandler>>>;
  /** The first API version that has it; absent where every live one does. */
  readonly since?: number;
  /** True where the handler wants the body's bytes. */
  readonly rawBody?: boolean;
  /** Bytes that a body may have where they are more than elsewhere. */
  readonly bodyBytesMax?: number;
  /** Loads the table of a room that few clients ask for; what stands here is only its place. */
  readonly load?: () => Promise<FindResource>;
}

/** One line of a table. */
export type Route = readonly [pattern: string, resource: Resource | undefined];

/** Finds the resource at some path segments; undefined where there is none. */
export type FindResource = (segments: readonly string[]) => Resource | undefined;

interface Compiled {
  readonly parts: readonly string[];
  /** True where the last part takes all further segments. */
  readonly open: boolean;
  readonly resource: Resource | undefined;
}

/** Makes the search of a table. Routes are grouped by their first segment, which is never open unless it is alone. */
export function finder(routes: readonly Route[]): FindResource {
  const byFirst = new Map<string, Compiled[]>();
  for (const [pattern, resource] of routes) {
    const parts = pattern === "" ? [] : pattern.split("/");
    const first = parts[0] ?? "";
    const group = byFirst.get(first) ?? [];
    group.push({ parts, open: parts.at(-1)?.endsWith("...}") ?? false, resource });
    byFirst.set(first, group);
  }
  return (segments) => {
    for (const route of byFirst.get(segments[0] ?? "") ?? []) if (fits(route, segments)) return route.resource;
    return undefined;
  };
}

/** Runs requests by the handlers of a table; the function throws `OrgError` (404, 405) where there is none. */
export function dispatcher(find: FindResource): RestContext["dispatch"] {
  return (context, request) => {
    const resource = find(request.segments);
    if (resource === undefined || request.version < (resource.since ?? 0)) throw notFound();
    const handler = resource.methods[request.method];
    if (handler === undefined) throw methodNotAllowed(request.method, Object.keys(resource.methods));
    return handler(context, request);
  };
}

function fits({ parts, open }: Compiled, segments: readonly string[]): boolean {
  if (open ? segments.length < parts.length : segments.length !== parts.length) return false;
  // The first segment chose the group.
  for (let at = 1; at < parts.length; at += 1) {
    const part = parts[at];
    if (part !== segments[at] && part?.startsWith("{") !== true) return false;
  }
  return true;
}

/** A resource that is only read. */
export function reading(handler: RestHandler): Resource {
  return { methods: { HEAD: handler, GET: handler } };
}
