/**
 * Judges I6: whatever a person wrote and the connector wrote over equalled the base, or stands on the other side, in a
 * conflict or in the journal. What nobody could have found is counted, not judged (docs/decisions/0007).
 */
import type { RowOperation, RowOutcome } from "../../src/model/salesforce-record.ts";
import type { Side, Value } from "../../src/model/value.ts";
import type { SalesforceCall } from "../../src/sync/call.ts";
import type { TransitionalStatus } from "../../src/sync/decision.ts";
import { operationsOf } from "../../src/sync/split.ts";
import { amountOr, isTracked, spelled, tells } from "./cells.ts";
import type { ConnectorView } from "./connector-view.ts";
import type { Ledger, Overwrite } from "./ledger.ts";
import type { Stage } from "./stage.ts";
import type { Fail } from "./traffic-judge.ts";

interface Overwritten {
  readonly side: Side;
  readonly key: string;
  readonly line: string;
  readonly field: string;
  readonly value: Value;
  /** What both sides had agreed on. */
  readonly agreed: Value | undefined;
  /** When the person wrote it. */
  readonly seq: number;
  /** When the connector wrote over it. */
  readonly overSeq: number;
  /** True where the connector had read the field before the person wrote it. */
  readonly unseen: boolean;
  /** Why nobody could find it in a pre-image. */
  excuse: Excuse | null;
  /** True where a person deleted the record while the connector's write had it half way to this very status. */
  deletedHalfWay: boolean;
}

/** Why an edit that went between a read and its write is in no pre-image. */
type Excuse =
  /** A Bulk job cannot read what it replaces. */
  | "by Bulk"
  /** The reply is gone; what the write had replaced is known to nobody. */
  | "reply lost"
  /** The pre-image that came back is the one of the second delivery. */
  | "delivered twice"
  /** A write by key to a record that was not there when it was read has no pre-image. */
  | "made meanwhile"
  /** It went with the record that somebody had put its own record under, after the connector had looked. */
  | "taken along";

/** Watches for losses. */
export class LossJudge {
  /** Edits that were overwritten between the connector's read and its write, and for which nobody has a pre-image. */
  raced = 0;
  /** Such edits that the connector found in pre-images. */
  concurrentEdits = 0;
  readonly #ledger: Ledger;
  readonly #view: ConnectorView;
  readonly #stage: Stage;
  readonly #fail: Fail;
  readonly #overwritten: Overwritten[] = [];
  /** Documents that were last written by a Bulk job. */
  readonly #inBulk = new Set<string>();
  /** Writes by Bulk: the change numbers of the read before the job, and of its end. */
  readonly #bulkWrites: { readonly key: string; readonly readSeq: number; endSeq: number }[] = [];
  /** This many overwritten edits belong to calls that have been answered. */
  #judged = 0;

