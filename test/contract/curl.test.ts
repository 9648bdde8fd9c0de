/** What jsforce cannot say: plain HTTP as curl and bare sockets speak it. */
import { execFile, spawnSync } from "node:child_process";
import { connect as openSocket } from "node:net";
import { promisify } from "node:util";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Client, connect, idOf, testOrg } from "./fixture.ts";

const run = promisify(execFile);

let client: Client;
let port: number;
const defects: unknown[] = [];

beforeAll(async () => {
  client = await connect(await testOrg({ onDefect: (error) => defects.push(error) }));
  port = Number(new URL(client.url).port);
  await client.conn.sobject("Contact").create(Array.from({ length: 200 }, (_, at) => ({ LastName: `Curl ${at}` })));
});

afterEach(() => expect(defects).toEqual([]));

afterAll(() => client.org.close());

/** A machine without curl has nothing to try it with. */
const WITHOUT_CURL = spawnSync("curl", ["--version"]).status !== 0;

describe.skipIf(WITHOUT_CURL)("curl", () => {
  it("-u is no way in, a bearer token is", async () => {
    const basic = await curl("-u", "admin@mock.org:mock-password", data("/limits"));
    const bearer = await curl("-H", authorization(), data("/limits"));
    expect(basic).toContain("HTTP/1.1 401 Unauthorized");
    expect(bearer).toContain("HTTP/1.1 200 OK");
  });

  it("-d @file creates a record", async () => {
    const out = await curl(
      "-H",
      authorization(),
      "-H",
      "Content-Type: application/json",
      "-d",
      '{"Name":"cURL"}',
      data("/sobjects/Account"),
    );
    expect(out).toContain("HTTP/1.1 201 Created");
    expect(out).toMatch(/"success":true/);
  });

  it("-d without a content type sends a form, which is refused by name", async () => {
    const out = await curl("-H", authorization(), "-d", '{"Name":"cURL"}', data("/sobjects/Account"));
    expect(out).toContain("HTTP/1.1 415");
    expect(out).toContain("MediaType of 'application/x-www-form-urlencoded' is not supported by this resource");
  });

  it("--compressed reads what comes compressed", async () => {
    const path = data(`/query?q=${encodeURIComponent("SELECT Id, LastName FROM Contact")}`);
    const plain = await curl("-H", authorization(), path);
    const packed = await curl("--compressed", "-H", authorization(), path);
    expect(packed).toMatch(/content-encoding: gzip/i);
    expect(packed.split("\r\n\r\n")[1]).toBe(plain.split("\r\n\r\n")[1]);
  });

  it("-I has headers alone, and -X OPTIONS tells browsers on this machine what they may do", async () => {
    const head = await curl("-I", "-H", authorization(), data("/sobjects/Account"));
    const preflight = await curl(
      "-X",
      "OPTIONS",
      "-H",
      "Origin: http://localhost:5173",
      "-H",
      "Access-Control-Request-Method: PATCH",
      data("/sobjects/Account/x"),
    );
    const foreign = await curl("-X", "OPTIONS", "-H", "Origin: https://elsewhere.example", data("/sobjects/Account/x"));
    expect(head).toContain("HTTP/1.1 200 OK");
    expect(head.split("\r\n\r\n")[1]).toBe("");
    expect(preflight).toMatch(/access-control-allow-origin: http:\/\/localhost:5173/i);
    expect(preflight).toMatch(/access-control-allow-methods: .*PATCH/i);
    expect(foreign).not.toMatch(/access-control-allow-origin/i);
  });

  it("--next reuses the connection", async () => {
    const { stderr } = await run("curl", [
      "-sv",
      "-H",
      authorization(),
      data("/limits"),
      data("/limits"),
      data("/sobjects"),
    ]);
    expect(stderr.match(/re-?using existing/gi)?.length).toBe(2);
  });

  it("--data-binary uploads a file to a Bulk job, and -F does it in one call", async () => {
    const job = '{"object":"Account","operation":"insert","contentType":"CSV","lineEnding":"LF"}';
    const out = await curl(
      "-H",
      authorization(),
      "-F",
      `job=${job};type=application/json`,
      "-F",
      "content=Name\nFrom curl;type=text/csv;filename=content",
      data("/jobs/ingest"),
    );
    expect(out).toContain('"state":"UploadComplete"');
  });

  it("SOAP and Bulk 1.0 answer browsers too", async () => {
    const soap = await curl(
      "-X",
      "OPTIONS",
      "-H",
      "Origin: http://127.0.0.1:3000",
      `${client.url}/services/Soap/u/62.0`,
    );
    const bulk = await curl("-H", "Origin: http://127.0.0.1:3000", `${client.url}/services/async/62.0/job`);
    expect(soap).toMatch(/access-control-allow-origin: http:\/\/127\.0\.0\.1:3000/i);
    expect(bulk).toMatch(/access-control-allow-origin: http:\/\/127\.0\.0\.1:3000/i);
  });
});

