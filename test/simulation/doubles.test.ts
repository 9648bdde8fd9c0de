/** The simulation's own state store and ERP keep the promises that the real ones keep. */
import type { ExternalDouble, OrderRow } from "../src/external/contract-suite.ts";
import { externalContract } from "../src/external/contract-suite.ts";
import { stateStoreContract } from "../src/state/contract-suite.ts";
import { MemoryErp } from "./memory-erp.ts";
import { MemoryState } from "./memory-state.ts";

let state = new MemoryState();

stateStoreContract("memory", {
  fresh: async () => {
    state = new MemoryState();
    return state;
  },
  again: async () => state,
});

externalContract("memory", { seesDeletes: true, deletes: true, restores: false }, async () => freshErp());

function freshErp(): ExternalDouble {
  const erp = new MemoryErp(() => 0, {
    columns: { orders: ["id", "customer", "amount"] },
    lineColumns: ["no", "product", "quantity"],
    key: { orders: "id" },
    lineKey: "no",
  });
  return {
    external: erp,
    put: async ({ id, customer, amount, lines }) => {
      const known = [...(erp.row("orders", id)?.lines.keys() ?? [])];
      const gone = known.filter((no) => !lines.some((line) => line.no === no));
      erp.put(
        "orders",
        id,
        { customer, amount },
        {
          ...Object.fromEntries(gone.map((no) => [no, null])),
          ...Object.fromEntries(lines.map(({ no, product, quantity }) => [no, { product, quantity }])),
        },
      );
    },
    remove: async (id) => erp.remove("orders", id),
    stored: async (id): Promise<OrderRow | undefined> => {
      const row = erp.row("orders", id);
      if (row === undefined) return undefined;
      const { customer, amount } = row.fields;
      return {
        id,
        customer: customer === null || customer === undefined ? null : String(customer),
        amount: String(amount),
        lines: [...row.lines]
          .map(([no, line]) => ({ no, product: String(line["product"]), quantity: Number(line["quantity"]) }))
          .sort((left, right) => Number(left.no) - Number(right.no)),
      };
    },
  };
}
