/** From merged values to the operations of one decision, on each side. */

import type { FieldMapping, ObjectMapping } from "../mapping/mapping.ts";
import { STATUS_OBJECTS } from "../mapping/select.ts";
import { toExternalFields, toSalesforceFields, type UnresolvedReference } from "../mapping/write.ts";
import { parseBusinessKey } from "../model/business-key.ts";
import type { SalesforceView, SyncDocument } from "../model/document.ts";
import type { ExternalFields, ExternalLineChange, ExternalOperation } from "../model/external-record.ts";
import type { BusinessKey, LineKey, NaturalKey } from "../model/key.ts";
import type { RowOperation, WireValue } from "../model/salesforce-record.ts";
import type { Fields, Side, Value } from "../model/value.ts";
import type { FieldChange, Obstacle, TransitionalStatus } from "./decision.ts";
import { planLifecycle } from "./lifecycle.ts";
import type { LineChanges, WholeDocument } from "./lifecycle-plan.ts";
import type { Write } from "./merge-sheet.ts";
import { valuesForNewRow } from "./new-row.ts";
import { keyChanges, mergedChanges, newChanges, type OpIdOf } from "./write-changes.ts";
import {
  type ExternalTarget,
  fieldWrites,
  heldLines,
  lineEntries,
  type SalesforceTarget,
  type WriteContext,
} from "./write-target.ts";

/** The operations for one side, or what stands in the way. */
export type Writes =
  | {
      readonly kind: "writes";
      readonly salesforce: readonly RowOperation[];
      readonly external: ExternalOperation | null;
      readonly actions: readonly string[];
      readonly changes: readonly FieldChange[];
      readonly transitional: TransitionalStatus | null;
    }
  | { readonly kind: "park" | "reject"; readonly obstacles: readonly Obstacle[] };

/** Plans the row operations, by way of the life-cycle planner. A record without its key gets it. */
export function salesforceWrites(context: WriteContext, target: SalesforceTarget): Writes {
  const { mapping, key } = context;
  const { seen } = target;
  const writes = fieldWrites(target).filter((write) => write.side === "salesforce");
  const fresh = seen === null ? newRecord(mapping, "salesforce", target.external.document) : null;
  const root = fresh?.fields ?? fieldsOf(writes.filter((write) => write.lineKey === undefined));
  const { status, header } = splitStatus(mapping, root);
  const resolver = new Resolver(context);
  const wire: Record<string, WireValue> = { ...resolver.wire(mapping.fields, header) };
  if (seen !== null && !seen.keyed) wire[mapping.keyField] = key;
  const lines = fresh === null ? lineChanges(context, resolver, target, writes) : newLines(context, resolver, fresh);
  const { creates, updates, deletes, clears = [] } = lines;
  const changed = Object.keys(wire).length + creates.length + updates.length + deletes.length + clears.length;
  // A reference that cannot be sent is a change too, maybe the only one.
  if (resolver.obstacles.length > 0) return resolver.blocked();
  if (fresh === null && changed === 0 && status === undefined && !context.resumes) return nothing();

  const wanted = status ?? seen?.document.fields["Status"];
  const plan = planLifecycle({
    mapping,
    key,
    seen,
    header: wire,
    status: typeof wanted === "string" ? wanted : null,
    lines,
    whole: wholeDocument(context, target, lines),
    org: context.org,
  });
  if (plan.kind !== "plan") return { kind: plan.kind, obstacles: [plan.obstacle] };
  const fallback = plan.operations[0]?.opId ?? key;
  const opIdOf: OpIdOf = (field, lineKey, part) => {
    if (lineKey !== undefined)
      return (part === "removal" ? plan.opIds.removals : plan.opIds.lines)[lineKey] ?? fallback;
    return (field === "Status" ? plan.opIds.status : plan.opIds.header) ?? fallback;
  };
  return {
    kind: "writes",
    salesforce: plan.operations,
    external: null,
    actions: actionsWithKey(context, seen, { actions: plan.actions, header }),
    changes: [
      ...keyChanges(context, seen, opIdOf),
      ...(fresh === null ? mergedChanges("salesforce", target, opIdOf) : newChanges("salesforce", fresh, opIdOf)),
    ],
    transitional: plan.transitional,
  };
}

