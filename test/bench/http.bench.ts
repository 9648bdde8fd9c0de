/**
 * What the wire costs: the mock org in a process of its own against a bare Hono route in another, both over loopback
 * with 32 kept connections; a Bulk load and collections against the save pipeline in process; the start against bare Node.
 *
 * Sessions, journal and limits are on, as they always are. Needs `npm run build`.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { STANDARD_OBJECTS } from "../../fixtures/objects/standard.ts";
import { save } from "../../mock-server/dml/save.ts";
import { createOrg } from "../../mock-server/org/org.ts";
import { type BenchRow, compared } from "./bench-row.ts";
import { HttpPipe, type PipeAnswer, type PipeRequest, rate } from "./http-pipe.ts";

const CONNECTIONS = 32;
const READS = 20_000;
const CREATES = 8_000;
const COLLECTION_ROWS = 200;
const COLLECTION_CALLS = 60;
const BULK_ROWS = 100_000;
const MIXED_CALLS = 15_000;
const STARTS = 9;
const TURNS = 5;
const MOCK_ORG = "dist/mock-server/bin.cjs";

/** A Hono app of one route each, which answers what it is told to: the baseline. */
const BARE_SERVER = `
  import { serve } from "@hono/node-server";
  import { Hono } from "hono";
  const body = JSON.parse(process.argv[1]);
  const app = new Hono();
  app.get("/read", (context) => context.json(body.read));
  app.post("/create", async (context) => { await context.req.json(); return context.json(body.create, 201); });
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => console.log(JSON.stringify({ url: "http://127.0.0.1:" + port })));
`;

/** Runs everything; takes about a minute. */
export async function run(): Promise<readonly BenchRow[]> {
  const starts = await startTimes();
  const mock = await serverOf([MOCK_ORG, "start", "--port", "0", "--json"]);
  try {
    const idleMegabytes = residentMegabytes(mock.child);
    const wire = new Wire(mock.url, mock.accessToken);
    return [
      starts,
      {
        name: "idle memory of mock-org start",
        unit: "MB",
        measured: idleMegabytes,
        baseline: null,
        ratio: null,
        target: 90,
      },
      ...(await throughput(wire)),
      ...(await loads(wire)),
      ...(await mixedCalls(wire, mock.child)),
    ];
  } finally {
    mock.child.kill();
  }
}

/** The mock org through raw connections. */
class Wire {
  readonly url: string;
  readonly #token: string;

  constructor(url: string, token: string) {
    this.url = url;
    this.#token = token;
  }

  request(method: string, path: string, body?: string, contentType = "application/json"): PipeRequest {
    return {
      method,
      path: `/services/data/v62.0${path}`,
      headers: { Authorization: `Bearer ${this.#token}`, "Content-Type": contentType },
      ...(body === undefined ? {} : { body }),
    };
  }

  async one(method: string, path: string, body?: string, contentType?: string): Promise<PipeAnswer> {
    const pipe = await HttpPipe.open(this.url);
    try {
      return await pipe.send(this.request(method, path, body, contentType));
    } finally {
      pipe.close();
    }
  }

  async json(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const { text } = await this.one(method, path, body === undefined ? undefined : JSON.stringify(body));
    return JSON.parse(text) as Record<string, unknown>;
  }
}

async function throughput(wire: Wire): Promise<readonly BenchRow[]> {
  const { id } = await wire.json("POST", "/sobjects/Account", { Name: "Bench", Phone: "1" });
  const read = JSON.parse((await wire.one("GET", `/sobjects/Account/${String(id)}`)).text) as unknown;
  const create = { id, success: true, errors: [] };
  const bare = await serverOf(["--input-type=module", "-e", BARE_SERVER, JSON.stringify({ read, create })]);
  try {
    const readMock = (): PipeRequest => wire.request("GET", `/sobjects/Account/${String(id)}`);
    const createMock = (at: number): PipeRequest =>
      wire.request("POST", "/sobjects/Account", JSON.stringify({ Name: `Bench ${at}`, Phone: "1" }));
    const readBare = (): PipeRequest => ({ method: "GET", path: "/read", headers: {} });
    const createBare = (at: number): PipeRequest => ({
      method: "POST",
      path: "/create",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ Name: `Bench ${at}`, Phone: "1" }),
    });
    const reads = await inTurns(READS, [bare.url, readBare], [wire.url, readMock]);
    const creates = await inTurns(CREATES, [bare.url, createBare], [wire.url, createMock]);
    return [
      atLeast("row reads against a bare Hono route", reads.measured, reads.baseline, 0.5, "1/s"),
      atLeast("row creates against a bare Hono route", creates.measured, creates.baseline, 0.3, "1/s"),
    ];
  } finally {
    bare.child.kill();
  }
}

