/**
 * Judges what is sent, not what becomes of it: the operations of a record go out in order and never side by side (I9),
 * none goes out without a stored intent (I10), and no call is made that was not planned or is kept for others (I12).
 */
import type { RowOperation, RowOutcome } from "../../src/model/salesforce-record.ts";
import type { Side } from "../../src/model/value.ts";
import type { StateBatch } from "../../src/state/port.ts";

/** Takes note of a broken invariant. */
export type Fail = (invariant: string, what: string) => void;

/** What the org last told a process about the calls of the day, and when. */
export interface UsageReading {
  readonly used: number;
  readonly limit: number;
  readonly atMs: number;
}

/** Who calls. */
export interface Caller {
  readonly process: string;
  /** True when another process has taken its lease over. */
  readonly stale: boolean;
}

/** A reading older than this says little: other applications have called since. */
const READING_LIFE_MS = 60_000;

/** Watches the traffic of all processes of one simulation. */
export class TrafficJudge {
  readonly #fail: Fail;
  /** Share of the org's calls that is kept for others. */
  readonly #reserveShare: number;
  /** Records in calls that are under way, with the process that calls. */
  readonly #underWay = new Map<string, string>();
  /** What has landed of each document since its intent was stored. */
  readonly #landed = new Map<string, Set<string>>();
  readonly #intents = new Map<string, string>();

  constructor(fail: Fail, reserveShare: number) {
    this.#fail = fail;
    this.#reserveShare = reserveShare;
  }

  /** A commit of the state: intents come and go. */
  committed({ putIntents = [], clearIntents = [] }: Pick<StateBatch, "putIntents" | "clearIntents">): void {
    for (const id of clearIntents) this.#intents.delete(id);
    for (const { id, key, side } of putIntents) {
      this.#intents.set(id, intentName(side, key));
      if (side === "salesforce") this.#landed.set(key, new Set());
    }
  }

  /** A call to Salesforce is about to be sent; ends with `answered`, or with the process. */
  sending({ process, stale }: Caller, operations: readonly RowOperation[]): void {
    for (const record of recordsOf(operations)) this.#enter(process, record);
    // Frozen since it looked at its lease: nobody can call it back, and a successor has dealt with its intents.
    if (stale) return;
    const ahead = new Set<string>();
    for (const operation of operations) {
      const { opId } = operation;
      const { document, place } = placeOf(opId);
      this.#requireIntent("salesforce", document, opId);
      for (let earlier = 1; earlier < place; earlier += 1) {
        const before = `${document}#${earlier}`;
        if (ahead.has(before) || this.#landed.get(document)?.has(before) === true) continue;
        this.#fail("I9", `${opId} is sent and ${before} has not landed`);
      }
      ahead.add(opId);
    }
  }

  answered(operations: readonly RowOperation[], outcomes: readonly RowOutcome[]): void {
    for (const record of recordsOf(operations)) this.#underWay.delete(record);
    for (const outcome of outcomes) {
      if (outcome.kind === "done") this.#landed.get(placeOf(outcome.opId).document)?.add(outcome.opId);
    }
  }

  /** An operation on a record of the ERP begins; ends with `applied`, or with the process. */
  applying({ process, stale }: Caller, opId: string): void {
    const { document } = placeOf(opId);
    if (!stale) this.#requireIntent("external", document, opId);
    this.#enter(process, `ERP ${document}`);
  }

  applied(opId: string): void {
    this.#underWay.delete(`ERP ${placeOf(opId).document}`);
  }

  /** The process is gone, and its calls with it. */
  died(process: string): void {
    for (const [record, caller] of this.#underWay) if (caller === process) this.#underWay.delete(record);
  }

  /** One write was sent in this many calls, without a fault on their way. */
  wrote(calls: number, predicted: number): void {
    if (calls > predicted)
      this.#fail("I12", `a write took ${calls} calls instead of the ${predicted} that were planned`);
  }

  /** A call is about to reach the org. */
  calling(known: UsageReading | undefined, nowMs: number): void {
    if (known === undefined || nowMs - known.atMs > READING_LIFE_MS) return;
    const kept = Math.ceil(known.limit * this.#reserveShare);
    if (known.used + 1 > known.limit - kept) {
      this.#fail("I12", `a call was made with ${known.used} of ${known.limit} used and ${kept} kept for others`);
    }
  }

  #enter(process: string, record: string): void {
    const other = this.#underWay.get(record);
    if (other !== undefined) this.#fail("I9", `${process} writes ${record} while a call of ${other} is under way`);
    this.#underWay.set(record, process);
  }

  #requireIntent(side: Side, document: string, opId: string): void {
    // A reduction order is written on account of the order that it reduces.
    if (document.includes(":ReductionOrder")) return;
    if ([...this.#intents.values()].includes(intentName(side, document))) return;
    this.#fail("I10", `${opId} is sent to ${side} and no intent is stored`);
  }
}

function intentName(side: Side, key: string): string {
  return `${side} ${key}`;
}

/** The document of an operation, and its place among the operations of the document, from 1. */
function placeOf(opId: string): { readonly document: string; readonly place: number } {
  const mark = opId.lastIndexOf("#");
  const place = Number(opId.slice(mark + 1));
  return { document: opId.slice(0, mark), place: Number.isNaN(place) ? 1 : place };
}

function recordsOf(operations: readonly RowOperation[]): ReadonlySet<string> {
  return new Set(
    operations.map(
      (operation) => `${operation.object} ${operation.kind === "upsert" ? operation.key : operation.recordId}`,
    ),
  );
}
