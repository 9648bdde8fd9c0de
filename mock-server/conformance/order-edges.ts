/** The edges of the order life cycle: what still goes, what is said where it does not. Source: order-domain §2–§6. */
import {
  ANY,
  type Behaviour,
  type BehaviourRow,
  chapter,
  get,
  patch,
  post,
  query,
  refused,
  remove,
  saved,
} from "./behaviour.ts";

const order = (more: object = {}) =>
  post("/sobjects/Order", {
    AccountId: "{{account}}",
    EffectiveDate: "{{today}}",
    Status: "Draft",
    Pricebook2Id: "{{book}}",
    ...more,
  });
const line = (more: object = {}) =>
  post("/sobjects/OrderItem", {
    OrderId: "{{draft}}",
    PricebookEntryId: "{{entry}}",
    Quantity: 2,
    UnitPrice: 10,
    ...more,
  });
const contract = (more: object = {}) => post("/sobjects/Contract", { AccountId: "{{account}}", ...more });
const setOrder = (more: object) => patch("/sobjects/Order/{{draft}}", more);
const draft = saved("draft", order());
const withLine = [draft, saved("draftLine", line())] as const;
const activated = [...withLine, setOrder({ Status: "Activated" })] as const;
const LOCKED = "unable to modify activated or superseded order: cannot delete order, or add or remove order products";

