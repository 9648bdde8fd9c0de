/**
 * HTTPS through a proxy, as the environment says it to every tool: `HTTPS_PROXY`, `NO_PROXY` (either case). Node 20 does
 * not read them by itself; jsforce's own transport did, so the one in its place must.
 */
import http from "node:http";
import https from "node:https";
import type { Duplex } from "node:stream";
import tls from "node:tls";

/** Environment variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** The proxy for an address, or null for a direct connection: plain HTTP, loopback and `NO_PROXY` hosts. */
export function proxyFor(url: URL, environment: Environment): URL | null {
  const address = environment["https_proxy"] ?? environment["HTTPS_PROXY"] ?? "";
  if (url.protocol !== "https:" || address === "" || LOOPBACK.test(url.hostname)) return null;
  const exceptions = (environment["no_proxy"] ?? environment["NO_PROXY"] ?? "").split(",");
  if (exceptions.some((exception) => matches(url, exception.trim().toLowerCase()))) return null;
  return new URL(address.includes("://") ? address : `http://${address}`);
}

/** `*`, a host, a domain with or without leading dot, each with an optional port. */
function matches(url: URL, exception: string): boolean {
  const [name = "", port] = exception.split(":");
  if (name === "*") return true;
  const domain = name.replace(/^\*?\./, "");
  if (domain === "" || (port !== undefined && port !== (url.port === "" ? "443" : url.port))) return false;
  return url.hostname === domain || url.hostname.endsWith(`.${domain}`);
}

/** An agent whose connections are TLS tunnels through a proxy. */
export function tunnelAgent(proxy: URL, options: https.AgentOptions & { readonly connectMs: number }): https.Agent {
  const { connectMs, ...agentOptions } = options;
  const createConnection = (target: Target, done: (error: Error | null, socket?: Duplex) => void): undefined => {
    openTunnel(proxy, target, connectMs).then(
      (socket) => done(null, socket),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
  };
  // Node calls the agent's method for each new connection (Node documentation, "agent.createConnection").
  return Object.assign(new https.Agent(agentOptions), { createConnection });
}

interface Target {
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly servername?: string;
}

function openTunnel(proxy: URL, target: Target, connectMs: number): Promise<tls.TLSSocket> {
  const host = target.host ?? "";
  const authority = `${host}:${target.port ?? 443}`;
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === "https:" ? https : http).request({
      host: proxy.hostname,
      port: proxy.port === "" ? (proxy.protocol === "https:" ? 443 : 80) : proxy.port,
      method: "CONNECT",
      path: authority,
      agent: false,
      timeout: connectMs,
      headers: { host: authority, ...proxyCredentials(proxy) },
    });
    request.once("timeout", () => request.destroy(refusal("TIMEOUT")));
    request.once("error", reject);
    // Anything but 2xx is an ordinary response.
    request.once("response", (response) => request.destroy(refusal(String(response.statusCode))));
    request.once("connect", (response, socket) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        reject(refusal(String(response.statusCode)));
        return;
      }
      const secure = tls.connect({ socket, servername: target.servername ?? host });
      secure.once("error", reject);
      secure.once("secureConnect", () => {
        secure.off("error", reject);
        resolve(secure);
      });
    });
    request.end();
  });
}

/** The code says that nothing has reached the host behind the proxy. */
function refusal(reason: string): Error {
  return Object.assign(new Error(`the proxy answered ${reason}`), { code: `PROXY_${reason}` });
}

function proxyCredentials({ username, password }: URL): Record<string, string> {
  if (username === "") return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { "proxy-authorization": `Basic ${Buffer.from(text).toString("base64")}` };
}