type Side = readonly [url: string, request: (at: number) => PipeRequest];

/** Medians of rounds that both sides run in turn, so that a busy machine slows both; the first ones warm up. */
async function inTurns(calls: number, baseline: Side, measured: Side): Promise<{ baseline: number; measured: number }> {
  const rates = { baseline: [] as number[], measured: [] as number[] };
  for (let turn = 0; turn <= TURNS; turn += 1) {
    const load = { connections: CONNECTIONS, calls: Math.ceil(calls / TURNS) };
    const [bare, mock] = [
      await rate(baseline[0], { ...load, request: baseline[1] }),
      await rate(measured[0], { ...load, request: measured[1] }),
    ];
    if (turn === 0) continue;
    rates.baseline.push(bare);
    rates.measured.push(mock);
  }
  return { baseline: median(rates.baseline), measured: median(rates.measured) };
}

async function loads(wire: Wire): Promise<readonly BenchRow[]> {
  const { rows, seconds } = pipelineLoad();
  const pipelineRate = rows / seconds;
  const records = Array.from({ length: COLLECTION_ROWS }, (_, at) => ({
    attributes: { type: "Account" },
    Name: `Collection ${at}`,
    Phone: "1",
  }));
  const body = JSON.stringify({ allOrNone: false, records });
  const request = (): PipeRequest => wire.request("POST", "/composite/sobjects", body);
  await rate(wire.url, { connections: 2, calls: 10, request });
  const calls = await rate(wire.url, { connections: 2, calls: COLLECTION_CALLS, request });
  const bulkSeconds = await bulkLoad(wire);
  return [
    atLeast("rows of 200-row collections against the pipeline", calls * COLLECTION_ROWS, pipelineRate, 0.5, "1/s"),
    compared(
      `Bulk 2.0 load of ${BULK_ROWS.toLocaleString("en")} accounts`,
      bulkSeconds * 1000,
      (BULK_ROWS / pipelineRate) * 1000,
      2,
      "ms",
    ),
  ];
}

/** As many rows as the Bulk load has, in process, in chunks of 200 each with a transaction of its own. */
function pipelineLoad(): { readonly rows: number; readonly seconds: number } {
  const org = createOrg({ definitions: STANDARD_OBJECTS });
  const actor = org.actor("admin@mock.org");
  if (actor === undefined) throw new Error("every org has its administrator");
  const started = performance.now();
  for (let from = 0; from < BULK_ROWS; from += COLLECTION_ROWS) {
    const records = Array.from({ length: COLLECTION_ROWS }, (_, at) => ({
      object: "Account",
      values: { Name: `Account ${from + at}`, Phone: "1", BillingCity: "Kiel" },
    }));
    org.transaction(actor, (tx) => save(tx, { operation: "insert", records, allOrNone: false }, { wire: "csv" }));
  }
  return { rows: BULK_ROWS, seconds: (performance.now() - started) / 1000 };
}

