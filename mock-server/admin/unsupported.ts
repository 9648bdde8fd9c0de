/** Names the nearest thing that this org does have, for what it refused as unsupported. */
import type { UnsupportedRequest } from "../http/journal.ts";

/** An unsupported request with a way out. */
export interface UnsupportedHint extends UnsupportedRequest {
  /** What comes nearest; null where nothing does. */
  readonly nearest: string | null;
}

/** The way out by what was refused; the first that fits. */
const NEAREST: readonly (readonly [RegExp, string])[] = [
  [/apex ?rest/i, "answer the path yourself: org.app is a Hono app that takes further routes"],
  [/deploy|retrieve|apex/i, "configure the org from SFDX source: mock-org start --source-dir force-app"],
  [/async|\/services\/async/i, "Bulk API 2.0: /services/data/vNN.0/jobs/ingest and /jobs/query"],
  [/ui-api/i, "/sobjects rows, /sobjects/{Object}/describe and /query"],
  [/analytics|wave|report/i, "the report's query as SOQL: /query with GROUP BY"],
  [/listview/i, "the list view's filter as SOQL: /query"],
  [/quickActions|actions/i, "the write that the action does: /sobjects/{Object}"],
  [/chatter|connect|commerce/i, "the records behind it: /query and /sobjects"],
  [
    /event|cometd|streaming/i,
    "change events over CometD: /data/ChangeEvents and /data/{Object}ChangeEvent at /cometd/NN.0",
  ],
  [/approval/i, "set the status that the approval leads to"],
  [/TYPEOF/i, "the fields of one type: a filter on the relationship's Type, and one query for each"],
  [/SOQL|SOSL/i, "the same rows in plain SOQL; docs/fidelity.md lists what the language lacks"],
  [/Soap/i, "the calls of the partner API that docs/mock-org.md lists, or REST"],
  [/oauth2/i, "the password, refresh token, JWT bearer, web server, device and client credentials flows"],
];

/** Segments of addresses that the org answers, to find the one that was meant. */
const KNOWN_SEGMENTS = [
  "sobjects",
  "query",
  "queryAll",
  "search",
  "parameterizedSearch",
  "composite",
  "limits",
  "recent",
  "jobs",
  "describe",
  "updated",
  "deleted",
  "tree",
  "graph",
  "batch",
  "ingest",
];

/** Adds the nearest supported thing to each, most wanted first. */
export function withHints(requests: readonly UnsupportedRequest[]): readonly UnsupportedHint[] {
  return requests.map((request) => ({ ...request, nearest: nearestTo(request) }));
}

function nearestTo({ what, example }: UnsupportedRequest): string | null {
  const known = NEAREST.find(([pattern]) => pattern.test(what) || pattern.test(example));
  if (known !== undefined) return known[1];
  const segments = what.split(/[\s/]+/).filter((segment) => /^[a-z]{3,}$/i.test(segment));
  for (const segment of segments) {
    const near = KNOWN_SEGMENTS.find(
      (one) => one !== segment && distance(one.toLowerCase(), segment.toLowerCase()) <= 2,
    );
    if (near !== undefined) return `/${near}`;
  }
  return null;
}

/** Letters to insert, remove or replace to make one word of the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const [at, letter] of one.split("").entries()) {
    const next = [at + 1];
    for (const [to, wanted] of other.split("").entries()) {
      const replaced = (row[to] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (row[to + 1] ?? 0) + 1, (next[to] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
