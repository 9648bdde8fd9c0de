/** Loads the configuration for a command and keeps its secrets out of everything that the command prints or throws. */
import { type LoadedConfig, loadConfig } from "../config/load.ts";
import type { Redactor } from "../config/secrets.ts";
import { SyncError } from "../errors.ts";
import type { Surroundings } from "./surroundings.ts";

/** Options that every command with a configuration has. */
export interface ConfigOptions {
  readonly config?: string;
  readonly json?: true;
}

/** Runs `work` with the configuration; what it writes and throws has no secrets of the configuration in it. */
export async function withConfig<Result>(
  options: ConfigOptions,
  surroundings: Surroundings,
  work: (loaded: LoadedConfig, surroundings: Surroundings) => Promise<Result>,
): Promise<Result> {
  const loaded = await loadConfig(options.config, surroundings.environment);
  const { redact } = loaded;
  const { stdout, stderr } = surroundings;
  try {
    return await work(loaded, {
      ...surroundings,
      stdout: { ...sizeOf(stdout), write: (text) => stdout.write(redact(text)) },
      stderr: { ...sizeOf(stderr), write: (text) => stderr.write(redact(text)) },
    });
  } catch (error) {
    throw redacted(error, redact);
  }
}

function sizeOf(output: { readonly isTTY?: boolean; readonly columns?: number }): {
  readonly isTTY: boolean;
  readonly columns?: number;
} {
  const size = output.columns === undefined ? {} : { columns: output.columns };
  return { isTTY: output.isTTY === true, ...size };
}

function redacted(error: unknown, redact: Redactor): unknown {
  if (!(error instanceof Error)) return error;
  const message = redact(error.message);
  if (message === error.message) return error;
  if (!(error instanceof SyncError)) return new Error(message);
  return new SyncError(error.code, message, { context: error.context });
}
