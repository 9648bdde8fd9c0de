/** A gate in front of an HTTP server: passes requests on, and tells about each one before and after the server has it. */
import { createServer, request as send } from "node:http";

/** Called for each request; `after` is when the server has answered but the client has not heard it yet. */
export type Watcher = (event: {
  readonly when: "before" | "after";
  readonly method: string;
  readonly path: string;
}) => void;

/** A listening gate. */
export interface Gate extends AsyncDisposable {
  readonly url: string;
  watch(watcher: Watcher): void;
}

/** Opens a gate on a free port of 127.0.0.1. */
export async function openGate(target: string): Promise<Gate> {
  let watcher: Watcher = () => {};
  const { hostname, port } = new URL(target);
  const server = createServer((incoming, outgoing) => {
    const { method = "GET", url: path = "/" } = incoming;
    watcher({ when: "before", method, path });
    const onward = send({ hostname, port, method, path, headers: incoming.headers }, (answer) => {
      watcher({ when: "after", method, path });
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on("error", () => outgoing.destroy());
    incoming.on("error", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gate has no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    watch: (next) => {
      watcher = next;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
