/** Behaviours of orders, order products, contracts and price books. Source: order-domain. */
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

const orderBody = (more: object = {}) => ({
  AccountId: "{{account}}",
  EffectiveDate: "{{today}}",
  Status: "Draft",
  Pricebook2Id: "{{book}}",
  ...more,
});
const lineBody = (more: object = {}) => ({
  OrderId: "{{draft}}",
  PricebookEntryId: "{{entry}}",
  Quantity: 2,
  UnitPrice: 10,
  ...more,
});
const order = (more: object = {}) => post("/sobjects/Order", orderBody(more));
const line = (more: object = {}) => post("/sobjects/OrderItem", lineBody(more));
const draft = saved("draft", order());
const withLine = [draft, saved("draftLine", line())] as const;
const activate = patch("/sobjects/Order/{{draft}}", { Status: "Activated" });
const activated = [...withLine, activate] as const;
const contract = (more: object = {}) =>
  post("/sobjects/Contract", {
    AccountId: "{{account}}",
    StartDate: "{{today}}",
    ContractTerm: 12,
    Status: "Draft",
    ...more,
  });

const ROWS: readonly BehaviourRow[] = [
  ["an order is created as a draft", "order-domain §2.2 [live]", order(), { status: 201, body: { success: true } }],
  [
    "a draft has the category Draft, no amount and a number",
    "order-domain §1.1, §3.4 [fixture]",
    get("/sobjects/Order/{{draft}}"),
    {
      status: 200,
      body: {
        StatusCode: "Draft",
        TotalAmount: 0,
        OrderNumber: /^\d{8}$/,
        IsReductionOrder: false,
        ActivatedDate: null,
      },
    },
    draft,
  ],
  [
    "an order without an account",
    "order-domain §2.3 [live]",
    post("/sobjects/Order", { EffectiveDate: "{{today}}", Status: "Draft" }),
    refused(400, "REQUIRED_FIELD_MISSING", { message: ANY }),
  ],
  [
    "an order without a start date",
    "order-domain §2.3 [doc]",
    post("/sobjects/Order", { AccountId: "{{account}}", Status: "Draft" }),
    refused(400, "REQUIRED_FIELD_MISSING", { fields: ["EffectiveDate"] }),
  ],
  [
    "an order that is created activated",
    "order-domain §2.2 [live ×3]",
    order({ Status: "Activated" }),
    refused(400, "FAILED_ACTIVATION", {
      message: "For a new or cloned order, choose Draft. An Activated order's status can't be edited.",
    }),
  ],
  [
    "an order with an unknown status",
    "order-domain §1.11 [live]",
    order({ Status: "Nonsense" }),
    refused(400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", { fields: ["Status"] }),
  ],
  [
    "an order that ends before it starts",
    "order-domain §2.8 [memory]",
    order({ EndDate: "2001-01-01" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
  ],
  [
    "the category of an order is read-only",
    "order-domain §2.6 [fixture]",
    order({ StatusCode: "Draft" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
  ],
  [
    "the total of an order is read-only",
    "order-domain §3.4 [live]",
    order({ TotalAmount: 5 }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", { fields: ["TotalAmount"] }),
  ],
  [
    "an order without products is not activated",
    "order-domain §2.4 no. 3 [live ×3]",
    patch("/sobjects/Order/{{emptyOrder}}", { Status: "Activated" }),
    refused(400, "FAILED_ACTIVATION", { message: "An order must have at least one product." }),
  ],
  ["an order with a product is activated", "order-domain §2.4 [doc]", activate, { status: 204 }, ...withLine],
  [
    "an activation is stamped",
    "order-domain §2.4 [fixture]",
    get("/sobjects/Order/{{draft}}"),
    { status: 200, body: { StatusCode: "Activated", ActivatedDate: /\+0000$/, ActivatedById: /^005/ } },
    ...activated,
  ],
  [
    "an activated order goes back to draft",
    "order-domain §2.7 [live]",
    patch("/sobjects/Order/{{draft}}", { Status: "Draft" }),
    { status: 204 },
    ...activated,
  ],
  [
    "an activated order keeps its account",
    "order-domain §2.6 [doc]",
    patch("/sobjects/Order/{{activated}}", { AccountId: "{{otherAccount}}" }),
    { status: 400 },
  ],
  [
    "an activated order keeps its price book",
    "order-domain §2.6 [doc]",
    patch("/sobjects/Order/{{activated}}", { Pricebook2Id: "{{standardBook}}" }),
    { status: 400 },
  ],
  [
    "the description of an activated order changes",
    "order-domain §2.6 [doc]",
    patch("/sobjects/Order/{{activated}}", { Description: "changed" }),
    { status: 204 },
  ],
  [
    "an activated order is not deleted",
    "order-domain §2.6 [live ×3]",
    remove("/sobjects/Order/{{activated}}"),
    refused(400, "DELETE_FAILED", {
      message: "unable to modify activated or superseded order: cannot delete order, or add or remove order products",
    }),
  ],
  [
    "a product is not added to an activated order",
    "order-domain §2.6 [live]",
    line({ OrderId: "{{activated}}" }),
    refused(400, "ENTITY_IS_LOCKED"),
  ],
  [
    "a product of an activated order is not deleted",
    "order-domain §2.6 [live]",
    remove("/sobjects/OrderItem/{{activatedLine}}"),
    refused(400, "DELETE_FAILED"),
  ],
  [
    "a draft order is deleted with its products",
    "order-domain §2.11 [live, doc]",
    get("/sobjects/OrderItem/{{draftLine}}"),
    refused(404, "NOT_FOUND"),
    ...withLine,
    remove("/sobjects/Order/{{draft}}"),
  ],
  [
    "the total of an order is the sum of its products",
    "order-domain §3.4 [memory]",
    get("/sobjects/Order/{{draft}}"),
    { status: 200, body: { TotalAmount: 35.5 } },
    ...withLine,
    line({ Quantity: 1, UnitPrice: 15.5 }),
  ],
  [
    "the total follows a changed quantity",
    "order-domain §3.4 [memory]",
    get("/sobjects/Order/{{draft}}"),
    { status: 200, body: { TotalAmount: 50 } },
    ...withLine,
    patch("/sobjects/OrderItem/{{draftLine}}", { Quantity: 5 }),
  ],
  [
    "the total follows a deleted product",
    "order-domain §3.4 [memory]",
    get("/sobjects/Order/{{draft}}"),
    { status: 200, body: { TotalAmount: 0 } },
    ...withLine,
    remove("/sobjects/OrderItem/{{draftLine}}"),
  ],
  [
    "an order product takes product and list price from its entry",
    "order-domain §3.3 [fixture]",
    get("/sobjects/OrderItem/{{line}}"),
    { status: 200, body: { Product2Id: "{{product}}", ListPrice: 10, TotalPrice: 20, Quantity: 2, UnitPrice: 10 } },
  ],
  [
    "an order product has a number",
    "order-domain §1.2 [fixture]",
    get("/sobjects/OrderItem/{{line}}"),
    { status: 200, body: { OrderItemNumber: /^\d{10}$/ } },
  ],
  [
    "an order product without a price",
    "order-domain §3.1 [live]",
    post("/sobjects/OrderItem", { OrderId: "{{draft}}", PricebookEntryId: "{{entry}}", Quantity: 1 }),
    refused(400, "REQUIRED_FIELD_MISSING", { message: ANY }),
    draft,
  ],
  [
    "an order product without a quantity",
    "order-domain §3.1 [memory]",
    post("/sobjects/OrderItem", { OrderId: "{{draft}}", PricebookEntryId: "{{entry}}", UnitPrice: 1 }),
    refused(400, "REQUIRED_FIELD_MISSING", { fields: ["Quantity"] }),
    draft,
  ],
  [
    "an order product without an entry",
    "order-domain §3.1 [forum]",
    post("/sobjects/OrderItem", { OrderId: "{{draft}}", Quantity: 1, UnitPrice: 1 }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION", { message: /PricebookEntryId, unknown/ }),
    draft,
  ],
  ["an order product of quantity zero", "order-domain §3.1 [live]", line({ Quantity: 0 }), { status: 400 }, draft],
  [
    "an order product of a negative quantity",
    "order-domain §3.1 [memory]",
    line({ Quantity: -1 }),
    { status: 400 },
    draft,
  ],
  [
    "an entry of another price book",
    "order-domain §3.2 [doc, live]",
    line({ PricebookEntryId: "{{standardEntry}}" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
    draft,
  ],
  [
    "an order product on an order without a price book",
    "order-domain §3.1 [live]",
    line({ OrderId: "{{draft}}" }),
    { status: 400 },
    saved("draft", post("/sobjects/Order", { AccountId: "{{account}}", EffectiveDate: "{{today}}", Status: "Draft" })),
  ],
  [
    "an order product keeps its order",
    "order-domain §3.6 [fixture]",
    patch("/sobjects/OrderItem/{{line}}", { OrderId: "{{emptyOrder}}" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
  ],
  [
    "an order product keeps its entry",
    "order-domain §3.6 [fixture]",
    patch("/sobjects/OrderItem/{{line}}", { PricebookEntryId: "{{standardEntry}}" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
  ],
  [
    "an order product starts before its order",
    "order-domain §3.5 [live]",
    line({ ServiceDate: "2001-01-01" }),
    { status: 400 },
    draft,
  ],
  [
    "an order takes a contract of its account",
    "order-domain §2.3 [doc]",
    order({ ContractId: "{{own}}", Pricebook2Id: null }),
    { status: 201 },
    saved("own", contract()),
  ],
  [
    "an order with a contract of another account",
    "order-domain §2.3 [doc]",
    order({ ContractId: "{{other}}" }),
    { status: 400 },
    saved("other", contract({ AccountId: "{{otherAccount}}" })),
  ],
  [
    "an order that starts before its contract",
    "order-domain §2.3 [fixture]",
    order({ ContractId: "{{contract}}", EffectiveDate: "2001-01-01" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION"),
  ],
  [
    "an order that starts after its contract's end",
    "order-domain §2.3 [forum]",
    order({ ContractId: "{{contract}}", EffectiveDate: "2099-01-01" }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION", {
      message: /Order Start Date can't be later than its contract's end date/,
    }),
  ],
  [
    "an order of a draft contract is not activated",
    "order-domain §2.4 no. 4 [doc]",
    activate,
    refused(400, "FAILED_ACTIVATION"),
    saved("own", contract()),
    saved("draft", order({ ContractId: "{{own}}" })),
    line(),
  ],
  [
    "a contract ends a term after its start",
    "order-domain §4 [live]",
    query("SELECT EndDate FROM Contract WHERE Id = '{{contract}}'"),
    { status: 200, body: { records: [{ EndDate: /^\d{4}-\d\d-\d\d$/ }] } },
  ],
  [
    "the end of a contract is computed",
    "order-domain §4 [live]",
    contract({ EndDate: "2030-01-01" }),
    refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
  ],
  [
    "a contract that is created activated",
    "order-domain §4 [live]",
    contract({ Status: "Activated" }),
    refused(400, "FAILED_ACTIVATION", {
      message: "Choose a valid contract status and save your changes. Ask your admin for details.",
    }),
  ],
  [
    "a contract is activated",
    "order-domain §4 [live]",
    patch("/sobjects/Contract/{{own}}", { Status: "Activated" }),
    { status: 204 },
    saved("own", contract()),
  ],
  [
    "an activated contract does not go back",
    "order-domain §4 [live]",
    patch("/sobjects/Contract/{{own}}", { Status: "Draft" }),
    refused(400, "FAILED_ACTIVATION"),
    saved("own", contract()),
    patch("/sobjects/Contract/{{own}}", { Status: "Activated" }),
  ],
  [
    "a price in a price book needs a standard price",
    "order-domain §5.2 [live]",
    post("/sobjects/PricebookEntry", {
      Pricebook2Id: "{{book}}",
      Product2Id: "{{otherProduct}}",
      UnitPrice: 1,
      IsActive: true,
    }),
    refused(400, "STANDARD_PRICE_NOT_DEFINED", { message: "Before creating a custom price, create a standard price." }),
  ],
  [
    "a second price of a product in a price book",
    "order-domain §5.2 [live]",
    post("/sobjects/PricebookEntry", {
      Pricebook2Id: "{{book}}",
      Product2Id: "{{product}}",
      UnitPrice: 1,
      IsActive: true,
    }),
    refused(400, "FIELD_INTEGRITY_EXCEPTION", { message: /^This price definition already exists in this price book/ }),
  ],
  [
    "the standard price book is one",
    "order-domain §5.1 [doc]",
    query("SELECT Id FROM Pricebook2 WHERE IsStandard = true"),
    { status: 200, body: { totalSize: 1 } },
  ],
  [
    "an account with an activated order is not deleted",
    "order-domain §6.3 [fixture]",
    remove("/sobjects/Account/{{account}}"),
    refused(400, "DELETE_FAILED"),
  ],
  [
    "the statuses of orders tell their category",
    "order-domain §1.11 [doc]",
    query("SELECT MasterLabel, StatusCode FROM OrderStatus WHERE MasterLabel = 'Draft'"),
    { status: 200, body: { records: [{ StatusCode: "Draft" }] } },
  ],
];

export const ORDER_BEHAVIOURS: readonly Behaviour[] = chapter("ORD", ROWS);
