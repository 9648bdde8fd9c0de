/**
 * A very small world for properties: one order on both sides, an org that keeps the order state machine, an external
 * record, and a pass that reads, decides, applies and settles as the engine does.
 */
import { compileMapping } from "../../../src/mapping/compile.ts";
import { externalView } from "../../../src/mapping/external-view.ts";
import { type Mapping, type ObjectMapping, objectMapping } from "../../../src/mapping/mapping.ts";
import { salesforceView } from "../../../src/mapping/salesforce-view.ts";
import type { MappingInput } from "../../../src/mapping/spec.ts";
import { businessKey } from "../../../src/model/business-key.ts";
import type { ExternalView, SalesforceView } from "../../../src/model/document.ts";
import type {
  ExternalFields,
  ExternalOperation,
  ExternalOutcome,
  ExternalRecord,
} from "../../../src/model/external-record.ts";
import type { BusinessKey, RecordId } from "../../../src/model/key.ts";
import type { RowOperation, RowOutcome } from "../../../src/model/salesforce-record.ts";
import { type DecideInput, decide } from "../../../src/sync/decide.ts";
import type { Base, Decision, Intent, Link } from "../../../src/sync/decision.ts";
import { observeExternal, observeSalesforce } from "../../../src/sync/observation.ts";
import type { OrgRules } from "../../../src/sync/org-rules.ts";
import { recover, recoveredBase } from "../../../src/sync/recover.ts";
import { replacedLines } from "../../../src/sync/replacement.ts";
import { settle } from "../../../src/sync/settle.ts";

type OrderInput = NonNullable<MappingInput["objects"]>[string];

/** A mapping with everything that orders need; `order` overrides parts of the order object. */
export function orderMapping(order: Partial<OrderInput> = {}): Mapping {
  const result = compileMapping({
    source: "erp",
    objects: {
      Account: { collection: "customers", keyField: "ERP_Key__c", naturalKey: ["id"], fields: { Name: "name" } },
      Product2: { collection: "products", keyField: "ERP_Key__c", naturalKey: ["id"], fields: { Name: "name" } },
      PricebookEntry: {
        collection: "products",
        keyField: "ERP_Key__c",
        naturalKey: ["id"],
        fields: {
          Product2Id: { reference: "Product2", from: "id" },
          Pricebook2Id: { reference: "Pricebook2", constant: "standard" },
          UnitPrice: "price",
        },
      },
      Order: {
        collection: "orders",
        keyField: "ERP_Key__c",
        naturalKey: ["id"],
        onActivated: "reopen",
        fields: {
          AccountId: { reference: "Account", from: "customer" },
          EffectiveDate: "ordered",
          PoNumber: "po",
          Description: { from: "note", owner: "external" },
          Status: { from: "state", convert: { picklist: { open: "Draft", done: "Activated", sent: "Shipped" } } },
        },
        lines: {
          keyField: "ERP_Key__c",
          naturalKey: ["line"],
          fields: {
            PricebookEntryId: { reference: "PricebookEntry", from: "product" },
            Quantity: "quantity",
            UnitPrice: "price",
            Description: "text",
          },
        },
        ...order,
      },
    },
  });
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.mapping;
}

export const ORG: OrgRules = {
  statuses: {
    Order: [
      { value: "Draft", category: "Draft", isDefault: true },
      { value: "Activated", category: "Activated", isDefault: false },
      { value: "Shipped", category: "Activated", isDefault: false },
    ],
  },
  mayActivateOrders: true,
  mayEditActivatedOrders: true,
  mayActivateContracts: true,
};

export const KEY: BusinessKey = businessKey("erp", "Order", ["1"]);

interface Row {
  readonly id: RecordId;
  fields: Record<string, unknown>;
}

/** What an org forbids about orders; a planner that runs into it has planned wrongly. */
export class Forbidden extends Error {}

/** One order with its lines, as an org would keep it. */
export class MiniOrg {
  order: Row | null = null;
  deleted = false;
  lines = new Map<RecordId, Row>();
  writes = 0;
  #ids = 0;
  #clock = 0;

  category(): string {
    return categoryOf(this.order?.fields["Status"] ?? "Draft");
  }

  /** A user's edit of the header, as far as the org lets the user. */
  edit(field: string, value: unknown): void {
    if (this.order === null) return;
    if (field === "Status" && categoryOf(value) === "Activated" && this.lines.size === 0) return;
    this.order.fields[field] = value;
    this.#touch("user");
  }