/** A write of nothing but the key is named by what the key means. */
function actionsWithKey(
  { keyWrite }: WriteContext,
  seen: SalesforceView | null,
  plan: { readonly actions: readonly string[]; readonly header: Fields },
): readonly string[] {
  if (keyWrite === undefined || seen === null) return plan.actions;
  const isPlain = Object.keys(plan.header).length === 0;
  return [keyWrite.action, ...plan.actions.filter((action) => action !== "update" || !isPlain)];
}

/** Plans the one external operation of a document. */
export function externalWrites(context: WriteContext, target: ExternalTarget): Writes {
  const { mapping, key } = context;
  const opId = `${key}#x`;
  const obstacles: Obstacle[] = [];
  const express: Express = (mappings, values, lineKey) => {
    const { fields, problems } = toExternalFields(mappings, values);
    for (const { field, value, reason } of problems) {
      obstacles.push({
        code: "VALUE_INVALID",
        message: `${field}${lineKey === undefined ? "" : ` of line ${lineKey}`}: "${String(value)}" in Salesforce ${reason}`,
        field,
        ...(lineKey === undefined ? {} : { lineKey }),
      });
    }
    return fields;
  };
  const fresh = target.seen === null ? newRecord(mapping, "external", target.salesforce.document) : null;
  const writes = "merged" in target ? target.merged.writes.filter((write) => write.side === "external") : [];
  const values = fresh?.fields ?? fieldsOf(writes.filter((write) => write.lineKey === undefined));
  const fields = express(mapping.fields, values);
  const lines = externalLines(mapping, target, writes, express);
  if (obstacles.length > 0) return { kind: "reject", obstacles };
  if (fresh === null && Object.keys(fields).length === 0 && lines.length === 0) return nothing();
  const naturalKey: NaturalKey =
    target.seen?.naturalKey ?? context.link?.naturalKey ?? parseBusinessKey(key)?.naturalKey ?? [];
  const kind = fresh === null ? "update" : "create";
  return {
    kind: "writes",
    salesforce: [],
    external: {
      opId,
      collection: mapping.collection,
      naturalKey,
      change: { kind, fields, ...(lines.length === 0 ? {} : { lines }) },
      expectedVersion: target.seen?.version ?? null,
    },
    actions: [kind],
    changes: fresh === null ? mergedChanges("external", target, () => opId) : newChanges("external", fresh, () => opId),
    transitional: null,
  };
}

/** The status of an order or contract is the planner's business; any other `Status` is a field like the rest. */
function splitStatus(
  mapping: ObjectMapping,
  root: Fields,
): { readonly status: Value | undefined; readonly header: Fields } {
  if (!STATUS_OBJECTS.includes(mapping.object)) return { status: undefined, header: root };
  const { Status: status, ...header } = root;
  return { status, header };
}

type Express = (mappings: readonly FieldMapping[], values: Fields, lineKey?: LineKey) => ExternalFields;

/** Everything that a new record on one side gets from what the other side shows. */
function newRecord(mapping: ObjectMapping, target: Side, shown: SyncDocument): SyncDocument {
  const lines = lineEntries(shown.lines).map(
    ([lineKey, fields]) => [lineKey, valuesForNewRow(mapping.lines?.fields ?? [], target, fields)] as const,
  );
  return { ...shown, fields: valuesForNewRow(mapping.fields, target, shown.fields), lines: Object.fromEntries(lines) };
}

/** Turns values into wire values and keeps the references that cannot be sent. */
class Resolver {
  readonly obstacles: Obstacle[] = [];
  #rejected = false;
  readonly #context: WriteContext;

