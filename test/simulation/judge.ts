/**
 * The judge: watches everything that is committed on both sides and in the state, and says which invariant is broken.
 *
 * It reads both systems' own records with a few lines of its own, not through the connector's mapping, so that a mistake
 * there cannot hide itself. Every value that a cell (side, document, line, field) has ever held is remembered with who
 * wrote it last.
 */

import type { RecordChange } from "../../mock-server/org/contract.ts";
import type { Row } from "../../mock-server/schema/definition.ts";
import type { RowOperation, RowOutcome } from "../../src/model/salesforce-record.ts";
import type { Side, Value } from "../../src/model/value.ts";
import type { Lease, StateBatch, StoredConflict } from "../../src/state/port.ts";
import type { SalesforceCall } from "../../src/sync/call.ts";
import type { Base } from "../../src/sync/decision.ts";
import { EDITED_MEANWHILE } from "../../src/sync/pre-image.ts";
import { operationsOf } from "../../src/sync/split.ts";
import { canonicalOf, cellId, erpCells, LINE_FIELDS, OBJECTS_OF, ROOT_FIELDS } from "./cells.ts";
import type { ErpChange } from "./memory-erp.ts";
import type { Stage } from "./stage.ts";
import { TrafficJudge } from "./traffic-judge.ts";

/** A broken invariant. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

interface Cell {
  value: Value | undefined;
  by: "connector" | "clerk";
  clerkSeq: number;
  connectorSeq: number;
  /** Every value that it has held, with the change number at which it came last. */
  readonly held: Map<Value, number>;
  /** What it showed when its record was deleted. */
  gone?: { readonly value: Value; readonly by: "connector" | "clerk"; readonly clerkSeq: number };
}

interface Overwritten {
  readonly side: Side;
  readonly key: string;
  readonly line: string;
  readonly field: string;
  readonly value: Value;
  /** When the person wrote it. */
  readonly seq: number;
  /** When the connector wrote over it. */
  readonly overSeq: number;
  /** True where the connector had read the field before the person wrote it. */
  readonly unseen: boolean;
  /** Why nobody could find it in a pre-image. */
  excuse: Excuse | null;
}

/** An intent: the change number of the read behind it, of its storing, and of its look-up because its end was unknown. */
interface Stored {
  readonly key: string;
  readonly readSeq: number;
  readonly putSeq: number;
  recoveredSeq: number | null;
}

/** Why an edit that was overwritten between a read and its write stands in no pre-image. */
type Excuse =
  /** A Bulk job cannot read what it replaces. */
  | "by Bulk"
  /** The reply is gone; what the write had replaced is known to nobody. */
  | "reply lost"
  /** The pre-image that came back is the one of the second delivery. */
  | "delivered twice"
  /** A write by key to a record that was not there when it was read has no pre-image. */
  | "made meanwhile";

/** Refusals that say: the order's state forbids this. */
const FORBIDDEN = new Set([
  "ENTITY_IS_LOCKED",
  "FAILED_ACTIVATION",
  "INVALID_FIELD_FOR_INSERT_UPDATE",
  "REQUIRED_FIELD_MISSING",
  "FIELD_INTEGRITY_EXCEPTION",
  "INVALID_CROSS_REFERENCE_KEY",
  "INSUFFICIENT_ACCESS_OR_READONLY",
]);