  editLine(index: number, field: string, value: unknown): void {
    const row = [...this.lines.values()][index];
    if (row === undefined) return;
    row.fields[field] = value;
    this.#touch("user");
  }

  removeLine(index: number): void {
    const id = [...this.lines.keys()][index];
    if (id === undefined || this.category() === "Activated") return;
    this.lines.delete(id);
    this.#touch("user");
  }

  apply(operation: RowOperation): RowOutcome {
    this.writes += 1;
    const recordId = operation.object === "Order" ? this.#applyOrder(operation) : this.#applyLine(operation);
    this.#touch("sync");
    return { kind: "done", opId: operation.opId, recordId, created: false };
  }

  view(mapping: ObjectMapping): SalesforceView | undefined {
    if (this.order === null) return undefined;
    const record = {
      Id: this.order.id,
      IsDeleted: this.deleted,
      ...this.order.fields,
      StatusCode: this.category(),
      OrderItems: { records: [...this.lines.values()].map((line) => ({ Id: line.id, ...line.fields })) },
    };
    const reading = salesforceView(mapping, record, (_object, id) =>
      id.startsWith("@") ? (id.slice(1) as BusinessKey) : undefined,
    );
    if (reading.kind !== "view") throw new Error(reading.kind);
    return reading.view;
  }

  #applyOrder(operation: RowOperation): RecordId {
    if (operation.kind === "delete") {
      if (this.category() === "Activated") throw new Forbidden("delete of an activated order");
      this.deleted = true;
      this.lines.clear();
      return operation.recordId;
    }
    const fields = wireFields(operation.fields);
    const status = fields["Status"];
    if (this.order === null || this.deleted) {
      if (operation.kind !== "upsert") throw new Forbidden("update of an order that does not exist");
      if (categoryOf(status) !== "Draft") throw new Forbidden("a new order that is not Draft");
      this.order = { id: this.#id("801"), fields: { ERP_Key__c: operation.key, ...fields } };
      this.deleted = false;
      return this.order.id;
    }
    const activated = this.category() === "Activated";
    const locked = Object.keys(fields).filter((field) => ["AccountId", "EffectiveDate"].includes(field));
    if (activated && locked.length > 0) throw new Forbidden(`locked fields ${locked.join(", ")}`);
    if (status !== undefined && !activated && categoryOf(status) === "Activated") {
      if (this.lines.size === 0) throw new Forbidden("activation without lines");
      if (Object.keys(fields).length > 1) throw new Forbidden("activation together with other fields");
    }
    Object.assign(this.order.fields, fields);
    return this.order.id;
  }

  #applyLine(operation: RowOperation): RecordId {
    const activated = this.category() === "Activated";
    if (operation.kind === "delete") {
      if (activated) throw new Forbidden("removal of a line of an activated order");
      this.lines.delete(operation.recordId);
      return operation.recordId;
    }
    const fields = wireFields(operation.fields);
    if (operation.kind === "update") {
      if (activated && ("Quantity" in fields || "UnitPrice" in fields))
        throw new Forbidden("price of an activated order");
      if ("PricebookEntryId" in fields || "OrderId" in fields) throw new Forbidden("create-only field");
      Object.assign(this.lines.get(operation.recordId)?.fields ?? {}, fields);
      return operation.recordId;
    }
    if (activated) throw new Forbidden("new line of an activated order");
    if ([...this.lines.values()].some((line) => line.fields["ERP_Key__c"] === operation.key)) {
      throw new Forbidden(`the line ${operation.key} is made twice`);
    }
    const id = this.#id("802");
    this.lines.set(id, { id, fields: { ERP_Key__c: operation.key, ...fields } });
    return id;
  }

  #touch(by: string): void {
    this.#clock += 1;
    if (this.order === null) return;
    const at = new Date(Date.UTC(2026, 0, 1) + this.#clock * 1000).toISOString();
    Object.assign(this.order.fields, { LastModifiedById: by, LastModifiedDate: at, SystemModstamp: at });
  }

  #id(prefix: string): RecordId {
    this.#ids += 1;
    return `${prefix}${String(this.#ids).padStart(15, "0")}` as RecordId;
  }
}

/** One external order with its lines. */
export class MiniErp {
  record: {
    fields: Record<string, ExternalFields[string]>;
    lines: Map<string, Record<string, ExternalFields[string]>>;
  } | null = null;
  deleted = false;
  writes = 0;

