/** Behaviours of the composite family and of Bulk 2.0. Source: rest-api §9, §11, §12. */
import {
  ANY,
  type Behaviour,
  type BehaviourRow,
  chapter,
  get,
  patch,
  post,
  put,
  refused,
  remove,
  saved,
} from "./behaviour.ts";

const ID = /^\w{18}$/;
const DATA = "/services/data/v{{version}}";
const sub = (method: string, path: string, referenceId: string, body?: unknown) => ({
  method,
  url: `${DATA}${path}`,
  referenceId,
  ...(body !== undefined && { body }),
});
const composite = (allOrNone: boolean, ...compositeRequest: readonly unknown[]) =>
  post("/composite", { allOrNone, compositeRequest });
const graph = (graphId: string, ...compositeRequest: readonly unknown[]) => ({ graphId, compositeRequest });
const record = (type: string, fields: object) => ({ attributes: { type }, ...fields });
const good = (reference: string) => sub("POST", "/sobjects/Account", reference, { Name: `Composite ${reference}` });
const bad = (reference: string) => sub("POST", "/sobjects/Contact", reference, { LastName: "x", Email: "123" });
const HALTED = [
  {
    errorCode: "PROCESSING_HALTED",
    message: "The transaction was rolled back since another operation in the same transaction failed.",
  },
];
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

