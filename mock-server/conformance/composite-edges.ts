/** The edges of the composite family: references, order, atomicity, bounds. Source: rest-api §9. */
import { ANY, type Behavior, type BehaviorRow, chapter, get, post, refused } from "./behavior.ts";
import { answers, bad, badMail, composite, good, halted, ORDER, orderInOneRequest, rolledBack, sub } from "./pieces.ts";

const ROWS: readonly BehaviorRow[] = [
  [
    "a reference reads a record of a query",
    "rest-api §9.1 [doc]",
    composite(
      true,
      sub("GET", "/query?q=SELECT+Id+FROM+Account+WHERE+Id='{{account}}'", "q"),
      sub("GET", "/sobjects/Account/@{q.records[0].Id}?fields=Industry", "a"),
    ),
    answers({ httpStatusCode: 200 }, { httpStatusCode: 200, body: { Industry: "Retail" } }),
  ],
  [
    "a reference minds letter case",
    "rest-api §9.1 [doc]",
    composite(false, good("a"), sub("GET", "/sobjects/Account/@{a.Id}", "b")),
    answers({ httpStatusCode: 201 }, halted(/^Invalid reference specified\. No value for /)),
  ],
  [
    "a reference looks back only",
    "rest-api §9.1 [doc]",
    composite(false, sub("GET", "/sobjects/Account/@{later.id}", "a"), good("later")),
    answers(halted(/^Invalid reference specified\. No value for /), { httpStatusCode: 201 }),
  ],
  [
    "what refers to a failure is not done",
    "rest-api §9.1 [doc]",
    composite(false, bad("a"), sub("PATCH", "/sobjects/Contact/@{a.id}", "b", { LastName: "y" }), good("c")),
    answers(badMail, halted(), { httpStatusCode: 201 }),
  ],
  [
    "a reference with a hyphen fails the whole request",
    "rest-api §9.1 [report]",
    composite(false, good("my-ref")),
    refused(400, "INVALID_INPUT", {
      message:
        /^Provided referenceId \('my-ref'\) must start with a letter or a number, and it can contain only letters, numbers and underscores/,
    }),
  ],
  [
    "a subrequest may not bring its own authorization",
    "rest-api §9.1 [doc]",
    composite(false, { ...good("a"), httpHeaders: { Authorization: "Bearer x" } }),
    { status: 400 },
  ],
  [
    "six queries are too many",
    "rest-api §9 [doc: the bound]",
    composite(
      false,
      ...Array.from({ length: 6 }, (_, at) => sub("GET", "/query?q=SELECT+Id+FROM+Account+LIMIT+1", `q${at}`)),
    ),
    { status: 400 },
  ],
  [
    "answers come in the order of the requests",
    "rest-api §9.1 [fixture]",
    composite(false, good("z"), sub("GET", "/limits", "m"), good("a")),
    answers({ referenceId: "z" }, { referenceId: "m" }, { referenceId: "a" }),
  ],
  [
    "an activation that fails takes its order back",
    "rest-api §9.1 [fixture], order-domain §2.4 no. 3 [live]",
    composite(
      true,
      sub("POST", "/sobjects/Order", "o", ORDER),
      sub("PATCH", "/sobjects/Order/@{o.id}", "up", { Status: "Activated" }),
    ),
    answers(rolledBack, {
      httpStatusCode: 400,
      body: [{ errorCode: "FAILED_ACTIVATION", message: "An order must have at least one product." }],
    }),
  ],
  [
    "an order, its line and its activation in one request",
    "rest-api §9.1 [doc], order-domain §2.4 [live]",
    composite(
      true,
      ...orderInOneRequest,
      sub("GET", "/sobjects/Order/@{order.id}?fields=StatusCode,TotalAmount", "see"),
    ),
    answers(
      { httpStatusCode: 201 },
      { httpStatusCode: 201 },
      { httpStatusCode: 204, body: null },
      { httpStatusCode: 200, body: { StatusCode: "Activated", TotalAmount: 10 } },
    ),
  ],
  [
    "a batch sees what it wrote before",
    "rest-api §9.2 [doc]",
    post("/composite/batch", {
      batchRequests: [
        { method: "PATCH", url: "v{{version}}/sobjects/Account/{{otherAccount}}", richInput: { Phone: "{{run}}" } },
        { method: "GET", url: "v{{version}}/sobjects/Account/{{otherAccount}}?fields=Phone" },
      ],
    }),
    {
      status: 200,
      body: {
        hasErrors: false,
        results: [
          { statusCode: 204, result: null },
          { statusCode: 200, result: { Phone: "{{run}}" } },
        ],
      },
    },
  ],
  [
    "a tree with a reference twice",
    "rest-api §9.3 [doc: the shape]",
    post("/composite/tree/Account", {
      records: ["a", "b"].map((name) => ({
        attributes: { type: "Account", referenceId: "same" },
        Name: `Tree ${name}`,
      })),
    }),
    { status: 400, body: { hasErrors: true, results: ANY } },
  ],
  [
    "a tree of 201 records",
    "rest-api §9 [doc: the bound]",
    post("/composite/tree/Account", {
      records: Array.from({ length: 201 }, (_, at) => ({
        attributes: { type: "Account", referenceId: `r${at}` },
        Name: "x",
      })),
    }),
    { status: 400 },
  ],
  [
    "76 graphs are too many",
    "rest-api §9 [doc: the bound]",
    post("/composite/graph", {
      graphs: Array.from({ length: 76 }, (_, at) => ({ graphId: `${at}`, compositeRequest: [good("a")] })),
    }),
    { status: 400 },
  ],
  [
    "fields of a collection come as they were asked for",
    "rest-api §9.4 [fixture]",
    get("/composite/sobjects/Account?ids={{account}}&fields=Industry,Id"),
    { status: 200, body: [{ attributes: { type: "Account" }, Industry: "Retail", Id: "{{account}}" }] },
  ],
];

export const COMPOSITE_EDGES: readonly Behavior[] = chapter("COMPEDGE", ROWS);
