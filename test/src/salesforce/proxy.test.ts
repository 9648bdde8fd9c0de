import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { CallFailure } from "../../../src/salesforce/failure.ts";
import { proxyFor } from "../../../src/salesforce/proxy.ts";
import { OrgTransport } from "../../../src/salesforce/transport.ts";

const HOST = "https://acme.my.salesforce.com/services/data";

/** Sends one request through a proxy that answers CONNECT with a status; tells what it saw. */
async function sendThrough(status: number) {
  const seen: { authority?: string | undefined; credentials?: string | undefined; firstByte?: number | undefined } = {};
  const proxy = createServer();
  proxy.on("connect", (request, socket) => {
    seen.authority = request.url;
    seen.credentials = request.headers["proxy-authorization"];
    socket.write(`HTTP/1.1 ${status} Answer\r\n\r\n`);
    if (status !== 200) socket.end();
    socket.once("data", (bytes: Buffer) => {
      seen.firstByte = bytes[0];
      socket.destroy();
    });
    socket.on("error", () => socket.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const { port } = proxy.address() as AddressInfo;
  const transport = new OrgTransport({
    timeoutMs: 2_000,
    environment: { HTTPS_PROXY: `http://user:p%40ss@127.0.0.1:${port}` },
  });
  try {
    const error: unknown = await transport.httpRequest({ method: "GET", url: HOST }).catch((reason: unknown) => reason);
    return { ...seen, failure: error instanceof CallFailure ? error.failure : error };
  } finally {
    transport.close();
    await new Promise((resolve) => proxy.close(resolve));
  }
}

describe("a proxy", () => {
  it("is asked for a tunnel to the host, and sees nothing but TLS", async () => {
    const seen = await sendThrough(200);

    expect(seen.authority).toBe("acme.my.salesforce.com:443");
    expect(seen.credentials).toBe(`Basic ${Buffer.from("user:p@ss").toString("base64")}`);
    // 22: a TLS handshake record.
    expect(seen.firstByte).toBe(22);
  });

  it("that refuses has kept the request from being sent", async () => {
    expect((await sendThrough(407)).failure).toEqual({ kind: "network", code: "PROXY_407", sent: false });
  });
});

describe("the proxy for an address", () => {
  const environment = { HTTPS_PROXY: "proxy.example.org:3128", NO_PROXY: "localhost,.internal.example,direct.org:443" };

  it.each([
    [HOST, "http://proxy.example.org:3128/"],
    ["https://x.internal.example/", null],
    ["https://internal.example/", null],
    ["https://notinternal.example/", "http://proxy.example.org:3128/"],
    ["https://direct.org/", null],
    ["https://direct.org:8443/", "http://proxy.example.org:3128/"],
    ["https://127.0.0.1:4880/", null],
    ["http://plain.example.org/", null],
  ])("%s is %s", (url, proxy) => {
    expect(proxyFor(new URL(url), environment)?.href ?? null).toBe(proxy);
  });

  it("is none without the variable, and none with NO_PROXY=*", () => {
    expect(proxyFor(new URL(HOST), {})).toBeNull();
    expect(proxyFor(new URL(HOST), { https_proxy: "http://p:1", no_proxy: "*" })).toBeNull();
  });
});
