/** The records that every behavior may refer to, made before the first one. */
import { patch, post, query, type Step, saved } from "./behavior.ts";
import { account, contract, entry, line, order, TERM } from "./pieces.ts";

const row = (object: string, body: unknown) => post(`/sobjects/${object}`, body);

export const SETUP: readonly Step[] = [
  saved("standardBook", query("SELECT Id FROM Pricebook2 WHERE IsStandard = true")),
  patch("/sobjects/Pricebook2/{{standardBook}}", { IsActive: true }),
  saved("account", row("Account", { Name: "Conformance {{run}}", Industry: "Retail", NumberOfEmployees: 7 })),
  saved("otherAccount", account("Conformance other {{run}}")),
  saved("contact", row("Contact", { LastName: "Conformance {{run}}", AccountId: "{{account}}" })),
  saved("product", row("Product2", { Name: "Conformance {{run}}", ProductCode: "C-{{run}}", IsActive: true })),
  saved("otherProduct", row("Product2", { Name: "Conformance other {{run}}", IsActive: true })),
  saved("standardEntry", entry({ Pricebook2Id: "{{standardBook}}", UnitPrice: 12 })),
  saved("book", row("Pricebook2", { Name: "Conformance {{run}}", IsActive: true })),
  saved("entry", entry({ UnitPrice: 10 })),
  saved("contract", contract({ ...TERM, Status: "Draft" })),
  saved("emptyOrder", order()),
  saved("order", order()),
  saved("line", line({ OrderId: "{{order}}" })),
  saved("activated", order()),
  saved("activatedLine", line({ OrderId: "{{activated}}" })),
  patch("/sobjects/Order/{{activated}}", { Status: "Activated" }),
];
