/**
 * The calls that chapters are made of: orders and what belongs to them, composite requests, answers of queries. They refer
 * to the records that `setup.ts` makes before the first behavior.
 */
import { ANY, type Call, type Expected, patch, post, type Step, saved } from "./behavior.ts";

type Fields = Readonly<Record<string, unknown>>;

const row = (object: string, fields: Fields): Call => post(`/sobjects/${object}`, fields);

/** The fields of an order in draft. */
export const ORDER: Fields = {
  AccountId: "{{account}}",
  EffectiveDate: "{{today}}",
  Status: "Draft",
  Pricebook2Id: "{{book}}",
};
/** A contract's beginning and length. */
export const TERM: Fields = { StartDate: "{{today}}", ContractTerm: 12 };

export const account = (name: string): Call => row("Account", { Name: name });
export const order = (more: Fields = {}): Call => row("Order", { ...ORDER, ...more });
/** Two pieces at 10 on the order that `draft` makes, or on another one. */
export const line = (more: Fields = {}): Call =>
  row("OrderItem", { OrderId: "{{draft}}", PricebookEntryId: "{{entry}}", Quantity: 2, UnitPrice: 10, ...more });
export const contract = (more: Fields = {}): Call => row("Contract", { AccountId: "{{account}}", ...more });
/** An active price of 1 of the product that has one already. */
export const entry = (more: Fields = {}): Call =>
  row("PricebookEntry", {
    Pricebook2Id: "{{book}}",
    Product2Id: "{{product}}",
    UnitPrice: 1,
    IsActive: true,
    ...more,
  });

/** Changes the order that `draft` makes. */
export const setOrder = (fields: Fields): Call => patch("/sobjects/Order/{{draft}}", fields);
export const draft: Step = saved("draft", order());
export const withLine: readonly Step[] = [draft, saved("draftLine", line())];
export const activate: Call = setOrder({ Status: "Activated" });
export const activated: readonly Step[] = [...withLine, activate];
/** What is said where an activated order would lose or gain something. */
export const LOCKED =
  "unable to modify activated or superseded order: cannot delete order, or add or remove order products";

/** A subrequest of a composite request or of a graph. */
export const sub = (method: string, path: string, referenceId: string, body?: unknown) => ({
  method,
  url: `/services/data/v{{version}}${path}`,
  referenceId,
  ...(body !== undefined && { body }),
});
export const composite = (allOrNone: boolean, ...compositeRequest: readonly unknown[]): Call =>
  post("/composite", { allOrNone, compositeRequest });
export const graph = (graphId: string, ...compositeRequest: readonly unknown[]) => ({ graphId, compositeRequest });
/** A subrequest that is done. */
export const good = (reference: string) =>
  sub("POST", "/sobjects/Account", reference, { Name: `Composite ${reference}` });
/** A subrequest that is refused for its mail address. */
export const bad = (reference: string) => sub("POST", "/sobjects/Contact", reference, { LastName: "x", Email: "123" });
/** Order, line and activation, for a request that does all three. */
export const orderInOneRequest: readonly unknown[] = [
  sub("POST", "/sobjects/Order", "order", ORDER),
  sub("POST", "/sobjects/OrderItem", "line", {
    OrderId: "@{order.id}",
    PricebookEntryId: "{{entry}}",
    Quantity: 1,
    UnitPrice: 10,
  }),
  sub("PATCH", "/sobjects/Order/@{order.id}", "activation", { Status: "Activated" }),
];
export const answers = (...compositeResponse: readonly unknown[]): Expected => ({
  status: 200,
  body: { compositeResponse },
});
/** The answer of a subrequest that was not done. */
export const halted = (message: unknown = ANY) => ({
  httpStatusCode: 400,
  body: [{ errorCode: "PROCESSING_HALTED", message }],
});
/** Not done, or undone, because another one failed. */
export const rolledBack = halted(
  "The transaction was rolled back since another operation in the same transaction failed.",
);
/** The answer of `bad`. */
export const badMail = { httpStatusCode: 400, body: [{ errorCode: "INVALID_EMAIL_ADDRESS", fields: ["Email"] }] };

/** A query's answer: this many rows, and these where they are reported. */
export const rows = (totalSize: number, ...records: readonly unknown[]): Expected => ({
  status: 200,
  body: records.length === 0 ? { totalSize, done: true } : { totalSize, done: true, records },
});
/** The condition that finds the accounts of this run. */
export const MINE = "Name LIKE 'Conformance%{{run}}'";
