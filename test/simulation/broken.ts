/**
 * Connectors that are broken in one known way each, to show that the simulation bites. They are made by wrapping the
 * ports of the sound one, so that nothing of it is in the product.
 */
import { SyncError } from "../../src/errors.ts";
import type { RecordId } from "../../src/model/key.ts";
import type { RowOperation, RowOutcome, SalesforceRecord, WireValue } from "../../src/model/salesforce-record.ts";
import type { PolledObject, SalesforceOrg } from "../../src/salesforce/port.ts";
import type { Lease, StateBatch, StateStore } from "../../src/state/port.ts";
import type { SalesforceCall } from "../../src/sync/call.ts";
import { operationsOf, retainOperations } from "../../src/sync/split.ts";
import type { Breaking } from "./runner.ts";
import type { Emphasis } from "./scenario.ts";
import { type PlayOptions, unguarded } from "./simulate.ts";

/** Which invariant has to catch those connectors that no other test of the simulation would catch. */
export const CAUGHT_BY: Readonly<Record<string, string>> = {
  "writes a record twice at the same time": "I9",
  "sends the next operation of an order without waiting for the one before": "I9",
  "sends every row in a call of its own": "I12",
  "asks nobody how many calls are left": "I12",
  "stores no intents": "I10",
};

/** Mistakes that show themselves only where something rare meets something else. */
export const EMPHASIS: Readonly<Record<string, Emphasis>> = {
  "sends again what got no answer": "lostReplies",
  "takes a lost reply for success": "lostReplies",
  "writes to the ERP whatever its version": "editsInside",
  "drops rows that it wrote last itself": "editsInside",
};

/** Opens an org that knows of no calls that are kept for others. */
export const GREEDY: PlayOptions = { openOrg: (stage, { sleep }) => unguarded(stage, 0, sleep) };

/** The broken connectors by what is wrong with them. */
export const BROKEN: Readonly<Record<string, Breaking>> = {
  "stores no intents": withBatches(({ putIntents: _dropped, ...batch }) => batch),
  "sends again what got no answer": withOrg((org) => ({
    execute: async (call) => {
      const outcomes = await org.execute(call);
      return outcomes.some(({ kind }) => kind === "unknown") ? await org.execute(call) : outcomes;
    },
  })),
  "writes a record twice at the same time": withOrg((org) => ({
    execute: async (call) => {
      const [outcomes] = await Promise.all([org.execute(call), org.execute(call)]);
      return outcomes;
    },
  })),
  "sends the next operation of an order without waiting for the one before": withOrg((org) => ({
    execute: async (call) => {
      const calls = call.kind === "graphs" ? operationsOf(call).map(collectionOf) : [call];
      return (await Promise.all(calls.map((each) => org.execute(each)))).flat();
    },
  })),
  "sends every row in a call of its own": withOrg((org) => ({
    execute: async (call) => {
      if (call.kind !== "collections") return await org.execute(call);
      const outcomes: RowOutcome[] = [];
      for (const operation of operationsOf(call)) outcomes.push(...(await org.execute(collectionOf(operation))));
      return outcomes;
    },
  })),
  "takes a lost reply for success": withOrg((org) => ({
    execute: async (call) => {
      const operations = operationsOf(call);
      return (await org.execute(call)).map((outcome, index) => asDone(outcome, operations[index]));
    },
  })),
  "moves the watermark to the newest stamp seen": withPolls((object) => collected(object)),
  "moves the watermark by its own clock": (ports) =>
    withPolls(async (object) => ({ ...object, cursor: cursorAt(ports.nowMs()) }))(ports),
  "drops rows that it wrote last itself": (ports) =>
    withPolls(async (object) => {
      const { userId } = await ports.salesforce.connect();
      return { ...object, pages: filtered(object, (row) => row["LastModifiedById"] !== userId) };
    })(ports),
  "overlooks deletions in Salesforce": withPolls(async (object) => ({
    ...object,
    deletedIds: [],
    pages: filtered(object, (row) => row["IsDeleted"] !== true),
  })),
  "removes lines and makes them again": withOrg((org) => ({ execute: (call) => reinsertLines(org, call) })),
  "activates before the lines are there": withOrg((org) => ({
    execute: (call) => org.execute(call.kind === "graphs" ? activatedFirst(call) : call),
  })),
  "takes intents for agreed before anything is written": withBatches((batch) => ({
    ...batch,
    bases: [
      ...(batch.bases ?? []),
      ...(batch.putIntents ?? []).map(({ object, key, after }) => ({
        object,
        key,
        document: after,
        salesforceStamp: null,
        externalVersion: null,
      })),
    ],
  })),
  "stores the cursor before the rows are done": (ports) => {
    let cursors: Record<string, string> = {};
    const early = withBatches((batch) => ({ ...batch, cursors: { ...batch.cursors, ...cursors } }))(ports);
    return withPolls(async (object) => {
      cursors = { ...cursors, [`salesforce:${object.object}`]: object.cursor };
      return object;
    })(early);
  },
  "goes on without its lease": (ports) => ({ ...ports, state: withoutFencing(ports.state) }),
  "ignores pre-images": withOrg((org) => ({
    execute: async (call) =>
      (await org.execute(call)).map((outcome) => (outcome.kind === "done" ? withoutPreImage(outcome) : outcome)),
  })),
  "finds overrun edits and forgets them": withBatches((batch) => ({
    ...batch,
    bases: (batch.bases ?? []).map(({ unsettledEdits: _dropped, ...base }) => base),
  })),
  "forgets conflicts": withBatches(({ conflicts: _dropped, ...batch }) => batch),
  "forgets what waits": withBatches(({ parked: _dropped, ...batch }) => batch),
  "never moves its bases": withBatches(({ bases, ...batch }) => ({
    ...batch,
    bases: (bases ?? []).filter((base) => base.rewrites === undefined),
  })),
  "writes to the ERP whatever its version": (ports) => ({
    ...ports,
    external: {
      ...ports.external,
      apply: (operations) =>
        ports.external.apply(operations.map((operation) => ({ ...operation, expectedVersion: null }))),
    },
  }),
};

