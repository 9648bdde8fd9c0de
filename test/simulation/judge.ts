/**
 * The judge: watches everything that is committed on both sides and in the state, and says which invariant is broken.
 *
 * It reads both systems' own records with a few lines of its own, not through the connector's mapping, so that a mistake
 * there cannot hide itself. Every value that a cell (side, document, line, field) has ever held is remembered with who
 * wrote it last.
 */

import type { Row } from "../../mock-server/schema/definition.ts";
import type { RowOperation, RowOutcome } from "../../src/model/salesforce-record.ts";
import type { Value } from "../../src/model/value.ts";
import type { Lease, StateBatch } from "../../src/state/port.ts";
import type { SalesforceCall } from "../../src/sync/call.ts";
import type { Link } from "../../src/sync/decision.ts";
import { isGone } from "../../src/sync/presence.ts";
import { AgreementJudge } from "./agreement-judge.ts";
import { collectionOf, erpNameOf, lineKeyOf } from "./cells.ts";
import { ConnectorView } from "./connector-view.ts";
import { FeedJudge } from "./feed-judge.ts";
import { Ledger } from "./ledger.ts";
import { LossJudge } from "./loss-judge.ts";
import type { Stage } from "./stage.ts";
import { type Fail, TrafficJudge } from "./traffic-judge.ts";

/** A broken invariant. */
export interface Violation {
  readonly invariant: string;
  readonly what: string;
}

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

/** What users do to prices and contracts is not a matter of the order's status. */
const ABOUT_OTHER_RECORDS = [
  "pricebook entry is inactive",
  "contract must be activated",
  "account must match its contract's account",
];

/** Watches one simulation. */
export class Judge {
  readonly violations: Violation[] = [];
  /** What both sides have shown. */
  readonly ledger: Ledger;
  /** What the connector has read and stored. */
  readonly view = new ConnectorView();
  /** Judges what is sent. */
  readonly traffic: TrafficJudge;
  /** Judges what the ERP's feeds tell. */
  readonly feeds: FeedJudge;
  /** Judges what is overwritten. */
  readonly losses: LossJudge;
  readonly #agreements: AgreementJudge;
  readonly #stage: Stage;
  /** When each feed first had a position. */
  readonly #firstPositions = new Map<string, number>();
  #holder = "";
  #fence = 0;

  constructor(stage: Stage, connectorId: string) {
    const { view } = this;
    const { config } = stage;
    const fail: Fail = (invariant, what) => this.fail(invariant, what);
    this.#stage = stage;
    this.ledger = new Ledger(stage, connectorId, {
      overwriting: (overwrite) => this.losses.overwriting(overwrite),
      made: (object, row) => this.#checkMade(object, row),
      deletedInSalesforce: (object, key) => this.#checkSalesforceDelete(object, key),
      lineDeletedInSalesforce: (key, line, price) => this.#checkSalesforceLineDelete(key, line, price),
      deletedByPerson: (key) => this.losses.deletedByPerson(key),
      deletedInErp: (object, key) => this.#checkErpDelete(object, key),
      lineDeletedInErp: (key, no) => this.#checkErpLineDelete(key, no),
      spelledOtherwise: (key, what) => this.fail("I16", `${key} was written back to the ERP in another form: ${what}`),
      respelled: (key, what) => this.fail("I16", `${key} was written to Salesforce in another form: ${what}`),
    });
    const { ledger } = this;
    this.feeds = new FeedJudge(stage.erp, () => stage.isUpset || config.world?.feed !== "log", fail);
    this.traffic = new TrafficJudge(fail, config.reserveShare);
    this.losses = new LossJudge({ ledger, view, stage }, fail);
    this.#agreements = new AgreementJudge({ stage, ledger, view }, fail);
  }

  /** The number of the last change on either side. */
  get seq(): number {
    return this.ledger.seq;
  }

  fail(invariant: string, what: string): void {
    this.violations.push({ invariant, what });
  }

  /** The connector has read these documents, by record Id or key, as they were at change number `seq`. */
  readSalesforce(names: readonly string[], seq: number): void {
    this.view.readSalesforce(
      names.map((name) => this.ledger.keyOfId(name) ?? name),
      seq,
    );
  }

