import { describe, expect, it } from "vitest";
import { connectTo, withOrg } from "./scripted-org.ts";

describe("the limits of an org", () => {
  it("are told by name, without what is not a limit", () =>
    withOrg(async (scripted) => {
      scripted.on(/limits$/, {
        json: {
          DailyBulkV2QueryJobs: { Max: 10_000, Remaining: 9_999 },
          DailyApiRequests: { Max: 15_000, Remaining: 14_982, "Some App": { Max: 0, Remaining: 0 } },
          Odd: "text",
        },
      });

      expect(await connectTo(scripted).limits()).toEqual([
        { name: "DailyApiRequests", max: 15_000, remaining: 14_982 },
        { name: "DailyBulkV2QueryJobs", max: 10_000, remaining: 9_999 },
      ]);
    }));

  it("are read from every answer, and unknown before the first", () =>
    withOrg(async (scripted) => {
      scripted.on(/query/, {
        json: { totalSize: 0, done: true, records: [] },
        headers: { "sforce-limit-info": "api-usage=25/5000; per-app-api-usage=17/250(appName=order-sync)" },
      });
      const org = connectTo(scripted);
      const before = org.usage();

      await org.query("SELECT Id FROM Account");

      expect(before).toEqual({ calls: 0, used: null, limit: null });
      expect(org.usage()).toEqual({ calls: 1, used: 25, limit: 5_000 });
    }));

  it("that cannot be asked are refused with a hint at the version", () =>
    withOrg(async (scripted) => {
      await expect(connectTo(scripted).limits()).rejects.toMatchObject({
        code: "SALESFORCE_REFUSED",
        message: expect.stringContaining("API version 62.0?"),
      });
    }));
});
