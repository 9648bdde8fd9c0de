/** Price books and their entries (reference: order-domain §5.1, §5.2, §5.4). */
import type { Transaction } from "../../org/port.ts";
import type { Row } from "../../schema/definition.ts";
import { type Change, changes, textOf } from "../change.ts";
import type { Rule } from "../rule.ts";

const isStandard = (bookId: string | null, tx: Transaction): boolean =>
  tx.get("Pricebook2", bookId ?? "")?.["IsStandard"] === true;

/** The live entries of a product in the same currency. */
function entriesOfProduct(row: Row, tx: Transaction): readonly Row[] {
  return tx
    .find("PricebookEntry", "Product2Id", textOf(row, "Product2Id") ?? "")
    .filter(
      (entry) => entry["IsDeleted"] !== true && (entry["CurrencyIsoCode"] ?? null) === (row["CurrencyIsoCode"] ?? null),
    );
}

/** The standard price of the same product and currency. */
export function standardEntryOf(row: Row, tx: Transaction): Row | undefined {
  return entriesOfProduct(row, tx).find((entry) => isStandard(textOf(entry, "Pricebook2Id"), tx));
}

/** The entries that follow the standard price or stand beside it: all of the product but those of the standard book. */
export function customEntriesOf(row: Row, tx: Transaction): readonly Row[] {
  return entriesOfProduct(row, tx).filter((entry) => !isStandard(textOf(entry, "Pricebook2Id"), tx));
}

const usesStandardPrice = ({ after }: Change): boolean => after["UseStandardPrice"] === true;

export const PRICE_BOOK_RULES: readonly Rule[] = [
  {
    id: "PBE-1",
    code: "STANDARD_PRICE_NOT_DEFINED",
    object: "PricebookEntry",
    on: ["insert"],
    when: "a custom price comes before the product's standard price in that currency",
    message: "Before creating a custom price, create a standard price.",
    fields: [],
    source: "order-domain §5.2 [fixture ×3, live, forum]",
    certainty: "A",
    check: ({ after }, tx) => isStandard(textOf(after, "Pricebook2Id"), tx) || standardEntryOf(after, tx) !== undefined,
  },
  {
    id: "PBE-2",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "PricebookEntry",
    on: ["insert", "undelete"],
    when: "the price book has an entry, active or not, for the product and currency already",
    message: "This price definition already exists in this price book",
    fields: [],
    source: "order-domain §5.2 [live ×2, fixture]",
    certainty: "A",
    check: (change, tx) =>
      !entriesOfProduct(change.after, tx).some(
        (entry) => entry["Pricebook2Id"] === change.after["Pricebook2Id"] && entry["Id"] !== change.id,
      ),
  },
  {
    id: "PBE-3",
    code: "FIELD_INTEGRITY_EXCEPTION",
    object: "PricebookEntry",
    on: ["insert", "update"],
    when: "UseStandardPrice is set on the standard book, or together with another price than the standard price",
    message: "field integrity exception",
    fields: [],
    source: "order-domain §5.2 [live, forum]",
    certainty: "A",
    check: (change, tx) => {
      if (!usesStandardPrice(change)) return true;
      if (!changes(change, "UseStandardPrice") && !changes(change, "UnitPrice")) return true;
      const { after } = change;
      return (
        !isStandard(textOf(after, "Pricebook2Id"), tx) &&
        standardEntryOf(after, tx)?.["UnitPrice"] === after["UnitPrice"]
      );
    },
  },
  {
    id: "PBE-5",
    code: "DELETE_FAILED",
    object: "PricebookEntry",
    on: ["delete"],
    when: "the standard price of a product is deleted while custom prices exist",
    message: "You can't delete a standard price while custom prices for the product exist.",
    fields: [],
    source: "order-domain §5.2 [live rule; a Revenue Cloud org answered UNKNOWN_EXCEPTION] (unsure text)",
    certainty: "C",
    check: (change, tx) =>
      !isStandard(textOf(change.before, "Pricebook2Id"), tx) || customEntriesOf(change.after, tx).length === 0,
  },
  {
    id: "PBK-1",
    code: "DELETE_FAILED",
    object: "Pricebook2",
    on: ["delete"],
    when: "the standard price book is deleted",
    message: "You can't delete the standard price book.",
    fields: [],
    source: "order-domain §5.1 [doc rule] (unsure text)",
    certainty: "C",
    check: ({ before }) => before?.["IsStandard"] !== true,
  },
];