  readErp(collection: string, keys: Iterable<string>): void {
    this.view.readErp(collection, keys, this.seq);
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
    for (const link of batch.links ?? []) this.#checkLink(link);
    for (const conflict of batch.conflicts ?? []) this.#agreements.checkConflict(conflict);
    this.view.committed(batch, this.seq);
    const recovering = new Set(
      (batch.journal ?? []).filter((entry) => entry.event === "recovered").map((entry) => String(entry.key)),
    );
    for (const base of batch.bases ?? []) this.#agreements.checkBase(base, recovering.has(base.key));
    for (const [feed, cursor] of Object.entries(batch.cursors ?? {})) {
      if (!this.#firstPositions.has(feed)) this.#firstPositions.set(feed, this.seq);
      this.#checkCursor(feed, cursor);
    }
  }

  /** A call is about to be sent. */
  sending(call: SalesforceCall): void {
    this.losses.sending(call);
  }

  /** A call was answered: nothing in it was forbidden by what the connector had read (I8). */
  sent(operations: readonly RowOperation[], outcomes: readonly RowOutcome[], twice: boolean): void {
    this.losses.sent(operations, outcomes, twice);
    for (const [index, outcome] of outcomes.entries()) {
      const operation = operations[index];
      // The second delivery of a request meets what the first one did.
      if (twice || outcome.kind !== "failed" || operation === undefined) continue;
      const fault = outcome.apiErrors.find(({ code }) => FORBIDDEN.has(code));
      if (fault === undefined || outcome.apiErrors.some(({ message }) => message.includes("UNABLE_TO_LOCK_ROW")))
        continue;
      if (ABOUT_OTHER_RECORDS.some((part) => fault.message.includes(part))) continue;
      const key = documentOf(outcome.opId);
      if (this.#stage.hasDraftReduction(outcome.opId.split("#")[0] ?? "")) continue;
      if (this.ledger.touchedSeq(key) > this.view.readSeq(key)) continue;
      this.fail("I8", `${outcome.opId} ${operation.kind} ${operation.object}: ${fault.code}: ${fault.message}`);
    }
  }

  /** True where the ERP deleted the record before its feed had a position: no feed tells such a deletion. */
  deletedBeforeFirstPosition(object: string, key: string): boolean {
    const collection = collectionOf(object);
    const first = this.#firstPositions.get(`external:${collection}:${object}`) ?? Number.POSITIVE_INFINITY;
    return this.ledger.wasDeleted("external", key) && this.ledger.erpSeq(key) <= first;
  }

  /** True where both sides agreed on an account that was merged away in Salesforce. */
  hasMergedAccount(object: string, key: string): boolean {
    const account = this.view.base(object, key)?.document?.fields["AccountId"];
    return typeof account === "string" && this.#stage.isMerged(account);
  }

  /** A record without a key is tied to the customer whose name it bears or has borne, and to nobody else (I3). */
  #checkLink({ object, key, recordId, presence }: Link): void {
    const own = recordId === null ? undefined : this.ledger.keyOfId(recordId);
    if (recordId === null || isGone({ presence }) || own === undefined || own === key || !key.startsWith("erp:"))
      return;
    if (own !== `erp:${object}:${recordId}`) return;
    const names = this.ledger.cell("salesforce", own, "|Name")?.unsynced;
    const theirs = this.ledger.cell("external", key, "|Name")?.unsynced;
    // The survivor of a merge takes over the key of the one that was merged into it, whatever its name.
    const isSurvivor = this.#stage.mergedInto(recordId).includes(key);
    if (!isSurvivor && names !== undefined && ![...names.keys()].some((name) => theirs?.has(name) === true))
      this.fail("I3", `${recordId} was taken for ${key}, whose name it never bore`);
    this.ledger.adopted(recordId, key);
    this.view.rename(own, key);
  }

  #checkCursor(feed: string, cursor: string): void {
    if (!feed.startsWith("salesforce:")) return;
    const { at } = JSON.parse(cursor) as { readonly at: string };
    const covered = this.#stage.mock.org.latestDateCovered();
    if (Date.parse(at) > Date.parse(`${covered.slice(0, 19)}Z`)) {
      this.fail("I2", `the watermark of ${feed} moved to ${at}, but a transaction is open since ${covered}`);
    }
  }

  #checkMade(object: string, row: Row): void {
    const key = row["ERP_Key__c"];
    if (typeof key !== "string") {
      this.fail("I3", `${object} ${String(row["Id"])} was made without its key`);
      return;
    }
    const same = this.#stage.live(object).filter((other) => other["ERP_Key__c"] === key);
    if (same.length > 1) this.fail("I3", `${key} stands on ${same.length} live records`);
  }

  #checkSalesforceDelete(object: string, key: string): void {
    const collection = collectionOf(object);
    if (this.#stage.erp.row(collection, erpNameOf(key)) === undefined && this.ledger.erpSeq(key) > 0) return;
    if (this.ledger.erpSeq(key) > this.view.erpReadSeq(key)) return;
    if (this.#cameUnderMeanwhile(key)) return this.losses.cascadeDeleted(key);
    this.fail("I11", `${key} was deleted in Salesforce without a deletion in the ERP`);
  }

  /** True where a person put the record under one that we have deleted, after we had read that one. */
  #cameUnderMeanwhile(key: string): boolean {
    const parents = ["|AccountId", "|ContractId"].flatMap((name) => {
      const parent = this.ledger.cell("salesforce", key, name)?.gone?.value;
      return typeof parent === "string" ? [parent] : [];
    });
    return parents.some((parent) => this.ledger.touchedSeq(key) > this.view.readSeq(parent));
  }

  #checkSalesforceLineDelete(key: string, line: string, price: Value): void {
    const no = line.split(":").at(-1) ?? "";
    const row = this.#stage.erp.row("orders", erpNameOf(key));
    const unsynced = row?.lines.get(no);
    if (unsynced === undefined) return;
    // Another product stands on it now: the line makes room for that one.
    if (`erp:PricebookEntry:${String(unsynced["sku"])}` !== price) return;
    if (this.ledger.erpSeq(key) > this.view.erpReadSeq(key)) return;
    this.fail("I11", `the line ${line} was deleted in Salesforce while the ERP has it`);
  }

  #checkErpDelete(object: string, key: string): void {
    const row = this.#stage.live(object).find((record) => this.ledger.keyOf(object, record) === key);
    if (row === undefined || this.ledger.touchedSeq(key) > this.view.readSeq(key)) return;
    this.fail("I11", `${key} was deleted in the ERP while Salesforce has it`);
  }

  #checkErpLineDelete(key: string, no: string): void {
    const line = lineKeyOf(key, no);
    const item = this.#stage.live("OrderItem").find((record) => record["ERP_Key__c"] === line);
    if (item === undefined || this.ledger.touchedSeq(key) > this.view.readSeq(key)) return;
    this.fail("I11", `the line ${line} was removed in the ERP while Salesforce has it`);
  }
}

/** The document that an operation is for; a reduction order is a part of the order that it reduces. */
function documentOf(opId: string): string {
  const key = opId.split("#")[0] ?? "";
  return key.replace(/^erp:ReductionOrder:(.*):[^:]+$/, "erp:Order:$1");
}