const COMPOSITE: readonly BehaviourRow[] = [
  [
    "GET lists the composite resources",
    "rest-api §9 [doc]",
    get("/composite"),
    { status: 200, body: { tree: ANY, batch: ANY, sobjects: ANY, graph: ANY } },
  ],
  [
    "answers have body, headers, status and reference in order",
    "rest-api §9.1 [fixture]",
    composite(false, good("a"), good("b")),
    {
      status: 200,
      body: {
        compositeResponse: [
          {
            body: { id: ID, success: true, errors: [] },
            httpHeaders: { Location: ANY },
            httpStatusCode: 201,
            referenceId: "a",
          },
          { httpStatusCode: 201, referenceId: "b" },
        ],
      },
    },
  ],
  [
    "a reference is replaced in a body",
    "rest-api §9.1 [doc]",
    composite(
      true,
      good("a"),
      sub("POST", "/sobjects/Contact", "c", { LastName: "x", AccountId: "@{a.id}" }),
      sub("GET", "/sobjects/Contact/@{c.id}?fields=AccountId", "d"),
    ),
    {
      status: 200,
      body: {
        compositeResponse: [
          { httpStatusCode: 201 },
          { httpStatusCode: 201 },
          { httpStatusCode: 200, body: { AccountId: ID } },
        ],
      },
    },
  ],
  [
    "a reference is replaced in a query",
    "rest-api §9.1 [doc]",
    composite(true, good("a"), sub("GET", "/query?q=SELECT+Id+FROM+Account+WHERE+Id='@{a.id}'", "q")),
    {
      status: 200,
      body: { compositeResponse: [{ httpStatusCode: 201 }, { httpStatusCode: 200, body: { totalSize: 1 } }] },
    },
  ],
  [
    "a reference that leads nowhere",
    "rest-api §9.1 [doc]",
    composite(false, sub("GET", "/sobjects/Account/@{none.id}", "a")),
    { status: 200, body: { compositeResponse: [{ httpStatusCode: 400, body: [{ errorCode: "PROCESSING_HALTED" }] }] } },
  ],
  [
    "without allOrNone the good ones stay",
    "rest-api §9.1 [fixture]",
    composite(false, bad("a"), good("b")),
    {
      status: 200,
      body: {
        compositeResponse: [
          { httpStatusCode: 400, body: [{ errorCode: "INVALID_EMAIL_ADDRESS", fields: ["Email"] }] },
          { httpStatusCode: 201 },
        ],
      },
    },
  ],
  [
    "with allOrNone one failure halts all",
    "rest-api §9.1 [fixture]",
    composite(true, good("a"), bad("b"), good("c")),
    {
      status: 200,
      body: {
        compositeResponse: [
          { httpStatusCode: 400, body: HALTED },
          { httpStatusCode: 400, body: [{ errorCode: "INVALID_EMAIL_ADDRESS" }] },
          { httpStatusCode: 400, body: HALTED },
        ],
      },
    },
  ],
  [
    "a subrequest without content has a null body",
    "rest-api §9.1 [fixture]",
    composite(false, sub("PATCH", "/sobjects/Account/{{account}}", "a", { Phone: "4" })),
    { status: 200, body: { compositeResponse: [{ body: null, httpStatusCode: 204, referenceId: "a" }] } },
  ],
  [
    "more than 25 subrequests",
    "rest-api §9 [doc: the bound]",
    composite(false, ...Array.from({ length: 26 }, (_, at) => good(`r${at}`))),
    { status: 400 },
  ],
  [
    "25 subrequests",
    "rest-api §9 [doc: the bound]",
    composite(
      false,
      ...Array.from({ length: 25 }, (_, at) => sub("GET", "/limits/recordCount?sObjects=Account", `r${at}`)),
    ),
    { status: 200 },
  ],
  [
    "two subrequests with one reference",
    "rest-api §9.1 [doc]",
    composite(false, good("same"), good("same")),
    { status: 400 },
  ],
  [
    "PATCH is not allowed",
    "rest-api §9.1 [report]",
    patch("/composite", { compositeRequest: [] }),
    refused(405, "METHOD_NOT_ALLOWED"),
  ],
  [
    "a batch answers with status and result",
    "rest-api §9.2 [doc]",
    post("/composite/batch", {
      batchRequests: [{ method: "GET", url: "v{{version}}/sobjects/Account/{{account}}?fields=Name" }],
    }),
    { status: 200, body: { hasErrors: false, results: [{ statusCode: 200, result: { Name: ANY } }] } },
  ],
  [
    "a batch goes on after a failure",
    "rest-api §9.2 [doc]",
    post("/composite/batch", {
      batchRequests: [
        { method: "GET", url: "v{{version}}/sobjects/Account/abc" },
        { method: "GET", url: "v{{version}}/limits" },
      ],
    }),
    {
      status: 200,
      body: {
        hasErrors: true,
        results: [{ statusCode: 404, result: [{ errorCode: "NOT_FOUND" }] }, { statusCode: 200 }],
      },
    },
  ],
  [
    "a batch halts where it is told to",
    "rest-api §9.2 [doc]",
    post("/composite/batch", {
      haltOnError: true,
      batchRequests: [
        { method: "GET", url: "v{{version}}/sobjects/Account/abc" },
        { method: "GET", url: "v{{version}}/limits" },
      ],
    }),
    {
      status: 200,
      body: {
        hasErrors: true,
        results: [{ statusCode: 404 }, { statusCode: 412, result: [{ errorCode: "BATCH_PROCESSING_HALTED" }] }],
      },
    },
  ],
  [
    "a tree is saved with its children, roots first",
    "rest-api §9.3 [fixture]",
    post("/composite/tree/Account", {
      records: [
        {
          attributes: { type: "Account", referenceId: "r1" },
          Name: "Tree",
          Contacts: { records: [{ attributes: { type: "Contact", referenceId: "r2" }, LastName: "Leaf" }] },
        },
        { attributes: { type: "Account", referenceId: "r3" }, Name: "Tree two" },
      ],
    }),
    {
      status: 201,
      body: {
        hasErrors: false,
        results: [
          { referenceId: "r1", id: ID },
          { referenceId: "r3", id: ID },
          { referenceId: "r2", id: ID },
        ],
      },
    },
  ],
  [
    "a tree with a failure saves nothing and lists the failure",
    "rest-api §9.3 [fixture]",
    post("/composite/tree/Account", {
      records: [
        {
          attributes: { type: "Account", referenceId: "r1" },
          Name: "Tree",
          Contacts: {
            records: [{ attributes: { type: "Contact", referenceId: "r2" }, LastName: "Leaf", Email: "123" }],
          },
        },
      ],
    }),
    {
      status: 400,
      body: {
        hasErrors: true,
        results: [{ referenceId: "r2", errors: [{ statusCode: "INVALID_EMAIL_ADDRESS", fields: ["Email"] }] }],
      },
    },
  ],
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
  [
    "graphs stand alone",
    "rest-api §9.5 [fixture]",
    post("/composite/graph", { graphs: [graph("1", good("a")), graph("2", good("b"), bad("c"))] }),
    {
      status: 200,
      body: {
        graphs: [
          {
            graphId: "1",
            isSuccessful: true,
            graphResponse: { compositeResponse: [{ httpStatusCode: 201, referenceId: "a" }] },
          },
          {
            graphId: "2",
            isSuccessful: false,
            graphResponse: {
              compositeResponse: [
                { httpStatusCode: 400, body: HALTED },
                { httpStatusCode: 400, body: [{ errorCode: "INVALID_EMAIL_ADDRESS" }] },
              ],
            },
          },
        ],
      },
    },
  ],
  [
    "a graph holds an order, its line and its activation",
    "rest-api §9.5, order-domain §2.4 [doc]",
    post("/composite/graph", {
      graphs: [
        graph(
          "o",
          sub("POST", "/sobjects/Order", "order", {
            AccountId: "{{account}}",
            EffectiveDate: "{{today}}",
            Status: "Draft",
            Pricebook2Id: "{{book}}",
          }),
          sub("POST", "/sobjects/OrderItem", "line", {
            OrderId: "@{order.id}",
            PricebookEntryId: "{{entry}}",
            Quantity: 1,
            UnitPrice: 10,
          }),
          sub("PATCH", "/sobjects/Order/@{order.id}", "activation", { Status: "Activated" }),
        ),
      ],
    }),
    {
      status: 200,
      body: {
        graphs: [
          {
            isSuccessful: true,
            graphResponse: {
              compositeResponse: [{ httpStatusCode: 201 }, { httpStatusCode: 201 }, { httpStatusCode: 204 }],
            },
          },
        ],
      },
    },
  ],
];