function collectionOf(operation: RowOperation): SalesforceCall {
  const keyField = operation.kind === "upsert" ? operation.keyField : null;
  const part = { verb: operation.kind, object: operation.object, keyField, operations: [operation] };
  return { kind: "collections", parts: [part], predictedCalls: 1 };
}

function withBatches(change: (batch: StateBatch) => StateBatch): Breaking {
  return (ports) => {
    const { state } = ports;
    return { ...ports, state: { ...state, commit: (lease, batch) => state.commit(lease, change(batch)) } };
  };
}

function withOrg(change: (org: SalesforceOrg) => Partial<SalesforceOrg>): Breaking {
  return (ports) => ({ ...ports, salesforce: { ...ports.salesforce, ...change(ports.salesforce) } });
}

function withPolls(change: (object: PolledObject) => Promise<PolledObject>): Breaking {
  return withOrg((org) => ({
    poll: async (requests) => await Promise.all((await org.poll(requests)).map((object) => change(object))),
  }));
}

function filtered(object: PolledObject, keep: (row: SalesforceRecord) => boolean): PolledObject["pages"] {
  return {
    async *[Symbol.asyncIterator]() {
      for await (const page of object.pages) yield page.filter((row) => keep(row));
    },
  };
}

async function collected(object: PolledObject): Promise<PolledObject> {
  const rows: SalesforceRecord[] = [];
  for await (const page of object.pages) rows.push(...page);
  const newest = rows
    .map((row) => String(row["SystemModstamp"]))
    .sort()
    .at(-1);
  return {
    ...object,
    cursor: newest === undefined ? object.cursor : cursorAt(Date.parse(`${newest.slice(0, 19)}Z`)),
    pages: {
      async *[Symbol.asyncIterator]() {
        yield rows;
      },
    },
  };
}

/** A watermark that has no overlap any more: the window begins two minutes before it. */
function cursorAt(ms: number): string {
  return JSON.stringify({ v: 1, at: new Date(ms + 121_000).toISOString().replace(/\.\d{3}Z$/, "Z") });
}

