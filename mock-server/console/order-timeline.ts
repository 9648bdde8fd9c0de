/**
 * One order's life as moments in time, from what is stored (stamps, lines, history, reduction orders) and from the
 * journal, which knows the request behind a change. Both tell the same fact once.
 */
import type { Journal, JournalChange } from "../http/journal.ts";
import type { Transaction } from "../org/port.ts";
import type { FieldValue, Row } from "../schema/definition.ts";
import { productOf } from "./order-totals.ts";
import { counted, shown } from "./present.ts";

/** What happened within one second. */
export interface Moment {
  /** Wire form, or a day for what has no time. */
  readonly at: string;
  readonly title: string;
  /** The user's name. */
  readonly who: string | undefined;
  readonly details: readonly string[];
  /** Numbers of the requests behind it, as far as the journal holds them. */
  readonly requests: readonly number[];
  readonly tone: "start" | "good" | "bad" | "quiet" | "planned";
}

/** A stage on the way of an order. */
export interface Stage {
  readonly label: string;
  readonly state: "done" | "current" | "open";
}

/** The stages: draft, products, then each status of the Activated category in the picklist's order. */
export function stagesOf(tx: Transaction, order: Row, lines: number): readonly Stage[] {
  const values = tx.catalog.object("Order")?.field("Status")?.picklistValues ?? [];
  const later = values.filter(({ group, active }) => group === "Activated" && active !== false);
  const isActivated = order["StatusCode"] === "Activated";
  const at = isActivated ? later.findIndex(({ value }) => value === order["Status"]) : -1;
  const drafts = values.filter(({ group }) => group === "Draft");
  const draft = drafts.find(({ value }) => value === order["Status"])?.label ?? drafts[0]?.label ?? "Draft";
  return [
    { label: draft, state: isActivated || lines > 0 ? "done" : "current" },
    { label: counted(lines, "product"), state: isActivated ? "done" : lines > 0 ? "current" : "open" },
    ...later.map(
      ({ label }, index): Stage => ({
        label,
        state: index < at ? "done" : index === at ? "current" : "open",
      }),
    ),
  ];
}

interface Draft {
  readonly at: string;
  readonly who: Set<string>;
  /** By what it is about, so that two sources of one fact count once. */
  readonly facts: Map<string, string>;
  readonly requests: Set<number>;
}

/** All moments, earliest first. */
export function timelineOf(tx: Transaction, order: Row, journal: Journal): readonly Moment[] {
  const id = String(order["Id"]);
  const moments = new Map<string, Draft>();
  const note = (at: FieldValue | undefined, key: string, text: string, who?: FieldValue): Draft | undefined => {
    if (typeof at !== "string") return undefined;
    const second = at.slice(0, 19);
    const moment = moments.get(second) ?? { at: second, who: new Set(), facts: new Map(), requests: new Set() };
    moments.set(second, moment);
    if (!moment.facts.has(key)) moment.facts.set(key, text);
    if (typeof who === "string") moment.who.add(who);
    return moment;
  };
  const lines = tx.find("OrderItem", "OrderId", id);
  note(order["CreatedDate"], "created", "", order["CreatedById"]);
  for (const line of lines) noteLine(tx, line, note);
  noteHistory(tx, id, note);
  noteRequests(journal, { id, lines: new Set(lines.map((line) => String(line["Id"]))) }, note);
  note(order["ActivatedDate"], "activated", "", order["ActivatedById"]);
  for (const reduction of tx.find("Order", "OriginalOrderId", id)) {
    const name = `Reduction order ${shown(reduction["OrderNumber"])}`;
    note(reduction["CreatedDate"], `reduction ${reduction["Id"]}`, `${name} created`, reduction["CreatedById"]);
    note(reduction["ActivatedDate"], `reduced ${reduction["Id"]}`, `${name} activated`, reduction["ActivatedById"]);
  }
  if (order["IsDeleted"] === true) note(order["SystemModstamp"], "deleted", "", order["LastModifiedById"]);
  note(order["EffectiveDate"], "starts", "");
  note(order["EndDate"], "ends", "");
  return [...moments.values()]
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map((moment) => momentOf(tx, moment));
}

type Note = (at: FieldValue | undefined, key: string, text: string, who?: FieldValue) => Draft | undefined;

function noteLine(tx: Transaction, line: Row, note: Note): void {
  const what = `${productOf(tx, line)} × ${shown(line["Quantity"])}`;
  note(line["CreatedDate"], `line ${line["Id"]}`, what, line["CreatedById"]);
  if (line["IsDeleted"] === true)
    note(line["SystemModstamp"], `gone ${line["Id"]}`, `${what} removed`, line["LastModifiedById"]);
}

function noteHistory(tx: Transaction, id: string, note: Note): void {
  if (tx.catalog.object("OrderHistory") === undefined) return;
  for (const row of tx.find("OrderHistory", "OrderId", id)) {
    const at = row["CreatedDate"];
    const who = row["CreatedById"];
    const field = String(row["Field"]);
    if (field === "created") continue;
    if (field === "orderActivated") note(at, "activated", "", who);
    else if (field === "orderDeactivated") note(at, "reopened", "", who);
    // A lookup leaves two rows; the one with the Ids is for machines.
    else if (row["DataType"] !== "EntityId")
      noteChange({ at, field, before: row["OldValue"], after: row["NewValue"] }, note, who);
  }
}