/** From the creation of the job to its end, the upload included. */
async function bulkLoad(wire: Wire): Promise<number> {
  const lines = Array.from({ length: BULK_ROWS }, (_, at) => `Account ${at},1,Kiel`);
  const csv = `Name,Phone,BillingCity\n${lines.join("\n")}\n`;
  const started = performance.now();
  const { id } = await wire.json("POST", "/jobs/ingest", { object: "Account", operation: "insert" });
  await wire.one("PUT", `/jobs/ingest/${String(id)}/batches`, csv, "text/csv");
  await wire.json("PATCH", `/jobs/ingest/${String(id)}`, { state: "UploadComplete" });
  for (;;) {
    const info = await wire.json("GET", `/jobs/ingest/${String(id)}`);
    if (info["state"] === "JobComplete" && info["numberRecordsFailed"] === 0) break;
    if (info["state"] === "Failed") throw new Error(`the Bulk job failed: ${JSON.stringify(info)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const seconds = (performance.now() - started) / 1000;
  await wire.one("DELETE", `/jobs/ingest/${String(id)}`);
  return seconds;
}

/** Reads, writes, queries, refusals and describes in turn; every answer is checked. */
async function mixedCalls(wire: Wire, child: ChildProcess): Promise<readonly BenchRow[]> {
  const { id } = await wire.json("POST", "/sobjects/Account", { Name: "Mixed" });
  const soql = encodeURIComponent(`SELECT Id, Name FROM Account WHERE Id = '${String(id)}'`);
  const kinds: readonly {
    readonly request: (at: number) => PipeRequest;
    readonly status: number;
    readonly text: RegExp;
  }[] = [
    { request: () => wire.request("GET", `/sobjects/Account/${String(id)}`), status: 200, text: /"Name":"Mixed"/ },
    { request: () => wire.request("GET", `/query?q=${soql}`), status: 200, text: /"totalSize":1/ },
    {
      request: (at) => wire.request("POST", "/sobjects/Account", `{"Name":"Mixed ${at}"}`),
      status: 201,
      text: /"success":true/,
    },
    {
      request: (at) => wire.request("PATCH", `/sobjects/Account/${String(id)}`, `{"Phone":"${at}"}`),
      status: 204,
      text: /^$/,
    },
    { request: () => wire.request("POST", "/sobjects/Account", "{}"), status: 400, text: /REQUIRED_FIELD_MISSING/ },
    { request: () => wire.request("GET", "/sobjects/Account/0015e0000zzzzzz"), status: 404, text: /NOT_FOUND/ },
    { request: () => wire.request("GET", "/sobjects/Product2"), status: 200, text: /"objectDescribe"/ },
    { request: () => wire.request("GET", "/limits"), status: 200, text: /DailyApiRequests/ },
  ];
  let wrong = 0;
  const round = (): Promise<number> =>
    rate(wire.url, {
      connections: CONNECTIONS,
      calls: MIXED_CALLS,
      request: (at) => (kinds[at % kinds.length] ?? kinds[0])?.request(at) ?? wire.request("GET", "/limits"),
      check: (answer, at) => {
        const kind = kinds[at % kinds.length];
        if (kind === undefined || answer.status !== kind.status || !kind.text.test(answer.text)) wrong += 1;
      },
    });
  await round();
  const before = residentMegabytes(child);
  const callsPerSecond = await round();
  const growth = residentMegabytes(child) - before;
  return [
    {
      name: `wrong answers of ${(2 * MIXED_CALLS).toLocaleString("en")} mixed calls`,
      unit: "",
      measured: wrong,
      baseline: null,
      ratio: null,
      target: 0,
    },
    {
      name: "mixed calls by 32 connections",
      unit: "1/s",
      measured: callsPerSecond,
      baseline: null,
      ratio: null,
      target: null,
    },
    {
      name: "memory that the second round of them leaves",
      unit: "MB",
      measured: Math.max(0, growth),
      baseline: null,
      ratio: null,
      target: 40,
    },
  ];
}

/** `mock-org start` to its first answer against `node -e 0`, medians of turns that take each other's place. */
async function startTimes(): Promise<BenchRow> {
  const bare: number[] = [];
  const mock: number[] = [];
  for (let turn = 0; turn <= STARTS; turn += 1) {
    let started = performance.now();
    spawnSync(process.execPath, ["-e", "0"]);
    const bareMs = performance.now() - started;
    started = performance.now();
    const { url, child } = await serverOf([MOCK_ORG, "start", "--port", "0", "--json"]);
    const pipe = await HttpPipe.open(url);
    await pipe.send({ method: "GET", path: "/services/data", headers: {} });
    const mockMs = performance.now() - started;
    pipe.close();
    child.kill();
    if (turn === 0) continue;
    bare.push(bareMs);
    mock.push(mockMs);
  }
  return compared("mock-org start to its first answer against node -e 0", median(mock), median(bare), 2, "ms");
}

interface Started {
  readonly url: string;
  readonly accessToken: string;
  readonly child: ChildProcess;
}

/** A Node process whose first line of output says as JSON where it listens. */
async function serverOf(args: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve, reject) => {
    let text = "";
    child.stdout.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
      if (text.includes("\n")) resolve(text.slice(0, text.indexOf("\n")));
    });
    child.once("exit", () => reject(new Error(`node ${args.slice(0, 2).join(" ")} ended: ${text}`)));
  });
  const { url = "", accessToken = "" } = JSON.parse(line) as { url?: string; accessToken?: string };
  return { url, accessToken, child };
}

/** Resident memory of a process on Linux. */
function residentMegabytes(child: ChildProcess): number {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) / 1024;
}

function atLeast(name: string, measured: number, baseline: number, target: number, unit: string): BenchRow {
  return { ...compared(name, measured, baseline, target, unit), atLeast: true };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