  constructor(
    { ledger, view, stage }: { readonly ledger: Ledger; readonly view: ConnectorView; readonly stage: Stage },
    fail: Fail,
  ) {
    this.#ledger = ledger;
    this.#view = view;
    this.#stage = stage;
    this.#fail = fail;
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
      const readSeq = this.#view.readSeq(key);
      this.#bulkWrites.push({ key, readSeq, endSeq: Number.POSITIVE_INFINITY });
    }
  }

  /** A call was answered, maybe after its request was delivered twice. */
  sent(operations: readonly RowOperation[], outcomes: readonly RowOutcome[], twice: boolean): void {
    for (const overwritten of this.#overwritten.slice(this.#judged)) {
      const { key, line } = overwritten;
      const byKey = operations.some((each) => each.kind === "upsert" && (each.key === key || each.key === line));
      if (twice) overwritten.excuse = "delivered twice";
      else if (byKey) overwritten.excuse = "made meanwhile";
    }
    this.#judged = this.#overwritten.length;
    const written = new Set(outcomes.map(({ opId }) => opId.split("#")[0] ?? ""));
    const { seq } = this.#ledger;
    for (const write of this.#bulkWrites) if (written.has(write.key)) write.endSeq = Math.min(write.endSeq, seq);
  }

  /** The deletion of another record took this one along just now, and nobody could know. */
  cascadeDeleted(key: string): void {
    const { seq } = this.#ledger;
    for (const overwritten of this.#overwritten)
      if (overwritten.key === key && overwritten.overSeq === seq) overwritten.excuse = "taken along";
  }

  /** Takes note of a person's value that goes, unless it is the agreed one. */
  overwriting({ side, key, name, old, now, cell }: Overwrite): void {
    if (cell.by === "connector" || !isTracked(this.#stage.config, name)) return;
    // A record that is deleted takes along what never was to leave it.
    if (now === undefined && name === "|BillingCity" && this.#stage.config.cityDirection !== "both") return;
    const [line = "", field = ""] = name.split("|");
    const base = this.#view.base(key.split(":")[1] ?? "", key)?.document;
    const fields = line === "" ? base?.fields : base?.lines?.[line as keyof typeof base.lines];
    const agreed = fields?.[field] === undefined ? undefined : amountOr(field, fields[field]);
    if (agreed === old || (agreed === undefined && old === null)) return;
    // People on both sides chose the same: it stands on the other side.
    if (this.#ledger.cell(side === "salesforce" ? "external" : "salesforce", key, name)?.value === old) return;
    // Somebody chose the very status in which an earlier write had left the record half way.
    if (side === "salesforce" && name === "|Status" && this.#transitional(key)?.shown === old) return;
    const unseen = side === "salesforce" && cell.clerkSeq > this.#view.readSeq(key);
    const { clerkSeq: seq } = cell;
    const excuse = this.#inBulk.has(key) ? "by Bulk" : null;
    const { seq: overSeq } = this.#ledger;
    const deletedHalfWay = false;
    this.#overwritten.push({
      side,
      key,
      line,
      field,
      value: old,
      agreed,
      seq,
      overSeq,
      unseen,
      excuse,
      deletedHalfWay,
    });
  }

  /**
   * A person deletes a record in Salesforce. Had the connector not put it aside for a while, the deletion would have taken
   * the person's status along, and nobody else would have lost it.
   */
  deletedByPerson(key: string): void {
    const meant = this.#transitional(key)?.meant;
    for (const overwritten of this.#overwritten)
      if (overwritten.key === key && overwritten.field === "Status" && overwritten.value === meant)
        overwritten.deletedHalfWay = true;
  }

  /**
   * Reports whatever was overwritten and stands neither in the base nor in conflicts or journal. `waits` says of which
   * documents a person is told that they wait.
   */
  check(waits: (key: string) => boolean): void {
    for (const overwritten of this.#overwritten) {
      const { side, key, line, field, value, seq } = overwritten;
      const concurrentEdit = this.#view.concurrentEdits.some(
        (entry) => entry.key === key && tells(entry.text, `"from":${JSON.stringify(value)}`),
      );
      if (overwritten.unseen && concurrentEdit) this.concurrentEdits += 1;
      const cell = this.#ledger.cell(side, key, `${line}|${field}`);
      // It was found, and a newer edit has taken its place or the record is gone: the journal is all that is due.
      const isGone = cell?.value === undefined || this.#stage.isMerged(key);
      if (concurrentEdit && (isGone || cell.clerkSeq > seq)) continue;
      // It stands there again: the connector passed through another value, or the other side agreed.
      if (cell?.value === value) continue;
      // A person has put it there once more: what became of that edit is judged by itself.
      if ((cell?.entered.get(value) ?? 0) > overwritten.overSeq) continue;
      // The survivor of a merge, before it had taken over the key: the connector knows it as the very same account.
      if (field === "AccountId" && this.#stage.isSurvivor(overwritten.agreed, value)) continue;
      // It waits with its document, which somebody has to settle first.
      if (concurrentEdit && waits(key) && this.#isHidden(overwritten)) continue;
      // Its record is half way through Draft and was deleted there: the base remembers what it stood for.
      if (field === "Status" && cell?.value === undefined && this.#transitional(key)?.meant === value) continue;
      // So it was, and a person has chosen the other side's record since.
      if (side === "salesforce" && overwritten.deletedHalfWay) continue;
      // What flows from the ERP only is not brought back; the journal has it.
      if (concurrentEdit && field === "BillingCity" && this.#stage.config.cityDirection === "toSalesforce") continue;
      const other = side === "salesforce" ? "external" : "salesforce";
      if ((this.#ledger.cell(other, key, `${line}|${field}`)?.unsynced.get(value) ?? 0) > seq) continue;
      const told = [...this.#view.conflicts.values()].some(
        (conflict) =>
          conflict.key === key &&
          (conflict.lineKey ?? "") === line &&
          ((conflict.field === field && amountOr(field, spelled(conflict[side])) === value) ||
            (conflict.field === "*" && line !== "")),
      );
      const recovered = this.#view.recovered.some(
        (entry) => entry.key === key && tells(entry.text, JSON.stringify(value)),
      );
      if (!told && !recovered) {
        const excused = overwritten.unseen && overwritten.excuse !== null;
        if (excused || this.#replyLost(overwritten) || this.#passedThrough(overwritten)) {
          this.raced += 1;
          continue;
        }
        this.#fail(
          "I6",
          `${side} ${key} ${line} ${field}: the value ${JSON.stringify(value)} was overwritten and is ${concurrentEdit ? "found and forgotten" : "lost"}`,
        );
      }
    }
  }

  /** The status in which a write has left the record half way. */
  #transitional(key: string): TransitionalStatus | null | undefined {
    return this.#view.base(key.split(":")[1] ?? "", key)?.transitional;
  }

  /** True where the base remembers the value as an edit that our write hides. */
  #isHidden({ key, line, field, value }: Overwritten): boolean {
    const object = key.split(":")[1] ?? "";
    const hidden = this.#view.base(object, key)?.unsettledEdits ?? [];
    return hidden.some(
      (edit) => (edit.lineKey ?? "") === line && edit.field === field && amountOr(field, edit.value) === value,
    );
  }

  /** True where the write's intent had to be looked up: its reply was lost, or died with its process. */
  #replyLost({ key, overSeq, unseen }: Overwritten): boolean {
    return [...this.#view.intents.values()].some(
      (intent) => unseen && intent.key === key && intent.putSeq <= overSeq && (intent.recoveredSeq ?? -1) >= overSeq,
    );
  }

  /**
   * True where somebody chose the very status through which a write without a pre-image was passing, one that was lost or
   * went by Bulk: it looks as if that write had set it.
   */
  #passedThrough({ side, key, field, seq }: Overwritten): boolean {
    if (side !== "salesforce" || field !== "Status") return false;
    const lost = [...this.#view.intents.values()].some(
      (intent) => intent.key === key && intent.readSeq <= seq && (intent.recoveredSeq ?? -1) >= seq,
    );
    return lost || this.#bulkWrites.some((write) => write.key === key && write.readSeq <= seq && write.endSeq >= seq);
  }
}
