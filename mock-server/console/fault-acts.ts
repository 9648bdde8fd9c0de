/** The faults as the form offers them: what each does in a few words, and which members it takes. */
import { CALL_OPERATIONS, type Fault, ROW_OPERATIONS } from "../faults/fault.ts";

/** One input of the form. `json` holds any value. */
export interface Control {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "number" | "json";
  readonly options?: readonly string[];
  readonly placeholder?: string;
  readonly initial?: string;
}

/** What a fault applies to. */
export type FaultKind = "call" | "row" | "bulk";

/** One act. */
export interface FaultAct {
  readonly act: Fault["act"];
  readonly kind: FaultKind;
  readonly says: string;
  readonly members: readonly Control[];
}

const NO_MEMBERS: readonly Control[] = [];

/** By act, so that a new one cannot be forgotten here. */
const ACTS: Readonly<Record<Fault["act"], Omit<FaultAct, "act">>> = {
  "request-limit": {
    kind: "call",
    says: "The day's API calls are used up",
    members: [{ name: "remaining", label: "Calls that remain", type: "number", placeholder: "0" }],
  },
  "concurrent-limit": { kind: "call", says: "Too many long calls at once", members: NO_MEMBERS },
  "session-expired": { kind: "call", says: "The session ends before the call", members: NO_MEMBERS },
  maintenance: { kind: "call", says: "503 with an HTML page", members: NO_MEMBERS },
  delay: {
    kind: "call",
    says: "The answer comes late",
    members: [{ name: "ms", label: "Milliseconds", type: "number", initial: "2000" }],
  },
  "cut-before": { kind: "call", says: "The connection closes, nothing was done", members: NO_MEMBERS },
  "lost-reply": { kind: "call", says: "Everything was done, the answer is lost", members: NO_MEMBERS },
  "duplicate-delivery": { kind: "call", says: "The call is executed twice", members: NO_MEMBERS },
  status: {
    kind: "call",
    says: "Any status and code",
    members: [
      { name: "status", label: "HTTP status", type: "number", initial: "500" },
      { name: "errorCode", label: "Error code", type: "text", placeholder: "UNKNOWN_EXCEPTION" },
      { name: "message", label: "Message", type: "text" },
      { name: "body", label: "Body instead (text or JSON)", type: "json" },
      { name: "headers", label: "Headers (JSON)", type: "json", placeholder: '{"Retry-After": "5"}' },
    ],
  },
  "locator-lost": { kind: "call", says: "Open query results are forgotten", members: NO_MEMBERS },
  "long-transaction": {
    kind: "call",
    says: "latestDateCovered stands still",
    members: [
      { name: "holdMs", label: "Held for, ms of the org's clock", type: "number" },
      {
        name: "write",
        label: "Writes that become visible late (JSON)",
        type: "json",
        placeholder: '[{"object": "Account", "values": {"Name": "Late"}}]',
      },
    ],
  },
  "row-lock": {
    kind: "row",
    says: "UNABLE_TO_LOCK_ROW",
    members: NO_MEMBERS,
  },
  "partial-failure": {
    kind: "row",
    says: "One row fails among its neighbors",
    members: [
      { name: "code", label: "Code", type: "text", placeholder: "UNKNOWN_EXCEPTION" },
      { name: "message", label: "Message", type: "text" },
      { name: "fields", label: "Fields (JSON)", type: "json", placeholder: '["Status"]' },
    ],
  },
  "rewrite-field": {
    kind: "row",
    says: "A trigger sets a field after the client",
    members: [
      { name: "field", label: "Field", type: "text", placeholder: "Description" },
      { name: "value", label: "Value (JSON)", type: "json", initial: '"rewritten"' },
    ],
  },
  "validation-rule": {
    kind: "row",
    says: "A validation rule rejects",
    members: [
      { name: "message", label: "Message", type: "text", initial: "Not today." },
      { name: "field", label: "Field", type: "text" },
    ],
  },
  "bulk-stuck": { kind: "bulk", says: "The job stays InProgress", members: NO_MEMBERS },
  "bulk-failed-batch": {
    kind: "bulk",
    says: "A batch fails, its rows stay unprocessed",
    members: [{ name: "message", label: "Message", type: "text" }],
  },
};

/** All acts, in the order of the form. */
export const FAULT_ACTS: readonly FaultAct[] = Object.entries(ACTS).map(([act, rest]) => ({
  // The keys of the table are acts.
  act: act as Fault["act"],
  ...rest,
}));

/** The conditions, with the kinds of fault that know them. */
export const MATCHES: readonly (Control & { readonly kinds: readonly FaultKind[] })[] = [
  { name: "object", label: "Object", type: "text", placeholder: "Order", kinds: ["call", "row", "bulk"] },
  { name: "operation", label: "Operation", type: "text", options: CALL_OPERATIONS, kinds: ["call"] },
  { name: "operation", label: "Operation of a row", type: "text", options: ROW_OPERATIONS, kinds: ["row"] },
  { name: "operation", label: "Operation of the job", type: "text", placeholder: "insert", kinds: ["bulk"] },
  { name: "method", label: "Method", type: "text", placeholder: "PATCH", kinds: ["call"] },
  { name: "path", label: "Path", type: "text", placeholder: "/composite/*", kinds: ["call"] },
  { name: "user", label: "User", type: "text", placeholder: "admin@mock.org", kinds: ["call", "row", "bulk"] },
  {
    name: "account",
    label: "Account Id, with all that belongs to it",
    type: "text",
    placeholder: "001…",
    kinds: ["row"],
  },
  {
    name: "record",
    label: "Values of the record (JSON)",
    type: "json",
    placeholder: '{"Status": "Draft"}',
    kinds: ["row"],
  },
  { name: "nth", label: "At the nth match", type: "number", kinds: ["call", "row", "bulk"] },
  { name: "times", label: "How often", type: "number", placeholder: "without end", kinds: ["call", "row", "bulk"] },
  { name: "chance", label: "With chance, 0 to 1", type: "number", kinds: ["call", "row", "bulk"] },
  { name: "seed", label: "Seed of the chance", type: "number", kinds: ["call", "row", "bulk"] },
];
