/** Judges what the connector takes for agreed (I4) and for edited (I10) by what both sides have shown. */
import type { Value } from "../../src/model/value.ts";
import type { StoredConflict } from "../../src/state/port.ts";
import type { Base } from "../../src/sync/decision.ts";
import { CONCURRENT_EDIT } from "../../src/sync/pre-image.ts";
import { IN_DOUBT } from "../../src/sync/whole-write.ts";
import { amountOr, isTracked, LINE_FIELDS, ROOT_FIELDS, tells } from "./cells.ts";
import type { ConnectorView } from "./connector-view.ts";
import type { Ledger } from "./ledger.ts";
import type { Stage } from "./stage.ts";
import type { Fail } from "./traffic-judge.ts";

/** This many digits of a number are exact in a double. */
const DOUBLE_DIGITS = 15;

/** Watches bases and conflicts, before they are taken in. */
export class AgreementJudge {
  readonly #stage: Stage;
  readonly #ledger: Ledger;
  readonly #view: ConnectorView;
  readonly #fail: Fail;
  readonly #excused = new Set<string>();

  constructor(
    { stage, ledger, view }: { readonly stage: Stage; readonly ledger: Ledger; readonly view: ConnectorView },
    fail: Fail,
  ) {
    this.#stage = stage;
    this.#ledger = ledger;
    this.#view = view;
    this.#fail = fail;
  }

  /** A conflict has two people in it: our own write is no edit (I10). */
  checkConflict(conflict: StoredConflict): void {
    const { key, field, lineKey = "", base } = conflict;
    if (this.#view.conflicts.has(conflict.id) || base === undefined || field === "*" || field === "Status") return;
    // An edit that was brought back stands there of our own.
    if (conflict.rule.startsWith(CONCURRENT_EDIT)) return;
    // What is only in doubt may be our own.
    if (conflict.rule === IN_DOUBT) return;
    // A field that flows one way: the side that follows was edited, and the leading side need not have been.
    if (conflict.rule.startsWith("direction ")) return;
    // What we wrote under an account that was merged away shows the survivor, as what stood under it before.
    if (field === "AccountId" && typeof base === "string" && this.#stage.isMerged(base)) return;
    for (const side of ["salesforce", "external"] as const) {
      // A line that stays as a whole: the value that nobody moved is no edit, the entry tells what the other side loses.
      const isWhole = conflict.winner === side || field === "PricebookEntryId";
      if (isWhole && conflict[side] === base) continue;
      const cell = this.#ledger.cell(side, key, `${lineKey}|${field}`);
      if (cell === undefined || cell.value === undefined || cell.value !== amountOr(field, conflict[side])) continue;
      // A person's edit that was carried over before its own record was deleted is still that person's.
      const other = side === "salesforce" ? "external" : "salesforce";
      const origin = this.#ledger.cell(other, key, `${lineKey}|${field}`);
      const isGone = (conflict[other] ?? null) === null;
      if (isGone && conflict[side] !== undefined && origin?.unsynced.has(conflict[side])) continue;
      // So is an edit that we overran and brought back, against the deletion of the other side's record.
      if (isGone && this.#wasOverrun(conflict, cell.value)) continue;
      // What a lost write left cannot be read off a deleted record; undeleted, it looks like an edit.
      if (cell.gone?.value === cell.value && this.#view.wasLookedUp(key)) continue;
      if (cell.by === "connector") {
        this.#fail(
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
    return this.#view.concurrentEdits.some((entry) => entry.key === key && tells(entry.text, told));
  }

  /** A price of more digits than a double holds is the ERP's, to the last of them: nobody types such a price in Salesforce. */
  #checkDigits({ key, document }: Base): void {
    const prices = [document?.fields, ...Object.values(document?.lines ?? {})].map((fields) => fields?.["UnitPrice"]);
    for (const price of prices)
      if (
        typeof price === "string" &&
        price.replace(".", "").length > DOUBLE_DIGITS &&
        !this.#ledger.hasShownPrice(price)
      )
        this.#fail("I4", `the base of ${key} has the price ${price}, whose digits the ERP never showed`);
  }

  /** Both sides have held what the base says (I4). `recovering`: it was found out after a lost reply. */
  checkBase(base: Base, recovering: boolean): void {
    if (base.document === null) return;
    this.#checkDigits(base);
    const roots = Object.entries(base.document.fields).map(
      ([field, value]) => ["", field, amountOr(field, value)] as const,
    );
    const lines = Object.entries(base.document.lines ?? {}).flatMap(([line, fields]) =>
      Object.entries(fields).map(([field, value]) => [line, field, amountOr(field, value)] as const),
    );
    for (const [line, field, value] of [...roots, ...lines]) {
      const cellName = `${line}|${field}`;
      const isKnown =
        line === "" ? ROOT_FIELDS[base.object]?.includes(field) : LINE_FIELDS.some((each) => each === field);
      if (isKnown !== true || !isTracked(this.#stage.config, cellName)) continue;
      for (const side of ["salesforce", "external"] as const) {
        const cell = this.#ledger.cell(side, base.key, cellName);
        if (cell?.unsynced.has(value) === true) continue;
        const excuse = `${side} ${base.key} ${cellName} ${JSON.stringify(value)}`;
        if (this.#excused.has(excuse)) continue;
        // A status that an order passes through on our own account stands for "not followed yet".
        const status = this.#ledger.cell("salesforce", base.key, cellName);
        if (field === "Status" && (status?.by === "connector" || status?.value === undefined)) continue;
        // The order of an account that was merged away shows the survivor until the ERP follows.
        if (field === "AccountId" && typeof value === "string" && this.#stage.isMerged(value)) continue;
        // Recovery cannot tell an edit that came before our write from one that came after it.
        const edited = (cell?.clerkSeq ?? 0) >= this.#view.readSeq(base.key) || (cell?.clerkSeq ?? 0) > 0;
        if (recovering && edited) {
          this.#excused.add(excuse);
          continue;
        }
        this.#fail("I4", `the base of ${base.key} ${cellName} is ${JSON.stringify(value)}, which ${side} never held`);
      }
    }
  }
}
