import { describe, expect, it } from "vitest";
import type { EnginePorts } from "../../../src/engine/context/ports.ts";
import type { Nomination } from "../../../src/engine/read/nominations.ts";
import { objectMapping } from "../../../src/mapping/mapping.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import type { BusinessKey, NaturalKey, RecordId } from "../../../src/model/key.ts";
import type { Base } from "../../../src/sync/decision.ts";
import { touchedRecords } from "../../../src/workers/touched.ts";
import { compiled } from "../../support/erp-mapping.ts";

const mapping = compiled({
  source: "erp",
  objects: {
    Account: { collection: "customers", keyField: "Key__c", naturalKey: ["no"], fields: { Name: "name" } },
    Order: {
      collection: "orders",
      keyField: "Key__c",
      naturalKey: ["no"],
      fields: {
        AccountId: { from: "customer", reference: "Account" },
        Pricebook2Id: { constant: "standard", reference: "Pricebook2" },
        EffectiveDate: "day",
      },
    },
  },
});
const order = (number: string): BusinessKey => businessKey("erp", "Order", [number]);
const account = (number: string): BusinessKey => businessKey("erp", "Account", [number]);

/** Order 1 has a base under account A; the ERP has orders 1 and 2, both under account B by now. */
function portsThatCount(read: NaturalKey[]): EnginePorts {
  const base: Base = {
    object: "Order",
    key: order("1"),
    document: { object: "Order", key: order("1"), fields: { AccountId: account("A") } },
    salesforceStamp: null,
    externalVersion: null,
  };
  const ports: Pick<EnginePorts, "mapping"> & { readonly state: object; readonly external: object } = {
    mapping,
    state: {
      bases: async (_: string, keys: readonly BusinessKey[]) =>
        new Map(keys.includes(base.key) ? [[base.key, base]] : []),
    },
    external: {
      read: async (_: string, keys: readonly NaturalKey[]) => {
        read.push(...keys);
        return keys
          .filter(([number]) => number === "1" || number === "2")
          .map((naturalKey) => ({
            naturalKey,
            fields: { no: naturalKey[0] ?? "", customer: "B", day: "2026-01-01" },
            version: null,
            changedBy: null,
            changedAt: null,
          }));
      },
    },
  };
  // Nothing else of the ports is used.
  return ports as unknown as EnginePorts;
}

async function touched(object: string, nomination: Nomination): Promise<{ names: readonly string[]; read: number }> {
  const read: NaturalKey[] = [];
  const namesOf = await touchedRecords(portsThatCount(read), objectMapping(mapping, object), [nomination]);
  return { names: namesOf(nomination), read: read.length };
}

const bare = (key: BusinessKey): Nomination => ({ key, recordId: null, deletedOn: null });

describe("the records that a document touches", () => {
  it("are itself and its account as the base has it, without asking anybody", async () => {
    expect(await touched("Order", bare(order("1")))).toEqual({
      names: ["Order erp:Order:1", "Account erp:Account:A"],
      read: 0,
    });
  });

  it("are both accounts where the feed shows another one than the base", async () => {
    const nomination = { ...bare(order("1")), seen: { AccountId: account("C") } };
    expect(await touched("Order", nomination)).toEqual({
      names: ["Order erp:Order:1", "Account erp:Account:A", "Account erp:Account:C"],
      read: 0,
    });
  });

  it("come from the external record where the document is new", async () => {
    expect(await touched("Order", bare(order("2")))).toEqual({
      names: ["Order erp:Order:2", "Account erp:Account:B"],
      read: 1,
    });
  });

  it("are the document alone where nobody knows its parents", async () => {
    expect((await touched("Order", bare(order("3")))).names).toEqual(["Order erp:Order:3"]);
  });

  it("are the document alone where its object has no parents", async () => {
    expect(await touched("Account", bare(account("A")))).toEqual({ names: ["Account erp:Account:A"], read: 0 });
  });

  it("are named by Id where the record has no key yet", async () => {
    const nomination = { key: null, recordId: "801000000000001AAA" as RecordId, deletedOn: null };
    expect((await touched("Order", nomination)).names).toEqual(["Order 801000000000001AAA"]);
  });
});
