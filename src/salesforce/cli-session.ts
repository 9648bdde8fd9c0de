/** The session of an org that the Salesforce CLI is logged in to. */
import { execFile } from "node:child_process";
import { SyncError } from "../errors.ts";
import type { Session } from "./connection.ts";
import { isJsonObject, shorten } from "./failure.ts";

/** Runs a program without a shell; resolves with what it printed, whatever its exit code. */
export type RunProgram = (program: string, args: readonly string[]) => Promise<string>;

/** The CLI itself may refresh the token over the network. */
const CLI_TIMEOUT_MS = 60_000;
const CLI_OUTPUT_BYTES_MAX = 1024 * 1024;

/**
 * Asks `sf org display` for the session of an alias or user name; the CLI renews it when it can.
 * Rejects with `SALESFORCE_LOGIN` when `sf` is not installed or does not know the org.
 */
export async function readCliSession(targetOrg: string, run: RunProgram = runProgram): Promise<Session> {
  const output = parseJson(await run("sf", ["org", "display", "--target-org", targetOrg, "--json"]));
  const result = isJsonObject(output) ? output["result"] : undefined;
  if (isJsonObject(result)) {
    const { accessToken, instanceUrl, username, id } = result;
    if (typeof accessToken === "string" && typeof instanceUrl === "string") {
      return {
        accessToken,
        instanceUrl: new URL(instanceUrl).origin,
        // `id` is the org's Id here.
        organizationId: typeof id === "string" ? id : null,
        userId: null,
        username: typeof username === "string" ? username : null,
      };
    }
  }
  const message = isJsonObject(output) && typeof output["message"] === "string" ? output["message"] : "no session";
  throw new SyncError(
    "SALESFORCE_LOGIN",
    `Salesforce CLI, org ${targetOrg}: ${shorten(message)}; log in with \`sf org login web --alias ${targetOrg}\``,
    { context: { targetOrg } },
  );
}

function runProgram(program: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: CLI_TIMEOUT_MS, maxBuffer: CLI_OUTPUT_BYTES_MAX }, (error, stdout) => {
      if (error !== null && "code" in error && error.code === "ENOENT") {
        reject(
          new SyncError(
            "SALESFORCE_LOGIN",
            "the Salesforce CLI (`sf`) is not installed or not on the PATH; install it, or choose another salesforce.auth",
          ),
        );
        return;
      }
      // With --json the reason of a failure is on stdout.
      resolve(stdout);
    });
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the caller reports that there is no session.
    return undefined;
  }
}
