/** The mock org's own score, and the score card's judgment of endpoints that are wrong. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { ANY, type Behavior, get, waited } from "../../../mock-server/conformance/behavior.ts";
import { differenceOf } from "../../../mock-server/conformance/match.ts";
import { type Endpoint, runScoreCard } from "../../../mock-server/conformance/run.ts";
import { BEHAVIORS, reportOf, scoreOf } from "../../../mock-server/conformance/score-card.ts";
import { createMockOrg } from "../../../mock-server/index.ts";

describe("the score card", () => {
  it("has at least 390 behaviors, each with its own number and a source with an evidence mark", () => {
    expect(BEHAVIORS.length).toBeGreaterThanOrEqual(390);
    expect(new Set(BEHAVIORS.map((behavior) => behavior.id)).size).toBe(BEHAVIORS.length);
    const unmarked = BEHAVIORS.filter(
      ({ source }) =>
        !/^(?:rest-api|soql|order-domain|change-events|platform) §.*\[(?:doc|live|fixture|report|client|forum|memory)/.test(
          source,
        ),
    );
    expect(unmarked.map((behavior) => `${behavior.id} ${behavior.source}`)).toEqual([]);
  });

  it("provokes no refusal twice", () => {
    const refusals = BEHAVIORS.filter(({ expected }) => expected.status >= 400);
    const calls = refusals.map(({ call, before }) => JSON.stringify([call, before]));
    expect(refusals.filter((_refusal, at) => calls.indexOf(calls[at] ?? "") !== at).map(({ id }) => id)).toEqual([]);
  });

  it("is passed by the mock org, and nothing fails silently", async () => {
    await using org = await createMockOrg();
    const endpoint: Endpoint = {
      url: "http://localhost",
      token: org.openSession(),
      apiVersion: "62.0",
      fetch: async (url, init) => org.app.request(url, init),
    };
    const outcomes = await runScoreCard(endpoint, BEHAVIORS);
    expect(reportOf(outcomes)).toBe(
      `${BEHAVIORS.length} behaviors: ${BEHAVIORS.length} passed, 0 failed loudly, 0 failed silently`,
    );
  });

  it("is in the fidelity page as it is", () => {
    const page = readFileSync(new URL("../../../docs/fidelity.md", import.meta.url), "utf8");
    expect(page).toContain(
      `${BEHAVIORS.length} behaviors: ${BEHAVIORS.length} passed, 0 failed loudly, 0 failed silently`,
    );
  });

  it.each([
    [200, { DailyApiRequests: null }, "silent"],
    [200, { errors: [], success: false, id: null }, "loud"],
    [404, [{ errorCode: "NOT_FOUND", message: "x" }], "loud"],
    [200, { DailyApiRequests: { Max: 1 } }, "passed"],
  ])("judges the answer %i %j as %s", async (status, body, verdict) => {
    const behavior: Behavior = {
      id: "X-1",
      title: "limits",
      source: "rest-api §10.1 [fixture]",
      before: [],
      call: get("/limits"),
      expected: { status: 200, body: { DailyApiRequests: { Max: ANY } } },
    };
    const endpoint: Endpoint = {
      url: "http://endpoint",
      token: "t",
      apiVersion: "62.0",
      fetch: async (url) =>
        url.endsWith("/limits")
          ? Response.json(body, { status })
          : Response.json({ id: "001000000000001AAA", success: true }, { status: 200 }),
    };
    const outcomes = await runScoreCard(endpoint, [behavior]);
    expect(scoreOf(outcomes)).toEqual({ total: 1, passed: 0, loud: 0, silent: 0, [verdict]: 1 });
  });
});

describe("a step that waits", () => {
  const behavior: Behavior = {
    id: "X-1",
    title: "a batch completes",
    source: "rest-api §13 [doc]",
    before: [waited(get("/batch"), { state: "Completed" })],
    call: get("/limits"),
    expected: { status: 200 },
  };

  it.each([
    [3, "passed", ""],
    [1_000, "loud", 'before: GET /batch stays as it is: body.state is "Queued", not "Completed"'],
  ])("on work that takes %i looks makes the behavior %s", async (looks, verdict, reason) => {
    let asked = 0;
    const endpoint: Endpoint = {
      url: "http://endpoint",
      token: "t",
      apiVersion: "62.0",
      pause: async () => undefined,
      fetch: async (url) => {
        if (url.endsWith("/batch")) asked += 1;
        return Response.json({ id: "001000000000001AAA", state: asked < looks ? "Queued" : "Completed" });
      },
    };
    expect(await runScoreCard(endpoint, [behavior])).toEqual([{ behavior, verdict, reason }]);
  });
});

describe("a difference", () => {
  it.each([
    [{ a: 1, b: 2 }, { a: 1 }, undefined],
    [{ a: 1 }, { a: 2 }, "body.a is 1, not 2"],
    [{}, { a: ANY }, "body.a is missing"],
    [{ a: null }, { a: ANY }, undefined],
    [[1, 2], [1], "body has 2 items, not 1"],
    [{ a: "x" }, { a: /y/ }, 'body.a is "x", not /y/'],
    [null, { a: 1 }, "body is null, not an object"],
    [undefined, [], "body is absent, not a list"],
  ])("between %j and %j is told", (actual, expected, difference) => {
    expect(differenceOf(actual, expected)).toBe(difference);
  });
});
