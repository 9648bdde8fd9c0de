/**
 * The thinnest HTTP client that still reads answers whole: one kept connection, one request after the other. A real
 * client would cost more than the server that is measured.
 */
import { connect, type Socket } from "node:net";

/** One request. */
export interface PipeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** One answer. */
export interface PipeAnswer {
  readonly status: number;
  readonly text: string;
}

/** A kept connection. */
export class HttpPipe {
  readonly #socket: Socket;
  readonly #host: string;
  #chunks: Buffer[] = [];
  #bytes = 0;
  /** Bytes of the whole answer, once its head has been read. */
  #wanted = -1;
  #chunked = false;
  #resolve: ((answer: PipeAnswer) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#reject?.(error));
    socket.on("close", () => this.#reject?.(new Error("the server closed the connection")));
  }

  static async open(url: string): Promise<HttpPipe> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await new Promise<void>((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("error", reject);
    });
    return new HttpPipe(socket, `${hostname}:${port}`);
  }

  send(request: PipeRequest): Promise<PipeAnswer> {
    const { method, path, headers, body = "" } = request;
    let head = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\n`;
    for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
    if (method !== "GET") head += `Content-Length: ${Buffer.byteLength(body)}\r\n`;
    this.#chunks = [];
    this.#bytes = 0;
    this.#wanted = -1;
    this.#chunked = false;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      this.#socket.write(`${head}\r\n${method === "GET" ? "" : body}`);
    });
  }

  close(): void {
    this.#reject = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#wanted < 0) this.#readHead();
    if (this.#chunked ? this.#endsChunked() : this.#wanted >= 0 && this.#bytes >= this.#wanted) this.#finish();
  }

  #readHead(): void {
    const all = this.#all();
    const end = all.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = all.toString("latin1", 0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    this.#chunked = length === undefined && /\r\ntransfer-encoding: chunked/i.test(head);
    this.#wanted = end + 4 + Number(length ?? 0);
  }

  #endsChunked(): boolean {
    return this.#all().subarray(-5).toString("latin1") === "0\r\n\r\n";
  }

  #finish(): void {
    const all = this.#all();
    const end = all.indexOf("\r\n\r\n");
    const status = Number(all.toString("latin1", 9, 12));
    const resolve = this.#resolve;
    this.#resolve = undefined;
    this.#reject = undefined;
    resolve?.({ status, text: all.toString("utf8", end + 4) });
  }

  #all(): Buffer {
    const [only] = this.#chunks;
    const all = this.#chunks.length === 1 && only !== undefined ? only : Buffer.concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }
}

/** What `rate` sends. */
export interface Load {
  readonly connections: number;
  readonly calls: number;
  readonly request: (at: number) => PipeRequest;
  readonly check?: (answer: PipeAnswer, at: number) => void;
}

/** Calls per second, as fast as the server answers on this many connections. Throws where an answer is a server error. */
export async function rate(url: string, { connections, calls, request, check }: Load): Promise<number> {
  const pipes = await Promise.all(Array.from({ length: connections }, () => HttpPipe.open(url)));
  let next = 0;
  const started = performance.now();
  await Promise.all(
    pipes.map(async (pipe) => {
      for (let at = next++; at < calls; at = next++) {
        const answer = await pipe.send(request(at));
        if (answer.status >= 500) throw new Error(`the server answered ${answer.status}: ${answer.text}`);
        check?.(answer, at);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  for (const pipe of pipes) pipe.close();
  return calls / seconds;
}