function asDone(outcome: RowOutcome, operation: RowOperation | undefined): RowOutcome {
  if (outcome.kind !== "unknown" || operation?.kind !== "update") return outcome;
  return { kind: "done", opId: outcome.opId, recordId: operation.recordId, created: false };
}

function withoutPreImage({ preImage: _told, ...outcome }: Extract<RowOutcome, { kind: "done" }>): RowOutcome {
  return outcome;
}

function activatedFirst(call: Extract<SalesforceCall, { kind: "graphs" }>): SalesforceCall {
  const graphs = call.graphs.map((graph) => {
    const [first, ...rest] = graph.operations;
    const last = rest.at(-1);
    if (first === undefined || last === undefined || !("fields" in last) || last.fields["Status"] !== "Activated") {
      return graph;
    }
    return { ...graph, operations: [first, last, ...rest.slice(0, -1)] };
  });
  return { ...call, graphs };
}

async function reinsertLines(org: SalesforceOrg, call: SalesforceCall): Promise<readonly RowOutcome[]> {
  const lines = operationsOf(call).filter(
    (operation) => operation.kind === "update" && operation.object === "OrderItem",
  );
  const remade = new Map<string, RowOutcome>();
  for (const line of lines) if (line.kind === "update") remade.set(line.opId, await reinsertLine(org, line));
  const rest = retainOperations(call, (operation) => !remade.has(operation.opId));
  const outcomes = new Map((rest === undefined ? [] : await org.execute(rest)).map((each) => [each.opId, each]));
  return operationsOf(call).flatMap(({ opId }) => remade.get(opId) ?? outcomes.get(opId) ?? []);
}

async function reinsertLine(org: SalesforceOrg, line: Extract<RowOperation, { kind: "update" }>): Promise<RowOutcome> {
  const [row] = await org.query(
    `SELECT ERP_Key__c, OrderId, PricebookEntryId, Quantity, UnitPrice FROM OrderItem WHERE Id = '${line.recordId}'`,
  );
  if (row === undefined) return { kind: "failed", opId: line.opId, class: "replan", apiErrors: [] };
  const {
    ERP_Key__c: key,
    OrderId,
    PricebookEntryId,
    Quantity,
    UnitPrice,
  } = row as Readonly<Record<string, WireValue>>;
  const fields = { OrderId, PricebookEntryId, Quantity, UnitPrice, ...line.fields } as Readonly<
    Record<string, WireValue>
  >;
  const part = { object: "OrderItem", keyField: null } as const;
  const removal = { kind: "delete", opId: line.opId, object: "OrderItem", recordId: line.recordId } as const;
  const insert = {
    kind: "upsert",
    opId: line.opId,
    object: "OrderItem",
    keyField: "ERP_Key__c",
    key: typeof key === "string" ? key : "",
    fields,
  } as const;
  const calls: readonly SalesforceCall[] = [
    { kind: "collections", parts: [{ ...part, verb: "delete", operations: [removal] }], predictedCalls: 1 },
    {
      kind: "collections",
      parts: [{ ...part, keyField: "ERP_Key__c", verb: "upsert", operations: [insert] }],
      predictedCalls: 1,
    },
  ];
  let outcome: RowOutcome = { kind: "done", opId: line.opId, recordId: line.recordId as RecordId, created: false };
  for (const call of calls) {
    outcome = (await org.execute(call))[0] ?? outcome;
    if (outcome.kind !== "done") return outcome;
  }
  return outcome;
}

async function commitUnderNextFence(state: StateStore, lease: Lease, batch: StateBatch): Promise<void> {
  for (let fence = lease.fence + 1; fence < lease.fence + 20; fence += 1) {
    try {
      return await state.commit({ ...lease, fence }, batch);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
    }
  }
}

/** Commits under whatever number is the newest. */
function withoutFencing(state: StateStore): StateStore {
  return {
    ...state,
    renewLease: async (lease) => lease,
    commit: async (lease, batch) => {
      try {
        await state.commit(lease, batch);
      } catch (error) {
        if (!(error instanceof SyncError) || error.code !== "LEASE_LOST") throw error;
        await commitUnderNextFence(state, lease, batch);
      }
    },
  };
}