/** Watches one simulation. */
export class Judge {
  readonly violations: Violation[] = [];
  /** Edits that were overwritten between the connector's read and its write, and for which nobody has a pre-image. */
  raced = 0;
  /** Such edits that the connector found in pre-images. */
  overruns = 0;
  connectorWrites = 0;
  /** Judges what is sent. */
  readonly traffic: TrafficJudge;
  readonly #stage: Stage;
  readonly #connectorId: string;
  readonly #cells = new Map<string, Cell>();
  readonly #keyOfId = new Map<string, string>();
  readonly #readSeq = new Map<string, number>();
  readonly #touchedSeq = new Map<string, number>();
  readonly #erpSeq = new Map<string, number>();
  readonly #erpReadSeq = new Map<string, number>();
  readonly #bases = new Map<string, Base>();
  readonly #conflicts = new Map<string, StoredConflict>();
  readonly #recovered: { readonly key: string; readonly text: string }[] = [];
  readonly #overrunsTold: { readonly key: string; readonly text: string }[] = [];
  readonly #intents = new Map<string, Stored>();
  readonly #excused = new Set<string>();
  /** Documents that were last written by a Bulk job. */
  readonly #inBulk = new Set<string>();
  /** Writes by Bulk: the change numbers of the read before the job, and of its end. */
  readonly #bulkWrites: { readonly key: string; readonly readSeq: number; endSeq: number }[] = [];
  /** When each feed first had a position. */
  readonly #firstPositions = new Map<string, number>();
  readonly #overwritten: Overwritten[] = [];
  readonly #deleted = new Set<string>();
  /** So many overwritten edits belong to calls that have been answered. */
  #judged = 0;
  #holder = "";
  #fence = 0;
  #seq = 0;

