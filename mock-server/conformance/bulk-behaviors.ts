/** Behaviors of Bulk 2.0. Source: rest-api §11, §12. */
import {
  ANY,
  type Behavior,
  type BehaviorRow,
  chapter,
  get,
  patch,
  post,
  put,
  refused,
  remove,
  saved,
} from "./behavior.ts";

const ingest = (body: object) => post("/jobs/ingest", body);
const job = saved("job", ingest({ object: "Account", operation: "insert" }));
const CSV = { "Content-Type": "text/csv" };

const BULK: readonly BehaviorRow[] = [
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
    job,
  ],
  [
    "a second upload",
    "rest-api §11.2 [memory]",
    put("/jobs/ingest/{{job}}/batches", "Name\nx\n", CSV),
    refused(400, "INVALIDJOBSTATE"),
    job,
    put("/jobs/ingest/{{job}}/batches", "Name\nx\n", CSV),
  ],
  [
    "a job is closed",
    "rest-api §11.3 [fixture]",
    patch("/jobs/ingest/{{job}}", { state: "UploadComplete" }),
    { status: 200, body: { id: "{{job}}", state: "UploadComplete" } },
    job,
    put("/jobs/ingest/{{job}}/batches", "Name\nBulk\n", CSV),
  ],
  [
    "a job is aborted",
    "rest-api §11.3 [doc]",
    patch("/jobs/ingest/{{job}}", { state: "Aborted" }),
    { status: 200, body: { state: "Aborted" } },
    job,
  ],
  [
    "an open job cannot be deleted",
    "rest-api §11.6 [fixture]",
    remove("/jobs/ingest/{{job}}"),
    refused(400, "API_ERROR", { message: "Error encountered when deleting the job because the job is not terminated" }),
    job,
  ],
  [
    "an aborted job is deleted",
    "rest-api §11.6 [doc]",
    remove("/jobs/ingest/{{job}}"),
    { status: 204 },
    job,
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

export const BULK_BEHAVIORS: readonly Behavior[] = chapter("BULK", BULK);
