/** What every state store must do, whatever database it runs on. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { BusinessKey, LineKey, RecordId } from "../../../src/model/key.ts";
import type { JournalEntry, Lease, RunRecord, StateStore, StoredConflict } from "../../../src/state/port.ts";
import type { Base, DeadLetter, Intent, Link, Parked } from "../../../src/sync/decision.ts";

const key = (text: string): BusinessKey => text as BusinessKey;
const recordId = (text: string): RecordId => text as RecordId;

/** A link with the facts that a test does not care about filled in. */
export function link(facts: Partial<Link> = {}): Link {
  return {
    object: "Order",
    key: key("erp:order:1"),
    recordId: recordId("801000000000001AAA"),
    naturalKey: ["1"],
    lineIds: { ["erp:order:1:1" as LineKey]: recordId("802000000000001AAA") },
    presence: { kind: "live" },
    ...facts,
  };
}

/** A base with the facts that a test does not care about filled in. */
export function base(facts: Partial<Base> = {}): Base {
  const of = facts.key ?? key("erp:order:1");
  return {
    object: "Order",
    key: of,
    document: { object: "Order", key: of, fields: { Name: "Ćevapčići 🛒", Amount: "1.5", Done: true, Note: null } },
    salesforceStamp: "2026-01-01T00:00:00.000+0000",
    externalVersion: "v1",
    ...facts,
  };
}

function intent(id: string, startedAtMs = 1): Intent {
  return { id, object: "Order", key: key("erp:order:1"), side: "salesforce", before: null, after: null, startedAtMs };
}

/** A dead letter of this key. */
export function deadLetter(of: string, object = "Order"): DeadLetter {
  return {
    object,
    key: key(of),
    obstacles: [{ code: "PRODUCT_UNKNOWN", message: "Line 1: product P-9 is unknown" }],
    apiErrors: [],
    attempts: 1,
    firstAtMs: 1,
    lastAtMs: 2,
    fingerprint: "f",
  };
}

/** A document that waits. */
export function parked(of: string, object = "Order"): Parked {
  return { object, key: key(of), obstacles: [], attempts: 1, sinceMs: 5 };
}

/** A conflict with the facts that a test does not care about filled in. */
export function conflict(id: string, facts: Partial<StoredConflict> = {}): StoredConflict {
  return {
    id,
    runId: "run-1",
    atMs: 10,
    resolvedAtMs: null,
    object: "Order",
    key: key("erp:order:1"),
    field: "Name",
    base: "a",
    salesforce: "b",
    external: null,
    salesforceBy: "ann",
    salesforceAt: null,
    externalBy: null,
    externalAt: null,
    winner: null,
    rule: "policy manual",
    ...facts,
  };
}

/** A journal entry likewise. */
export function entry(event: string, facts: Partial<JournalEntry> = {}): JournalEntry {
  return {
    atMs: 1,
    runId: "run-1",
    object: "Order",
    key: key("erp:order:1"),
    event,
    side: "external",
    detail: { fields: ["Name"] },
    ...facts,
  };
}

/** A run likewise. */
export function run(id: string, facts: Partial<RunRecord> = {}): RunRecord {
  return {
    id,
    startedAtMs: 1,
    finishedAtMs: null,
    outcome: "running",
    apiCalls: 0,
    predictedCalls: 0,
    error: null,
    counts: {},
    ...facts,
  };
}

/** The lease under which the tests commit. */
export async function leased(store: StateStore): Promise<Lease> {
  const lease = await store.acquireLease({ name: "sync", holder: "one", ttlMs: 1000, nowMs: 0 });
  if (lease === undefined) throw new Error("the lease is free");
  return lease;
}

