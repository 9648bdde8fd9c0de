import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { CallFailure } from "../../../src/salesforce/failure.ts";
import { type Exchange, OrgTransport } from "../../../src/salesforce/transport.ts";

async function exchangeWith(
  listener: RequestListener,
  use: (transport: OrgTransport, url: string) => Promise<void>,
  options: { readonly timeoutMs?: number; readonly onExchange?: (exchange: Exchange) => void } = {},
): Promise<void> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const transport = new OrgTransport({ timeoutMs: 2_000, ...options });
  try {
    await use(transport, `http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  } finally {
    transport.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  const error = await promise.catch((reason: unknown) => reason);
  return error instanceof CallFailure ? error.failure : error;
}

describe("the transport", () => {
  it.each([
    ["gzip", gzipSync],
    ["deflate", deflateSync],
  ])("reads %s bodies", (encoding, compress) =>
    exchangeWith(
      (_, response) => response.setHeader("content-encoding", encoding).end(compress("Ärger")),
      async (transport, url) => {
        expect(await transport.httpRequest({ method: "GET", url })).toMatchObject({ statusCode: 200, body: "Ärger" });
      },
    ),
  );

  it("keeps its connections", () => {
    const ports = new Set<number | undefined>();
    return exchangeWith(
      (request, response) => {
        ports.add(request.socket.remotePort);
        response.end("x");
      },
      async (transport, url) => {
        await transport.httpRequest({ method: "GET", url });
        await transport.httpRequest({ method: "POST", url, body: "y" });

        expect(ports.size).toBe(1);
      },
    );
  });

  it("gives up on a body that never ends", () =>
    exchangeWith(
      (_, response) => response.writeHead(200).write("{"),
      async (transport, url) => {
        const failure = await failureOf(transport.httpRequest({ method: "GET", url }));

        expect(failure).toEqual({ kind: "timeout", timeoutMs: 50 });
      },
      { timeoutMs: 50 },
    ));

  it("counts a request on a broken connection as sent", () =>
    exchangeWith(
      (request) => request.socket.destroy(),
      async (transport, url) => {
        expect(await failureOf(transport.httpRequest({ method: "POST", url, body: "x" }))).toMatchObject({
          kind: "network",
          sent: true,
        });
      },
    ));

  it("counts a request to a closed port as not sent", async () => {
    const transport = new OrgTransport({ timeoutMs: 2_000 });

    const failure = await failureOf(transport.httpRequest({ method: "POST", url: "http://127.0.0.1:9/", body: "x" }));

    expect(failure).toEqual({ kind: "network", code: "ECONNREFUSED", sent: false });
  });

  it("does not repeat, whatever the method and status", () => {
    let requests = 0;
    return exchangeWith(
      (_, response) => {
        requests += 1;
        response.writeHead(503).end();
      },
      async (transport, url) => {
        await transport.httpRequest({ method: "GET", url });

        expect(requests).toBe(1);
      },
    );
  });

  it("does not follow redirects to other hosts", () =>
    exchangeWith(
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:9/" }).end(),
      async (transport, url) => {
        expect(await transport.httpRequest({ method: "GET", url })).toMatchObject({ statusCode: 302 });
      },
    ));
});