describe("slow and hasty clients", () => {
  it("a body that comes byte by byte is waited for, and others are answered meanwhile", async () => {
    const body = '{"Name":"drop by drop"}';
    const socket = openSocket(port, "127.0.0.1");
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(chunk.toString("utf8"))));
    socket.write(request("POST", "/sobjects/Account", body.length));
    for (const letter of body) {
      await new Promise<void>((resolve) => socket.write(letter, () => resolve()));
      if (letter === ":") await client.conn.request("/limits");
    }
    const text = await answer;
    socket.destroy();
    expect(text).toContain("HTTP/1.1 201 Created");
  });

  it("several requests in one packet are answered in their order", async () => {
    const id = idOf(await client.conn.sobject("Account").create({ Name: "Pipelined" }));
    const socket = openSocket(port, "127.0.0.1");
    let text = "";
    const done = new Promise<void>((resolve) =>
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString("utf8");
        if ((text.match(/HTTP\/1\.1 /g)?.length ?? 0) === 3 && text.endsWith("]")) resolve();
      }),
    );
    socket.write(
      request("GET", `/sobjects/Account/${id}`) + request("GET", "/limits") + request("GET", "/sobjects/Account/x"),
    );
    await done;
    socket.destroy();
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(["HTTP/1.1 200", "HTTP/1.1 200", "HTTP/1.1 404"]);
  });

  it("who goes away before or amid the answer disturbs nobody, and what was asked is done", async () => {
    const body = '{"Name":"went away"}';
    for (const patience of [0, 1]) {
      const socket = openSocket(port, "127.0.0.1");
      await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
      await new Promise<void>((resolve) =>
        socket.write(request("POST", "/sobjects/Account", body.length) + body, () => resolve()),
      );
      if (patience > 0) await new Promise((resolve) => socket.once("data", resolve));
      socket.destroy();
      await client.conn.request("/limits");
    }
    const { totalSize } = await client.conn.query("SELECT Id FROM Account WHERE Name = 'went away'");
    expect(totalSize).toBeGreaterThanOrEqual(1);
  });

  it("what is no HTTP gets a 400 and the org goes on", async () => {
    const socket = openSocket(port, "127.0.0.1");
    const answer = new Promise<string>((resolve) => socket.once("data", (chunk) => resolve(chunk.toString("utf8"))));
    socket.write("NONSENSE\r\n\r\n");
    expect(await answer).toContain("400 Bad Request");
    socket.destroy();
    expect(await client.conn.request("/limits")).toHaveProperty("DailyApiRequests");
  });
});

/** Headers and body of what curl gets. */
async function curl(...args: readonly string[]): Promise<string> {
  const { stdout } = await run("curl", ["-s", "-i", ...args.filter((arg) => arg !== "-i")]);
  return stdout;
}

function data(path: string): string {
  return `${client.url}/services/data/v62.0${path}`;
}

function authorization(): string {
  return `Authorization: Bearer ${client.conn.accessToken}`;
}

function request(method: string, path: string, bytes?: number): string {
  const length = bytes === undefined ? "" : `Content-Type: application/json\r\nContent-Length: ${bytes}\r\n`;
  return `${method} /services/data/v62.0${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${authorization()}\r\n${length}\r\n`;
}
