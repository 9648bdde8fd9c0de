/** Judges I7: when edits and faults have stopped, both sides show the same, or a reason stands for which they may not. */
import type { Side, Value } from "../../src/model/value.ts";
import { collectionOf, referredObject } from "./cells.ts";
import type { Judge } from "./judge.ts";
import type { Stage } from "./stage.ts";

/** Obstacles that a person has to remove: the connector is right to wait. */
const STANDING = new Set([
  "ORDER_WITHOUT_LINES",
  "ORDER_ACTIVATED",
  "ORDER_REDUCED",
  "CREATE_ONLY_CHANGED",
  "CHILDREN_EXIST",
  "CASCADE_DELETED",
  "CONTRACT_ACTIVATED",
  "PARENT_MISSING",
  "PARENT_REJECTED",
  "MERGED",
]);

/** Compares both sides at rest. */
export class RestJudge {
  /** The reasons that were found to stand. */
  readonly excuses: string[] = [];
  readonly #stage: Stage;
  readonly #judge: Judge;

  constructor(stage: Stage, judge: Judge) {
    this.#stage = stage;
    this.#judge = judge;
  }

  /** Compares one document; `codes`: why it is held, undefined where it is not. */
  compare(object: string, key: string, codes: readonly string[] | undefined): void {
    const judge = this.#judge;
    const salesforce = judge.ledger.shown("salesforce", object, key);
    const external = judge.ledger.shown("external", object, key);
    const difference = differenceOf(salesforce, external, this.#isOneWay(object));
    if (difference === undefined) return;
    const excuse = this.#excuse(object, key, { salesforce, external, codes });
    if (excuse !== undefined) {
      this.excuses.push(excuse);
      return;
    }
    judge.fail(
      "I7",
      `${object} ${key} differs at rest: ${difference}${codes === undefined ? "" : ` (held: ${codes.join()})`}`,
    );
  }

  /** A value that flows one way, from a side that has had none yet, leaves the other side alone. */
  #isOneWay(object: string): (name: string, salesforce: unknown, external: unknown) => boolean {
    const { cityDirection } = this.#stage.config;
    return (name, salesforce, external) =>
      object === "Account" &&
      name === "|BillingCity" &&
      ((cityDirection === "toExternal" && salesforce === null) ||
        (cityDirection === "toSalesforce" && external === null));
  }

  /** A reason that stands, for which a document may differ for ever. */
  #excuse(
    object: string,
    key: string,
    facts: {
      readonly salesforce: ReadonlyMap<string, unknown> | undefined;
      readonly external: ReadonlyMap<string, Value> | undefined;
      readonly codes: readonly string[] | undefined;
    },
  ): string | undefined {
    const { salesforce, external, codes = [] } = facts;
    const { createExternal, deleteSalesforce, deleteExternal } = this.#stage.config;
    const judge = this.#judge;
    if (salesforce === undefined && !deleteExternal && judge.ledger.wasDeleted("salesforce", key)) return "KEPT_IN_ERP";
    if (external === undefined && !deleteSalesforce && judge.ledger.wasDeleted("external", key))
      return "KEPT_IN_SALESFORCE";
    if (external === undefined && !createExternal && !judge.ledger.wasDeleted("external", key))
      return "ONLY_IN_SALESFORCE";
    if (object === "Account" && this.#stage.isMerged(key)) return "MERGED";
    if (codes.includes("EXTERNAL_MISSING") && judge.deletedBeforeFirstPosition(object, key)) return "EXTERNAL_MISSING";
    // What went with an older state of the database, or with all others, was perhaps never deleted: it waits for a person.
    const isEmptied = this.#stage.erp.rows(collectionOf(object)).length === 0;
    if (codes.includes("EXTERNAL_MISSING") && (this.#stage.isUpset || isEmptied)) return "EXTERNAL_MISSING";
    // Deleted before its making was known to have landed: nobody can tell it from an older deletion.
    if (salesforce === undefined && judge.ledger.wasDeleted("salesforce", key) && judge.view.neverAgreed(object, key)) {
      return "DELETED_BEFORE_AGREEMENT";
    }
    // The survivor of a merge replaces the account that the ERP names, which looks like an edit of the order.
    if (external === undefined && !createExternal && judge.hasMergedAccount(object, key)) return "MERGED_ACCOUNT";
    // A deletion against an edit that wins, where the connector may not make the record again.
    if (external === undefined && !createExternal && judge.ledger.wasEdited(key)) return "ONLY_IN_SALESFORCE";
    if (codes.length > 0 && this.#parents(external, "salesforce").includes(undefined)) return "PARENT_GONE";
    if (codes.includes("FIELD_INTEGRITY_EXCEPTION") && this.#stage.hasInactivePrices()) return "PRICE_INACTIVE";
    const isRefused = codes.includes("FAILED_ACTIVATION") || codes.includes("INVALID_FIELD_FOR_INSERT_UPDATE");
    if (isRefused && this.#stage.hasDraftReduction(key)) return "REDUCTION_DRAFT";
    // Users moved the order to an account or a contract that the ERP does not have, and whose name it cannot be told.
    if (codes.includes("VALUE_INVALID") && this.#parents(salesforce, "external").includes(undefined)) {
      return "PARENT_ONLY_IN_SALESFORCE";
    }
    const [contract] = this.#parents(external, "salesforce", ["ContractId"]);
    if (contract !== undefined && codes.includes("FAILED_ACTIVATION") && contract.get("|Status") !== "Activated") {
      return "CONTRACT_DRAFT";
    }
    if (contract !== undefined && codes.includes("FIELD_INTEGRITY_EXCEPTION")) {
      const accounts = [salesforce?.get("|AccountId"), external?.get("|AccountId")];
      if (accounts.some((account) => account !== contract.get("|AccountId"))) return "CONTRACT_OF_ANOTHER_ACCOUNT";
    }
    if (codes.includes("EXTERNAL_REFUSED") && this.#stage.config.world?.unruly?.trigger === "refuses")
      return "REFUSED_BY_TRIGGER";
    const standing = codes.find((code) => STANDING.has(code));
    if (standing !== undefined) return standing;
    if (object === "Order" && judge.ledger.hasForeignLines(key)) return "FOREIGN_LINES";
    return undefined;
  }

  /** The records that one side's document refers to, as the other side shows them; undefined for those it has not. */
  #parents(
    cells: ReadonlyMap<string, unknown> | undefined,
    side: Side,
    fields: readonly string[] = ["AccountId", "ContractId"],
  ): readonly (ReadonlyMap<string, Value> | undefined)[] {
    return fields.flatMap((field) => {
      const key = cells?.get(`|${field}`);
      const object = referredObject(field);
      return typeof key === "string" && object !== undefined ? [this.#judge.ledger.shown(side, object, key)] : [];
    });
  }
}

function differenceOf(
  left: ReadonlyMap<string, unknown> | undefined,
  right: ReadonlyMap<string, unknown> | undefined,
  /** For values that may differ. */
  isExcused: (name: string, left: unknown, right: unknown) => boolean,
): string | undefined {
  if (left === undefined || right === undefined) {
    if (left === right) return undefined;
    return left === undefined ? "only in the ERP" : "only in Salesforce";
  }
  const names = [...new Set([...left.keys(), ...right.keys()])].filter(
    (name) => left.get(name) !== right.get(name) && !isExcused(name, left.get(name), right.get(name)),
  );
  if (names.length === 0) return undefined;
  return names.map((name) => `${name}: ${String(left.get(name))} ≠ ${String(right.get(name))}`).join("; ");
}