  constructor(stage: Stage, connectorId: string) {
    this.#stage = stage;
    this.#connectorId = connectorId;
    this.traffic = new TrafficJudge((invariant, what) => this.fail(invariant, what), stage.config.reserveShare);
    for (const collection of ["customers", "products", "orders"])
      for (const row of stage.erp.rows(collection))
        this.erpChanged({ collection, key: row.key, before: undefined, after: row, author: "clerk" });
    stage.erp.onChange = (change) => this.erpChanged(change);
    stage.mock.org.onCommit((changes, actor) => this.#salesforceChanged(changes, actor.userId));
  }

  /** The number of the last change on either side. */
  get seq(): number {
    return this.#seq;
  }

  fail(invariant: string, what: string): void {
    this.violations.push({ invariant, what });
  }

  /** The connector has read these documents, as they were at change number `seq`. */
  readSalesforce(names: Iterable<string>, seq: number): void {
    for (const name of names) this.#readSeq.set(this.#keyOfId.get(name) ?? name, seq);
  }

  readErp(collection: string, keys: Iterable<string>): void {
    for (const key of keys)
      for (const object of OBJECTS_OF[collection] ?? []) this.#erpReadSeq.set(`erp:${object}:${key}`, this.#seq);
  }

  leased(lease: Lease | undefined): void {
    if (lease === undefined) return;
    this.#fence = lease.fence;
    this.#holder = lease.holder;
  }

  /** True while nobody has taken the lease over. */
  holdsLease(holder: string): boolean {
    return this.#holder === holder;
  }

  released(lease: Lease): void {
    if (this.#fence !== lease.fence) return;
    this.#fence += 1;
    this.#holder = "";
  }

  committed(lease: Lease, batch: StateBatch): void {
    if (lease.fence !== this.#fence || lease.holder !== this.#holder) {
      this.fail(
        "I13",
        `${lease.holder} committed with fencing number ${lease.fence}; ${this.#holder} has ${this.#fence}`,
      );
    }
    this.traffic.committed(batch);
    for (const conflict of batch.conflicts ?? []) {
      this.#checkConflict(conflict);
      this.#conflicts.set(conflict.id, conflict);
    }
    for (const { id, key } of batch.putIntents ?? []) {
      const readSeq = this.#readSeq.get(key) ?? 0;
      this.#intents.set(id, { key, readSeq, putSeq: this.#seq, recoveredSeq: null });
    }
    for (const entry of batch.journal ?? []) {
      const told = { key: entry.key, text: JSON.stringify(entry.detail) };
      if (entry.event === EDITED_MEANWHILE) this.#overrunsTold.push(told);
      if (entry.event !== "recovered") continue;
      this.#recovered.push(told);
      const intent = this.#intents.get(String(entry.detail["intent"]));
      if (intent !== undefined) intent.recoveredSeq = this.#seq;
    }
    const recovering = new Set(
      (batch.journal ?? []).filter((entry) => entry.event === "recovered").map((entry) => String(entry.key)),
    );
    for (const base of batch.bases ?? []) this.#checkBase(base, recovering.has(base.key));
    for (const { object, key } of batch.removeBases ?? []) this.#bases.delete(`${object} ${key}`);
    for (const [feed, cursor] of Object.entries(batch.cursors ?? {})) {
      if (!this.#firstPositions.has(feed)) this.#firstPositions.set(feed, this.#seq);
      this.#checkCursor(feed, cursor);
    }
  }

  /** A call is about to be sent. A Bulk job reads nothing before it writes, and may end after the one who started it. */
  sending(call: SalesforceCall): void {
    for (const { opId } of operationsOf(call)) {
      const key = opId.split("#")[0] ?? "";
      if (call.kind !== "bulk") {
        this.#inBulk.delete(key);
        continue;
      }
      this.#inBulk.add(key);
      const readSeq = this.#readSeq.get(key) ?? 0;
      this.#bulkWrites.push({ key, readSeq, endSeq: Number.POSITIVE_INFINITY });
    }
  }

  /** A call was answered: nothing in it was forbidden by what the connector had read (I8). */
  sent(operations: readonly RowOperation[], outcomes: readonly RowOutcome[], twice: boolean): void {
    for (const overwritten of this.#overwritten.slice(this.#judged)) {
      const { key, line } = overwritten;
      const byKey = operations.some((each) => each.kind === "upsert" && (each.key === key || each.key === line));
      if (twice) overwritten.excuse = "delivered twice";
      else if (byKey) overwritten.excuse = "made meanwhile";
    }
    this.#judged = this.#overwritten.length;
    const written = new Set(outcomes.map(({ opId }) => opId.split("#")[0] ?? ""));
    for (const write of this.#bulkWrites) if (written.has(write.key)) write.endSeq = Math.min(write.endSeq, this.#seq);
    for (const [index, outcome] of outcomes.entries()) {
      const operation = operations[index];
      // The second delivery of a request meets what the first one did.
      if (twice || outcome.kind !== "failed" || operation === undefined) continue;
      const fault = outcome.faults.find(({ code }) => FORBIDDEN.has(code));
      if (fault === undefined || outcome.faults.some(({ message }) => message.includes("UNABLE_TO_LOCK_ROW"))) continue;
      // What users do to prices is not a matter of the order's status.
      if (fault.message.includes("pricebook entry is inactive")) continue;
      const key = outcome.opId.split("#")[0] ?? "";
      if (this.#stage.hasDraftReduction(key)) continue;
      if ((this.#touchedSeq.get(key) ?? 0) > (this.#readSeq.get(key) ?? 0)) continue;
      this.fail("I8", `${outcome.opId} ${operation.kind} ${operation.object}: ${fault.code}: ${fault.message}`);
    }
  }

  erpChanged(change: ErpChange): void {
    this.#seq += 1;
    if (change.author === "connector") this.connectorWrites += 1;
    for (const object of OBJECTS_OF[change.collection] ?? []) {
      const key = `erp:${object}:${change.key.join(":")}`;
      this.#erpSeq.set(key, this.#seq);
      const before = erpCells(object, key, change.before);
      const after = erpCells(object, key, change.after);
      this.#noteDeletion("external", key, change.after === undefined, change.author);
      this.#write("external", key, before, after, change.author);
      if (change.author !== "connector") continue;
      if (change.after === undefined && change.before !== undefined) this.#checkErpDelete(object, key);
      for (const line of change.before?.lines.keys() ?? []) {
        if (change.after !== undefined && !change.after.lines.has(line)) this.#checkErpLineDelete(key, line);
      }
    }
  }

  /**
   * Reports whatever was overwritten and stands neither in the base nor in conflicts or journal. `waits` says of which
   * documents a person is told that they wait.
   */
  checkLosses(waits: (key: string) => boolean): void {
    for (const overwritten of this.#overwritten) {
      const { side, key, line, field, value, seq } = overwritten;
      const overrun = this.#overrunsTold.some(
        (entry) => entry.key === key && entry.text.includes(`"from":${JSON.stringify(value)}`),
      );
      if (overwritten.unseen && overrun) this.overruns += 1;
      const cell = this.#cells.get(cellId(side, key, `${line}|${field}`));
      // It was found, and a newer edit has taken its place or the record is gone: the journal is all that is owed.
      if (overrun && (cell?.value === undefined || cell.clerkSeq > seq)) continue;
      // It stands there again: the connector passed through another value, or the other side agreed.
      if (cell?.value === value) continue;
      // It waits with its document, which somebody has to settle first.
      if (overrun && waits(key) && this.#isHidden(overwritten)) continue;
      // What flows from the ERP only is not brought back; the journal has it.
      if (overrun && field === "BillingCity" && this.#stage.config.cityDirection === "toSalesforce") continue;
      const other = side === "salesforce" ? "external" : "salesforce";
      if ((this.#cells.get(cellId(other, key, `${line}|${field}`))?.held.get(value) ?? 0) > seq) continue;
      const told = [...this.#conflicts.values()].some(
        (conflict) =>
          conflict.key === key &&
          (conflict.lineKey ?? "") === line &&
          ((conflict.field === field && (conflict[side] ?? null) === value) || (conflict.field === "*" && line !== "")),
      );
      const recovered = this.#recovered.some(
        (entry) => entry.key === key && entry.text.includes(JSON.stringify(value)),
      );
      if (!told && !recovered) {
        const excused = overwritten.unseen && overwritten.excuse !== null;
        if (excused || this.#replyLost(overwritten) || this.#passedThrough(overwritten)) {
          this.raced += 1;
          continue;
        }
        this.fail(
          "I6",
          `${side} ${key} ${line} ${field}: the value ${JSON.stringify(value)} was overwritten and is ${overrun ? "found and forgotten" : "lost"}`,
        );
      }
    }
  }

  /** True where the base remembers the value as an edit that our write hides. */
  #isHidden({ key, line, field, value }: Overwritten): boolean {
    const object = key.split(":")[1] ?? "";
    const hidden = this.#bases.get(`${object} ${key}`)?.displaced ?? [];
    return hidden.some((edit) => (edit.lineKey ?? "") === line && edit.field === field && edit.value === value);
  }

  /** True where the write's intent had to be looked up: its reply was lost, or died with its process. */
  #replyLost({ key, overSeq, unseen }: Overwritten): boolean {
    return [...this.#intents.values()].some(
      (intent) => unseen && intent.key === key && intent.putSeq <= overSeq && (intent.recoveredSeq ?? -1) >= overSeq,
    );
  }

  /**
   * True where somebody chose the very status through which a write without a pre-image was passing, one that was lost or
   * went by Bulk: it looks as if that write had set it.
   */
  #passedThrough({ side, key, field, seq }: Overwritten): boolean {
    if (side !== "salesforce" || field !== "Status") return false;
    const lost = [...this.#intents.values()].some(
      (intent) => intent.key === key && intent.readSeq <= seq && (intent.recoveredSeq ?? -1) >= seq,
    );
    return lost || this.#bulkWrites.some((write) => write.key === key && write.readSeq <= seq && write.endSeq >= seq);
  }

  /** Conflicts that wait for a person. */
  openConflicts(): readonly StoredConflict[] {
    return [...this.#conflicts.values()].filter(
      (conflict) => conflict.resolvedAtMs === null && conflict.winner === null,
    );
  }

  /** The present values of a document's cells on one side; undefined where there is no record. */
  shown(side: Side, object: string, key: string): ReadonlyMap<string, Value> | undefined {
    if (side === "external") {
      const collection = object === "Account" ? "customers" : object === "Order" ? "orders" : "products";
      const row = this.#stage.erp.row(collection, key.split(":")[2] ?? "");
      return row === undefined ? undefined : erpCells(object, key, row);
    }
    const row = this.#stage.live(object).find((record) => this.#keyOf(object, record) === key);
    if (row === undefined) return undefined;
    const cells = new Map(this.#rootCells(object, row));
    if (object !== "Order") return cells;
    for (const item of this.#stage.live("OrderItem")) {
      if (item["OrderId"] !== row["Id"] || item["ERP_Key__c"] === null) continue;
      for (const [name, value] of this.#itemCells(item, row)) cells.set(name, value);
    }
    return cells;
  }

  /** True where a person deleted the record on this side, and nobody made it again. */
  wasDeleted(side: Side, key: string): boolean {
    return this.#deleted.has(`${side} ${key}`);
  }

  /** True where the ERP deleted the record before its feed had a position: no feed tells such a deletion. */
  deletedBeforeFirstPosition(object: string, key: string): boolean {
    const collection = object === "Account" ? "customers" : "orders";
    const first = this.#firstPositions.get(`external:${collection}:${object}`) ?? Number.POSITIVE_INFINITY;
    return this.wasDeleted("external", key) && (this.#erpSeq.get(key) ?? 0) <= first;
  }

  /** True where a person has ever changed the Salesforce record. */
  wasEdited(key: string): boolean {
    return this.#touchedSeq.has(key);
  }

  /** True where both sides agreed on an account that was merged away in Salesforce. */
  hasMergedAccount(key: string): boolean {
    const account = this.#bases.get(`Order ${key}`)?.document?.fields["AccountId"];
    return typeof account === "string" && this.#stage.isMerged(account);
  }

  /** True where both sides have never been known to agree on the document. */
  neverAgreed(object: string, key: string): boolean {
    return (this.#bases.get(`${object} ${key}`)?.document ?? null) === null;
  }

  /** Every key that either side has. */
  keys(object: string): readonly string[] {
    const collection = object === "Account" ? "customers" : object === "Order" ? "orders" : "products";
    const own = this.#stage.erp.rows(collection).map((row) => `erp:${object}:${row.key.join(":")}`);
    const theirs = this.#stage
      .live(object)
      .filter((row) => row["IsReductionOrder"] !== true)
      .map((row) => this.#keyOf(object, row));
    return [...new Set([...own, ...theirs])];
  }

  /** Lines that Salesforce users made: the connector leaves them alone. */
  hasForeignLines(key: string): boolean {
    return this.#stage
      .live("OrderItem")
      .some((item) => item["ERP_Key__c"] === null && this.#keyOfId.get(String(item["OrderId"])) === key);
  }

  #salesforceChanged(changes: readonly RecordChange[], userId: string): void {
    this.#seq += 1;
    const author = userId === this.#connectorId ? "connector" : "clerk";
    if (author === "connector") this.connectorWrites += 1;
    // An order and its lines may come in one commit: the lines are named after it.
    for (const change of changes) if (ROOT_FIELDS[change.object] !== undefined) this.#rootChanged(change, author);
    for (const change of changes) if (change.object === "OrderItem") this.#itemChanged(change, changes, author);
  }

  #rootChanged({ object, before, after, id }: RecordChange, author: "connector" | "clerk"): void {
    if ((after ?? before)?.["IsReductionOrder"] === true) return;
    const was = before === undefined || before["IsDeleted"] === true ? undefined : before;
    const is = after === undefined || after["IsDeleted"] === true ? undefined : after;
    const oldKey = before === undefined ? undefined : this.#keyOf(object, before);
    const key = after === undefined ? oldKey : this.#keyOf(object, after);
    if (key === undefined) return;
    this.#keyOfId.set(id, key);
    if (oldKey !== undefined && oldKey !== key) this.#rename(oldKey, key);
    if (author === "clerk") this.#touchedSeq.set(key, this.#seq);
    this.#noteDeletion("salesforce", key, is === undefined, author);
    const none = new Map<string, Value>();
    this.#write(
      "salesforce",
      key,
      was === undefined ? none : this.#rootCells(object, was),
      is === undefined ? none : this.#rootCells(object, is),
      author,
    );
    if (author !== "connector") return;
    if (before === undefined && is !== undefined) this.#checkCreated(object, is);
    if (was !== undefined && is === undefined) this.#checkSalesforceDelete(object, key);
  }

  #noteDeletion(side: Side, key: string, gone: boolean, author: "connector" | "clerk"): void {
    if (!gone) this.#deleted.delete(`${side} ${key}`);
    else if (author === "clerk") this.#deleted.add(`${side} ${key}`);
  }

  #itemChanged(change: RecordChange, all: readonly RecordChange[], author: "connector" | "clerk"): void {
    const { before, after, id } = change;
    const row = after ?? before;
    const orderId = String(row?.["OrderId"]);
    const key = this.#keyOfId.get(orderId);
    if (key === undefined || row === undefined) return;
    if (author === "clerk") this.#touchedSeq.set(key, this.#seq);
    const stored = row["ERP_Key__c"];
    if (typeof stored !== "string") {
      if (author === "connector" && before === undefined) this.fail("I3", `the line ${id} was made without its key`);
      return;
    }
    if (stored.includes("ReductionOrderItem")) return;
    const was = before === undefined || before["IsDeleted"] === true ? undefined : before;
    const is = after === undefined || after["IsDeleted"] === true ? undefined : after;
    const none = new Map<string, Value>();
    this.#write(
      "salesforce",
      key,
      was === undefined ? none : this.#itemCells(was, undefined),
      is === undefined ? none : this.#itemCells(is, undefined),
      author,
    );
    if (author !== "connector") return;
    if (before === undefined && is !== undefined) this.#checkCreated("OrderItem", is);
    const orderGoes = all.some((other) => other.id === orderId && other.after?.["IsDeleted"] === true);
    if (was !== undefined && is === undefined && !orderGoes) this.#checkSalesforceLineDelete(key, stored);
  }

  #write(
    side: Side,
    key: string,
    before: ReadonlyMap<string, Value>,
    after: ReadonlyMap<string, Value>,
    author: "connector" | "clerk",
  ): void {
    for (const name of new Set([...before.keys(), ...after.keys()])) {
      const old = before.get(name);
      const now = after.get(name);
      if (old === now) continue;
      const cell = this.#cell(side, key, name);
      if (author === "connector" && old !== undefined) this.#checkOverwrite(side, key, name, { old, now }, cell);
      const { gone } = cell;
      if (old !== undefined && now === undefined) cell.gone = { value: old, by: cell.by, clerkSeq: cell.clerkSeq };
      cell.value = now;
      if (now !== undefined) cell.held.set(now, this.#seq);
      // Who undeletes a record has not written its values: they are as old, and of the same hand, as before.
      const isUndeleted = author === "clerk" && old === undefined && gone !== undefined && gone.value === now;
      cell.by = isUndeleted ? gone.by : author;
      if (author === "clerk") cell.clerkSeq = isUndeleted ? gone.clerkSeq : this.#seq;
      else cell.connectorSeq = this.#seq;
    }
  }

  #checkOverwrite(
    side: Side,
    key: string,
    name: string,
    { old, now }: { readonly old: Value; readonly now: Value | undefined },
    cell: Cell,
  ): void {
    if (cell.by === "connector" || !this.#isTracked(name)) return;
    // A record that is deleted takes along what never was to leave it.
    if (now === undefined && name === "|BillingCity" && this.#stage.config.cityDirection !== "both") return;
    const [line = "", field = ""] = name.split("|");
    const object = key.split(":")[1] ?? "";
    const base = this.#bases.get(`${object} ${key}`)?.document;
    const fields = line === "" ? base?.fields : base?.lines?.[line as keyof typeof base.lines];
    const agreed = fields?.[field];
    if (agreed === old || (agreed === undefined && old === null)) return;
    const unseen = side === "salesforce" && cell.clerkSeq > (this.#readSeq.get(key) ?? 0);
    const { clerkSeq: seq } = cell;
    const excuse = this.#inBulk.has(key) ? "by Bulk" : null;
    this.#overwritten.push({ side, key, line, field, value: old, seq, overSeq: this.#seq, unseen, excuse });
  }

  /** A conflict has two people in it: our own write is no edit. */
  #checkConflict(conflict: StoredConflict): void {
    const { key, field, lineKey = "", base } = conflict;
    if (this.#conflicts.has(conflict.id) || base === undefined || field === "*" || field === "Status") return;
    // An edit that was brought back stands there by our hand.
    if (conflict.rule.startsWith(EDITED_MEANWHILE)) return;
    for (const side of ["salesforce", "external"] as const) {
      const cell = this.#cells.get(cellId(side, key, `${lineKey}|${field}`));
      if (cell === undefined || cell.value === undefined || cell.value !== conflict[side]) continue;
      // A person's edit that was carried over before its own record was deleted is still that person's.
      const other = side === "salesforce" ? "external" : "salesforce";
      const origin = this.#cells.get(cellId(other, key, `${lineKey}|${field}`));
      const isGone = (conflict[other] ?? null) === null;
      if (isGone && conflict[side] !== undefined && origin?.held.has(conflict[side])) continue;
      // So is an edit that we overran and brought back, against the deletion of the other side's record.
      if (isGone && this.#wasOverrun(conflict, cell.value)) continue;
      if (cell.by === "connector") {
        this.fail(
          "I10",
          `${side} ${key} ${lineKey} ${field}: our own ${JSON.stringify(cell.value)} was taken for an edit`,
        );
      }
    }
  }

  /** True where the journal tells that this very value was a person's edit, found in a pre-image. */
  #wasOverrun({ key, lineKey, field }: StoredConflict, value: Value): boolean {
    const place = lineKey === undefined ? { field } : { lineKey, field };
    const told = JSON.stringify({ ...place, from: value }).slice(0, -1);
    return this.#overrunsTold.some((entry) => entry.key === key && entry.text.includes(told));
  }

  #checkBase(base: Base, recovering: boolean): void {
    const name = `${base.object} ${base.key}`;
    this.#bases.set(name, base);
    if (base.document === null) return;
    const roots = Object.entries(base.document.fields).map(([field, value]) => ["", field, value] as const);
    const lines = Object.entries(base.document.lines ?? {}).flatMap(([line, fields]) =>
      Object.entries(fields).map(([field, value]) => [line, field, value] as const),
    );
    for (const [line, field, value] of [...roots, ...lines]) {
      const cellName = `${line}|${field}`;
      const isKnown =
        line === "" ? ROOT_FIELDS[base.object]?.includes(field) : LINE_FIELDS.some((each) => each === field);
      if (isKnown !== true || !this.#isTracked(cellName)) continue;
      for (const side of ["salesforce", "external"] as const) {
        const cell = this.#cells.get(cellId(side, base.key, cellName));
        if (cell?.held.has(value) === true) continue;
        const excuse = `${side} ${base.key} ${cellName} ${JSON.stringify(value)}`;
        if (this.#excused.has(excuse)) continue;
        // A status that an order passes through on our own account stands for "not followed yet".
        const status = this.#cells.get(cellId("salesforce", base.key, cellName));
        if (field === "Status" && (status?.by === "connector" || status?.value === undefined)) continue;
        // The order of an account that was merged away shows the survivor until the ERP follows.
        if (field === "AccountId" && typeof value === "string" && this.#stage.isMerged(value)) continue;
        // Recovery cannot tell an edit that came before our write from one that came after it.
        const edited = (cell?.clerkSeq ?? 0) >= (this.#readSeq.get(base.key) ?? 0) || (cell?.clerkSeq ?? 0) > 0;
        if (recovering && edited) {
          this.#excused.add(excuse);
          continue;
        }
        this.fail("I4", `the base of ${base.key} ${cellName} is ${JSON.stringify(value)}, which ${side} never held`);
      }
    }
  }

  #checkCursor(feed: string, cursor: string): void {
    if (!feed.startsWith("salesforce:")) return;
    const { at } = JSON.parse(cursor) as { readonly at: string };
    const covered = this.#stage.mock.org.latestDateCovered();
    if (Date.parse(at) > Date.parse(`${covered.slice(0, 19)}Z`)) {
      this.fail("I2", `the watermark of ${feed} moved to ${at}, but a transaction is open since ${covered}`);
    }
  }

  #checkCreated(object: string, row: Row): void {
    const key = row["ERP_Key__c"];
    if (typeof key !== "string") {
      this.fail("I3", `${object} ${String(row["Id"])} was made without its key`);
      return;
    }
    const same = this.#stage.live(object).filter((other) => other["ERP_Key__c"] === key);
    if (same.length > 1) this.fail("I3", `${key} stands on ${same.length} live records`);
  }

  #checkSalesforceDelete(object: string, key: string): void {
    const collection = object === "Account" ? "customers" : "orders";
    if (this.#stage.erp.row(collection, key.split(":")[2] ?? "") === undefined && this.#erpSeq.has(key)) return;
    if ((this.#erpSeq.get(key) ?? 0) > (this.#erpReadSeq.get(key) ?? 0)) return;
    this.fail("I11", `${key} was deleted in Salesforce without a deletion in the ERP`);
  }

  #checkSalesforceLineDelete(key: string, line: string): void {
    const no = line.split(":").at(-1) ?? "";
    const row = this.#stage.erp.row("orders", key.split(":")[2] ?? "");
    if (row?.lines.has(no) !== true) return;
    if ((this.#erpSeq.get(key) ?? 0) > (this.#erpReadSeq.get(key) ?? 0)) return;
    this.fail("I11", `the line ${line} was deleted in Salesforce while the ERP has it`);
  }

  #checkErpDelete(object: string, key: string): void {
    const row = this.#stage.live(object).find((record) => this.#keyOf(object, record) === key);
    if (row === undefined || (this.#touchedSeq.get(key) ?? 0) > (this.#readSeq.get(key) ?? 0)) return;
    this.fail("I11", `${key} was deleted in the ERP while Salesforce has it`);
  }

  #checkErpLineDelete(key: string, no: string): void {
    const line = `erp:OrderItem:${key.split(":")[2]}:${no}`;
    const item = this.#stage.live("OrderItem").find((record) => record["ERP_Key__c"] === line);
    if (item === undefined || (this.#touchedSeq.get(key) ?? 0) > (this.#readSeq.get(key) ?? 0)) return;
    this.fail("I11", `the line ${line} was removed in the ERP while Salesforce has it`);
  }

  #keyOf(object: string, row: Row): string {
    const stored = row["ERP_Key__c"];
    return typeof stored === "string" ? stored : `erp:${object}:${String(row["Id"])}`;
  }

  #rename(from: string, to: string): void {
    // Cells are added while they are walked through.
    const cells = [...this.#cells];
    for (const [id, cell] of cells) {
      const [side, key, ...rest] = id.split("|");
      if (side !== "salesforce" || key !== from) continue;
      const target = cellId("salesforce", to, rest.join("|"));
      const known = this.#cells.get(target);
      this.#cells.set(target, { ...cell, held: new Map([...cell.held, ...(known?.held ?? [])]) });
    }
  }

  #rootCells(object: string, row: Row): ReadonlyMap<string, Value> {
    return new Map(
      (ROOT_FIELDS[object] ?? []).map((field) => {
        const value = row[field];
        const canonical = field === "AccountId" ? this.#accountKey(value) : canonicalOf(value);
        return [`|${field}`, canonical] as const;
      }),
    );
  }

  #accountKey(id: unknown): Value {
    return typeof id === "string" ? (this.#keyOfId.get(id) ?? `erp:Account:${id}`) : null;
  }

  #itemCells(item: Row, order: Row | undefined): ReadonlyMap<string, Value> {
    const line = String(item["ERP_Key__c"]);
    const reduced = this.#stage.config.onActivated === "reduce" && order?.["StatusCode"] === "Activated";
    const quantity = reduced ? (item["AvailableQuantity"] ?? item["Quantity"]) : item["Quantity"];
    return new Map([
      [`${line}|Quantity`, canonicalOf(quantity)],
      [`${line}|UnitPrice`, canonicalOf(item["UnitPrice"])],
    ]);
  }

  /** Where reduction orders lower quantities, a line's quantity is not in one cell. */
  #isTracked(name: string): boolean {
    return this.#stage.config.onActivated !== "reduce" || !name.endsWith("|Quantity");
  }

  #cell(side: Side, key: string, name: string): Cell {
    const id = cellId(side, key, name);
    let cell = this.#cells.get(id);
    if (cell === undefined) {
      cell = { value: undefined, by: "clerk", clerkSeq: 0, connectorSeq: 0, held: new Map() };
      this.#cells.set(id, cell);
    }
    return cell;
  }
}
