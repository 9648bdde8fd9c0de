/** Behaviors of Bulk 1.0. Source: rest-api §13. Its answers are XML unless a client asks for JSON. */
import {
  ANY,
  type Behavior,
  type BehaviorRow,
  type Call,
  chapter,
  post,
  type Step,
  saved,
  waited,
} from "./behavior.ts";

const JOBS = "/services/async/{{version}}/job";
const NAMESPACE = "http://www.force.com/2009/06/asyncapi/dataload";
const XML = "application/xml; charset=UTF-8";
const JSON_TYPE = "application/json";
const CSV = "text/csv; charset=UTF-8";

const headersOf = (type: string, session = "{{token}}") => ({ "Content-Type": type, "X-SFDC-Session": session });
const sent = (path: string, type: string, body: unknown): Call => post(`${JOBS}${path}`, body, headersOf(type));
const read = (path: string, type = XML): Call => ({ method: "GET", path: `${JOBS}${path}`, headers: headersOf(type) });
const jobInfo = (members: string) =>
  `<?xml version="1.0" encoding="UTF-8"?><jobInfo xmlns="${NAMESPACE}">${members}</jobInfo>`;
const newJob = (operation: string, more = "") =>
  sent(
    "",
    XML,
    jobInfo(`<operation>${operation}</operation><object>Account</object>${more}<contentType>CSV</contentType>`),
  );
const newJsonJob = (more: object = {}) =>
  sent("", JSON_TYPE, { operation: "insert", object: "Account", contentType: "JSON", ...more });
const stateTo = (state: string) => sent("/{{job}}", XML, jobInfo(`<state>${state}</state>`));
/** Texts of an answer in their order, whatever stands between them. */
const xml = (...parts: readonly string[]) => new RegExp(parts.join("[\\s\\S]*"));

const ROWS_CSV = 'Name,Phone\n"Classic {{run}}",1\n,2\n';
const ROWS_JSON = [{ Name: "Classic {{run}}" }, { Phone: "2" }];
const loading: readonly Step[] = [
  saved("job", newJob("insert")),
  saved("batch", sent("/{{job}}/batch", CSV, ROWS_CSV)),
  stateTo("Closed"),
];
const completed = waited(read("/{{job}}/batch/{{batch}}"), xml("<state>Completed</state>"));
const querying = (soql: string): readonly Step[] => [
  saved("job", newJob("query")),
  saved("batch", sent("/{{job}}/batch", CSV, soql)),
];

