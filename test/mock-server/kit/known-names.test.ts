/** What JavaScript callers get wrong is refused by name: no compiler does it for them. */
import { describe, expect, it } from "vitest";
import { createMockOrg } from "../../../mock-server/index.ts";

describe("createMockOrg refuses", () => {
  it.each([
    ['{"sed":"demo"}', "createMockOrg: there is no sed (did you mean seed?)"],
    [
      '{"settings":{"enableOrder":true}}',
      "createMockOrg settings: there is no enableOrder (did you mean enableOrders?)",
    ],
    [
      '{"limits":{"DailyApiRequest":1}}',
      "createMockOrg limits: there is no DailyApiRequest (did you mean DailyApiRequests?)",
    ],
    ['{"limits":{"DailyApiRequests":-1}}', "createMockOrg limits: DailyApiRequests -1 is no whole number from 0 on"],
    ['{"journalEntries":1.5}', "createMockOrg: journalEntries 1.5 is no whole number from 0 on"],
  ])("%s", async (options, message) => {
    await expect(createMockOrg(JSON.parse(options))).rejects.toThrow(message);
  });
});

describe("an assertion about calls", () => {
  it.each([
    ['{"stauts":200}', "{}", "expect.request: there is no stauts (did you mean status?)"],
    [
      '{"path":"composite"}',
      "{}",
      "expect.request: the path composite does not begin with a slash; write /**/composite",
    ],
    ["{}", '{"time":1}', "expect.request: there is no time (did you mean times?)"],
    ["{}", '{"atMost":-1}', "expect.request: atMost -1 is no whole number from 0 on"],
  ])("refuses %s %s", async (match, occurrence, message) => {
    await using org = await createMockOrg();
    expect(() => org.expect.request(JSON.parse(match), JSON.parse(occurrence))).toThrow(message);
  });

  it.each([
    ["/limits", true],
    ["/services/data/v62.0/limits", true],
    ["/limits/*", true],
    ["/**/LIMITS", true],
    ["/limit", false],
    ["/services/*", false],
  ])("and a fault mean the same calls by the path %s: %s", async (path, fits) => {
    await using org = await createMockOrg();
    org.faults.add({ act: "status", status: 503, path });
    const answer = await org.app.request("http://org/services/data/v62.0/limits?x=1", {
      headers: { authorization: `Bearer ${org.openSession()}` },
    });
    expect(answer.status === 503).toBe(fits);
    expect(org.expect.request({ path }, { atLeast: 0 })).toHaveLength(fits ? 1 : 0);
  });
});
