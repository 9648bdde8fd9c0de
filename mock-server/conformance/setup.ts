/** The records that every behaviour may refer to, made before the first one. */
import { patch, post, query, type Step, saved } from "./behaviour.ts";

const row = (object: string, body: unknown) => post(`/sobjects/${object}`, body);
const line = (order: string, more: object = {}) =>
  row("OrderItem", { OrderId: `{{${order}}}`, PricebookEntryId: "{{entry}}", Quantity: 2, UnitPrice: 10, ...more });
const order = (more: object = {}) =>
  row("Order", {
    AccountId: "{{account}}",
    EffectiveDate: "{{today}}",
    Status: "Draft",
    Pricebook2Id: "{{book}}",
    ...more,
  });

export const SETUP: readonly Step[] = [
  saved("standardBook", query("SELECT Id FROM Pricebook2 WHERE IsStandard = true")),
  patch("/sobjects/Pricebook2/{{standardBook}}", { IsActive: true }),
  saved("account", row("Account", { Name: "Conformance {{run}}", Industry: "Retail", NumberOfEmployees: 7 })),
  saved("otherAccount", row("Account", { Name: "Conformance other {{run}}" })),
  saved("contact", row("Contact", { LastName: "Conformance {{run}}", AccountId: "{{account}}" })),
  saved("product", row("Product2", { Name: "Conformance {{run}}", ProductCode: "C-{{run}}", IsActive: true })),
  saved("otherProduct", row("Product2", { Name: "Conformance other {{run}}", IsActive: true })),
  saved(
    "standardEntry",
    row("PricebookEntry", {
      Pricebook2Id: "{{standardBook}}",
      Product2Id: "{{product}}",
      UnitPrice: 12,
      IsActive: true,
    }),
  ),
  saved("book", row("Pricebook2", { Name: "Conformance {{run}}", IsActive: true })),
  saved(
    "entry",
    row("PricebookEntry", { Pricebook2Id: "{{book}}", Product2Id: "{{product}}", UnitPrice: 10, IsActive: true }),
  ),
  saved(
    "contract",
    row("Contract", { AccountId: "{{account}}", StartDate: "{{today}}", ContractTerm: 12, Status: "Draft" }),
  ),
  saved("emptyOrder", order()),
  saved("order", order()),
  saved("line", line("order")),
  saved("activated", order()),
  saved("activatedLine", line("activated")),
  patch("/sobjects/Order/{{activated}}", { Status: "Activated" }),
];
