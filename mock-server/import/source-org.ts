/**
 * Reads a real org over REST: describe, queries, nothing else. It never writes.
 *
 * The token of an org alias comes from the Salesforce CLI; nothing is stored.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** An org to read from. */
export interface SourceOrg {
  /** Scheme and host, without a slash at the end. */
  readonly url: string;
  readonly token: string;
  /** For example `62.0`. */
  readonly apiVersion: string;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** A field as describe tells it, as far as it is read here. */
export interface DescribedField {
  readonly name: string;
  readonly label: string;
  readonly type: string;
  readonly custom: boolean;
  readonly createable: boolean;
  readonly nillable: boolean;
  readonly defaultedOnCreate: boolean;
  readonly calculated: boolean;
  readonly autoNumber: boolean;
  readonly externalId: boolean;
  readonly unique: boolean;
  readonly caseSensitive: boolean;
  readonly restrictedPicklist: boolean;
  readonly length: number;
  readonly precision: number;
  readonly scale: number;
  readonly extraTypeInfo: string | null;
  readonly referenceTo: readonly string[];
  readonly relationshipName: string | null;
  readonly relationshipOrder: number | null;
  readonly picklistValues: readonly {
    readonly value: string;
    readonly label: string;
    readonly active: boolean;
    readonly defaultValue: boolean;
  }[];
}

/** An object as describe tells it. */
export interface DescribedObject {
  readonly name: string;
  readonly label: string;
  readonly fields: readonly DescribedField[];
  readonly recordTypeInfos: readonly {
    readonly developerName: string;
    readonly name: string;
    readonly active: boolean;
    readonly master: boolean;
  }[];
  readonly childRelationships: readonly {
    readonly childSObject: string;
    readonly field: string;
    readonly relationshipName: string | null;
  }[];
}

/** A record as a query gives it. */
export type SourceRecord = Readonly<Record<string, unknown>>;

/** Pages of one query that are followed; more is no sample. */
const PAGES_MAX = 50;

/**
 * The org behind a URL or an alias of the Salesforce CLI. A URL needs a token. Throws an `Error` that says what is missing.
 */
export async function openSource(
  from: string,
  options: { readonly token?: string; readonly apiVersion: string },
): Promise<SourceOrg> {
  if (/^https?:\/\//.test(from)) {
    const { token, apiVersion } = options;
    if (token === undefined || token === "") {
      throw new Error("a URL needs an access token: set SF_ACCESS_TOKEN, or name an alias of the Salesforce CLI");
    }
    return { url: from.replace(/\/+$/, ""), token, apiVersion };
  }
  let output: string;
  try {
    const run = promisify(execFile);
    ({ stdout: output } = await run("sf", ["org", "display", "--target-org", from, "--json"]));
  } catch (cause) {
    throw new Error(
      `sf org display --target-org ${from} fails; is the Salesforce CLI installed and the org logged in?`,
      {
        cause,
      },
    );
  }
  return sourceOfCli(output, options.apiVersion);
}

/** The org in the answer of `sf org display --json`. */
export function sourceOfCli(output: string, apiVersion: string): SourceOrg {
  const answer: unknown = JSON.parse(output);
  const result = memberOf(answer, "result");
  const [url, token] = [memberOf(result, "instanceUrl"), memberOf(result, "accessToken")];
  if (typeof url !== "string" || typeof token !== "string")
    throw new Error("sf org display gives no address and token");
  return { url: url.replace(/\/+$/, ""), token, apiVersion };
}

/** Describes an object; undefined where the org has none of that name. */
export async function describeObject(org: SourceOrg, object: string): Promise<DescribedObject | undefined> {
  const answer = await send(org, `/services/data/v${org.apiVersion}/sobjects/${object}/describe`);
  if (answer.status === 404) return undefined;
  // Describe is Salesforce's own document; what is read of it is listed above.
  return expectOk(answer, `describe of ${object}`) as DescribedObject;
}

/** Every record of a query, page after page. */
export async function queryAll(org: SourceOrg, soql: string): Promise<readonly SourceRecord[]> {
  const records: SourceRecord[] = [];
  let path = `/services/data/v${org.apiVersion}/query?q=${encodeURIComponent(soql)}`;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const body = expectOk(await send(org, path), `query ${soql.slice(0, 80)}`);
    const found = memberOf(body, "records");
    // Each item of a query's answer is a record.
    if (Array.isArray(found)) records.push(...(found as readonly SourceRecord[]));
    const next = memberOf(body, "nextRecordsUrl");
    if (typeof next !== "string") return records;
    path = next;
  }
  return records;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function send({ url, token, fetch: call = fetch }: SourceOrg, path: string): Promise<Answer> {
  const response = await call(`${url}${path}`, {
    headers: { Authorization: `Bearer ${token}`, Accept: "application/json" },
  });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text.slice(0, 200) };
  }
}

function expectOk({ status, body }: Answer, what: string): unknown {
  if (status >= 200 && status < 300) return body;
  throw new Error(`${what} is answered with ${status}: ${JSON.stringify(body).slice(0, 300)}`);
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.entries(value).find(([member]) => member === name)?.[1];
}
