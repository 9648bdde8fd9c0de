import { describe, expect, it } from "vitest";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { RowOperation } from "../../../src/model/salesforce-record.ts";
import type { Decision } from "../../../src/sync/decision.ts";
import { laneOf, operationsToDrop, planCalls, type SequenceOptions, sequence } from "../../../src/sync/sequence.ts";
import { operationsOf, retainOperations } from "../../../src/sync/split.ts";
import { World } from "./order-world.ts";

const inGraph: SequenceOptions = { activation: "inGraph", bulkRows: null };

function decision(key: string, operations: readonly RowOperation[], actions: readonly string[] = []): Decision {
  const world = new World();
  world.erp.record = { fields: { customer: "c" }, lines: new Map() };
  return { ...world.pass(), key: key as BusinessKey, salesforce: operations, actions };
}

const template = decision("template", []);

function account(index: number): Decision {
  const key = `erp:Account:${index}`;
  return { ...template, key: key as BusinessKey, salesforce: [upsert("Account", key, `${key}#1`, { Name: "n" })] };
}

/** An update that reads its record first. */
function updated(index: number): Decision {
  const recordId = `001${index}` as RecordId;
  const key = `erp:Account:u${index}`;
  const preImage = [{ object: "Account", recordId, fields: ["Id", "Name"] }];
  const what = { kind: "update", opId: `${key}#1`, object: "Account", recordId } as const;
  return { ...template, key: key as BusinessKey, salesforce: [{ ...what, fields: { Name: "n" }, preImage }] };
}

function order(index: number, lines: number): Decision {
  const key = `erp:Order:${index}`;
  const items = Array.from({ length: lines }, (_, line) =>
    upsert("OrderItem", `erp:OrderItem:${index}:${line}`, `${key}#${line + 2}`, {}),
  );
  const operations = [
    upsert("Order", key, `${key}#1`, { AccountId: `001-${index % 7}` }),
    ...items,
    upsert("Order", key, `${key}#last`, { Status: "Activated" }),
  ];
  return { ...template, key: key as BusinessKey, salesforce: operations };
}

function upsert(object: string, key: string, opId: string, fields: Readonly<Record<string, string>>): RowOperation {
  return { kind: "upsert", opId, object, keyField: "ERP_Key__c", key, fields };
}

const many = <Item>(count: number, make: (index: number) => Item): readonly Item[] =>
  Array.from({ length: count }, (_, index) => make(index));

