/** Deletions, undeletions and new starts among the edits: nothing is doubled, nothing vanishes without a record. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { history, type Step, sides, start } from "./order-history.ts";
import { crashAndRecover, orderMapping, World } from "./order-world.ts";

const RUNS = Number(process.env["RUNS"] ?? 600);

const deletion: fc.Arbitrary<Step> = fc.constantFrom<Step>(
  { kind: "edit", run: ({ erp }) => remove(erp) },
  { kind: "edit", run: (world) => restart(world) },
  {
    kind: "edit",
    run: ({ org }) => {
      if (org.order === null || org.deleted || org.category() === "Activated") return;
      org.deleted = true;
      org.lines.clear();
    },
  },
  { kind: "edit", run: ({ org }) => void (org.deleted ? (org.deleted = false) : undefined) },
);

const mixed = fc
  .tuple(history, fc.array(fc.tuple(fc.nat(14), deletion), { maxLength: 4 }))
  .map(([steps, extra]) => extra.reduce<readonly Step[]>((all, [at, step]) => all.toSpliced(at, 0, step), steps));

const both = { delete: { salesforce: true, external: true }, create: { salesforce: true, external: true } };

describe("deletions among edits", () => {
  it("end with both sides equal, both without the record, or with a named obstacle", () => {
    fc.assert(
      fc.property(mixed, fc.constantFrom("salesforce", "external"), (steps, policy) => {
        const world = new World(orderMapping({ ...both, policy }));
        world.erp.record = start().erp.record;
        for (const step of steps) step.run(world);
        world.pass();
        world.pass();
        const writes = world.org.writes + world.erp.writes;
        const last = world.pass();
        expect(world.org.writes + world.erp.writes).toBe(writes);
        if (last.kind === "park" || last.kind === "reject") {
          expect(last.obstacles).not.toEqual([]);
          return;
        }
        const salesforceHas = world.org.order !== null && !world.org.deleted;
        const externalHas = world.erp.record !== null;
        if (salesforceHas && externalHas) expect(sides(world).external).toEqual(sides(world).salesforce);
        else if (salesforceHas !== externalHas)
          expect(last.obstacles.map((each) => each.code)).toContain("DELETED_BEFORE_AGREEMENT");
      }),
      { numRuns: RUNS, seed: 21 },
    );
  });
});

describe("a crash in a deletion", () => {
  it("between the reopening and the deletion is taken up again", () => {
    fc.assert(
      fc.property(history, fc.nat(2), (steps, operations) => {
        const world = new World(orderMapping(both));
        world.erp.record = start().erp.record;
        for (const step of steps) step.run(world);
        world.pass();
        world.pass();
        if (world.pass().kind !== "agree" || world.org.order === null) return;
        remove(world.erp);
        crashAndRecover(world, operations);
        world.pass();
        expect(world.org.deleted).toBe(true);
        expect(world.erp.record).toBeNull();
      }),
      { numRuns: RUNS, seed: 22 },
    );
  });
});

function remove(erp: World["erp"]): void {
  if (erp.record === null) return;
  erp.record = null;
  erp.deleted = true;
}

function restart(world: World): void {
  if (world.erp.record !== null) return;
  world.erp.record = start().erp.record;
  world.erp.deleted = false;
}