  view(mapping: ObjectMapping): ExternalView | undefined {
    if (this.record === null) return undefined;
    const record: ExternalRecord = {
      naturalKey: ["1"],
      fields: { ...this.record.fields },
      lines: [...this.record.lines].map(([line, fields]) => ({ naturalKey: [line], fields: { ...fields } })),
      version: null,
      changedBy: null,
      changedAt: null,
    };
    const reading = externalView(mapping, record);
    if (reading.kind !== "view") throw new Error(reading.kind);
    return reading.view;
  }

  apply(operation: ExternalOperation): ExternalOutcome {
    this.writes += 1;
    const { change } = operation;
    if (change.kind === "delete") {
      this.record = null;
      this.deleted = true;
    } else {
      this.record ??= { fields: {}, lines: new Map() };
      this.deleted = false;
      Object.assign(this.record.fields, change.fields);
      for (const line of change.lines ?? []) {
        const name = line.naturalKey.join("/");
        if (line.kind === "remove") this.record.lines.delete(name);
        else this.record.lines.set(name, { ...this.record.lines.get(name), ...line.fields });
      }
    }
    return { kind: "done", opId: operation.opId, version: null };
  }
}

/** Both sides with the connector's memory. */
export class World {
  readonly org = new MiniOrg();
  readonly erp = new MiniErp();
  readonly mapping: ObjectMapping;
  base: Base | null = null;
  link: Link | null = null;

  constructor(mapping: Mapping = orderMapping()) {
    this.mapping = objectMapping(mapping, "Order");
  }

  input(): DecideInput {
    return {
      mapping: this.mapping,
      key: KEY,
      base: this.base,
      link: this.link,
      salesforce: observeSalesforce(this.org.view(this.mapping), { deleted: this.org.deleted }),
      external: observeExternal(this.erp.view(this.mapping), this.erp.deleted),
      org: ORG,
      parents: (_object, key) => ({ kind: "linked", recordId: `@${key}` as RecordId }),
      nowMs: 0,
    };
  }

  /** One pass; with `stopAfter` only this many Salesforce operations land, and nothing on the external side. */
  pass(stopAfter?: number): Decision {
    const decision = decide(this.input());
    if (decision.kind === "park" || decision.kind === "reject") return decision;
    const sent = decision.salesforce.slice(0, stopAfter ?? decision.salesforce.length);
    const outcomes = sent.map((operation) => this.org.apply(operation));
    const external = decision.external === null || stopAfter !== undefined ? null : this.erp.apply(decision.external);
    const settled = settle(decision, this.base, outcomes, { external });
    this.base = settled.base;
    this.link = settled.link;
    return decision;
  }
}

/**
 * A pass that dies after this many operations (Salesforce first, then the external one), and the recovery from its
 * intents before anything else happens, or after `meanwhile`.
 */
export function crashAndRecover(
  world: World,
  operations: number,
  options: { readonly meanwhile?: (world: World) => void; readonly atomic?: boolean } = {},
): void {
  const meanwhile = options.meanwhile ?? (() => undefined);
  const decision = decide(world.input());
  if (decision.kind === "park" || decision.kind === "reject") return meanwhile(world);
  const whole = options.atomic === true || decision.salesforce.length === 1;
  const landed = whole && operations < decision.salesforce.length ? 0 : operations;
  for (const operation of decision.salesforce.slice(0, landed)) world.org.apply(operation);
  if (decision.external !== null && operations > decision.salesforce.length) world.erp.apply(decision.external);
  meanwhile(world);
  const common = { id: "i", object: "Order", key: KEY, after: decision.agreed, startedAtMs: 0 };
  const replaced = replacedLines(world.mapping.lines, decision);
  const intents: Intent[] = [];
  if (decision.salesforce.length > 0) {
    intents.push({
      ...common,
      side: "salesforce",
      before: decision.salesforceBefore,
      transitional: decision.transitional,
      atomic: whole,
      ...(replaced === undefined ? {} : { replaced }),
    });
  }
  if (decision.external !== null) {
    intents.push({ ...common, side: "external", before: decision.externalBefore, atomic: true });
  }
  const stored = world.base;
  for (const intent of intents) {
    const view = intent.side === "salesforce" ? world.org.view(world.mapping) : world.erp.view(world.mapping);
    const present = view === undefined || view.deleted ? null : view.document;
    world.base = recoveredBase(intent, world.base, recover(intent, present, stored));
  }
}

export function categoryOf(status: unknown): string {
  return status === "Draft" ? "Draft" : "Activated";
}

/** Numbers come back as numbers; parents as records with a key, as a query returns them. */
function wireFields(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      field,
      typeof value === "object" && value !== null ? "by-key" : value,
    ]),
  );
}
