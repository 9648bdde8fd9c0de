/** What the upkeep of every state store must do, whatever database it runs on. */
import { describe, expect, it } from "vitest";
import type { BusinessKey } from "../../../src/model/key.ts";
import { pruneState, type Retention } from "../../../src/service/retention.ts";
import type { OpenState } from "../../../src/state/open.ts";
import { RUNS_KEPT } from "../../../src/state/upkeep.ts";
import { base, conflict, deadLetter, entry, leased, parked, run } from "./contract-suite.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_000 * DAY_MS;
const LONG_AGO_MS = NOW_MS - 31 * DAY_MS;
const KEEP_MONTH: Retention = { journalDays: 30, conflictsDays: 30, runsDays: 30 };
const EVERYTHING = { nowMs: NOW_MS, batchesMax: 100 };
const key = (text: string): BusinessKey => text as BusinessKey;

/** Runs the tests against stores that `fresh` makes and `again` opens; `execute` changes the database under them. */
export function upkeepContract(
  name: string,
  make: {
    readonly fresh: () => Promise<OpenState>;
    readonly again: () => Promise<OpenState>;
    readonly execute: (statements: string) => Promise<void>;
  },
): void {
  describe(`the upkeep of a state on ${name}`, () => {
    it("removes history beyond its time, and nothing younger", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), {
        journal: [entry("old", { atMs: LONG_AGO_MS }), entry("new", { atMs: NOW_MS - DAY_MS })],
        conflicts: [
          conflict("old", { atMs: LONG_AGO_MS, resolvedAtMs: LONG_AGO_MS }),
          conflict("new", { atMs: LONG_AGO_MS, resolvedAtMs: NOW_MS - DAY_MS }),
        ],
      });

      const removed = await pruneState(store.upkeep, KEEP_MONTH, EVERYTHING);

      expect(removed).toEqual({ journal: 1, conflicts: 1, runs: 0 });
      expect((await store.journal({ limit: 9 })).map(({ event }) => event)).toEqual(["new"]);
      expect((await store.conflicts({ limit: 9 })).map(({ id }) => id)).toEqual(["new"]);
    });

    it("keeps what is open, with the history of its record, whatever its age", async () => {
      const store = await make.fresh();
      const [inConflict, waiting, refused] = ["erp:order:1", "erp:order:2", "erp:order:3"];
      await store.commit(await leased(store), {
        journal: [inConflict, waiting, refused, "erp:order:4"].map((of) =>
          entry("created", { key: key(of), atMs: LONG_AGO_MS }),
        ),
        conflicts: [conflict("open", { key: key(inConflict), atMs: LONG_AGO_MS, resolvedAtMs: null })],
        parked: [parked(waiting)],
        deadLetters: [deadLetter(refused)],
      });

      const removed = await pruneState(store.upkeep, KEEP_MONTH, EVERYTHING);

      expect(removed).toEqual({ journal: 1, conflicts: 0, runs: 0 });
      const left = await store.journal({ limit: 9 });
      expect(left.map((one) => one.key).sort()).toEqual([inConflict, waiting, refused]);
      expect(await store.conflicts({ open: true, limit: 9 })).toHaveLength(1);
    });

    it("remembers the newest runs, however old, so that a later run is not taken for the first", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const runs = Array.from({ length: RUNS_KEPT + 2 }, (_, index) => `run-${String(index).padStart(3, "0")}`);
      for (const [index, id] of runs.entries()) {
        await store.commit(lease, { run: run(id, { startedAtMs: LONG_AGO_MS + index }) });
      }

      const removed = await pruneState(store.upkeep, KEEP_MONTH, EVERYTHING);

      expect(removed.runs).toBe(2);
      expect((await store.runs(1_000)).map(({ id }) => id)).toEqual(runs.slice(2).reverse());
    });

    it("removes nothing that is kept forever", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), { journal: [entry("old", { atMs: 0 })] });

      const forever = { journalDays: "forever", conflictsDays: "forever", runsDays: "forever" } as const;

      expect(await pruneState(store.upkeep, forever, EVERYTHING)).toEqual({ journal: 0, conflicts: 0, runs: 0 });
    });

    it("goes in batches, oldest first, and stops after as many as it may make", async () => {
      const store = await make.fresh();
      const old = Array.from({ length: 1_500 }, (_, index) => entry(`${index}`, { atMs: LONG_AGO_MS + index }));
      await store.commit(await leased(store), { journal: old });

      const first = await pruneState(store.upkeep, KEEP_MONTH, { nowMs: NOW_MS, batchesMax: 1 });

      expect(first.journal).toBe(1_000);
      const left = await store.journal({ limit: 2_000 });
      expect(left.at(-1)?.event).toBe("1000");
      expect((await pruneState(store.upkeep, KEEP_MONTH, { nowMs: NOW_MS, batchesMax: 1 })).journal).toBe(500);
    });

    it("counts the calls of all processes, and refuses those above the limit", async () => {
      const one = await make.fresh();
      const other = await make.again();
      const ask = { atMs: NOW_MS, sinceMs: NOW_MS - DAY_MS, callsMax: 10 };

      const answers = await Promise.all(
        [one, other, one, other].map((store) => store.upkeep.bookCalls({ ...ask, calls: 4 })),
      );

      expect(answers.filter(({ booked }) => booked)).toHaveLength(2);
      expect(await other.upkeep.bookCalls({ ...ask, calls: 2 })).toEqual({ booked: true, counted: 8 });
      expect(await one.upkeep.bookCalls({ ...ask, calls: 1 })).toEqual({ booked: false, counted: 10 });
      // What was booked and not made is given back.
      expect(await one.upkeep.bookCalls({ ...ask, calls: -3 })).toEqual({ booked: true, counted: 10 });
      expect(await one.upkeep.bookCalls({ ...ask, calls: 3 })).toEqual({ booked: true, counted: 7 });
    });

    it("forgets calls after the rolling day", async () => {
      const { upkeep } = await make.fresh();
      const at = (atMs: number) => ({ atMs, sinceMs: atMs - DAY_MS, callsMax: 10 });
      await upkeep.bookCalls({ ...at(NOW_MS), calls: 10 });

      expect(await upkeep.bookCalls({ ...at(NOW_MS + DAY_MS - 1), calls: 1 })).toMatchObject({ booked: false });
      expect(await upkeep.bookCalls({ ...at(NOW_MS + DAY_MS + 600_000), calls: 1 })).toEqual({
        booked: true,
        counted: 0,
      });
    });

    it("keeps a text under a name, the newest one", async () => {
      const { upkeep } = await make.fresh();
      expect(await upkeep.sealed("token")).toBeNull();
      await upkeep.putSealed("token", "one");
      await upkeep.putSealed("token", "two");
      expect(await (await make.again()).upkeep.sealed("token")).toBe("two");
    });

    it("takes over the calls that an earlier version's runs remember", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), { run: run("r1", { startedAtMs: NOW_MS, apiCalls: 7 }) });
      await make.execute(
        "drop table sealed; drop table api_call; drop index journal_by_time; drop index conflict_by_settling;" +
          "delete from order_sync_schema where version > 1;",
      );

      const upgraded = await make.again();
      const before = await upgraded.upkeep.bookCalls({ atMs: NOW_MS, sinceMs: 0, callsMax: 1, calls: 5 });
      await upgraded.migrate();

      // Whoever only looks at a state that was not brought up to date counts nothing.
      expect(before).toEqual({ booked: true, counted: 0 });
      expect(
        await upgraded.upkeep.bookCalls({ atMs: NOW_MS, sinceMs: NOW_MS - DAY_MS, callsMax: null, calls: 1 }),
      ).toEqual({ booked: true, counted: 7 });
    });

    it("reads what an earlier version stored under other names, and leaves values alone that look like them", async () => {
      const store = await make.fresh();
      const edit = { field: "Phone", value: '"displaced":', ours: "2", by: null, at: null };
      const stored = base({ unsettledEdits: [edit], transitional: { shown: "Draft", meant: "Activated" } });
      const rejected = {
        ...deadLetter("erp:order:2"),
        obstacles: [{ code: "CASCADE_DELETED", message: "TAKEN_ALONG" }],
        apiErrors: [{ code: "X", message: '"faults":', fields: [] }],
      };
      await store.commit(await leased(store), {
        bases: [stored],
        deadLetters: [rejected],
        cursors: { "sweep:pending": "7" },
      });
      const back = (table: string, from: string, to: string): string =>
        `update ${table} set body = replace(body, '${from}', '${to}');`;
      await make.execute(
        back("base", '"unsettledEdits":', '"displaced":') +
          back("base", '"transitional":', '"passing":') +
          back("dead_letter", '"apiErrors":', '"faults":') +
          back("dead_letter", '"code":"CASCADE_DELETED"', '"code":"TAKEN_ALONG"') +
          "update feed_cursor set feed = 'sweep:owed';" +
          "delete from order_sync_schema where version > 2;",
      );

      const upgraded = await make.again();
      await upgraded.migrate();

      expect([...(await upgraded.bases("Order", [stored.key])).values()]).toEqual([stored]);
      expect(await upgraded.deadLetters()).toEqual([rejected]);
      expect(await upgraded.cursors()).toEqual({ "sweep:pending": "7" });
    });
  });
}