function noteChange(
  {
    at,
    field,
    before,
    after,
  }: { at: FieldValue | undefined; field: string; before?: FieldValue | undefined; after?: FieldValue | undefined },
  note: Note,
  who?: FieldValue,
): Draft | undefined {
  const key = field === "Status" ? `status ${shown(after)}` : `field ${field}`;
  return note(at, key, `${field}: ${shown(before) || "empty"} → ${shown(after) || "empty"}`, who);
}

/** What a change of the org's own makes of every save. */
const NOISE =
  /^(?:SystemModstamp|LastModified|LastViewed|LastReferenced|ActivatedDate|ActivatedById|StatusCode|IsDeleted|CreatedDate)/;

function noteRequests(journal: Journal, order: { id: string; lines: ReadonlySet<string> }, note: Note): void {
  for (let number = journal.count; number > 0; number -= 1) {
    const record = journal.peek(number);
    if (record === undefined) return;
    const isAbout = ({ object, id }: { readonly object: string; readonly id: string }): boolean =>
      (object === "Order" && id === order.id) || (object === "OrderItem" && order.lines.has(id));
    const isRefused = record.status >= 400 && record.path.includes(order.id);
    // Entries are made only of the few calls that are about this order.
    const entry = isRefused || record.trace?.changes.some(isAbout) === true ? journal.entry(number) : undefined;
    if (entry === undefined) continue;
    if (isRefused) {
      const text = `${entry.method} refused: ${entry.errorCode ?? entry.status}`;
      note(entry.at, `refused ${number}`, text)?.requests.add(number);
    }
    for (const change of entry.changes.filter(isAbout)) {
      const moment = noteJournaled(change, stampOf(change) ?? entry.at, note);
      moment?.requests.add(number);
    }
  }
}

/** The stamp that the save left, so that both sources of a fact are in the same second. */
function stampOf({ fields }: JournalChange): string | undefined {
  const after = fields["SystemModstamp"]?.after;
  return typeof after === "string" ? after : undefined;
}

function noteJournaled(change: JournalChange, at: string, note: Note): Draft | undefined {
  const { object, id, kind, fields } = change;
  if (object === "OrderItem") {
    if (kind === "insert") return note(at, `line ${id}`, "Order product added");
    if (kind === "delete") return note(at, `gone ${id}`, "Order product removed");
    return changedFields(fields, (field, text) => note(at, `line ${id} ${field}`, `Order product ${text}`));
  }
  if (kind === "insert") return note(at, "created", "");
  if (kind === "delete") return note(at, "deleted", "");
  if (kind === "undelete") return note(at, "restored", "");
  const category = fields["StatusCode"];
  if (category?.after === "Activated") note(at, "activated", "");
  if (category?.before === "Activated") note(at, "reopened", "");
  return changedFields(fields, (field, _text, { before, after }) => noteChange({ at, field, before, after }, note));
}

function changedFields(
  fields: JournalChange["fields"],
  take: (field: string, text: string, values: { before: FieldValue; after: FieldValue }) => Draft | undefined,
): Draft | undefined {
  let moment: Draft | undefined;
  for (const [field, values] of Object.entries(fields)) {
    if (NOISE.test(field)) continue;
    const text = `${field}: ${shown(values.before) || "empty"} → ${shown(values.after) || "empty"}`;
    moment = take(field, text, values) ?? moment;
  }
  return moment;
}

/** What a moment is called by its facts, in the order of a life; the last one gives the tone. */
const TITLES: readonly (readonly [RegExp, string, Moment["tone"]])[] = [
  [/^starts$/, "Order start date", "planned"],
  [/^ends$/, "Order end date", "planned"],
  [/^refused /, "Refused", "bad"],
  [/^created$/, "Created", "start"],
  [/^gone /, "Products removed", "quiet"],
  [/^line \w+$/, "Products added", "quiet"],
  [/^line \w+ \w/, "Products changed", "quiet"],
  [/^reduction /, "Reduction ordered", "quiet"],
  [/^reduced /, "Reduced", "bad"],
  [/^reopened$/, "Back to draft", "bad"],
  [/^activated$/, "Activated", "good"],
  [/^deleted$/, "Deleted", "bad"],
  [/^restored$/, "Restored", "good"],
];

function momentOf(tx: Transaction, { at, who, facts, requests }: Draft): Moment {
  const keys = [...facts.keys()];
  const known = TITLES.filter(([pattern]) => keys.some((key) => pattern.test(key)));
  const crossed = keys.includes("activated") || keys.includes("reopened");
  const status = crossed ? undefined : keys.find((key) => key.startsWith("status "))?.slice("status ".length);
  const words = [...known.map(([, title]) => title), ...(status === undefined ? [] : [status])];
  const [title = "Changed", ...more] = words;
  const names = [...who].map((id) => String(tx.get("User", id)?.["Name"] ?? tx.get("User", id)?.["Username"] ?? id));
  return {
    at,
    title: [title, ...more.map((word) => word.charAt(0).toLowerCase() + word.slice(1))].join(", "),
    who: names.length === 0 ? undefined : names.join(", "),
    details: [...facts.values()].filter((text) => text !== ""),
    requests: [...requests].sort((a, b) => a - b),
    tone: status === undefined ? (known.at(-1)?.[2] ?? "quiet") : "good",
  };
}
