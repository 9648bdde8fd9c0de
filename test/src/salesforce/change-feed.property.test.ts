/**
 * The feed against a model of an org in which transactions overlap, commit late and share seconds: whatever happens,
 * the last version of each row is delivered, and an org at rest delivers nothing.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsforceOrg } from "../../../src/salesforce/org.ts";
import { connectTo, type ScriptedOrg, type SeenSubrequest, withOrg } from "./scripted-org.ts";

const ROWS = 4;
const BASE_S = Date.parse("2026-01-31T10:00:00Z") / 1_000;

/** One version of a row: stamped when it is saved, visible when its transaction commits. Seconds since the start. */
interface Version {
  readonly row: number;
  readonly startS: number;
  readonly stampS: number;
  readonly commitS: number;
}

interface History {
  readonly transactions: readonly {
    readonly afterS: number;
    readonly lastsS: number;
    readonly rows: readonly number[];
  }[];
  readonly pollsAfterS: readonly number[];
}

const history: fc.Arbitrary<History> = fc.record({
  transactions: fc.array(
    fc.record({
      afterS: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 90 })),
      lastsS: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 500 })),
      rows: fc.uniqueArray(fc.integer({ min: 0, max: ROWS - 1 }), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 12 },
  ),
  pollsAfterS: fc.array(fc.oneof(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 200 })), { maxLength: 12 }),
});

/** Transactions on one row wait for each other, as locks make them. */
function versionsOf({ transactions }: History): readonly Version[] {
  const freeAt = Array<number>(ROWS).fill(0);
  const versions: Version[] = [];
  let clockS = 0;
  for (const { afterS, lastsS, rows } of transactions) {
    clockS += afterS;
    const startS = clockS;
    const savedS = Math.max(startS, ...rows.map((row) => freeAt[row] ?? 0));
    const commitS = savedS + lastsS;
    for (const row of rows) {
      versions.push({ row, startS, stampS: savedS, commitS });
      freeAt[row] = commitS;
    }
  }
  return versions;
}

/** What the org shows at a moment. `reportedFromS`: only transactions open for so long hold latestDateCovered back. */
function answer(subrequest: SeenSubrequest, versions: readonly Version[], nowS: number, reportedFromS: number) {
  if (subrequest.url.includes("/updated/")) {
    const open = versions.filter(({ startS, commitS }) => startS <= nowS - reportedFromS && commitS > nowS);
    const coveredS = Math.min(nowS, ...open.map(({ startS }) => startS));
    return { body: { ids: [], latestDateCovered: instant(coveredS) } };
  }
  if (subrequest.url.includes("/deleted/")) return { body: { deletedRecords: [] } };
  const from = /SystemModstamp >= (\S+)/.exec(subrequest.url)?.[1];
  const fromS = from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from) / 1_000 - BASE_S;
  const visible = new Map<number, Version>();
  for (const version of versions) if (version.commitS <= nowS) visible.set(version.row, version);
  const records = [...visible.values()]
    .filter(({ stampS }) => stampS >= fromS)
    .map((version) => ({
      Id: `80100000000000${version.row}AAA`,
      SystemModstamp: instant(version.stampS),
      Version: versions.indexOf(version),
    }));
  return { body: { totalSize: records.length, done: true, records } };
}

function instant(seconds: number): string {
  return new Date((BASE_S + seconds) * 1_000).toISOString().replace("Z", "+0000");
}

interface Run {
  readonly lastDelivered: ReadonlyMap<string, unknown>;
  readonly expected: ReadonlyMap<string, unknown>;
  readonly deliveredAtRest: number;
}

async function run(scripted: ScriptedOrg, events: History, reportedFromS: number): Promise<Run> {
  const versions = versionsOf(events);
  let nowS = 0;
  scripted.onComposite((subrequest) => answer(subrequest, versions, nowS, reportedFromS));
  const org = connectTo(scripted, {
    surroundings: { monotonicMs: () => nowS * 1_000, wallClockMs: () => (BASE_S + nowS) * 1_000 },
  });
  const lastDelivered = new Map<string, unknown>();
  let cursor: string | null = null;
  const restS = Math.max(0, ...versions.map(({ commitS }) => commitS)) + 1_000;
  const waits = [...events.pollsAfterS, null, null];
  let delivered = 0;
  for (const wait of waits) {
    nowS = wait === null ? Math.max(nowS, restS) + 1_000 : nowS + wait;
    scripted.nowMs = (BASE_S + nowS) * 1_000;
    ({ cursor, delivered } = await pollOnce(org, cursor, lastDelivered));
  }
  const expected = new Map<string, unknown>();
  for (const [index, { row }] of versions.entries()) expected.set(`80100000000000${row}AAA`, index);
  return { lastDelivered, expected, deliveredAtRest: delivered };
}

async function pollOnce(org: JsforceOrg, cursor: string | null, lastDelivered: Map<string, unknown>) {
  const [polled] = await org.poll([{ object: "Order", select: ["Version"], cursor }]);
  let delivered = 0;
  for await (const page of polled?.pages ?? []) {
    delivered += page.length;
    for (const record of page) lastDelivered.set(String(record["Id"]), record["Version"]);
  }
  return { cursor: polled?.cursor ?? null, delivered };
}

const RUNS = { numRuns: 150, seed: 20_260_131 };

describe("the change feed of an org in which transactions overlap", () => {
  it.each([
    ["latestDateCovered knows every open transaction", 0],
    ["it knows only those that have been open for a minute", 60],
  ])("delivers the last version of every row, and nothing at rest, when %s", (_, reportedFromS) =>
    withOrg(async (scripted) => {
      await fc.assert(
        fc.asyncProperty(history, async (events) => {
          const { lastDelivered, expected, deliveredAtRest } = await run(scripted, events, reportedFromS);

          expect(lastDelivered).toEqual(expected);
          expect(deliveredAtRest).toBe(0);
        }),
        RUNS,
      );
    }),
  );

  it("would lose rows if latestDateCovered did not know long transactions", () =>
    withOrg(async (scripted) => {
      const result = await fc.check(
        fc.asyncProperty(history, async (events) => {
          const { lastDelivered, expected } = await run(scripted, events, Number.POSITIVE_INFINITY);

          expect(lastDelivered).toEqual(expected);
        }),
        { ...RUNS, endOnFailure: true },
      );

      expect(result.failed).toBe(true);
    }));
});