const ingest = (body: object) => post("/jobs/ingest", body);
const CSV = { "Content-Type": "text/csv" };

const BULK: readonly BehaviourRow[] = [
  [
    "an ingest job opens with 200",
    "rest-api §11.1 [fixture]",
    ingest({ object: "Account", operation: "insert" }),
    {
      status: 200,
      body: {
        id: /^750/,
        state: "Open",
        object: "Account",
        operation: "insert",
        contentType: "CSV",
        concurrencyMode: "Parallel",
        lineEnding: "LF",
        columnDelimiter: "COMMA",
        contentUrl: /^services\/data/,
      },
    },
  ],
  [
    "an ingest job of an unknown object",
    "rest-api §11.1 [report]",
    ingest({ object: "Nothing__c", operation: "insert" }),
    refused(400, "INVALIDENTITY"),
  ],
  [
    "an upsert job by a field that is no external Id",
    "rest-api §11.1 [report]",
    ingest({ object: "Account", operation: "upsert", externalIdFieldName: "Website" }),
    refused(400, "INVALIDJOB", { message: /website does not match an External ID/ }),
  ],
  [
    "an upload answers 201",
    "rest-api §11.2 [doc]",
    put("/jobs/ingest/{{job}}/batches", "Name\nBulk {{run}}\n", CSV),
    { status: 201 },
    saved("job", ingest({ object: "Account", operation: "insert" })),
  ],
  [
    "a second upload",
    "rest-api §11.2 [memory]",
    put("/jobs/ingest/{{job}}/batches", "Name\nx\n", CSV),
    refused(400, "INVALIDJOBSTATE"),
    saved("job", ingest({ object: "Account", operation: "insert" })),
    put("/jobs/ingest/{{job}}/batches", "Name\nx\n", CSV),
  ],
  [
    "a job is closed",
    "rest-api §11.3 [fixture]",
    patch("/jobs/ingest/{{job}}", { state: "UploadComplete" }),
    { status: 200, body: { id: "{{job}}", state: "UploadComplete" } },
    saved("job", ingest({ object: "Account", operation: "insert" })),
    put("/jobs/ingest/{{job}}/batches", "Name\nBulk\n", CSV),
  ],
  [
    "a job is aborted",
    "rest-api §11.3 [doc]",
    patch("/jobs/ingest/{{job}}", { state: "Aborted" }),
    { status: 200, body: { state: "Aborted" } },
    saved("job", ingest({ object: "Account", operation: "insert" })),
  ],
  [
    "an open job cannot be deleted",
    "rest-api §11.6 [fixture]",
    remove("/jobs/ingest/{{job}}"),
    refused(400, "API_ERROR", { message: "Error encountered when deleting the job because the job is not terminated" }),
    saved("job", ingest({ object: "Account", operation: "insert" })),
  ],
  [
    "an aborted job is deleted",
    "rest-api §11.6 [doc]",
    remove("/jobs/ingest/{{job}}"),
    { status: 204 },
    saved("job", ingest({ object: "Account", operation: "insert" })),
    patch("/jobs/ingest/{{job}}", { state: "Aborted" }),
  ],
  [
    "a job that does not exist",
    "rest-api §11.4 [fixture]",
    get("/jobs/ingest/750000000000000AAA"),
    refused(404, "NOT_FOUND"),
  ],
  [
    "the list of ingest jobs",
    "rest-api §11.6 [fixture]",
    get("/jobs/ingest"),
    { status: 200, body: { done: true, records: ANY, nextRecordsUrl: null } },
  ],
  [
    "a query job starts at once",
    "rest-api §12 [fixture]",
    post("/jobs/query", { operation: "query", query: "SELECT Id FROM Account" }),
    { status: 200, body: { id: /^750/, operation: "query", object: "Account", state: "UploadComplete" } },
  ],
  [
    "a query job with a wrong query",
    "rest-api §12 [fixture]",
    post("/jobs/query", { operation: "query", query: "SELECT Nope FROM Account" }),
    { status: 400 },
  ],
  [
    "a query job with an aggregate",
    "rest-api §12 [doc]",
    post("/jobs/query", { operation: "query", query: "SELECT COUNT(Id) FROM Account" }),
    { status: 400 },
  ],
];

export const COMPOSITE_BEHAVIOURS: readonly Behaviour[] = [...chapter("COMP", COMPOSITE), ...chapter("BULK", BULK)];
