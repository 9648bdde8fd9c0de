/** Behaviors of sObject collections. Source: rest-api §9.4. */
import { type Behavior, type BehaviorRow, chapter, get, patch, post, refused, remove, saved } from "./behavior.ts";

const record = (type: string, fields: object) => ({ attributes: { type }, ...fields });
const ROLLED_BACK = {
  success: false,
  errors: [
    {
      statusCode: "ALL_OR_NONE_OPERATION_ROLLED_BACK",
      message: "Record rolled back because not all records were valid and the request was using AllOrNone header",
    },
  ],
};
const many = (count: number) => Array.from({ length: count }, (_, at) => record("Account", { Name: `Many ${at}` }));

const ROWS: readonly BehaviorRow[] = [
  [
    "a collection answers in order",
    "rest-api §9.4 [fixture]",
    post("/composite/sobjects", {
      records: [record("Account", { Name: "C1" }), record("Contact", { LastName: "C2" })],
    }),
    {
      status: 200,
      body: [
        { id: /^001/, success: true, errors: [] },
        { id: /^003/, success: true, errors: [] },
      ],
    },
  ],
  [
    "a collection saves in part",
    "rest-api §9.4 [fixture]",
    post("/composite/sobjects", {
      allOrNone: false,
      records: [record("Account", { Name: "C1" }), record("Contact", { FirstName: "x" })],
    }),
    {
      status: 200,
      body: [
        { success: true },
        { success: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING", fields: ["LastName"] }] },
      ],
    },
  ],
  [
    "a collection with allOrNone is rolled back",
    "rest-api §9.4 [fixture]",
    post("/composite/sobjects", {
      allOrNone: true,
      records: [record("Account", { Name: "C1" }), record("Contact", { FirstName: "x" })],
    }),
    { status: 200, body: [ROLLED_BACK, { success: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING" }] }] },
  ],
  [
    "a collection of 200 records",
    "rest-api §9.4 [report]",
    post("/composite/sobjects", { allOrNone: true, records: [...many(199), record("Contact", {})] }),
    { status: 200 },
  ],
  [
    "a collection of 201 records",
    "rest-api §9.4 [report]",
    post("/composite/sobjects", { records: many(201) }),
    refused(400, "EXCEEDED_ID_LIMIT"),
  ],
  [
    "an unknown field in a collection concerns its row",
    "rest-api §9.4 [fixture]",
    post("/composite/sobjects", {
      records: [record("Account", { Name: "x", Nope__c: 1 }), record("Account", { Name: "y" })],
    }),
    { status: 200, body: [{ success: false, errors: [{ statusCode: "INVALID_FIELD" }] }, { success: true }] },
  ],
  [
    "a collection updates",
    "rest-api §9.4 [doc]",
    patch("/composite/sobjects", { records: [record("Account", { id: "{{account}}", Phone: "5" })] }),
    { status: 200, body: [{ id: "{{account}}", success: true, errors: [] }] },
  ],
  [
    "a collection upserts by Id",
    "rest-api §9.4 [fixture]",
    patch("/composite/sobjects/Account/Id", {
      records: [record("Account", { id: "{{account}}", Phone: "6" }), record("Account", { Name: "Upserted" })],
    }),
    {
      status: 200,
      body: [
        { success: true, created: false },
        { success: true, created: true },
      ],
    },
  ],
  [
    "a collection deletes",
    "rest-api §9.4 [doc]",
    remove("/composite/sobjects?ids={{row}},001RM000003oLrB000"),
    {
      status: 200,
      body: [
        { id: "{{row}}", success: true },
        { success: false, errors: [{ statusCode: "MALFORMED_ID", fields: [] }] },
      ],
    },
    saved("row", post("/sobjects/Account", { Name: "To delete" })),
  ],
  [
    "a collection retrieves in the order of Ids, null for missing ones",
    "rest-api §9.4 [fixture]",
    get("/composite/sobjects/Account?ids={{otherAccount}},001000000000000AAA,{{account}}&fields=Name"),
    { status: 200, body: [{ Id: "{{otherAccount}}" }, null, { Id: "{{account}}" }] },
  ],
  [
    "a collection retrieves by POST",
    "rest-api §9.4 [doc]",
    post("/composite/sobjects/Account", { ids: ["{{account}}"], fields: ["Industry"] }),
    { status: 200, body: [{ attributes: { type: "Account" }, Industry: "Retail" }] },
  ],
  [
    "a retrieve with an unknown field",
    "rest-api §9.4 [doc]",
    get("/composite/sobjects/Account?ids={{account}}&fields=Nonsense"),
    refused(400, "INVALID_FIELD"),
  ],
];

export const COLLECTION_BEHAVIORS: readonly Behavior[] = chapter("COLL", ROWS);
