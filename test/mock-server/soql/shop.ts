/** A small shop for tests that need the query language's functions rather than the table of answers. */
import { STANDARD_OBJECTS } from "../../../fixtures/objects/standard.ts";
import { createCatalog } from "../../../mock-server/schema/catalog.ts";
import { recordIdOf } from "../../../mock-server/schema/record-id.ts";
import type { QueryContext } from "../../../mock-server/soql/base/port.ts";
import { createContext, createDataset } from "./dataset.ts";

export const catalog = createCatalog(STANDARD_OBJECTS);

/** The n-th Id of an object. */
export function id(object: string, n: number): string {
  return recordIdOf(catalog.object(object)?.definition.keyPrefix ?? "", n);
}

/** Ten accounts, one order each on a minute of its own, two lines an order, two products. */
export function createShop(more: Partial<QueryContext> = {}): QueryContext {
  const numbers = Array.from({ length: 10 }, (_, n) => n);
  const data = createDataset(catalog, {
    Account: numbers.map((n) => ({
      Id: id("Account", n),
      Name: n === 3 ? "Müller & Söhne GmbH" : `Acme Branch ${n}`,
      Phone: `030-12${n}`,
      Website: n === 4 ? "https://bolts.example" : null,
      Description: n === 5 ? "buys only bolts" : null,
      SystemModstamp: stamp(n),
    })),
    Contact: [{ Id: id("Contact", 1), LastName: "Acme", Email: "acme@example.org", AccountId: id("Account", 1) }],
    Product2: [
      { Id: id("Product2", 1), Name: "Bolt M8", ProductCode: "B-8", IsActive: true },
      { Id: id("Product2", 2), Name: "Bolt M10", ProductCode: "B-10", IsActive: true },
    ],
    Pricebook2: [{ Id: id("Pricebook2", 1), Name: "Retail" }],
    PricebookEntry: [
      { Id: id("PricebookEntry", 1), Product2Id: id("Product2", 2), Pricebook2Id: id("Pricebook2", 1), UnitPrice: 2 },
    ],
    Order: numbers.map((n) => ({
      Id: id("Order", n),
      AccountId: n === 9 ? null : id("Account", n),
      OrderNumber: String(n).padStart(8, "0"),
      Status: n % 2 === 0 ? "Draft" : "Activated",
      TotalAmount: n * 1.5,
      SystemModstamp: stamp(n),
    })),
    OrderItem: numbers.flatMap((n) =>
      [0, 1].map((line) => ({
        Id: id("OrderItem", n * 2 + line),
        OrderId: id("Order", n),
        Quantity: line + 1,
        SystemModstamp: stamp(n),
      })),
    ),
  });
  return createContext(catalog, data, more);
}

/** The n-th minute of the shop's day. */
export function stamp(n: number): string {
  return `2024-06-12T08:0${n}:00.000+0000`;
}
