/** Random edits on both sides of one order; the invariants of the design after every pass. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decide } from "../../../src/sync/decide.ts";
import type { Conflict, Decision } from "../../../src/sync/decision.ts";
import { movedFields } from "../../../src/sync/diff.ts";
import { history, play, sides, start } from "./order-history.ts";
import { orderMapping, World } from "./order-world.ts";

describe("deciding about one order under random edits", () => {
  it("makes both sides equal after two passes without edits, and a third writes nothing", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = play(steps);
        const first = world.pass();
        const second = world.pass();
        const writes = world.org.writes + world.erp.writes;
        const third = world.pass();
        if (third.kind === "park" || third.kind === "reject") return;
        expect(third.kind).toBe("agree");
        expect(world.org.writes + world.erp.writes).toBe(writes);
        expect([first.kind, second.kind]).not.toContain("reject");
        expect(sides(world).external).toEqual(sides(world).salesforce);
      }),
      { numRuns: 1500, seed: 1 },
    );
  });

  it("never sends what the state of the order forbids", () => {
    // The mini org throws on a forbidden operation, also after a pass that stopped half way.
    fc.assert(
      fc.property(history, (steps) => void play(steps).pass()),
      { numRuns: 1500, seed: 2 },
    );
  });

  it("keeps in the base only what both sides hold", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = play(steps);
        const decision = world.pass();
        if (decision.kind === "park" || decision.kind === "reject" || world.base?.document == null) return;
        const salesforce = world.org.view(world.mapping);
        const external = world.erp.view(world.mapping);
        expect(salesforce && movedFields(world.mapping, world.base.document, salesforce)).toEqual([]);
        expect(external && movedFields(world.mapping, world.base.document, external)).toEqual([]);
      }),
      { numRuns: 1000, seed: 3 },
    );
  });

  it("loses no value: what is overwritten equalled the base or is in a conflict", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = play(steps);
        const base = world.base;
        const decision = world.pass();
        if (decision.kind !== "change") return;
        for (const change of decision.changes) {
          const before =
            change.lineKey === undefined ? base?.document?.fields : base?.document?.lines?.[change.lineKey];
          const harmless =
            change.from === undefined ||
            change.from === null ||
            change.field === "*" ||
            before?.[change.field] === change.from;
          expect(harmless || journaled(decision, change.field, change.lineKey, change.from)).toBe(true);
        }
      }),
      { numRuns: 1000, seed: 4 },
    );
  });

  it("decides the same when a side spells its values otherwise", () => {
    fc.assert(
      fc.property(history, (steps) => {
        const world = play(steps);
        const before = plain(world);
        for (const line of world.erp.record?.lines.values() ?? [])
          line["quantity"] = `${String(line["quantity"])}${String(line["quantity"]).includes(".") ? "0" : ".0"}`;
        if (world.erp.record !== null)
          world.erp.record.fields["po"] = ` ${String(world.erp.record.fields["po"] ?? "")} `;
        expect(plain(world)).toEqual(before);
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it("follows each policy without breaking the state machine", () => {
    fc.assert(
      fc.property(
        history,
        fc.constantFrom("salesforce", "external", "newest", "manual"),
        fc.constantFrom("reopen", "park"),
        (steps, policy, onActivated) => {
          const world = new World(orderMapping({ policy, onActivated }));
          world.erp.record = start().erp.record;
          for (const each of steps) each.run(world);
          const decision = world.pass();
          for (const conflict of decision.conflicts) {
            expect(conflict.winner === null).toBe(policy === "manual" && conflict.rule === "policy manual");
          }
        },
      ),
      { numRuns: 1000, seed: 6 },
    );
  });
});

function plain(world: World): unknown {
  return JSON.parse(JSON.stringify(decide(world.input())));
}

function journaled(decision: Decision, field: string, lineKey: string | undefined, value: unknown): boolean {
  return decision.conflicts.some(
    (conflict: Conflict) =>
      conflict.field === field &&
      conflict.lineKey === lineKey &&
      (conflict.salesforce === value || conflict.external === value),
  );
}