describe("planning calls", () => {
  it("sends 1,000 independent upserts in one call, and 1,001 in two", () => {
    expect(planCalls(many(1000, account), inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    expect(planCalls(many(1001, account), inGraph)).toMatchObject({ predictedCalls: 2, lowerBound: 2 });
  });

  it("sends 1,000 new orders of three lines with their activation in 14 calls, each order atomic", () => {
    const plan = planCalls(
      many(1000, (index) => order(index, 3)),
      inGraph,
    );
    expect(plan).toMatchObject({ predictedCalls: 14, lowerBound: 14 });
    const graphs = plan.steps.flat().flatMap((call) => (call.kind === "graphs" ? call.graphs : []));
    expect(graphs).toHaveLength(1000);
    expect(graphs.every((graph) => graph.operations.length === 5 && graph.graphId.length < 40)).toBe(true);
  });

  it("sends them step by step where the activation comes after, never a record twice in one step", () => {
    const plan = planCalls(
      many(1000, (index) => order(index, 3)),
      { ...inGraph, activation: "after" },
    );
    expect(plan.steps.map((step) => step.length)).toEqual([1, 3, 1]);
    expect(
      plan.steps[2]
        ?.flatMap(operationsOf)
        .every((each) => each.kind !== "delete" && each.fields["Status"] === "Activated"),
    ).toBe(true);
    for (const call of plan.steps.flat()) {
      const keys = operationsOf(call).map((each) => (each.kind === "upsert" ? each.key : each.recordId));
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("fills a graph call to 75 graphs or 500 operations", () => {
    expect(
      sequence(
        many(75, (index) => order(index, 1)),
        inGraph,
      ),
    ).toHaveLength(1);
    expect(
      sequence(
        many(76, (index) => order(index, 1)),
        inGraph,
      ),
    ).toHaveLength(2);
    expect(
      sequence(
        many(5, (index) => order(index, 98)),
        inGraph,
      ),
    ).toHaveLength(1);
    expect(
      sequence(
        many(5, (index) => order(index, 99)),
        inGraph,
      ),
    ).toHaveLength(2);
  });

  it("cuts an order that is too large for a graph into steps, activation last", () => {
    expect(planCalls([order(1, 498)], inGraph).steps.flat()[0]?.kind).toBe("graphs");
    const plan = planCalls([order(1, 499)], inGraph);
    expect(plan.steps.flat().map((call) => call.kind)).toEqual(["collections", "collections", "collections"]);
    expect(plan.steps.at(-1)?.flatMap(operationsOf)).toMatchObject([{ fields: { Status: "Activated" } }]);
  });

  it("keeps a reduction order whole whatever the activation setting", () => {
    const reduction = { ...order(1, 2), actions: ["reduce"] };
    expect(sequence([reduction], { ...inGraph, activation: "after" })[0]?.kind).toBe("graphs");
  });

  it("uses Bulk from its threshold on", () => {
    const options = { ...inGraph, bulkRows: 300 };
    expect(sequence(many(299, account), options).map((call) => call.kind)).toEqual(["collections"]);
    expect(sequence(many(300, account), options).map((call) => call.kind)).toEqual(["bulk"]);
  });

  it("keeps the children of one parent side by side", () => {
    const child = (index: number): Decision => {
      const key = `erp:Contract:${index}`;
      return {
        ...template,
        key: key as BusinessKey,
        salesforce: [upsert("Contract", key, key, { AccountId: `001-${index % 3}` })],
      };
    };
    const [call] = sequence(many(9, child), inGraph);
    const parents =
      call === undefined
        ? []
        : operationsOf(call).map((each) => (each.kind === "upsert" ? each.fields["AccountId"] : null));
    expect(parents).toEqual(["001-0", "001-0", "001-0", "001-1", "001-1", "001-1", "001-2", "001-2", "001-2"]);
    expect(laneOf(child(4))).toBe("001-1");
  });

  it("never puts the same record twice into one part", () => {
    const twice = [account(1), account(1)];
    const [call] = sequence(twice, inGraph);
    expect(call?.kind === "collections" && call.parts.map((part) => part.operations.length)).toEqual([1, 1]);
  });

  it("reads 800 updated records in the call that writes them, and 801 in two", () => {
    expect(planCalls(many(800, updated), inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    expect(planCalls(many(801, updated), inGraph)).toMatchObject({ predictedCalls: 2, lowerBound: 2 });
    const mixed = [...many(600, account), ...many(200, updated)];
    expect(planCalls(mixed, inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
  });

  it("reads 600 deleted orders with their lines in the call that deletes them, and 601 in two", () => {
    const deleted = (index: number): Decision => {
      const recordId = `801${index}` as RecordId;
      const preImage = [
        { object: "Order", recordId, fields: ["Id"] },
        { object: "OrderItem", recordId: `802${index}` as RecordId, fields: ["Id"] },
      ];
      return { ...template, salesforce: [{ kind: "delete", opId: `d${index}`, object: "Order", recordId, preImage }] };
    };
    expect(planCalls(many(600, deleted), inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    expect(planCalls(many(601, deleted), inGraph)).toMatchObject({ predictedCalls: 2, lowerBound: 2 });
  });

  it("counts a node of a graph for each record that is read first", () => {
    const reopened = (index: number): Decision => {
      const [only] = updated(index).salesforce;
      return only === undefined ? template : { ...template, salesforce: [only, { ...only, opId: `${only.opId}b` }] };
    };
    const calls = planCalls(many(75, reopened), inGraph);
    expect(calls).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    const large = (index: number): Decision => ({
      ...template,
      salesforce: many(125, (line) => updated(index * 1_000 + line).salesforce[0]).filter((each) => each !== undefined),
    });
    expect(planCalls(many(2, large), inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    expect(planCalls(many(3, large), inGraph)).toMatchObject({ predictedCalls: 2, lowerBound: 2 });
  });

  it("sends rows with a condition one by one, 24 beside the read of their pre-images and 25 without", () => {
    const conditional = (index: number): Decision => {
      const [only] = updated(index).salesforce;
      if (only?.kind !== "update") return template;
      return { ...template, salesforce: [{ ...only, unmodifiedSince: "2026-03-02T08:00:00.000+0000" }] };
    };
    const blind = (index: number): Decision => {
      const [only] = conditional(index).salesforce;
      if (only?.kind !== "update") return template;
      const { preImage: _unread, ...operation } = only;
      return { ...template, salesforce: [operation] };
    };
    expect(planCalls(many(24, conditional), inGraph)).toMatchObject({ steps: [[{ kind: "rows" }]] });
    expect(planCalls(many(25, conditional), inGraph)).toMatchObject({ predictedCalls: 2 });
    expect(planCalls(many(25, blind), inGraph)).toMatchObject({ predictedCalls: 1, lowerBound: 1 });
    const bulk = planCalls(many(30, conditional), { ...inGraph, bulkRows: 10 });
    expect(bulk.steps.flat().map(({ kind }) => kind)).toEqual(["rows", "rows"]);
  });

  it("has nothing to say about decisions without operations", () => {
    expect(planCalls([template], inGraph)).toEqual({ steps: [], predictedCalls: 0, lowerBound: 0 });
  });
});

describe("failures", () => {
  it("drops what follows a failed operation of the same decision, and nothing else", () => {
    const orders = many(3, (index) => order(index, 1));
    const dropped = operationsToDrop(orders, new Set(["erp:Order:1#2"]));
    expect([...dropped]).toEqual(["erp:Order:1#1", "erp:Order:1#2", "erp:Order:1#last"]);
  });
});

describe("taking a call apart", () => {
  const [rows] = sequence(many(300, account), inGraph);
  const [graphs] = sequence(
    many(10, (index) => order(index, 1)),
    inGraph,
  );
  if (rows === undefined || graphs === undefined) throw new Error("no calls");

  it("keeps the chosen operations, and a graph as a whole", () => {
    const kept = retainOperations(rows, (each) => each.opId.endsWith(":7#1"));
    expect(kept && operationsOf(kept)).toHaveLength(1);
    const graph = retainOperations(graphs, (each) => each.opId === "erp:Order:3#2");
    expect(graph && operationsOf(graph)).toHaveLength(3);
    expect(retainOperations(rows, () => false)).toBeUndefined();
  });

  it("leaves operations by Id alone", () => {
    const update: RowOperation = {
      kind: "update",
      opId: "u",
      object: "Account",
      recordId: "001" as RecordId,
      fields: {},
    };
    const [call] = sequence([{ ...template, salesforce: [update] }], inGraph);
    expect(call).toMatchObject({ kind: "collections", parts: [{ verb: "update", keyField: null }] });
  });
});
