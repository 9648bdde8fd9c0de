/** Random histories of one order: edits on both sides, whole passes, and passes that stop half way. */
import fc from "fast-check";
import type { Mapping } from "../../../src/mapping/mapping.ts";
import { World } from "./order-world.ts";

/** One event of a history. */
export interface Step {
  readonly kind: "edit" | "pass";
  run(world: World): void;
}

const edit = (run: (world: World) => void): Step => ({ kind: "edit", run });
const pass = (run: (world: World) => void): Step => ({ kind: "pass", run });

const text = fc.constantFrom("a", "b", "c", " a ", "", null);
const amount = fc.constantFrom("1", "2", "2.50", "3.005", "10");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom("po", "note"), text).map(([field, value]) =>
    edit((world) => {
      if (world.erp.record !== null) world.erp.record.fields[field] = value;
    }),
  ),
  fc.constantFrom("open", "done", "sent").map((state) =>
    edit((world) => {
      if (world.erp.record !== null && world.erp.record.lines.size > 0) world.erp.record.fields["state"] = state;
    }),
  ),
  fc.constantFrom("2026-01-01", "2026-02-01").map((ordered) =>
    edit((world) => {
      if (world.erp.record !== null) world.erp.record.fields["ordered"] = ordered;
    }),
  ),
  fc.tuple(fc.constantFrom("1", "2", "3"), amount, amount).map(([line, quantity, price]) =>
    edit((world) => {
      const old = world.erp.record?.lines.get(line);
      world.erp.record?.lines.set(line, { text: null, ...old, product: `p${line}`, quantity, price });
    }),
  ),
  fc.tuple(fc.constantFrom("1", "2", "3"), fc.constantFrom("p1", "p2", "p9")).map(([line, product]) =>
    edit((world) => {
      const old = world.erp.record?.lines.get(line);
      if (old !== undefined) world.erp.record?.lines.set(line, { ...old, product });
    }),
  ),
  fc.constant(
    edit((world) => {
      const lines = world.erp.record?.lines;
      const [first, second] = [lines?.get("1"), lines?.get("2")];
      if (first === undefined || second === undefined) return;
      lines?.set("1", second).set("2", first);
    }),
  ),
  fc.constantFrom("1", "2").map((line) =>
    edit((world) => {
      if ((world.erp.record?.lines.size ?? 0) > 1) world.erp.record?.lines.delete(line);
    }),
  ),
  fc
    .tuple(fc.constantFrom("PoNumber", "Description"), text)
    .map(([field, value]) => edit((world) => world.org.edit(field, value))),
  fc.constantFrom("Draft", "Activated", "Shipped").map((status) => edit((world) => world.org.edit("Status", status))),
  fc
    .tuple(fc.nat(2), fc.constantFrom("Quantity", "UnitPrice"), fc.constantFrom(1, 2, 2.5, 7))
    .map(([index, field, value]) => edit((world) => world.org.editLine(index, field, value))),
  fc.nat(2).map((index) => edit((world) => world.org.removeLine(index))),
  fc.nat(3).map((operations) => pass((world) => void world.pass(operations))),
  fc.constant(pass((world) => void world.pass())),
);
/** A history of edits on both sides and of passes, some of which stop half way. */
export const history = fc.array(step, { maxLength: 14 });

/** An order that only the external system has. */
export function start(mapping?: Mapping): World {
  const world = new World(mapping);
  world.erp.record = {
    fields: { customer: "c1", ordered: "2026-01-01", po: "PO", note: null, state: "done" },
    lines: new Map([["1", { product: "p1", quantity: "1", price: "9.90", text: null }]]),
  };
  return world;
}

/** A new world after a history. */
export function play(steps: readonly Step[], mapping?: Mapping): World {
  const world = start(mapping);
  for (const each of steps) each.run(world);
  return world;
}

/** What both sides show, comparable. */
export function sides(world: World): { readonly salesforce: unknown; readonly external: unknown } {
  const salesforce = world.org.view(world.mapping)?.document;
  const external = world.erp.view(world.mapping)?.document;
  return { salesforce: sorted(salesforce), external: sorted(external) };
}

function sorted(document: unknown): unknown {
  return JSON.parse(JSON.stringify(document), (_key, value: unknown) => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