const ORDERS: readonly BehaviourRow[] = [
  [
    "activating twice changes nothing",
    "order-domain §2.2 [live]",
    setOrder({ Status: "Activated" }),
    { status: 204 },
    ...activated,
  ],
  [
    "the order number of a customer changes on an activated order",
    "order-domain §2.6 [doc]",
    setOrder({ PoNumber: "PO-1" }),
    { status: 204 },
    ...activated,
  ],
  [
    "a quantity changes on an activated order, and the total follows",
    "order-domain §2.6, §3.4 [doc]",
    query("SELECT TotalAmount, StatusCode FROM Order WHERE Id = '{{draft}}'"),
    { status: 200, body: { records: [{ TotalAmount: 50, StatusCode: "Activated" }] } },
    ...activated,
    patch("/sobjects/OrderItem/{{draftLine}}", { Quantity: 5 }),
  ],
  [
    "a reopened order takes a product again",
    "order-domain §2.7 [live]",
    line(),
    { status: 201 },
    ...activated,
    setOrder({ Status: "Draft" }),
  ],
  [
    "a reopened order is activated again",
    "order-domain §2.7 [live]",
    setOrder({ Status: "Activated" }),
    { status: 204 },
    ...activated,
    setOrder({ Status: "Draft" }),
  ],
  [
    "a reopened order is deleted",
    "order-domain §2.6 [live, doc]",
    remove("/sobjects/Order/{{draft}}"),
    { status: 204 },
    ...activated,
    setOrder({ Status: "Draft" }),
  ],
  [
    "the words for deleting an activated order",
    "order-domain §2.6 [live, v67 body]",
    remove("/sobjects/Order/{{draft}}"),
    refused(400, "DELETE_FAILED", { message: LOCKED }),
    ...activated,
  ],
  [
    "the words for deleting its product",
    "order-domain §2.6 [live]",
    remove("/sobjects/OrderItem/{{draftLine}}"),
    refused(400, "DELETE_FAILED", { message: LOCKED }),
    ...activated,
  ],
  [
    "the words for adding a product to it",
    "order-domain §2.6 [live; forum]",
    line(),
    refused(400, "ENTITY_IS_LOCKED", { message: /cannot delete Order, or add or remove Order Products$/ }),
    ...activated,
  ],
  [
    "the words for an order without an account",
    "order-domain §2.3 [live ×2]",
    post("/sobjects/Order", { EffectiveDate: "{{today}}", Status: "Draft" }),
    refused(400, "REQUIRED_FIELD_MISSING", { message: "Select an account.", fields: [] }),
  ],
  [
    "the words for a status that does not exist",
    "order-domain §2.2 [fixture]",
    setOrder({ Status: "Nonsense" }),
    refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", {
      message: "Status: bad value for restricted picklist field: Nonsense",
    }),
    draft,
  ],
  [
    "the words for an order that starts after its contract",
    "order-domain §2.3 [forum]",
    order({ ContractId: "{{old}}" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION", {
      message: "Order Start Date can't be later than its contract's end date.: Order Start Date",
      fields: ["EffectiveDate"],
    }),
    saved("old", contract({ StartDate: "2001-01-01", ContractTerm: 12 })),
  ],
  [
    "a draft without a price book takes one",
    "order-domain §2.6 [doc]",
    setOrder({ Pricebook2Id: "{{book}}" }),
    { status: 204 },
    saved("draft", order({ Pricebook2Id: null })),
  ],
  [
    "a draft keeps its price book",
    "order-domain §2.6 [doc]",
    setOrder({ Pricebook2Id: "{{standardBook}}" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
    ...withLine,
  ],
  [
    "the number of an order is read-only",
    "order-domain §2.6 [fixture]",
    setOrder({ OrderNumber: "1" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", { fields: ["OrderNumber"] }),
    draft,
  ],
  [
    "an order is deleted once",
    "order-domain §2.11 [live]",
    remove("/sobjects/Order/{{draft}}"),
    refused(404, "ENTITY_IS_DELETED", { message: "entity is deleted" }),
    draft,
    remove("/sobjects/Order/{{draft}}"),
  ],
  [
    "a first product brings no price book",
    "order-domain §3.2 [live]",
    get("/sobjects/Order/{{draft}}"),
    { status: 200, body: { Pricebook2Id: null, Name: null } },
    saved("draft", order({ Pricebook2Id: null })),
  ],
];

const LINES: readonly BehaviourRow[] = [
  ["a product may stand on an order twice", "order-domain §3.2 [doc]", line(), { status: 201 }, ...withLine],
  ["a price below the list is accepted", "order-domain §3.3 [live]", line({ UnitPrice: 0.5 }), { status: 201 }, draft],
  ["a price of nothing is accepted", "order-domain §3.3 [live]", line({ UnitPrice: 0 }), { status: 201 }, draft],
  [
    "the total of a line is price times quantity",
    "order-domain §3.3 [live, doc]",
    get("/sobjects/OrderItem/{{draftLine}}?fields=TotalPrice,ListPrice,UnitPrice"),
    { status: 200, body: { TotalPrice: 37.5, ListPrice: 10, UnitPrice: 12.5 } },
    draft,
    saved("draftLine", line({ Quantity: 3, UnitPrice: 12.5 })),
  ],
  [
    "the total of a line is read-only",
    "order-domain §3.6 [fixture]",
    patch("/sobjects/OrderItem/{{draftLine}}", { TotalPrice: 1 }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", { fields: ["TotalPrice"] }),
    ...withLine,
  ],
  [
    "a line keeps its product",
    "order-domain §3.6 [fixture]",
    patch("/sobjects/OrderItem/{{draftLine}}", { Product2Id: "{{otherProduct}}" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ...withLine,
  ],
  [
    "the list price of a line does not follow its entry",
    "order-domain §3.3 [doc]",
    get("/sobjects/OrderItem/{{draftLine}}?fields=ListPrice"),
    { status: 200, body: { ListPrice: 4 } },
    saved("own", post("/sobjects/Product2", { Name: "Own {{run}}", IsActive: true })),
    post("/sobjects/PricebookEntry", {
      Pricebook2Id: "{{standardBook}}",
      Product2Id: "{{own}}",
      UnitPrice: 4,
      IsActive: true,
    }),
    saved(
      "ownEntry",
      post("/sobjects/PricebookEntry", {
        Pricebook2Id: "{{book}}",
        Product2Id: "{{own}}",
        UnitPrice: 4,
        IsActive: true,
      }),
    ),
    draft,
    saved("draftLine", line({ PricebookEntryId: "{{ownEntry}}", UnitPrice: 4 })),
    patch("/sobjects/PricebookEntry/{{ownEntry}}", { UnitPrice: 9 }),
  ],
  [
    "a line ends after its order",
    "order-domain §3.5 [live]",
    line({ EndDate: "2099-12-31" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
    saved("draft", order({ EndDate: "2099-01-01" })),
  ],
  [
    "an order without an end has no ceiling",
    "order-domain §3.5 [live]",
    line({ EndDate: "2099-12-31" }),
    { status: 201 },
    draft,
  ],
  [
    "the words for a line without a price",
    "order-domain §3.1 [live]",
    line({ UnitPrice: null }),
    refused(400, "REQUIRED_FIELD_MISSING", { message: "Order Products must have a Unit Price." }),
    draft,
  ],
  [
    "the words for a line without an entry",
    "order-domain §3.1 [forum]",
    line({ PricebookEntryId: null }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION", {
      message:
        /^field integrity exception: PricebookEntryId, unknown \(versions 3\.0 and higher must specify pricebook entry id/,
    }),
    draft,
  ],
];

const CONTRACTS: readonly BehaviourRow[] = [
  [
    "a contract needs nothing but its account",
    "order-domain §4 [live]",
    get("/sobjects/Contract/{{row}}"),
    { status: 200, body: { Status: "Draft", StatusCode: "Draft", EndDate: null, OwnerId: ANY } },
    saved("row", contract()),
  ],
  [
    "a contract is not created in approval",
    "order-domain §4 [live; fixture ×5]",
    contract({ Status: "In Approval Process" }),
    refused(400, "FAILED_ACTIVATION", {
      message: "Choose a valid contract status and save your changes. Ask your admin for details.",
    }),
  ],
  [
    "a contract is activated without dates",
    "order-domain §4 [live]",
    patch("/sobjects/Contract/{{row}}", { Status: "Activated" }),
    { status: 204 },
    saved("row", contract()),
  ],
  [
    "the end of a contract follows its term, also when activated",
    "order-domain §4 [live]",
    get("/sobjects/Contract/{{row}}?fields=EndDate,ActivatedDate"),
    { status: 200, body: { EndDate: "2028-07-31", ActivatedDate: /^20/ } },
    saved("row", contract({ StartDate: "2026-08-01", ContractTerm: 12 })),
    patch("/sobjects/Contract/{{row}}", { Status: "Activated" }),
    patch("/sobjects/Contract/{{row}}", { ContractTerm: 24 }),
  ],
  [
    "an activated contract keeps its account",
    "order-domain §4 [forum]",
    patch("/sobjects/Contract/{{row}}", { AccountId: "{{otherAccount}}" }),
    refused(400, "ENTITY_IS_LOCKED"),
    saved("row", contract()),
    patch("/sobjects/Contract/{{row}}", { Status: "Activated" }),
  ],
  [
    "activating a contract twice changes nothing",
    "order-domain §4 [live]",
    patch("/sobjects/Contract/{{row}}", { Status: "Activated" }),
    { status: 204 },
    saved("row", contract()),
    patch("/sobjects/Contract/{{row}}", { Status: "Activated" }),
  ],
  [
    "a contract has no other status",
    "order-domain §4 [live]",
    contract({ Status: "Nonsense" }),
    refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"),
  ],
  [
    "deleting a contract deletes its draft orders",
    "order-domain §4 [doc, fixture]",
    get("/sobjects/Order/{{draft}}"),
    refused(404, "NOT_FOUND"),
    saved("row", contract({ StartDate: "{{today}}", ContractTerm: 12 })),
    saved("draft", order({ ContractId: "{{row}}" })),
    remove("/sobjects/Contract/{{row}}"),
  ],
];

const PRICES: readonly BehaviourRow[] = [
  [
    "a price needs an amount",
    "order-domain §5.2 [live]",
    post("/sobjects/PricebookEntry", { Pricebook2Id: "{{standardBook}}", Product2Id: "{{otherProduct}}" }),
    refused(400, "REQUIRED_FIELD_MISSING", { fields: ["UnitPrice"] }),
  ],
  [
    "a product and a price begin inactive",
    "order-domain §5.2, §5.3 [doc, live]",
    get("/sobjects/Product2/{{row}}"),
    { status: 200, body: { IsActive: false } },
    saved("row", post("/sobjects/Product2", { Name: "Idle {{run}}" })),
  ],
  [
    "a price keeps its product",
    "order-domain §5.2 [live]",
    patch("/sobjects/PricebookEntry/{{entry}}", { Product2Id: "{{otherProduct}}" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
  ],
  [
    "a price takes its name from its product",
    "order-domain §5.2 [doc]",
    get("/sobjects/PricebookEntry/{{entry}}?fields=Name,ProductCode"),
    { status: 200, body: { Name: "Conformance {{run}}", ProductCode: "C-{{run}}" } },
  ],
  [
    "a price that an order uses is not deleted",
    "order-domain §5.2 [fixture]",
    remove("/sobjects/PricebookEntry/{{entry}}"),
    refused(400, "DELETE_FAILED"),
  ],
  [
    "a product that an order uses is not deleted",
    "order-domain §5.3 [live]",
    remove("/sobjects/Product2/{{product}}"),
    refused(400, "DELETE_FAILED"),
  ],
  [
    "the standard price book is not deleted",
    "order-domain §5.1 [doc]",
    remove("/sobjects/Pricebook2/{{standardBook}}"),
    { status: 400 },
  ],
  [
    "a price that follows the standard price must equal it",
    "order-domain §5.2 [live, forum]",
    post("/sobjects/PricebookEntry", {
      Pricebook2Id: "{{row}}",
      Product2Id: "{{product}}",
      UnitPrice: 1,
      UseStandardPrice: true,
    }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
    saved("row", post("/sobjects/Pricebook2", { Name: "Follows {{run}}", IsActive: true })),
  ],
  [
    "the words for a price without a standard price",
    "order-domain §5.2 [fixture ×3, live, forum]",
    post("/sobjects/PricebookEntry", { Pricebook2Id: "{{book}}", Product2Id: "{{otherProduct}}", UnitPrice: 1 }),
    refused(400, "STANDARD_PRICE_NOT_DEFINED", { message: "Before creating a custom price, create a standard price." }),
  ],
  [
    "deleting an account deletes its draft orders",
    "order-domain §6.3 [forum, fixture]",
    get("/sobjects/Order/{{draft}}"),
    refused(404, "NOT_FOUND"),
    saved("owner", post("/sobjects/Account", { Name: "Owner {{run}}" })),
    saved("draft", order({ AccountId: "{{owner}}" })),
    remove("/sobjects/Account/{{owner}}"),
  ],
];

export const ORDER_EDGES: readonly Behaviour[] = chapter("ORDEDGE", [...ORDERS, ...LINES, ...CONTRACTS, ...PRICES]);
