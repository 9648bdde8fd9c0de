/** Opens a port for an app, and closes it with everything that is connected. */
import type { AddressInfo } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { SyncError } from "../errors.ts";

/** An open port. */
export interface Listening extends AsyncDisposable {
  readonly url: string;
}

/** Listens; port 0 takes a free one. Throws `USAGE` where it cannot. */
export async function listen(
  fetch: (request: Request) => Response | Promise<Response>,
  hostname: string,
  port: number,
): Promise<Listening> {
  const server = await new Promise<ServerType>((resolve, reject) => {
    const opening = serve({ fetch, hostname, port }, () => resolve(opening));
    opening.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "EADDRINUSE" ? "the port is in use; choose another one" : cause.message;
      reject(new SyncError("USAGE", `Cannot listen on ${hostname}:${port}: ${why}`, { cause }));
    });
  });
  return {
    url: urlOf(server),
    [Symbol.asyncDispose]: async () => {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    },
  };
}

function urlOf(server: ServerType): string {
  // A server that listens on a host and port has an address of this kind.
  const { address, port, family } = server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
