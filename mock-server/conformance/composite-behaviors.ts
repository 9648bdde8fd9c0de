/** Behaviors of the composite family. Source: rest-api §9. */
import { ANY, type Behavior, type BehaviorRow, chapter, get, patch, post, refused } from "./behavior.ts";
import { answers, bad, badMail, composite, good, graph, halted, orderInOneRequest, rolledBack, sub } from "./pieces.ts";

const ID = /^\w{18}$/;
const COMPOSITE: readonly BehaviorRow[] = [
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
    answers(
      {
        body: { id: ID, success: true, errors: [] },
        httpHeaders: { Location: ANY },
        httpStatusCode: 201,
        referenceId: "a",
      },
      { httpStatusCode: 201, referenceId: "b" },
    ),
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
    answers({ httpStatusCode: 201 }, { httpStatusCode: 201 }, { httpStatusCode: 200, body: { AccountId: ID } }),
  ],
  [
    "a reference is replaced in a query",
    "rest-api §9.1 [doc]",
    composite(true, good("a"), sub("GET", "/query?q=SELECT+Id+FROM+Account+WHERE+Id='@{a.id}'", "q")),
    answers({ httpStatusCode: 201 }, { httpStatusCode: 200, body: { totalSize: 1 } }),
  ],
  [
    "a reference that leads nowhere",
    "rest-api §9.1 [doc]",
    composite(false, sub("GET", "/sobjects/Account/@{none.id}", "a")),
    answers(halted()),
  ],
  [
    "without allOrNone the good ones stay",
    "rest-api §9.1 [fixture]",
    composite(false, bad("a"), good("b")),
    answers(badMail, { httpStatusCode: 201 }),
  ],
  [
    "with allOrNone one failure halts all",
    "rest-api §9.1 [fixture]",
    composite(true, good("a"), bad("b"), good("c")),
    answers(rolledBack, badMail, rolledBack),
  ],
  [
    "a subrequest without content has a null body",
    "rest-api §9.1 [fixture]",
    composite(false, sub("PATCH", "/sobjects/Account/{{account}}", "a", { Phone: "4" })),
    answers({ body: null, httpStatusCode: 204, referenceId: "a" }),
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
    "a batch halts where it is asked to",
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
              compositeResponse: [rolledBack, badMail],
            },
          },
        ],
      },
    },
  ],
  [
    "a graph holds an order, its line and its activation",
    "rest-api §9.5, order-domain §2.4 [doc]",
    post("/composite/graph", { graphs: [graph("o", ...orderInOneRequest)] }),
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

export const COMPOSITE_BEHAVIORS: readonly Behavior[] = chapter("COMP", COMPOSITE);