const ROWS: readonly BehaviorRow[] = [
  [
    "a job opens with 201, told in XML",
    "rest-api §13 [doc]",
    newJob("insert"),
    {
      status: 201,
      body: xml(
        `<jobInfo\\s+xmlns="${NAMESPACE}"`,
        "<id>750\\w{15}</id>",
        "<operation>insert</operation>",
        "<object>Account</object>",
        "<state>Open</state>",
        "<concurrencyMode>Parallel</concurrencyMode>",
        "<contentType>CSV</contentType>",
        "<numberBatchesTotal>0</numberBatchesTotal>",
      ),
    },
  ],
  [
    "a job that is asked for in JSON is answered in JSON",
    "rest-api §13 [fixture]",
    newJsonJob(),
    {
      status: 201,
      body: {
        id: /^750/,
        operation: "insert",
        object: "Account",
        state: "Open",
        contentType: "JSON",
        assignmentRuleId: null,
        fastPathEnabled: false,
        numberBatchesTotal: 0,
        numberRecordsFailed: 0,
      },
    },
  ],
  [
    "an upsert job tells its external Id field",
    "rest-api §13 [fixture]",
    newJsonJob({ operation: "upsert", externalIdFieldName: "Id", concurrencyMode: "Serial" }),
    { status: 201, body: { operation: "upsert", externalIdFieldName: "Id", concurrencyMode: "Serial" } },
  ],
  [
    "a dead session is 400 with a code of its own",
    "rest-api §13 [client]",
    { method: "GET", path: `${JOBS}/750000000000000`, headers: headersOf(XML, "garbage") },
    {
      status: 400,
      body: xml(
        `<error\\s+xmlns="${NAMESPACE}"`,
        "<exceptionCode>InvalidSessionId</exceptionCode>",
        "<exceptionMessage>Invalid session id</exceptionMessage>",
      ),
    },
  ],
  [
    "errors of a client that speaks JSON are JSON",
    "rest-api §13 [doc]",
    post(JOBS, { operation: "insert", object: "Account", contentType: "JSON" }, headersOf(JSON_TYPE, "garbage")),
    { status: 400, body: { exceptionCode: "InvalidSessionId", exceptionMessage: ANY } },
  ],
  [
    "a batch is taken with 201 and belongs to its job",
    "rest-api §13 [doc]",
    sent("/{{job}}/batch", JSON_TYPE, ROWS_JSON),
    { status: 201, body: { id: /^751/, jobId: "{{job}}", state: /^(?:Queued|InProgress|Completed)$/ } },
    saved("job", newJsonJob()),
  ],
  [
    "a job is closed",
    "rest-api §13 [doc]",
    stateTo("Closed"),
    { status: 200, body: xml("<state>Closed</state>") },
    saved("job", newJob("insert")),
  ],
  [
    "a job is aborted",
    "rest-api §13 [doc]",
    stateTo("Aborted"),
    { status: 200, body: xml("<state>Aborted</state>") },
    saved("job", newJob("insert")),
  ],
  [
    "a closed job takes no batch",
    "rest-api §13 [report]",
    sent("/{{job}}/batch", JSON_TYPE, ROWS_JSON),
    {
      status: 400,
      body: {
        exceptionCode: ANY,
        exceptionMessage: /^Failed to create batch, since the Job is not Open\. Current job state is 'Closed'/,
      },
    },
    saved("job", newJsonJob()),
    stateTo("Closed"),
  ],
  [
    "each row has its result, in the order of the rows",
    "rest-api §13 [fixture]",
    read("/{{job}}/batch/{{batch}}/result"),
    {
      status: 200,
      body: /^"Id","Success","Created","Error"\r?\n"001\w{15}","true","true",""\r?\n"","false","false","REQUIRED_FIELD_MISSING:Required fields are missing: \[Name\]:Name --"\r?\n?$/,
    },
    ...loading,
    completed,
  ],
  [
    "a batch counts the rows that it processed and those that failed",
    "rest-api §13 [doc]",
    read("/{{job}}/batch/{{batch}}"),
    {
      status: 200,
      body: xml(
        "<state>Completed</state>",
        "<numberRecordsProcessed>2</numberRecordsProcessed>",
        "<numberRecordsFailed>1</numberRecordsFailed>",
      ),
    },
    ...loading,
    completed,
  ],
  [
    "a job counts its batches",
    "rest-api §13 [fixture]",
    read("/{{job}}"),
    {
      status: 200,
      body: xml(
        "<state>Closed</state>",
        "<numberBatchesCompleted>1</numberBatchesCompleted>",
        "<numberBatchesFailed>0</numberBatchesFailed>",
        "<numberBatchesTotal>1</numberBatchesTotal>",
        "<numberRecordsProcessed>2</numberRecordsProcessed>",
        "<numberRecordsFailed>1</numberRecordsFailed>",
      ),
    },
    ...loading,
    completed,
  ],
  [
    "the batches of a job are listed",
    "rest-api §13 [doc]",
    read("/{{job}}/batch"),
    { status: 200, body: xml(`<batchInfoList\\s+xmlns="${NAMESPACE}"`, "<batchInfo>", "<id>751\\w{15}</id>") },
    ...loading,
  ],
  [
    "what a batch was sent can be read again",
    "rest-api §13 [doc]",
    read("/{{job}}/batch/{{batch}}/request"),
    { status: 200, body: ROWS_CSV },
    ...loading,
    completed,
  ],
  [
    "rows in JSON have results in JSON",
    "rest-api §13 [doc]",
    read("/{{job}}/batch/{{batch}}/result", JSON_TYPE),
    {
      status: 200,
      body: [
        { id: /^001/, success: true, created: true, errors: [] },
        { success: false, created: false, errors: [{ statusCode: "REQUIRED_FIELD_MISSING", fields: ["Name"] }] },
      ],
    },
    saved("job", newJsonJob()),
    saved("batch", sent("/{{job}}/batch", JSON_TYPE, ROWS_JSON)),
    completed,
  ],
  [
    "a query has a list of results",
    "rest-api §13 [doc]",
    read("/{{job}}/batch/{{batch}}/result"),
    { status: 200, body: xml(`<result-list\\s+xmlns="${NAMESPACE}"`, "<result>752\\w{15}</result>") },
    ...querying("SELECT Id FROM Account WHERE Id = '{{account}}'"),
    completed,
  ],
  [
    "the rows of a query come as CSV, all cells in quotes",
    "rest-api §13, §5.3 [doc; fixture]",
    read("/{{job}}/batch/{{batch}}/result/{{rows}}"),
    { status: 200, body: /^"Id","Industry"\r?\n"001\w{15}","Retail"\r?\n?$/ },
    ...querying("SELECT Id, Industry FROM Account WHERE Id = '{{account}}'"),
    completed,
    saved("rows", read("/{{job}}/batch/{{batch}}/result")),
  ],
  [
    "a query of another object fails its batch and says why",
    "rest-api §13 [report]",
    read("/{{job}}/batch/{{batch}}"),
    {
      status: 200,
      body: xml(
        "<state>Failed</state>",
        "<stateMessage>InvalidBatch : Failed to process query: INVALID_TYPE_FOR_OPERATION: The root entity of the requested query \\(Contact\\) does not match the entity of the requested Bulk API Job \\(Account\\)",
      ),
    },
    ...querying("SELECT Id FROM Contact"),
    waited(read("/{{job}}/batch/{{batch}}"), xml("<state>Failed</state>")),
  ],
  [
    "a query with an unknown field fails its batch and says why",
    "rest-api §13 [report]",
    read("/{{job}}/batch/{{batch}}"),
    {
      status: 200,
      body: xml(
        "<stateMessage>InvalidBatch : Failed to process query: INVALID_FIELD: ",
        "No such column (?:'|&apos;)Nope(?:'|&apos;)",
      ),
    },
    ...querying("SELECT Nope FROM Account"),
    waited(read("/{{job}}/batch/{{batch}}"), xml("<state>Failed</state>")),
  ],
];

export const CLASSIC_BULK_BEHAVIORS: readonly Behavior[] = chapter("BULK1", ROWS);
