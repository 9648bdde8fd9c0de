/**
 * A mock org with a believable past for the console's tests: the demo seed, more users, statuses after activation, and
 * requests of clients that were answered and refused. Everything went through the doors of the org.
 */
import type { MockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import { createMockOrg } from "../../../mock-server/mock-org/mock-org.ts";
import type { MockOrgOptions } from "../../../mock-server/mock-org/options.ts";
import type { Row } from "../../../mock-server/schema/definition.ts";

/** A name that is markup to whoever forgets to escape it. */
export const HOSTILE = `<img src=x onerror="document.title='owned'"> </script><b>"'&`;

let origin: Promise<MockOrg> | undefined;

/** Such an org; without options a fork of one that all tests of a file share, which costs nothing. */
export async function consoleOrg(options?: MockOrgOptions): Promise<MockOrg> {
  if (options !== undefined) return seeded(options);
  origin ??= seeded({});
  return (await origin).fork();
}

function seeded(options: MockOrgOptions): Promise<MockOrg> {
  return createMockOrg({
    seed: "demo",
    now: "2026-03-01T08:00:00Z",
    idSeed: 1,
    name: "Harbour Trading",
    randomText: counter(),
    users: [{ username: "clerk@mock.org", firstName: "Cleo", lastName: "Clerk" }],
    ...options,
  });
}

/** Calls the org's REST API in process. */
export function client(org: MockOrg, username = "admin@mock.org") {
  const token = org.openSession(username);
  return async (method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await org.app.request(`/services/data/v62.0${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  };
}

/** The first record that fits, as the org stores it. */
export function first(org: MockOrg, object: string, fits: (row: Row) => boolean = () => true): Row {
  const found = org.org.transaction(org.org.systemActor, (tx) => [...tx.rows(object)].find(fits));
  if (found === undefined) throw new Error(`the org has no such ${object}`);
  return found;
}

/** The Id of that record. */
export function firstId(org: MockOrg, object: string, fits?: (row: Row) => boolean): string {
  return String(first(org, object, fits)["Id"]);
}

export const isDraft = (row: Row): boolean => row["StatusCode"] === "Draft";
export const isActivated = (row: Row): boolean => row["StatusCode"] === "Activated";

/** A page as text. */
export async function page(org: MockOrg, path: string, cookie = ""): Promise<string> {
  const response = await org.app.request(path, { headers: { Cookie: cookie } });
  return response.text();
}

function counter(): () => string {
  let count = 0;
  return () => `random-text-number-${String(++count).padStart(8, "0")}`;
}
