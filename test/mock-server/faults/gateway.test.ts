/** Every fault that is promised can be armed through each of the four doors: code, admin API, command line, console. */
import { describe, expect, it } from "vitest";
import { runCli } from "../../../mock-server/cli/run-cli.ts";
import { createMockOrg, type Fault } from "../../../mock-server/index.ts";
import { clientOf } from "../../support/mock-client.ts";

const ACCOUNT = "001000000000001AAA";

const PROMISED: readonly (readonly [string, Fault])[] = [
  ["a row lock on the nth write to an account", { act: "row-lock", account: ACCOUNT, nth: 3 }],
  ["the request limit, with the true counter", { act: "request-limit", remaining: 5 }],
  ["the limit of concurrent requests", { act: "concurrent-limit", chance: 0.1, seed: 7 }],
  ["a session that expires mid-run", { act: "session-expired", nth: 4, user: "admin@mock.org" }],
  ["the maintenance page", { act: "maintenance", times: 2 }],
  ["a slow answer", { act: "delay", ms: 50, operation: "query" }],
  ["a connection cut before the commit", { act: "cut-before", method: "POST", path: "/composite/*" }],
  ["a connection cut after the commit", { act: "lost-reply", object: "Order" }],
  ["a duplicate delivery", { act: "duplicate-delivery", operation: "create" }],
  ["the partial failure of a collection", { act: "partial-failure", object: "Account", fields: ["Name"] }],
  ["a bulk job stuck in InProgress", { act: "bulk-stuck", object: "Account", operation: "insert" }],
  ["a failed bulk batch", { act: "bulk-failed-batch", message: "Too bad" }],
  ["a lost query locator", { act: "locator-lost", operation: "query-more" }],
  [
    "a stale latestDateCovered from a long transaction",
    {
      act: "long-transaction",
      holdMs: 60_000,
      path: "/limits",
      write: [{ object: "Account", values: { Name: "Late" } }],
    },
  ],
  ["a trigger that rewrites a field", { act: "rewrite-field", field: "Description", value: "no", object: "Account" }],
  ["a validation rule that rejects", { act: "validation-rule", message: "No.", record: { Status: "Draft" } }],
];
const FAULTS = PROMISED.map(([, fault]) => fault);

/** An account under the Id that the fault of the row lock names need not exist. */
const armed = (list: readonly { readonly fault: Fault }[]): readonly Fault[] => list.map(({ fault }) => fault);

describe("a promised fault is armed", () => {
  it.each(PROMISED)("from code: %s", async (_what, fault) => {
    await using org = await createMockOrg();
    org.faults.add(fault);
    expect(armed(org.faults.list())).toEqual([fault]);
  });

  it.each(PROMISED)("through /_mock/faults: %s", async (_what, fault) => {
    await using org = await createMockOrg();
    expect((await clientOf(org).send("POST", "/_mock/faults", fault)).status).toBe(201);
    expect(armed(org.faults.list())).toEqual([fault]);
  });

  it("from the command line, all of them", async () => {
    let listed: unknown;
    const told: string[] = [];
    const options = FAULTS.flatMap((fault) => ["--fault", JSON.stringify(fault)]);
    const code = await runCli(["start", "--port", "0", "--json", ...options], {
      out: (text) => told.push(text),
      error: (text) => told.push(text),
      untilStopped: async () => {
        const { url } = JSON.parse(told.join("")) as { url: string };
        listed = await (await fetch(`${url}/_mock/faults`)).json();
      },
    });
    expect(code).toBe(0);
    expect(listed).toMatchObject({ faults: FAULTS.map((fault) => ({ fault })) });
  });

  it.each(PROMISED)("in the console, with an input for each of its members: %s", async (_what, fault) => {
    await using org = await createMockOrg();
    const page = String((await clientOf(org).get("/_mock/console/faults")).body);
    const kind = new RegExp(`value="${fault.act}" data-kind="(\\w+)"`).exec(page)?.[1] ?? "none";
    const parts = page.split(/<div data-for-/).slice(1);
    const own = parts.filter(
      (part) =>
        part.startsWith(`act="${fault.act}"`) ||
        part
          .match(/^kind="([^"]*)"/)?.[1]
          ?.split(" ")
          .includes(kind),
    );
    const offered = own.map((part) => /data-member="(\w+)"/.exec(part)?.[1]);
    const { act: _act, ...members } = fault;
    expect(offered).toEqual(expect.arrayContaining(Object.keys(members)));
  });
});