const anyKey = fc.integer({ min: 1, max: 4 }).map((id) => key(`erp:order:${id}`));
const objectKey = anyKey.map((of) => ({ object: "Order", key: of }));
const anyPresence = fc.constantFrom<Link["presence"]>(
  { kind: "live" },
  { kind: "deletedOnOneSide", side: "external" },
  { kind: "deletedOnOneSide", side: "salesforce", along: "Account erp:Account:1" },
  { kind: "tombstone", byUs: false },
  { kind: "tombstone", byUs: true },
  { kind: "mergedAway", into: key("erp:order:9"), isGone: false },
  { kind: "mergedAway", into: key("erp:order:9"), isGone: false, deletedOn: "salesforce" },
  { kind: "mergedAway", into: key("erp:order:9"), isGone: true },
);
const anyBatch = fc.record({
  links: fc.array(
    anyKey.chain((of) => anyPresence.map((presence) => link({ key: of, presence }))),
    { maxLength: 3 },
  ),
  bases: fc.array(
    anyKey.chain((of) => fc.string().map((version) => base({ key: of, externalVersion: version }))),
    {
      maxLength: 3,
    },
  ),
  removeBases: fc.array(objectKey, { maxLength: 2 }),
  putIntents: fc.array(
    fc.integer({ min: 1, max: 4 }).map((id) => intent(String(id), id)),
    { maxLength: 3 },
  ),
  clearIntents: fc.array(fc.integer({ min: 1, max: 4 }).map(String), { maxLength: 2 }),
  cursors: fc.dictionary(fc.constantFrom("a", "b"), fc.string(), { maxKeys: 2 }),
});

/** The store as plain maps: what every dialect must agree with. */
class StateModel {
  readonly links = new Map<string, Link>();
  readonly bases = new Map<string, Base>();
  readonly intents = new Map<string, Intent>();
  cursors: Record<string, string> = {};

  commit(batch: typeof anyBatch extends fc.Arbitrary<infer Batch> ? Batch : never): void {
    for (const { key: of } of batch.removeBases) this.bases.delete(of);
    for (const id of batch.clearIntents) this.intents.delete(id);
    for (const one of batch.links) this.links.set(one.key, one);
    for (const one of batch.bases) this.bases.set(one.key, one);
    for (const one of batch.putIntents) this.intents.set(one.id, one);
    this.cursors = { ...this.cursors, ...batch.cursors };
  }
}

/**
 * Runs the contract. `fresh` gives a store that is open, migrated and empty; `again` opens the same data a second time,
 * as another process would. Both are closed by their maker.
 */
