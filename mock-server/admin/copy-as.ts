/** A call of the journal as text to run again: as a shell command, as jsforce code, as a test. */
import type { JournalEntry } from "../http/journal.ts";
import { isObject } from "../http/json-object.ts";

/** A `curl` command. The address and the token are shell variables: `URL` and `TOKEN`. */
export function asCurl({ method, path, requestBody }: JournalEntry): string {
  const parts = [`curl -sS -X ${method} "$URL"${quote(path)}`, `-H "Authorization: Bearer $TOKEN"`];
  const text = bodyText(requestBody);
  if (text !== null)
    parts.push(`-H 'Content-Type: ${typeof requestBody === "string" ? "text/csv" : "application/json"}'`);
  if (text !== null) parts.push(`--data-binary ${quote(text)}`);
  return parts.join(" \\\n  ");
}

/** jsforce code over a connection called `connection`: the client's own method where it has one, else `request`. */
export function asJsforce(entry: JournalEntry): string {
  const { method, requestBody } = entry;
  const { pathname, searchParams } = new URL(entry.path, "http://org");
  const rest = /^\/services\/data\/v\d+\.\d+\/(.*)$/.exec(pathname)?.[1]?.replace(/\/$/, "");
  const [first, object = "", id = "", key] = (rest ?? "").split("/").map(decodeURIComponent);
  const record = isObject(requestBody) ? requestBody : undefined;
  if (first === "query" && object === "" && searchParams.has("q")) {
    return `await connection.query(${literal(searchParams.get("q"))});`;
  }
  if (first === "query" && object !== "") return `await connection.queryMore(${literal(object)});`;
  if (first === "limits" && object === "") return "await connection.limits();";
  if (first === "sobjects" && object === "") return "await connection.describeGlobal();";
  if (first === "sobjects") {
    const sobject = `connection.sobject(${literal(object)})`;
    if (id === "describe" && method === "GET") return `await ${sobject}.describe();`;
    if (id === "" && method === "POST" && record !== undefined) return `await ${sobject}.create(${literal(record)});`;
    if (id !== "" && key === undefined) {
      if (method === "GET" && id !== "updated" && id !== "deleted") return `await ${sobject}.retrieve(${literal(id)});`;
      if (method === "DELETE") return `await ${sobject}.destroy(${literal(id)});`;
      if (method === "PATCH" && record !== undefined)
        return `await ${sobject}.update(${literal({ Id: id, ...record })});`;
    }
    if (key !== undefined && method === "PATCH" && record !== undefined) {
      return `await ${sobject}.upsert(${literal({ ...record, [id]: key })}, ${literal(id)});`;
    }
  }
  const body = bodyText(requestBody);
  const members = [`method: ${literal(method)}`, `url: ${literal(entry.path)}`];
  if (body !== null) members.push(`body: JSON.stringify(${literal(requestBody)})`);
  if (body !== null) members.push(`headers: { "content-type": "application/json" }`);
  return `await connection.request({ ${members.join(", ")} });`;
}

/** A test that sends the call to a fresh org and expects the answer that the journal has. */
export function asTest(entry: JournalEntry): string {
  const { method, path, requestBody, status, errorCode } = entry;
  const plain = new URL(path, "http://org").pathname;
  const name = `${method} ${plain} is answered with ${status}${errorCode === null ? "" : ` ${errorCode}`}`;
  const body = bodyText(requestBody);
  const lines = [
    `import { expect, it } from "vitest";`,
    `import { createMockOrg } from "mock-org";`,
    "",
    `it(${literal(name)}, async () => {`,
    `  await using org = await createMockOrg();`,
    `  const response = await org.app.request(${literal(path)}, {`,
    `    method: ${literal(method)},`,
    `    headers: { authorization: \`Bearer \${org.openSession()}\`, "content-type": "application/json" },`,
    ...(body === null ? [] : [`    body: JSON.stringify(${literal(requestBody)}),`]),
    "  });",
    `  expect(response.status).toBe(${status});`,
    ...(errorCode === null
      ? []
      : [`  expect(await response.json()).toMatchObject([{ errorCode: ${literal(errorCode)} }]);`]),
    "});",
  ];
  return `${lines.join("\n")}\n`;
}

function bodyText(body: unknown): string | null {
  if (body === null || body === undefined) return null;
  return typeof body === "string" ? body : JSON.stringify(body);
}

function literal(value: unknown): string {
  return JSON.stringify(value);
}

/** A word of the shell, whatever it holds. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
