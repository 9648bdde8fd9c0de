/** Crashes at every operation of a pass: recovery, then a run, ends where no crash would have ended. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { history, play, sides } from "./order-history.ts";
import { crashAndRecover, orderMapping, type World } from "./order-world.ts";

/** More by hand: RUNS=50000. */
const RUNS = Number(process.env["RUNS"] ?? 400);

describe("recovering from a crash", () => {
  it("ends where the same run without a crash ends", () => {
    fc.assert(
      fc.property(history, fc.nat(6), fc.boolean(), (steps, operations, atomic) => {
        const unharmed = play(steps);
        const crashed = play(steps);
        crashAndRecover(crashed, operations, { atomic });
        settleDown(unharmed);
        settleDown(crashed);
        expect(sides(crashed)).toEqual(sides(unharmed));
      }),
      { numRuns: RUNS, seed: 11 },
    );
  });

  it("keeps a user's edit that was made between the crash and the recovery", () => {
    fc.assert(
      fc.property(history, fc.nat(6), fc.boolean(), (steps, operations, atomic) => {
        const world = play(steps);
        crashAndRecover(world, operations, {
          atomic,
          meanwhile: ({ org }) => org.edit("PoNumber", "edited by a user"),
        });
        if (world.org.order === null) return;
        settleDown(world);
        expect(world.org.order.fields["PoNumber"]).toBe("edited by a user");
      }),
      { numRuns: RUNS, seed: 12 },
    );
  });

  it("keeps it also where somebody brings back lines that the write took away, on either side", () => {
    const external = orderMapping({ policy: "external" });
    fc.assert(
      fc.property(history, fc.nat(6), fc.boolean(), (steps, operations, atomic) => {
        const world = play(steps, external);
        settleDown(world);
        world.org.removeLine(0);
        world.org.edit("PoNumber", "to be carried over");
        const lines = new Map(world.erp.record?.lines);
        const items = new Map(world.org.lines);
        crashAndRecover(world, operations, {
          atomic,
          meanwhile: ({ org, erp }) => {
            for (const [no, line] of lines) if (erp.record?.lines.has(no) === false) erp.record.lines.set(no, line);
            if (org.category() === "Draft") for (const [id, item] of items) org.lines.set(id, item);
            org.edit("PoNumber", "edited by a user");
          },
        });
        if (world.org.order === null) return;
        settleDown(world);
        expect(world.org.order.fields["PoNumber"]).toBe("edited by a user");
      }),
      { numRuns: RUNS, seed: 14 },
    );
  });

  it("makes both sides equal whatever happened meanwhile", () => {
    fc.assert(
      fc.property(history, fc.nat(6), fc.boolean(), history, (steps, operations, atomic, edits) => {
        const world = play(steps);
        const meanwhile = (target: World): void => {
          for (const step of edits.slice(0, 3)) if (step.kind === "edit") step.run(target);
        };
        crashAndRecover(world, operations, { atomic, meanwhile });
        settleDown(world);
        const last = world.pass();
        if (last.kind === "park" || last.kind === "reject") return;
        expect(sides(world).external).toEqual(sides(world).salesforce);
      }),
      { numRuns: RUNS, seed: 13 },
    );
  });
});

function settleDown(world: World): void {
  world.pass();
  world.pass();
}
