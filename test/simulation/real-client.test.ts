/** Some seeds through the real Salesforce client over loopback, and some with the state in SQLite. */
import { expect, it } from "vitest";
import { SalesforceConfig } from "../../src/salesforce/config.ts";
import { createSalesforceOrg } from "../../src/salesforce/org.ts";
import { openStateStore } from "../../src/state/open.ts";
import { playSeeds } from "./play-seeds.ts";
import { CONNECTOR, type Stage } from "./stage.ts";

const range = (from: number, count: number): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

it("breaks no invariant through jsforce over HTTP", async () => {
  const opened: Stage[] = [];
  const tally = await playSeeds(range(1, 20), {
    openOrg: async (stage, { sleep }) => {
      if (!opened.includes(stage)) opened.push(stage);
      const url = await stage.listen();
      const auth = { kind: "password", username: CONNECTOR, password: "mock-password" };
      return createSalesforceOrg(SalesforceConfig.parse({ loginUrl: url, auth, attempts: 4, deadlineMs: 100_000 }), {
        wallClockMs: () => stage.nowMs + stage.config.skewMs,
        monotonicMs: () => stage.nowMs,
        sleep,
        random: () => 0.5,
      });
    },
  });
  await Promise.all(opened.map((stage) => stage.mock.close()));
  expect(tally.seeds).toBe(20);
}, 120_000);

it("breaks no invariant with the state in SQLite", async () => {
  const tally = await playSeeds(range(1, 20), { openState: () => openStateStore("file::memory:") });
  expect(tally.seeds).toBe(20);
}, 120_000);
