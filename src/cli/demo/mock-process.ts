/**
 * Starts the mock org of the package `mock-org` as a process of its own, as a user would with `mock-org start`.
 *
 * The demo and the mock share nothing but HTTP: the connector is shown against the same server that any other client
 * would meet.
 */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { z } from "zod";
import { SyncError } from "../../errors.ts";

/** What `mock-org start --json` prints when it is ready. */
const readySchema = z.object({
  url: z.string(),
  username: z.string(),
  password: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  accessToken: z.string(),
  orgId: z.string(),
});

/** A running mock org. */
export interface MockProcess extends z.infer<typeof readySchema> {
  stop(): Promise<void>;
}

const START_MS_MAX = 15_000;

/** Starts an empty org with the metadata of the given folder on a free port of 127.0.0.1. */
export async function startMockOrg(options: {
  readonly sourceDir: string;
  readonly port?: number;
}): Promise<MockProcess> {
  const bin = createRequire(import.meta.url).resolve("mock-org/bin");
  const child = spawn(
    process.execPath,
    [bin, "start", "--port", String(options.port ?? 0), "--seed", "empty", "--source-dir", options.sourceDir, "--json"],
    { stdio: ["ignore", "pipe", "pipe"] },
  );
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString("utf8")).slice(-2_000);
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGTERM");
    await exited;
  };
  try {
    const line = await firstLine(child.stdout, exited);
    return { ...readySchema.parse(JSON.parse(line)), stop };
  } catch (cause) {
    await stop();
    throw new SyncError("SALESFORCE_UNREACHABLE", `The mock org did not start: ${complaint.trim() || String(cause)}`, {
      cause,
    });
  }
}

async function firstLine(stream: NodeJS.ReadableStream, exited: Promise<void>): Promise<string> {
  const lines = createInterface({ input: stream });
  let timer: NodeJS.Timeout | undefined;
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      void exited.then(() => reject(new Error("it stopped at once")));
      timer = setTimeout(() => reject(new Error(`no answer within ${START_MS_MAX} ms`)), START_MS_MAX);
    });
  } finally {
    clearTimeout(timer);
    lines.close();
  }
}
