/** The state of a rehearsal shows what the rehearsed run has stored, as the real store would. */
import { expect, it } from "vitest";
import { rehearsalState } from "../../../src/engine/plan/rehearsal-state.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { Link } from "../../../src/sync/decision.ts";
import { MemoryState } from "../../simulation/memory-state.ts";

const OLD = "801000000000001AAA" as RecordId;
const NEW = "801000000000002AAA" as RecordId;

it("does not know a record by its old Id any more when the rehearsal has made it again", async () => {
  const real = new MemoryState();
  real.write({ links: [link(OLD)] });
  const state = rehearsalState(real, () => 0);
  const lease = { name: "run:erp", holder: "test", fence: 0, expiresAtMs: 1 };

  await state.commit(lease, { links: [link(NEW)] });

  expect([...(await state.linksByRecordId("Order", [OLD, NEW]))]).toEqual([[NEW, link(NEW)]]);
  expect([...(await real.linksByRecordId("Order", [OLD, NEW])).keys()]).toEqual([OLD]);
});

function link(recordId: RecordId): Link {
  const key = "erp:Order:O1" as BusinessKey;
  return { object: "Order", key, recordId, naturalKey: ["O1"], lineIds: {}, presence: { kind: "live" } };
}
