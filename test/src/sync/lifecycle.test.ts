/** The planner on its own: contracts, custom statuses, closed orders, and objects without a life cycle. */
import { describe, expect, it } from "vitest";
import { compileMapping } from "../../../src/mapping/compile.ts";
import type { ObjectMapping } from "../../../src/mapping/mapping.ts";
import type { SalesforceView } from "../../../src/model/document.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { WireValue } from "../../../src/model/salesforce-record.ts";
import { planDelete, planLifecycle } from "../../../src/sync/lifecycle.ts";
import type { LifecyclePlan } from "../../../src/sync/lifecycle-plan.ts";
import { type OrgRules, STOCK_ORG } from "../../../src/sync/org-rules.ts";

const KEY = "erp:X:1" as BusinessKey;
const RECORD = "800000000000001AAA" as RecordId;

function mappingOf(object: string, change: object = {}): ObjectMapping {
  const result = compileMapping({
    source: "erp",
    objects: {
      [object]: {
        collection: "c",
        keyField: "K__c",
        naturalKey: ["id"],
        fields: { Status: "s", Description: "d" },
        ...change,
      },
    },
  });
  const mapping = result.ok ? result.mapping.objects[0] : undefined;
  if (mapping === undefined) throw new Error(JSON.stringify(result));
  return mapping;
}

function seen(object: string, status: string, category: string | null = status): SalesforceView {
  return {
    side: "salesforce",
    document: { object, key: KEY, fields: { Status: status } },
    recordId: RECORD,
    lineIds: {},
    foreignLineIds: [],
    stamp: "",
    deleted: false,
    masterRecordId: null,
    statusCategory: category,
    provenance: { by: null, at: null },
    problems: [],
    keyed: true,
  };
}

function plan(
  object: string,
  status: string | null,
  options: {
    readonly seen?: SalesforceView;
    readonly header?: Record<string, WireValue>;
    readonly org?: OrgRules;
    readonly mapping?: object;
  } = {},
): LifecyclePlan {
  return planLifecycle({
    mapping: mappingOf(object, options.mapping),
    key: KEY,
    seen: options.seen ?? null,
    header: options.header ?? {},
    status,
    lines: { creates: [], updates: [], deletes: [] },
    whole: { header: {}, lines: {}, lineCount: 1 },
    org: options.org ?? STOCK_ORG,
  });
}

const statusesOf = (result: LifecyclePlan): readonly unknown[] =>
  result.kind === "plan"
    ? result.operations.map((each) => (each.kind === "delete" ? "delete" : each.fields["Status"]))
    : [result.obstacle.code];

describe("a contract", () => {
  it("starts as Draft and is activated afterwards", () => {
    expect(statusesOf(plan("Contract", "Activated"))).toEqual(["Draft", "Activated"]);
  });

  it("can be edited while it is activated, but not sent back or moved to another account", () => {
    const activated = seen("Contract", "Activated");
    expect(plan("Contract", "Activated", { seen: activated, header: { Description: "x" } })).toMatchObject({
      kind: "plan",
      operations: [{ fields: { Description: "x" } }],
    });
    expect(statusesOf(plan("Contract", "Draft", { seen: activated }))).toEqual(["CONTRACT_ACTIVATED"]);
    expect(statusesOf(plan("Contract", "Activated", { seen: activated, header: { AccountId: "001" } }))).toEqual([
      "CONTRACT_ACTIVATED",
    ]);
  });

  it("is not deleted while it is activated", () => {
    expect(statusesOf(planDelete(mappingOf("Contract"), seen("Contract", "Activated"), STOCK_ORG))).toEqual([
      "CONTRACT_ACTIVATED",
    ]);
    expect(statusesOf(planDelete(mappingOf("Contract"), seen("Contract", "Draft"), STOCK_ORG))).toEqual(["delete"]);
  });
});

describe("statuses of an org", () => {
  const rows = [
    { value: "Neu", category: "Draft", isDefault: false },
    { value: "Angebot", category: "Draft", isDefault: true },
    { value: "Fest", category: "Activated", isDefault: false },
    { value: "Storniert", category: "Canceled", isDefault: false },
  ];
  const org: OrgRules = { ...STOCK_ORG, statuses: { Order: rows } };

  it("are chosen by their category, the default first, the configured one before it", () => {
    expect(statusesOf(plan("Order", "Fest", { org }))).toEqual(["Angebot", "Fest"]);
    expect(statusesOf(plan("Order", "Fest", { org, mapping: { draftStatus: "Neu" } }))).toEqual(["Neu", "Fest"]);
    expect(statusesOf(plan("Order", "Neu", { org }))).toEqual(["Neu"]);
    expect(statusesOf(plan("Order", null, { org }))).toEqual(["Angebot"]);
  });

  it("that it lacks or keeps to itself are refused by name", () => {
    expect(statusesOf(plan("Order", "Activated", { org }))).toEqual(["STATUS_UNKNOWN"]);
    expect(statusesOf(plan("Order", "Storniert", { org }))).toEqual(["STATUS_NOT_ASSIGNABLE"]);
    expect(statusesOf(plan("Order", "Fest", { org, mapping: { draftStatus: "Fest" } }))).toEqual([
      "STATUS_DRAFT_MISSING",
    ]);
  });

  it("move freely within their category", () => {
    expect(statusesOf(plan("Order", "Neu", { org, seen: seen("Order", "Angebot", "Draft") }))).toEqual(["Neu"]);
  });

  it("that close an order forbid every change", () => {
    const closed = seen("Order", "Storniert", "Canceled");
    expect(statusesOf(plan("Order", null, { org, seen: closed, header: { Description: "x" } }))).toEqual([
      "RECORD_CLOSED",
    ]);
  });
});

describe("an activated order", () => {
  it("that shall be Draft again is set back first, then changed", () => {
    const result = plan("Order", "Draft", { seen: seen("Order", "Activated"), header: { AccountId: "001" } });
    expect(result.kind === "plan" && result.operations).toMatchObject([
      { fields: { Status: "Draft" } },
      { fields: { AccountId: "001" } },
    ]);
  });

  it("is deleted only by way of Draft, and only where the mapping reopens", () => {
    const activated = seen("Order", "Activated");
    expect(statusesOf(planDelete(mappingOf("Order", { onActivated: "reopen" }), activated, STOCK_ORG))).toEqual([
      "Draft",
      "delete",
    ]);
    expect(statusesOf(planDelete(mappingOf("Order"), activated, STOCK_ORG))).toEqual(["ORDER_ACTIVATED"]);
  });
});

describe("an object without a life cycle", () => {
  it("is written as it is, also when it has a field that is called Status", () => {
    const result = plan("Ticket__c", null, { header: { Status: "Open" } });
    expect(result).toMatchObject({
      kind: "plan",
      operations: [{ kind: "upsert", fields: { Status: "Open" } }],
      transitional: null,
    });
  });

  it("that has nothing to write gets no operation", () => {
    expect(plan("Ticket__c", null, { seen: seen("Ticket__c", "x", null) })).toMatchObject({
      kind: "plan",
      operations: [],
    });
  });
});