export function stateStoreContract(
  name: string,
  make: { readonly fresh: () => Promise<StateStore>; readonly again: () => Promise<StateStore> },
): void {
  describe(`the state store on ${name}`, () => {
    it("gives back every part of a batch as it was stored", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const stored = {
        links: [
          link(),
          link({
            key: key("erp:order:2"),
            recordId: null,
            naturalKey: null,
            lineIds: {},
            presence: { kind: "tombstone", byUs: true },
          }),
        ],
        bases: [
          base(),
          base({ key: key("erp:order:2"), document: null, salesforceStamp: null, externalVersion: null }),
        ],
        conflicts: [conflict("c1", { base: undefined })],
        journal: [entry("created")],
      };

      await store.commit(lease, {
        ...stored,
        putIntents: [intent("i1")],
        cursors: { "external:orders": "42", "salesforce:Order": "2026-01-01" },
        deadLetters: [deadLetter("erp:order:3")],
        parked: [parked("erp:order:4")],
        run: run("run-1"),
      });

      const again = await make.again();
      const keys = [key("erp:order:1"), key("erp:order:2"), key("erp:order:404")];
      expect([...(await again.links("Order", keys)).values()]).toStrictEqual(stored.links);
      expect([...(await again.bases("Order", keys)).values()]).toStrictEqual(stored.bases);
      expect(await again.intents()).toStrictEqual([intent("i1")]);
      expect(await again.cursors()).toStrictEqual({ "external:orders": "42", "salesforce:Order": "2026-01-01" });
      expect(await again.deadLetters()).toStrictEqual([deadLetter("erp:order:3")]);
      expect(await again.parked()).toStrictEqual([parked("erp:order:4")]);
      expect(await again.conflicts({ limit: 10 })).toStrictEqual(stored.conflicts);
      expect(await again.journal({ limit: 10 })).toStrictEqual(stored.journal);
      expect(await again.runs(10)).toStrictEqual([run("run-1")]);
    });

    it("finds links by record Id and keeps objects apart", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), {
        links: [link(), link({ object: "Account", recordId: recordId("001000000000001AAA") })],
      });

      expect([...(await store.linksByRecordId("Order", [recordId("801000000000001AAA")])).keys()]).toEqual([
        "801000000000001AAA",
      ]);
      expect((await store.linksByRecordId("Account", [recordId("801000000000001AAA")])).size).toBe(0);
      expect((await store.links("Contract", [key("erp:order:1")])).size).toBe(0);
    });

    it("replaces what a key had before, and lets the later of two entries in one batch win", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      await store.commit(lease, { links: [link()], bases: [base({ externalVersion: "old" })] });

      await store.commit(lease, {
        links: [link({ recordId: null }), link({ recordId: recordId("801000000000009AAA") })],
        bases: [base({ externalVersion: "new" })],
        cursors: { feed: "2" },
      });

      const links = await store.links("Order", [key("erp:order:1")]);
      expect(links.get(key("erp:order:1"))?.recordId).toBe("801000000000009AAA");
      const bases = await store.bases("Order", [key("erp:order:1")]);
      expect(bases.get(key("erp:order:1"))?.externalVersion).toBe("new");
    });

    it("clears what a batch clears and nothing else, before it puts", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const [one, two] = [key("erp:order:1"), key("erp:order:2")];
      await store.commit(lease, {
        bases: [base(), base({ key: two })],
        putIntents: [intent("i1"), intent("i2", 2)],
        deadLetters: [deadLetter(one), deadLetter(two), deadLetter(one, "Account")],
        parked: [parked(one), parked(two)],
      });

      await store.commit(lease, {
        removeBases: [{ object: "Order", key: one }],
        clearIntents: ["i1", "unknown"],
        clearDeadLetters: [{ object: "Order", key: one }],
        clearParked: [{ object: "Order", key: one }],
        parked: [{ ...parked(one), attempts: 2 }],
      });

      expect([...(await store.bases("Order", [one, two])).keys()]).toEqual([two]);
      expect((await store.intents()).map((found) => found.id)).toEqual(["i2"]);
      expect(await store.deadLetters("Order")).toEqual([deadLetter(two)]);
      expect(await store.deadLetters()).toEqual([deadLetter(one, "Account"), deadLetter(two)]);
      expect((await store.parked("Order")).map((found) => found.attempts)).toEqual([2, 1]);
    });

    it("pages keys in the order of their bytes", async () => {
      const store = await make.fresh();
      const keys = ["erp:order:B", "erp:order:a", "erp:order:10", "erp:order:9", "erp:order:ä"];
      await store.commit(await leased(store), { links: keys.map((text) => link({ key: key(text) })) });

      const first = await store.keys("Order", null, 3);
      const second = await store.keys("Order", first.at(-1) ?? null, 3);

      expect(first).toEqual(["erp:order:10", "erp:order:9", "erp:order:B"]);
      expect(second).toEqual(["erp:order:a", "erp:order:ä"]);
      expect(await store.keys("Order", second.at(-1) ?? null, 3)).toEqual([]);
    });

    it("takes more keys than one statement may carry", async () => {
      const store = await make.fresh();
      const many = Array.from({ length: 1001 }, (_, index) => key(`erp:order:${index}`));
      await store.commit(await leased(store), { links: many.map((one) => link({ key: one })) });

      expect((await store.links("Order", many)).size).toBe(1001);
      expect((await store.links("Order", [])).size).toBe(0);
    });

    it("shows the journal newest first, filtered and limited", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      await store.commit(lease, { journal: [entry("created", { atMs: 5 }), entry("updated", { atMs: 5 })] });
      await store.commit(lease, {
        journal: [
          entry("deleted", { atMs: 9, runId: "run-2", key: key("erp:order:2") }),
          entry("created", { atMs: 9, runId: "run-2", object: "Account" }),
        ],
      });
      const events = async (query: Parameters<StateStore["journal"]>[0]): Promise<readonly string[]> =>
        (await store.journal(query)).map((found) => found.event);

      expect(await events({ limit: 3 })).toEqual(["created", "deleted", "updated"]);
      expect(await events({ limit: 9, key: "erp:order:1", object: "Order" })).toEqual(["updated", "created"]);
      expect(await events({ limit: 9, runId: "run-2", sinceMs: 9 })).toEqual(["created", "deleted"]);
      expect(await events({ limit: 9, sinceMs: 10 })).toEqual([]);
    });

    it("tells open conflicts from resolved ones, newest first", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), {
        conflicts: [
          conflict("a", { atMs: 1 }),
          conflict("b", { atMs: 2, resolvedAtMs: 3 }),
          conflict("c", { atMs: 4 }),
        ],
      });
      const ids = async (open: { open?: boolean }): Promise<readonly string[]> =>
        (await store.conflicts({ ...open, limit: 2 })).map((found) => found.id);

      expect(await ids({})).toEqual(["c", "b"]);
      expect(await ids({ open: true })).toEqual(["c", "a"]);
      expect(await ids({ open: false })).toEqual(["b"]);
    });

    it("counts by object", async () => {
      const store = await make.fresh();
      await store.commit(await leased(store), {
        links: [link(), link({ key: key("erp:order:2") })],
        bases: [base()],
        conflicts: [conflict("a"), conflict("b", { resolvedAtMs: 1 })],
        deadLetters: [deadLetter("erp:account:1", "Account")],
      });

      expect(await store.counts()).toEqual({
        Order: { links: 2, bases: 1, openConflicts: 1, deadLetters: 0, parked: 0 },
        Account: { links: 0, bases: 0, openConflicts: 0, deadLetters: 1, parked: 0 },
      });
    });

    it("counts the lines of an object's links", async () => {
      const store = await make.fresh();
      const lineIds = { "erp:OrderItem:1|10": "802000000000001AAA", "erp:OrderItem:1|20": "802000000000002AAA" };
      await store.commit(await leased(store), {
        links: [
          link({ lineIds: lineIds as Link["lineIds"] }),
          link({ key: key("erp:order:2"), lineIds: {} }),
          link({ object: "Account", lineIds: lineIds as Link["lineIds"] }),
        ],
      });

      expect(await store.lineCount("Order")).toBe(2);
      expect(await store.lineCount("Contract")).toBe(0);
    });

    it("remembers the last state of a run", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      await store.commit(lease, { run: run("r1") });
      await store.commit(lease, { run: run("r2", { startedAtMs: 2 }) });
      await store.commit(lease, {
        run: run("r1", { outcome: "done", finishedAtMs: 3, counts: { "Order.created": 2 } }),
      });

      expect((await store.runs(10)).map((found) => [found.id, found.outcome])).toEqual([
        ["r2", "running"],
        ["r1", "done"],
      ]);
      expect(await store.runs(1)).toHaveLength(1);
    });

    it("gives a lease to one holder at a time, and to the next one when it has expired", async () => {
      const store = await make.fresh();
      const other = await make.again();
      const first = await store.acquireLease({ name: "sync", holder: "one", ttlMs: 100, nowMs: 1000 });

      expect(await other.acquireLease({ name: "sync", holder: "two", ttlMs: 100, nowMs: 1099 })).toBeUndefined();
      expect(await other.acquireLease({ name: "else", holder: "two", ttlMs: 100, nowMs: 1099 })).toBeDefined();
      expect(await other.leaseHolder("sync")).toEqual(first);
      const second = await other.acquireLease({ name: "sync", holder: "two", ttlMs: 100, nowMs: 1100 });

      expect(second?.fence).toBeGreaterThan(first?.fence ?? Number.NaN);
      expect((await store.leaseHolder("sync"))?.holder).toBe("two");
      expect(await store.leaseHolder("nobody's")).toBeUndefined();
    });

    it("gives a lease to exactly one of many that ask together", async () => {
      const store = await make.fresh();
      const other = await make.again();
      const asked = Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? store : other).acquireLease({ name: "sync", holder: `h${index}`, ttlMs: 1000, nowMs: 0 }),
      );
      expect((await Promise.all(asked)).filter((lease) => lease !== undefined)).toHaveLength(1);
    });

    it("prolongs a lease until somebody else has taken it", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const renewed = await store.renewLease(lease, 500, 900);
      expect(renewed?.expiresAtMs).toBe(1400);
      expect(renewed?.fence).toBe(lease.fence);

      await store.acquireLease({ name: "sync", holder: "two", ttlMs: 100, nowMs: 1400 });

      expect(await store.renewLease(lease, 500, 1450)).toBeUndefined();
    });

    it("refuses a commit of a holder that lost its lease, and stores nothing of it", async () => {
      const store = await make.fresh();
      const other = await make.again();
      const lost = await leased(store);
      const held = await other.acquireLease({ name: "sync", holder: "two", ttlMs: 100, nowMs: 5000 });
      if (held === undefined) throw new Error("the lease has expired");

      await expect(store.commit(lost, { links: [link()], cursors: { feed: "9" } })).rejects.toMatchObject({
        code: "LEASE_LOST",
        retry: "later",
      });

      expect(await other.cursors()).toEqual({});
      await other.commit(held, { cursors: { feed: "1" } });
      expect(await store.cursors()).toEqual({ feed: "1" });
    });

    it("refuses a commit under another lease that was lost, and stores nothing of it", async () => {
      const store = await make.fresh();
      const run = await store.acquireLease({ name: "run", holder: "all", ttlMs: 100, nowMs: 0 });
      if (run === undefined) throw new Error("the lease is free");
      const lane = await leased(store);

      await store.commit(lane, { under: [run], cursors: { feed: "1" } });
      await store.releaseLease(run);

      await expect(store.commit(lane, { under: [run], cursors: { feed: "2" } })).rejects.toMatchObject({
        code: "LEASE_LOST",
      });
      expect(await store.cursors()).toEqual({ feed: "1" });
    });

    it("frees a released lease at once and refuses its former holder", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      await store.releaseLease(lease);

      await expect(store.commit(lease, {})).rejects.toMatchObject({ code: "LEASE_LOST" });
      expect(await store.leaseHolder("sync")).toBeUndefined();
      expect(await store.acquireLease({ name: "sync", holder: "two", ttlMs: 1, nowMs: 0 })).toBeDefined();
    });

    it("shuts out the former self of a holder that starts again", async () => {
      const store = await make.fresh();
      const before = await leased(store);
      const after = await leased(store);

      await expect(store.commit(before, {})).rejects.toMatchObject({ code: "LEASE_LOST" });
      await expect(store.commit(after, {})).resolves.toBeUndefined();
    });

    it("writes nothing when one part of a batch fails", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const broken = { ...run("r1"), startedAtMs: undefined } as unknown as RunRecord;

      await expect(store.commit(lease, { links: [link()], run: broken })).rejects.toThrow();

      expect((await store.links("Order", [key("erp:order:1")])).size).toBe(0);
    });

    it("migrates twice, and twice at the same time, without harm", async () => {
      const store = await make.fresh();
      const other = await make.again();
      await Promise.all([store.migrate(), other.migrate()]);
      expect(await store.cursors()).toEqual({});
    });

    it("agrees with plain maps after any history", async () => {
      const store = await make.fresh();
      const lease = await leased(store);
      const model = new StateModel();
      const all = ["1", "2", "3", "4"].map((id) => key(`erp:order:${id}`));
      await fc.assert(
        fc.asyncProperty(anyBatch, async (batch) => {
          await store.commit(lease, batch);
          model.commit(batch);
          expect(await store.links("Order", all)).toEqual(model.links);
          expect(await store.bases("Order", all)).toEqual(model.bases);
          expect(new Map((await store.intents()).map((found) => [found.id, found]))).toEqual(model.intents);
          expect(await store.cursors()).toEqual(model.cursors);
        }),
        // The history goes on from batch to batch, so a shorter one would be another history.
        { seed: 11, numRuns: 60, endOnFailure: true },
      );
    });

    it("lets several commits of one holder run side by side", async () => {
      const store = await make.fresh();
      const other = await make.again();
      const lease = await leased(store);
      const stores = [store, other, store, other, store, other];
      await Promise.all(stores.map((one, index) => one.commit(lease, { cursors: { [`feed-${index}`]: "1" } })));
      expect(Object.keys(await store.cursors())).toHaveLength(6);
    });
  });
}
