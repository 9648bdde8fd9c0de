/**
 * The three-way rule for one field: who moved since the base, and who wins when both did.
 *
 * A side that does not show the field counts as unmoved. A field without a base was never agreed on: both sides count
 * as moved, except that an empty side is simply filled.
 */
import type { ConflictPolicy, FieldMapping } from "../mapping/mapping.ts";
import type { Provenance } from "../model/document.ts";
import { compareInstants } from "../model/instant.ts";
import type { Side, Value } from "../model/value.ts";

/** One field on both sides and in the base; `undefined` means absent. */
export interface FieldCase {
  readonly mapping: Pick<FieldMapping, "direction" | "owner" | "write">;
  readonly base: Value | undefined;
  readonly salesforce: Value | undefined;
  readonly external: Value | undefined;
  readonly policy: ConflictPolicy;
  readonly provenance: Readonly<Record<Side, Provenance>>;
  /** A person's answer to an earlier conflict. */
  readonly answer?: Side;
}

/** What becomes of one field. */
export interface FieldResolution {
  /** The value that both sides hold once the write has landed; undefined while they do not agree. */
  readonly agreed: Value | undefined;
  /** The side to write to, or null. */
  readonly write: Side | null;
  readonly rule: string;
  /** Set when a value that was not the base is overwritten, or waits for a person (`winner` null). */
  readonly conflict: { readonly winner: Side | null; readonly rule: string } | null;
}

/** Settles one field. Pure and total. */
export function resolveField(field: FieldCase): FieldResolution {
  const { mapping, base, salesforce, external } = field;
  // Written once: whatever became of it afterwards is nobody's business, and it enters no base.
  if (mapping.write === "once") return settled(undefined, "written once");
  if (salesforce !== undefined && salesforce === external) return settled(salesforce, "equal");
  if (salesforce === undefined && external === undefined) return settled(base, "unknown on both sides");
  if (mapping.direction !== "both")
    return oneWay(field, mapping.direction === "toSalesforce" ? "external" : "salesforce");
  const seenSalesforce = orBase(salesforce, base);
  const seenExternal = orBase(external, base);
  // Overwriting a value that nobody knows could lose it.
  if (seenSalesforce === undefined || seenExternal === undefined) return settled(undefined, "unknown on one side");
  if (seenSalesforce === seenExternal) return settled(base, "unmoved");
  if (base !== undefined) {
    if (seenSalesforce === base) return taken("external", seenExternal, "external moved");
    if (seenExternal === base) return taken("salesforce", seenSalesforce, "salesforce moved");
  }
  if (base === undefined && seenSalesforce === null)
    return taken("external", seenExternal, "first meeting: the empty side is filled");
  if (base === undefined && seenExternal === null)
    return taken("salesforce", seenSalesforce, "first meeting: the empty side is filled");
  const { winner, rule } = chooseWinner(field);
  if (winner === null) return { agreed: undefined, write: null, rule, conflict: { winner, rule } };
  const value = winner === "salesforce" ? seenSalesforce : seenExternal;
  return { ...taken(winner, value, rule), conflict: { winner, rule } };
}

/** Who wins when both sides moved: a person's answer, the field's owner, then the object's policy. */
export function chooseWinner(
  field: Pick<FieldCase, "policy" | "provenance" | "answer"> & { readonly mapping: Pick<FieldMapping, "owner"> },
): { readonly winner: Side | null; readonly rule: string } {
  if (field.answer !== undefined) return { winner: field.answer, rule: `decided by a person: ${field.answer}` };
  if (field.mapping.owner !== null) return { winner: field.mapping.owner, rule: `field owner ${field.mapping.owner}` };
  switch (field.policy) {
    case "salesforce":
    case "external":
      return { winner: field.policy, rule: `policy ${field.policy}` };
    case "manual":
      return { winner: null, rule: "policy manual" };
    case "newest":
      return newest(field.provenance);
    default:
      return field.policy satisfies never;
  }
}

function oneWay(field: FieldCase, leader: Side): FieldResolution {
  const { base, mapping } = field;
  const rule = `direction ${mapping.direction}`;
  const follower: Side = leader === "salesforce" ? "external" : "salesforce";
  const wanted = orBase(field[leader], base);
  const shown = orBase(field[follower], base);
  if (wanted === undefined) return settled(undefined, "unknown on one side");
  if (wanted === shown) return settled(wanted, "unmoved");
  // The side that follows was filled when the record was made on the other one: nobody has emptied it.
  if (base === undefined && wanted === null) return settled(undefined, "first meeting: the leading side is empty");
  const lost = shown !== undefined && shown !== base && !(base === undefined && shown === null);
  return { ...taken(leader, wanted, rule), conflict: lost ? { winner: leader, rule } : null };
}

function newest(provenance: FieldCase["provenance"]): { readonly winner: Side; readonly rule: string } {
  const { salesforce, external } = provenance;
  const order = salesforce.at === null || external.at === null ? 0 : compareInstants(salesforce.at, external.at);
  if (order > 0) return { winner: "salesforce", rule: "policy newest: salesforce is newer" };
  if (order < 0) return { winner: "external", rule: "policy newest: external is newer" };
  return { winner: "salesforce", rule: "policy newest: the times do not tell, salesforce" };
}

function taken(from: Side, value: Value, rule: string): FieldResolution {
  return { agreed: value, write: from === "salesforce" ? "external" : "salesforce", rule, conflict: null };
}

function settled(agreed: Value | undefined, rule: string): FieldResolution {
  return { agreed, write: null, rule, conflict: null };
}

function orBase(seen: Value | undefined, base: Value | undefined): Value | undefined {
  return seen === undefined ? base : seen;
}
