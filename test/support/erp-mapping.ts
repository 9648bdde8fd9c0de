/**
 * The mapping that most tests speak of: an ERP with customers, products and their prices, orders with lines, and on request
 * contracts. A test states only what it has otherwise.
 */
import { textField } from "../../mock-server/index.ts";
import { compileMapping } from "../../src/mapping/compile.ts";
import type { Mapping } from "../../src/mapping/mapping.ts";
import type { MappingInput } from "../../src/mapping/spec.ts";

/** The external-Id field of all objects. */
export const KEY_FIELD = "ERP_Key__c";

/** The objects that have it. */
export const KEYED_OBJECTS = ["Account", "Contract", "Product2", "PricebookEntry", "Order", "OrderItem"] as const;

type WholeObject = MappingInput["objects"][string];
type ObjectInput = Omit<WholeObject, "lines">;
type LinesInput = NonNullable<WholeObject["lines"]>;
type FieldInput = WholeObject["fields"][string];
type WithFields = { readonly fields: Readonly<Record<string, FieldInput>> };

/** What is otherwise than usual: members in place of the usual ones, fields beside them; null takes a field away. */
type Changes<Kind extends WithFields> = Partial<Omit<Kind, "fields">> & {
  readonly fields?: Readonly<Record<string, FieldInput | null>>;
};

/** The changes of each mapped object. Naming `Contract` maps contracts, and orders under them. */
export interface MappingChanges {
  readonly Account?: Changes<ObjectInput>;
  readonly Contract?: Changes<ObjectInput>;
  readonly Product2?: Changes<ObjectInput>;
  readonly PricebookEntry?: Changes<ObjectInput>;
  readonly Order?: Changes<ObjectInput> & { readonly lines?: Changes<LinesInput> };
}

/** The usual mapping with these changes. */
export function erpMapping({ Account, Contract, Product2, PricebookEntry, Order }: MappingChanges = {}): MappingInput {
  const { lines, ...order } = Order ?? {};
  return {
    source: "erp",
    objects: {
      Account: changed(ACCOUNT, Account),
      ...(Contract === undefined ? {} : { Contract: changed(CONTRACT, Contract) }),
      Product2: changed(PRODUCT, Product2),
      PricebookEntry: changed(PRICE, PricebookEntry),
      Order: { ...changed(Contract === undefined ? ORDER : ORDER_UNDER_CONTRACT, order), lines: changed(LINES, lines) },
    },
  };
}

/** The mapping that an input compiles to; what is wrong with it fails the test. */
export function compiled(input: MappingInput): Mapping {
  const result = compileMapping(input);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.mapping;
}

/** The key fields for `createMockOrg({ fields })`. */
export function keyFields(
  uniqueness: { readonly unique?: boolean } = { unique: true },
): Record<string, [ReturnType<typeof textField>]> {
  const field = textField(KEY_FIELD, {
    externalId: true,
    ...(uniqueness.unique === true ? { unique: true, caseSensitive: true } : {}),
  });
  return Object.fromEntries(KEYED_OBJECTS.map((object) => [object, [field]]));
}

const CUSTOMER = { from: "customer_no", reference: "Account" } as const;
const STANDARD_BOOK = { constant: "standard", reference: "Pricebook2" } as const;

const ACCOUNT: ObjectInput = {
  collection: "customers",
  keyField: KEY_FIELD,
  naturalKey: ["no"],
  policy: "external",
  fields: { Name: "name", Phone: "phone", BillingCity: "city" },
};

const CONTRACT: ObjectInput = {
  collection: "contracts",
  keyField: KEY_FIELD,
  naturalKey: ["no"],
  policy: "external",
  fields: {
    AccountId: CUSTOMER,
    // An order only changes to a contract of its own price book.
    Pricebook2Id: STANDARD_BOOK,
    Description: "note",
    Status: { from: "state", convert: { picklist: { draft: "Draft", active: "Activated" } } },
  },
};

const PRODUCT: ObjectInput = {
  collection: "products",
  keyField: KEY_FIELD,
  naturalKey: ["sku"],
  fields: { Name: "name", IsActive: { constant: true } },
};

const PRICE: ObjectInput = {
  collection: "prices",
  keyField: KEY_FIELD,
  naturalKey: ["sku"],
  fields: {
    Product2Id: { from: "sku", reference: "Product2" },
    Pricebook2Id: STANDARD_BOOK,
    UnitPrice: "price",
    IsActive: { constant: true },
  },
};

const ORDER: ObjectInput = {
  collection: "orders",
  keyField: KEY_FIELD,
  naturalKey: ["no"],
  policy: "external",
  onActivated: "reopen",
  fields: {
    AccountId: CUSTOMER,
    Pricebook2Id: { ...STANDARD_BOOK, createOnly: true },
    EffectiveDate: "date",
    Description: "note",
    Status: { from: "state", convert: { picklist: { draft: "Draft", released: "Activated" } } },
  },
};

const ORDER_UNDER_CONTRACT: ObjectInput = {
  ...ORDER,
  fields: { AccountId: CUSTOMER, ContractId: { from: "contract_no", reference: "Contract" }, ...ORDER.fields },
};

const LINES: LinesInput = {
  keyField: KEY_FIELD,
  naturalKey: ["line_no"],
  fields: {
    PricebookEntryId: { from: "sku", reference: "PricebookEntry" },
    Quantity: "quantity",
    UnitPrice: "price",
  },
};

function changed<Kind extends WithFields>(usual: Kind, changes: Changes<Kind> | undefined): Kind {
  const fields = Object.entries({ ...usual.fields, ...changes?.fields });
  return { ...usual, ...changes, fields: Object.fromEntries(fields.filter(([, field]) => field !== null)) };
}