  constructor(context: WriteContext) {
    this.#context = context;
  }

  wire(mappings: readonly FieldMapping[], values: Fields, lineKey?: LineKey): Readonly<Record<string, WireValue>> {
    const { fields, unresolved } = toSalesforceFields(mappings, values, this.#context.parents);
    for (const reference of unresolved) this.#note(reference, lineKey);
    return fields;
  }

  blocked(): Writes {
    return { kind: this.#rejected ? "reject" : "park", obstacles: this.obstacles };
  }

  #note(reference: UnresolvedReference, lineKey: LineKey | undefined): void {
    const { field, object, key, state } = reference;
    const place = lineKey === undefined ? field : `${field} of line ${lineKey}`;
    const at = { field, ...(lineKey === undefined ? {} : { lineKey }) };
    const name = parseBusinessKey(key)?.naturalKey.join(", ") ?? key;
    if (state === "absent" && lineKey !== undefined && PRODUCT_OBJECTS.includes(object)) {
      this.#rejected = true;
      this.obstacles.push({
        code: "PRODUCT_UNKNOWN",
        message: `${place} names ${object} ${name}, which neither side has; add the product and its price, or correct the line`,
        ...at,
        // The values of reference fields are business keys.
        missing: { object, key: key as BusinessKey },
      });
      return;
    }
    const { code, text } = UNRESOLVED[state];
    this.obstacles.push({ code, message: `${place} refers to ${object} ${name}, which ${text}`, ...at });
  }
}

const PRODUCT_OBJECTS: readonly string[] = ["Product2", "PricebookEntry"];

const UNRESOLVED: Readonly<Record<UnresolvedReference["state"], { readonly code: string; readonly text: string }>> = {
  absent: { code: "PARENT_MISSING", text: "neither side has; add it, or correct the reference" },
  pending: { code: "PARENT_PENDING", text: "is not in Salesforce yet; this record follows when it is" },
  rejected: { code: "PARENT_REJECTED", text: "could not be written itself; see its dead letter" },
};

function nothing(): Writes {
  return { kind: "writes", salesforce: [], external: null, actions: [], changes: [], transitional: null };
}

function newLines(context: WriteContext, resolver: Resolver, fresh: SyncDocument): LineChanges {
  const mappings = context.mapping.lines?.fields ?? [];
  const creates = lineEntries(fresh.lines).map(([lineKey, fields]) => ({
    lineKey,
    fields: resolver.wire(mappings, fields, lineKey),
  }));
  return { creates, updates: [], deletes: [] };
}

function lineChanges(
  context: WriteContext,
  resolver: Resolver,
  target: SalesforceTarget,
  writes: readonly Write[],
): LineChanges {
  const { seen, external } = target;
  if (seen === null) return { creates: [], updates: [], deletes: [] };
  const mappings = context.mapping.lines?.fields ?? [];
  const puts = "merged" in target ? target.merged.lineWrites.filter((line) => line.side === "salesforce") : [];
  const creates = puts
    .filter((line) => line.kind !== "remove")
    .map(({ lineKey }) => {
      const values = valuesForNewRow(mappings, "salesforce", external?.document.lines?.[lineKey] ?? {});
      return { lineKey, fields: resolver.wire(mappings, values, lineKey) };
    });
  const deletes = puts.flatMap(({ kind, lineKey }) => {
    const recordId = seen.lineIds[lineKey];
    return kind !== "put" && recordId !== undefined ? [{ lineKey, recordId }] : [];
  });
  const removed = new Set(deletes.map(({ lineKey }) => lineKey));
  const held = new Map(heldLines(seen).filter(([lineKey]) => !removed.has(lineKey)));
  const changedKeys = [
    ...new Set([...writes.flatMap((write) => (write.lineKey === undefined ? [] : [write.lineKey])), ...held.keys()]),
  ];
  const updates = changedKeys.flatMap((lineKey) => {
    const recordId = seen.lineIds[lineKey];
    const keyField = context.mapping.lines?.keyField;
    const ofLine = writes.filter((write) => write.lineKey === lineKey);
    const quantity = ofLine.find((write) => write.field === "Quantity");
    if (recordId === undefined) return [];
    return [
      {
        lineKey,
        recordId,
        fields: {
          ...resolver.wire(mappings, fieldsOf(ofLine), lineKey),
          ...(held.has(lineKey) && keyField !== undefined ? { [keyField]: lineKey } : {}),
        },
        quantity:
          typeof quantity?.from === "string" && typeof quantity.to === "string"
            ? { from: quantity.from, to: quantity.to }
            : null,
      },
    ];
  });
  // A line that carries the key of another one lets go of it before that one gets it.
  const clears = [...held].flatMap(([lineKey, other]) => {
    const recordId = seen.lineIds[lineKey];
    return other !== null && held.has(other as LineKey) && recordId !== undefined ? [{ lineKey, recordId }] : [];
  });
  return { creates, updates, deletes, ...(clears.length === 0 ? {} : { clears }) };
}

/** The document as it will stand, for a reduction order to repeat and to count its lines. */
function wholeDocument(context: WriteContext, target: SalesforceTarget, lines: LineChanges): WholeDocument {
  const { seen, external } = target;
  const mappings = context.mapping.lines?.fields ?? [];
  // References that cannot be sent were refused before where they matter; here the document is only quoted.
  const quote = (fields: readonly FieldMapping[], values: Fields): Readonly<Record<string, WireValue>> =>
    toSalesforceFields(fields, values, context.parents).fields;
  const agreed = "merged" in target ? target.merged.agreed : null;
  const quoted = lineEntries(seen?.document.lines).map(([lineKey, fields]) => {
    const known = { ...fields, ...external?.document.lines?.[lineKey], ...agreed?.lines?.[lineKey] };
    return [lineKey, quote(mappings, known)] as const;
  });
  return {
    header: quote(context.mapping.fields, { ...seen?.document.fields, ...agreed?.fields }),
    lines: Object.fromEntries(quoted),
    lineCount: quoted.length + (seen?.foreignLineIds.length ?? 0) + lines.creates.length - lines.deletes.length,
  };
}

function externalLines(
  mapping: ObjectMapping,
  target: ExternalTarget,
  writes: readonly Write[],
  express: Express,
): readonly ExternalLineChange[] {
  const mappings = mapping.lines?.fields ?? [];
  const rootParts = parseBusinessKey(target.salesforce.document.key)?.naturalKey.length ?? 0;
  // Blanks and case may differ from the key: a line under another spelling would be a second line.
  const partsOf = (lineKey: LineKey): NaturalKey =>
    target.seen?.lineKeys?.[lineKey] ?? parseBusinessKey(lineKey)?.naturalKey.slice(rootParts) ?? [];
  const put = (lineKey: LineKey, values: Fields): ExternalLineChange => ({
    kind: "put",
    naturalKey: partsOf(lineKey),
    fields: express(mappings, values, lineKey),
  });
  if (!("merged" in target))
    return lineEntries(target.salesforce.document.lines).map(([lineKey, fields]) => put(lineKey, fields));
  const whole = target.merged.lineWrites
    .filter((line) => line.side === "external")
    .map(({ kind, lineKey }): ExternalLineChange => {
      if (kind === "remove") return { kind: "remove", naturalKey: partsOf(lineKey) };
      return put(lineKey, target.salesforce.document.lines?.[lineKey] ?? {});
    });
  const changedKeys = [...new Set(writes.flatMap((write) => (write.lineKey === undefined ? [] : [write.lineKey])))];
  const changed = changedKeys.map((lineKey) =>
    put(lineKey, fieldsOf(writes.filter((write) => write.lineKey === lineKey))),
  );
  return [...whole, ...changed];
}

function fieldsOf(writes: readonly Write[]): Fields {
  return Object.fromEntries(writes.map((write) => [write.field, write.to]));
}
